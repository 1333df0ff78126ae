"""Killed at any instant, minitor forgets nothing: every outage is told, and told to be over, to whoever was told of it;
what comes twice comes with the same id; nobody hears of the end of what they were not told of.

KILLS in the environment says how often it is killed: 30 by default, 200 for the long run."""

import glob
import os
import random
import re
import signal
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import Failure, Minitor, check, equal, main  # noqa: E402

KILLS = int(os.environ.get("KILLS", "30"))
MONITORS = 12
ALERTS = ("steady", "flaky", "slow")

# Each receiver appends a line for every notice that reaches it, in one write, and then answers as it likes.
CONFIG = (
    """\
check_interval: 200ms
default_timeout: 5s
monitors:
"""
    + "".join(
        f"""\
  - name: m{i}
    command: 'test ! -e down/m{i} && exit 0; echo broken; exit 1'
    check_interval: {150 + 10 * i}ms
    alert_after: {1 + i % 3}
    alert_every: {0 if i % 2 else -1}
    alert_down: [{", ".join(ALERTS)}]
    alert_up: [{", ".join(ALERTS)}]
"""
        for i in range(MONITORS)
    )
    + """\
alerts:
  steady: { command: 'echo "$MINITOR_MONITOR $MINITOR_INCIDENT_ID $MINITOR_KIND $MINITOR_NOTICE_ID" >> steady.told' }
  flaky:
    command: |
      test $(( $(date +%N | sed "s/^0*//") / 1000 % 3 )) -ne 0 || exit 1
      echo "$MINITOR_MONITOR $MINITOR_INCIDENT_ID $MINITOR_KIND $MINITOR_NOTICE_ID" >> flaky.told
    attempts: 1000
    retry_after: 50ms
  slow:
    command: |
      sleep 0.1
      echo "$MINITOR_MONITOR $MINITOR_INCIDENT_ID $MINITOR_KIND $MINITOR_NOTICE_ID" >> slow.told
"""
)


class Ledger:
    """What the receivers of one folder got."""

    def __init__(self, folder):
        self.told = {}
        for path in glob.glob(os.path.join(folder, "*.told")):
            alert = os.path.basename(path).split(".")[0]
            with open(path, encoding="utf-8") as file:
                self.told[alert] = [tuple(line.split()) for line in file]

    def notices(self, alert, *kinds):
        return [line for line in self.told.get(alert, []) if line[2] in kinds]


def set_down(folder, monitor, down):
    path = os.path.join(folder, "down", monitor)
    if down:
        with open(path, "w", encoding="utf-8"):
            pass
    elif os.path.exists(path):
        os.unlink(path)


def pending(folder):
    """How much is on its way, by the books of the daemon that runs."""
    with sqlite3.connect(f"file:{folder}/minitor.db?mode=ro", uri=True, timeout=10) as books:
        waiting = books.execute("SELECT count(*) FROM notices WHERE stage IN ('intended', 'failed')").fetchone()[0]
        bad = books.execute("SELECT count(*) FROM monitors WHERE status <> 'up'").fetchone()[0]
        return waiting + bad


def it_forgets_nothing(binary):
    chance = random.Random(os.environ.get("SEED", "1"))
    with tempfile.TemporaryDirectory(prefix="minitor-test-") as folder:
        os.mkdir(os.path.join(folder, "down"))
        for _ in range(KILLS):
            with Minitor(binary, CONFIG, folder=folder) as minitor:
                minitor.wait_for({"msg": re.compile("watches")})
                until = time.monotonic() + chance.uniform(0.02, 0.8)
                while time.monotonic() < until:
                    set_down(folder, f"m{chance.randrange(MONITORS)}", chance.random() < 0.5)
                    time.sleep(chance.uniform(0, 0.1))
                minitor.signal(signal.SIGKILL)
                minitor.wait()
        # Everything is well again: all that is to be told is told.
        for i in range(MONITORS):
            set_down(folder, f"m{i}", False)
        with Minitor(binary, CONFIG, folder=folder) as minitor:
            until = time.monotonic() + 120
            minitor.wait_for({"monitor": "m0", "verdict": "ok"}, count=20)
            while pending(folder) > 0:
                if time.monotonic() > until:
                    raise Failure(f"{pending(folder)} notices still wait\n{minitor.log()}")
                time.sleep(0.2)
            equal(minitor.stop(), 0)
        audit(folder)


def audit(folder):
    ledger = Ledger(folder)
    books = sqlite3.connect(os.path.join(folder, "minitor.db"))
    equal(books.execute("PRAGMA integrity_check").fetchone()[0], "ok")
    incidents = dict(books.execute("SELECT id, ended FROM incidents"))
    check(len(incidents) >= KILLS / 3, f"only {len(incidents)} incidents: nothing was tried")
    twice = 0
    for alert in ALERTS:
        problems = {}
        for monitor, incident, _, notice in ledger.notices(alert, "problem"):
            # A second first alert would have another id.
            equal(problems.setdefault(incident, notice), notice, f"two problems of one incident to {alert}")
            check(incident in incidents, f"{alert} was told of {incident} of {monitor}, which the books do not know")
        recoveries = {}
        for _, incident, _, notice in ledger.notices(alert, "recovery"):
            equal(recoveries.setdefault(incident, notice), notice, f"two recoveries of one incident to {alert}")
            check(incident in problems, f"{alert} was told the end of {incident} and never of its beginning")
        for incident in problems:
            check(incident in recoveries, f"{alert} was told of {incident} and never of its end")
        # What the books call delivered has arrived, whatever happened to the daemon.
        arrived = {line[3] for line in ledger.told.get(alert, [])}
        for (notice,) in books.execute("SELECT id FROM notices WHERE alert = ? AND stage = 'delivered'", (alert,)):
            check(notice in arrived, f"{notice} is booked as delivered to {alert} and never arrived")
        left = books.execute(
            "SELECT id, stage, detail FROM notices WHERE alert = ? AND stage IN ('intended', 'failed', 'given_up')",
            (alert,),
        ).fetchall()
        equal(left, [], f"notices to {alert} that never ended")
        every = [line[3] for line in ledger.told.get(alert, [])]
        twice += len(every) - len(set(every))
    # One outage of a monitor at a time, as its receivers saw it.
    for monitor in {f"m{i}" for i in range(MONITORS)}:
        open_incident = None
        for name, incident, kind, _ in ledger.told.get("steady", []):
            if name != monitor:
                continue
            if kind == "problem" and incident != open_incident:
                check(open_incident is None, f"{monitor}: {incident} began before {open_incident} was over")
                open_incident = incident
            if kind == "recovery" and incident == open_incident:
                open_incident = None
        check(open_incident is None, f"{monitor}: {open_incident} never ended")
    for incident, ended in incidents.items():
        check(ended is not None, f"{incident} is still open")
    told = sum(len(lines) for lines in ledger.told.values())
    print(f"        {KILLS} kills, {len(incidents)} incidents, {told} notices arrived, {twice} of them again", flush=True)


if __name__ == "__main__":
    main(it_forgets_nothing)
