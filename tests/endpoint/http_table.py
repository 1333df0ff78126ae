"""http-probe: a table of replies and verdicts, over HTTP and TLS, and servers that stall, reset, lie and never end."""

import gzip
import json
import os
import re
import resource
import subprocess
import sys
import threading
import time
import zlib

from servers import PATIENCE, Server, endless, ok, request, resets, says, stalls
from certificates import Authority
from table import DEADLINE, FOLDER, end, expect, path, refused, row, run

SHORT = ("-t", "1")


def probe(code, words, server, *arguments, where="/", scheme="http", name="127.0.0.1"):
    return row(code, words, "http-probe", f"{scheme}://{name}:{server.port}{where}", *arguments)


def replies():
    good = Server(says(ok(b'{"status":"ok","list":[1,{"a":true}]}\nlast line\n', b"X-Thing: a b", b"Content-Type: text/json")))
    probe(0, r"^HTTP OK - http://127\.0\.0\.1:\d+/: v4 HTTP 200 in \S+ [a-z]+ \| v4_total=", good)
    probe(0, "HTTP 200", good, "--contains", "last line", "--lacks", "error", "--matches", "^last l[a-z]+e$")
    probe(2, '"missing" is not there', good, "--contains", "missing")
    probe(2, '"status" is there', good, "--lacks", "status")
    probe(2, "nothing matches /", good, "--matches", "^line")
    probe(2, "the body is no JSON", good, "--body-json", "/status=ok")
    probe(0, "HTTP 200", good, "--expect-header", "x-thing", "--expect-header", "X-THING:a b", "--expect-header", "content-type:json")
    probe(2, "there is no header X-Other", good, "--expect-header", "X-Other")
    probe(2, 'X-Thing does not hold "c"', good, "--expect-header", "X-Thing:c")
    probe(1, "total is .* outside of 0", good, "-w", "0", "-c", "100")
    probe(2, "total is .* outside of 0", good, "-w", "0", "-c", "0")
    probe(1, "first_byte is", good, "-w", "first_byte=0")
    probe(0, "HTTP 200", good, "--whole", "-c", "bytes=48:48")
    document = Server(says(ok(b'{"status":"ok","list":[1,{"a":true}]}')))
    probe(0, "HTTP 200", document, "--body-json", "/status=ok", "--body-json", "/list/1/a=true", "--body-json", "/list/0=1.0")
    probe(2, "/status is ok, not bad", document, "--body-json", "/status=bad")
    probe(2, "the JSON is longer", document, "--body-json", "/status=ok", "--max-body", "5")
    packed = Server(says(ok(gzip.compress(b"inside"), b"Content-Encoding: gzip")))
    probe(0, "HTTP 200", packed, "--contains", "inside")
    for status, code in ((b"204 No Content", 0), (b"404 Not Found", 2), (b"500 Oh", 2), (b"302 Found", 2), (b"999 Odd", 2)):
        server = Server(says(ok(b"", status=status)))
        probe(code, rf"HTTP {status[:3].decode()}", server)
    probe(0, "HTTP 401", Server(says(ok(b"", status=b"401 Who"))), "--status", "200,401")
    empty = Server(says(ok(b"")))
    probe(0, "HTTP 200", empty)
    probe(2, "is not there", empty, "--contains", "x")

    seen = []

    def records(connection):
        seen.append(request(connection))
        connection.sendall(ok(b""))

    server = Server(records)
    probe(0, "HTTP 200", server, "-X", "PUT", "-d", "a=b\x01", "-H", "X-One: 1", "--header-file", path("headers", "Authorization: Bearer s3cret\r\n\nX-Two: 2\n"))
    expect(seen[0].startswith(b"PUT / HTTP/1.1\r\n") and seen[0].endswith(b"\r\n\r\na=b\x01"), seen)
    expect(all(line in seen[0] for line in (b"X-One: 1\r\n", b"Authorization: Bearer s3cret\r\n", b"X-Two: 2\r\n")), seen)
    probe(0, "HTTP 200", server, "-d", "@" + path("body", "from a file"))
    expect(seen[1].startswith(b"POST / ") and seen[1].endswith(b"from a file"), seen)
    probe(0, "HTTP 200", server, "-X", "HEAD")
    expect(seen[2].startswith(b"HEAD / "), seen)
    text = row(0, "HTTP 200", "http-probe", f"http://me:hidden@127.0.0.1:{server.port}/x")
    expect("hidden" not in text and b"Authorization: Basic" in seen[3], text, seen[3])

    done = run("http-probe", f"http://127.0.0.1:{good.port}/", "--json")
    answer = json.loads(done.stdout)
    expect(done.returncode == 0 and answer["state"] == "OK" and answer["addresses"][0]["status"] == 200, answer)
    address = answer["addresses"][0]
    expect(address["dns"] + address["connect"] + address["first_byte"] <= address["total"] and address["tls"] is None, answer)


