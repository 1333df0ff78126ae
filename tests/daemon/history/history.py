"""The history through the whole program: restarts, damage, no room, two daemons, and the commands that show it."""

import glob
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import DEADLINE, HttpServer, Minitor, check, equal, main, run, wait_until  # noqa: E402

STEADY = "monitors:\n  - { name: steady, command: 'echo fine', check_interval: 100ms }\n"


def config(url, interval="100ms"):
    return f"""\
check_interval: {interval}
monitors:
  - {{ name: blog, command: 'test -e well', alert_every: 0, alert_down: [chat], alert_up: [chat] }}
alerts:
  chat: {{ command: [curl, -sSf, -d, '{{alert_message}}', '{url}'] }}
"""


def query(folder, sql):
    books = sqlite3.connect(f"file:{folder}/minitor.db?mode=ro", uri=True, timeout=10)
    try:
        return books.execute(sql).fetchall()
    finally:
        books.close()


def show(binary, folder, *arguments):
    done = run(binary, *arguments, "-c", f"{folder}/minitor.yml", env={"STATE_DIRECTORY": folder})
    equal(done.returncode, 0, done.stderr)
    return json.loads(done.stdout)


def a_recovery_is_told_after_a_restart_and_the_commands_show_it(binary):
    with HttpServer() as receiver, tempfile.TemporaryDirectory() as folder:
        with Minitor(binary, config(receiver.url()), folder=folder) as minitor:
            equal(receiver.next()[3], b"blog check has failed 1 times")
            minitor.wait_for({"alert": "chat", "stage": "delivered"})
            equal(minitor.stop(), 0)
        with open(os.path.join(folder, "well"), "w", encoding="utf-8"):
            pass
        with Minitor(binary, config(receiver.url()), folder=folder) as minitor:
            equal(receiver.next()[3], b"blog check is up again!")
            minitor.wait_for({"alert": "chat", "stage": "delivered"})
            wait_until(lambda: show(binary, folder, "status")[0]["status"] == "up", "up, while the daemon runs")
            minitor.wait_for({"monitor": "blog", "verdict": "ok"}, count=5)
            equal(minitor.stop(), 0)
        check(receiver.requests.empty(), "nothing was told twice")
        (incident,) = show(binary, folder, "incidents")
        equal((incident["monitor"], incident["delivered"], incident["closed"]), ("blog", 2, None))
        check(incident["ended"] > incident["down"] >= incident["first_failure"], incident)
        equal(incident["cause"], "exit 1")
        seen = show(binary, folder, "history", "blog", "-n", "5")
        equal(len(seen["checks"]), 5)
        equal([one["kind"] for one in seen["notices"]], ["recovery", "problem"])
        uptime = seen["status"][0]["uptime"]["24h"]
        check(uptime["up_seconds"] > 0 and uptime["down_seconds"] > 0, uptime)
        check(uptime["unobserved_seconds"] > 80000, uptime)
        # For a person.
        for command in (["status"], ["history", "blog"], ["incidents"]):
            line = " ".join([binary, *command, "-c", f"{folder}/minitor.yml"])
            done = subprocess.run(
                ["script", "-qec", line, "/dev/null"], env={**os.environ, "STATE_DIRECTORY": folder},
                capture_output=True, timeout=DEADLINE, check=False,
            ) if shutil.which("script") else None
            if done:
                check(b"blog" in done.stdout and b"\x1b[" in done.stdout, done.stdout)
        equal(run(binary, "history", "nobody", "-c", f"{folder}/minitor.yml", env={"STATE_DIRECTORY": folder}).returncode, 1)


def a_damaged_file_is_set_aside_and_monitoring_goes_on(binary):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "minitor.db"), "w", encoding="utf-8") as file:
            file.write("this was a database, once upon a time; " * 100)
        with Minitor(binary, STEADY, folder=folder) as minitor:
            minitor.wait_for({"level": "error", "msg": re.compile("is damaged .* it was set aside as .*damaged-")})
            minitor.wait_for({"monitor": "steady", "verdict": "ok"}, count=3)
            equal(minitor.stop(), 0)
        equal(len(glob.glob(f"{folder}/minitor.db.damaged-*")), 1)
        check(query(folder, "SELECT count(*) FROM checks")[0][0] >= 3, "checks are in the new one")


def what_cannot_be_written_is_said_and_heals(binary):
    with HttpServer() as receiver, tempfile.TemporaryDirectory() as folder:
        with Minitor(binary, config(receiver.url()), folder=folder) as minitor:
            receiver.next()
            wait_until(lambda: query(folder, "SELECT count(*) FROM checks")[0][0] > 0, "checks")
            # Another program holds the file, and longer than anybody should.
            blocker = sqlite3.connect(f"{folder}/minitor.db", isolation_level=None, timeout=10)
            blocker.execute("BEGIN IMMEDIATE")
            with open(os.path.join(folder, "well"), "w", encoding="utf-8"):
                pass
            equal(receiver.next()[3], b"blog check is up again!")
            minitor.wait_for({"level": "error", "msg": re.compile("history cannot be written: database is locked")})
            os.unlink(os.path.join(folder, "well"))
            equal(receiver.next()[3], b"blog check has failed 1 times")
            blocker.execute("ROLLBACK")
            blocker.close()
            minitor.wait_for({"msg": re.compile("history is written again; nothing is missing")})
            wait_until(lambda: query(folder, "SELECT count(*) FROM incidents")[0][0] == 2, "two incidents")
            equal(minitor.stop(), 0)


def no_room_at_the_start_stops_nothing(binary):
    text = STEADY + "history: sqlite:///proc/no/such/place/h.db\n"
    with Minitor(binary, text) as minitor:
        minitor.wait_for({"level": "error", "msg": re.compile("cannot be opened")})
        minitor.wait_for({"monitor": "steady", "verdict": "ok"}, count=5)
        equal(minitor.stop(), 0)


def two_daemons_do_not_share_one_history(binary):
    with tempfile.TemporaryDirectory() as folder:
        with Minitor(binary, STEADY, folder=folder) as minitor:
            minitor.wait_for({"monitor": "steady", "verdict": "ok"})
            with Minitor(binary, STEADY, folder=folder) as second:
                equal(second.wait(), 1)
                check("another minitor keeps its history there" in second.log(), second.log())
            minitor.signal(signal.SIGKILL)
            minitor.wait()
        with Minitor(binary, STEADY, folder=folder) as minitor:
            minitor.wait_for({"monitor": "steady", "verdict": "ok"})


def in_memory_nothing_is_left_behind(binary):
    with Minitor(binary, STEADY + "history: memory\n") as minitor:
        minitor.wait_for({"monitor": "steady", "verdict": "ok"}, count=3)
        equal(minitor.stop(), 0)
        equal(glob.glob(f"{minitor.folder}/*.db*"), [])


if __name__ == "__main__":
    main(
        a_recovery_is_told_after_a_restart_and_the_commands_show_it,
        a_damaged_file_is_set_aside_and_monitoring_goes_on,
        what_cannot_be_written_is_said_and_heals,
        no_room_at_the_start_stops_nothing,
        two_daemons_do_not_share_one_history,
        in_memory_nothing_is_left_behind,
    )
