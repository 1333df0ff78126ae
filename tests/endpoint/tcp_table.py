"""tcp-probe: connect, TLS, send and expect, against servers that are well and servers that are not."""

import os
import socket
import time

from servers import Server, endless, resets, says, stalls
from certificates import Authority
from table import FOLDER, end, expect, refused, row

SHORT = ("-t", "1")


def probe(code, words, server, *arguments, name="127.0.0.1"):
    return row(code, words, "tcp-probe", f"{name}:{server.port}", *arguments)


def banner(connection):
    connection.sendall(b"220 mail ready\r\n")
    line = connection.recv(100)
    connection.sendall(b"250 you said " + line)
    connection.recv(1)


def slow_banner(connection):
    for byte in b"220 mail ready\r\n":
        connection.sendall(bytes([byte]))
        time.sleep(0.01)
    connection.recv(1)


smtp = Server(banner)
probe(0, r"^TCP OK - 127\.0\.0\.1:\d+: v4 connected in \S+ [a-z]+ \| v4_total=[0-9.e-]+s;;;0 v4_dns=0s;;;0 v4_connect=", smtp)
probe(0, "v4 answered in .*v4_first_byte=", smtp, "--expect", "220 mail")
probe(0, "answered", smtp, "--send", r"EHLO me\r\n", "--expect", r"250 you said EHLO me\r\n")
probe(0, "answered", smtp, "--matches", "^220 [a-z]+ ready")
probe(0, "answered", smtp, "--expect", "220", "--expect", "mail", "--matches", "ready")
probe(0, "answered", Server(slow_banner), "--expect", "ready")
probe(2, '"999" is not there in time; it said "220 mail ready', smtp, "--expect", "999", *SHORT)
probe(2, "nothing matches /xyz/", smtp, "--matches", "xyz", *SHORT)
probe(1, "total is", smtp, "-w", "0", "-c", "100")
probe(0, r"answered", Server(lambda connection: connection.sendall(b"a\0b\xff")), "--expect", r"a\0b\xff")

closed = Server(stalls)
closed.close()
probe(2, "cannot connect: Connection refused", closed)
probe(0, "connected", Server(stalls))
probe(2, "connected, but nothing came in time", Server(stalls), "--expect", "x", *SHORT)
probe(2, "nothing came before it closed", Server(lambda connection: None), "--expect", "x")
probe(2, "before the connection broke|before it closed", Server(resets), "--send", r"x\r\n\r\n", "--expect", "x")
probe(2, "in its first 64 KiB", Server(endless(b"", b"y" * 1000)), "--send", r"\r\n\r\n", "--expect", "x")
probe(2, "in its first 64 KiB", Server(endless(b"", os.urandom(1000))), "--send", r"\r\n\r\n", "--matches", "this never comes at all")
probe(0, "answered", Server(endless(b"", b"y" * 1000)), "--send", r"\r\n\r\n", "--expect", "yyy")
text = probe(2, "is not there", Server(says(b"\x1b[31m|evil=1\n\x07\xc2\x9b\x00")), "--send", r"\r\n\r\n", "--expect", "good")
expect(r"\x5cx" not in text, "escaped twice:", text)


def drips(connection):
    while True:
        connection.sendall(b".")
        time.sleep(0.05)


probe(2, "is not there in time", Server(drips), "--expect", "x", *SHORT)





authority = Authority(os.path.join(FOLDER, "ca"))
trust = ("--tls", "--ca-file", authority.file)
good = Server(banner, tls=authority.server(ends=90))
probe(0, r"connected with TLS in .*v4_tls=[0-9.]+s.*v4_cert_days=89\.9", good, *trust)
probe(0, "answered", good, *trust, "--send", r"hello\r\n", "--expect", "you said hello")
probe(1, "cert_days is 89.9, outside of 100:", good, *trust, "-w", "cert_days=100:", "-c", "cert_days=7:")
probe(2, "cert_days is 89.9, outside of 90:", good, *trust, "-c", "cert_days=90:")
probe(2, "certificate", good, "--tls")
probe(0, "connected with TLS", good, "--tls", "--insecure")
probe(0, "connected with TLS", good, *trust, name="localhost")
probe(2, "certificate has expired", Server(banner, tls=authority.server(begins=-9, ends=-2)), *trust)
probe(2, "self.signed", Server(banner, tls=authority.self_signed()), "--tls")
probe(2, "(?i)ssl|tls", smtp, "--tls")
probe(2, "TLS handshake was not done in time", Server(stalls), "--tls", *SHORT)
probe(2, "", Server(lambda connection: connection.sendall(os.urandom(70000))), "--tls", *SHORT)
row(2, "no such host", "tcp-probe", "no-such-host.invalid:80")
row(2, "", "tcp-probe", "--address", "127.0.0.1", f"anything.example:{closed.port}")
row(0, "connected", "tcp-probe", "--address", "127.0.0.1", f"anything.example:{smtp.port}")
if socket.has_ipv6:
    try:
        six = Server(banner, family=socket.AF_INET6)
        row(0, r"v6 connected", "tcp-probe", f"[::1]:{six.port}")
        row(2, "has no address", "tcp-probe", "-4", f"[::1]:{six.port}")
    except OSError:
        pass  # a machine without IPv6 on loopback; families_table.py brings its own
refused("tcp-probe", [], ["host"], ["host:"], ["host:0"], ["host:65536"], ["host:80x"], [":80"], ["[::1:80"], ["[x]:80"], ["ho st:80"],
        ["http://x:80"], ["a:80", "b:80"], ["a:80", "--send", r"\q"], ["a:80", "--expect", "\\"], ["a:80", "--matches", "["],
        ["a:80", "-w", "x"], ["a:80", "-t", "-1"], ["a:80", "--what"])
end()
