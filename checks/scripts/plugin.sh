# What the checks written in shell share: options, Nagios ranges, the one line that comes out. To be
# sourced, not run. Every check ends through `finish` or `wrong`, with exit code 0 to 3.
#
# A check sets `check` (its name) and `help` (its help text) before it sources this file.
# shellcheck shell=sh

LC_ALL=C
export LC_ALL
: "${check:?}" "${help:?}"

# clean TEXT...: one line that is fit for a terminal and holds no separator of performance data.
clean() {
  printf '%s' "$*" | tr '\001-\037\177|' ' ' | cut -c 1-300
}

# wrong WORDS: the check was called wrongly; says so and how to call it.
wrong() {
  printf '%s UNKNOWN - %s (see %s --help)\n' "$check" "$(clean "$1")" "${0##*/}"
  exit 3
}

# finish CODE WORDS [PERFDATA]: the verdict, and the end.
finish() {
  case $1 in
    0) state=OK ;;
    1) state=WARNING ;;
    2) state=CRITICAL ;;
    *) state=UNKNOWN ;;
  esac
  printf '%s %s - %s%s\n' "$check" "$state" "$(clean "$2")" "${3:+ | $3}"
  exit "$1"
}

# needs PROGRAM...: or nothing can be said.
needs() {
  for program; do
    command -v "$program" >/dev/null 2>&1 || finish 3 "$program is not installed; it is needed"
  done
}

show_help() {
  printf '%s\n' "$help"
  exit 0
}

# value_of OPTION COUNT: an option that wants a value must have one behind it.
value_of() {
  [ "$2" -ge 2 ] || wrong "$1 needs a value"
}

is_number() { printf '%s\n' "$1" | grep -Eqx -e '-?[0-9]{1,15}(\.[0-9]{1,9})?'; }
is_count() { printf '%s\n' "$1" | grep -Eqx '[0-9]{1,9}'; }

# one_line TEXT: an argument that spreads over lines would pass the tests of its first line.
one_line() {
  case $1 in
    *'
'*) return 1 ;;
  esac
}

# is_range TEXT: 10, 10:, ~:10, 10:20, @10:20.
is_range() {
  one_line "$1" && [ -n "$1" ] && [ "$1" != @ ] && printf '%s\n' "$1" |
    grep -Eqx -e '@?((~|-?[0-9]{1,15}(\.[0-9]{1,9})?)?:)?(-?[0-9]{1,15}(\.[0-9]{1,9})?)?'
}

want_range() {
  is_range "$2" || wrong "$1: '$2' is not a range; write 10, 10:, ~:10, 10:20 or @10:20"
}
want_count() {
  { one_line "$2" && is_count "$2"; } || wrong "$1: '$2' is not a whole number"
}
want_number() {
  { one_line "$2" && is_number "$2"; } || wrong "$1: '$2' is not a number"
}

# want_seconds OPTION TEXT MOST: a whole number of seconds from 1, with or without an "s".
want_seconds() {
  seconds=${2%s}
  { one_line "$2" && is_count "$seconds" && [ "$seconds" -ge 1 ] && [ "$seconds" -le "$3" ]; } ||
    wrong "$1: '$2' is not a time; write seconds, 1 to $3"
}

# judge VALUE WARNING CRITICAL: prints 0, 1 or 2. A range that is empty alerts never.
judge() {
  awk -v value="$1" -v warning="$2" -v critical="$3" '
    function alerts(range,    inside, low, high, colon, within) {
      if (range == "") return 0
      inside = sub(/^@/, "", range)
      colon = index(range, ":")
      low = colon ? substr(range, 1, colon - 1) : "0"
      high = colon ? substr(range, colon + 1) : range
      within = (low == "~" || value + 0 >= low + 0) && (high == "" || value + 0 <= high + 0)
      return inside ? within : !within
    }
    BEGIN { print alerts(critical) ? 2 : alerts(warning) ? 1 : 0 }'
}

# within SECONDS COMMAND...: the command, ended when it takes longer; 124 or 137 then.
within() {
  limit=$1
  shift
  timeout -k 2 "$limit" "$@"
}
