"""`cmake --install` puts everything in its place, and systemd finds nothing wrong with the unit: unit.py BUILD_FOLDER"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

# Of systemd's ten points of exposure; what a service that may run any check cannot do without costs some.
MOST_EXPOSED = 30


def fail(*words):
    print("FAILED", *words)
    sys.exit(1)


if not shutil.which("systemd-analyze"):
    print("skipped: packaging-unit: needs systemd-analyze")
    sys.exit(77)

with tempfile.TemporaryDirectory() as prefix:
    subprocess.run(["cmake", "--install", sys.argv[1], "--prefix", prefix], check=True, stdout=subprocess.DEVNULL)
    for path in (
        "bin/minitor", "bin/tracker-probe", "lib/minitor/alerts/mail", "lib/minitor/alerts/lib/notice.sh",
        "lib/minitor/checks/disk-check", "share/man/man1/minitor.1", "share/doc/minitor/examples/tracker/minitor.yml",
        "lib/systemd/system/minitor.service",
    ):
        if not os.path.exists(os.path.join(prefix, path)):
            fail(path, "is not installed")
    for name in os.listdir(os.path.join(prefix, "lib/minitor/alerts")):
        path = os.path.join(prefix, "lib/minitor/alerts", name)
        if os.path.isfile(path) and not os.access(path, os.X_OK):
            fail(path, "cannot be run")

    unit = os.path.join(prefix, "lib/systemd/system/minitor.service")
    with open(unit, encoding="utf-8") as file:
        text = file.read()
    for line in (f"ExecStart={prefix}/bin/minitor run", "Type=notify", "WatchdogSec=", "Restart=always", "MemoryMax=", "User=minitor"):
        if line not in text:
            fail("the unit has no", line)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "minitor.service" in line]
    if done.returncode != 0 or said:
        fail("systemd-analyze verify:", done.stderr)
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", unit],
                          capture_output=True, text=True, check=False)
    level = re.search(r"Overall exposure level for minitor.service: ([0-9.]+)", done.stdout)
    if done.returncode != 0 or not level:
        fail("systemd-analyze security:", done.stdout, done.stderr)
    print(f"passed  the unit is sound; its exposure is {level[1]} of 10")
