"""Rows 55 to 79 and 81 to 86: HTTP trackers, hostile ones included."""

import gzip
import os
import threading
import zlib

from harness import (critical, expect, in_namespace, interrupted, main, ok, polite, probe, row,
                     stops_follow, whole_program, within)
from scripted import Server, answers, closed_port, hangs, reset, response, sends, wait_until

H1 = (b"d8:completei2e10:downloadedi0e10:incompletei0e8:intervali1956e12:min intervali978e"
      b"5:peers12:" + bytes.fromhex("7f0000011ae17f0000010000") + b"e")
H2 = (b"d8:completei2e10:downloadedi0e10:incompletei0e8:intervali1702e12:min intervali851e6:peers636:" +
      bytes.fromhex("000000000000000000000000000000011ae1" "000000000000000000000000000000011ae2") + b"e")
H3 = b"d8:completei2e10:incompletei0e8:intervali1828e12:min intervali914e5:peers0:e"
H4 = b"d14:failure reason63:Requested download is not authorized for use with this tracker.e"
H7 = b"d8:completei1e10:incompletei0e8:intervali600e5:peers6:" + bytes.fromhex("7f0000011ae1") + b"6:peers60:e"
H8 = (b"d8:completei2e10:incompletei0e8:intervali600e5:peersl"
      b"d2:ip9:127.0.0.17:peer id20:-TP0001-abcdefghijkl4:porti6881ee"
      b"d2:ip9:127.0.0.17:peer id20:-TP0001-BBBBBBBBBBBB4:porti6882eeee")
H11 = b"d5:filesdee"


def check_good(body, *notes, **options):
    with Server(answers(body, H3, **options)) as server:
        result = probe(server.url())
        ok(result, *notes)
        stops_follow(server)
        polite(server)
        return result


def check_bad(handler, code, text=None, timeout=2.0, path="/announce", **server_options):
    with Server(handler, **server_options) as server:
        result = probe(server.url(path), timeout=timeout)
        critical(result, code, text)
        within(result, timeout)
        polite(server)
        return result


@row(55, "http_ok_compact")
def _():
    result = check_good(H1, "http.port_zero")
    assert result.reply["seeders"] == 2 and result.reply["interval"] == 1956
    assert result.reply["peers"] == 2


@row(56, "http_ok_peers6_only")
def _():
    assert check_good(H2).reply["peers_v6"] == 2


@row(57, "http_ok_dict_peers")
def _():
    assert check_good(H8).reply["peers"] == 2


@row(58, "http_no_peers_keys")
def _():
    check_good(b"d8:completei0e10:incompletei1e8:intervali1800e12:min intervali900ee")


@row(59, "http_trailing_crlf")
def _():
    def aquatic(connection, _request, _number):
        body = H7 + b"\r\n"
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d     \r\n\r\n" % len(body) + body)
        return True
    with Server(aquatic) as server:
        ok(probe(server.url()))
        stops_follow(server)
        polite(server)
        assert server.connections == 1, "the stop went out on a new connection"


@row(60, "http_failure_200")
def _():
    with Server(answers(H4)) as server:
        result = probe(server.url())
        critical(result, "tracker.failure", "Requested download is not authorized for use with this tracker.")
        assert len(server.requests) == 1, "a refused peer needs no stop"
        polite(server)


@row(61, "http_failure_404")
def _():
    body = b"d14:failure reason13:Not a tracker8:retry in5:nevere"
    check_bad(answers(body, status="404 Not Found"), "tracker.retry",
              "HTTP 404, failure reason: \"Not a tracker\", retry never")


@row(62, "http_retry_int_and_str")
def _():
    for value in (b"i5e", b"1:5"):
        check_bad(answers(b"d14:failure reason10:Overloaded8:retry in" + value + b"e"), "tracker.retry",
                  "failure reason: \"Overloaded\", retry in 5 min")


@row(63, "http_warning")
def _():
    result = check_good(b"d8:intervali900e5:peers0:15:warning message12:test messagee", "tracker.warning")
    assert result.reply["warning"] == "test message"