def redirects():
    target = Server(says(ok(b"there", b"X-Last: yes")))
    there = f"http://127.0.0.1:{target.port}/"

    def leads(location, status=b"302 Found"):
        return Server(says(ok(b"moved", b"X-First: yes", b"Location: " + location.encode(), status=status)))

    for status in (b"301 Moved", b"302 Found", b"303 See", b"307 Temporary", b"308 Permanent"):
        probe(0, "HTTP 200 after 1 redirect ", leads(there, status), "--contains", "there")
    first = leads(there)
    probe(2, "HTTP 302", first, "--redirects", "0")
    probe(0, "HTTP 302", first, "--redirects", "0", "--status", "302")
    probe(2, "there is no header X-First", first, "--expect-header", "X-First")
    probe(0, "after 2 redirects", leads(f"http://127.0.0.1:{first.port}/"), "--expect-header", "X-Last", "-c", "redirects=2")
    probe(1, "redirects is 1", first, "-w", "redirects=0")
    probe(2, "redirected more than 1 times", leads(f"http://127.0.0.1:{first.port}/"), "--redirects", "1")
    counted = []

    def loops(connection):
        request(connection)
        counted.append(1)
        connection.sendall(ok(b"", b"Location: /again", b"Connection: close", status=b"302 Found"))

    probe(2, "redirected more than 5 times", Server(loops))
    expect(len(counted) == 6, "requests:", len(counted))
    for location in ("file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:1/_x", "javascript:x", "http://[::1", "http://127.0.0.1:1/", "//", "\x1b[31m"):
        probe(2, "", leads(location), *SHORT)
    text = probe(2, "refused", leads("http://127.0.0.1:1/"))
    expect("root:" not in text, text)
    secret = []

    def keeps(connection):
        secret.append(request(connection))
        connection.sendall(ok(b""))

    stranger = Server(keeps)
    probe(0, "after 1 redirect", leads(f"http://localhost:{stranger.port}/"), "-H", "Authorization: Bearer s3cret", "-H", "Cookie: c=1")
    expect(secret and b"s3cret" not in secret[0] and b"c=1" not in secret[0], "a secret went to another host:", secret)


def tls():
    authority = Authority(os.path.join(FOLDER, "ca"))
    trust = ("--ca-file", authority.file)
    good = Server(says(ok(b"safe")), tls=authority.server(ends=90))
    text = probe(0, r"v4_tls=[0-9.]+s.* v4_cert_days=89\.9", good, *trust, scheme="https")
    expect("v4_connect=" in text and "v4_first_byte=" in text, text)
    probe(1, "cert_days is 89.9, outside of 100:", good, *trust, "-w", "cert_days=100:", scheme="https")
    probe(2, "cert_days is 89.9", good, *trust, "-w", "cert_days=100:", "-c", "cert_days=91:", scheme="https")
    probe(2, "certificate", good, scheme="https")
    probe(0, "HTTP 200", good, "--insecure", scheme="https")
    expired = Server(says(ok()), tls=authority.server(begins=-9, ends=-2))
    probe(2, "certificate has expired", expired, *trust, scheme="https")
    probe(2, "cert_days is -2", expired, "--insecure", "-c", "cert_days=0:", scheme="https")
    probe(2, "certificate is not yet valid", Server(says(ok()), tls=authority.server(begins=2)), *trust, scheme="https")
    probe(2, "127.0.0.1|subject|match", Server(says(ok()), tls=authority.server(names="DNS:other.example", common="other.example")), *trust, scheme="https")
    probe(2, "self.signed", Server(says(ok()), tls=authority.self_signed()), scheme="https")
    probe(0, "HTTP 200", good, *trust, "--address", "127.0.0.1", scheme="https", name="localhost")
    probe(2, "(?i)ssl|tls", Server(says(ok())), scheme="https")  # plain HTTP where TLS is expected
    probe(2, "TLS handshake was not done in time", Server(stalls), *SHORT, scheme="https")
    probe(2, "", Server(lambda connection: connection.sendall(os.urandom(70000))), *SHORT, scheme="https")
    # The certificate that counts is that of the address asked, not of where it leads.
    leads = Server(says(ok(b"", b"Location: https://127.0.0.1:%d/" % good.port, status=b"302 Found")), tls=authority.server(ends=30))
    probe(0, r"after 1 redirect.*v4_cert_days=29\.9", leads, *trust, scheme="https")


