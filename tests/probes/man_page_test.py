"""Every use that the man page shows, typed as it stands, against trackers of our own."""
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

from probe_case import *  # noqa: F403

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "man", "tracker-probe.1")


def uses():
    with open(PAGE) as file:
        examples = file.read().split(".SH EXAMPLES")[1]
    return [block.strip().replace("\\-", "-").replace("\\e", "\\")
            for block in re.findall(r"\.nf\n(.*?)\.fi", examples, re.S)]


class ManPage(ProbeCase):
    # What tells each use, and what must come out of it.
    EXPECTED = [
        ("tracker-probe udp://", r"^OK .* announce .* interval 1897s"),
        ("--nagios", r"^TRACKER OK - .*\|v4_connect="),
        ("roundtrip", r"round trip ok"),
        ("--accept-refusal", r"^OK "),
        ("loss", r"0 of 50 lost"),
        ("--with-scrape", r"scrape"),
        ("bulk", r"2 targets: 1 ok, 0 warning, 1 critical"),
        ("--json", r'"127\.0\.0\.1"'),
        ("-o prom", r"^$"),
        ("watch", r'"timeouts":0'),
    ]

    def test_man_page_uses(self):
        if not shutil.which("jq"):
            self.skipTest("needs jq")
        commands = uses()
        self.assertEqual(len(commands), len(self.EXPECTED))
        good = self.tracker()
        refusing = self.tracker(on("announce", lambda t, r: r.reply(r.error_reply(b"not on the whitelist"))))
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(os.path.abspath(PROBE), os.path.join(folder, "tracker-probe"))
            for name in ("trackers.txt", "trackers_all.txt"):
                with open(os.path.join(folder, name), "w") as file:
                    file.write("%s\n" % good.url)
                    if name == "trackers_all.txt":
                        file.write("\nudp://127.0.0.1:%d\n" % free_port())
            for command, (mark, wanted) in zip(commands, self.EXPECTED):
                with self.subTest(command=command):
                    self.assertIn(mark, command)
                    tracker = refusing if "--accept-refusal" in command else good
                    typed = command.replace("tracker.example.org:6969", "127.0.0.1:%d" % tracker.port)
                    # A day is too long for a test, and this folder is not ours.
                    typed = typed.replace("60s", "100ms").replace("24h", "250ms").replace("/var/lib/node_exporter", shlex.quote(folder))
                    done = subprocess.run(["sh", "-c", typed], cwd=folder, capture_output=True, text=True, timeout=60,
                                          env=environment(PATH="%s:%s" % (folder, os.environ["PATH"])))
                    self.assertEqual(done.returncode, 2 if " bulk " in command else 0, done.stdout + done.stderr)
                    self.assertRegex(done.stdout, re.compile(wanted, re.M))
            with open(os.path.join(folder, "up.txt")) as file:
                self.assertEqual(file.read().split(), [good.url])
            with open(os.path.join(folder, "tracker.prom")) as file:
                self.assertIn("tracker_probe_up", file.read())


if __name__ == "__main__":
    main()
