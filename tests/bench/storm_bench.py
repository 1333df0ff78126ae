"""10,000 monitors fail within one round of checks: how soon everyone is told, by itself and in groups, against the same
command run as often by xargs, as many at once."""

import os
import subprocess
import sys
import tempfile
import time

from daemon_bench import Daemon

MONITORS = 10_000
ROUND = 20  # seconds
AT_ONCE = 8  # alerts that minitor runs at once
SECONDS = 180
# One line for each message, which is short enough to be written in one piece.
TELL = 'echo told >>"$TOLD"'


def configuration(folder, alert):
    lines = ["history: sqlite://history.db", f"check_interval: {ROUND}s", "default_alert_every: 0", "max_concurrent: 256", "monitors:"]
    for i in range(MONITORS):
        lines.append(f"  - {{name: 'monitor {i}', command: [test, -e, {folder}/well], alerts: [pager]}}")
    lines += ["alerts:", f"  pager: {{command: [/bin/sh, -c, {TELL!r}], env: {{TOLD: {folder}/told}}{alert}}}"]
    return "\n".join(lines) + "\n"


def lines_of(path):
    if not os.path.exists(path):
        return 0
    with open(path, "rb") as file:
        return file.read().count(b"\n")


def storm(alert, enough):
    """(messages, seconds from the last failure to the last message, MB)"""
    with tempfile.TemporaryDirectory(prefix="minitor-storm-") as folder:
        open(f"{folder}/well", "wb").close()
        daemon = Daemon(configuration(folder, alert))
        daemon.wait_for_checks(MONITORS)
        os.unlink(f"{folder}/well")
        with daemon.changed:
            goal = daemon.seen + MONITORS
        daemon.wait_for_checks(goal)
        failed = time.monotonic()
        until = failed + SECONDS
        quiet_since, told = failed, 0
        # The last one has come when all are told, or when no more come.
        while time.monotonic() < until and not enough(told, time.monotonic() - quiet_since):
            time.sleep(0.05)  # looks at a file that another program writes
            now = lines_of(f"{folder}/told")
            if now != told:
                told, quiet_since = now, time.monotonic()
        resident = daemon.resident() / 1024
        daemon.end()
        return told, max(0, quiet_since - failed), resident


def by_hand():
    """Runs of the same command a second, as many at once."""
    with tempfile.TemporaryDirectory(prefix="minitor-storm-") as folder:
        began = time.monotonic()
        subprocess.run(
            ["xargs", "-P", str(AT_ONCE), "-I", "{}", "/bin/sh", "-c", TELL],
            input="".join(f"{i}\n" for i in range(2000)).encode(),
            env={**os.environ, "TOLD": f"{folder}/told"},
            check=True,
        )
        return 2000 / (time.monotonic() - began)


if __name__ == "__main__":
    told, after, resident = storm("", lambda told, _: told >= MONITORS)
    if told != MONITORS:
        sys.exit(f"{told} of {MONITORS} were told within {SECONDS} s")
    least = MONITORS / by_hand()
    print(
        f"{MONITORS} monitors fail within {ROUND} s, each told by itself: the last {after:.1f} s after the last failure, "
        f"{resident:.1f} MB; the commands alone, by xargs, take {least:.1f} s: ratio {(ROUND + after) / max(ROUND, least):.2f}",
        flush=True,
    )
    told, after, resident = storm(", group: 10s", lambda told, quiet: told > 0 and quiet > 25)
    print(f"the same with group: 10s: {told} messages, the last {after:.1f} s after the last failure, {resident:.1f} MB", flush=True)
