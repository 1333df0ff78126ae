"""Groups, which are several notices in one message, through each alert command: within the limits of its service, with
names and causes, and with the threads and incidents of each monitor kept."""

import json
import tempfile

from alert_case import DELIVERED, HOSTILE, Receiver, Run, answer, check, clean, equal, main, needs, notice
from http_rows import DISCORD, SECRET, TABLE, TOKENS, environment


def group(members, **changes):
    """As minitor writes it."""
    down = sum(member["status"] == "down" for member in members)
    lines = [f'{member["monitor"]}: {member["status"]}, exit 7: curl: (7) Failed to connect' for member in members]
    made = notice(
        "group", notice_id="0123456789ab-n1-g0123456789abcdef", incident_id="", labels={}, group="", count=len(members),
        status="down" if down else "up", down_count=down, up_count=len(members) - down, held="",
        monitor=", ".join(member["monitor"] for member in members[:20]), outcome=f"{down} down, {len(members) - down} up",
        message=f"{down} monitors are down: " + ", ".join(member["monitor"] for member in members[:20]),
        output="\n".join(lines[:100]) + (f"\n… and {len(lines) - 100} more\n" if len(lines) > 100 else "\n"),
        reason=f"{len(members)} notices within 30s (group)", notices=members, description="",
    )
    made.update(changes)
    return made


def member(number, kind="problem", **changes):
    made = notice(kind, notice_id=f"ab-n{number}{kind[0]}", incident_id=f"ab-i{number}", monitor=f"shop {number}", description="")
    made.update(changes)
    return made


def one_message_tells_them_all():
    for command, (_, well, look, _) in TABLE.items():
        if command == "pagerduty":
            continue
        with Receiver(TOKENS) as receiver:
            receiver.behave = well
            env = environment(command, receiver.url())
            told = group([member(i) for i in range(500)], held="rate: 10 per 1h")
            Run(command, env=env, stdin=told).expect(DELIVERED, "", command)
            request = receiver.next()
            body = json.loads(request[3])
            if command == "webhook":
                equal(body, told)
                continue
            if command == "alertmanager":
                equal([alert["labels"]["monitor"] for alert in body], [f"shop {i}" for i in range(500)])
                continue
            text = look(*request[:3], body).replace("\\", "")
            for words in ("500 monitors are down: shop 0, shop 1", "shop 3: down, exit 7: curl: (7) Failed to connect", "rate: 10 per 1h",
                          "500 notices within 30s", "minitor keeps checking them"):
                check(words in text, f"{command}: no {words!r} in {text}")
            shown = text.count("curl: (7)")
            check(f"… and {500 - shown} more" in text, f"{command} shows {shown}: {text}")
            good = group([member(i, "recovery") for i in range(2)], message="2 monitors are up again: shop 0, shop 1")
            Run(command, env=env, stdin=good).expect(DELIVERED, "", command)
            request = receiver.next()
            text = look(*request[:3], json.loads(request[3])).replace("\\", "")
            check("2 monitors are up again: shop 0, shop 1" in text and "keeps checking" not in text and "Down since" not in text, text)


def hostile_groups_stay_text():
    for command, (_, well, look, _) in TABLE.items():
        with Receiver(TOKENS) as receiver, tempfile.TemporaryDirectory() as folder:
            receiver.behave = well
            for name in ("quotes", "newlines", "10 kB of emoji", "escapes", "mentions", "wrong types"):
                bad = json.loads(HOSTILE[name])
                told = group([member(1), member(2)])
                told["notices"] = [{**bad, "kind": "problem"}, member(2), "no notice", 7]
                for field in ("monitor", "message", "output", "held", "labels", "count"):
                    told[field] = bad.get("monitor" if field in ("message", "held", "count") else field)
                told["message"] = told["message"] or "x"
                Run(command, env=environment(command, receiver.url()), stdin=json.dumps(told).encode(), folder=folder).expect(
                    DELIVERED, "", f"{command}, {name}")
                for _ in range(2 if command == "pagerduty" else 1):
                    method, path, headers, body = receiver.next()
                    check("X-Evil" not in headers, f"{command}, {name}: {headers}")
                    if command == "alertmanager":
                        equal(len(json.loads(body)), 2, name)
                        continue
                    text = look(method, path, headers, json.loads(body))
                    if text is not None:
                        clean(text, f"{command}, {name}")


def each_incident_goes_on_below_its_group():
    with Receiver([SECRET]) as receiver, tempfile.TemporaryDirectory() as folder:
        env = {"DISCORD_API": receiver.url(), "DISCORD_BOT_TOKEN": SECRET, "DISCORD_CHANNEL": "42"}

        def told(what, number, wanted):
            receiver.behave = answer(200, DISCORD.replace(b"1122", number))
            Run("discord", env=env, stdin=what, folder=folder).expect(DELIVERED)
            equal(json.loads(receiver.next()[3]).get("message_reference", {}).get("message_id"), wanted)

        told(member(1), b"100", None)
        told(group([member(1, "reminder"), member(2), member(3), member(3, "recovery")]), b"200", None)
        told(member(1, "reminder"), b"300", "100")
        told(member(2, "escalation"), b"300", "200")
        told(member(2, "recovery"), b"300", "200")
        told(member(2, "recovery"), b"300", None)
        told(member(3, "reminder"), b"300", None)
        told(group([member(1, "recovery")]), b"400", None)
        told(member(1, "reminder"), b"500", None)


def pagerduty_gets_one_event_for_each():
    with Receiver() as receiver:
        receiver.behave = TABLE["pagerduty"][1]
        Run("pagerduty", env=environment("pagerduty", receiver.url()),
            stdin=group([member(1), member(2), member(2, "recovery")])).expect(DELIVERED, "3 events")
        seen = [json.loads(receiver.next()[3]) for _ in range(3)]
        equal([(event["event_action"], event["dedup_key"]) for event in seen],
              [("trigger", "minitor-ab-i1"), ("trigger", "minitor-ab-i2"), ("resolve", "minitor-ab-i2")])


def an_escalation_says_why():
    with Receiver() as receiver:
        receiver.behave = TABLE["ntfy"][1]
        Run("ntfy", env=environment("ntfy", receiver.url()),
            stdin=notice("escalation", reason="not acknowledged for 30 min (escalate, step 2: after 30m)")).expect(DELIVERED)
        body = json.loads(receiver.next()[3])
        equal(body["title"], "web shop is still down after 3 minutes, not acknowledged")
        check("Told because: not acknowledged for 30 min (escalate, step 2: after 30m)" in body["message"], body)
        equal((body["priority"], body["tags"]), (4, ["rotating_light"]))


if __name__ == "__main__":
    needs("alerts-groups", programs=["curl", "jq"])
    main(one_message_tells_them_all, hostile_groups_stay_text, each_incident_goes_on_below_its_group,
         pagerduty_gets_one_event_for_each, an_escalation_says_why)