def hostile():
    closed = Server(stalls)
    closed.close()
    probe(2, "cannot connect: Connection refused", closed)
    probe(2, "no reply came in time", Server(stalls), *SHORT)
    probe(2, "reset", Server(resets))
    probe(2, "closed without a reply", Server(says(b"")))
    probe(2, "HTTP/0.9|status line|no HTTP", Server(says(b"hello there, no HTTP at all\r\n")))
    probe(2, "", Server(says(os.urandom(5000))), *SHORT)
    for reply in (b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 \r\n\r\n", b"HTTP/9.9 200 OK\r\n\r\n", b"HTTP/1.1 99999999999 OK\r\n\r\n", b"HTTP/1.1 000 x\r\n\r\n",
                  b"HTTP/1.1 -200 OK\r\n\r\n", b"\r\n\r\n", b"\x00" * 100):
        probe(2, "", Server(says(reply)), *SHORT)
    probe(2, "", Server(says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")), "--whole")
    probe(0, "HTTP 200", Server(says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")))  # its first bytes came
    probe(2, "", Server(says(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n")), *SHORT)
    probe(2, "", Server(says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")), *SHORT)
    probe(2, "", Server(says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n")), *SHORT)

    def half(connection):
        request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        time.sleep(PATIENCE)

    probe(2, "HTTP 200, but its body was not over in time", Server(half), *SHORT)

    def drips(connection):
        request(connection)
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" * 100:
            connection.sendall(bytes([byte]))
            time.sleep(0.1)

    probe(2, "in time", Server(drips), *SHORT)


def endless_servers():
    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n"
    stream = Server(endless(head, b"\xff\xfb" * 500))
    probe(0, "HTTP 200", stream)  # its first bytes arrived: it is up
    probe(2, '"never" is not there in what was read of it', stream, "--contains", "never")
    probe(0, r"HTTP 200.*v4_bytes=[0-9]+B", stream, "--whole", "--max-body", "100000")
    probe(0, "HTTP 200", Server(endless(head, b"x" * 900 + b"ready")), "--contains", "ready")
    probe(2, "more than 65536 bytes of headers", Server(endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 100)))
    probe(2, "does not end", Server(endless(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 1000)))
    probe(2, "", Server(endless(b"", b"y" * 1000)))
    probe(2, "more than 65536 bytes of headers|in time", Server(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50)), "-t", "5")
    probe(2, "redirected|in time", Server(endless(b"HTTP/1.1 302 F\r\nLocation: /x\r\n\r\n", b"x" * 1000)), *SHORT)
    # A body that unpacks to gigabytes.
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(b"\0" * (64 << 20)) + packer.flush()
    server = Server(says(ok(bomb, b"Content-Encoding: gzip")))
    probe(2, "is not there in what was read", server, "--contains", "never")
    probe(0, "HTTP 200", server, "--whole")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    expect(before < 100 * 1024, f"a probe took {before} KiB")


def escapes():
    bad = b"\x1b[31mred\x07|evil=1\x00\xff\xc2\x9b"
    probe(2, r"not ok", Server(says(ok(b'{"a":"\\u001b[31m|x\\n"}'))), "--body-json", "/a=ok")
    probe(2, "HTTP 500", Server(says(ok(bad, b"X: " + bad.replace(b"\x00", b""), status=b"500 " + bad.replace(b"\x00", b"")))))
    probe(2, "there", Server(says(ok(bad))), "--contains", "\x1b[0m|")
    row(2, "no such host", "http-probe", "http://no-such-host.invalid/")


def deadline():
    server = Server(stalls)
    began = time.monotonic()
    probe(2, "in time", server, "-t", "300ms")
    done = []
    # Nobody reads what it writes: the watchdog ends it.
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    blocked = subprocess.Popen([os.path.join(sys.argv[1], "http-probe"), f"http://127.0.0.1:{server.port}/", "-t", "500ms"], stdout=writing)
    expect(blocked.wait(DEADLINE) == 2, "a probe whose words nobody reads ended with", blocked.returncode)
    os.close(reading)
    os.close(writing)

    # A resolver that never answers, and cannot be interrupted.
    if len(sys.argv) > 2:
        hung = {"LD_PRELOAD": sys.argv[2]}
        row(3, "DNS: no answer for localhost in time", "http-probe", f"http://localhost:{server.port}/", "-t", "300ms", env=hung)
        leads = Server(says(ok(b"", f"Location: http://localhost:{server.port}/".encode(), status=b"302 Found")))
        row(2, "", "http-probe", f"http://127.0.0.1:{leads.port}/", "-t", "300ms", env=hung)

    threads = [threading.Thread(target=lambda: done.append(run("http-probe", f"http://127.0.0.1:{server.port}/", "-t", "500ms").returncode)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    expect(done == [2] * 8, done)
    expect(time.monotonic() - began < DEADLINE, "it took too long")


replies()
redirects()
tls()
hostile()
endless_servers()
escapes()
deadline()
URL = "http://127.0.0.1:1/"
refused("http-probe", [], ["ftp://x"], ["file:///etc/passwd"], ["http://"], ["x"], ["http://a b/"], [URL, "--what"], [URL, "another"],
        [URL, "-w", "x"], [URL, "-c", "none=1"], [URL, "-t", "0"], [URL, "-t", "x"], [URL, "-t", "2h"], [URL, "-4", "-6"],
        [URL, "--require", "some"], [URL, "--address", "nobody"], [URL, "--ca-file", "/no/such"], [URL, "--status", "20"],
        [URL, "--redirects", "-1"], [URL, "--redirects", "51"], [URL, "--matches", "("], [URL, "--matches", r"(a)\1"],
        [URL, "--body-json", "x=y"], [URL, "-H", "no colon"], [URL, "-H", "A: b\r\nEvil: 1"], [URL, "-X", "GET / HTTP/1.1\r\n"],
        [URL, "--header-file", "/no/such"], [URL, "-d", "@/no/such"], [URL, "--max-body", "0"], [URL, "--max-body", "1e9"],
        [URL, "--expect-header", "a b"])
end()
