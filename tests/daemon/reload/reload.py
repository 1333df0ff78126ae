#!/usr/bin/env python3
"""The configuration read again while minitor runs: what it says of a wrong file, what changes and what stays, and that
fifty reloads in a row under load lose no check and no notice."""

import datetime
import json
import os
import pathlib
import random
import re
import signal
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import Failure, Minitor, check, equal, main  # noqa: E402
from reload_case import client, page_of, write  # noqa: E402

# What is wrong here is one word.
SIMPLE = """
web: {listen: "127.0.0.1:0", token: a-token-of-sixteen-bytes}
monitors:
  - {name: blog, command: [cat, word], check_interval: 1h, alerts: [log]}
"""


def get(url, method="GET", token=None):
    request = urllib.request.Request(url, method=method)
    if token:
        request.add_header("Authorization", "Bearer " + token)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def a_wrong_file_changes_nothing_and_is_told_everywhere(binary):
    with Minitor(binary, SIMPLE) as daemon:
        url = page_of(daemon)
        daemon.wait_for({"monitor": "blog", "verdict": "failure"})
        check("minitor_config_last_reload_successful 1\n" in get(url + "metrics")[1], "metrics before")
        write(daemon, SIMPLE.replace("1h", "soon"))
        failed = client(binary, daemon, "reload")
        equal(failed.returncode, 1, failed.stderr)
        wrong = client(binary, daemon, "check-config")
        place = wrong.stderr.decode().splitlines()[0]
        check("minitor.yml:4:" in place and '"soon" is not a duration' in place, place)
        equal(failed.stderr.decode().splitlines()[0], place, "the same words as check-config")
        daemon.wait_for({"level": "error", "msg": place})
        check("minitor_config_last_reload_successful 0\n" in get(url + "metrics")[1], "metrics after")
        check("The configuration was changed and cannot be used" in get(url)[1], "the page says it")
        status, body = get(url + "api/v1/reload", "POST", "a-token-of-sixteen-bytes")
        equal(status, 422, body)
        equal(json.loads(body)["errors"], [place])
        equal(get(url + "api/v1/reload", "POST")[0], 401)
        # Who asks at this moment is answered by the minitor that runs.
        asked = client(binary, daemon, "why", "blog")
        equal((asked.returncode, asked.stderr.decode().splitlines()[0]), (0, place))
        check("blog is down, failing since" in asked.stdout.decode(), asked.stdout)
        check('"name":"blog"' in get(url + "api/v1/monitors")[1], "it is still watched")

        write(daemon, SIMPLE.replace("blog", "shop").replace("127.0.0.1:0", "127.0.0.1:1") + "history: memory\n")
        done = client(binary, daemon, "reload", "--control", os.path.join(daemon.folder, "minitor.sock"))
        equal(done.returncode, 0, done.stderr)
        lines = done.stdout.decode().splitlines()
        equal(lines[0], "1 monitor is new, 1 is gone; 1 is watched")
        check(any("history: where it is kept" in line for line in lines), lines)
        check(any("web: where the page is served" in line for line in lines), lines)
        check("minitor_config_last_reload_successful 1\n" in get(url + "metrics")[1], "metrics in the end")
        check("cannot be used" not in get(url)[1], "the page is content")
        equal(daemon.stop(), 0)


def a_hangup_reloads_and_the_token_is_the_new_one(binary):
    with Minitor(binary, SIMPLE) as daemon:
        url = page_of(daemon)
        write(daemon, SIMPLE.replace("a-token-of", "b-token-of"))
        daemon.signal(signal.SIGHUP)
        daemon.wait_for({"msg": re.compile("^the configuration was read again: no monitor is changed")})
        equal(get(url + "api/v1/reload", "POST", "a-token-of-sixteen-bytes")[0], 401)
        equal(get(url + "api/v1/reload", "POST", "b-token-of-sixteen-bytes")[0], 200)
        equal(daemon.stop(), 0)


