#!/usr/bin/env python3
"""Prometheus's own linter reads our metrics. It may complain of two names, which are Minitor's."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from free_port import free_port  # noqa: E402
from wire import DEADLINE, Server, main, skip, unittest  # noqa: E402

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "prometheus"

MINITORS_OWN = ("minitor_check_milliseconds ", "minitor_monitor_up_count ")


class Promtool(unittest.TestCase):
    def test_check_metrics(self):
        with Server() as server, server.connect() as client:
            text = client.get("/metrics")[2]
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
        self.assertIn(done.returncode, (0, 3), done.stderr.decode())  # 3: complaints of style only
        complaints = (done.stdout + done.stderr).decode().splitlines()
        self.assertEqual([line for line in complaints if line and not line.startswith(MINITORS_OWN)], [])

    def test_the_example_rules_do_what_they_say(self):
        for command in (["test", "rules", "alerts_test.yml"], ["check", "config", "prometheus.yml"]):
            done = subprocess.run(["promtool", *command], cwd=EXAMPLES, capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, (done.stdout + done.stderr).decode())

    def test_the_examples_name_only_what_there_is(self):
        with Server() as server, server.connect() as client:
            types = re.findall(r"^# TYPE (\w+) (\w+)", client.get("/metrics")[2].decode(), re.M)
        there = {name for name, _ in types}
        there |= {f"{name}_{part}" for name, kind in types if kind == "histogram" for part in ("bucket", "sum", "count")}
        dashboard = (EXAMPLES / "grafana.json").read_text(encoding="utf-8")
        json.loads(dashboard)
        named = set(re.findall(r"\bminitor_\w+", dashboard + (EXAMPLES / "alerts.yml").read_text(encoding="utf-8")))
        self.assertGreater(len(named), 5)
        self.assertEqual(named - there, set())

    def test_a_real_prometheus_takes_it(self):
        if not shutil.which("prometheus"):
            self.skipTest("needs prometheus")
        with Server() as server, tempfile.TemporaryDirectory() as folder:
            port = free_port()
            config = os.path.join(folder, "prometheus.yml")
            with open(config, "w", encoding="utf-8") as file:
                file.write(f"""
scrape_configs:
  - job_name: minitor
    scrape_interval: 1s
    static_configs: [{{targets: ["127.0.0.1:{server.port}"]}}]
""")
            log = os.path.join(folder, "log")
            with open(log, "wb") as output:
                prometheus = subprocess.Popen(
                    ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
                     f"--web.listen-address=127.0.0.1:{port}"], stdout=output, stderr=output)
            try:
                # Names that are hostile included: the whole page is one scrape, taken or refused.
                found = self.ask(port, prometheus, 'count(minitor_monitor_status{monitor!=""})')
                self.assertGreater(float(found), 5)
                self.assertEqual(self.ask(port, prometheus, 'up{job="minitor"}'), "1")
            finally:
                prometheus.terminate()
                prometheus.wait(DEADLINE)

    def ask(self, port, process, query):
        """The value of a query, as soon as it has one."""
        until = time.monotonic() + DEADLINE
        url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        while time.monotonic() < until:
            self.assertIsNone(process.poll(), "prometheus ended")
            try:
                with urllib.request.urlopen(url, timeout=DEADLINE) as answer:
                    result = json.load(answer)["data"]["result"]
                if result:
                    return result[0]["value"][1]
            except OSError:
                pass
            time.sleep(0.05)
        self.fail(f"{query} has no value")


if __name__ == "__main__":
    if not shutil.which("promtool"):
        skip("web-promtool: needs promtool of the package prometheus")
    main()
