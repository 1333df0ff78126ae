"""Runs rows of the test list: each is a function with a number and a name, one ctest each.

Usage: rows.py (--probe TRACKER_PROBE | --driver DRIVER --module MODULE) [--trackers FOLDER] ROW...
       rows.py --list
Exits 0, 1, or 77 when a row was skipped, and says why."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback

SKIPPED = 77
rows = {}
settings = None


class Skip(Exception):
    pass


def row(number, name):
    def register(function):
        if function.__module__ == "__main__":  # not those of a script that another one borrows from
            rows["row%s_%s" % (number, name)] = function
        return function
    return register


class Result:
    """What one run of the probe said about its one address."""

    def __init__(self, exit_code, raw, seconds, peak_kib):
        self.exit = exit_code
        self.raw = raw
        self.seconds = seconds
        self.peak_kib = peak_kib
        try:
            document = json.loads(raw)
        except ValueError:
            raise AssertionError("exit %d after %.2f s, no JSON but %r" % (exit_code, seconds, raw))
        self.address = document["addresses"][0] if "addresses" in document else document
        self.state = self.address["state"]
        error = self.address["error"] or {}
        self.code = error.get("code")
        self.text = error.get("text", "")
        self.notes = {note["code"]: note["text"] for note in self.address["notes"]}
        self.reply = self.address.get("reply") or {}
        self.http = self.address.get("http") or {}
        self.tls = self.address.get("tls") or {}
        self.ws = self.address.get("ws") or {}
        self.roundtrip = self.address.get("roundtrip") or {}
        self.scrape = self.address.get("scrape") or {}
        print("  %s" % self)

    def __str__(self):
        return "%s %s %r notes=%r (%.2f s)" % (self.state, self.code, self.text, self.notes,
                                                 self.seconds)


def probe(url, depth="announce", timeout=2.0, with_scrape=False, verify_cleanup=False, insecure=False,
          cacert=None, cert_days=None, info_hash=None, extra=(), environment=None, prefix=()):
    milliseconds = str(int(timeout * 1000))
    if settings.probe:
        words = [settings.probe, "-o", "json", "--timeout", milliseconds + "ms"]
        words += ["--depth", depth] if depth else []
    else:
        words = [settings.driver, settings.module, "--timeout", milliseconds, "--depth", depth]
    words += ["--with-scrape"] * with_scrape + ["--verify-cleanup"] * verify_cleanup + ["--insecure"] * insecure
    words += ["--cacert", cacert] if cacert else []
    words += ["--cert-days", str(cert_days)] if cert_days else []
    words += ["--info-hash", info_hash] if info_hash else []
    words += ["--join-swarm"] if info_hash and settings.probe else []
    words += list(extra) + [url]
    env = {key: value for key, value in os.environ.items() if key != "SSL_CERT_FILE"}
    env.update(environment or {})
    # The watchdog ends a program that the machine was too busy to run for 200 ms. One that hangs by itself
    # does it every time.
    for attempt in range(3):
        result = run_once(list(prefix) + words, env)
        if attempt == 2 or "no verdict before the deadline" not in result[1]:
            return Result(*result)


def run_once(words, env):
    begin = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(words, stdout=out, stderr=err, env=env)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - begin
        out.seek(0)
        err.seek(0)
        raw, complaints = out.read(), err.read()
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode >= 0, "killed by signal %d: %s" % (-child.returncode, complaints.decode())
    assert raw, "no output: %s" % complaints.decode()
    check_clean(raw)
    return child.returncode, raw.decode(), seconds, usage.ru_maxrss


def interrupted(url, after, depth="announce", timeout=3.0):
    """Starts a probe and sends it SIGINT when `after` (a function) says so; its exit code and seconds to
    the end. The driver has no signals: it abandons after a second."""
    if settings.probe:
        words = [settings.probe, "--timeout", "%dms" % (timeout * 1000), "--depth", depth, url]
    else:
        words = [settings.driver, settings.module, "--timeout", str(int(timeout * 1000)), "--depth", depth,
                 "--abandon-after", "1000", url]
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert after(), "the probe never came so far"
        begin = time.monotonic()
        if settings.probe:
            child.send_signal(signal.SIGINT)
        code = child.wait(10)
        return code, time.monotonic() - begin
    finally:
        child.kill()
        child.wait()


def in_namespace(name, *commands):
    """Runs this row again in a network namespace of its own, made ready with these commands; True inside.
    A row calls it first and returns if it says False."""
    if os.environ.get("PROBE_NAMESPACE"):
        return True
    ready = " && ".join(("ip link set lo up",) + commands)
    shell = ["unshare", "-rn", "sh", "-c"]
    if subprocess.run(shell + [ready], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
        raise Skip("needs network namespaces (unshare -rn, ip)")
    words = [sys.executable, "-B"] + [w for w in sys.argv if w not in rows] + [name]
    inside = subprocess.run(shell + [ready + ' && exec "$@"', "sh"] + words,
                            env=dict(os.environ, PROBE_NAMESPACE="1"))
    assert inside.returncode == 0, "failed inside the namespace"
    return False


def whole_program():
    """For rows about options of the program, which the driver of the module has not."""
    if not settings.probe:
        raise Skip("needs tracker-probe, which is not built")


def check_clean(raw):
    """No byte from a tracker may reach a terminal as a control character."""
    text = raw.decode("utf-8")
    for character in text:
        code = ord(character)
        assert code >= 0x20 or character == "\n", "control character %#x in %r" % (code, text)
        assert not 0x7F <= code <= 0x9F, "control character %#x in %r" % (code, text)


def expect(result, state, code=None, text=None):
    assert result.state == state, "expected %s, got %s" % (state, result)
    assert result.exit == {"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3}.get(state, result.exit)
    assert result.code == code, "expected %s, got %s" % (code, result)
    if text is not None:
        assert text in result.text, "expected %r in %s" % (text, result)


def ok(result, *notes):
    expect(result, "OK")
    for code in notes:
        assert code in result.notes, "expected the note %s, got %s" % (code, result)


def critical(result, code, text=None):
    expect(result, "CRITICAL", code, text)


def within(result, timeout):
    """The deadline was kept: 250 ms by the probe's own clock, and a loaded machine's start besides."""
    assert result.seconds <= timeout + 1.0, "took %.2f s, allowed %.2f" % (result.seconds, timeout)


def polite(server):
    """Rule of every test: never completed, never a seed, never the same key twice."""
    for request in server.requests:
        if request is None or "info_hash" not in request.query or "peer_id" not in request.query:
            continue
        keys = [key for key, _ in request.pairs]
        assert len(keys) == len(set(keys)), "a key twice: %s" % request.target
        assert request.event in ("started", "stopped", ""), request.target
        assert request.query["left"] != b"0", request.target
        assert request.query["uploaded"] == request.query["downloaded"] == b"0", request.target
        assert request.query["port"] != b"0", request.target
        assert len(request.head) < 2000 and len(request.headers) <= 16, request.head


def stops_follow(server):
    """Each peer that was started has been stopped, on the same hash, port and key."""
    started = [r for r in server.requests if r.event == "started"]
    server.wait_requests(2 * len(started))
    for request in started:
        same = [r for r in server.requests if r.event == "stopped" and
                all(r.query[k] == request.query[k] for k in ("info_hash", "peer_id", "port", "key"))]
        assert same, "no stopped for %s in %s" % (request.target, [r.target for r in server.requests])


def main():
    global settings
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--probe")
    parser.add_argument("--driver")
    parser.add_argument("--module")
    parser.add_argument("--trackers", default="")
    parser.add_argument("names", nargs="*")
    settings = parser.parse_args()
    if settings.list:
        print("\n".join(rows))
        return 0
    verdict = 0
    for name in settings.names or rows:
        try:
            rows[name]()
            print("ok %s" % name)
        except Skip as reason:
            print("skipped: probe_%s: %s" % (name, reason))
            verdict = verdict or SKIPPED
        except AssertionError as problem:
            print("FAILED %s: %s" % (name, problem))
            verdict = 1
        except Exception:  # a broken test is a failed one, whatever broke
            print("FAILED %s" % name)
            traceback.print_exc()
            verdict = 1
    sys.stdout.flush()
    # Threads of servers may still wait for a probe that has gone.
    os._exit(verdict)
