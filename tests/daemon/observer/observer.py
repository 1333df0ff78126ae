"""Our uplink is gone: one alert, none for the sites. The real daemon in a network namespace of its own, whose link goes
down and comes back; and a daemon that is not run for a while."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
from harness import DEADLINE, Failure, Minitor, check, equal, main  # noqa: E402

INSIDE = "MINITOR_TEST_INSIDE"
FAR_SIDE = "--far-side"
SITES = 40
NET = "10.98.76"
PORT = 8000  # of the namespace, where nobody else is
WEB = 8080

ALERTS = """
alerts: {pager: {shell_command: 'echo "$MINITOR_NOTICE_ID $MINITOR_KIND $MINITOR_MONITOR" >>"$NOTES"'}}
"""


def connect(host):
    return f"""[bash, -c, "exec 3<>/dev/tcp/{NET}.{host}/{PORT}"]"""


def config():
    monitors = [f"  - {{name: site{i}, command: {connect(i)}}}" for i in range(3, 3 + SITES)]
    return f"""
check_interval: 2s
default_timeout: 5s
default_alert_every: 0
default_alert_down: [pager]
default_alert_up: [pager]
web: 127.0.0.1:{WEB}
monitors:
  - {{name: first canary, command: {connect(1)}, canary: true, check_interval: 1s}}
  - {{name: second canary, command: {connect(2)}, canary: true, check_interval: 1s}}
  - {{name: disk, command: ["true"], scope: local}}
