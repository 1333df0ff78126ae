#!/bin/sh
# listeners.sh [-w N] [-c N] URL: how many listen to a stream of Icecast, without those that only look or record. Fails
# with fewer than N. Asks ADMIN (Icecast's /admin), with the password in the file ADMIN_PASSWORD_FILE.
check=LISTENERS help='Usage: listeners.sh [-w N] [-c N] URL'
# shellcheck source=checks/scripts/plugin.sh
. "${CHECKS:-/usr/lib/minitor/checks}/plugin.sh"

# Whose User-Agent begins with one of these is no listener.
NOT_LISTENERS=${NOT_LISTENERS:-minitor-|recorder}
warning='' critical=1: url=''
while [ $# -gt 0 ]; do
  case $1 in
    -w) value_of "$1" $#; want_count "$1" "$2"; warning=$2:; shift ;;
    -c) value_of "$1" $#; want_count "$1" "$2"; critical=$2:; shift ;;
    -*) wrong "unknown argument '$1'" ;;
    *) url=$1 ;;
  esac
  shift
done
case $url in http*://*/*) ;; *) wrong 'which stream? Give its URL' ;; esac
mount=/${url#*://*/}
password=$(head -n 1 -- "${ADMIN_PASSWORD_FILE:-/etc/minitor/icecast_password}" 2>/dev/null) ||
  finish 3 'ADMIN_PASSWORD_FILE cannot be read'
needs curl base64
# On stdin, so that it does not stand in the list of processes.
shown=$(printf 'Authorization: Basic %s\n' "$(printf 'admin:%s' "$password" | base64 -w 0)" |
  curl -qsS -f --max-time 10 -H @- -G --data-urlencode "mount=$mount" -- "${ADMIN:-http://127.0.0.1:8000/admin}/listclients" 2>&1 |
  head -c 4194304)
# A client can write nothing that Icecast does not escape: "<" stands before names only.
all=$(printf '%s' "$shown" | tr '<' '\n' | grep -Eic '^listener[ >]')
others=$(printf '%s' "$shown" | tr '<' '\n' | grep -Ec "^[Uu]ser[Aa]gent>($NOT_LISTENERS)")
case $shown in
  *'<icestats>'*) ;;
  *) finish 3 "Icecast does not say: $shown" ;;
esac
count=$((all - others))
finish "$(judge "$count" "$warning" "$critical")" "$count listen to $mount" "listeners=$count;$warning;$critical;0"
