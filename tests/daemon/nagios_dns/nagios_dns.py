"""check_dns of Debian's monitoring-plugins runs unchanged. It knows no port but 53, so that it and a DNS server
stand in a network namespace of their own."""

import os
import shutil
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import Minitor, check, equal, main  # noqa: E402

PLUGIN = "/usr/lib/nagios/plugins/check_dns"
ADDRESS = "192.0.2.80"
OWN_NETWORK = ("unshare", "--map-root-user", "--net")


def answer(query):
    """A DNS server of one name: an A record for blog.example, NXDOMAIN for any other."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]])
        at += 1 + query[at]
    kind = struct.unpack(">H", query[at + 1 : at + 3])[0]
    question = query[12 : at + 5]
    known = b".".join(labels).lower() == b"blog.example"
    records = b""
    if known and kind == 1:
        records = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(ADDRESS)
    flags = 0x8580 | (0 if known else 3)
    return query[:2] + struct.pack(">HHHHH", flags, 1, 1 if records else 0, 0, 0) + question + records


def serve():
    """In the namespace: brings loopback up, answers for ever, and starts the daemon that was asked for."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    daemon = os.getpid()
    if os.fork() == 0:
        # The server ends with the daemon, whose child it is.
        import ctypes

        ctypes.CDLL(None).prctl(1, 9)
        if os.getppid() == daemon:
            while True:
                query, sender = server.recvfrom(4096)
                server.sendto(answer(query), sender)
        os._exit(0)
    server.close()
    os.execvp(sys.argv[2], sys.argv[2:])


def check_dns_runs_unchanged(binary):
    def monitor(name, *arguments):
        words = ", ".join(f"'{word}'" for word in (PLUGIN, "-s", "127.0.0.1", "-t", "15", *arguments))
        return f"  - {{ name: {name}, command: [{words}], check_interval: 1s, timeout: 20s, exit_codes: nagios }}\n"

    config = "monitors:\n" + "".join((
        monitor("right", "-H", "blog.example", "-a", ADDRESS),
        monitor("wrong", "-H", "blog.example", "-a", "192.0.2.1"),
        monitor("none", "-H", "nobody.example"),
    ))
    wrapper = (*OWN_NETWORK, sys.executable, os.path.abspath(__file__), "--serve")
    with Minitor(binary, config, wrapper=wrapper) as minitor:
        line = minitor.wait_for(lambda line: line.get("monitor") == "right" and "verdict" in line)
        equal((line["verdict"], line["outcome"]), ("ok", "exit 0"), line)
        check(ADDRESS in line["output"], line)
        line = minitor.wait_for({"monitor": "wrong", "verdict": "failure"})
        check("expected" in line["output"], line)
        minitor.wait_for({"monitor": "none", "verdict": "failure"})


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve()
    for needed, there in (
        ("monitoring-plugins-standard", os.path.exists(PLUGIN)),
        ("nslookup of bind9-dnsutils", shutil.which("nslookup")),
        ("iproute2", shutil.which("ip", path="/usr/sbin:/usr/bin:/sbin:/bin")),
        ("network namespaces", subprocess.run([*OWN_NETWORK, "true"], capture_output=True, check=False).returncode == 0),
    ):
        if not there:
            print(f"skipped: daemon-nagios_dns: needs {needed}")
            sys.exit(77)
    main(check_dns_runs_unchanged)
