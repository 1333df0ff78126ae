"""Against trackers that other people wrote, where they are installed: Debian's opentracker."""
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


if __name__ == "__main__":
    main()
