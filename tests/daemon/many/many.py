"""Ten thousand monitors in one process."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import Minitor, check, equal, main  # noqa: E402

MONITORS = 10000


def all_are_checked_and_none_twice_in_its_interval(binary):
    text = "check_interval: 1h\nmonitors:\n"
    text += "".join(f"  - {{ name: 'monitor {i}', command: ['true'], check_interval: 60s }}\n" for i in range(MONITORS))
    # At 50 ms apart or closer, sixty seconds hold them all; the first second holds its share of them.
    with Minitor(binary, text) as minitor:
        minitor.wait_for({"verdict": "ok"}, count=100)
        names = [line["monitor"] for line in minitor.all({"verdict": "ok"})]
        equal(len(names), len(set(names)), "a monitor ran twice")
        equal(names[0], "monitor 0")
        equal(minitor.stop(), 0, "exit code")
        check(not minitor.all({"verdict": "failure"}), "failures")


def when_all_fail_every_one_is_told(binary):
    count = 300
    text = "check_interval: 5s\nmonitors:\n"
    text += "".join(
        f"  - {{ name: 'monitor {i}', command: ['false'], alert_every: 0, alert_down: [tell] }}\n" for i in range(count)
    )
    text += "alerts:\n  tell: { command: 'echo x >> told; : {monitor_name}' }\n"
    with Minitor(binary, text) as minitor:
        minitor.wait_for({"stage": "delivered"}, count=count)
        names = [line["monitor"] for line in minitor.all({"stage": "delivered"})]
        equal(len(set(names)), count, "monitors told of")
        with open(os.path.join(minitor.folder, "told"), encoding="utf-8") as file:
            equal(len(file.readlines()), count, "alerts that ran")


if __name__ == "__main__":
    main(all_are_checked_and_none_twice_in_its_interval, when_all_fail_every_one_is_told)
