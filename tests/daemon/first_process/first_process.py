"""minitor as process 1 of a container: it ends when it is asked to, and reaps what checks leave behind."""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import Minitor, check, equal, main  # noqa: E402

# Leaves processes behind that nobody waits for: in sessions of their own, so that they are not ended with the check.
CONFIG = """\
check_interval: 50ms
monitors:
  - name: untidy
    command: 'for i in 1 2 3; do setsid sh -c "sleep 0.05 & exit 0" & done; wait; exit 0'
  - name: seen
    command: 'set -- $(cat /proc/[0-9]*/stat 2>/dev/null | sed "s/.*) //" | grep -c "^Z"); echo "zombies $1"'
"""
NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


def nothing_is_left_behind(binary):
    with Minitor(binary, CONFIG, wrapper=NAMESPACE) as minitor:
        minitor.wait_for({"monitor": "untidy", "verdict": "ok"}, count=20)
        # A zombie may be seen on its way; a hundred and more would have piled up.
        minitor.wait_for({"monitor": "seen", "output": "zombies 0"}, count=3, after=minitor.position())
        with open(f"/proc/{minitor.process.pid}/task/{minitor.process.pid}/children", encoding="utf-8") as file:
            first = int(file.read().split()[0])
        os.kill(first, 15)
        equal(minitor.wait(), 0)
        check(any("minitor stops" in line["msg"] for line in minitor.lines), minitor.log())


if __name__ == "__main__":
    if os.geteuid() != 0 or not shutil.which("unshare") or subprocess.run([*NAMESPACE, "true"], check=False).returncode != 0:
        print("skipped: daemon-first_process: needs root and a namespace of processes")
        sys.exit(77)
    main(nothing_is_left_behind)
