#!/bin/sh
# Installs the tracker of the WebTorrent project, which other people wrote, for the tests that want a
# real one over HTTP and WebSocket. Usage: install_bittorrent_tracker.sh BUILD_FOLDER
# Its WebRTC client needs a compiler and is of no use to a tracker, hence --ignore-scripts.
# Nothing outside the folder is touched, and it appears there whole or not at all.
set -eu
build=${1:?usage: install_bittorrent_tracker.sh BUILD_FOLDER}
half=$(mktemp -d "$build/bittorrent-tracker.XXXXXX")
trap 'rm -rf "$half"' EXIT
npm install --prefix "$half" --cache "$half/cache" --no-audit --no-fund --no-update-notifier --fetch-retries 1 --omit=dev \
  --ignore-scripts bittorrent-tracker@11.2.3
rm -rf "$half/cache" "$build/bittorrent-tracker"
mv "$half" "$build/bittorrent-tracker"
