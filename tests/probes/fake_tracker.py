"""A UDP tracker for tests: scripted per request, hostile if asked, on loopback and free ports.

A behaviour is a function (tracker, request) that sends what it likes with request.reply() and its
relations. Everything received is kept in tracker.requests for the test to look at.
"""
import os
import socket
import struct
import sys
import threading
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from free_port import free_port  # noqa: E402,F401

MAGIC = 0x41727101980
CID = 0x50EDEEA2E97A77CE


class Request:
    def __init__(self, tracker, data, source):
        self.tracker, self.data, self.source = tracker, data, source
        self.at = time.monotonic()
        self.cid, self.action, self.tid = struct.unpack(">QII", data[:16]) if len(data) >= 16 else (0, 99, 0)
        self.event = self.left = self.num_want = self.port = self.key = self.ip = None
        self.info_hash = self.peer_id = b""
        self.tail = data[98:]
        if self.action == 1 and len(data) >= 98:
            self.info_hash, self.peer_id = data[16:36], data[36:56]
            (self.downloaded, self.left, self.uploaded, self.event, self.ip, self.key, self.num_want,
             self.port) = struct.unpack(">QQQIIIiH", data[56:98])

    @property
    def name(self):
        return {0: "connect", 1: "announce", 2: "scrape"}.get(self.action, "other")

    def reply(self, data, delay=0, sock=None):
        sock = sock or self.tracker.sock
        if delay:
            threading.Timer(delay, lambda: self.tracker.send(sock, data, self.source)).start()
        else:
            self.tracker.send(sock, data, self.source)

    def connect_reply(self, cid=None, tid=None, extra=b""):
        return struct.pack(">IIQ", 0, self.tid if tid is None else tid,
                           self.tracker.cid if cid is None else cid) + extra

    def announce_reply(self, interval=1897, leechers=1, seeders=0, peers=b"", tid=None):
        return struct.pack(">IIIII", 1, self.tid if tid is None else tid, interval, leechers, seeders) + peers

    def scrape_reply(self, seeders=0, completed=0, leechers=1):
        return struct.pack(">IIIII", 2, self.tid, seeders, completed, leechers)

    def error_reply(self, text, action=3, tid=None):
        return struct.pack(">II", action, self.tid if tid is None else tid) + text


class FakeTracker:
    """Answers like opentracker unless a behaviour says otherwise."""

    def __init__(self, behaviour=None, host="127.0.0.1", port=0):
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.socket(self.family, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.sock.bind((host, port))
        self.host, self.port = host, self.sock.getsockname()[1]
        self.behaviour = behaviour or normal
        self.received = []
        self.mark = os.urandom(16)
        self.seen_mark = threading.Event()
        self.swarm = {}
        self.cid = CID
        self.state = {}
        self.closing = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @property
    def url(self):
        host = "[%s]" % self.host if ":" in self.host else self.host
        return "udp://%s:%d/announce" % (host, self.port)

    def send(self, sock, data, to):
        try:
            sock.sendto(data, to)
        except OSError:
            pass

    def run(self):
        self.sock.settimeout(0.05)
        while not self.closing:
            try:
                data, source = self.sock.recvfrom(65536)
            except socket.timeout:
                continue
            except OSError:
                return
            if data == self.mark:
                self.seen_mark.set()
                continue
            request = Request(self, data, source)
            self.received.append(request)
            self.behaviour(self, request)

    @property
    def requests(self):
        """All that was sent here before this call: a probe that has ended may have sent what is not yet read."""
        if not self.closing and threading.current_thread() is not self.thread:
            self.seen_mark.clear()
            with socket.socket(self.family, socket.SOCK_DGRAM) as own:
                self.send(own, self.mark, (self.host, self.port))
            self.seen_mark.wait(2)  # a behaviour may be slow by intent
        return self.received

    def named(self, name):
        return [r for r in self.requests if r.name == name]

    def events(self):
        return [r.event for r in self.named("announce")]

    def close(self):
        self.closing = True
        self.thread.join()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def peers_of(self, request):
        """Compact list of the swarm, itself included, as opentracker gives it."""
        peers = self.swarm.setdefault(request.info_hash, {})
        address = socket.inet_pton(self.family, request.source[0])
        entry = address + struct.pack(">H", request.port)
        if request.event == 3:
            peers.pop(entry, None)
        else:
            peers[entry] = request.left
        return peers


def normal(tracker, request):
    """What a healthy tracker does."""
    if request.name == "connect":
        request.reply(request.connect_reply())
    elif request.name == "announce":
        if request.cid != tracker.cid:
            request.reply(request.error_reply(b"Connection ID missmatch.\0"))
            return
        peers = tracker.peers_of(request)
        listed = b"".join(list(peers)[: max(request.num_want, 0) or None])
        request.reply(request.announce_reply(leechers=len(peers), peers=b"" if request.event == 3 else listed))
    elif request.name == "scrape":
        peers = tracker.swarm.get(request.data[16:36], {})
        request.reply(request.scrape_reply(leechers=len(peers)))


def silent(tracker, request):
    """A black hole."""


def on(name, action):
    """Does `action` for one kind of request and is healthy otherwise."""
    def behaviour(tracker, request):
        if request.name == name:
            action(tracker, request)
        else:
            normal(tracker, request)
    return behaviour


def drop(name, count):
    """Drops the first `count` requests of a kind."""
    def behaviour(tracker, request):
        seen = tracker.state[name] = tracker.state.get(name, 0) + 1 if request.name == name else tracker.state.get(name, 0)
        if request.name == name and seen <= count:
            return
        normal(tracker, request)
    return behaviour


def random_bytes(count):
    return os.urandom(count)
