"""Measures the built daemon. Every figure comes from the same run on the same machine; the load for the lateness of
starts is half of what the daemon itself reaches a moment before."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

BINARY = sys.argv[1]
PROGRAM = "/bin/true"


def configuration(monitors, interval):
    lines = [f"check_interval: {interval:.3f}s", "max_concurrent: 256", "monitors:"]
    for i in range(monitors):
        lines.append(f"  - {{name: 'monitor {i}', command: [{PROGRAM}], alert_after: 3}}")
    return "\n".join(lines) + "\n"


class Daemon:
    """The daemon under a configuration; counts the checks that its log tells of."""

    def __init__(self, config):
        self.folder = tempfile.TemporaryDirectory(prefix="minitor-bench-")
        path = os.path.join(self.folder.name, "minitor.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [BINARY, "run", "-c", path, "--log-format", "json", "--debug"],
            env={**os.environ, "STATE_DIRECTORY": self.folder.name},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.first = None
        self.seen = 0
        self.late = []
        self.keep = False
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for raw in self.process.stderr:
            if b'"verdict"' not in raw:
                continue
            with self.changed:
                if self.first is None:
                    self.first = time.monotonic() - self.began
                self.seen += 1
                if self.keep:
                    self.late.append(float(json.loads(raw)["late"]))
                self.changed.notify_all()

    def wait_for_checks(self, count, deadline=60):
        with self.changed:
            if not self.changed.wait_for(lambda: self.seen >= count, deadline):
                sys.exit(f"only {self.seen} of {count} checks in {deadline} s")

    def resident(self):
        """KiB of memory in RAM."""
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.reader.join()
        self.folder.cleanup()


def limit():
    """Checks a second when far more are due than can be run, without a history on disk."""
    daemon = Daemon("history: memory\n" + configuration(1000, 0.05))
    daemon.wait_for_checks(1000)
    with daemon.changed:
        before = daemon.seen
    began = time.monotonic()
    time.sleep(3)  # measures for three seconds
    with daemon.changed:
        rate = (daemon.seen - before) / (time.monotonic() - began)
    daemon.end()
    return rate


def percentile(values, part):
    return values[min(len(values) - 1, int(len(values) * part))]


def lateness(monitors, rate):
    interval = monitors / rate
    daemon = Daemon(configuration(monitors, interval))
    daemon.wait_for_checks(monitors)  # the first round: all have started once
    with daemon.changed:
        daemon.keep = True
        goal = daemon.seen + int(rate * 6)
    daemon.wait_for_checks(goal)
    daemon.end()
    late = sorted(daemon.late)
    print(
        f"lateness of starts, {monitors} monitors at {rate:.0f} checks/s: "
        f"p50 {percentile(late, 0.5) * 1000:.2f} ms, p99 {percentile(late, 0.99) * 1000:.2f} ms, "
        f"max {late[-1] * 1000:.1f} ms ({len(late)} starts)",
        flush=True,
    )


def memory():
    figures = {}
    for monitors in (10, 1000, 10000):
        daemon = Daemon(configuration(monitors, max(5.0, monitors / 1000)))
        daemon.wait_for_checks(monitors)
        figures[monitors] = daemon.resident()
        print(f"resident memory, {monitors} monitors: {figures[monitors] / 1024:.1f} MB", flush=True)
        daemon.end()
    each = (figures[10000] - figures[1000]) / 9000
    print(f"memory of each further monitor: {each:.2f} KB (aim 4: ratio {each / 4:.2f})", flush=True)


def first_check():
    daemon = Daemon(configuration(10000, 60))
    daemon.wait_for_checks(1)
    print(f"start to first check, 10000 monitors: {daemon.first:.2f} s (aim 1: ratio {daemon.first:.2f})", flush=True)
    daemon.end()


if __name__ == "__main__":
    reached = limit()
    print(f"checks of the whole daemon, logged: {reached:.0f}/s", flush=True)
    lateness(1000, reached / 2)
    lateness(10000, reached / 2)
    memory()
    first_check()
