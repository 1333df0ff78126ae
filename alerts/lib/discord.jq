# A message for Discord: 2,000 characters, nobody mentioned, no link looked into (flag 4).
include "notice";

# The signs of its markup are escaped: \ * _ ~ ` | [ ] < @
def md: explode | map(. as $c | if ([92, 42, 95, 126, 96, 124, 91, 93, 60, 64] | any(. == $c)) then 92, . else . end)
  | implode;

def discord_message:
  by_mood("🟢"; "🔔"; "🔴") as $sign
  | (said | split("```") | join("'''")) as $said
  | ($sign + " **" + (title | md) + "**" + (facts | map("\n" + .is + ": " + (.said | md)) | add // "") | cut(1900)) as $head
  | (1980 - ([$head | explode[] | units] | add)) as $left
  | {content: ($head + (if $said == "" or $left < 40 then "" else "\n```\n" + ($said | cut($left)) + "\n```" end)),
     allowed_mentions: {parse: []}, flags: 4};