@row(64, "http_external_ip")
def _():
    body = b"d11:external ip%d:%s8:intervali900e5:peers0:e"
    assert check_good(body % (4, b"\1\2\3\4")).reply["external_ip"] == "1.2.3.4"
    assert check_good(body % (16, b"\x20\1\r\xb8" + b"\0" * 11 + b"\1")).reply["external_ip"] == "2001:db8::1"
    assert check_good(body % (5, b"12345"), "http.external_ip").reply["external_ip"] is None


@row(65, "http_tracker_id")
def _():
    with Server(answers(b"d8:intervali900e5:peers0:10:tracker id3:a%be", H3)) as server:
        ok(probe(server.url()))
        stopped = server.wait_requests(2)[1]
        assert "&trackerid=a%25b" in stopped.target and stopped.event == "stopped", stopped.target
        assert "trackerid" not in server.requests[0].query


@row(66, "http_query_encoding")
def _():
    plain = set(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-_~")
    with Server(answers(H3)) as server:
        for _ in range(5):
            ok(probe(server.url("/x/announce?pk=1&y=%2f+")))
        stops_follow(server)
        for request in server.requests:
            assert request.target.startswith("/x/announce?pk=1&y=%2f+&info_hash="), request.target
            assert len(request.query["info_hash"]) == len(request.query["peer_id"]) == 20
            encoded = dict(request.pairs)["info_hash"]
            again = "".join(chr(b) if b in plain else "%%%02X" % b for b in request.query["info_hash"])
            assert encoded == again, encoded
            assert request.query["compact"] == b"1" and request.query["left"] == b"1"
        assert len({r.query["info_hash"] for r in server.requests}) == 5, "hashes are not random"
        polite(server)


@row(67, "http_variants")
def _():
    def chunked(connection, _request, _number):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for at in range(0, len(H1), 7):
            piece = H1[at:at + 7]
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")
        return True

    def byte_by_byte(connection, _request, _number):
        for byte in response(H1):
            connection.sendall(bytes([byte]))
        return False
    variants = {
        "no length, then close": sends(response(H1, length=False)),
        "HTTP/1.0": sends(response(H1, version="HTTP/1.0", length=False)),
        "chunked": chunked,
        "100 Continue first": sends(b"HTTP/1.1 100 Continue\r\n\r\n" + response(H1)),
        "keep-alive": answers(H1),
        "byte by byte": byte_by_byte,
    }
    for name, handler in variants.items():
        print("  " + name)
        with Server(handler) as server:
            result = probe(server.url())
            ok(result)
            assert result.reply["interval"] == 1956
            stops_follow(server)


@row(68, "http_gzip")
def _():
    for name, packed in (("gzip", gzip.compress(H1)), ("deflate", zlib.compress(H1))):
        with Server(answers(packed, headers=["Content-Encoding: " + name])) as server:
            result = probe(server.url())
            ok(result)
            assert result.http["encoding"] == name
    check_bad(answers(H1, headers=["Content-Encoding: zorglub"]), "http.encoding",
              "cannot decode Content-Encoding \"zorglub\"")
    check_bad(answers(H1, headers=["Content-Encoding: gzip"]), "http.encoding")


@row(69, "http_gzip_bomb")
def _():
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1 << 20)
    bomb = b"".join([packer.compress(zeros) for _ in range(200)] + [packer.flush()])
    assert len(bomb) < 1 << 20
    result = check_bad(answers(bomb, headers=["Content-Encoding: gzip"]), "http.too_big",
                       "body larger than 1 MiB (decompressed)")
    assert result.seconds < 1.5
    if not os.environ.get("PROBE_SANITIZED"):
        assert result.peak_kib < 24 * 1024, "%d KiB" % result.peak_kib


@row(70, "http_endless")
def _():
    def endless(connection, _request, _number):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"d" * 65536)
    result = check_bad(endless, "http.too_big", "1 MiB")
    assert result.seconds < 1.5


@row(71, "http_huge_cl")
def _():
    for length in (b"99999999999", b"9" * 30):
        def stalls(connection, _request, _number, announced=length):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: " + announced + b"\r\n\r\nd8:")
            connection.recv(1)
            return False
        result = check_bad(stalls, "http.too_big")
        assert result.seconds < 1.5, "waited for a body nobody wants"


