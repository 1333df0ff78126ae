#!/usr/bin/env bash
# What the history costs the whole daemon.  history.sh BUILD-FOLDER
exec python3 -B "$(dirname "$0")/history_bench.py" "$1/minitor/daemon/minitor"
