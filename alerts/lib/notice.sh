# What the alert commands share, each rule once. Sourced by them, never run; README.md is the contract.
# shellcheck shell=sh
set -u
umask 077
export LC_ALL=C

name=${0##*/}
here=$(dirname -- "$(readlink -f -- "$0")")
secrets=

# At most so much is read of a notice and of an answer, in bytes.
max_notice=2097152
max_answer=65536
# The whole of one request; minitor ends an alert command after its `timeout`, 1m unless it is told otherwise.
max_seconds=${ALERT_SECONDS:-25}

# --- How it ends: one line, and the exit code that tells minitor what to do -------------------------------------

delivered() {
  say "delivered${1:+: $1}"
  exit 0
}

# later WHY [SECONDS]: it is tried again, after SECONDS at the earliest.
later() {
  say "not now: $1" >&2
  [ -z "${2:-}" ] || printf 'retry-after: %s\n' "$2" >&2
  exit 75
}

# never WHY: it would not work the next time either; minitor goes on to the fallback.
never() {
  say "never: $1" >&2
  exit 78
}

# One line without control characters, cut, and without the secrets.
say() {
  printf '%s: %s\n' "$name" "$(hide "$1" | tr '\000-\037\177' ' ' | head -c 400 | iconv -c -f utf-8 -t utf-8)"
}

# hide TEXT: each secret in it becomes ***.
hide() {
  text=$1
  for variable in $secrets; do
    eval "value=\${$variable}"
    [ "${#value}" -ge 4 ] || continue
    kept=
    while :; do
      case $text in
        *"$value"*)
          kept="$kept${text%%"$value"*}***"
          text=${text#*"$value"}
          ;;
        *) break ;;
      esac
    done
    text=$kept$text
  done
  printf '%s' "$text"
}

# --- What it is given -------------------------------------------------------------------------------------------

# options 'to=MAIL_TO server=SMTP_SERVER' "$@": --to X sets MAIL_TO; --help prints the head of the script.
options() {
  table=$1
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --help | -h)
        sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$here/$name"
        exit 0
        ;;
      --*=*)
        given=${1%%=*}
        set_option "${given#--}" "${1#*=}"
        ;;
      --*)
        [ $# -ge 2 ] || never "$1 needs a value; --help says which"
        set_option "${1#--}" "$2"
        shift
        ;;
      *) never "\"$1\" is no option; --help names them" ;;
    esac
    shift
  done
}

set_option() {
  for entry in $table; do
    if [ "${entry%%=*}" = "$1" ]; then
      # The name is from the table, the value is data.
      eval "${entry#*=}=\$2"
      return
    fi
  done
  never "there is no option --$1; --help names them"
}

# secret NAME: the variable NAME, or what stands in the file that NAME_FILE names.
secret() {
  eval "value=\${$1:-} file=\${$1_FILE:-}"
  if [ -z "$value" ] && [ -n "$file" ]; then
    [ -r "$file" ] || never "$1_FILE: $file cannot be read"
    # Without line ends, and without those of Windows.
    value=$(tr -d '\r' <"$file")
  fi
  fit_for_a_line "$1" "$value"
  eval "$1=\$value"
  secrets="$secrets $1"
}

# needed NAME OPTION...: stops where one of these variables is empty.
needed() {
  eval "value=\${$1:-}"
  [ -n "$value" ] || never "$2 is missing: give $3, or set $1"
  fit_for_a_line "$1" "$value"
}

fit_for_a_line() {
  case $2 in
    *[[:cntrl:]]*) never "$1 holds a line end or another control character" ;;
  esac
}

programs() {
  for each; do
    command -v "$each" >/dev/null || later "needs $each, which is not installed"
  done
}

