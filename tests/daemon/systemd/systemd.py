"""What systemd is told: ready, alive while checks are started, stopping; a daemon that is stuck is silent, and the
commands that it runs know nothing of it."""

import os
import signal
import socket
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import DEADLINE, Failure, Minitor, check, equal, main  # noqa: E402

CONFIG = "monitors: [ { name: x, command: 'env > seen.new; mv seen.new seen', check_interval: 100ms } ]\n"


class NotifySocket:
    """The socket on which a service manager listens."""

    def __init__(self, folder, abstract=False):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.name = f"@minitor-test-{os.getpid()}" if abstract else os.path.join(folder, "notify")
        self.socket.bind("\0" + self.name[1:] if abstract else self.name)
        self.socket.settimeout(DEADLINE)

    def next(self):
        try:
            return self.socket.recv(4096).decode()
        except TimeoutError:
            raise Failure("systemd was told nothing") from None

    def silent_for(self, seconds):
        self.socket.settimeout(seconds)
        try:
            while True:
                self.socket.recv(4096)
                self.socket.settimeout(seconds)
        except TimeoutError:
            self.socket.settimeout(DEADLINE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def it_is_ready_alive_and_stopping(binary):
    for abstract in (False, True):
        with tempfile.TemporaryDirectory() as folder, NotifySocket(folder, abstract) as systemd:
            env = {"NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "300000"}
            with Minitor(binary, CONFIG, env=env, folder=folder) as minitor:
                equal(systemd.next(), "READY=1\nSTATUS=watches 1 monitor")
                for _ in range(5):
                    equal(systemd.next(), "WATCHDOG=1")
                minitor.wait_for({"monitor": "x", "verdict": "ok"}, count=2)
                with open(os.path.join(folder, "seen"), encoding="utf-8") as file:
                    seen = file.read()
                check("NOTIFY_SOCKET" not in seen and "WATCHDOG" not in seen, seen)
                minitor.signal(signal.SIGTERM)
                while systemd.next() != "STOPPING=1":
                    pass
                equal(minitor.wait(), 0)


def one_that_is_stuck_is_silent(binary):
    with tempfile.TemporaryDirectory() as folder, NotifySocket(folder) as systemd:
        with Minitor(binary, CONFIG, env={"NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "150000"}, folder=folder) as minitor:
            systemd.next()
            systemd.next()
            minitor.signal(signal.SIGSTOP)
            systemd.silent_for(0.5)
            minitor.signal(signal.SIGCONT)
            equal(systemd.next(), "WATCHDOG=1")


def what_is_no_socket_stops_nothing(binary):
    for env in (
        {"NOTIFY_SOCKET": "/no/such/socket"}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "x"}, {"NOTIFY_SOCKET": "@"},
        {"NOTIFY_SOCKET": "/" + "x" * 200}, {"WATCHDOG_USEC": "1"}, {"NOTIFY_SOCKET": "/dev/null", "WATCHDOG_USEC": "many"},
    ):
        with Minitor(binary, CONFIG, env=env) as minitor:
            minitor.wait_for({"monitor": "x", "verdict": "ok"})
            equal(minitor.stop(), 0)


def a_watchdog_of_another_process_is_not_fed(binary):
    with tempfile.TemporaryDirectory() as folder, NotifySocket(folder) as systemd:
        env = {"NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "30000", "WATCHDOG_PID": "1"}
        with Minitor(binary, CONFIG, env=env, folder=folder) as minitor:
            systemd.next()
            minitor.wait_for({"monitor": "x", "verdict": "ok"}, count=3)
            minitor.signal(signal.SIGTERM)
            equal(systemd.next(), "STOPPING=1")


if __name__ == "__main__":
    main(
        it_is_ready_alive_and_stopping, one_that_is_stuck_is_silent, what_is_no_socket_stops_nothing,
        a_watchdog_of_another_process_is_not_fed,
    )
