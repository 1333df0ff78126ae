"""A storm of notices through the real daemon: many monitors fail at once and one message names them all; killed at the
worst instants, it still tells each of them; and a rate is never exceeded."""

import json
import os
import re
import signal
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import DEADLINE, Failure, Minitor, check, equal, main  # noqa: E402

MONITORS = 200
NAMES = {f"m{i}" for i in range(MONITORS)}


def config(alert):
    monitors = "".join(
        f"""\
  - name: m{i}
    command: 'test -e well && exit 0; echo "cause {i}"; exit 1'
    alerts: [chat]
    alert_every: 0
"""
        for i in range(MONITORS)
    )
    return f"check_interval: 3s\ndefault_timeout: 60s\nmonitors:\n{monitors}alerts:\n  chat:\n{alert}"


def messages(folder):
    """What the receiver got: each message as a list of notices, with its id."""
    path = os.path.join(folder, "told")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return [(line["notice_id"], line.get("notices", [line]), line) for line in lines]


def books(folder):
    with sqlite3.connect(f"file:{folder}/minitor.db?mode=ro", uri=True, timeout=10) as store:
        return store.execute("SELECT id, kind, stage FROM notices").fetchall()


def wait_until(what, condition, minitor):
    until = time.monotonic() + DEADLINE * 2
    while not condition():
        if time.monotonic() > until:
            raise Failure(f"{what} did not come\n{minitor.log(20)}")
        time.sleep(0.05)


def all_accounted_for(folder, kinds):
    """Every notice of the books was delivered and has arrived; each monitor once for each kind."""
    told = {}
    for _, notices, _ in messages(folder):
        for notice in notices:
            told.setdefault(notice["notice_id"], (notice["kind"], notice["monitor"]))
    rows = books(folder)
    equal({stage for _, _, stage in rows}, {"delivered"})
    equal({row[0] for row in rows}, set(told))
    for kind in kinds:
        equal(sorted(monitor for it, monitor in told.values() if it == kind), sorted(NAMES), kind)
    equal({kind for kind, _ in told.values()}, set(kinds))


def one_message_names_them_all(binary):
    with tempfile.TemporaryDirectory(prefix="minitor-test-") as folder:
        text = config("    command: 'cat >> told'\n    group: 20s\n    recovery: true\n")
        with Minitor(binary, text, folder=folder) as minitor:
            delivered = {"msg": re.compile("was delivered")}
            minitor.wait_for(delivered, count=MONITORS, deadline=DEADLINE * 2)
            ((_, notices, whole),) = messages(folder)
            equal({notice["monitor"] for notice in notices}, NAMES)
            equal((whole["kind"], whole["status"], whole["count"], whole["down_count"]), ("group", "down", MONITORS, MONITORS))
            check(whole["message"].startswith(f"{MONITORS} monitors are down: "), whole["message"])
            check(re.search(r"(?m)^m\d+: down, exit 1: cause \d+$", whole["output"]), whole["output"])
            check("… and 100 more" in whole["output"], whole["output"][-100:])
            with open(os.path.join(folder, "well"), "w", encoding="utf-8"):
                pass
            minitor.wait_for(delivered, count=2 * MONITORS, deadline=DEADLINE * 2)
            _, (_, _, last) = messages(folder)
            equal((last["status"], last["up_count"], last["down_count"]), ("up", MONITORS, 0))
            equal(minitor.stop(), 0)
        all_accounted_for(folder, ("problem", "recovery"))


def killed_at_the_worst_instants(binary):
    with tempfile.TemporaryDirectory(prefix="minitor-test-") as folder:
        alert = "    command: 'cat >> told; touch began; while test -e wait; do sleep 0.05; done'\n    group: 5s\n    recovery: true\n"
        with open(os.path.join(folder, "wait"), "w", encoding="utf-8"):
            pass
        # While they gather.
        with Minitor(binary, config(alert), folder=folder) as minitor:
            minitor.wait_for({"msg": re.compile("is to be sent")}, count=MONITORS // 2, deadline=DEADLINE * 2)
            minitor.signal(signal.SIGKILL)
            minitor.wait()
        equal(messages(folder), [])
        # While the message is on its way.
        with Minitor(binary, config(alert), folder=folder) as minitor:
            wait_until("the message", lambda: os.path.exists(os.path.join(folder, "began")), minitor)
            minitor.signal(signal.SIGKILL)
            minitor.wait()
        first = messages(folder)
        os.unlink(os.path.join(folder, "wait"))
        with Minitor(binary, config(alert), folder=folder) as minitor:

            def quiet(kind):
                rows = [row for row in books(folder) if row[1] == kind]
                return len(rows) == MONITORS and all(row[2] == "delivered" for row in rows)

            wait_until("every problem", lambda: quiet("problem"), minitor)
            with open(os.path.join(folder, "well"), "w", encoding="utf-8"):
                pass
            wait_until("every recovery", lambda: quiet("recovery"), minitor)
            equal(minitor.stop(), 0)
        all_accounted_for(folder, ("problem", "recovery"))
        # What came twice is known by its id, and what was told first comes again.
        again = {notice["notice_id"] for _, notices, _ in messages(folder)[len(first):] for notice in notices}
        once = {notice["notice_id"] for _, notices, _ in first for notice in notices}
        check(once and once <= again, "the message that was cut off comes again")
        # No recovery before its problem.
        seen = set()
        for _, notices, _ in messages(folder):
            for notice in notices:
                check(notice["kind"] == "problem" or notice["incident_id"] in seen, notice)
                seen.add(notice["incident_id"])


def a_rate_is_never_exceeded(binary):
    """Through kills: no more than three runs within an hour; what is held is still in the books."""
    with tempfile.TemporaryDirectory(prefix="minitor-test-") as folder:
        alert = "    command: 'echo run >> runs; cat >> told'\n    rate: 3 per 1h\n    recovery: true\n"
        for _ in range(4):
            with Minitor(binary, config(alert), folder=folder) as minitor:
                minitor.wait_for({"verdict": "failure"}, count=MONITORS, deadline=DEADLINE * 2)
                minitor.signal(signal.SIGKILL)
                minitor.wait()
        with open(os.path.join(folder, "runs"), encoding="utf-8") as file:
            runs = len(file.readlines())
        check(1 <= runs <= 3, f"{runs} runs")
        rows = books(folder)
        equal(len([row for row in rows if row[1] == "problem"]), MONITORS)
        waiting = [row for row in rows if row[2] == "intended"]
        check(len(waiting) >= MONITORS - 3, f"{len(waiting)} wait")


if __name__ == "__main__":
    main(one_message_names_them_all, killed_at_the_worst_instants, a_rate_is_never_exceeded)
