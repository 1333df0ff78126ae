"""examples/tracker: real trackers, a real SMTP server, the intervals shortened. One that stops is one mail after the
sustained time, and one on its return; one whose IPv6 alone is dead is told as such."""

import contextlib
import email
import email.policy
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from installed import ROOT, TRACKERS, Installed, example_file, main  # noqa: E402
from alert_case import needs  # noqa: E402

needs("examples-tracker", programs=["curl", "jq", "opentracker", "openssl"], modules=["aiosmtpd"])
sys.path.append(os.path.join(ROOT, "tests", "probes-http"))
sys.path.append(os.path.join(ROOT, "tests"))
from certificates import Authority  # noqa: E402
from free_port import free_port  # noqa: E402
from harness import DEADLINE, HttpServer, check, equal  # noqa: E402
from mail_server import MailServer  # noqa: E402

INSTALLED = Installed()
INSIDE = "EXAMPLES_TRACKER_NAMESPACE"
SUSTAINED = 2  # seconds


class OpenTracker:
    """Debian's opentracker, over UDP and HTTP on one port of 127.0.0.1; it can be stopped and started again."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="minitor-tracker-")
        os.chmod(self.folder, 0o755)
        with open(os.path.join(self.folder, "white"), "w", encoding="utf-8") as file:
            file.write("ab" * 20 + "\n")
        self.port = str(free_port())
        self.process = None
        self.start()

    def start(self):
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen(
            ["opentracker", "-i", "127.0.0.1", "-p", self.port, "-P", self.port, "-d", self.folder, "-w", "white", *user],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + DEADLINE
        while socket.socket().connect_ex(("127.0.0.1", int(self.port))) != 0:
            check(time.monotonic() < until and self.process.poll() is None, "opentracker did not start")
            time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        self.process.wait(DEADLINE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def post_office():
    """A mail server with TLS and AUTH, and what the example needs to know of it."""
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(os.path.join(folder, "ca"))
        password = os.path.join(folder, "password")
        with open(password, "w", encoding="utf-8") as file:
            file.write("hush-hush\n")
        with MailServer(tls=authority.server(), user="minitor", password="hush-hush") as server:
            yield server, {
                "MAIL_TO": "ops@example.org", "MAIL_FROM": "minitor@watch.example", "SMTP_SERVER": server.url(),
                "SMTP_USER": "minitor", "SMTP_PASSWORD_FILE": password, "SMTP_CA": authority.file, "SMTP_TLS": "required",
                "TRACKER_INTERVAL": "250ms", "TRACKER_SUSTAINED": f"{SUSTAINED}s",
            }
        check(not server.leaks, server.leaks)


def mail(content):
    return email.message_from_bytes(content, policy=email.policy.default)


def a_tracker_that_stops_is_one_mail_and_its_return_another():
    with post_office() as (server, env), OpenTracker() as udp, OpenTracker() as http, HttpServer() as api:
        env.update(TRACKER_UDP=f"udp://127.0.0.1:{udp.port}/announce", TRACKER_HTTP=f"http://127.0.0.1:{http.port}/announce",
                   TRACKER_API=api.url("/api/health_check"))
        done = INSTALLED.run("test", "UDP tracker", "HTTP tracker", "tracker REST API", "-c", example_file("tracker"), **env)
        check(done.returncode == 0 and "3 ok" in done.stdout, "one-shot", done.stdout, done.stderr)
        with INSTALLED.example("tracker", **env) as minitor:
            for name in ("UDP tracker", "HTTP tracker", "tracker REST API"):
                minitor.wait_for({"monitor": name, "verdict": "ok"}, count=2)
            stopped = time.monotonic()
            udp.stop()
            minitor.wait_for({"monitor": "UDP tracker", "verdict": "failure"})
            down = mail(server.next()[2])
            check(time.monotonic() - stopped >= SUSTAINED, "a mail before it was down for so long")
            equal(down["Subject"], "UDP tracker is down")
            check("refused" in down.get_content().lower() and "routes of the host" in down.get_content(), down.get_content())
            udp.start()
            up = mail(server.next()[2])
            check(up["Subject"].startswith("UDP tracker is up again after"), up["Subject"])
            equal(up["In-Reply-To"], down["Message-ID"])
            minitor.wait_for({"monitor": "UDP tracker", "verdict": "ok"}, count=3, after=minitor.position())
            # Down for less than that: no mail.
            http.stop()
            minitor.wait_for({"monitor": "HTTP tracker", "verdict": "failure"}, count=2)
            http.start()
            minitor.wait_for({"monitor": "HTTP tracker", "verdict": "ok"}, count=3, after=minitor.position())
            check(server.mails.empty(), "one mail each")


def sh(command):
    subprocess.run(command, shell=True, check=True, capture_output=True)


def inside():
    """In a network of our own: a name with both families, a tracker on both, and IPv6 dropped by nftables."""
    sh("ip link set lo up")
    hosts = os.path.join(tempfile.gettempdir(), f"minitor-hosts-{os.getpid()}")
    with open(hosts, "w", encoding="utf-8") as file:
        file.write("127.0.0.1 localhost tracker.test\n::1 localhost tracker.test\n")
    sh(f"mount --bind {hosts} /etc/hosts")
    os.unlink(hosts)
    script = os.path.join(os.path.dirname(os.path.realpath(__file__)), "tracker_of_both_families.mjs")
    # All ports are free here.
    tracker = subprocess.Popen(["node", script, os.path.join(TRACKERS, "bittorrent-tracker"), "6969"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    equal(tracker.stdout.readline(), b"listening\n")
    with post_office() as (server, env), HttpServer() as api:
        env.update(TRACKER_UDP="udp://tracker.test:6969/announce", TRACKER_HTTP="http://tracker.test:6969/announce",
                   TRACKER_API=api.url())
        with INSTALLED.example("tracker", **env) as minitor:
            for name in ("UDP tracker", "HTTP tracker"):
                minitor.wait_for({"monitor": name, "verdict": "ok"}, count=2)
            sh("nft 'add table ip6 t; add chain ip6 t in { type filter hook input priority 0; }; "
               "add rule ip6 t in udp dport 6969 drop'")
            minitor.wait_for({"monitor": "UDP tracker", "verdict": "failure"})
            down = mail(server.next()[2])
            equal(down["Subject"], "UDP tracker is down")
            text = down.get_content()
            check("IPv6" in text and "::1" in text, "the mail names the family", text)
            sh("nft delete table ip6 t")
            up = mail(server.next()[2])
            equal(up["In-Reply-To"], down["Message-ID"])
            check(server.mails.empty(), "of the HTTP tracker nothing is told")
    tracker.stdin.close()
    tracker.wait(DEADLINE)


def an_outage_of_ipv6_alone_is_told_as_such():
    if os.environ.get(INSIDE):
        inside()
        return None
    for program in ("ip", "nft", "unshare", "node"):
        if not shutil.which(program):
            return f"skipped: examples-tracker: needs {program} for the outage of IPv6"
    if not os.path.exists(os.path.join(TRACKERS, "bittorrent-tracker", "node_modules")):
        return "skipped: examples-tracker: needs bittorrent-tracker (install_bittorrent_tracker.sh) for the outage of IPv6"
    namespace = ["unshare", "--net", "--mount", "--propagation", "private"]
    if os.geteuid() != 0 or subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode != 0:
        return "skipped: examples-tracker: needs root and namespaces for the outage of IPv6"
    done = subprocess.run(
        [*namespace, sys.executable, "-B", __file__, *sys.argv[1:3], an_outage_of_ipv6_alone_is_told_as_such.__name__],
        env={**os.environ, INSIDE: "1", "MINITOR_INSTALLED": INSTALLED.prefix}, capture_output=True, text=True, timeout=150, check=False)
    check(done.returncode == 0, done.stdout, done.stderr)
    return None


if __name__ == "__main__":
    main(a_tracker_that_stops_is_one_mail_and_its_return_another, an_outage_of_ipv6_alone_is_told_as_such)
