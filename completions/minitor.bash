# bash completion for minitor(1). Install as /usr/share/bash-completion/completions/minitor.

# The names of monitors or alerts (KIND) in the configuration that the command line names, one a line.
_minitor_names() {
  local kind=$1 i
  local -a config=()
  for ((i = 1; i < COMP_CWORD - 1; i++)); do
    case ${COMP_WORDS[i]} in
      -c | --config | -config) config=(-c "${COMP_WORDS[i + 1]}") ;;
    esac
  done
  "${COMP_WORDS[0]}" check-config "${config[@]}" 2>/dev/null | sed -n "s/^$kind //p"
}

_minitor_match_names() {
  local name
  while IFS= read -r name; do
    if [[ $name == "$cur"* ]]; then COMPREPLY+=("$(printf '%q' "$name")"); fi
  done < <(_minitor_names "$1")
}

_minitor() {
  local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      run | check-config | test | pause | resume | silence | unsilence | ack | unack | overlays | alert | simulate | windows | heartbeats | reload | why | status | history | incidents | schema) command=${COMP_WORDS[i]} && break ;;
    esac
  done

  case $previous in
    -c | --config | -config | --control)
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    --log-format)
      mapfile -t COMPREPLY < <(compgen -W 'terminal logfmt json' -- "$cur")
      return
      ;;
    -o | --output)
      local forms='human json junit nagios'
      [[ $command != simulate ]] || forms='table json svg'
      mapfile -t COMPREPLY < <(compgen -W "$forms" -- "$cur")
      return
      ;;
    -k | --kind)
      mapfile -t COMPREPLY < <(compgen -W 'test problem recovery' -- "$cur")
      return
      ;;
    --startup-alerts | -startup-alerts)
      _minitor_match_names alert
      return
      ;;
    --broken-alert)
      _minitor_match_names alert
      return
      ;;
    -p | --metrics-port | --metrics-address | --web | --fail | --flap | --for | --from | -n | --next | --count | --until | --note | --by | -g | --group) return ;;
  esac

  local common='-c --config -v --verbose --debug -q --quiet --log-format -h --help'
  local running='--startup-alerts -m --metrics -p --metrics-port --metrics-address --web'
  local simulating='--fail --flap --for --from --cascade --repairs-help --broken-alert --checks -o --output'
  local laying='--control -g --group -a --all --by --json'
  case $cur/$command in
    -*/) mapfile -t COMPREPLY < <(compgen -W "$common $running --version" -- "$cur") ;;
    -*/run) mapfile -t COMPREPLY < <(compgen -W "$common $running" -- "$cur") ;;
    -*/test) mapfile -t COMPREPLY < <(compgen -W "$common -a --all -o --output --now --control" -- "$cur") ;;
    -*/simulate) mapfile -t COMPREPLY < <(compgen -W "$common $simulating" -- "$cur") ;;
    -*/pause | -*/silence | -*/ack) mapfile -t COMPREPLY < <(compgen -W "$common $laying --for --until -n --note" -- "$cur") ;;
    -*/resume | -*/unsilence | -*/unack) mapfile -t COMPREPLY < <(compgen -W "$common $laying" -- "$cur") ;;
    -*/overlays) mapfile -t COMPREPLY < <(compgen -W "$common --control --json" -- "$cur") ;;
    -*/reload) mapfile -t COMPREPLY < <(compgen -W "$common --control" -- "$cur") ;;
    -*/why) mapfile -t COMPREPLY < <(compgen -W "$common --control --json" -- "$cur") ;;
    */why) _minitor_match_names monitor ;;
    -*/windows) mapfile -t COMPREPLY < <(compgen -W "$common -n --next" -- "$cur") ;;
    -*/alert) mapfile -t COMPREPLY < <(compgen -W "$common -k --kind" -- "$cur") ;;
    -*/status) mapfile -t COMPREPLY < <(compgen -W "$common --json" -- "$cur") ;;
    -*/history | -*/incidents) mapfile -t COMPREPLY < <(compgen -W "$common --json -n --count" -- "$cur") ;;
    -*/*) mapfile -t COMPREPLY < <(compgen -W "$common" -- "$cur") ;;
    */) mapfile -t COMPREPLY < <(compgen -W 'run check-config test pause resume silence unsilence ack unack overlays alert simulate windows heartbeats status history incidents reload why schema' -- "$cur") ;;
    */test | */pause | */resume | */silence | */unsilence | */ack | */unack | */simulate | */history | */incidents) _minitor_match_names monitor ;;
    */alert) _minitor_match_names alert ;;
  esac
}

complete -F _minitor minitor
