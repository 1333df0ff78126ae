#!/bin/sh
# Installs the tracker of the WebTorrent project, which other people wrote, for the tests that want a
# real one over HTTP and WebSocket. Usage: install_bittorrent_tracker.sh BUILD_FOLDER
# Its WebRTC client needs a compiler and is of no use to a tracker, hence --ignore-scripts.
# Nothing outside the folder is touched; without this the tests named real_bt_* report "skipped".
set -eu
folder=${1:?usage: install_bittorrent_tracker.sh BUILD_FOLDER}/bittorrent-tracker
mkdir -p "$folder"
exec npm install --prefix "$folder" --no-audit --no-fund --omit=dev --ignore-scripts \
  bittorrent-tracker@11.2.3
