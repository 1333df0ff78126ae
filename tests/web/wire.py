"""What the tests of the wire share: a running web_server, raw sockets, and a reader of responses.

Every wait has a deadline, generous for a slow machine; none is there to let time pass.
"""

import os
import resource
import socket
import struct
import subprocess
import sys
import unittest

DEADLINE = 60


class Server:
    """One web_server with its own limits, on a port that was free."""

    def __init__(self, max_files=None, **limits):
        self.process = subprocess.Popen(
            [sys.argv[1], *(f"{name}={value}" for name, value in limits.items())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # What is freed is to be seen as freed, with AddressSanitizer too.
            env={**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"},
        )
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.stderr.read().decode())
        self.port = int(line)
        if max_files:
            resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, (max_files, max_files))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """The server must have lived through the test, and ends when told, having leaked nothing."""
        _, errors = self.process.communicate(b"", timeout=DEADLINE)
        if (self.process.returncode, errors) != (0, b"stopped\n"):
            raise AssertionError(f"exit {self.process.returncode}\n{errors.decode()}")

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def connect(self, receive_buffer=None):
        client = socket.socket()
        client.settimeout(DEADLINE)
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.connect(("127.0.0.1", self.port))
        return Client(client)

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="utf-8") as file:
            return int(file.read().split()[1]) * resource.getpagesize()


class Client:
    def __init__(self, connected):
        self.socket = connected
        self.stream = connected.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())
        return self

    def get(self, path, method="GET"):
        """As response()."""
        try:
            self.send(f"{method} {path} HTTP/1.1\r\nHost: h\r\n\r\n")
        except ConnectionError:
            return None
        return self.response(method)

    def response(self, method="GET"):
        """(status, {header: value}, body), or None when the server has closed."""
        try:
            status = self.stream.readline()
            if not status:
                return None
            headers = {}
            while (line := self.stream.readline().rstrip(b"\r\n")) != b"":
                name, _, value = line.decode().partition(": ")
                headers[name.lower()] = value
            length = 0 if method == "HEAD" else int(headers.get("content-length", 0))
            return int(status.split()[1]), headers, self.stream.read(length)
        except ConnectionError:
            return None

    def closed(self):
        """Waits for the end; False when something else comes first."""
        try:
            return self.stream.read(1) == b""
        except ConnectionError:
            return True

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.close()
        self.socket.close()


def allow_many_files():
    """As many as this process may have; returns the number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def skip(why):
    print(f"skipped: {why}", flush=True)
    raise SystemExit(77)


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
