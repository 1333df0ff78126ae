"""The small parts of examples/stream: gates, the schedule, and who counts as a listener."""

import http.server
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "checks"))
from table import end, expect, path, row, run  # noqa: E402

WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CHECKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "checks", "scripts")


def gates():
    def code(*words):
        return run("when.sh", *words).returncode

    expect(code("true", "--", "sh", "-c", "exit 2") == 2, "an open gate hands the check's code on")
    expect(code("false", "--", "sh", "-c", "exit 2") == 0, "a closed gate is ok")
    row(0, "not now: no show", "when.sh", "sh", "-c", "echo no show; exit 1", "--", "false")
    expect(code("true", "--", os.path.join(CHECKS, "../../examples/stream/when.sh"), "false", "--", "false") == 0, "gates in a row")
    for odd in ("a b", "'", "''\"$(touch pwned)`touch pwned`", "*", "\\", "$HOME", "", "a\nb", "; touch pwned"):
        done = run("when.sh", "sh", "-c", 'printf %s "$1"; exit 1', "x", odd, "--", "false")
        expect(done.stdout.decode() == f"WHEN OK - not now: {odd.split(chr(10))[0]}\n", repr(odd), done)
        done = run("when.sh", "true", "--", "printf", "%s", odd)
        expect(done.stdout.decode() == odd, repr(odd), done)
    expect(not os.path.exists("pwned"), "an argument became code")
    for wrong in ((), ("true",), ("--", "true"), ("true", "--")):
        row(3, "call it as", "when.sh", *wrong)


def schedule():
    def on_air(text):
        return run("on-air.sh", path("schedule", text), env={"TZ": "UTC"}).returncode

    def days(hours):
        return "".join(f"{day} {hours} a show\n" for day in WEEK)

    expect(on_air(days("00:00-24:00")) == 0, "all day")
    expect(on_air("") == 1 and on_air("# Fri\n\nnonsense\nMon\nMon x-y z\n") == 1, "no show")
    expect(on_air(days("24:00-24:00")) == 1, "a show of no length")
    now = time.gmtime()
    others = "".join(f"{day} 00:00-24:00 x\n" for day in WEEK if day not in (WEEK[now.tm_wday], WEEK[(now.tm_wday + 1) % 7]))
    expect(on_air(others) == 1, "on other days")
    expect(run("on-air.sh", "/no/such/schedule").returncode == 0, "no schedule: a show is taken to be on")
    # Twelve hours from now, on the other side of the clock, in minutes: never around now.
    far = f"{(now.tm_hour + 11) % 24:02}:00-{(now.tm_hour + 11) % 24:02}:59"
    expect(on_air(days(far)) == 1, "at another hour")


class Icecast(http.server.BaseHTTPRequestHandler):
    reply, seen = b"", []

    def do_GET(self):
        Icecast.seen.append((self.path.replace("%2F", "%2f"), self.headers["Authorization"]))
        self.send_response(401 if not self.headers["Authorization"] else 200)
        self.end_headers()
        self.wfile.write(Icecast.reply)

    def log_message(self, *_):
        pass


def listeners():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Icecast)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    env = {"CHECKS": CHECKS, "ADMIN": f"{base}/admin", "ADMIN_PASSWORD_FILE": path("password", "s3 cret\n")}

    def count(code, words, agents, *arguments):
        clients = "".join(f"<listener><IP>192.0.2.1</IP><UserAgent>{agent}</UserAgent><ID>5</ID></listener>" for agent in agents)
        Icecast.reply = (f'<?xml version="1.0"?>\n<icestats><source mount="/live.mp3"><Listeners>{len(agents)}</Listeners>{clients}'
                         "</source></icestats>").encode()
        return row(code, words, "listeners.sh", *arguments, f"{base}/live.mp3", env=env)

    count(2, r"0 listen to /live\.mp3 \| listeners=0;;1:;0", [])
    count(0, "1 listen", ["VLC/3.0"])
    count(2, "0 listen", ["minitor-http-probe/0.1.0", "minitor-silence-check", "recorder"])
    count(0, "2 listen", ["minitor-silence-check", "Player", "", "recorder 2"])
    count(0, "1 listen", ["&lt;UserAgent&gt;minitor-x &lt;listener&gt; my minitor-\n"])
    count(1, "2 listen", ["a", "b"], "-w", "3", "-c", "1")
    expect(Icecast.seen[0] == ("/admin/listclients?mount=%2flive.mp3", "Basic YWRtaW46czMgY3JldA=="), Icecast.seen[0])
    for garbage in (b"", b"<html>", os.urandom(5000), b"<listener>" * 1000):
        Icecast.reply = garbage
        row(3, "does not say", "listeners.sh", f"{base}/live.mp3", env=env)
    row(3, "does not say", "listeners.sh", "http://127.0.0.1:1/live.mp3", env={**env, "ADMIN": "http://127.0.0.1:1/admin"})
    row(3, "cannot be read", "listeners.sh", f"{base}/live.mp3", env={**env, "ADMIN_PASSWORD_FILE": "/no/such"})
    row(3, "which stream", "listeners.sh", env=env)
    row(3, "not a whole number", "listeners.sh", "-c", "x", f"{base}/live.mp3", env=env)


gates()
schedule()
listeners()
end()