@row(72, "http_header_flood")
def _():
    def flood(connection, _request, _number):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-Flood: %s\r\n" % (b"x" * 1000))

    def one_long(connection, _request, _number):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 500_000 + b"\r\n\r\n")
        return False

    def continues(connection, _request, _number):
        while True:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    for handler in (flood, one_long, continues):
        check_bad(handler, "http.too_big", "header larger than 64 KiB")


@row(73, "http_slow")
def _():
    stop = threading.Event()

    def drip(data, pause=0.05, first=b""):
        def handler(connection, _request, _number):
            connection.sendall(first)
            for byte in data:
                connection.sendall(bytes([byte]))
                if stop.wait(pause):
                    break
            return False
        return handler
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 55\r\n\r\n"
    check_bad(drip(b"HTTP/1.1 200 OK\r\n", pause=0.2), "http.timeout", "no reply", timeout=1.0)
    check_bad(drip(b"X: y\r\n" * 80, first=b"HTTP/1.1 200 OK\r\n"), "http.timeout", "header not complete",
              timeout=1.0)

    def slow_body(connection, _request, _number):
        connection.sendall(body + b"d8:com")
        stop.wait(5)
        return False
    check_bad(slow_body, "http.timeout", "body stalled after 6 of 55 bytes", timeout=1.0)
    with Server(hangs(stop)) as server:
        result = probe(server.url(), timeout=1.0)
        critical(result, "http.timeout", "(connected)")
        within(result, 1.0)
        stops_follow(server)  # it may have heard the announce
        polite(server)
    stop.set()


@row(74, "http_broken")
def _():
    def truncated(connection, _request, _number):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 55\r\n\r\n" + b"d" * 45)
        return False

    def rst(connection, _request, _number):
        reset(connection)
        return False

    def rst_mid(connection, _request, _number):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 55\r\n\r\nd8")
        threading.Event().wait(0.1)
        reset(connection)
        return False
    check_bad(truncated, "http.truncated", "body ended after 45 of 55 bytes")
    check_bad(sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nd8:co\r\n"), "http.truncated",
              "body ended after 5 bytes")
    check_bad(sends(b""), "http.empty", "closed the connection")
    check_bad(answers(b""), "http.empty", "HTTP 200 with an empty body")
    check_bad(rst, "tcp.reset", "connection reset during request")
    check_bad(rst_mid, "tcp.reset", "connection reset during body")
    check_bad(sends(b"d8:intervali900e5:peers0:e"), "http.protocol", "not HTTP: ")
    check_bad(sends(bytes(range(64))), "http.protocol", "not HTTP: 000102")
    check_bad(sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nd8:co\r\n"), "http.protocol",
              "malformed chunk")
    check_bad(sends(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), "http.protocol")


@row(74, "tcp_refused")
def _():
    holder, port = closed_port()
    with holder:
        result = probe("http://127.0.0.1:%d/announce" % port)
        critical(result, "tcp.refused", "connection refused")
        assert result.seconds < 1.5


@row(75, "http_html_200")
def _():
    check_bad(answers(b"<!doctype html><title>parked</title>"), "bencode.invalid",
              "expected a dictionary at byte 0, got \"<\" (HTML page?)")


@row(76, "http_status_table")
def _():
    html = b"<title>Invalid Request</title>\n"
    table = [
        ("204 No Content", b"", [], "http.status", "HTTP 204 No Content"),
        ("400 Invalid Request", html, [], "http.status", "HTTP 400 Invalid Request (body is not"),
        ("403 Access Denied", html, [], "http.status", "HTTP 403 Access Denied"),
        ("429 Slow Down", b"", ["Retry-After: 30"], "http.status_busy", "Retry-After 30 s"),
        ("500 Oops", H1, [], "http.status", "HTTP 500 Oops"),
        ("503 Busy", b"", ["Retry-After: Wed, 21 Oct 2099 07:28:00 GMT"], "http.status_busy", "Retry-After Wed"),
        ("999 \x1b[31mred|x\x9b", b"", [], "http.status", "HTTP 999 \\x1b[31mred\\x7cx"),
        ("304 Not Modified", b"", [], "http.status", "HTTP 304"),
    ]
    for status, body, headers, code, text in table:
        check_bad(answers(body, status=status, headers=headers), code, text)


