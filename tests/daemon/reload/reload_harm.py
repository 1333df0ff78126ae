#!/usr/bin/env python3
"""The configuration is read again when harm is done: minitor is killed in the middle of it, again and again; the disk
under the history is full; a secret is learned; monitors with overlays, locks and children are taken out and renamed."""

import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import DEADLINE, Minitor, check, equal, main, wait_until  # noqa: E402
from reload_case import client, page_of, write  # noqa: E402


def reload(binary, daemon, config):
    write(daemon, config)
    done = client(binary, daemon, "reload")
    equal(done.returncode, 0, done.stderr)
    return done.stdout.decode()


def get(url):
    with urllib.request.urlopen(url, timeout=DEADLINE) as answer:
        return answer.read().decode()


def lines_of(path):
    try:
        with open(path, encoding="utf-8") as file:
            return [line.split() for line in file.read().splitlines()]
    except FileNotFoundError:
        return []


def rows_of(folder, question):
    books = sqlite3.connect(f"file:{folder}/minitor.db?mode=ro", uri=True, timeout=DEADLINE)
    try:
        return books.execute(question).fetchall()
    finally:
        books.close()


def saved_names(folder):
    return {row[0] for row in rows_of(folder, "SELECT name FROM state WHERE kind = 'monitor'")}


TELL = 'echo "$MINITOR_KIND" "$MINITOR_INCIDENT_ID" "$MINITOR_NOTICE_ID" "$MINITOR_MONITOR" >>told'


def killed_in_the_middle(binary):
    """Each life renames the monitor, and is killed at any instant of that. There is one incident, whose problem is told
    (again only with the same id, if it was not known to have arrived) and whose end is told once."""
    seed = int(os.environ.get("MINITOR_SEED") or time.time())
    print(f"seed {seed}", flush=True)
    chance = random.Random(seed)

    def config(number):
        was = f", was: r{number - 1}" if number > 0 else ""
        return f"""
check_interval: 50ms
monitors:
  - {{name: r{number}{was}, command: test -e well, alert_every: 0, alerts: [tell]}}
  - {{name: other {number}, command: ["true"]}}
alerts: {{tell: {{command: '{TELL}', recovery: true}}}}
"""

    rounds = 12
    names_of_all = {f"r{number}" for number in range(rounds + 1)}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            with Minitor(binary, config(number), folder=folder) as daemon:
                daemon.wait_for({"monitor": f"r{number}", "verdict": "failure"}, count=2)
                if number == 0:
                    daemon.wait_for({"alert": "tell", "stage": "delivered"})
                # Under which name the last one went on: of two names at once nobody can know.
                wait_until(lambda name=f"r{number}": saved_names(folder) & names_of_all == {name}, "it is saved")
                write(daemon, config(number + 1))
                daemon.signal(signal.SIGHUP)
                when = chance.randrange(4)
                if when == 1:
                    daemon.wait_for({"msg": re.compile("^SIGHUP received")})
                elif when == 2:
                    daemon.wait_for({"msg": re.compile("^the configuration was read again")})
                elif when == 3:
                    daemon.wait_for({"monitor": f"r{number + 1}", "verdict": "failure"})
                daemon.signal(signal.SIGKILL)
                daemon.wait()
        with Minitor(binary, config(rounds), folder=folder) as daemon:
            daemon.wait_for({"monitor": f"r{rounds}", "verdict": "failure"})
            with open(os.path.join(folder, "well"), "w", encoding="utf-8"):
                pass
            daemon.wait_for({"monitor": f"r{rounds}", "to": "up"})
            daemon.wait_for({"alert": "tell", "stage": "delivered"})
            equal(daemon.stop(), 0)
            shown = json.loads(client(binary, daemon, "history", f"r{rounds}", "--json").stdout)
            equal(len(shown["incidents"]), 1, shown["incidents"])
            check(shown["incidents"][0]["ended"], shown["incidents"])
            rows = json.loads(client(binary, daemon, "status", "--json").stdout)
            equal([row["monitor"] for row in rows if row["watched"]], ["other 12", "r12"])
            told = lines_of(os.path.join(folder, "told"))
            equal({line[1] for line in told}, {told[0][1]}, told)
            equal({line[0]: line[2] for line in told if line[0] == "problem"}, {"problem": told[0][2]}, told)
            equal([line[3] for line in told if line[0] == "recovery"], [f"r{rounds}"], told)


