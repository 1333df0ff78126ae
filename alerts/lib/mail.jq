# A mail: its header lines and its text, divided by the line ends of RFC 5322.
include "notice";

# Encoded words (RFC 2047) of whole characters, each at most 75 long.
def encoded:
  reduce explode[] as $c ([""]; ([$c] | implode) as $next
    | if (.[-1] | utf8bytelength) + ($next | utf8bytelength) > 42 then . + [$next] else .[-1] += $next end)
  | map("=?UTF-8?B?" + @base64 + "?=") | join("\r\n ");

# The text in base64: no line is too long, begins with a dot or holds what a server would change.
def mail($from; $to; $date):
  ("@" + ($from | split("@") | last) + ">") as $host
  | (title | cut(200)) as $subject
  | ["From: minitor <" + $from + ">",
     "To: " + $to,
     "Subject: " + (if ($subject | test("^[ -~]*$")) and ($subject | contains("=?") | not) then $subject
       else ($subject | encoded) end),
     "Date: " + $date,
     "Message-ID: <" + (if .kind == "problem" then incident else notice_id end) + $host]
    + (if .kind == "reminder" or .kind == "escalation" or .kind == "recovery" then
        ["In-Reply-To: <" + incident + $host, "References: <" + incident + $host] else [] end)
    + ["Auto-Submitted: auto-generated",
       "X-Minitor-Kind: " + (.kind | safe),
       "MIME-Version: 1.0",
       "Content-Type: text/plain; charset=utf-8",
       "Content-Transfer-Encoding: base64",
       ""]
    + (letter_of(20000) | split("\n") | join("\r\n") | @base64 | [scan(".{1,76}")])
  | join("\r\n");
