#!/usr/bin/env bash
# One-shot and bulk UDP probes against bare programs, latency against the kernel's clock, and the deadline.
#   probe_udp.sh BUILD-FOLDER
exec python3 -B "$(dirname "$0")/probe_udp_bench.py" "$1"