SMALL = ["unshare", "-rm", "--propagation", "private", "sh", "-c"]


def may_mount():
    if not shutil.which("unshare") or not shutil.which("nsenter"):
        return False
    return subprocess.run([*SMALL, "mount -t tmpfs none /mnt"], capture_output=True, check=False).returncode == 0


def inside(daemon, command):
    done = subprocess.run(
        ["nsenter", "--target", str(daemon.process.pid), "--user", "--mount", "--preserve-credentials", "sh", "-c", command],
        cwd="/", capture_output=True, timeout=DEADLINE, check=False)
    equal(done.returncode, 0, done.stderr)


def on_a_full_disk(binary):
    """What is renamed and taken out while nothing can be written is so in the history when it can."""
    if not may_mount():
        print("without on_a_full_disk: needs unshare and nsenter with the right to mount", flush=True)
        return

    def config(monitors):
        return f"""
web: 127.0.0.1:0
history: sqlite://disk/minitor.db
check_interval: 100ms
monitors:
{monitors}
  - {{name: chatty, command: 'head -c 4000 /dev/zero | tr "\\0" x; false', check_interval: 50ms, alert_every: 0, alert_down: []}}
alerts: {{tell: {{command: '{TELL}', recovery: true}}}}
"""

    before = """
  - {name: blog, command: test -e well, alert_every: 0, alerts: [tell]}
  - {name: gone, command: ["false"], alert_every: 0, alerts: [tell]}
"""
    after = "  - {name: journal, was: blog, command: test -e well, alert_every: 0, alerts: [tell]}"
    wrapper = [*SMALL, 'mkdir -p disk && mount -t tmpfs -o size=1m none "$PWD/disk" && exec "$0" "$@"']
    with Minitor(binary, config(before), wrapper=wrapper) as daemon:
        url = page_of(daemon)
        daemon.wait_for({"alert": "tell", "stage": "delivered"}, count=2)
        disk = f"{daemon.folder}/disk"
        subprocess.run(
            ["nsenter", "--target", str(daemon.process.pid), "--user", "--mount", "--preserve-credentials", "sh", "-c",
             f"head -c 2000000 /dev/zero >{disk}/filler"], cwd="/", capture_output=True, timeout=DEADLINE, check=False)
        daemon.wait_for({"level": "error", "msg": re.compile("history cannot be written: .*full")})
        write(daemon, config(after))
        seen = daemon.position()
        daemon.signal(signal.SIGHUP)
        daemon.wait_for({"msg": re.compile("^the configuration was read again: 1 monitor is gone, 1 has another name")})
        # Checks and notices go on all the same.
        daemon.wait_for({"monitor": "gone", "alert": "tell", "stage": "delivered"}, after=seen)
        with open(os.path.join(daemon.folder, "well"), "w", encoding="utf-8"):
            pass
        daemon.wait_for({"monitor": "journal", "alert": "tell", "stage": "delivered"}, after=seen)
        inside(daemon, f"rm {disk}/filler && mount -o remount,size=64m {disk}")
        daemon.wait_for({"msg": re.compile("^the history is written again")})
        incidents = {row["monitor"]: row for row in json.loads(get(url + "api/v1/incidents"))["incidents"]}
        check("blog" not in incidents, incidents)
        check(incidents["journal"]["ended"] and not incidents["journal"]["closed"], incidents)
        check("no longer in the configuration" in incidents["gone"]["closed"], incidents)
        equal(daemon.stop(), 0)


