# Events of PagerDuty's Events API v2. The key comes in the environment: a command line could be read by others.
include "notice";

def pagerduty_event($action; $severity):
  {routing_key: $ENV.PAGERDUTY_ROUTING_KEY, event_action: $action,
   dedup_key: (if alone then "minitor-test-" + notice_id else "minitor-" + incident end)}
  + if $action == "resolve" then {} else
      {client: "minitor",
       payload: ({summary: (title + (.outcome | line | if . == "" then "" else ": " + . end) | cut(1000)),
           source: monitor, component: monitor,
           severity: (if alone then "info" else $severity end),
           group: (.group | line | cut(100)), timestamp: (.first_failure // .time | line),
           custom_details: ((facts | map({key: .is, value: .said}) | from_entries)
             + (said as $said | if $said == "" then {} else {"Its last words": $said} end))}
         | with_entries(select(.value != "")))}
    end;
