"""Rows 95 to 99 and the WebSocket parts of 100 to 107: WebTorrent trackers, hostile ones included."""

import json
import threading

import scripted
from harness import critical, expect, interrupted, main, ok, probe, row, within
from scripted import Server, frame, read_frame, response, upgrade


class Swarm:
    """A WebTorrent tracker: who is there, and offers and answers passed on."""

    def __init__(self, relays_offers=True, relays_answers=True, removes=True):
        self.lock = threading.Lock()
        self.peers = {}
        self.heard = []
        self.relays_offers = relays_offers
        self.relays_answers = relays_answers
        self.removes = removes

    def say(self, connection, **message):
        connection.sendall(frame(json.dumps(message, ensure_ascii=False).encode()))

    def announce(self, connection, message):
        peer = message["peer_id"]
        if "answer" in message:
            if self.relays_answers and message["to_peer_id"] in self.peers:
                self.say(self.peers[message["to_peer_id"]], action="announce", answer=message["answer"],
                         offer_id=message["offer_id"], peer_id=peer, info_hash=message["info_hash"])
            return
        if message.get("event") == "stopped":
            if self.removes:
                self.peers.pop(peer, None)
        else:
            self.peers[peer] = connection
        for offer in message.get("offers", []):
            for other, target in self.peers.items():
                if other != peer and self.relays_offers:
                    self.say(target, action="announce", offer=offer["offer"], offer_id=offer["offer_id"],
                             peer_id=peer, info_hash=message["info_hash"])
        self.say(connection, action="announce", interval=120, info_hash=message["info_hash"],
                 complete=0, incomplete=len(self.peers))

    def __call__(self, connection, request, _number):
        upgrade(connection, request)
        while True:
            opcode, payload, masked = read_frame(connection)
            assert masked
            if opcode == 8:
                connection.sendall(frame(payload, opcode=8))
                return False
            message = json.loads(payload)
            with self.lock:
                self.heard.append(message)
                if message["action"] == "scrape":
                    self.say(connection, action="scrape", files={message["info_hash"][0]: {
                        "complete": 0, "incomplete": len(self.peers), "downloaded": 0}})
                else:
                    self.announce(connection, message)


def tracker():
    return Swarm()


def says(*frames, close=False):
    """A handler that upgrades, waits for the announce and sends these frames; `{hash}` in a frame is ours."""
    def handler(connection, request, _number):
        upgrade(connection, request)
        _, payload, _ = read_frame(connection)
        info_hash = json.loads(payload)["info_hash"]
        for piece in frames:
            connection.sendall(piece(info_hash) if callable(piece) else piece)
        while not close:
            read_frame(connection)
        return False
    return handler


def announce_reply(info_hash, **more):
    message = dict({"action": "announce", "interval": 120, "complete": 0, "incomplete": 1,
                    "info_hash": info_hash}, **more)
    return frame(json.dumps(message).encode())


def check(handler, **options):
    with Server(handler) as server:
        result = probe(server.url("/", scheme="ws"), **options)
        within(result, options.get("timeout", 2.0))
        return result


def check_bad(handler, code, text=None, **options):
    critical(check(handler, **options), code, text)


@row(95, "ws_ok")
def _():
    swarm = Swarm()
    result = check(swarm)
    ok(result)
    assert result.reply["interval"] == 120 and result.reply["leechers"] == 1
    assert result.ws["status"] == 101
    assert scripted.wait_until(lambda: len(swarm.heard) == 2), "no stop after the announce"
    started, stopped = swarm.heard
    assert (started["event"], stopped["event"]) == ("started", "stopped")
    assert started["left"] == 1 and started["numwant"] == 0 and started["offers"] == []
    assert started["info_hash"] == stopped["info_hash"] and started["peer_id"] == stopped["peer_id"]
    assert len(started["info_hash"]) == len(started["peer_id"]) == 20
    assert not swarm.peers


@row(95, "ws_depths")
def _():
    ok(check(Swarm(), depth="connect"))
    swarm = Swarm()
    result = check(swarm, depth="scrape")
    ok(result)
    assert result.scrape["leechers"] == 0 and [m["action"] for m in swarm.heard] == ["scrape"]
    swarm = Swarm()
    ok(check(swarm, depth="stopped"))
    assert [m["event"] for m in swarm.heard] == ["stopped"]
    result = check(Swarm(), with_scrape=True)
    ok(result)
    assert result.scrape["leechers"] == 1