@row(77, "http_redirect")
def _():
    def to(location, status="302 Found"):
        def handler(connection, request, _number):
            place = location(request) if callable(location) else location
            connection.sendall(response(b"", status=status, headers=["Location: " + place]))
            return True
        return handler
    with Server(answers(H1, H3)) as target:
        def there(request):
            return target.url("/other?" + request.query_text)
        with Server(to(there)) as server:
            result = probe(server.url())
            ok(result, "http.redirected")
            assert result.http["redirects"] == 1, result.http
            assert result.http["final_url"] == target.url("/other"), result.http
            stops_follow(target)
            polite(target)
    with Server(answers(H1, H3)) as target:
        def relative(connection, request, number):
            if request.path == "/announce":
                return to(lambda r: "/real/announce?" + r.query_text)(connection, request, number)
            return answers(H1)(connection, request, number)
        with Server(relative) as server:
            result = probe(server.url())
            ok(result, "http.redirected")
            assert server.connections == 1, "a redirect to the same place needs no new connection"
    check_bad(to(lambda r: r.target), "http.redirect_loop", "more than 5 redirects")
    check_bad(to("file:///etc/passwd"), "http.redirect_refused", "redirect to file:///etc/passwd refused")
    check_bad(to("gopher://127.0.0.1:70/1"), "http.redirect_refused", "neither http nor https")
    check_bad(to("http://224.0.0.1/announce"), "http.redirect_refused", "not a public address")
    check_bad(to("http://127.0.0.1:1/" + "x" * 9000), "http.redirect_refused", "longer than 8 KiB")
    check_bad(to("http://\x1b[31m/"), "http.redirect_refused", "\\x1b")
    holder, port = closed_port()
    with holder:
        check_bad(to("http://127.0.0.1:%d/announce" % port), "tcp.refused")


@row(77, "http_redirect_keeps_credentials_at_home")
def _():
    with Server(answers(H3)) as other, Server(answers(H3)) as same:
        def handler(connection, request, _number):
            elsewhere = request.path == "/elsewhere/announce"
            place = other.url(host="localhost") if elsewhere else same.url()
            connection.sendall(response(b"", status="302 Found",
                                        headers=["Location: %s?%s" % (place, request.query_text)]))
            return True
        with Server(handler) as server:
            def asked(path):
                return server.url(path).replace("//", "//user:pass@", 1)
            ok(probe(asked("/elsewhere/announce")))
            ok(probe(asked("/announce")))
            assert all(r.headers["authorization"] == "Basic dXNlcjpwYXNz" for r in server.requests)
            assert other.requests and all("authorization" not in r.headers for r in other.requests)


@row(77, "http_redirect_inwards")
def _():
    """From a public address into a private network: never, whatever answers there."""
    if not in_namespace("row77_http_redirect_inwards", "ip addr add 1.2.3.4/32 dev lo",
                        "ip addr add 10.0.0.1/32 dev lo"):
        return
    for private in ("127.0.0.1", "10.0.0.1"):
        with Server(answers(H3), host=private) as inner:
            def inwards(connection, request, _number, place=inner.url()):
                connection.sendall(response(b"", status="302 Found", headers=["Location: " + place]))
                return True
            with Server(inwards, host="1.2.3.4") as server:
                critical(probe(server.url()), "http.redirect_refused", "%s is not a public address" % private)
                assert not inner.connections


@row(74, "http_no_route")
def _():
    """In a namespace without any route a host cannot be reached, and that is our own fault."""
    if not in_namespace("row74_http_no_route"):
        return
    for url in ("http://192.0.2.1/announce", "ws://192.0.2.1/"):
        result = probe(url)
        assert result.code == "local.no_route" and result.state in ("SKIPPED", "UNKNOWN"), str(result)


@row(78, "http_proxy_env")
def _():
    with Server(answers(H1, H3)) as server:
        environment = dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"), "http://127.0.0.1:1")
        ok(probe(server.url(), environment=environment))


@row(79, "http_ipv6_literal")
def _():
    with Server(answers(H2), host="::1") as server:
        ok(probe(server.url()))
        assert server.requests[0].headers["host"] == "[::1]:%d" % server.port
        stops_follow(server)


def tracker(scrape_body, announce_body=H1, seen=None):
    def handler(connection, request, _number):
        connection.sendall(response(scrape_body(request) if "scrape" in request.path else announce_body))
        return True
    return handler


