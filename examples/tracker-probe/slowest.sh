#!/bin/sh
# Prints the addresses of some trackers, slowest first: state, milliseconds, address, what is wrong.
# Usage: slowest.sh TARGET...
set -eu
[ $# -gt 0 ] || { echo "usage: $0 TARGET..." >&2; exit 3; }

# The exit status is the verdict; the report is on standard output whatever it is.
report=$(tracker-probe -o jsonl "$@") || status=$?
printf '%s\n' "$report" | jq -r '
  .target as $target
  | if (.addresses | length) == 0 then [.state, "-", $target, .error.text]
    else .addresses[]
      | [.state, (if .times.announce_us then .times.announce_us / 1000 else "-" end),
         "\($target) \(.ip)", (.error.text // "")]
    end
  | @tsv' | sort -t "$(printf '\t')" -k2 -rn
exit "${status:-0}"
