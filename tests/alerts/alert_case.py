"""What the tests of the alert commands share: notices, receivers on loopback that behave as they are told, and a run of
one command with nothing of our own environment.

A receiver looks for the secrets in every command line of the machine while a request is in its hands.
"""

import contextlib
import email.utils
import http.server
import json
import os
import queue
import shutil
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from free_port import free_port  # noqa: E402

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
ALERTS = os.environ.get("MINITOR_ALERTS_UNDER_TEST", os.path.join(ROOT, "alerts"))
DEADLINE = 60
# What a command waits for an answer in these tests; a limit, not a pace, but for the receiver that hangs.
SECONDS = "10"

DELIVERED, LATER, NEVER = 0, 75, 78


class Failure(Exception):
    """A test did not see what it should have seen."""


def check(condition, *what):
    if not condition:
        raise Failure(" ".join(str(part) for part in what))


def equal(got, expected, what=""):
    check(got == expected, f"{what}\n  got      {got!r}\n  expected {expected!r}")


def notice(kind="problem", **changes):
    """A notice as minitor writes it."""
    made = {
        "notice_id": f"0123456789ab-n{7 if kind == 'problem' else 8}", "incident_id": "0123456789ab-i3", "kind": kind,
        "status": "up" if kind in ("recovery", "test") else "down", "monitor": "web shop", "description": "ask Eve",
        "group": "front", "alert": "chat", "message": "web shop check has failed 3 times",
        "reason": "failed 3 times in a row (alert_after: 3)", "verdict": "failure", "outcome": "exit 7",
        "output": "curl: (7) Failed to connect to shop.example port 443\n", "alert_count": 1, "failure_count": 3,
        "time": "2026-11-21T14:05:10+01:00", "first_failure": "2026-11-21T14:02:10+01:00",
        "last_success": "2026-11-21T14:01:10+01:00", "duration_seconds": 180, "labels": {"team": "storage"},
    }
    if kind == "recovery":
        made.update(message="web shop check is up again!", outcome="exit 0", output="all is well\n", verdict="ok")
    made.update(changes)
    return made


# Each of these once broke something, somewhere. The bytes are what stands on stdin.
HOSTILE = {
    "quotes": json.dumps(notice(monitor="a\"b'c`d\\e", output="\"; rm -rf / #'\n")).encode(),
    "shell": json.dumps(notice(monitor="$(touch pwned) `touch pwned` ${HOME}", output="$(touch pwned)\n%s%n\n")).encode(),
    "newlines": json.dumps(notice(monitor="x\r\nBcc: evil@example.org\r\n\r\nbody", alert="a\nb", reason="r\r\n.\r\n",
                                  outcome="o\nX-Evil: 1", notice_id="n\r\nX-Evil: 1", incident_id="i>\r\nX-Evil: 1")).encode(),
    "10 kB": json.dumps(notice(monitor="m" * 10_000, output="w" * 10_000, reason="r" * 10_000, group="g" * 10_000,
                               description="d" * 10_000, outcome="o" * 10_000)).encode(),
    "10 kB of emoji": json.dumps(notice(monitor="🦊" * 3_000, output="🦊" * 3_000, reason="ß" * 5_000), ensure_ascii=False).encode(),
    "2,000 lines": json.dumps(notice(output="\n".join(f"line {i}" for i in range(2000)))).encode(),
    "spaces": json.dumps(notice(output=" " * 10_000 + "x", monitor=" \t ")).encode(),
    "invalid UTF-8": json.dumps(notice(output="@@", monitor="@@")).encode().replace(b"@@", b"\xff\xfe\xc3("),
    "escapes": json.dumps(notice(output="\x1b[31mred\x1b]0;title\x07\x00\x08\u202eevil\u2066\n", monitor="\x1b[2Jx")).encode(),
    "an open escape": json.dumps(notice(output="\x1b]0;never closed\nbut the next line is read\n")).encode(),
    "mentions": json.dumps(notice(monitor="@everyone <!channel> <@123> [x](http://e)", output="@here <!here>\n```\n@everyone")).encode(),
    "markup": json.dumps(notice(monitor="=?UTF-8?B?SGk=?=", output="<b>&amp;</b> *bold* _it_ ```\n")).encode(),
    "options": json.dumps(notice(monitor="--help", output="-rf\n@/etc/passwd\n")).encode(),
    "a file": json.dumps(notice(monitor="@/etc/passwd", output="@/etc/passwd")).encode(),
    "wrong types": json.dumps(notice(monitor=["a", {"b": 1}], output=7, labels="none", failure_count="many", duration_seconds="x",
                                     time=None, first_failure=12, group={"a": 1}, reason=False)).encode(),
    "nothing but a name": b'{"kind": "problem", "monitor": "bare"}',
    "dots": json.dumps(notice(output=".\n..\n.\n", monitor=".")).encode(),
}


