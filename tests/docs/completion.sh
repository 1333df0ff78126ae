#!/usr/bin/env bash
# The bash completion completes commands, options, and the names of monitors and alerts.  completion.sh MINITOR
set -euo pipefail
minitor=$1
completions=$(cd "$(dirname "$0")/../../completions" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >minitor.yml <<'YAML'
monitors:
  - { name: front page, command: ['true'] }
  - { name: mail, command: ['true'] }
alerts:
  chat: { command: ['true'] }
YAML
# shellcheck source=/dev/null
source "$completions/minitor.bash"

expect() { # the words that are to come out, then the line being typed
  local expected=$1
  shift
  COMP_WORDS=("$minitor" "$@")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _minitor
  local got="${COMPREPLY[*]}"
  if [[ $got != "$expected" ]]; then
    echo "minitor $* <tab>: expected '$expected', got '$got'"
    exit 1
  fi
}

expect 'check-config' c
expect 'front\ page' test f
expect 'chat' alert c
expect 'mail' ack m
expect '--until' silence --u
expect 'chat' alert -c minitor.yml c
expect '--kind' alert --k
expect 'junit' test -o ju
expect '--startup-alerts' --s
expect 'terminal' --log-format t
for shell in zsh fish; do
  if command -v $shell >/dev/null; then
    case $shell in zsh) zsh -n "$completions/_minitor" ;; fish) fish -n "$completions/minitor.fish" ;; esac
  fi
done
echo "completion works"
