# A message for Slack, which reads three signs as code and cuts a text above 4,000 characters.
include "notice";

def esc: explode | map(if . == 38 then "&amp;" elif . == 60 then "&lt;" elif . == 62 then "&gt;" else [.] | implode end) | add // "";
# Without the signs of its markup: * _ ~ `
def bare: explode | map(if . == 42 or . == 95 or . == 126 or . == 96 then 32 else . end) | implode;

def slack_message:
  by_mood(":large_green_circle:"; ":bell:"; ":red_circle:") as $sign
  | (said | split("`") | join("'") | esc | cut(1800)) as $said
  | {text: (($sign + " *" + (title | bare | esc) + "*" + (facts | map("\n" + .is + ": " + (.said | esc)) | add // "") | cut(2000))
      + (if $said == "" then "" else "\n```" + $said + "```" end)),
     unfurl_links: false, unfurl_media: false};