class Run:
    """One run of a command: its exit code and lines."""

    def __init__(self, command, *arguments, stdin=None, env=None, folder=None):
        own = folder is None
        folder = folder or tempfile.mkdtemp(prefix="minitor-alerts-")
        if isinstance(stdin, dict):
            stdin = json.dumps(stdin).encode()
        try:
            done = subprocess.run(
                [os.path.join(ALERTS, command), *arguments], input=notice_bytes() if stdin is None else stdin,
                env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": folder, "MINITOR_STATE": os.path.join(folder, "state"),
                     "ALERT_SECONDS": SECONDS, **(env or {})},
                cwd=folder, capture_output=True, timeout=DEADLINE, check=False,
            )
            self.left = [name for name in os.listdir(folder) if name != "state"]
        finally:
            if own:
                shutil.rmtree(folder, ignore_errors=True)
        self.code = done.returncode
        self.text = (done.stdout + done.stderr).decode("utf-8", "replace")
        self.lines = self.text.splitlines()

    def expect(self, code, words="", what=""):
        check(self.code == code, f"{what}: exit {self.code}, not {code}: {self.text}")
        check(words in self.text, f"{what}: no {words!r} in {self.text!r}")
        said = [line for line in self.lines if not line.startswith("retry-after: ")]
        check(len(said) == 1, f"{what}: one line says what happened, not {self.text!r}")
        check(not self.left, f"{what}: left behind: {self.left}")
        return self

    @property
    def retry_after(self):
        last = self.lines[-1] if self.lines else ""
        return int(last.split(": ")[1]) if last.startswith("retry-after: ") else None


def notice_bytes():
    return json.dumps(notice()).encode()


def shown_to_others(secrets):
    """The command lines of this machine that hold one of these secrets."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                line = file.read()
            if int(pid) != os.getpid() and any(secret.encode() in line for secret in secrets):
                found.append(line)
    return found


class Receiver:
    """An HTTP server that answers as it is told: `behave` is a function of the handler and the body."""

    def __init__(self, secrets=()):
        self.requests = queue.Queue()
        self.behave = answer(200, b"ok")
        self.leaks = []
        self.over = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def serve(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.leaks += shown_to_others(secrets)
                outer.requests.put((self.command, self.path, self.headers, body))
                self.close_connection = True
                outer.behave(self, outer)

            do_POST = do_PUT = do_GET = do_PATCH = serve

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}{path}"

    def next(self):
        """The request that arrived: method, path, headers, body."""
        try:
            return self.requests.get(timeout=DEADLINE)
        except queue.Empty:
            raise Failure("no request arrived") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


def answer(status, body=b"", **headers):
    def behave(handler, _):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def hangs(_, receiver):
    receiver.over.wait(DEADLINE)


def resets(handler, _):
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def closes(handler, _):
    handler.connection.shutdown(socket.SHUT_RDWR)


def garbage(handler, _):
    handler.wfile.write(b"\x00\xff\x1b[2J not HTTP at all\n" * 10)


def endless(handler, receiver):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    with contextlib.suppress(OSError):
        while not receiver.over.is_set():
            handler.wfile.write(b"x" * 65536)


def closed_port():
    return free_port()


def in_ten_seconds():
    return email.utils.formatdate(time.time() + 10, usegmt=True)


class RawServer:
    """A TCP server on loopback whose every connection is handed to `serve(connection, over)`."""

    def __init__(self, serve):
        over = threading.Event()
        self.over = over

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError):
                    serve(self.request, over)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


def units(text):
    """UTF-16 units, which is how chat services count at most."""
    return len(text.encode("utf-16-le")) // 2


def clean(text, what):
    bad = [character for character in text if (ord(character) < 32 and character != "\n") or character in "\x7f\u202e\u2066\ufeff"]
    check(not bad, f"{what}: control characters {bad!r}")


def needs(name, **wanted):
    for program in wanted.get("programs", ()):
        if not shutil.which(program):
            print(f"skipped: {name}: needs {program}")
            sys.exit(77)
    for module in wanted.get("modules", ()):
        try:
            __import__(module)
        except ImportError:
            print(f"skipped: {name}: needs the Python module {module}")
            sys.exit(77)


def main(*tests):
    """Runs these tests, or those that are named; exits by the result."""
    chosen = [word for word in sys.argv[1:] if not word.startswith("/")]
    failed = 0
    unknown = set(chosen) - {test.__name__ for test in tests}
    check(not unknown, f"no such test: {unknown}")
    for test in tests:
        if chosen and test.__name__ not in chosen:
            continue
        began = time.monotonic()
        try:
            test()
            print(f"passed  {test.__name__}  {time.monotonic() - began:.1f} s", flush=True)
        except (Failure, subprocess.TimeoutExpired) as failure:
            failed += 1
            print(f"FAILED  {test.__name__}: {failure}", flush=True)
    sys.exit(1 if failed else 0)
