"""What needs a network of its own: a dropped IPv6, packet loss, no route, a firewall, a DNS that
lies. Each test runs itself again inside a fresh network and mount namespace; without root, ip,
nft and unshare it is skipped."""
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import unittest

from probe_case import *  # noqa: F403

INSIDE = "PROBE_TEST_NAMESPACE"
ABLE = os.geteuid() == 0 and all(shutil.which(tool) for tool in ("ip", "nft", "unshare"))


def sh(command):
    subprocess.run(command, shell=True, check=True, capture_output=True)


def in_namespace(test):
    """Runs the test in `unshare --net --mount`, with the loopback up."""
    def wrapper(self):
        if os.environ.get(INSIDE):
            sh("ip link set lo up")
            return test(self)
        if not ABLE:
            self.skipTest("needs root, ip, nft and unshare")
        if subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True).returncode != 0:
            self.skipTest("namespaces are not allowed here")
        name = "%s.%s" % (type(self).__name__, self._testMethodName)
        done = subprocess.run(["unshare", "--net", "--mount", "--propagation", "private", sys.executable, __file__, name],
                              env=dict(os.environ, **{INSIDE: "1"}), capture_output=True, timeout=100)
        if done.returncode == 77:
            self.skipTest("not possible in this namespace")
        self.assertEqual(done.returncode, 0, done.stderr.decode())
    wrapper.__name__ = test.__name__
    return wrapper


class FakeDns:
    """Answers A and AAAA as told: a list of addresses, "nx", "nodata", "servfail" or "silent"."""

    def __init__(self, a, aaaa):
        self.answers = {1: a, 28: aaaa}
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.53", 53))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            query, source = self.sock.recvfrom(2048)
            end = 12
            while query[end]:
                end += query[end] + 1
            question, kind = query[12:end + 5], struct.unpack(">H", query[end + 1:end + 3])[0]
            answer = self.answers.get(kind, "nodata")
            if answer == "silent":
                continue
            code = 3 if answer == "nx" else 2 if answer == "servfail" else 0
            records = b""
            count = 0
            if isinstance(answer, list):
                for text in answer:
                    data = socket.inet_pton(socket.AF_INET if kind == 1 else socket.AF_INET6, text)
                    records += b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data
                    count += 1
            self.sock.sendto(query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, count, 0, 0) + question + records, source)


def use_dns(a, aaaa):
    with open("/tmp/probe-resolv.%d" % os.getpid(), "w") as file:
        file.write("nameserver 127.0.0.53\noptions timeout:1 attempts:1\n")
    sh("mount --bind %s /etc/resolv.conf" % file.name)
    os.unlink(file.name)
    with open("/tmp/probe-nss.%d" % os.getpid(), "w") as file:
        file.write("hosts: files dns\n")
    sh("mount --bind %s /etc/nsswitch.conf" % file.name)
    os.unlink(file.name)
    return FakeDns(a, aaaa)


