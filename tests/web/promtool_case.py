#!/usr/bin/env python3
"""Prometheus's own linter reads our metrics. It may complain of two names, which are Minitor's."""

import shutil
import subprocess

from wire import Server, main, skip, unittest

MINITORS_OWN = ("minitor_check_milliseconds ", "minitor_monitor_up_count ")


class Promtool(unittest.TestCase):
    def test_check_metrics(self):
        with Server() as server, server.connect() as client:
            text = client.get("/metrics")[2]
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
        self.assertIn(done.returncode, (0, 3), done.stderr.decode())  # 3: complaints of style only
        complaints = (done.stdout + done.stderr).decode().splitlines()
        self.assertEqual([line for line in complaints if line and not line.startswith(MINITORS_OWN)], [])


if __name__ == "__main__":
    if not shutil.which("promtool"):
        skip("web-promtool: needs promtool of the package prometheus")
    main()
