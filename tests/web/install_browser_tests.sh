#!/bin/sh
# Installs what drives the browser and what judges accessibility, for the tests of the page in a real
# browser. Usage: install_browser_tests.sh BUILD_FOLDER
# The browser itself is Debian's. Nothing outside the folder is touched, and it appears there whole or not
# at all.
set -eu
build=${1:?usage: install_browser_tests.sh BUILD_FOLDER}
half=$(mktemp -d "$build/browser-tests.XXXXXX")
trap 'rm -rf "$half"' EXIT
npm install --prefix "$half" --cache "$half/cache" --no-audit --no-fund --no-update-notifier --fetch-retries 1 --omit=dev \
  --ignore-scripts playwright-core@1.49.1 axe-core@4.10.2
rm -rf "$half/cache" "$build/browser-tests"
mv "$half" "$build/browser-tests"
