#!/usr/bin/env bash
# HTTP and HTTPS probes in bulk against a bare libcurl loop.  probe_http.sh BUILD-FOLDER
exec python3 -B "$(dirname "$0")/probe_http_bench.py" "$1"
