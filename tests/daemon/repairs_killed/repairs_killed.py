"""minitor is killed while a repair runs: the repair is not begun a second time beside it, it counts as an attempt, and
the ladder goes on from there to its end."""

import os
import re
import signal
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
from harness import Failure, Minitor, check, equal, main  # noqa: E402

# The repair goes on when minitor is gone: it holds a folder while it runs, and says so when that was taken.
CONFIG = """
check_interval: 300ms
default_alert_every: 0
monitors:
  - name: tunnel
    command: "false"
    recover:
      - shell_command: 'mkdir busy || echo twice >>runs; echo "begin $MINITOR_REPAIR.$MINITOR_ATTEMPT" >>runs; sleep 1.5; rmdir busy; echo "end $MINITOR_REPAIR.$MINITOR_ATTEMPT" >>runs; exit 1'
        timeout: 3s
        attempts: 2
        wait: 100ms
      - {shell_command: 'echo "begin $MINITOR_REPAIR.$MINITOR_ATTEMPT" >>runs', wait: 0}
"""


def runs(folder):
    try:
        with open(os.path.join(folder, "runs"), encoding="utf-8") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def killed_while_a_repair_runs(binary):
    with tempfile.TemporaryDirectory(prefix="minitor-test-") as folder:
        with Minitor(binary, CONFIG, folder=folder) as minitor:
            minitor.wait_for({"monitor": "tunnel", "failures": "2"})
            while not runs(folder):
                minitor.wait_for({"monitor": "tunnel", "verdict": "failure"}, after=minitor.position())
            minitor.signal(signal.SIGKILL)
            minitor.wait()
        with Minitor(binary, CONFIG, folder=folder) as minitor:
            minitor.wait_for({"monitor": "tunnel", "repair": "1", "attempt": "1", "outcome": re.compile("minitor ended while it ran")})
            told = minitor.wait_for({"monitor": "tunnel", "stage": "delivered"})
            check("tried: repair 1, attempt 1: minitor ended while it ran" in told["reason"] and "repair 1, attempt 2" in told["reason"]
                  and "repair 2, attempt 1" in told["reason"], told)
            equal(minitor.stop(), 0)
            # A repair that was done is not done again by another life.
            before = runs(folder)
        equal(before, ["begin 1.1", "end 1.1", "begin 1.2", "end 1.2", "begin 2.1"])
        with Minitor(binary, CONFIG, folder=folder) as minitor:
            minitor.wait_for({"monitor": "tunnel", "verdict": "failure"}, count=3)
            equal(minitor.stop(), 0)
        if runs(folder) != before:
            raise Failure(f"it was repaired again: {runs(folder)}")


if __name__ == "__main__":
    main(killed_while_a_repair_runs)