@row(82, "scrape_url_table")
def _():
    table = {"/announce": "/scrape", "/x/announce": "/x/scrape", "/announce.php": "/scrape.php",
             "/announce?x=1": "/scrape?x=1", "/announce/KEY": "/scrape/KEY"}
    for asked, wanted in table.items():
        with Server(answers(H11)) as server:
            ok(probe(server.url(asked), depth="scrape"))
            target = server.requests[0].target
            assert target.startswith(wanted + ("&" if "?" in wanted else "?") + "info_hash="), target
    for asked in ("/a", "/x%064announce"):
        with Server(answers(H11)) as server:
            result = probe(server.url(asked), depth="scrape")
            assert result.code == "scrape.unsupported" and not server.requests, str(result)


@row(83, "scrape_utf8_key")
def _():
    def body(request):
        key = request.query["info_hash"].decode("latin-1").encode()
        return b"d5:filesd%d:%sd8:completei1e10:downloadedi1e10:incompletei0eeee" % (len(key), key)
    with Server(tracker(body)) as server:
        result = probe(server.url(), depth="scrape")
        ok(result, "scrape.key_utf8")
        assert result.scrape["seeders"] == 1


@row(84, "scrape_empty_files")
def _():
    with Server(tracker(lambda _: H11)) as server:
        expect(probe(server.url(), with_scrape=True), "WARNING", "scrape.missing_hash")
        ok(probe(server.url(), depth="scrape"), "scrape.unknown_hash")


@row(86, "scrape_tolerated")
def _():
    def host_key(request):
        return b"d4:hostd20:%sd8:completei0e10:incompletei3eeee" % request.query["info_hash"]
    with Server(tracker(host_key)) as server:
        result = probe(server.url(), with_scrape=True)
        ok(result, "scrape.host_key")
        assert result.scrape["leechers"] == 3
        stops_follow(server)


@row(86, "scrape_failures")
def _():
    with Server(tracker(lambda _: H4)) as server:
        critical(probe(server.url(), depth="scrape"), "tracker.failure")
        expect(probe(server.url(), with_scrape=True), "WARNING", "tracker.failure", "scrape: ")
        stops_follow(server)


@row(107, "depth_stopped")
def _():
    with Server(answers(H3)) as server:
        ok(probe(server.url(), depth="stopped"))
        assert [r.event for r in server.requests] == ["stopped"]
        polite(server)
    with Server(answers(b"")) as server:
        ok(probe(server.url(), depth="stopped"), "http.empty")


@row(107, "depth_connect")
def _():
    with Server(answers(H3)) as server:
        ok(probe(server.url(), depth="connect"))
        # The kernel accepts before the server does.
        assert wait_until(lambda: server.connections == 1) and not server.requests


class Swarm:
    """A tracker in twenty lines, for round trips; lies where it is told to."""

    def __init__(self, lists_peers=True, removes=True, counts_self=True):
        self.peers = {}
        self.counts_self = counts_self
        self.lists_peers = lists_peers
        self.removes = removes

    def __call__(self, connection, request, _number):
        swarm = self.peers.setdefault(request.query["info_hash"], {})
        count = len(swarm)
        if "scrape" in request.path:
            body = b"d5:filesd20:%sd8:completei0e10:downloadedi0e10:incompletei%deeee" % (
                request.query["info_hash"], len(swarm))
        else:
            port = int(request.query["port"])
            if request.event == "stopped":
                if self.removes:
                    swarm.pop(port, None)
            else:
                swarm[port] = True
            listed = b"".join(b"\x7f\0\0\1" + p.to_bytes(2, "big") for p in swarm) if self.lists_peers else b""
            body = b"d8:completei0e10:incompletei%de8:intervali900e5:peers%d:%se" % (
                len(swarm) if self.counts_self else count, len(listed), listed)
        connection.sendall(response(body))
        return True


@row(100, "rt_ok_http")
def _():
    with Server(Swarm()) as server:
        result = probe(server.url(), depth="roundtrip", verify_cleanup=True)
        ok(result)
        assert result.roundtrip["peer_seen"] and result.roundtrip["removed"], result.roundtrip
        a, b = [r for r in server.requests if r.event == "started"]
        assert a.query["port"] != b.query["port"] and a.query["peer_id"] != b.query["peer_id"]
        assert a.query["info_hash"] == b.query["info_hash"] and a.query["key"] == b.query["key"]
        assert (a.query["numwant"], b.query["numwant"]) == (b"1", b"50")
        stops_follow(server)
        polite(server)


