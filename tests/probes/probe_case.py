"""What every test of the built tracker-probe needs: running it, its output, the fake tracker."""
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest

from fake_tracker import (CID, MAGIC, FakeTracker, Request, drop, free_port, normal, on, random_bytes,  # noqa: F401
                          silent)

PROBE = os.environ.get("TRACKER_PROBE", "tracker-probe")
TIMEOUT = "2s"
# Seconds beyond its deadline after which a probe counts as one that hangs. How little it overruns is what the
# bench shows: here other tests take the processor away at any time.
OVERRUN = 3
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
SLOW = float(os.environ.get("PROBE_TEST_SLOW", "1"))  # on a loaded machine or under a sanitizer


class Outcome:
    def __init__(self, code, out, err, took):
        self.code, self.out, self.err, self.took = code, out, err, took

    @property
    def json(self):
        return json.loads(self.out.splitlines()[0])

    @property
    def address(self):
        return self.json["addresses"][0]

    def code_of(self, index=0):
        error = self.json["addresses"][index]["error"]
        return error and error["code"]

    def notes(self, index=0):
        return [note["code"] for note in self.json["addresses"][index]["notes"]]


def environment(**extra):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TORRUST_")}
    clean.update(extra)
    return clean


def run(*args, stdin=None, env=None, prefix=()):
    start = time.monotonic()
    done = subprocess.run([*prefix, PROBE, *args], input=stdin, capture_output=True, timeout=60,
                          env=env or environment())
    took = time.monotonic() - start
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode(), took)


def probe(url, *args, **kwargs):
    """One target, JSON output, two seconds."""
    return run("-o", "json", "-t", TIMEOUT, *args, url, **kwargs)


def say(url, *args, **kwargs):
    """The line for people."""
    return run("-t", TIMEOUT, *args, url, **kwargs)


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds * SLOW
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.005)
    return False


class ProbeCase(unittest.TestCase):
    longMessage = True

    def tracker(self, behaviour=None, **kwargs):
        fake = FakeTracker(behaviour, **kwargs)
        self.addCleanup(fake.close)
        self.addCleanup(self.check_manners, fake)
        return fake

    def check_manners(self, fake):
        """Row 104: never completed, never a seed, in every test of all."""
        for request in fake.named("announce"):
            self.assertNotEqual(request.event, 1, "event=completed was sent")
            self.assertEqual(request.left, 1, "left must be 1")
            self.assertEqual(request.ip, 0)
            self.assertNotEqual(request.port, 0)

    def assert_error(self, outcome, code, status=2):
        self.assertEqual(outcome.code_of(), code, outcome.out)
        self.assertEqual(outcome.code, status, outcome.out)

    def assert_ok(self, outcome):
        self.assertEqual(outcome.code, 0, outcome.out)
        self.assertIsNone(outcome.address["error"], outcome.out)

    def assert_in_time(self, outcome, seconds=2.0):
        self.assert_ended(outcome.took, seconds)

    def assert_ended(self, took, seconds):
        """Ended by its deadline, not by luck."""
        self.assertLess(took, seconds + OVERRUN * SLOW, "overran its deadline")


def main():
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    result = unittest.main(argv=sys.argv, exit=False, verbosity=2).result
    for test, reason in result.skipped:
        print("skipped: probe.%s: %s" % (test.id().split(".test_")[-1], reason))
    if result.testsRun and len(result.skipped) == result.testsRun:
        sys.exit(77)  # ctest: skipped
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)


signal_names = signal.Signals
