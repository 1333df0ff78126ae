#!/usr/bin/env bash
# The daemon with everything on: memory, checks a second with and without a history, and what 1,000 idle
# connections do to checks.  all_on.sh BUILD-FOLDER
exec python3 -B "$(dirname "$0")/all_on_bench.py" "$1/minitor/daemon/minitor"
