#!/usr/bin/env bash
# The whole daemon: lateness of starts, memory, and the time to the first check.  daemon.sh BUILD-FOLDER
exec python3 -B "$(dirname "$0")/daemon_bench.py" "$1/minitor/daemon/minitor"
