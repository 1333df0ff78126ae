"""examples/tunnels against real services and a real sshd on loopback, with keys and a port of its own."""

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from free_port import free_port  # noqa: E402
from installed import Installed, main  # noqa: E402
from harness import DEADLINE, Failure, HttpServer, check, equal

SSHD = shutil.which("sshd") or ("/usr/sbin/sshd" if os.path.exists("/usr/sbin/sshd") else None)
if not SSHD or not shutil.which("ssh") or not shutil.which("curl"):
    print("skipped: examples-tunnels: needs openssh-server, openssh-client and curl")
    sys.exit(77)
if os.geteuid() == 0:
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # where sshd locks itself up before a login

INSTALLED = Installed()


def until(condition, what):
    limit = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > limit:
            raise Failure(f"{DEADLINE} s passed: {what}")
        time.sleep(0.02)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Gate:
    """The other machine: an sshd, and two services that a script restarts."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="minitor-gate-")
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.port, self.shop, self.wiki = free_port(), free_port(), free_port()
        for name in ("host", "key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.path(name)], check=True)
        shutil.copy(self.path("key.pub"), self.path("authorized"))
        user = pwd.getpwuid(os.geteuid()).pw_name
        self.write("sshd_config", f"""ListenAddress 127.0.0.1:{self.port}
HostKey {self.path("host")}
AuthorizedKeysFile {self.path("authorized")}
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
""")
        self.write("ssh_config", f"""Host gate
  HostName 127.0.0.1
  Port {self.port}
  User {user}
  IdentityFile {self.path("key")}
  IdentitiesOnly yes
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
""")
        self.write("server.py", """import http.server, os, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
open(sys.argv[2], "w").write(str(os.getpid()))
server.serve_forever()
""")
        self.write("restart", f"""#!/bin/sh
echo restart >> {self.path("restarts")}
[ ! -e {self.path("broken")} ] || {{ echo "the unit is masked"; exit 1; }}
for name in shop wiki; do
  [ ! -s {self.folder}/$name.pid ] || kill "$(cat {self.folder}/$name.pid)" 2>/dev/null
