"""Against trackers and a client that other people wrote, where they are installed: Debian's opentracker and aria2,
bittorrent-tracker from npm."""
import hashlib
import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest

from probe_case import *  # noqa: F403


class OpenTracker(ProbeCase):
    """Debian's build keeps a white list: a random info-hash is refused, one on the list is served."""

    LISTED = "ab" * 20

    def setUp(self):
        binary = shutil.which("opentracker")
        if not binary:
            self.skipTest("opentracker is not installed")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        white = os.path.join(folder.name, "white")
        with open(white, "w") as file:
            file.write(self.LISTED + "\n")
        self.binary, self.folder = binary, folder.name
        self.daemon = None
        self.addCleanup(self.stop)
        # Between finding a free port and using it somebody else may take it: then another one.
        started = any(self.start() for _ in range(5))
        self.assertTrue(started, "opentracker does not answer")

    def start(self):
        self.stop()
        self.port = random.randint(10000, 30000)
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.daemon = subprocess.Popen([self.binary, "-i", "127.0.0.1", "-P", str(self.port), "-p", str(self.port), "-d",
                                        self.folder, "-w", "white", *user], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        self.url = "udp://127.0.0.1:%d/announce" % self.port
        answers = lambda: run("-d", "connect", "-t", "500ms", self.url).code == 0  # noqa: E731
        return wait_for(lambda: self.daemon.poll() is not None or answers(), 3) and self.daemon.poll() is None

    def stop(self):
        if self.daemon is None:
            return
        if self.daemon.poll() is None:
            self.daemon.terminate()
        self.daemon.wait()

    def listed(self, *args):
        return probe(self.url, "--info-hash", self.LISTED, *args)

    def test_real_opentracker_v4(self):
        # It reads the list in a thread of its own, some time after it listens.
        wait_for(lambda: self.listed("-d", "announce", "--join-swarm").code == 0)
        self.assert_ok(self.listed("-d", "announce", "--join-swarm", "--with-scrape"))
        found = self.listed("--roundtrip", "--join-swarm", "--verify-cleanup", "--with-scrape")
        self.assert_ok(found)
        self.assertTrue(found.address["roundtrip"]["peer_seen"])
        self.assertTrue(found.address["roundtrip"]["removed"])
        self.assertGreaterEqual(found.address["reply"]["interval"], 1620)

    def test_whitelist_bypass_depth(self):
        self.assertEqual(probe(self.url, "-d", "stopped").code, 0)
        self.assert_error(probe(self.url, "-d", "announce"), "tracker.not_authorized")
        self.assertEqual(probe(self.url, "--accept-refusal").code, 0)
        self.assertEqual(probe(self.url, "-d", "scrape").code, 0)

    def test_real_opentracker_stopped(self):
        """A tracker that has died is told from one that lives."""
        self.stop()
        self.assert_error(probe(self.url), "udp.refused")

    def test_real_opentracker_frozen(self):
        """One that is half dead: the port is open, nobody reads."""
        self.daemon.send_signal(signal_names.SIGSTOP)
        try:
            found = probe(self.url)
        finally:
            self.daemon.send_signal(signal_names.SIGCONT)
        self.assert_error(found, "udp.connect_timeout")

    def test_real_opentracker_loss_mode(self):
        found = run("loss", "--count", "50", "--gap", "2ms", self.url)
        self.assertEqual(found.code, 0, found.out)
        self.assertIn("0 of 50 lost", found.out)


HTTP_TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "probes-http")


