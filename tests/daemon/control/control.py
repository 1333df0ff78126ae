#!/usr/bin/env python3
"""The control socket: who may come in, what a killed daemon leaves behind, two daemons on one configuration, and
clients that mean no good."""

import json
import os
import pathlib
import signal
import socket
import stat
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import Minitor, check, equal, main, run  # noqa: E402

CONFIG = """
monitors:
  - name: web
    command: [cat, word]
    check_interval: 1s
"""


def started(binary, config=CONFIG, **more):
    daemon = Minitor(binary, config, **more)
    with open(os.path.join(daemon.folder, "word"), "w", encoding="utf-8") as file:
        file.write("hello\n")
    daemon.wait_for(lambda line: "watches" in line["msg"])
    return daemon


def client(binary, daemon, *arguments):
    return run(binary, *arguments, cwd=daemon.folder, env={"STATE_DIRECTORY": daemon.folder})


def path_of(daemon):
    return os.path.join(daemon.folder, "minitor.sock")


def only_the_owner_comes_in(binary):
    with started(binary) as daemon:
        equal(stat.S_IMODE(os.stat(path_of(daemon)).st_mode), 0o600, "mode of the socket")
        daemon.stop()
        check(not os.path.exists(path_of(daemon)), "the socket is still there after the end")


def a_test_now_is_recorded_as_manual(binary):
    with started(binary) as daemon:
        done = client(binary, daemon, "test", "--now", "web")
        equal(done.returncode, 0, done.stderr)
        check(b"web" in done.stdout, done.stdout)
        os.rename(os.path.join(daemon.folder, "word"), os.path.join(daemon.folder, "away"))
        failed = client(binary, daemon, "test", "--now", "--all", "-o", "json")
        equal(failed.returncode, 1, failed.stderr)
        check(b'"outcome":"exit 1"' in failed.stdout, failed.stdout)
        os.rename(os.path.join(daemon.folder, "away"), os.path.join(daemon.folder, "word"))
        equal(client(binary, daemon, "test", "--now", "nobody").returncode, 2)
        daemon.stop()
        shown = client(binary, daemon, "history", "web", "--json", "-n", "1000")
        check(shown.stdout.count(b'"manual":true') == 2, shown.stdout)


def a_killed_daemon_leaves_no_trouble(binary):
    with started(binary) as daemon:
        daemon.signal(signal.SIGKILL)
        daemon.wait()
        check(os.path.exists(path_of(daemon)), "a killed daemon cannot tidy up")
        nobody = client(binary, daemon, "test", "--now", "web")
        equal(nobody.returncode, 3, nobody.stderr)
        check(b"no minitor runs on this configuration" in nobody.stderr, nobody.stderr)
        with started(binary, folder=daemon.folder) as second:
            equal(client(binary, second, "test", "--now", "web").returncode, 0)


def two_daemons_are_one_too_many(binary):
    config = "history: memory\n" + CONFIG  # a file of the history has a lock of its own
    with started(binary, config) as daemon:
        second = Minitor(binary, config, folder=daemon.folder)
        equal(second.wait(), 1)
        check(second.all({"level": "error"}), second.log())
        check("another minitor listens on" in second.log(), second.log())
        equal(client(binary, daemon, "test", "--now", "web").returncode, 0)


def what_is_no_socket_is_kept(binary):
    with started(binary, "control: notes.txt\n" + CONFIG) as daemon:
        daemon.stop()
        notes = pathlib.Path(daemon.folder, "notes.txt")
        notes.write_text("mine\n", encoding="utf-8")
        second = Minitor(binary, "control: notes.txt\n" + CONFIG, folder=daemon.folder)
        equal(second.wait(), 1)
        check("no socket" in second.log(), second.log())
        equal(notes.read_text(encoding="utf-8"), "mine\n")


def a_long_path_is_named(binary):
    daemon = Minitor(binary, f"control: /tmp/{'x' * 120}\n" + CONFIG)
    with daemon:
        equal(daemon.wait(), 1)
        check("name a shorter one with control:" in daemon.log(), daemon.log())


def off_means_off(binary):
    with started(binary, "control: off\n" + CONFIG) as daemon:
        check(not os.path.exists(path_of(daemon)))
        answer = client(binary, daemon, "test", "--now", "web")
        equal(answer.returncode, 3, answer.stderr)


def a_broken_configuration_is_no_hindrance(binary):
    with started(binary) as daemon:
        with open(daemon.config, "a", encoding="utf-8") as file:
            file.write("naem: half a thought\n")
        answer = client(binary, daemon, "test", "--now", "web")
        equal(answer.returncode, 0, answer.stderr)
        check(b"unknown key" in answer.stderr, answer.stderr)
    # Also where it listens and writes elsewhere than usual.
    with started(binary, "control: talk\nhistory: sqlite://kept.db\n" + CONFIG) as daemon:
        with open(daemon.config, "a", encoding="utf-8") as file:
            file.write("naem: half a thought\n")
        answer = client(binary, daemon, "test", "--now", "web")
        equal(answer.returncode, 0, answer.stderr)
        answer = client(binary, daemon, "status")
        equal([one["monitor"] for one in json.loads(answer.stdout) if one["monitor"] == "web"], ["web"], answer.stderr)
        check(b"unknown key" in answer.stderr, answer.stderr)


def hostile_clients_delay_nobody(binary):
    with started(binary) as daemon:
        clients = []
        for number in range(200):
            one = socket.socket(socket.AF_UNIX)
            one.setblocking(False)
            try:
                one.connect(path_of(daemon))
                one.send([b"", b"GET / HT", b"\xff\x00" * 500, b"POST /api/v1/monitors/web/test HTTP/1.1\r\n"][number % 4])
            except OSError:
                pass  # it was sent away: there are others before it
            clients.append(one)
        before = daemon.position()
        daemon.wait_for({"monitor": "web", "verdict": "ok"}, count=3, after=before)
        equal(client(binary, daemon, "test", "--now", "web").returncode, 0)
        for one in clients:
            one.close()
        equal(daemon.stop(), 0)


main(only_the_owner_comes_in, a_test_now_is_recorded_as_manual, a_killed_daemon_leaves_no_trouble,
     two_daemons_are_one_too_many, what_is_no_socket_is_kept, a_long_path_is_named, off_means_off,
     a_broken_configuration_is_no_hindrance, hostile_clients_delay_nobody)
