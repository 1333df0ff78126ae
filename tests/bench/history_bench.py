"""Checks at 0.9 of what the daemon reaches without a history, with the history in memory and in SQLite, one after the
other on the same machine: how many were made, how late they started, what the process took."""

import os
import sys
import time

from daemon_bench import Daemon, configuration, limit, percentile

MEASURED = 10  # seconds


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(history, monitors, rate):
    daemon = Daemon(f"history: {history}\n" + configuration(monitors, monitors / rate))
    daemon.wait_for_checks(monitors)
    with daemon.changed:
        daemon.keep = True
        before = daemon.seen
    began, used = time.monotonic(), processor_seconds(daemon.process.pid)
    time.sleep(MEASURED)  # measures for so long
    with daemon.changed:
        made = (daemon.seen - before) / (time.monotonic() - began)
    used = (processor_seconds(daemon.process.pid) - used) / MEASURED
    late = sorted(daemon.late)
    resident = daemon.resident()
    daemon.end()
    print(
        f"{history:24} {made:.0f} checks/s, late p50 {percentile(late, 0.5) * 1000:.2f} ms, "
        f"p99 {percentile(late, 0.99) * 1000:.2f} ms, processor {used * 100:.0f} %, "
        f"resident {resident / 1024:.1f} MB",
        flush=True,
    )
    return made


if __name__ == "__main__":
    rate = 0.9 * limit()
    print(f"asked for: {rate:.0f} checks/s of 1000 monitors", flush=True)
    without = measure("memory", 1000, rate)
    kept = measure("sqlite://history.db", 1000, rate)
    print(f"with the history in SQLite against memory: {kept / without:.2f} (aim 0.90)", flush=True)
    sys.exit(0)
