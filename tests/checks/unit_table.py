"""unit-check. A real systemd is asked where this machine was started by one; what it can answer is a table for a
program that stands in its place."""

import os
import subprocess

from table import end, path, refused, row

SYSTEMCTL = """#!/bin/sh
for unit; do :; done
case $unit in
  silent) sleep 100 ;;
  dead) echo 'Failed to connect to bus' >&2; exit 1 ;;
esac
cat "$FIXTURES/$unit"
"""


def unit(name, active, sub, load="loaded", result="success", kind="simple", restarts=0, triggered=""):
    path(f"units/{name}", f"Type={kind}\nResult={result}\nNRestarts={restarts}\nLoadState={load}\nActiveState={active}\n"
                          f"SubState={sub}\nTriggeredBy={triggered}\n")
    return name


os.chmod(path("bin/systemctl", SYSTEMCTL), 0o755)
ENV = {"PATH": path("bin") + ":" + os.environ["PATH"], "FIXTURES": path("units")}
for code, words, name in (
    (0, r"web is active \(running\)", unit("web", "active", "running", restarts=3)),
    (1, r"activating \(start\)", unit("starts", "activating", "start")),
    (1, "reloading", unit("loads", "reloading", "reload")),
    (2, r"activating \(auto-restart\), exit-code", unit("loops", "activating", "auto-restart", result="exit-code")),
    (2, "failed.*signal", unit("fell", "failed", "failed", result="signal")),
    (2, r"inactive \(dead\)", unit("off", "inactive", "dead")),
    (0, r"inactive \(dead\)", unit("once", "inactive", "dead", kind="oneshot")),
    (0, r"inactive \(dead\)", unit("timed", "inactive", "dead", triggered="timed.timer")),
    (2, "failed.*exit-code", unit("once-bad", "failed", "failed", kind="oneshot", result="exit-code")),
    (2, "not-found", unit("none", "inactive", "dead", load="not-found")),
    (2, "masked", unit("hidden", "inactive", "dead", load="masked")),
    (3, "not understood", unit("new", "flying", "high")),
):
    row(code, words, "unit-check", name, env=ENV)
row(2, "web is active .*, fell is failed", "unit-check", "web", "fell", "starts", env=ENV)
row(1, "restarted 3 times", "unit-check", "-w", "2", "-c", "5", "web", env=ENV)
row(2, "restarted 3 times", "unit-check", "-c", "2", "web", env=ENV)
row(0, r"'web'=3c;;5;0", "unit-check", "-c", "5", "--user", "web", env=ENV)
row(3, "does not answer: Failed", "unit-check", "dead", env=ENV)
row(3, "does not answer", "unit-check", "-t", "1", "silent", env=ENV)
path("units/odd", b"Result=\x1b[31m|\nActiveState=a b\nNRestarts=99999999999999999999\nLoadState\n=\n\xff\xfe")
row(3, "not understood", "unit-check", "odd", env=ENV)
path("units/empty", "")
row(3, "not understood", "unit-check", "empty", env=ENV)
refused("unit-check", [], ["a b"], ["--bad"], ["$(id)"], ["/etc/x"], ["-c", "x", "web"])
if os.path.isdir("/run/systemd/system") and subprocess.run(["systemctl", "is-active", "-q", "basic.target"], check=False).returncode == 0:
    row(0, "basic.target is active", "unit-check", "basic.target")
    row(2, "not-found", "unit-check", "no-such-unit-at-all.service")
end()
