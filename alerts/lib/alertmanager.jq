# Alerts of Alertmanager's API v2.
include "notice";

# The name of a label: [a-zA-Z_][a-zA-Z0-9_]*
def label_name: text | explode | map(if (. >= 48 and . <= 57) or (. >= 65 and . <= 90) or (. >= 97 and . <= 122) or . == 95
    then . else 95 end) | implode | if test("^[A-Za-z_]") then . else "_" + . end;

# Seconds since 1970 of a time as a notice has it; now, where it has none.
def seconds:
  text | . as $time
  | try ((.[:19] + "Z" | fromdate)
      - (($time | match("([+-])([0-9]{2}):([0-9]{2})$").captures | map(.string)
          | ((.[1] | tonumber) * 3600 + (.[2] | tonumber) * 60) * (if .[0] == "-" then -1 else 1 end)) // 0))
    catch (now | floor);

# Without an end an alert is over after five minutes, for nobody repeats it as Prometheus does. A year will do.
# Of a group one for each of its notices: Alertmanager groups by rules of its own.
def alertmanager_alerts($name; $severity):
  if grouped then [members | bounded | alertmanager_alerts($name; $severity)[]] else
  (.time | seconds) as $time
  | (.first_failure // .time | seconds) as $since
  | [{labels: ((.labels | if type == "object" then to_entries else [] end
          | map({key: (.key | label_name), value: (.value | line | cut(200))}) | from_entries)
        + {alertname: $name, severity: $severity, monitor: monitor, group: (.group | line | cut(100))}
        | with_entries(select(.value != ""))),
      annotations: ({summary: title, description: letter, verdict: (.verdict | line), incident: incident}
        | with_entries(select(.value != ""))),
      # What is over must have begun before.
      startsAt: ((if up and $since >= $time then $time - 1 else $since end) | todate),
      endsAt: ((if up then $time else $time + 365 * 86400 end) | todate)}]
  end;
