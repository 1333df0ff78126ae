"""Rows 69 to 74, 80, 99 and 15 once more, stage by stage: a tracker that stalls, drips, resets or floods at any
point of the way, over each of the four schemes, gets the verdict of that stage within the deadline and in bounded
memory."""

import concurrent.futures
import json
import os
import signal
import socket
import subprocess
import threading
import time

import harness
import scripted
from harness import critical, interrupted, main, ok, probe, row, stops_follow, whole_program, within
from http_rows import H1, H3, answers, response
from scripted import Server, frame, read_frame, upgrade, wait_until
from tls_rows import Folder

TIMEOUT = 1.5
# Who floods and who is flooded share two cores; that it is too much is to be seen before the time is up.
FLOOD_TIMEOUT = 6
HEADER = b"HTTP/1.1 200 OK\r\nContent-Length: 55\r\n\r\n"
# The record of a ServerHello that never comes whole.
HALF_HELLO = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + b"\x55" * 60
MEMORY_KIB = 40 * 1024


def in_parallel(*calls):
    """Calls that wait for deadlines wait together, a few at a time."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        for done in [pool.submit(call) for call in calls]:
            done.result()


class Stages:
    """Servers that behave until a point and then do `what` with the connection."""

    def __init__(self, what, authority):
        self.what = what
        self.context = authority.server()
        self.trusted = authority.file

    def at_tcp(self, connection, _request, _number):
        self.what(connection, b"")
        return False

    def at_header(self, connection, _request, _number):
        self.what(connection, b"HTTP/1.1 200 OK\r\nX-Slow: ")
        return False

    def at_body(self, connection, _request, _number):
        connection.sendall(HEADER)
        self.what(connection, b"d8:com")
        return False

    def at_upgrade(self, connection, _request, _number):
        self.what(connection, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: ")
        return False

    def at_message(self, connection, request, _number):
        upgrade(connection, request)
        read_frame(connection)
        self.what(connection, frame(b'{"action":"announce"' + b" " * 60000)[:40000])
        return False

    def check(self, handler, scheme, code, text, half=b"", **options):
        secure = scheme in ("https", "wss") and options.pop("secure", True)
        if half:
            def handler(connection, _request, _number):
                connection.recv(65536)
                self.what(connection, half)
        with Server(handler, tls=self.context if secure else None, **options) as server:
            result = probe(server.url("/announce", scheme=scheme), timeout=TIMEOUT, cacert=self.trusted)
            critical(result, code, text)
            within(result, TIMEOUT)
            if not os.environ.get("PROBE_SANITIZED"):
                assert result.peak_kib < MEMORY_KIB, "%d KiB" % result.peak_kib

    def check_all(self, tls, header, body, upgrading, message):
        """Expected code and words for each stage, both kinds of connection."""
        calls = [lambda s=s: self.check(None, s, *tls, half=HALF_HELLO, secure=False, reads_request=False)
                 for s in ("https", "wss")]
        for scheme in ("http", "https"):
            calls += [lambda s=scheme: self.check(self.at_header, s, *header),
                      lambda s=scheme: self.check(self.at_body, s, *body)]
        for scheme in ("ws", "wss"):
            calls += [lambda s=scheme: self.check(self.at_upgrade, s, *upgrading),
                      lambda s=scheme: self.check(self.at_message, s, *message)]
        in_parallel(*calls)


@row(73, "stalls_at_every_stage")
def _():
    stop = threading.Event()

    def stall(connection, first):
        connection.sendall(first)
        stop.wait(10)
    with Folder() as authority:
        Stages(stall, authority).check_all(
            tls=("tls.timeout", "TCP connected but no TLS answer in "),
            header=("http.timeout", "HTTP: header not complete in "),
            body=("http.timeout", "body stalled after 6 of 55 bytes"),
            upgrading=("ws.timeout", "no answer to the WebSocket upgrade in "),
            message=("ws.timeout", "no reply to announce in "))
    stop.set()


@row(73, "one_byte_at_a_time")
def _():
    """Each byte that comes is a sign of life, and none of them moves the deadline."""
    stop = threading.Event()

    def drip(connection, first):
        connection.sendall(first)
        while not stop.wait(0.1):
            connection.sendall(b"1")
    with Folder() as authority:
        Stages(drip, authority).check_all(
            tls=("tls.timeout", "no TLS answer"), header=("http.timeout", "header not complete"),
            body=("http.timeout", "body stalled after "), upgrading=("ws.timeout", "WebSocket upgrade"),
            message=("ws.timeout", "no reply to announce"))
    stop.set()


@row(74, "resets_at_every_stage")
def _():
    def reset(connection, first):
        connection.sendall(first)
        threading.Event().wait(0.1)  # so that what was sent is read before the reset
        scripted.reset(connection)
    with Folder() as authority:
        Stages(reset, authority).check_all(
            tls=("tcp.reset", "connection reset during TLS"), header=("tcp.reset", "connection reset during request"),
            body=("tcp.reset", "connection reset during body"),
            upgrading=("tcp.reset", "connection reset during WebSocket upgrade"),
            message=("tcp.reset", "connection reset"))


@row(74, "closes_at_every_stage")
def _():
    def close(connection, first):
        connection.sendall(first)
    with Folder() as authority:
        Stages(close, authority).check_all(
            tls=("tls.handshake", "the server closed the connection"),
            header=("http.truncated", "connection closed inside the header (status 200)"),
            body=("http.truncated", "body ended after 6 of 55 bytes"),
            upgrading=("ws.upgrade", "server closed the connection during the WebSocket upgrade"),
            message=("ws.closed", "connection closed without a close frame"))


@row(73, "connect_stalls")
def _():
    """A full queue: the kernel drops our SYN and nobody says no."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        others = [socket.socket() for _ in range(3)]
        for other in others:
            other.setblocking(False)
            other.connect_ex(listener.getsockname())

        def check(scheme):
            result = probe("%s://127.0.0.1:%d/announce" % (scheme, listener.getsockname()[1]), timeout=TIMEOUT)
            critical(result, "tcp.timeout", "no TCP answer in ")
            within(result, TIMEOUT)
        in_parallel(*[lambda s=s: check(s) for s in ("http", "https", "ws", "wss")])
        for other in others:
            other.close()


