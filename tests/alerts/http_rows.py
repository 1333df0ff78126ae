"""Each alert command that speaks HTTP, against a receiver that checks what the service documents and that fails in
every way there is: a table of inputs and verdicts for each."""

import json
import re
import tempfile

from alert_case import (
    DELIVERED, HOSTILE, LATER, NEVER, Failure, Receiver, Run, answer, check, clean, closed_port, closes, endless, equal, garbage,
    hangs, in_ten_seconds, main, needs, notice, resets, units,
)

SECRET = "s3cr\"et-token\\1 $x"


def of_discord(method, path, headers, body):
    equal(method, "POST", "discord")
    check(path.endswith("?wait=true") or path.endswith("/messages"), path)
    check(1 <= units(body["content"]) <= 2000, "2,000 characters", len(body["content"]))
    equal(body["allowed_mentions"], {"parse": []}, "nobody is mentioned")
    check(1 <= len(body.get("username", "minitor")) <= 80, body)
    check(len(body.get("nonce", "")) <= 25, "a nonce of 25 characters", body)
    return body["content"]


def of_slack(_, path, headers, body):
    check(len(body["text"]) <= 4000, "4,000 characters", len(body["text"]))
    check("<!" not in body["text"] and "<@" not in body["text"], "no mention", body["text"])
    return body["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def of_telegram(_, path, headers, body):
    equal(path, "/bot123456:ABC-def_ghi/sendMessage")
    equal(body["chat_id"], "-100123")
    check(1 <= units(body["text"]) <= 4096, "4,096 characters", len(body["text"]))
    check("parse_mode" not in body, "no markup")
    return body["text"]


def of_ntfy(_, path, headers, body):
    equal(path, "/")
    equal(body["topic"], "my-topic")
    check(len(body["message"].encode()) <= 4096 and body["message"], "4,096 bytes")
    check(1 <= body["priority"] <= 5 and all(re.fullmatch("[a-z_]+", tag) for tag in body["tags"]), body)
    check(units(body["title"]) <= 250 and "\n" not in body["title"], body["title"])
    return body["title"] + "\n" + body["message"]


def of_matrix(method, path, headers, body):
    equal(method, "PUT", "matrix")
    check(re.fullmatch(r"/_matrix/client/v3/rooms/(?:!|%21)room%3Aexample\.org/send/m\.room\.message/[A-Za-z0-9.-]+", path), path)
    equal(body["msgtype"], "m.text")
    check(len(json.dumps(body).encode()) < 65_536, "an event of 64 KiB")
    return body["body"]


def of_pagerduty(_, path, headers, body):
    equal(path, "/v2/enqueue")
    equal(body["routing_key"], SECRET)
    check(body["event_action"] in ("trigger", "resolve"), body)
    check(1 <= len(body["dedup_key"]) <= 255 and re.fullmatch("[A-Za-z0-9.-]+", body["dedup_key"]), body["dedup_key"])
    if body["event_action"] == "resolve":
        return ""
    payload = body["payload"]
    check(1 <= len(payload["summary"]) <= 1024 and "\n" not in payload["summary"], payload["summary"])
    check(payload["severity"] in ("critical", "error", "warning", "info") and payload["source"], payload)
    check(len(json.dumps(body)) < 512 * 1024, "an event of 512 KB")
    return payload["summary"] + "\n" + "\n".join(payload["custom_details"].values())


def of_alertmanager(_, path, headers, body):
    equal(path, "/api/v2/alerts")
    (alert,) = body
    for label, value in alert["labels"].items():
        check(re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", label) and isinstance(value, str) and value, label, value)
    for field in ("startsAt", "endsAt"):
        check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", alert[field]), alert)
    check(alert["startsAt"] < alert["endsAt"], alert)
    return alert["annotations"]["description"]


def of_webhook(_, path, headers, body):
    check(re.fullmatch("[A-Za-z0-9.-]+", headers["Idempotency-Key"]), headers["Idempotency-Key"])
    return None


DISCORD = b'{"id": "1122", "content": "x"}'
TABLE = {
    # command: its environment, its answer when all is well, what checks a request, recognises its service
    "discord": ({"DISCORD_WEBHOOK_URL": "{url}/api/webhooks/1/{token}"}, answer(200, DISCORD), of_discord, True),
    "slack": ({"SLACK_WEBHOOK_URL": "{url}/services/T/B/{token}"}, answer(200, b"ok"), of_slack, True),
    "telegram": (
        {"TELEGRAM_API": "{url}", "TELEGRAM_BOT_TOKEN": "123456:ABC-def_ghi", "TELEGRAM_CHAT": "-100123"},
        answer(200, b'{"ok": true, "result": {"message_id": 55}}'), of_telegram, True,
    ),
    "ntfy": ({"NTFY_URL": "{url}/my-topic", "NTFY_TOKEN": SECRET}, answer(200, b'{"id": "x1", "event": "message"}'), of_ntfy, True),
    "matrix": (
        {"MATRIX_SERVER": "{url}", "MATRIX_ROOM": "!room:example.org", "MATRIX_TOKEN": SECRET},
        answer(200, b'{"event_id": "$ev1"}'), of_matrix, True,
    ),
    "pagerduty": (
        {"PAGERDUTY_API": "{url}", "PAGERDUTY_ROUTING_KEY": SECRET},
        answer(202, b'{"status": "success", "message": "Event processed", "dedup_key": "x"}'), of_pagerduty, True,
    ),
    "alertmanager": ({"ALERTMANAGER_URL": "{url}/", "ALERTMANAGER_TOKEN": SECRET}, answer(200, b""), of_alertmanager, False),
    "webhook": ({"WEBHOOK_URL": "{url}/hook?a=b", "WEBHOOK_TOKEN": SECRET}, answer(204), of_webhook, False),
}
HEADERS = {
    "ntfy": f"Bearer {SECRET}", "matrix": f"Bearer {SECRET}", "alertmanager": f"Bearer {SECRET}", "webhook": f"Bearer {SECRET}",
}
TOKENS = ("tok3n-in-url", SECRET, "123456:ABC-def_ghi")


def environment(command, url):
    return {name: value.replace("{url}", url).replace("{token}", TOKENS[0]) for name, value in TABLE[command][0].items()}


# What the receiver does, the exit code, words of the line, the wait that is asked for. The rule is one for all of them:
# these go through all rows, the others through every third.
THOROUGH = ("discord", "webhook")
VERDICTS = (
    (answer(429, b"{}", Retry_After="7"), LATER, "429", 7),
    (answer(429, b'{"retry_after": 1.2}'), LATER, "429", 2),
    (answer(429, b'{"ok": false, "parameters": {"retry_after": 9}}'), LATER, "429", 9),
    (answer(429, b'{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}'), LATER, "429", 2),
    (answer(429, b"slow down", Retry_After="soon"), LATER, "slow down", None),
    (answer(503, b"<html><h1>over capacity</h1></html>", Retry_After="99999999999999999999"), LATER, "503", 999999),
    (answer(500, b'{"message": "oh no"}'), LATER, "oh no", None),
    (answer(502, b""), LATER, "502", None),
    (answer(408, b""), LATER, "408", None),
    (answer(400, b'{"error": {"message": "bad thing"}}'), NEVER, "bad thing", None),
    (answer(401, b'{"message": "401: Unauthorized"}'), NEVER, "401", None),
    (answer(403, b""), NEVER, "403", None),
    (answer(404, b'{"message": "Unknown Webhook"}'), NEVER, "Unknown Webhook", None),
    (answer(404, b"no\x00pe\x1b[2J\r\n" + b"z" * 100_000), NEVER, "404", None),
    (answer(302, b"", Location="http://127.0.0.1:1/"), NEVER, "has moved", None),
    (resets, LATER, "", None),
    (closes, LATER, "", None),
    (garbage, LATER, "", None),
)


def every_answer_has_its_verdict():
    for command in TABLE:
        with Receiver(TOKENS) as receiver:
            env = environment(command, receiver.url())
            receiver.behave = TABLE[command][1]
            Run(command, env=env).expect(DELIVERED, f"{command}: delivered", command)
            for row, (behave, code, words, wait) in enumerate(VERDICTS):
                if command not in THOROUGH and row % 3 and behave is not resets:
                    continue
                receiver.behave = behave
                run = Run(command, env=env).expect(code, words, command)
                equal(run.retry_after, wait, f"{command}: {run.text}")
                clean(run.text, command)
                check(len(run.text) < 600, "a short line", run.text)
            receiver.behave = answer(429, b"{}", Retry_After=in_ten_seconds())
            check(1 <= Run(command, env=env).expect(LATER).retry_after <= 10, "an HTTP date")
            check(not receiver.leaks, f"{command}: a secret in a command line: {receiver.leaks}")
        for run in (Run(command, env=env), ):
            run.expect(LATER, "", f"{command}: nobody listens")


def a_receiver_that_hangs_is_left():
    for command in TABLE:
        with Receiver() as receiver:
            receiver.behave = hangs
            Run(command, env={**environment(command, receiver.url()), "ALERT_SECONDS": "1"}).expect(LATER, "timed out", command)


def an_answer_without_end_is_cut():
    for command, (_, _, _, knows) in TABLE.items():
        with Receiver() as receiver:
            receiver.behave = endless
            Run(command, env=environment(command, receiver.url())).expect(LATER if knows else DELIVERED, "", command)


def an_answer_of_somebody_else_is_no_delivery():
    for command, (_, _, _, knows) in TABLE.items():
        if not knows:
            continue
        with Receiver() as receiver:
            for body in (b"<html>log in to the hotel's network</html>", b"", b"[]", b'"x"', b"{}", b"null"):
                receiver.behave = answer(200, body)
                Run(command, env=environment(command, receiver.url())).expect(LATER, "", f"{command}, {body!r}")


def addresses_that_cannot_be():
    for command in TABLE:
        for url, code in (
            (f"http://127.0.0.1:{closed_port()}", LATER), ("http://nowhere.invalid", LATER), ("ftp://127.0.0.1", NEVER),
            ("file:///etc", NEVER), ("gopher", NEVER), ("http://a\nb", NEVER), ("", NEVER),
        ):
            if url == "" and command in ("telegram", "pagerduty"):
                continue  # these have an address of their own
            env = {**environment(command, url), "ALERT_SECONDS": "5"}
            Run(command, env=env).expect(code, "", f"{command}, {url!r}")


def what_a_person_reads():
    for command, (_, well, look, _) in TABLE.items():
        with Receiver(TOKENS) as receiver:
            receiver.behave = well
            env = environment(command, receiver.url())
            link = "https://status.example/link/acknowledgement/web%20shop%5F1/i3/n7/1795867200/0a1b2c"
            for kind, words in (
                ("problem", ("web shop is down", "(3 minutes)", "Why: exit 7", "3 times in a row", "ask Eve", "port 443",
                             "last ok: 2026-11-21 14:01:10 +01:00", "team=storage", "minitor keeps checking it", "alert_after: 3")),
                ("reminder", ("web shop is still down after 3 minutes", link)),
                ("recovery", ("web shop is up again after 3 minutes", "from 2026-11-21 14:02:10 +01:00", "all is well")),
                ("repaired", ("web shop failed and was repaired", "restart.sh: exit 0; checked again: ok")),
                ("test", ("web shop check has failed 3 times",)),
            ):
                more = {"takes_down": "api, blog", "repairs": "restart.sh: exit 0\nchecked again: ok\n"} if kind == "repaired" else {}
                if kind == "reminder":
                    more = {"ack_url": link, "silence_url": "javascript:alert(1)"}
                Run(command, env=env, stdin=notice(kind, **more)).expect(DELIVERED, "", command)
                request = receiver.next()
                text = look(*request[:3], json.loads(request[3]))
                if command in HEADERS:
                    equal(request[2]["Authorization"], HEADERS[command])
                if command == "webhook":
                    equal(json.loads(request[3]), notice(kind, **more))
                elif command == "pagerduty":
                    if kind in ("test", "repaired"):
                        equal(json.loads(receiver.next()[3])["event_action"], "resolve")
                    if kind != "recovery":
                        check(all(word in text or word.split(": ")[-1] in text for word in words), text)
                else:
                    for word in words:
                        check(word in text.replace("\\", ""), f"{command}: no {word!r} in {text}")
                    check("javascript:" not in text, f"{command}: {text}")


def hostile_notices_stay_text():
    for command, (_, well, look, _) in TABLE.items():
        with Receiver(TOKENS) as receiver, tempfile.TemporaryDirectory() as folder:
            receiver.behave = well
            for name, stdin in HOSTILE.items():
                Run(command, env=environment(command, receiver.url()), stdin=stdin, folder=folder).expect(
                    DELIVERED, "", f"{command}, {name}")
                method, path, headers, body = receiver.next()
                check("X-Evil" not in headers, f"{command}, {name}: {headers}")
                text = look(method, path, headers, json.loads(body))
                if text is not None:
                    clean(text, f"{command}, {name}")
                    if name == "shell" and command != "pagerduty":
                        check("$(touch pwned)" in text.replace("\\", "").replace("'", "`"), text)
                    if name == "an open escape":
                        check("but the next line is read" in text, text)
                    if name == "2,000 lines" and text:
                        check("line 1999" in text and "line 5\n" not in text, text)


def threads():
    bots = {
        "discord": ({"DISCORD_API": "{url}", "DISCORD_BOT_TOKEN": SECRET, "DISCORD_CHANNEL": "42"}, answer(200, DISCORD),
                    lambda body: body.get("message_reference", {}).get("message_id"), "1122"),
        "slack": ({"SLACK_API": "{url}", "SLACK_BOT_TOKEN": SECRET, "SLACK_CHANNEL": "C42"},
                  answer(200, b'{"ok": true, "ts": "1503435956.000247"}'), lambda body: body.get("thread_ts"), "1503435956.000247"),
        "telegram": (TABLE["telegram"][0], TABLE["telegram"][1],
                     lambda body: body.get("reply_parameters", {}).get("message_id"), 55),
        "matrix": (TABLE["matrix"][0], TABLE["matrix"][1],
                   lambda body: body.get("m.relates_to", {}).get("event_id"), "$ev1"),
    }
    for command, (env, well, thread_of, first) in bots.items():
        with Receiver([SECRET]) as receiver, tempfile.TemporaryDirectory() as folder:
            env = {name: value.replace("{url}", receiver.url()) for name, value in env.items()}
            receiver.behave = well

            def told(changes, wanted, **more):
                Run(command, env={**env, **more}, stdin=changes, folder=folder).expect(DELIVERED, "", command)
                body = json.loads(receiver.next()[3])
                equal(thread_of(body), wanted, f"{command}: {body}")
                return body

            told(notice(), None)
            told(notice("reminder"), first)
            told(notice(incident_id="other-i1"), None)
            told(notice("recovery", alert="another channel"), None)
            body = told(notice("recovery"), first)
            if command == "slack":
                equal((body["channel"], body["reply_broadcast"]), ("C42", True))
            told(notice("recovery"), None)  # the thread is over
            # A state that cannot be written costs the thread, not the message.
            Run(command, env={**env, "MINITOR_STATE": "/proc/nowhere"}, folder=folder).text.index("delivered")
            check(not receiver.leaks, receiver.leaks)


def slack_says_what_is_wrong_with_status_200():
    rows = (
        ('{"ok": false, "error": "invalid_auth"}', NEVER, "invalid_auth"),
        ('{"ok": false, "error": "channel_not_found"}', NEVER, "channel_not_found"),
        ('{"ok": false, "error": "ratelimited"}', LATER, "ratelimited"),
        ('{"ok": false, "error": "internal_error"}', LATER, "internal_error"),
        ("surprise", LATER, "surprise"), ("{}", LATER, ""), ('{"ok": true}', DELIVERED, ""),
    )
    with Receiver() as receiver:
        env = {"SLACK_API": receiver.url(), "SLACK_BOT_TOKEN": SECRET, "SLACK_CHANNEL": "C42"}
        for body, code, words in rows:
            receiver.behave = answer(200, body.encode())
            Run("slack", env=env).expect(code, words, body)


def pagerduty_opens_and_resolves_the_same_incident():
    with Receiver() as receiver:
        receiver.behave = TABLE["pagerduty"][1]
        env = environment("pagerduty", receiver.url())
        seen = []
        for kind in ("problem", "reminder", "recovery"):
            Run("pagerduty", "--severity", "warning", env=env, stdin=notice(kind)).expect(DELIVERED)
            seen.append(json.loads(receiver.next()[3]))
        equal([event["event_action"] for event in seen], ["trigger", "trigger", "resolve"])
        equal({event["dedup_key"] for event in seen}, {"minitor-0123456789ab-i3"})
        equal(seen[0]["payload"]["severity"], "warning")
        equal(seen[0]["payload"]["timestamp"], "2026-11-21T14:02:10+01:00")


def alertmanager_labels_are_the_same_at_both_ends():
    with Receiver() as receiver:
        receiver.behave = answer(200)
        env = environment("alertmanager", receiver.url())
        labels = {"team": "storage", "9 lives": "ü\n", "severity": "mine", "empty": ""}
        seen = []
        for kind in ("problem", "recovery"):
            Run("alertmanager", env=env, stdin=notice(kind, labels=labels)).expect(DELIVERED)
            seen.append(json.loads(receiver.next()[3])[0])
        equal(seen[0]["labels"], seen[1]["labels"])
        equal(seen[0]["labels"], {"alertname": "MonitorDown", "severity": "critical", "monitor": "web shop", "group": "front",
                                  "team": "storage", "_9_lives": "ü"})
        equal([alert["startsAt"] for alert in seen], ["2026-11-21T13:02:10Z"] * 2)
        equal([alert["endsAt"] for alert in seen], ["2027-11-21T13:05:10Z", "2026-11-21T13:05:10Z"])


def secrets_come_from_files_too():
    with Receiver(["from-a-file"]) as receiver, tempfile.NamedTemporaryFile("w") as file:
        file.write("from-a-file\r\n")
        file.flush()
        receiver.behave = answer(401, b'{"message": "from-a-file is not a token"}')
        run = Run("webhook", "--url", receiver.url(), f"--token-file={file.name}").expect(NEVER, "*** is not a token")
        check("from-a-file" not in run.text, run.text)
        equal(receiver.next()[2]["Authorization"], "Bearer from-a-file")
        check(not receiver.leaks, receiver.leaks)
        file.write("X-Evil: 1\r\n")
        file.flush()
        Run("webhook", "--url", receiver.url(), "--token-file", file.name).expect(NEVER, "line end")
    Run("webhook", "--url", "http://127.0.0.1:1", "--token-file", "/no/such/file").expect(NEVER, "/no/such/file")


def the_notice_may_come_as_variables():
    with Receiver() as receiver:
        receiver.behave = answer(200, b'{"id": "1"}')
        env = {"NTFY_URL": receiver.url("/t")}
        Run("ntfy", env={**env, "MINITOR_MESSAGE": "the backup \"failed\""}, stdin=b"").expect(DELIVERED)
        equal(json.loads(receiver.next()[3])["title"], 'the backup "failed"')
        variables = {"MINITOR_" + name.upper(): str(value) for name, value in notice().items() if name != "labels"}
        Run("ntfy", env={**env, **variables}, stdin=b"not JSON").expect(DELIVERED)
        body = json.loads(receiver.next()[3])
        equal(body["title"], "web shop is down")
        check("3 times in a row" in body["message"] and "(3 minutes)" in body["message"], body)
        for stdin in (b"", b"{}", b"[]", b"7", b"\xff", b"{" * 100):
            Run("ntfy", env=env, stdin=stdin).expect(NEVER, "no notice", stdin)


def bad_arguments_are_named():
    for command in TABLE:
        Run(command, "--nonsense", "x").expect(NEVER, "--nonsense", command)
        Run(command, "stray").expect(NEVER, "stray", command)
        Run(command).expect(NEVER, "missing", command)
        run = Run(command, "--help")
        equal(run.code, 0, command)
        check(command in run.text and "_" in run.text, run.text)


if __name__ == "__main__":
    needs("alerts-http", programs=["curl", "jq"])
    main(
        every_answer_has_its_verdict, a_receiver_that_hangs_is_left, an_answer_without_end_is_cut,
        an_answer_of_somebody_else_is_no_delivery, addresses_that_cannot_be, what_a_person_reads, hostile_notices_stay_text,
        threads, slack_says_what_is_wrong_with_status_200, pagerduty_opens_and_resolves_the_same_incident,
        alertmanager_labels_are_the_same_at_both_ends, secrets_come_from_files_too, the_notice_may_come_as_variables,
        bad_arguments_are_named,
    )