# The notice: JSON on stdin, or else the MINITOR_* variables. Sets $notice, one line of JSON.
read_notice() {
  programs jq
  notice=
  # A person in a shell may give no more than a message.
  usable='select((.monitor // .message // "") != "") | .kind = (.kind // "test")'
  if [ ! -t 0 ]; then
    notice=$(head -c "$max_notice" | tr -d '\000' | jq -c "objects | $usable" 2>/dev/null | head -n 1)
  fi
  if [ -z "$notice" ]; then
    notice=$(jq -n -c '[env | to_entries[] | select(.key | startswith("MINITOR_"))
      | {key: (.key[8:] | ascii_downcase), value}]
      | map(if .key | test("^(alert_count|failure_count|duration_seconds)$") then
          .value = (.value | if test("^[0-9]{1,15}$") then tonumber else null end) else . end) | from_entries | '"$usable")
  fi
  [ -n "$notice" ] || never "no notice: JSON is wanted on stdin, or the MINITOR_* variables"
}

# of_notice FILTER [jq options]: what a jq program makes of the notice; notice.jq is included. Secrets are not given to
# it as options, which others could read.
of_notice() {
  case $1 in
    'include '*) filter="include \"notice\"; ${1%%;*}; bounded | ${1#*;}" ;;
    *) filter="include \"notice\"; bounded | $1" ;;
  esac
  shift
  printf '%s' "$notice" | jq -r -c -L "$here/lib" "$@" "$filter"
}

# --- HTTP -------------------------------------------------------------------------------------------------------

# A value between quotes in a configuration of curl.
quoted() {
  printf '%s' "$1" | sed 's/[\\"]/\\&/g'
}

# request METHOD URL BODY [HEADER...]: curl is told everything on stdin, so that nothing stands in a command line.
# Sets $status (000: there was no answer) and $retry_after; the answer's body is in $work/answer.
request() {
  programs curl
  method=$1 url=$2 body=$3
  shift 3
  case $url in
    http://* | https://*) ;;
    *) never "the address is no http:// or https:// URL" ;;
  esac
  fit_for_a_line "the address" "$url"
  [ -n "${work:-}" ] || make_work
  # A line of a configuration is 100 KB at most.
  large=
  if [ "${#body}" -gt 40000 ]; then
    large=$work/body
    printf '%s' "$body" >"$large" || later "there is no room for a message in $work"
  fi
  {
    printf 'url = "%s"\nrequest = "%s"\n' "$(quoted "$url")" "$method"
    for header; do
      fit_for_a_line "a header" "$header"
      printf 'header = "%s"\n' "$(quoted "$header")"
    done
    if [ -n "$large" ]; then
      printf 'data-binary = "@%s"\n' "$(quoted "$large")"
    else
      printf 'data-binary = "%s"\n' "$(quoted "$body")"
    fi
  } | curl -q -s -K - --globoff --proto '=http,https' --connect-timeout 10 --max-time "$max_seconds" \
    --user-agent minitor -H 'Content-Type: application/json' \
    --write-out '%{stderr}%{http_code} %{exitcode} %header{retry-after}\n%{errormsg}\n' 2>"$work/status" |
    head -c "$max_answer" >"$work/answer"
  {
    read -r status curl_exit retry_after
    read -r curl_words
  } <"$work/status" || : "${status:=000}" "${curl_exit:=2}"
}

# A folder with room for an answer. That the disk is full is what somebody may have to be told: memory will do as well.
make_work() {
  for each in "${TMPDIR:-/tmp}" /dev/shm /run/minitor "${HOME:-/nonexistent}"; do
    work=$(mktemp -d "$each/minitor-$name.XXXXXX" 2>/dev/null) || continue
    trap 'rm -rf "$work"' EXIT
    trap 'exit 143' TERM INT HUP
    if head -c "$max_answer" /dev/zero 2>/dev/null >"$work/answer"; then
      : >"$work/answer"
      return
    fi
    rm -rf "$work"
  done
  later "there is no room for an answer in ${TMPDIR:-/tmp}, nor anywhere else"
}

# answer FILTER: of the answer's body; nothing where it is not JSON.
answer() {
  jq -r "$1" <"$work/answer" 2>/dev/null | head -n 1
}