""" + "\n".join(monitors) + ALERTS


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


def far_side():
    """The world at the other end of the link, in a namespace of its own."""
    sys.stdin.readline()
    ip("link", "set", "lo", "up")
    for host in range(1, 3 + SITES):
        ip("address", "add", f"{NET}.{host}/24", "dev", "far")
    ip("link", "set", "far", "up")
    server = socket.create_server(("0.0.0.0", PORT), backlog=512)

    def serve():
        while True:
            server.accept()[0].close()

    threading.Thread(target=serve, daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        ip("address", "del", f"{NET}.{line.strip()}/24", "dev", "far")
        print("gone", flush=True)


class World:
    """What stands at the other end of our uplink."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "--net", sys.executable, "-B", __file__, FAR_SIDE],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        # The link can be given to it once it has left our namespace.
        until = time.monotonic() + DEADLINE
        while os.readlink(f"/proc/{self.process.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            check(time.monotonic() < until, "no namespace for the far side")
            time.sleep(0.02)
        ip("link", "add", "uplink", "type", "veth", "peer", "name", "far", "netns", str(self.process.pid))
        ip("address", "add", f"{NET}.250/24", "dev", "uplink")
        ip("link", "set", "uplink", "up")
        self.say("go")

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        check(self.process.stdout.readline(), "the far side ended")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(DEADLINE)
        self.process.stdout.close()


class Notes:
    def __init__(self, minitor):
        self.minitor = minitor
        self.path = os.path.join(minitor.folder, "notes")

    def all(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding="utf-8") as file:
            # What comes twice, as it may when the daemon is killed, has the same id.
            return [line.split(" ", 1)[1] for line in dict.fromkeys(file.read().splitlines())]

    def wait_for(self, expected):
        until = time.monotonic() + DEADLINE
        while len(self.all()) < len(expected):
            if time.monotonic() > until:
                break
            time.sleep(0.05)
        if self.all() != expected:
            raise Failure(f"told {self.all()}, not {expected}\n{self.minitor.log()}")


def judged(minitor, wanted, times=1, sites=range(3, 3 + SITES)):
    """Every site was judged so often from now on, so."""
    after = minitor.position()
    for i in sites:
        minitor.wait_for({"monitor": f"site{i}", **wanted}, count=times, after=after)


def blind():
    with urllib.request.urlopen(f"http://127.0.0.1:{WEB}/metrics", timeout=DEADLINE) as answer:
        found = re.search(r'minitor_observer_blind\{cause="network",scope=""\} (\d)', answer.read().decode())
    return found and found.group(1)


def the_uplink_is_gone(binary):
    ip("link", "set", "lo", "up")
    with World() as world:
        live_through_it(binary, world)


def live_through_it(binary, world):
    folder = os.path.join(os.environ[INSIDE], "uplink")
    os.mkdir(folder)
    with Minitor(binary, config(), folder=folder, env={"NOTES": os.path.join(folder, "notes")}) as minitor:
        notes = Notes(minitor)
        judged(minitor, {"verdict": "ok"})
        minitor.wait_for({"monitor": "second canary", "verdict": "ok"})
        equal((notes.all(), blind()), ([], "0"))

        ip("link", "set", "uplink", "down")
        judged(minitor, {"outcome": re.compile("does not count: minitor is blind: the canaries first canary, second canary fail")})
        notes.wait_for(["problem minitor"])
        equal(blind(), "1")
        with urllib.request.urlopen(f"http://127.0.0.1:{WEB}/", timeout=DEADLINE) as page:
            check("minitor itself is blind" in page.read().decode(), "the page says so")

        # Killed and started again, it knows.
        minitor.signal(signal.SIGKILL)
        minitor.wait()
    with Minitor(binary, config(), folder=folder, env={"NOTES": os.path.join(folder, "notes")}) as minitor:
        notes = Notes(minitor)
        judged(minitor, {"outcome": re.compile("does not count")})
        equal(notes.all(), ["problem minitor"])

        # One site is really gone when the link is back.
        world.say("7")
        ip("link", "set", "uplink", "up")
        others = [i for i in range(3, 3 + SITES) if i != 7]
        judged(minitor, {"verdict": "ok"}, times=2, sites=others)
        notes.wait_for(["problem minitor", "recovery minitor", "problem site7"])
        equal(blind(), "0")
        equal(minitor.stop(), 0)
    with sqlite3.connect(os.path.join(folder, "minitor.db")) as books:
        down = [row[0] for row in books.execute(
            "SELECT DISTINCT name FROM incidents JOIN monitors ON monitors.id = monitor WHERE name LIKE 'site%'")]
        equal(down, ["site7"], "only what is really down has an outage")
        gaps = books.execute("SELECT reason, until FROM gaps JOIN monitors ON monitors.id = monitor "
                             "WHERE name = 'site4' ORDER BY since").fetchall()
        check(gaps and "does not count" in gaps[0][0] and all(until for _, until in gaps), gaps)
        equal(books.execute("SELECT count(*) FROM transitions JOIN monitors ON monitors.id = monitor "
                            "WHERE name = 'site4' AND after <> 'up'").fetchone()[0], 0, "no downtime of it")


def not_run_for_a_while(binary):
    folder = os.path.join(os.environ[INSIDE], "frozen")
    os.mkdir(folder)
    settings = """
check_interval: 200ms
late_after: 2s
default_alert_down: [pager]
monitors: [{name: site, command: 'test ! -e down'}, {name: other, command: ["true"]}]
""" + ALERTS
    with Minitor(binary, settings, folder=folder, env={"NOTES": os.path.join(folder, "notes")}) as minitor:
        minitor.wait_for({"monitor": "site", "verdict": "ok"})
        minitor.wait_for({"monitor": "other", "verdict": "ok"})
        minitor.signal(signal.SIGSTOP)
        with open(os.path.join(folder, "down"), "w", encoding="utf-8"):
            pass
        time.sleep(4)  # what passes is what is tested
        minitor.signal(signal.SIGCONT)
        minitor.wait_for({"monitor": "site", "outcome": re.compile("does not count: minitor (is blind|was late)")}, count=3)
        Notes(minitor).wait_for(["problem minitor"])
        equal(minitor.stop(), 0)


def enter_namespace():
    """This test again, in a network namespace of its own."""
    import tempfile

    tools = [tool for tool in ("ip", "unshare", "bash") if not shutil.which(tool)]
    inside = ["unshare", "--net"] + ([] if os.getuid() == 0 else ["--map-root-user"])
    if tools or subprocess.run([*inside, "ip", "link", "add", "probe", "type", "veth", "peer", "name", "far"], capture_output=True, check=False).returncode != 0:
        print(f"skipped: daemon-observer: needs {' and '.join(tools) or 'a network namespace of its own'}")
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="minitor-test-") as folder:
        done = subprocess.run([*inside, sys.executable, "-B", *sys.argv], env={**os.environ, INSIDE: folder}, check=False)
    sys.exit(done.returncode)


if __name__ == "__main__":
    if sys.argv[1] == FAR_SIDE:
        far_side()
        sys.exit(0)
    if INSIDE not in os.environ:
        enter_namespace()
    main(the_uplink_is_gone, not_run_for_a_while)
