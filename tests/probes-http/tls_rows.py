"""Rows 80 and 81: certificates, for HTTPS and for WebSocket over TLS alike."""

import datetime
import os
import ssl
import struct
import tempfile
import threading

import scripted
from certificates import Authority
from harness import Skip, critical, expect, main, ok, polite, probe, row, stops_follow, within
from http_rows import H1, H3
from scripted import Server, answers, response
from ws_rows import tracker as ws_tracker


def date(days):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return moment.strftime("%Y-%m-%d")


class Folder:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.authority = Authority(self.folder.name)
        return self.authority

    def __exit__(self, *_):
        self.folder.cleanup()


def serve(context):
    """An HTTPS and a WSS tracker with this certificate."""
    return Server(answers(H1, H3), tls=context), Server(ws_tracker(), tls=context)


def check(context, judge, host=None, **options):
    """Both kinds of tracker must come to the same verdict."""
    web, sockets = serve(context)
    with web, sockets:
        judge(probe(web.url(host=host), **options))
        judge(probe(sockets.url("/", scheme="wss", host=host), **options))


@row(80, "https_ok")
def _():
    with Folder() as authority:
        def judge(result):
            ok(result)
            assert result.tls["version"] in ("TLSv1.2", "TLSv1.3"), result.tls
            assert result.tls["verify"] == "ok" and result.tls["san_match"], result.tls
            assert "localhost" in result.tls["subject"] and 89 <= result.tls["days_left"] <= 90, result.tls
        check(authority.server(), judge, cacert=authority.file)
        with Server(answers(H1, H3), tls=authority.server()) as server:
            ok(probe(server.url(), cacert=authority.file))
            stops_follow(server)
            polite(server)
            assert server.connections == 1, "the stop went out on a new connection"
            ok(probe(server.url(), environment={"SSL_CERT_FILE": authority.file}))
            ok(probe(server.url(), depth="connect", cacert=authority.file))


@row(80, "https_expiring")
def _():
    with Folder() as authority:
        def judge(result):
            expect(result, "WARNING", "tls.expiring", "certificate expires in 4 days (%s)" % date(5))
        check(authority.server(ends=5), judge, cacert=authority.file, cert_days=14)
        check(authority.server(ends=20), ok, cacert=authority.file, cert_days=14)


@row(80, "https_expired")
def _():
    with Folder() as authority:
        def judge(result):
            critical(result, "tls.expired", "certificate expired %s (1 day ago)" % date(-1))
            assert result.tls["subject"] and result.tls["days_left"] < 0, result.tls
        check(authority.server(begins=-10, ends=-1), judge, cacert=authority.file)


@row(80, "https_not_yet_valid")
def _():
    with Folder() as authority:
        def judge(result):
            critical(result, "tls.not_yet_valid", "certificate is not valid before %s" % date(3))
            assert "valid until %s" % date(90) in result.text, result.text
        check(authority.server(begins=3), judge, cacert=authority.file)


@row(80, "https_wrong_host")
def _():
    with Folder() as authority:
        def judge(result):
            critical(result, "tls.hostname", "certificate is for other.example, *.other.example, not 127.0.0.1")
            assert "valid until %s" % date(90) in result.text, result.text
            assert result.tls["san_match"] is False
        check(authority.server(names="DNS:other.example,DNS:*.other.example", common="other.example"), judge,
              cacert=authority.file)


@row(80, "https_self_signed")
def _():
    with Folder() as authority:
        def judge(result):
            critical(result, "tls.self_signed", "certificate is self-signed by \"CN = alone.example\"")
            assert "valid until %s" % date(40) in result.text, result.text
        check(authority.self_signed(), judge)


@row(80, "https_untrusted")
def _():
    with Folder() as authority:
        def judge(result):
            critical(result, "tls.untrusted", "issuer \"CN = Test CA\"")
            assert "valid until %s" % date(90) in result.text, result.text
        check(authority.server(), judge)