class BitTorrentTracker(ProbeCase):
    """The tracker of the WebTorrent project; tests/probes-http/install_bittorrent_tracker.sh installs it."""

    def setUp(self):
        folder = os.environ.get("REAL_TRACKERS", "")
        if not shutil.which("node"):
            self.skipTest("needs node")
        if not os.path.exists(os.path.join(folder, "bittorrent-tracker/node_modules/bittorrent-tracker/server.js")):
            self.skipTest("needs bittorrent-tracker (install_bittorrent_tracker.sh)")
        self.server = subprocess.Popen(["node", os.path.join(HTTP_TESTS, "bt_server.mjs"), os.path.join(folder, "bittorrent-tracker")],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(self.stop)
        line = self.server.stdout.readline()
        self.assertTrue(line, "bittorrent-tracker did not start")
        self.ports = json.loads(line)

    def stop(self):
        self.server.stdin.close()
        self.server.stdout.close()
        self.server.wait(10)

    def url(self, host="127.0.0.1"):
        return "udp://%s:%d/announce" % (host, self.ports["udp6" if ":" in host else "udp"])

    def test_real_bt_udp4(self):
        found = probe(self.url(), "--with-scrape")
        self.assert_ok(found)
        self.assertEqual((found.address["reply"]["interval"], found.address["reply"]["leechers"]), (600, 1))
        self.assertTrue(found.address["udp"]["cid_is_magic"], "its connection id is a constant")
        found = probe(self.url(), "--roundtrip", "--verify-cleanup", "--with-scrape")
        self.assert_ok(found)
        self.assertTrue(found.address["roundtrip"]["peer_seen"] and found.address["roundtrip"]["removed"], found.out)

    def test_real_bt_udp6(self):
        """It answers and counts over IPv6, and never tells of a peer: only the round trip sees that it lies."""
        self.assert_ok(probe(self.url("[::1]")))
        self.assert_error(probe(self.url("[::1]"), "--roundtrip"), "roundtrip.peer_missing")

    def test_real_bt_frozen_and_dead(self):
        for host in ("127.0.0.1", "[::1]"):
            self.server.send_signal(signal_names.SIGSTOP)
            try:
                self.assert_error(probe(self.url(host)), "udp.connect_timeout")
            finally:
                self.server.send_signal(signal_names.SIGCONT)
        self.server.kill()
        self.server.wait()
        for host in ("127.0.0.1", "[::1]"):
            self.assert_error(probe(self.url(host)), "udp.refused")

    def test_real_client_in_peer_list(self):
        """aria2 seeds a torrent at this tracker: the probe is told of it, over both protocols."""
        if not shutil.which("aria2c"):
            self.skipTest("needs aria2c")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        content = os.urandom(16384)
        with open(os.path.join(folder.name, "some"), "wb") as file:
            file.write(content)
        info = b"d6:lengthi16384e4:name4:some12:piece lengthi16384e6:pieces20:" + hashlib.sha1(content).digest() + b"e"
        tracker = "http://127.0.0.1:%d/announce" % self.ports["http"]
        path = os.path.join(folder.name, "some.torrent")
        with open(path, "wb") as file:
            file.write(b"d8:announce%d:%s4:info%se" % (len(tracker), tracker.encode(), info))
        port = free_port()
        client = subprocess.Popen(
            ["aria2c", "--no-conf", "--dir", folder.name, "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false",
             "--check-integrity=true", "--seed-ratio=0.0", "--listen-port=%d" % port, "--disable-ipv6=true", "--quiet", path],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(client.wait)
        self.addCleanup(client.terminate)
        given = hashlib.sha1(info).hexdigest()
        # The torrent itself names the tracker and the hash; only a stopped is announced for it.
        self.assertTrue(wait_for(lambda: probe(path).address["reply"]["seeders"] == 1, 10), "aria2 did not announce itself")
        for url in (self.url(), tracker):
            found = probe(url, "--info-hash", given, "--join-swarm", "--roundtrip", "-v")
            self.assert_ok(found)
            self.assertEqual(found.address["roundtrip"]["peers_listed"], 3, "two of ours and aria2")
            self.assertEqual(found.address["reply"]["seeders"], 1)
        peer = "7f000001%04x" % port
        found = probe(self.url(), "--info-hash", given, "--join-swarm", "--roundtrip", "-v")
        self.assertIn(peer, found.err, "aria2's address and port are not in the list")


if __name__ == "__main__":
    main()