done
{self.start_line("shop", self.shop)}
{self.start_line("wiki", self.wiki)}
""")
        os.chmod(self.path("restart"), 0o755)
        self.sshd = None
        self.start_sshd()
        subprocess.run([self.path("restart")], check=True)
        until(lambda: listens(self.shop) and listens(self.wiki), "the services listen")
        os.remove(self.path("restarts"))

    def start_line(self, name, port):
        return (f"setsid {sys.executable} {self.path('server.py')} {port} {self.path(name + '.pid')} "
                "< /dev/null > /dev/null 2>&1 &")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def start_sshd(self):
        self.sshd = subprocess.Popen([SSHD, "-D", "-e", "-f", self.path("sshd_config")], stderr=subprocess.DEVNULL)
        until(lambda: listens(self.port), "sshd listens")

    def stop_sshd(self):
        self.sshd.terminate()
        self.sshd.wait(DEADLINE)

    def kill(self, *names):
        for name in names:
            with open(self.path(name + ".pid"), encoding="utf-8") as file:
                os.kill(int(file.read()), signal.SIGKILL)

    def restarts(self):
        if not os.path.exists(self.path("restarts")):
            return 0
        with open(self.path("restarts"), encoding="utf-8") as file:
            return len(file.readlines())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_sshd()
        for name in ("shop", "wiki"):
            try:
                self.kill(name)
            except (OSError, ValueError):
                pass


def watch(gate, pager):
    return INSTALLED.example(
        "tunnels", SSH_CONFIG=gate.path("ssh_config"), TUNNEL_RESTART=gate.path("restart"), TUNNEL_INTERVAL="300ms",
        TUNNEL_WAIT="500ms", TUNNEL_COOLDOWN="1ms", PAGER_URL=pager.url("/"), TUNNEL_SHOP=f"http://127.0.0.1:{gate.shop}/",
        TUNNEL_WIKI=f"http://127.0.0.1:{gate.wiki}/")


def all_up(minitor):
    for name in ("gate", "shop", "wiki"):
        minitor.wait_for({"monitor": name, "to": "up"})


def what_dies_is_brought_back_and_nobody_is_woken():
    with Gate() as gate, HttpServer() as pager, watch(gate, pager) as minitor:
        all_up(minitor)
        before = minitor.position()
        gate.kill("shop")
        minitor.wait_for({"monitor": "shop", "to": "failing"}, after=before)
        repair = minitor.wait_for({"monitor": "shop", "repair": "1", "attempt": "1"}, after=before)
        equal(repair["outcome"], "exit 0", "the repair over ssh")
        line = minitor.wait_for({"monitor": "shop", "to": "up"}, after=before)
        check("recovered by attempt 1" in line["msg"], line)
        minitor.wait_for({"monitor": "shop", "alert": "log", "stage": "delivered"}, after=before)
        equal(gate.restarts(), 1, "one restart")
        equal(pager.requests.qsize(), 0, "nobody is woken")


def what_cannot_be_brought_back_wakes_someone_once():
    with Gate() as gate, HttpServer() as pager, watch(gate, pager) as minitor:
        all_up(minitor)
        gate.write("broken", "")
        gate.kill("shop")
        equal(pager.next()[3], b"shop check has failed {} times".replace(b"{}", pager_count(minitor)), "the alert")
        line = minitor.wait_for({"monitor": "shop", "alert": "pager", "stage": "delivered"})
        for words in ("tried: repair 1, attempt 1", "repair 1, attempt 2", "exit 1"):
            check(words in line["reason"], line)
        minitor.wait_for({"monitor": "shop", "verdict": "failure"}, count=5, after=minitor.position())
        equal(pager.requests.qsize(), 0, "someone is woken exactly once")
        equal(gate.restarts(), 2, "two attempts, and no more")
        os.remove(gate.path("broken"))
        subprocess.run([gate.path("restart")], check=True)
        equal(pager.next()[3], b"shop check is up again!", "its end")
        equal(pager.requests.qsize(), 0, "and nothing else")


def pager_count(minitor):
    line = minitor.wait_for({"monitor": "shop", "to": "down"})
    words = line["msg"].split("failed ")[1].split()
    return b"1" if words[0] == "once" else words[0].encode()


# MISSION O-14 with dependencies on: one cause fires exactly one alert, whatever hangs on it.
def one_cause_fires_one_alert():
    with Gate() as gate, HttpServer() as pager, watch(gate, pager) as minitor:
        all_up(minitor)
        gate.stop_sshd()
        gate.kill("shop", "wiki")
        body = pager.next()[3]
        check(body.startswith(b"gate check has failed"), body)
        line = minitor.wait_for({"monitor": "gate", "alert": "pager", "stage": "delivered"})
        check("takes down shop, wiki" in line["reason"], line)
        after = minitor.position()
        for name in ("shop", "wiki"):
            minitor.wait_for({"monitor": name, "verdict": "failure"}, count=5, after=after)
        equal(pager.requests.qsize(), 0, "one cause, one alert")
        equal(gate.restarts(), 0, "nothing is repaired while the gate is gone")
        gate.start_sshd()
        equal(pager.next()[3], b"gate check is up again!", "the gate's end")
        # Now the services are found to be dead still, and are repaired: nobody hears of them.
        for name in ("shop", "wiki"):
            minitor.wait_for({"monitor": name, "to": "up"}, after=after)
        check(gate.restarts() >= 1, "they were repaired")
        equal(pager.requests.qsize(), 0, "and nobody was told")


if __name__ == "__main__":
    main(what_dies_is_brought_back_and_nobody_is_woken, what_cannot_be_brought_back_wakes_someone_once,
         one_cause_fires_one_alert)
