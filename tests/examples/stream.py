"""examples/stream with a real Icecast, a real source, a listener and a recorder: what breaks is told once, by the one
alert that it belongs to, and its end once. minitor and its checks as they are, the intervals shortened."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "daemon"))
sys.path.append(os.path.join(ROOT, "tests"))
from free_port import free_port  # noqa: E402
from harness import DEADLINE, Failure, Minitor, check, equal, main  # noqa: E402

EXAMPLE = os.path.join(ROOT, "examples", "stream")
PROBE_FOLDER = sys.argv[2]
del sys.argv[2]

ICECAST = """<icecast>
  <limits><clients>50</clients><sources>4</sources><burst-size>0</burst-size><source-timeout>5</source-timeout></limits>
  <authentication><source-password>src</source-password><relay-password>x</relay-password>
    <admin-user>admin</admin-user><admin-password>p"w'd</admin-password></authentication>
  <hostname>localhost</hostname>
  <listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <fileserve>0</fileserve>
  <paths><logdir>{folder}</logdir><webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot></paths>
  <logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>3</loglevel></logging>
  <security><chroot>0</chroot>{owner}</security>
</icecast>
"""
# Icecast will not be root.
OWNER = "<changeowner><user>nobody</user><group>nogroup</group></changeowner>" if os.getuid() == 0 else ""
ALERT = """#!/bin/sh
# One line a notice, written in one piece.
{ cat | tr -d '\\n'; echo; } >"$NOTICES/.new.$$"
cat "$NOTICES/.new.$$" >>"$NOTICES/all"
"""


class Station:
    """Icecast and what belongs to it, each a process group that can be ended and begun again."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="minitor-stream-")
        os.chmod(self.folder, 0o777)
        self.running = {}
        for name in ("recordings", "state", "notices"):
            os.mkdir(self.path(name))
        self.write("password", "p\"w'd\n")
        self.write("alert", ALERT)
        os.chmod(self.path("alert"), 0o755)
        self.write("schedule", "".join(f"{day} 00:00-24:00 always\n" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")))
        self.uploads(0)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/live.mp3"
        self.write("icecast.xml", ICECAST.format(port=self.port, folder=self.folder, owner=OWNER))
        self.begin("icecast", "icecast2", "-c", self.path("icecast.xml"))
        until = time.monotonic() + DEADLINE
        while socket.socket().connect_ex(("127.0.0.1", self.port)) != 0:
            check(time.monotonic() < until and self.running["icecast"].poll() is None, "Icecast does not start")
            time.sleep(0.05)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        # In its place at once: nobody may read half of it.
        with open(self.path(name + ".new"), "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.path(name + ".new"), self.path(name))

    def uploads(self, count):
        self.write("metrics", f'r2_upload_failures_total{{bucket="a"}} {count}\n')

    def begin(self, name, *command):
        self.running[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                              stderr=open(self.path(f"{name}.log"), "ab"), start_new_session=True)

    def end(self, name):
        process = self.running.pop(name)
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait(DEADLINE)

    def source(self, sound="sine=frequency=440"):
        # It comes again by itself, as one in a studio would.
        self.begin("source", "sh", "-c", f"while :; do ffmpeg -nostdin -loglevel error -re -f lavfi -i {sound} -c:a libmp3lame -b:a 64k "
                   f"-content_type audio/mpeg -f mp3 icecast://source:src@127.0.0.1:{self.port}/live.mp3; sleep 0.1; done")

    def listener(self):
        self.begin("listener", "sh", "-c", f"while :; do curl -s -A 'some player' -o /dev/null {self.url}; sleep 0.1; done")

    def recorder(self):
        self.begin("recorder", "sh", "-c", f"while :; do curl -sfN -A recorder {self.url} >>{self.path('recordings')}/$(date +%s.mp3); sleep 0.1; done")

    def environment(self):
        return {
            "PATH": PROBE_FOLDER + ":" + os.environ["PATH"], "STREAM_URL": self.url, "STREAM_CDN_URL": self.url,
            "STREAM_ADMIN_URL": f"http://127.0.0.1:{self.port}/admin", "STREAM_PASSWORD_FILE": self.path("password"),
            "STREAM_SCHEDULE": self.path("schedule"), "STREAM_RECORDINGS": self.path("recordings"), "STREAM_UPLOADS_URL": "file://" + self.path("metrics"),
            "STATE_DIRECTORY": self.path("state"), "STREAM_ALERT": self.path("alert"), "NOTICES": self.path("notices"),
            "MINITOR_LIB": self.path("lib"), "STREAM_INTERVAL": "1s", "STREAM_SUSTAINED": "5s", "STREAM_LOOK": "2", "STREAM_UPLOAD_WINDOW": "10",
        }

    def notices(self):
        if not os.path.exists(self.path("notices/all")):
            return []
        with open(self.path("notices/all"), encoding="utf-8") as file:
            return [(notice["monitor"], notice["kind"]) for notice in map(json.loads, file)]

    def __enter__(self):
        # Where an installation has them.
        os.makedirs(self.path("lib"))
        os.symlink(os.path.join(ROOT, "checks", "scripts"), self.path("lib/checks"))
        return self

    def __exit__(self, *_):
        for name in list(self.running):
            self.end(name)
        shutil.rmtree(self.folder, ignore_errors=True)


MONITORS = ("stream", "CDN", "listeners", "dead air", "recording", "uploads")


def everything_is_judged_again(minitor, rounds=1):
    after = minitor.position()
    for name in MONITORS:
        minitor.wait_for(lambda line, name=name: line.get("monitor") == name and "verdict" in line, count=rounds, after=after)


def told(minitor, station, expected):
    """Exactly these notices came, in this order, also after everything was judged again."""
    until = time.monotonic() + DEADLINE
    while len(station.notices()) < len(expected):
        if time.monotonic() > until:
            raise Failure(f"these came: {station.notices()}, not {expected}\n{minitor.log(40)}")
        time.sleep(0.05)
    everything_is_judged_again(minitor)
    equal(station.notices(), expected, minitor.log(40))


def each_thing_that_breaks_is_one_alert(binary):
    with Station() as station:
        station.source()
        station.listener()
        station.recorder()
        with open(os.path.join(EXAMPLE, "minitor.yml"), encoding="utf-8") as file:
            config = file.read()
        folder = station.path("config")
        shutil.copytree(EXAMPLE, folder)
        with Minitor(binary, config, folder=folder, env=station.environment()) as minitor:
            for name in MONITORS:
                minitor.wait_for({"monitor": name, "verdict": "ok"}, count=2)
            expected = []
            equal(station.notices(), expected, "all is well")

            def breaks(monitor, act):
                act()
                expected.append((monitor, "problem"))
                told(minitor, station, expected)

            def mends(monitor, act):
                act()
                expected.append((monitor, "recovery"))
                told(minitor, station, expected)

            # The stream stops: one alert, not six.
            breaks("stream", lambda: station.end("source"))
            mends("stream", station.source)

            breaks("listeners", lambda: station.end("listener"))
            # No show is scheduled any more: that nobody listens is no problem.
            mends("listeners", lambda: station.write("schedule", "# nothing this week\n"))
            breaks("recording", lambda: station.end("recorder"))
            mends("recording", station.recorder)

            def falls_silent():
                station.end("source")
                station.source("anullsrc=r=44100:cl=mono")

            breaks("dead air", falls_silent)

            def sounds():
                station.end("source")
                station.source()

            mends("dead air", sounds)
            # Told once, and over when the window has passed.
            station.uploads(3)
            expected.extend((("uploads", "problem"), ("uploads", "recovery")))
            told(minitor, station, expected)


def stopping_the_stream_fires_exactly_one_alert_with_dependencies_on(binary):
    with Station() as station:
        station.source()
        station.listener()
        station.recorder()
        with open(os.path.join(EXAMPLE, "minitor.yml"), encoding="utf-8") as file:
            config = file.read()
        check(config.count("depends_on") > 0, "the example depends on its stream")
        folder = station.path("config")
        shutil.copytree(EXAMPLE, folder)
        with Minitor(binary, config, folder=folder, env=station.environment()) as minitor:
            for name in MONITORS:
                minitor.wait_for({"monitor": name, "verdict": "ok"}, count=2)
            station.end("source")
            told(minitor, station, [("stream", "problem")])
            # The others failed as well, longer than sustained, and are held back for the one cause.
            for name in ("CDN", "listeners", "recording"):
                minitor.wait_for({"monitor": name, "kind": "problem", "reason": re.compile("depends on stream")})
            told(minitor, station, [("stream", "problem")])
            station.source()
            told(minitor, station, [("stream", "problem"), ("stream", "recovery")])
            for name in MONITORS:
                minitor.wait_for({"monitor": name, "verdict": "ok"}, count=2, after=minitor.position())
            # A missing recording fires one.
            station.end("recorder")
            told(minitor, station, [("stream", "problem"), ("stream", "recovery"), ("recording", "problem")])


if __name__ == "__main__":
    for program in ("icecast2", "ffmpeg", "curl"):
        if not shutil.which(program):
            print(f"skipped: examples-stream: needs {program}")
            sys.exit(77)
    main(each_thing_that_breaks_is_one_alert, stopping_the_stream_fires_exactly_one_alert_with_dependencies_on)