@row(95, "ws_any_path")
def _():
    swarm = Swarm()
    with Server(swarm) as server:
        ok(probe(server.url("", scheme="ws")))
        ok(probe(server.url("/some/path?key=1", scheme="ws")))
        assert [r.target for r in server.requests] == ["/", "/some/path?key=1"]
        assert all(r.headers["host"] == "127.0.0.1:%d" % server.port for r in server.requests)
        assert "sec-websocket-extensions" not in server.requests[0].headers
    with Server(swarm, host="::1") as server:
        ok(probe(server.url("/", scheme="ws")))
        assert server.requests[0].headers["host"] == "[::1]:%d" % server.port


@row(96, "ws_roundtrip")
def _():
    swarm = Swarm()
    result = check(swarm, depth="roundtrip", verify_cleanup=True)
    ok(result)
    assert result.roundtrip["peer_seen"] and result.roundtrip["removed"], result.roundtrip
    peers = {m["peer_id"] for m in swarm.heard if m["action"] == "announce"}
    assert len(peers) == 2
    assert any("answer" in m for m in swarm.heard)
    assert not swarm.peers


@row(97, "ws_other_hash_first")
def _():
    other = announce_reply("z" * 20, interval=999)
    result = check(says(other, other, frame(b'{"action":"dance"}'), lambda h: announce_reply(h)))
    ok(result)
    assert result.reply["interval"] == 120 and result.ws["ignored"] == 3, result.ws


@row(97, "ws_only_other_hash")
def _():
    check_bad(says(announce_reply("z" * 20)), "ws.timeout", "(1 other messages came)",
              timeout=1.0)


@row(98, "ws_failure_no_hash")
def _():
    check_bad(says(frame(b'{"failure reason":"invalid info_hash"}')), "tracker.failure",
              "failure reason: \"invalid info_hash\"")
    check_bad(says(lambda h: announce_reply(h, **{"failure reason": "\x1b]0;x\x07\x9b|no"})), "tracker.failure",
              "\\x1b]0;x\\x07")
    other = json.dumps({"failure reason": "not you", "info_hash": "z" * 20}).encode()
    ok(check(says(frame(other), lambda h: announce_reply(h))))


@row(99, "ws_upgrade")
def _():
    check_bad(lambda c, r, _: upgrade(c, r, accept="AAAAAAAAAAAAAAAAAAAAAAAAAAA="), "ws.upgrade",
              "bad Sec-WebSocket-Accept")
    for status, text in (("400 Bad Request", "HTTP 400"), ("301 Moved", "HTTP 301 (redirects are not followed)"),
                         ("200 OK", "HTTP 200")):
        def refuses(connection, _request, _number, line=status):
            connection.sendall(response(b"", status=line, headers=["Location: ws://127.0.0.1:1/"]))
            return False
        check_bad(refuses, "ws.upgrade", "WebSocket upgrade refused: " + text)
    check_bad(lambda c, r, _: False, "ws.upgrade", "closed the connection")
    check_bad(lambda c, r, _: c.sendall(bytes(range(64))), "ws.upgrade", "is not HTTP")

    def flood(connection, _request, _number):
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\n")
        while True:
            connection.sendall(b"X: %s\r\n" % (b"x" * 1000))
    check_bad(flood, "ws.upgrade", "too large")


@row(99, "ws_silent")
def _():
    stop = threading.Event()

    def silent(_connection, _request, _number):
        stop.wait(5)
        return False

    def silent_later(connection, request, _number):
        upgrade(connection, request)
        stop.wait(5)
        return False
    check_bad(silent, "ws.timeout", "no answer to the WebSocket upgrade in ", timeout=1.0)
    check_bad(silent_later, "ws.timeout", "no reply to announce", timeout=1.0)
    stop.set()


@row(99, "ws_bad_frames")
def _():
    reply = json.dumps({"action": "announce", "interval": 1}).encode()
    table = {
        "masked": (frame(reply, masked=True), "masked frame"),
        "RSV": (frame(reply, rsv=0x40), "RSV"),
        "2^63 bytes": (frame(reply, length=1 << 63), None),
        "2^62 bytes": (frame(reply, length=1 << 62), "larger than the limit"),
        "fragmented ping": (frame(b"x", opcode=9, fin=False), "fragmented control frame"),
        "long ping": (frame(b"x" * 126, opcode=9), "oversized control frame"),
        "bad opcode": (frame(b"x", opcode=5), None),
        "continuation of nothing": (frame(b"x", opcode=0), None),
        "binary": (frame(reply, opcode=2), "binary message"),
        "bad UTF-8": (frame(b'{"a":"\xff\xfe"}'), "not UTF-8"),
        "large": (frame(b'"' + b"x" * 300_000 + b'"'), "larger than the limit"),
        "many fragments": (frame(b"{", fin=False) + frame(b" " * 1000, opcode=0, fin=False) * 400,
                           "larger than the limit"),
    }
    for name, (data, text) in table.items():
        print("  " + name)
        result = check(says(data))
        critical(result, "ws.protocol", text)
        assert result.seconds < 1.5, "waited for a server that had broken the protocol"


