"""Servers of a few lines each on loopback: what a connection gets is said by a function, which may be hostile."""

import os
import socket
import struct
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "checks"))
sys.path.insert(0, os.path.join(HERE, "..", "probes-http"))

PATIENCE = 60


class Server:
    """Accepts for ever; `act(connection)` runs in a thread for each. With `tls` after a handshake."""

    def __init__(self, act, tls=None, family=socket.AF_INET, port=0, address=None):
        self.act, self.tls = act, tls
        self.listener = socket.socket(family)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address or ("127.0.0.1" if family == socket.AF_INET else "::1"), port))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(PATIENCE)
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self.act(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def close(self):
        # Also out of the accept() that another thread waits in.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def request(connection):
    """The head of a request, and its body as far as its length says."""
    text = b""
    while b"\r\n\r\n" not in text:
        piece = connection.recv(65536)
        if not piece:
            return text
        text += piece
    head, body = text.split(b"\r\n\r\n", 1)
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            while len(body) < int(line.split(b":")[1]):
                body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def says(reply):
    """Answers every request with these bytes, then closes."""

    def act(connection):
        request(connection)
        connection.sendall(reply)

    return act


def ok(body=b"hello", *headers, status=b"200 OK"):
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def resets(connection):
    request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def stalls(connection):
    while connection.recv(65536):
        pass


def endless(start, piece):
    def act(connection):
        request(connection)
        connection.sendall(start)
        while True:
            connection.sendall(piece)

    return act
