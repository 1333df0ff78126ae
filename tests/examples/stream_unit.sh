#!/bin/sh
# The unit of examples/stream is one that systemd understands, and that is as closed as it says.
#   stream_unit.sh MINITOR
type systemd-analyze >/dev/null 2>&1 || { echo 'skipped: examples-stream-unit: needs systemd-analyze'; exit 77; }
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
# Where the package has not been installed, the program is the one that was built.
sed "s|^ExecStart=/usr/bin/minitor|ExecStart=$1|" examples/stream/minitor-stream.service >"$folder/minitor-stream.service"
# What it says of other units is not ours.
said=$(SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no --recursive-errors=no "$folder/minitor-stream.service" 2>&1 | grep minitor-stream)
[ -z "$said" ] || { echo "FAILED  $said"; exit 1; }
systemd-analyze security --offline=yes --threshold=25 --no-pager "$folder/minitor-stream.service" >"$folder/security" 2>&1 ||
  { cat "$folder/security"; exit 1; }
tail -n 1 "$folder/security"
for line in Restart=always MemoryMax= WatchdogSec= Type=notify NoNewPrivileges=yes; do
  grep -q "^$line" "$folder/minitor-stream.service" || { echo "FAILED  there is no $line"; exit 1; }
done