@row(80, "https_plain_port")
def _():
    """The port speaks HTTP, or TLS, and the URL says the other."""
    def bad_request(connection, _request, _number):
        connection.recv(65536)
        connection.sendall(response(b"", status="400 Bad Request"))
    with Server(bad_request, reads_request=False) as server:
        for scheme in ("https", "wss"):
            critical(probe(server.url(scheme=scheme)), "tls.handshake",
                     "wrong version number (plain HTTP on this port?)")

    def alert(connection, _request, _number):
        connection.recv(65536)
        connection.sendall(b"\x15\x03\x01\x00\x02\x02\x46")  # fatal, protocol version
    with Server(alert, reads_request=False) as server:
        critical(probe(server.url()), "http.protocol", "not HTTP: 15030100020246 (TLS on this port?)")


@row(80, "https_silent_or_rude")
def _():
    stop = threading.Event()

    def silent(connection, _request, _number):
        stop.wait(5)

    def closes(connection, _request, _number):
        connection.recv(65536)

    def resets(connection, _request, _number):
        connection.recv(1)
        scripted.reset(connection)

    def garbage(connection, _request, _number):
        connection.recv(65536)
        connection.sendall(b"\x16\x03\x03\xff\xff" + b"\0" * 70000)
        stop.wait(1)
    for scheme in ("https", "wss"):
        with Server(silent, reads_request=False) as server:
            result = probe(server.url(scheme=scheme), timeout=1.0)
            critical(result, "tls.timeout", "TCP connected but no TLS answer in ")
            within(result, 1.0)
        with Server(closes, reads_request=False) as server:
            critical(probe(server.url(scheme=scheme)), "tls.handshake", "closed the connection")
        with Server(resets, reads_request=False) as server:
            critical(probe(server.url(scheme=scheme)), "tcp.reset", "connection reset during TLS")
        with Server(garbage, reads_request=False) as server:
            critical(probe(server.url(scheme=scheme)), "tls.handshake", "TLS handshake failed: ")
    stop.set()


@row(80, "https_old_tls_only")
def _():
    with Folder() as authority:
        context = authority.server()
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")

        def judge(result):
            critical(result, "tls.handshake", "TLS handshake failed: ")
            assert "protocol" in result.text, result.text
        check(context, judge, cacert=authority.file)


@row(81, "https_insecure")
def _():
    with Folder() as authority:
        def judge(result):
            ok(result, "tls.insecure")
            assert result.tls["days_left"] < 0, result.tls
        check(authority.server(begins=-10, ends=-1), judge, insecure=True)


@row(77, "https_redirect_to_http")
def _():
    with Folder() as authority:
        with Server(answers(H1)) as plain:
            def redirects(connection, request, _number):
                connection.sendall(response(b"", status="302 Found", headers=["Location: " + plain.url()]))
                return True
            with Server(redirects, tls=authority.server()) as server:
                critical(probe(server.url(), cacert=authority.file), "http.redirect_refused",
                         "from https to http")
                assert not plain.requests


@row(77, "http_redirect_to_https")
def _():
    with Folder() as authority:
        with Server(answers(H1, H3), tls=authority.server()) as secure:
            def redirects(connection, request, _number):
                place = secure.url("/announce?" + request.query_text)
                connection.sendall(response(b"", status="301 Moved", headers=["Location: " + place]))
                return True
            with Server(redirects) as server:
                result = probe(server.url(), cacert=authority.file)
                ok(result, "http.redirected")
                assert result.tls["verify"] == "ok", result.tls
                stops_follow(secure)


@row(81, "https_key_log_is_ignored")
def _():
    with Folder() as authority, tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "keys")
        check(authority.server(), ok, cacert=authority.file, environment={"SSLKEYLOGFILE": file})
        assert not os.path.exists(file), "the secrets of the connection were written to a file"


@row(80, "https_missing_ca_file")
def _():
    with Folder() as authority:
        def judge(result):
            expect(result, "UNKNOWN", "local.ca_file")
        check(authority.server(), judge, cacert="/nonexistent/ca.pem")


if __name__ == "__main__":
    main()