def a_renamed_monitor_keeps_its_history_also_through_a_restart(binary):
    with Minitor(binary, SIMPLE) as daemon:
        daemon.wait_for({"monitor": "blog", "to": "down"})
        write(daemon, SIMPLE.replace("name: blog", "name: weblog, was: blog"))
        equal(client(binary, daemon, "reload").returncode, 0)
        daemon.stop()
        shown = json.loads(client(binary, daemon, "history", "weblog", "--json").stdout)
        equal(len(shown["incidents"]), 1, shown)
        equal(shown["incidents"][0]["monitor"], "weblog")
        with Minitor(binary, SIMPLE.replace("name: blog", "name: journal, was: weblog"), folder=daemon.folder) as second:
            second.wait_for({"msg": re.compile("^minitor .* watches 1")})
            second.stop()
        shown = json.loads(client(binary, daemon, "status", "--json").stdout)
        equal([one["monitor"] for one in shown], ["journal"], shown)
        shown = json.loads(client(binary, daemon, "history", "journal", "--json").stdout)
        equal(shown["incidents"][0]["ended"], None, shown)


class Ledger:
    """A configuration that is changed at random, and what the commands in it wrote down."""

    def __init__(self, seed, folder):
        self.chance = random.Random(seed)
        self.folder = folder
        self.next = 0
        self.monitors = []
        for _ in range(80):
            self.add()

    def add(self):
        self.monitors.append({"name": f"m{self.next}", "interval": 2, "was": None, "version": 0, "number": self.next})
        self.next += 1

    def change(self):
        for one in self.monitors:
            one["was"] = None
        for _ in range(self.chance.randint(0, 6)):
            # The first twenty stay as they are.
            others = [one for one in self.monitors if one["number"] >= 20]
            one = self.chance.choice(others)
            what = self.chance.randrange(5)
            if what == 0:
                self.monitors.remove(one)
            elif what == 1:
                self.add()
            elif what == 2 and one["was"] is None:
                one["was"] = one["name"]
                one["name"] = f"m{one['number']}r{self.next}"
                self.next += 1
            elif what == 3:
                one["interval"] = self.chance.choice([1, 2, 3])
            else:
                one["version"] += 1
        self.chance.shuffle(self.monitors)

    def text(self):
        lines = ["monitors:"]
        for one in self.monitors:
            was = f", was: {one['was']}" if one["was"] else ""
            lines.append(
                f"  - {{name: {one['name']}{was}, check_interval: {one['interval']}s, alert_every: 0, alerts: [tell], "
                f'command: [sh, "{self.folder}/check", m{one["number"]}, "{one["version"]}"]}}'
            )
        lines.append(f"alerts: {{tell: {{command: [sh, {self.folder}/tell], recovery: true, retry_after: 200ms}}}}")
        return "\n".join(lines) + "\n"


CHECK = """
cd "$(dirname "$0")" || exit 0
echo "$1" >>checks
! test -e "down/$1"
"""
# An alert that takes its time, and of which every third attempt fails.
TELL = """
cd "$(dirname "$0")" || exit 1
sleep 0.1
test $(($$ % 3)) -eq 0 && exit 1
echo "$MINITOR_KIND $MINITOR_MONITOR $MINITOR_INCIDENT_ID $MINITOR_NOTICE_ID" >>told
"""