def a_secret_that_is_learned_is_hidden_from_then_on(binary):
    word = "swordfish-of-the-reload"
    before = f"""
web: 127.0.0.1:0
check_interval: 100ms
monitors: [{{name: leaks, command: 'echo {word}; exit 1', alert_every: 0, alert_down: [], show: [output, command]}}]
"""
    with Minitor(binary, before) as daemon:
        url = page_of(daemon)
        line = daemon.wait_for({"monitor": "leaks", "verdict": "failure"})
        equal(line["output"], word)
        with open(os.path.join(daemon.folder, "token"), "w", encoding="utf-8") as file:
            file.write(word + "\n")
        after = before.replace("show:", "env: {API_TOKEN: '${file:token}'}, show:")
        reload(binary, daemon, after)
        seen = daemon.position()
        line = daemon.wait_for({"monitor": "leaks", "verdict": "failure"}, after=seen)
        equal(line["output"], "[secret]")
        # What was written down when nobody knew is shown without it as well.
        for path in ("", "monitors/leaks", "incidents", "feed.atom", "api/v1/monitors", "api/v1/monitors/leaks",
                     "api/v1/monitors/leaks/checks", "api/v1/monitors/leaks/why", "api/v1/incidents", "metrics"):
            check(word not in get(url + path), f"{path} shows the secret")
        # And it stays hidden when it is a secret no longer: what began before may still write it.
        reload(binary, daemon, before)
        seen = daemon.position()
        line = daemon.wait_for({"monitor": "leaks", "verdict": "failure"}, after=seen)
        equal(line["output"], "[secret]")
        equal(daemon.stop(), 0)


def what_lies_over_what_is_taken_out_ends(binary):
    names = ["blog", 'Blog', 'the "blog" of ours', "the 'blog' & <b>"]
    quoted = [json.dumps(name) for name in names]

    def config(which):
        lines = "\n".join(f"  - {{name: {name}, command: ['false'], alert_every: 0, alert_down: []}}" for name in which)
        return f"web: 127.0.0.1:0\ncheck_interval: 100ms\nmonitors:\n{lines}\n"

    with Minitor(binary, config(quoted)) as daemon:
        url = page_of(daemon)
        for name in names:
            daemon.wait_for({"monitor": name, "to": "down"})
        for kind in ("ack", "silence", "pause"):
            done = client(binary, daemon, kind, *names, *([] if kind == "ack" else ["--for", "2h"]))
            equal(done.returncode, 0, done.stderr)

        def overlays():
            rows = json.loads(get(url + "api/v1/overlays"))["overlays"]
            return sorted((row["monitor"], row["kind"]) for row in rows)

        equal(len(overlays()), 12)
        renamed = quoted[1:3] + ["shop, was: blog"]
        said = reload(binary, daemon, config(renamed))
        check(said.startswith("1 monitor is gone, 1 has another name; 3 are watched"), said)
        equal({name for name, _ in overlays()}, {"shop", names[1], names[2]})
        equal(len(overlays()), 9)
        reload(binary, daemon, config(quoted[1:3]))
        equal({name for name, _ in overlays()}, {names[1], names[2]})
        daemon.stop()
        # So it is for those that are taken out while minitor does not run.
        with Minitor(binary, config(quoted[2:3]), folder=daemon.folder) as second:
            url = page_of(second)
            second.wait_for({"msg": re.compile("^minitor .* watches 1")})
            equal({name for name, _ in overlays()}, {names[2]})
            # The history is begun beside the loop.
            question = "SELECT name FROM overlays JOIN monitors ON monitors.id = monitor WHERE ended IS NULL"
            wait_until(lambda: {row[0] for row in rows_of(second.folder, question)} == {names[2]}, "their end in the history")
            equal(second.stop(), 0)


main(
    killed_in_the_middle,
    on_a_full_disk,
    a_secret_that_is_learned_is_hidden_from_then_on,
    what_lies_over_what_is_taken_out_ends,
)