@row(70, "floods_in_bounded_memory")
def _():
    """Whatever comes for as long as we listen, over TLS too; what it is called, and how much memory it took."""
    def flood(first, piece):
        def handler(connection, request, _number):
            if b"101 " in first:
                upgrade(connection, request)
                read_frame(connection)
            else:
                connection.sendall(first)
            while True:
                connection.sendall(piece)
        return handler
    upgraded = b"101 "
    table = [
        ("https", flood(b"HTTP/1.1 200 OK\r\n\r\n", b"d" * 65536), "http.too_big"),
        ("https", flood(b"HTTP/1.1 200 OK\r\n", b"X: %s\r\n" % (b"x" * 8000)), "http.too_big"),
        ("https", flood(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65536), "http.too_big"),
        ("http", flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nd\r\n" * 9000), "http.too_big"),
        ("http", flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * 65536), "http.timeout"),
        ("http", flood(b"", b"\0" * 65536), "http.protocol"),
        ("wss", flood(upgraded, frame(b" " * 60000, fin=False)), "ws.protocol"),
        ("wss", flood(upgraded, frame(b"", length=1 << 63)), "ws.protocol"),
        ("wss", flood(upgraded, frame(b"x" * 125, opcode=9)), "ws.protocol"),
        ("ws", flood(upgraded, frame(b"x" * 125, opcode=10)), "ws.protocol"),
    ]
    with Folder() as authority:
        def check(scheme, handler, code):
            context = authority.server() if scheme in ("https", "wss") else None
            with Server(handler, tls=context) as server:
                result = probe(server.url(scheme=scheme), timeout=FLOOD_TIMEOUT, cacert=authority.file)
                critical(result, code)
                within(result, FLOOD_TIMEOUT)
                if not os.environ.get("PROBE_SANITIZED"):
                    assert result.peak_kib < MEMORY_KIB, "%d KiB: %s" % (result.peak_kib, result)
        for line in table:
            check(*line)


@row(117, "isolation_http")
def _():
    """Hostile trackers in the same run leave a good one alone."""
    whole_program()
    stop = threading.Event()

    def silent(_connection, _request, _number):
        stop.wait(10)
        return False

    def endless(connection, _request, _number):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"d" * 65536)
    with Server(answers(H1, H3)) as good, Server(silent) as slow, Server(endless) as loud:
        urls = [good.url(), slow.url(), loud.url(), slow.url(scheme="ws"), loud.url(scheme="https"),
                good.url("/2/announce")]
        done = subprocess.run([harness.settings.probe, "bulk", "-t", "1500ms", "-o", "jsonl", "-4", "--per-host", "0"],
                              input="\n".join(urls).encode(), capture_output=True, timeout=30)
        states = [line.split(b'"state":"', 1)[1].split(b'"')[0] for line in done.stdout.splitlines()]
        assert states == [b"OK", b"CRITICAL", b"CRITICAL", b"CRITICAL", b"CRITICAL", b"OK"], done.stdout
    stop.set()


@row(119, "bulk_fd_limit")
def _():
    """Few descriptors make a run slower, not wrong."""
    whole_program()
    with Server(answers(H1, H3)) as server:
        urls = "".join(server.url("/%d/announce\n" % n) for n in range(300))
        words = [harness.settings.probe, "bulk", "-t", "20s", "-j", "512", "-o", "jsonl", "-4", "--per-host", "0"]
        done = subprocess.run(["sh", "-c", 'ulimit -n 64 && exec "$@"', "sh"] + words, input=urls.encode(),
                              capture_output=True, timeout=50)
        states = [json.loads(line)["state"] for line in done.stdout.splitlines()]
        assert states == ["OK"] * 300, (set(states), done.stdout[:2000], done.stderr)


