#!/bin/sh
# when.sh GATE [ARGUMENT...] -- CHECK [ARGUMENT...]
# Runs the check, if the gate exits with 0; otherwise there is nothing to judge, and all is well.
gate=''
for word; do
  shift
  [ "$word" != -- ] || break
  # Quoted for the one eval below, whatever it holds.
  gate="$gate '$(printf '%s\n' "$word" | sed "s/'/'\\\\''/g")'"
done
if [ -z "$gate" ] || [ $# -eq 0 ]; then
  echo 'WHEN UNKNOWN - call it as: when.sh GATE [ARGUMENT...] -- CHECK [ARGUMENT...]'
  exit 3
fi
if said=$(eval "$gate" 2>&1); then exec "$@"; fi
printf 'WHEN OK - not now: %s\n' "$(printf '%s' "$said" | head -n 1 | tr '|' ' ')"