class Namespaces(ProbeCase):
    @in_namespace
    def test_ns_ipv6_dropped(self):
        """The outage that started it all: IPv6 UDP dropped by a firewall, IPv4 fine."""
        four = self.tracker()
        self.tracker(host="::1", port=four.port)
        args = ["-t", TIMEOUT, "--resolve", "t.test:127.0.0.1,::1", "udp://t.test:%d" % four.port]
        self.assertEqual(run(*args).code, 0)
        sh("nft 'add table inet t; add chain inet t i { type filter hook input priority 0; };"
           " add rule inet t i ip6 nexthdr udp drop'")
        found = run(*args)
        self.assertEqual(found.code, 2, found.out)
        self.assertIn("(IPv6 down)", found.out)
        self.assertRegex(found.out, "OK .*v4 127.0.0.1")

    @in_namespace
    def test_ns_five_percent_loss(self):
        """A thousand default runs at 5 % loss in each direction. The arithmetic expects 0.2 false alarms, and three
        or more in one of a thousand such thousands; nothing but a timeout may be among them."""
        fake = self.tracker()
        sh("nft 'add table inet t; add chain inet t i { type filter hook input priority 0; };"
           " add rule inet t i udp dport %d numgen random mod 100 < 5 drop; add rule inet t i udp sport %d numgen random mod 100 < 5 drop'"
           % (fake.port, fake.port))
        lines = "\n".join("udp://127.0.0.1:%d/%d" % (fake.port, n) for n in range(1000))
        found = run("bulk", "-o", "jsonl", "--per-host", "0", stdin=lines.encode())
        results = [json.loads(line) for line in found.out.splitlines()]
        self.assertEqual(len(results), 1000)
        alarms = [r["addresses"][0]["error"]["code"] for r in results if r["state"] != "OK"]
        self.assertLessEqual(len(alarms), 2, alarms)
        self.assertTrue(set(alarms) <= {"udp.connect_timeout", "udp.announce_timeout"}, alarms)
        sent = sum(r["addresses"][0]["udp"]["sent"] for r in results)
        lost = sum(r["addresses"][0]["udp"]["lost"] for r in results)
        self.assertTrue(0.06 < lost / sent < 0.14, "9.75 %% of the exchanges should be lost: %d of %d" % (lost, sent))

    @in_namespace
    def test_fam_no_local_v6(self):
        sh("sysctl -w net.ipv6.conf.all.disable_ipv6=1")
        fake = self.tracker()
        args = ["-t", TIMEOUT, "--resolve", "t.test:127.0.0.1,2001:db8::1", "udp://t.test:%d" % fake.port]
        found = run(*args)
        self.assertEqual(found.code, 0, found.out)
        self.assertIn("IPv6 not tested", found.out)
        asked = run("-6", "-o", "json", *args)
        self.assertEqual((asked.code, asked.code_of(), asked.address["state"]), (3, "local.no_route", "UNKNOWN"))
        literal = run("-o", "json", "udp://[2001:db8::1]:80")
        self.assertEqual((literal.code, literal.code_of()), (3, "local.no_route"))
        self.assertEqual(run("--require", "both", *args).code, 3)

    @in_namespace
    def test_udp_icmp_unreachable(self):
        sh("ip route add unreachable 198.51.100.0/24")
        found = probe("udp://198.51.100.1:80")
        self.assertIn(found.code_of(), ("udp.unreachable", "local.no_route"))
        self.assertIn(found.code, (2, 3))
        self.assertEqual(probe("udp://203.0.113.1:80").code_of(), "local.no_route")

    @in_namespace
    def test_udp_local_eperm(self):
        sh("nft 'add table inet t; add chain inet t o { type filter hook output priority 0; };"
           " add rule inet t o udp dport 9 drop'")
        self.assert_error(probe("udp://127.0.0.1:9"), "local.denied", 3)

    @in_namespace
    def test_udp_icmp_host_unreachable(self):
        sh("nft 'add table inet t; add chain inet t i { type filter hook input priority 0; };"
           " add rule inet t i udp dport 9 reject with icmp type host-unreachable'")
        found = probe("udp://127.0.0.1:9")
        self.assert_error(found, "udp.unreachable")
        self.assertIn("host unreachable from 127.0.0.1", found.address["error"]["text"])

    def dns_case(self, a, aaaa):
        use_dns(a, aaaa)
        fake = self.tracker()
        return fake, run("-o", "json", "-t", "4s", "udp://t.example:%d" % fake.port)

    @in_namespace
    def test_dns_nx(self):
        _, found = self.dns_case("nx", "nx")
        self.assertEqual((found.code, found.json["error"]["code"]), (2, "dns.nxdomain"))

    @in_namespace
    def test_dns_nodata(self):
        _, found = self.dns_case("nodata", "nodata")
        self.assertEqual((found.code, found.json["error"]["code"]), (2, "dns.nodata"))

    @in_namespace
    def test_dns_servfail(self):
        _, found = self.dns_case("servfail", "servfail")
        self.assertEqual((found.code, found.json["error"]["code"]), (3, "dns.temporary"))

    @in_namespace
    def test_dns_timeout(self):
        use_dns("silent", "silent")
        found = run("-o", "json", "-t", "1s", "udp://t.example:80")
        self.assertEqual((found.code, found.json["error"]["code"]), (3, "dns.timeout"))
        self.assert_in_time(found, 1)

    @in_namespace
    def test_dns_aaaa_servfail(self):
        _, found = self.dns_case(["127.0.0.1"], "servfail")
        self.assertEqual(found.code, 1, found.out)
        self.assertIn("dns.family_failed", [n["code"] for n in found.json["notes"]])
        self.assertEqual(found.address["state"], "OK")

    @in_namespace
    def test_dns_aaaa_slow(self):
        use_dns(["127.0.0.1"], "silent")
        fake = self.tracker()
        found = run("-o", "json", "-t", "1s", "udp://t.example:%d" % fake.port)
        self.assert_in_time(found, 1)
        self.assertEqual(found.address["state"], "OK")
        self.assertIn("dns.family_failed", [n["code"] for n in found.json["notes"]])

    @in_namespace
    def test_dns_only_v4(self):
        _, found = self.dns_case(["127.0.0.1"], "nodata")
        self.assertEqual(found.code, 0, found.out)

    @in_namespace
    def test_dns_others_unaffected(self):
        use_dns("silent", "silent")
        fake = self.tracker()
        found = run("-o", "jsonl", "-t", "1s", "udp://t.example:1", fake.url)
        states = [json.loads(line)["state"] for line in found.out.splitlines()]
        self.assertEqual(states, ["UNKNOWN", "OK"])


if __name__ == "__main__":
    main()
