# What a notice looks like to a person. Each rule once; every alert command includes it.
# The text fields of a notice hold what the world gave us: nothing here trusts them.

def text: if type == "string" then . elif . == null then "" else tojson end;

# Without terminal escapes, control characters and signs that turn the direction of writing; line ends are \n.
def plain:
  [foreach (text | explode[]) as $c ({s: 0};
     if .s == 0 then (if $c == 27 then {s: 1} else {s: 0, c: $c} end)
     elif $c == 10 then {s: 0, c: 10}
     elif .s == 1 then (if $c == 91 then {s: 2} elif $c == 93 then {s: 3} else {s: 0} end)
     elif .s == 2 then (if $c >= 64 and $c <= 126 then {s: 0} else {s: 2} end)
     else (if $c == 7 then {s: 0} elif $c == 27 then {s: 1} else {s: 3} end)
     end;
     .c // empty)
   | if . == 9 or . == 160 then 32 elif . == 133 or . == 8232 or . == 8233 then 10 else . end
   | select(. == 10 or (. >= 32 and . < 127) or . >= 160)
   | select(. != 8203 and . != 8206 and . != 8207 and . != 65279
            and (. < 8234 or . > 8238) and (. < 8294 or . > 8297))]
  | implode;

def words: split(" ") | map(select(. != "")) | join(" ");
def line: plain | explode | map(if . == 10 then 32 else . end) | implode | words;

# Sizes of one character: UTF-16 units, which is how chat services count at most, and bytes.
def units: if . > 65535 then 2 else 1 end;
def bytes: if . < 128 then 1 elif . < 2048 then 2 elif . < 65536 then 3 else 4 end;

# The first characters that fit into $most, the last of them "…" when something was cut off.
def fit(size; $most):
  explode as $all
  | if ([$all[] | size] | add // 0) <= $most then .
    else ([foreach $all[] as $c (0; . + ($c | size); select(. <= $most - (8230 | size)))] | length) as $n
      | ($all[:$n] | implode) + "…"
    end;
def cut($most): fit(units; $most);
def cut_bytes($most): fit(bytes; $most);

# The last words of a text: they say what went wrong.
def last_words($most; $lines):
  plain | split("\n") | map(words | select(. != "")) as $all
  | (($all[-$lines:]) | join("\n")) as $ending
  | (if ($all | length) > $lines then "…\n" + $ending else $ending end) as $said
  | ($said | explode | length) as $length
  | if $length <= $most then $said else "…" + ($said[$length - $most + 1:]) end;

def count($n; $noun): "\($n) \($noun)\(if $n == 1 then "" else "s" end)";
def duration:
  if type != "number" then ""
  elif . < 60 then count(floor; "second")
  elif . < 3600 then count(. / 60 | floor; "minute")
  elif . < 86400 then
    count(. / 3600 | floor; "hour") + (. % 3600 / 60 | floor | if . == 0 then "" else " " + count(.; "minute") end)
  else
    count(. / 86400 | floor; "day") + (. % 86400 / 3600 | floor | if . == 0 then "" else " " + count(.; "hour") end)
  end;

# 2026-11-21T14:02:10+01:00 -> 2026-11-21 14:02:10 +01:00
def moment:
  line | if test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}") then
    .[:10] + " " + .[11:19] + (.[19:] | if . == "Z" then " UTC" else " " + . end) else . end;

# A group is several notices in one message: its output has a line for each, and .notices has all of them.
def grouped: .kind == "group";
def members: .notices | arrays | .[] | objects;

# What is more than a person reads is cut before it costs time: the end of the output (of a group the beginning), the
# beginning of all else.
def bounded:
  .output as $output | map_values(if type == "string" then .[:1000] else . end)
  | if ($output | type) != "string" then .
    elif grouped then .output = $output[:30000]
    else .output = $output[-6000:] end;

# A test, and a repair that worked before anyone was told, belong to no incident.
def alone: .kind == "test" or .kind == "repaired";
def up: .kind == "recovery" or alone or (grouped and .status == "up");
def by_mood($good; $test; $bad): if .kind == "test" then $test elif up then $good else $bad end;
def number($n): if ($n | type) == "number" then $n else 0 end;
def monitor: .monitor | line | if . == "" then "minitor" else cut(120) end;
def lasted: .duration_seconds | duration;

def title:
  (.message | line) as $message
  | if ($message | endswith(" check is flapping")) then monitor + " is flapping"
  elif ($message | endswith(" check has stopped flapping")) then monitor + " has stopped flapping"
  elif grouped then $message | cut(300)
  elif .kind == "repaired" then monitor + " failed and was repaired"
  elif .kind == "problem" then monitor + " is down"
  elif .kind == "reminder" then
    monitor + " is still down" + (lasted | if . == "" then "" else " after " + . end)
  elif .kind == "escalation" then
    monitor + (if ($message | contains("flapping")) then " is still flapping" else " is still down" end)
      + (lasted | if . == "" then "" else " after " + . end) + ", not acknowledged"
  elif .kind == "recovery" then
    monitor + " is up again" + (lasted | if . == "" then "" else " after " + . end)
  else $message | if . == "" then "minitor sends a test" else cut(200) end
  end;

# The facts, in the order in which one wants to know them: [{is, said}].
def facts:
  . as $n
  | (number(.failure_count)) as $failures
  | (.first_failure | moment) as $since
  | [ if grouped then
        {is: "Down since", said: (if up then "" else $since end)},
        {is: "Held back by", said: (.held | line | cut(100))}
      elif up then
        {is: "Down", said: (if .kind == "recovery" and $since != "" then
          "from " + $since + " to " + (.time | moment) + (lasted | if . == "" then "" else " (" + . + ")" end) else "" end)},
        {is: "Failed", said: (if $failures > 0 then count($failures; "check") + " in a row" else "" end)}
      else
        {is: "Down since", said: ($since + (lasted | if . == "" or $since == "" then "" else " (" + . + ")" end))},
        {is: "Why", said: (.outcome | line | cut(300))},
        {is: "Failed", said: (if $failures > 0 then
          count($failures; "time") + " in a row; last ok: " + (.last_success | moment | if . == "" then "never" else . end)
          else "" end)}
      end,
      {is: "About", said: (.description | line | cut(400))},
      {is: "Group", said: (.group | line | cut(100))},
      {is: "Labels", said: (.labels | if type == "object" then
        (to_entries | map((.key | line) + "=" + (.value | line)) | join(", ") | cut(300)) else "" end)},
      {is: "Told because", said: (.reason | line | cut(300))},
      {is: "Takes down", said: (.takes_down | line | cut(300))},
      {is: "Repairs", said: (.repairs | plain | split("\n") | map(words | select(. != "")) | join("; ") | cut(400))},
      {is: "Being done", said: (if ($n | up) then "" elif ($n | grouped) then "minitor keeps checking them"
        else "minitor keeps checking it" end)}
    ]
  | map(select(.said != ""));

# The first lines of a group that fit, and how many notices are not in them.
def group_lines($most):
  (.count | if type == "number" then . else 0 end) as $count
  | [.output | plain | split("\n")[] | words | select(. != "" and (startswith("… and ") | not))] as $all
  | (reduce $all[] as $line ({left: $most, lines: [], full: false};
      ($line | [explode[] | units] | add + 1) as $size
      | if .full or $size > .left then .full = true else .left -= $size | .lines += [$line] end) | .lines) as $shown
  | ([$count, ($all | length)] | max - ($shown | length)) as $more
  | $shown + (if $more > 0 then ["… and \($more) more"] else [] end) | join("\n");

def said: if .kind == "test" then "" elif grouped then group_lines(1100) else .output | last_words(1200; 12) end;

# For a reader of plain text: what a mail holds below its subject; $most: room for the lines of a group.
def letter_of($most):
  (if grouped then group_lines($most) else said end) as $said
  | title + ".\n\n" + (facts | map(.is + ": " + .said + "\n") | add // "")
    + (if $said == "" then "" else (if grouped then "\n" else "\nIts last words:\n" end) + ($said | split("\n") | map("  " + . + "\n") | add) end);
def letter: letter_of(2500);

# What is safe in an id, a file name and a header.
def safe: text | explode | map(if (. >= 48 and . <= 57) or (. >= 65 and . <= 90) or (. >= 97 and . <= 122) or . == 45 or . == 46
  then . else 45 end) | implode | .[-120:];
def incident: .incident_id | safe | if . == "" then "none" else . end;
def notice_id: .notice_id | safe | if . == "" then "none" else . end;