# expect_success: goes on when the status is 2xx, and otherwise ends as the status says.
expect_success() {
  case $status in
    2??) ;;
    000)
      case $curl_exit in
        3) never "${curl_words:-curl cannot use this address}" ;;
        *) later "${curl_words:-no answer (curl: exit $curl_exit)}" ;;
      esac
      ;;
    408 | 425 | 429 | 5??) later "$(status_line)" "$(seconds_to_wait)" ;;
    3??) never "$(status_line): it has moved; write its new address" ;;
    *) never "$(status_line)" ;;
  esac
}

status_line() {
  words=$(answer 'def t: if type == "string" then . elif type == "object" then (.message // .error // "" | t) else "" end;
    objects | [.message, .description, .error, (.errors | arrays | .[0])] | map(t) | map(select(. != "")) | .[0] // ""')
  [ -n "$words" ] || words=$(tr -d '\000' <"$work/answer" | head -n 1 | grep -av '<' | head -c 200)
  printf '%s' "HTTP $status${words:+: $words}"
}

# What the receiver asks for, in whole seconds: its header, or what its body says.
seconds_to_wait() {
  case $retry_after in
    *[!0-9]*)
      jq -n -r --arg date "$retry_after" '$date | strptime("%a, %d %b %Y %H:%M:%S GMT") | mktime - now | ceil
        | if . > 0 then . else 0 end' 2>/dev/null
      ;;
    ?*) printf '%.6s' "$retry_after" ;;
    *) answer 'objects | (.retry_after // .parameters.retry_after // ((.retry_after_ms | numbers) / 1000)) | numbers
         | ceil | if . < 0 then 0 elif . > 99999 then 99999 else . end' ;;
  esac
}

# --- Threads: what a service called the first message of an incident ---------------------------------------------

# thread_file CHANNEL [INCIDENT ALERT]: without these those of the notice.
thread_file() {
  folder=${MINITOR_STATE:-${STATE_DIRECTORY:-${XDG_STATE_HOME:-${HOME:-/nonexistent}/.local/state}/minitor}}
  key=${2:-$(of_notice '[incident, (.alert | text)] | join(" ")')}
  printf '%s/threads/%s-%s' "${folder%%:*}" "$name" "$(printf '%s %s' "$key" "$1" | sha256sum | cut -c 1-32)"
}

# recall CHANNEL: sets $thread, empty for the first message of an incident, or when it is not known any more.
recall() {
  thread=
  thread_channel=$1
  thread_path=$(thread_file "$1")
  if [ -r "$thread_path" ]; then read -r thread <"$thread_path" || :; fi
}

# remember ID: the next message of this incident belongs below this one; a recovery is the last.
remember() {
  kind=$(of_notice '.kind | text')
  case $kind in
    problem | reminder | escalation)
      [ -z "$thread" ] && [ -n "$1" ] || return 0
      keep_thread "$1"
      ;;
    recovery) rm -f "$thread_path" ;;
    group) remember_members "$1" ;;
  esac
}

keep_thread() {
  folder=${thread_path%/*}
  { mkdir -p "$folder" && printf '%s\n' "$1" >"$thread_path"; } 2>/dev/null ||
    say "later messages of this incident will stand alone: $folder cannot be written" >&2
  # What never ended.
  find "$folder" -type f -mtime +90 -delete 2>/dev/null || :
}

# The message of a group is the first of each incident that began in it: what comes of one later belongs below it.
remember_members() {
  [ -n "$1" ] || return 0
  of_notice 'members | if .kind == "problem" or .kind == "reminder" or .kind == "escalation" then "keep"
      elif .kind == "recovery" then "end" else empty end + " " + ([incident, (.alert | text | line)] | join(" "))' |
    while read -r what key; do
      thread_path=$(thread_file "$thread_channel" "$key")
      case $what in
        keep) [ -e "$thread_path" ] || keep_thread "$1" ;;
        end) rm -f "$thread_path" ;;
      esac
    done
}