def lines_of(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def many_reloads_under_load_lose_no_check_and_no_notice(binary):
    seed = int(os.environ.get("MINITOR_SEED") or time.time())
    count = int(os.environ.get("MINITOR_RELOADS") or 50)
    print(f"seed {seed}: MINITOR_SEED={seed} MINITOR_RELOADS={count}", flush=True)
    daemon = Minitor(binary, "monitors: [{name: m0, command: ['true'], check_interval: 1h}]\n")
    with daemon:
        for name, text in (("check", CHECK), ("tell", TELL)):
            with open(os.path.join(daemon.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        daemon.wait_for({"msg": re.compile("^minitor .* watches 1")})
        down = os.path.join(daemon.folder, "down")
        os.mkdir(down)
        ledger = Ledger(seed, daemon.folder)
        for turn in range(count):
            if turn > 0:
                ledger.change()
            write(daemon, ledger.text())
            for one in ledger.monitors:
                path = os.path.join(down, f"m{one['number']}")
                if os.path.exists(path):
                    if ledger.chance.random() < 0.3:
                        os.unlink(path)
                elif ledger.chance.random() < 0.1:
                    open(path, "w", encoding="utf-8").close()
            if turn % 3 == 1:
                before = daemon.position()
                daemon.signal(signal.SIGHUP)
                daemon.wait_for({"msg": re.compile("^the configuration was read again")}, after=before)
            else:
                done = client(binary, daemon, "reload")
                equal(done.returncode, 0, done.stderr)
            daemon.wait_for(lambda line: "verdict" in line, count=25, after=daemon.position())
        for name in os.listdir(down):
            os.unlink(os.path.join(down, name))
        wait_until_all_is_well(binary, daemon)
        equal(daemon.stop(), 0)
        compare(daemon, ledger)


def wait_until_all_is_well(binary, daemon):
    until = time.monotonic() + 120
    while time.monotonic() < until:
        rows = json.loads(client(binary, daemon, "status", "--json").stdout)
        notices = told_of(daemon)
        open_ones = [incident for incident, kinds in notices.items() if "recovery" not in kinds]
        if all(row["status"] == "up" for row in rows if row["watched"]) and not open_ones and not under_way(daemon):
            return
        time.sleep(0.2)  # between two looks
    raise Failure(f"not all is well\n{daemon.log()}")


def under_way(daemon):
    """Notices that are neither delivered nor dropped nor given up."""
    stages = {}
    for line in daemon.all({"stage": re.compile(".")}):
        stages.setdefault((line["notice"], line["alert"]), set()).add(line["stage"])
    return [notice for notice, seen in stages.items() if not seen & {"delivered", "dropped", "given_up"}]


def no_turn_is_lost(name, lines):
    """Of a monitor that stays as it is: its phase is the one that it began with, and between two checks nothing is left out
    that is not said to be missed."""
    before = None
    missed = 0
    for line in lines:
        missed += int(line.get("missed", 0))
        if "verdict" not in line:
            continue
        ended = datetime.datetime.fromisoformat(line["time"].replace("Z", "+00:00")).timestamp()
        due = ended - float(line["seconds"]) - float(line["late"])
        turns = missed + 1
        missed = 0
        if before is not None:
            # The log is written when the loop comes to it.
            check(abs(due - before - 2 * turns) < 0.9, f"{name}: {due - before:.3f} s between two checks, {turns} turns")
        before = due if before is None else before + 2 * turns


def told_of(daemon):
    told = {}
    for line in lines_of(os.path.join(daemon.folder, "told")):
        kind, _, incident, _ = line.split()
        told.setdefault(incident, []).append(kind)
    return told


def compare(daemon, ledger):
    made = {}
    for name in lines_of(os.path.join(daemon.folder, "checks")):
        made[name] = made.get(name, 0) + 1
    recorded = {}
    incidents = set()
    dropped = set()
    for line in daemon.all({}):
        number = re.match(r"m\d+", line.get("monitor", ""))
        if number and "verdict" in line and not line["outcome"].startswith("stopped:"):
            recorded[number.group()] = recorded.get(number.group(), 0) + 1
        if line.get("to") == "down":
            incidents.add(line["incident"])
        if line.get("stage") == "dropped":
            dropped.add(line["incident"])
        check(line.get("stage") != "given_up" or "incident" not in line, "a notice was given up", line)
    # Whatever was done to it: each check that was made is recorded, but the one that was on its way when its monitor was
    # taken out, or when minitor stopped.
    for name, count in made.items():
        lost = count - recorded.get(name, 0)
        if name == "m0":  # the first one of it was not ours
            lost += 1
        check(lost in (0, 1), f"{name}: {count} checks made, {recorded.get(name, 0)} recorded")
    for number in range(1, 20):
        no_turn_is_lost(f"m{number}", daemon.all({"monitor": f"m{number}"}))
    told = told_of(daemon)
    for incident in incidents:
        check(incident in told or incident in dropped, f"{incident} was down and nobody was told\n{daemon.log()}")
    for incident, kinds in told.items():
        equal(kinds, ["problem", "recovery"], f"what was told of {incident}")
    check(told, "nothing was down")
    missed = sum(int(line["missed"]) for line in daemon.all({"missed": re.compile(".")}))
    print(f"{sum(made.values())} checks, {len(told)} incidents told, {missed} runs missed", flush=True)


main(
    a_wrong_file_changes_nothing_and_is_told_everywhere,
    a_hangup_reloads_and_the_token_is_the_new_one,
    a_renamed_monitor_keeps_its_history_also_through_a_restart,
    many_reloads_under_load_lose_no_check_and_no_notice,
)
