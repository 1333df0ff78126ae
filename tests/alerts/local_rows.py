"""syslog against real sockets, and apprise with a real service behind it."""

import json
import os
import queue
import re
import socket
import subprocess
import tempfile
import threading

from alert_case import (
    ALERTS, DEADLINE, DELIVERED, HOSTILE, LATER, NEVER, Receiver, Run, answer, check, closed_port, equal, main, needs, notice,
)


class Datagrams:
    """A socket that keeps what arrives."""

    def __init__(self, family, address):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(DEADLINE)

    def next(self):
        return self.socket.recv(65536)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def syslog_of_this_machine():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log")
        with Datagrams(socket.AF_UNIX, path) as log:
            Run("syslog", "--socket", path).expect(DELIVERED, "daemon.err")
            line = log.next()
            check(line.startswith(b"<27>") and b"minitor" in line, line)  # daemon, err
            check(line.endswith(b"web shop is down: exit 7: curl: (7) Failed to connect to shop.example port 443"), line)
            Run("syslog", "--socket", path, "--facility", "local3", stdin=notice("recovery")).expect(DELIVERED, "local3.notice")
            line = log.next()
            check(line.startswith(b"<157>") and b"web shop is up again after 3 minutes" in line, line)
            for name, stdin in HOSTILE.items():
                Run("syslog", "--socket", path, stdin=stdin).expect(DELIVERED, "", name)
                line = log.next()
                check(len(line) <= 1024 and b"\n" not in line and not re.search(rb"[\x00-\x1f\x7f]", line), name, line)
                line.decode()  # cut between characters
        Run("syslog", "--socket", path).expect(LATER, "")


def syslog_of_a_server():
    with Datagrams(socket.AF_INET, ("127.0.0.1", 0)) as log:
        port = str(log.socket.getsockname()[1])
        Run("syslog", "--server", "127.0.0.1", "--port", port).expect(DELIVERED)
        check(b"web shop is down" in log.next(), "over UDP")
    lines = queue.Queue()
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        connection, _ = listener.accept()
        with connection:
            lines.put(b"".join(iter(lambda: connection.recv(4096), b"")))

    threading.Thread(target=accept, daemon=True).start()
    port = str(listener.getsockname()[1])
    Run("syslog", "--server", "127.0.0.1", "--port", port, "--protocol", "tcp").expect(DELIVERED)
    check(b"web shop is down" in lines.get(timeout=DEADLINE), "over TCP")
    listener.close()
    Run("syslog", "--server", "127.0.0.1", "--port", str(closed_port()), "--protocol", "tcp").expect(LATER)
    Run("syslog", "--server", "nowhere.invalid").expect(LATER)
    for given in (["--port", "x"], ["--protocol", "ip"], ["--facility", "a b"], ["--nonsense", "1"]):
        Run("syslog", *given).expect(NEVER, given[0])


def apprise_tells():
    if not os.path.exists("/usr/bin/apprise"):
        print("skipped: alerts-local: needs apprise")
        return
    with Receiver(["s3cret"]) as receiver, tempfile.TemporaryDirectory() as folder:
        url = f"json://me:s3cret@127.0.0.1:{receiver.port}/path"
        receiver.behave = answer(200, b"ok")
        for kind, type_ in (("problem", "failure"), ("recovery", "success"), ("test", "info")):
            Run("apprise", env={"APPRISE_URLS": url}, stdin=notice(kind)).expect(DELIVERED)
            body = receiver.next()[3].decode()
            check(f'"type": "{type_}"' in body, body)
        for name in ("shell", "newlines", "options", "10 kB", "invalid UTF-8", "quotes"):
            Run("apprise", env={"APPRISE_URLS": url}, stdin=HOSTILE[name], folder=folder).expect(DELIVERED, "", name)
            check("pwned" not in os.listdir(folder), name)
        check(not receiver.leaks, receiver.leaks)
        with open(os.path.join(folder, "urls"), "w", encoding="utf-8") as file:
            file.write(f"# mine\n{url}\n")
        equal(receiver.requests.qsize(), 6)
        receiver.behave = answer(500)
        run = Run("apprise", "--urls-file", file.name).expect(LATER)
        check("s3cret" not in run.text, run.text)
        Run("apprise", env={"APPRISE_URLS": "nonsense://x"}).expect(NEVER)
        Run("apprise").expect(NEVER, "missing")
        Run("apprise", "--urls-file", "/no/such").expect(NEVER, "/no/such")
        Run("apprise", env={"APPRISE_URLS": url, "APPRISE_PROGRAM": "/no/such"}).expect(LATER, "not installed")


def a_full_disk_can_be_told_of():
    with Receiver() as receiver, tempfile.TemporaryDirectory() as folder:
        receiver.behave = answer(200)
        Run("webhook", "--url", receiver.url(), env={"TMPDIR": "/no/such/folder"}).expect(DELIVERED)
        receiver.next()
        if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode != 0:
            print("skipped: alerts-local: needs root and namespaces for a disk that is full")
            return
        full = 'mount -t tmpfs -o size=8k full "$0" && { cat /dev/zero >"$0/zeros"; cd /; exec "$@"; } 2>/dev/null'
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", full, folder, os.path.join(ALERTS, "webhook"), "--url",
             receiver.url()], input=json.dumps(notice()).encode(), env={"PATH": os.environ["PATH"], "TMPDIR": folder},
            capture_output=True, timeout=DEADLINE, check=False)
        equal(done.returncode, DELIVERED, done.stdout)
        receiver.next()
        equal([name for name in os.listdir("/dev/shm") if name.startswith("minitor-webhook")], [])


def the_ten_lines_of_the_readme_work():
    with open(os.path.join(ALERTS, "README.md"), encoding="utf-8") as file:
        script = re.search(r"```sh\n(#!/bin/sh\n.*?)```", file.read(), re.S)[1]
    with Receiver() as receiver, tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pager")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        os.chmod(path, 0o755)
        for behave, code in ((answer(200), DELIVERED), (answer(429), LATER), (answer(503), LATER), (answer(404), NEVER)):
            receiver.behave = behave
            Run(path, env={"PAGER_URL": receiver.url()}).expect(code)
            equal(receiver.next()[3], b"web shop is down: curl: (7) Failed to connect to shop.example port 443  ")


if __name__ == "__main__":
    needs("alerts-local", programs=["logger", "jq"])
    main(syslog_of_this_machine, syslog_of_a_server, apprise_tells, a_full_disk_can_be_told_of, the_ten_lines_of_the_readme_work)