@row(120, "bulk_sigint_http")
def _():
    """What is known when it is interrupted is printed whole, and the stops that are owed are sent."""
    whole_program()
    stop = threading.Event()

    def handler(connection, request, _number):
        if request.path.startswith("/slow") and request.event == "started":
            stop.wait(10)
            return False
        connection.sendall(response(H1))
        return True
    with Server(handler) as server:
        urls = [server.url("/1/announce"), server.url("/slow/announce"), server.url("/2/announce")]
        words = [harness.settings.probe, "bulk", "-t", "8s", "-o", "jsonl", "-4", "--per-host", "0", "-"]
        child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        child.stdin.write("\n".join(urls).encode())
        child.stdin.close()
        server.wait_requests(5)
        child.send_signal(signal.SIGINT)
        out = child.stdout.read()
        assert child.wait(10) == 3, child.returncode
        results = [json.loads(line) for line in out.splitlines()]
        assert sorted(r["target"] for r in results if r["state"] == "OK") == [urls[0], urls[2]], results
        stops_follow(server)
    stop.set()


@row(15, "signals_at_every_stage")
def _():
    """One clean line, exit 3, and soon, wherever the conversation stands."""
    whole_program()
    stop = threading.Event()

    def stall(connection, first):
        connection.sendall(first)
        stop.wait(10)
    with Folder() as authority:
        stages = Stages(stall, authority)
        table = [("https", stages.at_tcp, False), ("http", stages.at_header, False), ("https", stages.at_body, True),
                 ("ws", stages.at_upgrade, False), ("wss", stages.at_message, True)]

        def check(scheme, handler, secure, number):
            context = stages.context if secure else None
            with Server(handler, tls=context, reads_request=handler != stages.at_tcp) as server:
                words = [harness.settings.probe, "-t", "8s", "--cacert", stages.trusted, server.url(scheme=scheme)]
                child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                assert wait_until(lambda: server.connections and (server.requests or not server.reads_request)), scheme
                began = time.monotonic()
                child.send_signal(number)
                out, err = child.communicate(timeout=10)
                assert (child.returncode, out, err) == (3, b"UNKNOWN: interrupted\n", b""), (child.returncode, out, err)
                assert time.monotonic() - began < 2, scheme
        in_parallel(*[lambda line=line, n=n: check(*line, n) for line in table
                      for n in (signal.SIGINT, signal.SIGTERM)])
    stop.set()


@row(15, "signal_after_the_verdict")
def _():
    """The second of two targets hangs; what was found of the first stop is still sent."""
    stop = threading.Event()

    def handler(connection, request, _number):
        if request.event == "started":
            stop.wait(5)
            return False
        connection.sendall(response(H3))
        return True
    with Server(handler) as server:
        code, seconds = interrupted(server.url(), lambda: server.wait_requests(1), depth="roundtrip")
        assert code == 3 and seconds < 2, (code, seconds)
        assert wait_until(lambda: [r.event for r in server.requests] == ["started", "stopped"])
    stop.set()


@row(99, "ws_fragments_are_put_together")
def _():
    """A reply in pieces with a ping between them is a good reply."""
    def handler(connection, request, _number):
        upgrade(connection, request)
        _, payload, _ = read_frame(connection)
        reply = json.dumps({"action": "announce", "interval": 120, "info_hash": json.loads(payload)["info_hash"]},
                           ensure_ascii=False).encode()
        connection.sendall(frame(reply[:7], fin=False))
        connection.sendall(frame(b"still there?", opcode=9))
        for byte in reply[7:-1]:
            connection.sendall(frame(bytes([byte]), opcode=0, fin=False))
        connection.sendall(frame(reply[-1:], opcode=0))
        while read_frame(connection)[0] != 8:
            pass
        return False
    with Server(handler) as server:
        result = probe(server.url("/", scheme="ws"))
        ok(result)
        assert result.reply["interval"] == 120


@row(94, "ws_binary_strings")
def _():
    """20 bytes as 20 characters up to U+00FF, escaped or not, whatever the bytes are."""
    def handler(escaped):
        def handle(connection, request, _number):
            upgrade(connection, request)
            _, payload, _ = read_frame(connection)
            hash_text = json.loads(payload)["info_hash"]
            assert len(hash_text) == 20 and max(map(ord, hash_text)) <= 0xFF, hash_text
            connection.sendall(frame(json.dumps({"action": "announce", "interval": 120, "info_hash": hash_text},
                                                ensure_ascii=escaped).encode()))
            while read_frame(connection)[0] != 8:
                pass
            return False
        return handle
    for info_hash in ("00" * 20, "ff" * 20, bytes(range(0x80, 0x94)).hex(), b'"\\\n\r\t\x7f'.ljust(20, b"\x1b").hex()):
        for escaped in (True, False):
            with Server(handler(escaped)) as server:
                ok(probe(server.url("/", scheme="ws"), info_hash=info_hash))


if __name__ == "__main__":
    main()
