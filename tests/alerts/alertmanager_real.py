"""alerts/alertmanager against a real Alertmanager: an alert fires, stays one, and is resolved."""

import json
import os
import subprocess
import tempfile
import time
import urllib.request

from alert_case import DEADLINE, DELIVERED, HOSTILE, LATER, NEVER, Receiver, Run, answer, check, closed_port, equal, main, needs, notice

CONFIG = """\
route: { receiver: hook, group_wait: 0s, group_interval: 1s, group_by: [monitor] }
receivers:
  - name: hook
    webhook_configs: [ { url: 'URL', send_resolved: true } ]
"""


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(seconds))


def it_fires_and_is_resolved():
    with tempfile.TemporaryDirectory() as folder, Receiver() as hook:
        hook.behave = answer(200)
        config = os.path.join(folder, "alertmanager.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.replace("URL", hook.url()))
        port = closed_port()
        with open(os.path.join(folder, "log"), "w", encoding="utf-8") as log:
            process = subprocess.Popen(
                ["prometheus-alertmanager", f"--config.file={config}", f"--storage.path={folder}/data", "--cluster.listen-address=",
                 f"--web.listen-address=127.0.0.1:{port}"], stderr=log, stdout=log)
        try:
            url = f"http://127.0.0.1:{port}"
            until = time.monotonic() + DEADLINE
            while Run("alertmanager", "--url", url, stdin=notice("test", monitor="are you there")).code != DELIVERED:
                check(time.monotonic() < until and process.poll() is None, open(log.name, encoding="utf-8").read())

            def known():
                with urllib.request.urlopen(url + "/api/v2/alerts", timeout=DEADLINE) as reply:
                    return {alert["labels"]["monitor"]: alert for alert in json.load(reply)}

            def hooked(status):
                while True:
                    body = json.loads(hook.next()[3])
                    for alert in body["alerts"]:
                        if alert["labels"]["monitor"] == "web shop" and alert["status"] == status:
                            return alert

            now = time.time()
            times = {"first_failure": stamp(now - 180), "time": stamp(now)}
            Run("alertmanager", "--url", url, stdin=notice(**times)).expect(DELIVERED, "firing")
            alert = hooked("firing")
            equal(alert["annotations"]["summary"], "web shop is down")
            equal(alert["labels"]["team"], "storage")
            Run("alertmanager", "--url", url, stdin=notice("reminder", **times)).expect(DELIVERED, "firing")
            check("web shop" in known(), known())
            Run("alertmanager", "--url", url, stdin=notice("recovery", **times)).expect(DELIVERED, "resolved")
            hooked("resolved")
            check("web shop" not in known(), known())
            for name, stdin in HOSTILE.items():
                Run("alertmanager", "--url", url, stdin=stdin).expect(DELIVERED, "", name)
            Run("alertmanager", "--url", url + "/elsewhere").expect(NEVER, "404")
        finally:
            process.kill()
            process.wait()
        Run("alertmanager", "--url", url).expect(LATER)


if __name__ == "__main__":
    needs("alerts-alertmanager", programs=["prometheus-alertmanager", "curl", "jq"])
    main(it_fires_and_is_resolved)
