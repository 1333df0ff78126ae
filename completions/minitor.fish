# fish completion for minitor(1). Install as /usr/share/fish/vendor_completions.d/minitor.fish.

set -g __minitor_commands run check-config test pause resume silence unsilence ack unack overlays alert simulate windows heartbeats reload why status history incidents schema

# The names of monitors or alerts (first argument) in the configuration that the command line names.
function __minitor_names
    set -l words (commandline -o -p -c)
    set -l config
    for i in (seq (count $words))
        if contains -- $words[$i] -c --config
            set config -c $words[(math $i + 1)]
        end
    end
    minitor check-config $config 2>/dev/null | string replace -rf "^$argv[1] " ''
end

complete -c minitor -f
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a run -d 'Watch: run the checks and send the alerts'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a check-config -d 'Print every error, or every message with sample data'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a test -d 'Run checks once, now'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a pause -d 'No checks for a while'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a resume -d 'End a pause'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a silence -d 'Check on, but tell nobody for a while'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a unsilence -d 'End a silence'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a ack -d 'Somebody takes an outage on'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a unack -d 'Take that back'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a overlays -d 'What is paused, silenced and acknowledged'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a alert -d 'Send a sample notice through one alert'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a status -d 'Show what every monitor is'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a history -d 'Show one monitor'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a incidents -d 'Show the latest incidents'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a simulate -d 'Show what would happen if monitors failed'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a windows -d 'When windows open and close next'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a heartbeats -d 'The addresses of the heartbeats'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a reload -d 'Have the minitor that runs read its configuration again'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a why -d 'Say why somebody was told of a monitor, or was not'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -a schema -d 'Print the JSON Schema of the configuration'
complete -c minitor -n "not __fish_seen_subcommand_from $__minitor_commands" -l version -d 'Print the version'

complete -c minitor -s c -l config -rF -d 'The configuration to read'
complete -c minitor -s v -l verbose -l debug -d 'Log every check and every step of a notice'
complete -c minitor -s q -l quiet -d 'Log warnings and errors only'
complete -c minitor -l log-format -xa 'terminal logfmt json' -d 'How the log is written'
complete -c minitor -s h -l help -d 'Print a summary'

for place in 'not __fish_seen_subcommand_from check-config test pause resume silence unsilence ack unack overlays alert simulate windows heartbeats reload why status history incidents schema'
    complete -c minitor -n $place -l startup-alerts -xa '(__minitor_names alert)' -d 'Test these alerts at the start'
    complete -c minitor -n $place -s m -l metrics -d 'Serve metrics for Prometheus'
    complete -c minitor -n $place -s p -l metrics-port -x -d 'The port for metrics'
    complete -c minitor -n $place -l metrics-address -x -d 'Serve metrics on this address only'
    complete -c minitor -n $place -l web -x -d 'Serve the status page and the API'
end

complete -c minitor -n '__fish_seen_subcommand_from test' -s a -l all -d 'All monitors'
complete -c minitor -n '__fish_seen_subcommand_from test' -s o -l output -xa 'human json junit nagios' -d 'The form of the report'
complete -c minitor -n '__fish_seen_subcommand_from test' -l now -d 'By the minitor that runs'
complete -c minitor -n '__fish_seen_subcommand_from test' -l control -rF -d 'The control socket of the minitor that runs'
complete -c minitor -n '__fish_seen_subcommand_from test' -a '(__minitor_names monitor)'
complete -c minitor -n '__fish_seen_subcommand_from pause resume silence unsilence ack unack overlays' -l control -rF -d 'The control socket of the minitor that runs'
complete -c minitor -n '__fish_seen_subcommand_from pause resume silence unsilence ack unack' -s g -l group -x -d 'All monitors of this group'
complete -c minitor -n '__fish_seen_subcommand_from pause resume silence unsilence ack unack' -s a -l all -d 'All monitors'
complete -c minitor -n '__fish_seen_subcommand_from pause resume silence unsilence ack unack' -l by -x -d 'Who does it'
complete -c minitor -n '__fish_seen_subcommand_from pause resume silence unsilence ack unack overlays' -l json -d 'As JSON'
complete -c minitor -n '__fish_seen_subcommand_from pause silence ack' -l for -x -d 'How long'
complete -c minitor -n '__fish_seen_subcommand_from pause silence ack' -l until -x -d 'Until then'
complete -c minitor -n '__fish_seen_subcommand_from pause silence ack' -s n -l note -x -d 'Why'
complete -c minitor -n '__fish_seen_subcommand_from pause resume silence unsilence ack unack' -a '(__minitor_names monitor)'
complete -c minitor -n '__fish_seen_subcommand_from alert' -s k -l kind -xa 'test problem recovery' -d 'The sample to send'
complete -c minitor -n '__fish_seen_subcommand_from alert' -a '(__minitor_names alert)'
complete -c minitor -n '__fish_seen_subcommand_from status history incidents' -l json -d 'As JSON'
complete -c minitor -n '__fish_seen_subcommand_from history incidents' -s n -l count -x -d 'So many of them'
complete -c minitor -n '__fish_seen_subcommand_from history incidents' -a '(__minitor_names monitor)'
complete -c minitor -n '__fish_seen_subcommand_from simulate' -l fail -x -d 'When they fail: 09:00-11:30, 10m-25m'
complete -c minitor -n '__fish_seen_subcommand_from simulate' -l flap -x -d 'Fail and be well by turns'
complete -c minitor -n '__fish_seen_subcommand_from simulate' -l for -x -d 'How long to go on'
complete -c minitor -n '__fish_seen_subcommand_from simulate' -l from -x -d 'Where to begin'
complete -c minitor -n '__fish_seen_subcommand_from simulate' -l cascade -d 'What depends on them fails too'
complete -c minitor -n '__fish_seen_subcommand_from simulate' -l repairs-help -d 'Repairs succeed'
complete -c minitor -n '__fish_seen_subcommand_from simulate' -l broken-alert -xa '(__minitor_names alert)' -d 'An alert that fails'
complete -c minitor -n '__fish_seen_subcommand_from simulate' -l checks -d 'Show every check'
complete -c minitor -n '__fish_seen_subcommand_from simulate' -s o -l output -xa 'table json svg' -d 'The form'
complete -c minitor -n '__fish_seen_subcommand_from simulate' -a '(__minitor_names monitor)'
complete -c minitor -n '__fish_seen_subcommand_from reload why' -l control -rF -d 'The control socket of the minitor that runs'
complete -c minitor -n '__fish_seen_subcommand_from why' -l json -d 'As JSON'
complete -c minitor -n '__fish_seen_subcommand_from why' -a '(__minitor_names monitor)'
complete -c minitor -n '__fish_seen_subcommand_from windows' -s n -l next -x -d 'So many openings of each'
