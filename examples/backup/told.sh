#!/bin/sh
# Runs a command and tells minitor when it begins, how it ended and what it said; exits as the command did.
#
#   PING=https://status.example.org/ping/TOKEN told.sh COMMAND [ARGUMENT...]
#
# The address is what `minitor heartbeats` prints. It stands in the environment rather than among the arguments, where
# everyone on this machine could read it.
set -u
: "${PING:?the address of the heartbeat, as minitor heartbeats prints it}"
address=$PING
unset PING
log=$(mktemp) || exit
trap 'rm -f "$log" "$log.end"' EXIT

# tell WHAT [FILE]: that minitor cannot be told is no reason not to run the command.
tell() {
  set -- "$1" "${2:-/dev/null}"
  printf 'url = "%s%s"\n' "$address" "$1" |
    curl -fsS -o /dev/null -m 10 --retry 5 --retry-connrefused --data-binary "@$2" -K - || true
}

tell /start
code=0
"$@" >"$log" 2>&1 || code=$?
cat "$log"
tail -c 60000 "$log" >"$log.end"
tell "/$code" "$log.end"
exit "$code"
