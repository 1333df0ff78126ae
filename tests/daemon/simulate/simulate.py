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
        together = re.search("in one message of [0-9]+ notices", json.dumps(line))
        more = f"; told {together.group()}" if together else ""
        return "told", line["alert"], without_times(line["reason"]) + more
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


def same_in_both(binary, config, failing, at_least):
    """Lives through the same fault of these monitors for real and in virtual time."""
    with tempfile.TemporaryDirectory() as folder:
        down = os.path.join(folder, "down")
        config = config.replace("DOWN", down)
        with Minitor(binary, config) as minitor:
            minitor.wait_for({"monitor": "clock", "verdict": "ok"}, count=3)
            with open(down, "w", encoding="utf-8"):
                pass
            minitor.wait_for({"monitor": "clock", "verdict": "ok"}, count=8)
            os.remove(down)
            minitor.wait_for({"monitor": "clock", "verdict": "ok"}, count=13)
            minitor.stop()
            lines = list(minitor.lines)
        done = run(binary, "simulate", *failing, "--fail", "5s-15s", "--for", "25s", "-o", "json", config=config)
        equal(done.returncode, 0, done.stderr)
        simulated = json.loads(done.stdout)["lines"]
    for monitor in failing:
        lived = [of_the_log(line) for line in lines if whose(line, failing) == monitor]
        told = [of_the_simulation(line) for line in simulated if line["monitor"] == monitor]
        equal([line for line in lived if line], [line for line in told if line], monitor)
        check(len(told) > at_least, monitor, told)
    return lines


def whose(line, failing):
    # What is told of minitor itself stands beside the first of its canaries.
    return failing[0] if line.get("monitor") == "minitor" else line.get("monitor")


def the_same_timeline(binary):
    same_in_both(binary, CONFIG, FAILING, 3)


def the_same_timeline_when_the_canaries_fail(binary):
    """Nobody is told of the victims, and one alert that minitor is blind."""
    config = """
check_interval: 2s
blind_alerts: [note]
monitors:
  - {name: uplink, command: test ! -e DOWN, canary: true}
  - {name: shop, command: test ! -e DOWN, alerts: [note]}
  - {name: blog, command: test ! -e DOWN, alerts: [note], alert_after: 2}
  - {name: clock, command: ["true"], scope: local}
alerts: {note: {command: ["true"], recovery: true}}
"""
    lines = same_in_both(binary, config, ["uplink", "shop", "blog"], 0)
    told = [line for line in lines if line.get("stage") == "delivered"]
    equal([line["monitor"] for line in told], ["minitor", "minitor"], told)


def the_same_timeline_of_a_group(binary):
    config = """
check_interval: 2s
monitors:
  - {name: one, command: test ! -e DOWN, alerts: [chat, sms], alert_every: 0}
  - {name: two, command: test ! -e DOWN, alerts: [chat, sms], alert_every: 0}
  - {name: three, command: test ! -e DOWN, alerts: [chat], alert_every: 0}
  - {name: clock, command: ["true"]}
alerts:
  chat: {command: ["true"], recovery: true, group: 1s}
  sms: {command: ["true"], recovery: true, rate: 1 per 8s}
"""
    lines = same_in_both(binary, config, ["one", "two", "three"], 3)
    check(any("in one message of 3 notices" in json.dumps(line) for line in lines), "nothing was told together")


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
    main(the_same_timeline, the_same_timeline_when_the_canaries_fail, the_same_timeline_of_a_group, as_table_and_picture, what_is_wrong_with_the_command_line, windows_are_printed)
