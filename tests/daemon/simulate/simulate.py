"""minitor simulate says what the daemon does: the same configuration and the same fault, in virtual time and for real."""

import datetime
import json
import os
import re
import sys
import tempfile
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
from harness import Minitor, check, equal, main, run  # noqa: E402

# `clock` never fails and is asked for by nobody: by its checks one knows which turn it is.
CONFIG = """
check_interval: 2s
windows: {always: {from: "FROM", to: "TO"}}
monitors:
  - {name: router, command: test ! -e DOWN, alert_every: 2, alerts: [note]}
  - {name: server, command: test ! -e DOWN, depends_on: [router], alerts: [note]}
  - name: tunnel
    command: test ! -e DOWN
    alerts: [note]
    alert_every: 0
    recover: [{command: ["true"], wait: 300ms, attempts: 2, cooldown: 0}, {command: ["true"], wait: 250ms}]
  - {name: quiet, command: test ! -e DOWN, maintenance: [always], alerts: [note]}
  - {name: slow to recover, command: test ! -e DOWN, alert_after: 2, recover_after: 2, alerts: [note]}
  - {name: clock, command: ["true"]}
alerts: {note: {command: ["true"], recovery: true}}
"""
# One window, so that the end for which it waits is one as well.
TODAY = datetime.date.today()
CONFIG = CONFIG.replace("FROM", f"{TODAY - datetime.timedelta(days=2)} 00:00").replace("TO", f"{TODAY + datetime.timedelta(days=20)} 00:00")

FAILING = ["router", "server", "tunnel", "quiet", "slow to recover"]


def without_times(text):
    text = re.sub(r"failing for [^,(;]*", "failing for a while", text)
    return re.sub(r"until [-0-9: A-Z+]*", "until then", text)


def of_the_log(line):
    if "to" in line and "from" in line:
        return "status", line["to"], without_times(line["msg"].split(": ", 1)[1])
    if "repair" in line:
        return "repair", line["repair"], line["attempt"], line["outcome"]
    if line.get("stage") == "delivered":
        return "told", line["alert"], without_times(line["reason"])
    if " held back: " in line.get("msg", ""):
        return "held", line["kind"], without_times(line["reason"])
    return None


def of_the_simulation(line):
    if line["kind"] == "status":
        return "status", line["status"], without_times(line["why"])
    if line["kind"] == "repair":
        step, attempt, outcome = re.fullmatch(r"repair (\d+), attempt (\d+): (.*)", line["why"]).groups()
        return "repair", step, attempt, outcome
    if line["kind"] == "told":
        return "told", line["alert"], without_times(line["why"])
    if line["kind"] == "held":
        kind, reason = re.fullmatch(r"(\w+) held: (.*)", line["why"]).groups()
        return "held", kind, without_times(reason)
    return None


def the_same_timeline(binary):
    with tempfile.TemporaryDirectory() as folder:
        down = os.path.join(folder, "down")
        config = CONFIG.replace("DOWN", down)
        with Minitor(binary, config) as minitor:
            minitor.wait_for({"monitor": "clock", "verdict": "ok"}, count=3)
            with open(down, "w", encoding="utf-8"):
                pass
            minitor.wait_for({"monitor": "clock", "verdict": "ok"}, count=8)
            os.remove(down)
            minitor.wait_for({"monitor": "clock", "verdict": "ok"}, count=13)
            minitor.stop()
            lines = list(minitor.lines)
        done = run(binary, "simulate", *FAILING, "--fail", "5s-15s", "--for", "25s", "-o", "json", config=config)
        equal(done.returncode, 0, done.stderr)
        simulated = json.loads(done.stdout)["lines"]
    for monitor in FAILING:
        lived = [of_the_log(line) for line in lines if line.get("monitor") == monitor]
        told = [of_the_simulation(line) for line in simulated if line["monitor"] == monitor]
        equal([line for line in lived if line], [line for line in told if line], monitor)
        check(len(told) > 3, monitor, told)


def as_table_and_picture(binary):
    config = CONFIG.replace("DOWN", "/nowhere")
    done = run(binary, "simulate", "tunnel", "--fail", "10m-40m", "--for", "1h", "--from", "2026-11-21 08:00", config=config,
               env={"TZ": "UTC"})
    text = done.stdout.decode()
    check(done.returncode == 0 and re.search("2026-11-21 08:10:00  tunnel +is failing: ", text), text, done.stderr)
    check("tells note: \"tunnel check has failed" in text and "3 repairs, 2 notices" in text, text)
    helped = run(binary, "simulate", "tunnel", "--fail", "10m-40m", "--repairs-help", "--for", "1h", config=config).stdout.decode()
    check("recovered by attempt 1" in helped and "1 repair, 0 notices" in helped, helped)
    picture = run(binary, "simulate", "router", "--cascade", "--flap", "5m", "--for", "1d", "-o", "svg", config=config).stdout
    root = xml.etree.ElementTree.fromstring(picture)
    check(root.tag.endswith("svg") and b"server" in picture, picture[:300])


def what_is_wrong_with_the_command_line(binary):
    for arguments, words in ((["nobody"], 'no monitor is named "nobody"'), (["router", "--fail", "9-11"], "write 09:00-11:30"),
                             (["router", "--for", "never"], "is no duration"), (["router", "--from", "now"], "is no time"),
                             (["router", "--broken-alert", "x"], 'no alert is named "x"')):
        done = run(binary, "simulate", *arguments, config=CONFIG)
        equal(done.returncode, 2, done.stderr)
        check(words in done.stderr.decode(), words, done.stderr)


def windows_are_printed(binary):
    config = """
time_zone: UTC
windows:
  nightly: {schedule: "0 3 * * *", for: 45m}
  over: {from: 2020-01-01 00:00, to: 2020-01-02 00:00}
  open: {schedule: "* * * * *", for: 2m}
monitors: [{name: a, command: x}]
"""
    text = run(binary, "windows", "--next", "3", config=config).stdout.decode()
    check(len(re.findall(r"T03:00:00Z to .*T03:45:00Z  45 min", text)) >= 3, text)
    check("does not open again" in text and "open now" in text, text)


if __name__ == "__main__":
    main(the_same_timeline, as_table_and_picture, what_is_wrong_with_the_command_line, windows_are_printed)
