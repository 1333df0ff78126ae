"""What the whole-binary tests share: a daemon in a folder of its own, its log as a stream of events, and real
receivers on loopback.

A test waits for events (a line of the log, a request, the end of a process), never for time. Every wait has a
deadline, after which the test fails and prints the whole log.
"""

import http.server
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

# Generous: it is a limit for a machine that is slow, not a pace.
DEADLINE = 60


class Failure(Exception):
    """A test did not see what it should have seen."""


class Minitor:
    """One running daemon. Its log is JSON lines on stderr, read as it comes."""

    def __init__(self, binary, config, *arguments, env=None, folder=None, wrapper=()):
        self.folder = folder or tempfile.mkdtemp(prefix="minitor-test-")
        self.own_folder = folder is None
        self.config = os.path.join(self.folder, "minitor.yml")
        with open(self.config, "w", encoding="utf-8", newline="") as file:
            file.write(config)
        self.lines = []
        self.arrived = threading.Condition(threading.RLock())
        self.ended = False
        self.process = subprocess.Popen(
            [*wrapper, binary, "run", "-c", self.config, "--log-format", "json", "--debug", *arguments],
            cwd=self.folder,
            # The history stands in the folder, not where this machine keeps its own.
            env={**os.environ, "STATE_DIRECTORY": self.folder, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for raw in self.process.stderr:
            try:
                line = json.loads(raw)
            except ValueError:
                line = {"level": "not json", "msg": raw.decode("utf-8", "replace").rstrip("\n")}
            with self.arrived:
                self.lines.append(line)
                self.arrived.notify_all()
        with self.arrived:
            self.ended = True
            self.arrived.notify_all()

    def wait_for(self, wanted, count=1, after=0, deadline=DEADLINE):
        """Waits until `count` log lines after position `after` satisfy `wanted`, a function or a dict of
        field -> value or compiled pattern. Returns the last of them."""
        matches = wanted if callable(wanted) else lambda line: fits(line, wanted)
        until = time.monotonic() + deadline
        found = 0
        seen = after
        while True:
            with self.arrived:
                while seen >= len(self.lines):
                    left = until - time.monotonic()
                    if left <= 0 or self.ended:
                        state = "the daemon ended" if self.ended else f"{deadline} s passed"
                        raise Failure(f"{state}; {found} of {count} lines are like {wanted}\n{self.log()}")
                    self.arrived.wait(left)
                fresh = self.lines[seen:]
            for line in fresh:
                seen += 1
                found += matches(line)
                if found == count:
                    return line

    def all(self, wanted):
        """The log lines so far that are like `wanted`."""
        with self.arrived:
            return [line for line in self.lines if fits(line, wanted)]

    def position(self):
        with self.arrived:
            return len(self.lines)

    def log(self, most=100):
        """The end of the log, for the words of a failure."""
        with self.arrived:
            left_out = [f"  ... {len(self.lines) - most} lines before"] if len(self.lines) > most else []
            return "\n".join(left_out + ["  " + json.dumps(line, ensure_ascii=False) for line in self.lines[-most:]])

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, deadline=DEADLINE):
        """Waits for the end and returns the exit code (negative: the signal that ended it)."""
        code = self.process.wait(deadline)
        self.reader.join(deadline)
        return code

    def stop(self):
        """Ends the daemon as systemd would; returns its exit code."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            # Twice: at once. A KILL would leave the running checks behind.
            self.signal(signal.SIGTERM)
            self.signal(signal.SIGINT)
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.wait()
        self.process.stdout.close()
        self.process.stderr.close()
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def fits(line, wanted):
    for field, value in wanted.items():
        text = line.get(field)
        if text is None:
            return False
        if isinstance(value, re.Pattern):
            if not value.search(text):
                return False
        elif text != value:
            return False
    return True


class HttpServer:
    """A real HTTP server on a free port of loopback that can be killed and brought back on the same port. Each
    request that arrives is put into `requests` as (method, path, headers, body)."""

    def __init__(self, port=0, status=200, answer=b"ok\n"):
        self.requests = queue.Queue()
        self.status = status
        self.answer = answer
        self.port = port
        self.server = None
        self.start()

    def start(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def serve(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.requests.put((self.command, self.path, dict(self.headers), body))
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(outer.answer)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(outer.answer)

            do_GET = do_POST = do_HEAD = serve

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            # A killed server's port is free again at once.
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def kill(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def next(self, deadline=DEADLINE):
        """The next request that arrived."""
        try:
            return self.requests.get(timeout=deadline)
        except queue.Empty:
            raise Failure(f"no request arrived in {deadline} s") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


def run(binary, *arguments, config=None, env=None, cwd=None, stdin=None, deadline=DEADLINE):
    """Runs a subcommand to its end; with `config`, in a new folder where it is minitor.yml."""
    folder = tempfile.mkdtemp(prefix="minitor-test-")
    try:
        if config is not None:
            mode = "wb" if isinstance(config, bytes) else "w"
            with open(os.path.join(folder, "minitor.yml"), mode) as file:
                file.write(config)
        return subprocess.run(
            [binary, *arguments],
            cwd=cwd or folder,
            env={**os.environ, **(env or {})},
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=deadline,
            check=False,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check(condition, *what):
    if not condition:
        raise Failure(" ".join(str(part) for part in what))


def equal(got, expected, what=""):
    check(got == expected, f"{what}\n  got      {got!r}\n  expected {expected!r}")


def wait_until(condition, what):
    """For what another program does beside the log."""
    until = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > until:
            raise Failure(f"never came: {what}")
        time.sleep(0.02)


def processes_with(marker):
    """The pids of living processes (no zombies) whose command line or environment holds `marker`."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                    continue
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                text = file.read()
            with open(f"/proc/{pid}/environ", "rb") as file:
                text += file.read()
        except OSError:
            continue
        if marker.encode() in text and int(pid) != os.getpid():
            found.append(int(pid))
    return found


def main(*tests):
    """Runs the tests of a case: `CASE.py /path/to/minitor [name...]`; exits by the result."""
    binary = os.path.abspath(sys.argv[1])
    chosen = sys.argv[2:]
    failed = 0
    for test in tests:
        if chosen and test.__name__ not in chosen:
            continue
        began = time.monotonic()
        try:
            test(binary)
            print(f"passed  {test.__name__}  {time.monotonic() - began:.1f} s", flush=True)
        except (Failure, subprocess.TimeoutExpired) as failure:
            failed += 1
            print(f"FAILED  {test.__name__}: {failure}", flush=True)
    sys.exit(1 if failed else 0)
