# What docker-check and docker-healthcheck share: asking Docker's API. To be sourced after plugin.sh.
# shellcheck shell=sh

# DOCKER_HOST as Minitor's scripts and Docker read it: nothing or "socket", unix:///path, tcp://host:port,
# http://host:port or host:port.
limit_s=${DOCKER_TIMEOUT:-10}
want_seconds DOCKER_TIMEOUT "$limit_s" 300
socket=/var/run/docker.sock base=http://localhost
case ${DOCKER_HOST:-socket} in
  socket) ;;
  unix://*) socket=${DOCKER_HOST#unix://} ;;
  tcp://*) socket='' base=http://${DOCKER_HOST#tcp://} ;;
  http://* | https://*) socket='' base=$DOCKER_HOST ;;
  *://*) wrong "DOCKER_HOST: '$DOCKER_HOST' is neither socket, unix:///PATH, tcp://HOST:PORT nor HOST:PORT" ;;
  *) socket='' base=http://$DOCKER_HOST ;;
esac
base=${base%/}
# What is read at most of an answer.
most_bytes=4194304

# ask PATH FILE: the answer's body into FILE; its HTTP status, or nothing, on stdout.
ask() {
  {
    curl -qsS -g --proto '=http,https' --max-time "$limit_s" ${socket:+--unix-socket "$socket"} \
      -w '%{stderr}%{http_code}\n' -- "$base$1" 2>"$folder/status" | head -c "$most_bytes" >"$2"
  } || :
  tail -n 1 "$folder/status"
}

needs curl jq
folder=$(mktemp -d) || finish 3 'there is no room for a temporary file'
trap 'rm -rf "$folder"' EXIT

# inspect NAME: what Docker knows of the container, into $folder/container; the end where it knows none.
inspect() {
  # A name or an id, as Docker allows them; nothing else gets into an address.
  case $1 in
    '' | [!a-zA-Z0-9]* | *[!a-zA-Z0-9_.-]*) wrong "'$1' is not the name of a container" ;;
  esac
  status=$(ask "/containers/$1/json" "$folder/container")
  case $status in
    200) ;;
    404) finish 2 "there is no container $1" ;;
    000 | '') finish 3 "Docker does not answer: $(head -n 1 "$folder/status" | sed 's/^curl: //')" ;;
    *) finish 3 "Docker answers with HTTP $status" ;;
  esac
  jq -e 'type == "object" and (.State | type == "object")' "$folder/container" >/dev/null 2>&1 ||
    finish 3 'Docker answers with what is not understood'
}

# state_of FIELD: a field of the container's state as text on one line, empty where there is none.
state_of() {
  clean "$(jq -r --arg field "$1" '.State[$field] // "" | tostring' "$folder/container" 2>/dev/null)"
}
