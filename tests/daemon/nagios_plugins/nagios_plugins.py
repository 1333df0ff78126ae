"""The plugins of Debian's monitoring-plugins run unchanged, against real servers on loopback: their verdicts and
their figures arrive. check_by_ssh goes through a real sshd with keys of its own."""

import getpass
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from free_port import free_port  # noqa: E402
from harness import DEADLINE, HttpServer, Minitor, check, equal, main  # noqa: E402

PLUGINS = "/usr/lib/nagios/plugins"


class Sshd:
    """A real sshd for whoever runs the test, on a free port of loopback."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="minitor-sshd-")
        os.chmod(self.folder, 0o700)
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.path(name)], check=True)
        shutil.copy(self.path("user.pub"), self.path("authorized"))
        if os.getuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # sshd wants it, and systemd makes it
        self.process = None
        for _ in range(20):  # another program may take the port meanwhile
            self.port = free_port()
            with open(self.path("config"), "w", encoding="utf-8") as file:
                file.write(
                    f"ListenAddress 127.0.0.1:{self.port}\nHostKey {self.path('host')}\n"
                    f"AuthorizedKeysFile {self.path('authorized')}\nStrictModes no\nUsePAM no\nPidFile none\n"
                    "PasswordAuthentication no\nPermitRootLogin prohibit-password\n"
                )
            self.process = subprocess.Popen(
                [shutil.which("sshd", path="/usr/sbin:/usr/bin:/sbin"), "-D", "-e", "-f", self.path("config")],
                stderr=subprocess.PIPE, text=True,
            )
            words = ""
            for line in self.process.stderr:
                words += line
                if "Server listening" in line:
                    return
            self.process.wait(DEADLINE)
            if "in use" not in words:
                break
        raise RuntimeError(f"sshd does not start: {words}")

    def path(self, name):
        return os.path.join(self.folder, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(DEADLINE)
        self.process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def monitor(name, *command):
    words = ", ".join("'" + word.replace("'", "''") + "'" for word in (f"{PLUGINS}/{command[0]}", *command[1:]))
    return (f"  - {{ name: {name}, command: [{words}], check_interval: 500ms, timeout: 20s, exit_codes: nagios, "
            "env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } }\n")


def metrics(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=DEADLINE) as reply:
        return reply.read().decode()


def plugins_run_unchanged(binary):
    with HttpServer() as web, Sshd() as ssh:
        by_ssh = ("check_by_ssh", "-H", "127.0.0.1", "-p", str(ssh.port), "-l", getpass.getuser(), "-i", ssh.path("user"),
                  "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={ssh.path('known')}", "-E",
                  "-C", f"{PLUGINS}/check_load -w 900,900,900 -c 999,999,999")
        config = "monitors:\n" + "".join((
            monitor("http", "check_http", "-H", "127.0.0.1", "-p", str(web.port), "-w", "20", "-c", "30"),
            monitor("tcp", "check_tcp", "-H", "127.0.0.1", "-p", str(ssh.port), "-e", "SSH-2.0"),
            monitor("ping", "check_ping", "-4", "-H", "127.0.0.1", "-w", "9000,90%", "-c", "9999,99%", "-p", "1"),
            monitor("disk", "check_disk", "-w", "0%", "-c", "0%", "-p", "/"),
            monitor("load", "check_load", "-w", "900,900,900", "-c", "999,999,999"),
            monitor("swap", "check_swap", "-w", "1%", "-c", "0%", "-n", "ok"),
            monitor("procs", "check_procs", "-w", "1:100000", "-c", "1:100000"),
            monitor("ssh", "check_ssh", "-p", str(ssh.port), "127.0.0.1"),
            monitor("by ssh", *by_ssh),
        ))
        port = free_port()
        with Minitor(binary, config, "--metrics", "--metrics-port", str(port)) as minitor:
            for name in ("http", "tcp", "ping", "disk", "load", "swap", "procs", "ssh", "by ssh"):
                line = minitor.wait_for({"monitor": name, "verdict": re.compile(".")})
                equal((name, line["verdict"], line["outcome"]), (name, "ok", "exit 0"), line)
            text = metrics(port)
            for series in (
                r'minitor_perfdata\{label="time",monitor="http",unit="seconds"\} [0-9.e-]+',
                r'minitor_perfdata\{label="size",monitor="http",unit="bytes"\} [0-9]+',
                r'minitor_perfdata\{label="time",monitor="tcp",unit="seconds"\} [0-9.e-]+',
                r'minitor_perfdata\{label="pl",monitor="ping",unit="percent"\} 0',
                r'minitor_perfdata\{label="/",monitor="disk",unit="bytes"\} [0-9.e+]+',
                r'minitor_perfdata\{label="load1",monitor="load",unit=""\} [0-9.]+',
                r'minitor_perfdata\{label="procs",monitor="procs",unit=""\} [0-9]+',
                r'minitor_perfdata\{label="load1",monitor="by ssh",unit=""\} [0-9.]+',
                r'minitor_monitor_warning\{monitor="http"\} 0',
            ):
                check(re.search(f"(?m)^{series}$", text), series, "\n", text)
            web.kill()
            # A check that was under way may have lost its server in the middle; the next finds none.
            line = minitor.wait_for({"monitor": "http", "verdict": "failure", "output": re.compile("refused")}, after=minitor.position())
            equal(line["outcome"], "exit 2 (critical)")


def a_warning_is_up_an_unknown_is_not_and_a_plugin_that_is_not_there_is_named(binary):
    config = "monitors:\n" + "".join((
        monitor("full", "check_disk", "-w", "100%", "-c", "0%", "-p", "/"),
        monitor("wrong", "check_disk", "--no-such-option"),
        monitor("missing", "check_that_nobody_wrote"),
        monitor("shell", "negate", "-u", "OK", "/no/such/plugin"),
        "  - { name: dies, command: 'kill -11 $$', check_interval: 500ms, exit_codes: nagios }\n",
    ))
    port = free_port()
    with Minitor(binary, config, "--metrics", "--metrics-port", str(port)) as minitor:
        line = minitor.wait_for({"monitor": "full", "verdict": re.compile(".")})
        equal((line["verdict"], line["outcome"]), ("warning", "exit 1 (warning)"))
        line = minitor.wait_for({"monitor": "wrong", "verdict": re.compile(".")})
        equal((line["verdict"], line["outcome"]), ("unknown", "exit 3 (unknown)"))
        minitor.wait_for({"monitor": "wrong", "to": "down"})
        line = minitor.wait_for({"monitor": "missing", "verdict": "failure"})
        check("not started" in line["outcome"] and "No such file" in line["outcome"], line)
        line = minitor.wait_for({"monitor": "dies", "verdict": "failure"})
        check("SIGSEGV" in line["outcome"], line)
        minitor.wait_for({"monitor": "full", "to": "up"})
        check(not minitor.all({"monitor": "full", "to": re.compile("failing|down")}), minitor.log())
        check(re.search(r'(?m)^minitor_monitor_warning\{monitor="full"\} 1$', metrics(port)), metrics(port))


if __name__ == "__main__":
    for program, package in ((f"{PLUGINS}/check_http", "monitoring-plugins-basic"), ("/usr/sbin/sshd", "openssh-server"),
                             ("/usr/bin/ssh-keygen", "openssh-client"), ("/usr/bin/ping", "iputils-ping")):
        if not os.path.exists(program) and not shutil.which(os.path.basename(program)):
            print(f"skipped: daemon-nagios_plugins: needs {package}")
            sys.exit(77)
    main(plugins_run_unchanged, a_warning_is_up_an_unknown_is_not_and_a_plugin_that_is_not_there_is_named)