@row(101, "rt_missing_http")
def _():
    with Server(Swarm(lists_peers=False)) as server:
        critical(probe(server.url(), depth="roundtrip"), "roundtrip.peer_missing", "is not in the list")
        stops_follow(server)


@row(102, "rt_counts_exclude_self_http")
def _():
    """aquatic counts before it inserts: who is in the list decides, not the numbers."""
    with Server(Swarm(counts_self=False)) as server:
        result = probe(server.url(), depth="roundtrip")
        ok(result)
        assert result.reply["leechers"] == 1 and result.roundtrip["peer_seen"], result.reply


@row(103, "rt_not_removed_http")
def _():
    with Server(Swarm(removes=False)) as server:
        result = probe(server.url(), depth="roundtrip", verify_cleanup=True)
        expect(result, "WARNING", "roundtrip.not_removed")
        assert result.roundtrip["removed"] is False


@row(104, "cleanup_never_spoils_the_verdict")
def _():
    stop = threading.Event()

    def handler(reaction):
        def handle(connection, request, _number):
            if request.event == "started":
                connection.sendall(response(H1))
                return True
            return reaction(connection)
        return handle
    reactions = {
        "error": lambda c: c.sendall(response(b"", status="500 Oops")),
        "closes": lambda _c: False,
        "html": lambda c: c.sendall(response(b"<html>")),
        "hangs": lambda _c: stop.wait(5) and False,
    }
    for name, reaction in reactions.items():
        print("  " + name)
        with Server(handler(reaction)) as server:
            result = probe(server.url())
            ok(result)
            within(result, 2.0)
            stops_follow(server)
    stop.set()


@row(63, "http_strictness")
def _():
    """What is a note becomes a warning when the user asks for it."""
    whole_program()
    warned = b"d8:intervali900e5:peers0:15:warning message12:test messagee"
    table = [
        (H1, ["--strict"], "WARNING", "http.port_zero"),
        (H3, ["--strict"], "OK", None),
        (b"d5:peers0:8:intervali900ee", ["--strict"], "WARNING", "bencode.blemish"),
        (warned, ["--warn-on-warning"], "WARNING", "tracker.warning"),
        (warned, [], "OK", None),
        (H4, ["--accept-refusal"], "OK", None),
    ]
    for body, options, state, code in table:
        with Server(answers(body)) as server:
            expect(probe(server.url(), extra=options), state, code)


@row(105, "given_hash_default_stopped_http")
def _():
    whole_program()
    for options, events in (([], ["stopped"]), (["--join-swarm", "--depth", "announce"], ["started", "stopped"])):
        with Server(answers(H3)) as server:
            ok(probe(server.url(), depth=None, extra=["--info-hash", "cd" * 20] + options))
            assert [r.event for r in server.wait_requests(len(events))] == events
            assert all(r.query["info_hash"] == b"\xcd" * 20 for r in server.requests)


@row(106, "expect_refusal_http")
def _():
    whole_program()
    for options in (["--expect", "failure~authorized"], ["--expect-error", "authorized"]):
        with Server(answers(H4)) as server:
            ok(probe(server.url(), extra=options))
        with Server(answers(H1)) as server:
            critical(probe(server.url(), extra=options), "assert.failure")


@row(15, "http_sigint_cleanup")
def _():
    """Interrupted while the tracker thinks about the announce: the stop is sent all the same."""
    stop = threading.Event()

    def handler(connection, request, _number):
        if request.event == "started":
            stop.wait(5)
            return False
        connection.sendall(response(H3))
        return True
    with Server(handler) as server:
        code, _seconds = interrupted(server.url(), lambda: server.wait_requests(1))
        assert code == 3, code
        stops_follow(server)
        polite(server)
    stop.set()


@row(104, "one_connection_an_address")
def _():
    with Server(Swarm()) as server:
        ok(probe(server.url(), depth="roundtrip"))
        assert server.connections == 1, server.connections


if __name__ == "__main__":
    main()
