#!/usr/bin/env bash
# What 10,000 monitors that fail at once cost: notices one by one, and in groups.  storm.sh BUILD-FOLDER
exec python3 -B "$(dirname "$0")/storm_bench.py" "$1/minitor/daemon/minitor"
