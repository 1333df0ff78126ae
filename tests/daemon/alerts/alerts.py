"""An alert that fails, hangs or is missing stops nothing, and what it should have told is told."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import HttpServer, Minitor, check, equal, main  # noqa: E402

STEADY = "  - { name: steady, command: ['true'], check_interval: 100ms }\n"


def config(alerts, alert_down, more=""):
    return (
        f"check_interval: 100ms\nmonitors:\n{STEADY}"
        f"  - name: broken\n    command: 'echo the disk is gone; exit 3'\n    alert_down: {alert_down}\n"
        f"    alert_every: 0\n{more}alerts:\n{alerts}"
    )


def one_that_fails_is_tried_again_then_its_fallback_then_given_up_loudly(binary):
    alerts = """\
  first: { command: 'echo no route; exit 1', attempts: 3, retry_after: 100ms, fallback: [second] }
  second: { command: 'exit 1', attempts: 2, retry_after: 100ms }
"""
    with Minitor(binary, config(alerts, "[first, log]")) as minitor:
        minitor.wait_for({"alert": "first", "stage": "failed", "msg": re.compile("no route")}, count=2)
        minitor.wait_for({"alert": "first", "stage": "given_up", "msg": re.compile('"second" takes over')})
        minitor.wait_for({"alert": "second", "stage": "given_up", "level": "error"})
        minitor.wait_for({"kind": "problem", "msg": re.compile("broken check has failed 1 times")})
        minitor.wait_for({"monitor": "steady", "verdict": "ok"}, count=5, after=minitor.position())
        equal(len(minitor.all({"alert": "first", "stage": "given_up"})), 1)


def one_that_hangs_is_ended_and_delays_no_other(binary):
    with HttpServer() as receiver:
        alerts = f"""\
  hangs: {{ command: [sleep, '1000'], timeout: 300ms, attempts: 2, retry_after: 50ms }}
  works: {{ command: [curl, -sSf, -d, '{{alert_message}}', '{receiver.url()}'] }}
"""
        with Minitor(binary, config(alerts, "[hangs, works]")) as minitor:
            _, _, _, body = receiver.next()
            equal(body, b"broken check has failed 1 times")
            minitor.wait_for({"alert": "hangs", "stage": "failed", "msg": re.compile("timed out")})
            minitor.wait_for({"alert": "hangs", "stage": "given_up"})
            minitor.wait_for({"monitor": "steady", "verdict": "ok"}, count=5, after=minitor.position())


def one_that_is_missing_is_said_to_be(binary):
    alerts = "  gone: { command: [/no/such/alert], attempts: 1 }\n"
    with Minitor(binary, config(alerts, "[gone]")) as minitor:
        line = minitor.wait_for({"alert": "gone", "stage": "given_up", "level": "error"})
        check("No such file or directory" in line["msg"], line)


def it_gets_the_notice_three_ways(binary):
    with HttpServer() as receiver:
        alerts = f"""\
  told:
    command: |
      {{ printf '%s|%s|%s\\n' "{{monitor_name}}" "$MINITOR_MONITOR" "$MINITOR_STATUS"; cat; }} > told.txt
      curl -sSf --data-binary @told.txt '{receiver.url()}'
"""
        with Minitor(binary, config(alerts, "[told]", "    labels: { team: storage }\n")):
            _, _, _, body = receiver.next()
            first, rest = body.split(b"\n", 1)
            equal(first, b"broken|broken|down")
            document = json.loads(rest)
            equal(document["monitor"], "broken")
            equal(document["output"], "the disk is gone\n")
            equal(document["outcome"], "exit 3")
            equal(document["labels"], {"team": "storage"})


def a_recovery_goes_only_where_the_problem_arrived(binary):
    with HttpServer() as receiver:
        text = f"""\
check_interval: 100ms
monitors:
  - name: returns
    command: 'test -e well'
    alert_down: [reached, unreached]
    alert_up: [reached, unreached]
    alert_every: 0
alerts:
  reached: {{ command: [curl, -sSf, -d, '{{alert_message}}', '{receiver.url()}'] }}
  unreached: {{ command: ['false'], attempts: 1 }}
"""
        with Minitor(binary, text) as minitor:
            equal(receiver.next()[3], b"returns check has failed 1 times")
            minitor.wait_for({"alert": "unreached", "stage": "given_up"})
            with open(os.path.join(minitor.folder, "well"), "w", encoding="utf-8"):
                pass
            equal(receiver.next()[3], b"returns check is up again!")
            minitor.wait_for(
                {"alert": "unreached", "stage": "dropped", "msg": re.compile("never delivered the problem")}
            )


def startup_alerts_are_sent_and_a_broken_one_is_found(binary):
    with HttpServer() as receiver:
        alerts = f"""\
  works: {{ command: [curl, -sSf, -d, '{{{{.MonitorName}}}}', '{receiver.url()}'] }}
  broken: {{ command: ['false'], attempts: 1 }}
"""
        text = f"check_interval: 1s\nmonitors:\n{STEADY}alerts:\n{alerts}"
        with Minitor(binary, text, "-startup-alerts", "works, broken") as minitor:
            equal(receiver.next()[3], b"First Run Alert Test: works")
            minitor.wait_for({"alert": "broken", "stage": "given_up", "level": "error"})
            minitor.wait_for({"monitor": "steady", "verdict": "ok"}, count=3)


if __name__ == "__main__":
    main(
        one_that_fails_is_tried_again_then_its_fallback_then_given_up_loudly,
        one_that_hangs_is_ended_and_delays_no_other,
        one_that_is_missing_is_said_to_be,
        it_gets_the_notice_three_ways,
        a_recovery_goes_only_where_the_problem_arrived,
        startup_alerts_are_sent_and_a_broken_one_is_found,
    )