@row(99, "ws_floods")
def _():
    def floods(piece, first=b""):
        def handler(connection, request, _number):
            upgrade(connection, request)
            connection.sendall(first)
            while True:
                connection.sendall(piece)
        return handler
    table = {
        "pings": (frame(b"x", opcode=9), "control frames"),
        "other messages": (frame(b'{"action":"dance"}'), "messages"),
        "empty fragments": (frame(b"", opcode=0, fin=False) * 1000, "bytes"),
    }
    for name, (piece, text) in table.items():
        print("  " + name)
        # Half a million empty fragments take their time under a sanitizer; the verdict is not that of the deadline.
        result = check(floods(piece, frame(b"{", fin=False) if "fragments" in name else b""), timeout=15.0)
        critical(result, "ws.protocol", text)


@row(99, "ws_closes")
def _():
    check_bad(says(frame(b"\x03\xf0policy", opcode=8)), "ws.closed", "closed with 1008 \"policy\"")
    check_bad(says(frame(b"\x03\xf0\x1b[31m", opcode=8)), "ws.closed", "\\x1b[31m")
    check_bad(says(frame(b"", opcode=8)), "ws.closed", "without a code")
    check_bad(says(close=True), "ws.closed", "without a close frame")

    def resets(connection, request, _number):
        upgrade(connection, request)
        read_frame(connection)
        scripted.reset(connection)
        return False
    check_bad(resets, "tcp.reset")


@row(99, "ws_json")
def _():
    check_bad(says(frame(b"not json")), "ws.json", "message is not JSON")
    check_bad(says(frame(b"[" * 5000)), "ws.json", "nested")
    check_bad(says(frame(b'{"action":"announce"}')), "ws.json", "info_hash")
    check_bad(says(lambda h: announce_reply(h, interval="soon")), "ws.json", "\"interval\" is not an integer")
    check_bad(says(frame(b'{"action":"announce","info_hash":"aaaaaaaaaaaaaaaaaaa\xc4\x80"}')), "ws.json",
              "not 20 characters")


@row(99, "ws_ping_is_answered")
def _():
    pongs = []

    def handler(connection, request, _number):
        upgrade(connection, request)
        _, payload, _ = read_frame(connection)
        connection.sendall(frame(b"hello", opcode=9))
        pongs.append(read_frame(connection))
        connection.sendall(announce_reply(json.loads(payload)["info_hash"]))
        while read_frame(connection)[0] != 8:
            pass
        return False
    ok(check(handler))
    assert pongs == [(10, b"hello", True)], pongs


@row(15, "ws_sigint_cleanup")
def _():
    class Slow(Swarm):
        """Notes the first announce and does not answer it."""
        def announce(self, connection, message):
            if message.get("event") == "stopped":
                self.peers.pop(message["peer_id"], None)
            else:
                self.peers[message["peer_id"]] = connection
    swarm = Slow()
    with Server(swarm) as server:
        code, _seconds = interrupted(server.url("/", scheme="ws"), lambda: scripted.wait_until(lambda: swarm.peers))
        assert code == 3, code
        assert scripted.wait_until(lambda: len(swarm.heard) == 2), "no stop"
        assert swarm.heard[1]["event"] == "stopped" and not swarm.peers


@row(101, "rt_missing_ws")
def _():
    check_bad(Swarm(relays_offers=False), "roundtrip.peer_missing", "did not reach the first peer",
              depth="roundtrip", timeout=1.0)
    check_bad(Swarm(relays_answers=False), "roundtrip.peer_missing", "answer did not reach",
              depth="roundtrip", timeout=1.0)


@row(103, "rt_not_removed_ws")
def _():
    expect(check(Swarm(removes=False), depth="roundtrip", verify_cleanup=True), "WARNING",
           "roundtrip.not_removed")


@row(74, "ws_refused")
def _():
    holder, port = scripted.closed_port()
    with holder:
        critical(probe("ws://127.0.0.1:%d/" % port), "tcp.refused", "connection refused")


@row(77, "ws_credentials")
def _():
    with Server(Swarm()) as server:
        ok(probe(server.url("/", scheme="ws").replace("//", "//us%20er:p%40ss@")))
        assert server.requests[0].headers["authorization"] == "Basic dXMgZXI6cEBzcw=="


if __name__ == "__main__":
    main()
