#!/bin/sh
# on-air.sh FILE: exits with 0 while a show is scheduled, with 1 when none is. A line of the file is a show, in local time:
#   Fri 20:00-22:00 Friday Night
# A show over midnight takes two lines: Fri 23:00-24:00 and Sat 00:00-01:00.
[ -r "${1:?which schedule?}" ] || { echo "the schedule $1 cannot be read; a show is taken to be on"; exit 0; }
LC_ALL=C date '+%a %H:%M' | awk '
  function minutes(text,    part) { split(text, part, ":"); return part[1] * 60 + part[2] }
  FILENAME == "-" { day = $1; now = minutes($2); next }
  $1 == day && split($2, time, "-") == 2 && now >= minutes(time[1]) && now < minutes(time[2]) {
    $1 = $2 = ""
    print "on air:" $0
    found = 1
    exit
  }
  END {
    if (!found) print "no show is scheduled"
    exit !found
  }' - "$1"
