"""Servers that do what a test tells them: HTTP, HTTPS and WebSocket, hostile ones included.

Each listens on a port of the kernel's choice and handles every connection in a thread of its own, so
tests run in parallel. Nothing here knows the probe."""

import base64
import hashlib
import socket
import ssl
import struct
import threading
from urllib.parse import unquote_to_bytes, urlsplit


class Request:
    """The head of one request as it came."""

    def __init__(self, head):
        self.head = head
        lines = head.decode("latin-1").split("\r\n")
        self.line = lines[0]
        self.method, self.target, self.version = (lines[0].split(" ") + ["", "", ""])[:3]
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.path, _, self.query_text = self.target.partition("?")
        self.pairs = [pair.partition("=")[::2] for pair in self.query_text.split("&") if pair]
        self.query = {key: unquote_to_bytes(value) for key, value in self.pairs}

    @property
    def event(self):
        return self.query.get("event", b"").decode()


class Server:
    """Calls `handler(connection, request, number)` for each request; the connection stays open as long as
    the handler returns True. Without `reads_request` it is called at once, with no request."""

    def __init__(self, handler, host="127.0.0.1", tls=None, reads_request=True, port=0):
        self.handler = handler
        self.tls = tls
        self.reads_request = reads_request
        self.requests = []
        self.connections = 0
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, port))
        self.listener.listen(64)
        self.host = "[%s]" % host if ":" in host else host
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.listener.close()

    def url(self, path="/announce", scheme=None, host=None):
        scheme = scheme or ("https" if self.tls else "http")
        return "%s://%s:%d%s" % (scheme, host or self.host, self.port, path)

    def _accept(self):
        while not self.stopping.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            if not self.reads_request:
                self.handler(connection, None, 0)
                return
            data = b""
            while not self.stopping.is_set():
                while b"\r\n\r\n" not in data:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    data += piece
                head, _, data = data.partition(b"\r\n\r\n")
                request = Request(head)
                with self.lock:
                    number = len(self.requests)
                    self.requests.append(request)
                if not self.handler(connection, request, number):
                    return
        except (OSError, ssl.SSLError, ValueError):
            pass
        finally:
            try:
                connection.close()
            except OSError:
                pass

    def wait_requests(self, count, seconds=10.0):
        """Waits until so many requests have come; returns those there are."""
        return wait_until(lambda: self.requests if len(self.requests) >= count else None,
                          seconds) or self.requests


def wait_until(condition, seconds=10.0):
    event = threading.Event()
    for _ in range(int(seconds / 0.01)):
        found = condition()
        if found:
            return found
        event.wait(0.01)
    return condition()


def response(body=b"", status="200 OK", headers=(), length=True, version="HTTP/1.1"):
    out = ["%s %s" % (version, status)] + list(headers)
    if length:
        out.append("Content-Length: %d" % len(body))
    return ("\r\n".join(out) + "\r\n\r\n").encode("latin-1") + body


def answers(*bodies, **options):
    """A handler that gives these bodies in turn, the last one for ever, and keeps the connection."""
    def handler(connection, _request, number):
        connection.sendall(response(bodies[min(number, len(bodies) - 1)], **options))
        return True
    return handler


def sends(data, close=True):
    """A handler that sends raw bytes."""
    def handler(connection, _request, _number):
        connection.sendall(data)
        return not close
    return handler


def hangs(server_stops):
    """A handler that says nothing until the test is over."""
    def handler(_connection, _request, _number):
        server_stops.wait(20)
        return False
    return handler


def reset(connection):
    """Closes with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def closed_port(host="127.0.0.1"):
    """A port on which nobody listens: bound, so that nobody else takes it, and not listening."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    holder = socket.socket(family, socket.SOCK_STREAM)
    holder.bind((host, 0))
    return holder, holder.getsockname()[1]


# WebSocket, by hand: a library would not let us send wrong frames.

def accept_key(key):
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    return base64.b64encode(digest).decode()


def upgrade(connection, request, accept=None):
    accept = accept or accept_key(request.headers["sec-websocket-key"])
    connection.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n" % accept).encode())


def frame(payload=b"", opcode=1, fin=True, masked=False, rsv=0, length=None):
    head = bytes([(0x80 if fin else 0) | rsv | opcode])
    size = len(payload) if length is None else length
    mask = 0x80 if masked else 0
    if size < 126:
        head += bytes([mask | size])
    elif size < 65536:
        head += bytes([mask | 126]) + struct.pack(">H", size)
    else:
        head += bytes([mask | 127]) + struct.pack(">Q", size)
    if masked:
        return head + b"\0\0\0\0" + payload
    return head + payload


def read_frame(connection):
    """(opcode, payload, whether it was masked) of the next frame."""
    def exactly(count):
        out = b""
        while len(out) < count:
            piece = connection.recv(count - len(out))
            if not piece:
                raise OSError("closed")
            out += piece
        return out
    first, second = exactly(2)
    size = second & 0x7F
    if size == 126:
        size = struct.unpack(">H", exactly(2))[0]
    elif size == 127:
        size = struct.unpack(">Q", exactly(8))[0]
    masked = bool(second & 0x80)
    mask = exactly(4) if masked else b"\0\0\0\0"
    payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(exactly(size)))
    return first & 0x0F, payload, masked


def host_of(url):
    return urlsplit(url).hostname
