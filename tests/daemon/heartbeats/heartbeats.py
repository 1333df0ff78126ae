"""Heartbeats through the whole program, told with curl: in time, too late, failed, after a kill -9, in a flood."""

import http.client
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import DEADLINE, HttpServer, Minitor, check, equal, main, run, wait_until  # noqa: E402

TOKEN = "0123456789abcdef"


def config(receiver, period="1h", grace="1h", more=""):
    return f"""\
web: 127.0.0.1:0
check_interval: 1h
monitors:
  - name: backup
    kind: heartbeat
    period: {period}
    grace: {grace}
    token: {TOKEN}
    show: [output]
    alert_every: 0
    alerts: [chat]
{more}
alerts:
  chat: {{ command: [curl, -sSf, -d, '{{alert_message}}: {{last_output}}', '{receiver.url()}'] }}
"""


def address(minitor):
    line = minitor.wait_for({"msg": re.compile("the page is at ")})
    return re.search(r"127\.0\.0\.1:(\d+)", line["msg"]).group(0)


def curl(minitor, path, *arguments, stdin=None):
    """The status and the body of what came back."""
    done = run("curl", "-sS", "-w", "\n%{http_code}", *arguments, f"http://{address(minitor)}{path}", stdin=stdin)
    equal(done.returncode, 0, done.stderr)
    body, _, status = done.stdout.decode().rpartition("\n")
    return int(status), body


def monitor(minitor, name="backup"):
    return json.loads(curl(minitor, f"/api/v1/monitors/{name}")[1])


def checks(minitor):
    return json.loads(curl(minitor, "/api/v1/monitors/backup/checks")[1])["checks"]


def one_that_is_missed_is_told_and_so_is_its_return(binary):
    with HttpServer() as receiver:
        with Minitor(binary, config(receiver, period="400ms", grace="200ms")) as minitor:
            # Never heard: from when it was first watched.
            message = receiver.next()[3]
            check(message.startswith(b"backup check has failed 1 times"), message)
            minitor.wait_for({"monitor": "backup", "outcome": re.compile("no heartbeat in the .* since it is watched")})
            equal(curl(minitor, f"/ping/{TOKEN}"), (200, "OK\n"))
            message = receiver.next()[3]
            check(message.startswith(b"backup check is up again!"), message)
            message = receiver.next()[3]
            check(message.startswith(b"backup check has failed 1 times"), message)
            minitor.wait_for({"monitor": "backup", "outcome": re.compile(r"no heartbeat for .* \(expected every 400ms, grace 200ms\)")})
            equal(minitor.stop(), 0)


def exit_codes_bodies_and_durations_are_kept(binary):
    with HttpServer() as receiver, Minitor(binary, config(receiver)) as minitor:
        equal(curl(minitor, f"/ping/{TOKEN}/start", "-X", "POST")[0], 200)
        check(monitor(minitor)["running_since"], "it runs")
        equal(curl(minitor, f"/ping/{TOKEN}/0", "-d", "412 files")[0], 200)
        equal(monitor(minitor)["status"], "up")
        equal(monitor(minitor)["running_since"], None)
        equal(curl(minitor, f"/ping/{TOKEN}/23", "--data-binary", "@-", stdin=b"<b>no</b> room\nat all")[0], 200)
        message = receiver.next()[3]
        check(b"<b>no</b> room" in message, message)
        equal(curl(minitor, f"/ping/{TOKEN}", "-I")[0], 200)
        receiver.next()
        equal(curl(minitor, f"/ping/{TOKEN}/fail")[0], 200)
        receiver.next()
        # The log of a job that talks much, also one that asks before it sends.
        long = b"first " + b"x" * 900_000 + b" last"
        equal(curl(minitor, f"/ping/{TOKEN}/fail", "--data-binary", "@-", stdin=long)[0], 200)
        equal(curl(minitor, f"/ping/{TOKEN}/fail", "--data-binary", "@-", stdin=long * 2)[0], 413)
        wait_until(lambda: len(checks(minitor)) >= 5, "what was told, in the history")
        seen = checks(minitor)
        equal([one["outcome"] for one in seen],
              ["heartbeat: fail", "heartbeat: fail", "heartbeat", "heartbeat: exit 23", "heartbeat: exit 0"])
        check(seen[4]["took"] > 0, "from its start to its end", seen[4])
        equal(seen[4]["output"], "412 files")
        check(seen[0]["output_cut"] and seen[0]["output"].startswith("first xxx"), seen[0]["output"][:20])
        page = curl(minitor, "/monitors/backup")[1]
        check("&lt;b&gt;no&lt;/b&gt; room" in page and "Last heartbeat" in page, page)
        for path in ("/ping/", "/ping/backup", f"/ping/{TOKEN}/256", f"/ping/{TOKEN}0", f"/ping/{TOKEN}/x"):
            equal(curl(minitor, path)[0], 404, path)
        equal(curl(minitor, f"/ping/{TOKEN}", "-X", "PUT")[0], 405)
        check(TOKEN not in minitor.log(10000), "no token stands in the log")
        equal(minitor.stop(), 0)


def addresses_are_printed_and_outlive_everything(binary):
    text = """\
web: { listen: 127.0.0.1:0, public_url: https://status.example.org }
monitors:
  - { name: backup, kind: heartbeat, period: 1h }
  - { name: report, kind: heartbeat, period: 1h }
"""
    def addresses(folder):
        done = run(binary, "heartbeats", "-c", f"{folder}/minitor.yml", env={"STATE_DIRECTORY": folder})
        equal(done.returncode, 0, done.stderr)
        return dict(line.split("\t") for line in done.stdout.decode().splitlines())

    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/minitor.yml", "w", encoding="utf-8") as file:
            file.write(text)
        done = run(binary, "heartbeats", "-c", f"{folder}/minitor.yml", env={"STATE_DIRECTORY": folder})
        equal(done.returncode, 1)
        check(b"when minitor starts for the first time" in done.stderr, done.stderr)
        with Minitor(binary, text, folder=folder) as minitor:
            minitor.wait_for({"msg": re.compile("watches 2 monitors")})
            first = addresses(folder)
            check(re.fullmatch(r"https://status\.example\.org/ping/[0-9a-f]{32}", first["backup"]), first)
            path = first["backup"].removeprefix("https://status.example.org")
            equal(curl(minitor, path)[0], 200)
            equal(monitor(minitor)["status"], "up")
            equal(monitor(minitor, "report")["status"], "unknown")
            minitor.signal(signal.SIGKILL)
            minitor.wait()
        equal(os.stat(f"{folder}/minitor.key").st_mode & 0o777, 0o600)
        os.unlink(f"{folder}/minitor.db")
        with Minitor(binary, text, folder=folder) as minitor:
            equal(curl(minitor, path)[0], 200)
            equal(addresses(folder), first)
            equal(minitor.stop(), 0)
        os.chmod(f"{folder}/minitor.key", 0o644)
        with Minitor(binary, text, folder=folder) as minitor:
            equal(minitor.wait(), 1)
            check("others may read it, so that it is no secret (chmod 600 " in minitor.log(), minitor.log())
        os.chmod(f"{folder}/minitor.key", 0o600)
        equal(addresses(folder), first)
        with open(f"{folder}/minitor.key", "w", encoding="utf-8") as file:
            file.write("short")
        with Minitor(binary, text, folder=folder) as minitor:
            equal(minitor.wait(), 1)
            check("holds no secret" in minitor.log(), minitor.log())


def a_kill_neither_forgets_nor_cries_wolf(binary):
    with HttpServer() as receiver, tempfile.TemporaryDirectory() as folder:
        text = config(receiver, period="1h", grace="1h")
        with Minitor(binary, text, folder=folder) as minitor:
            equal(curl(minitor, f"/ping/{TOKEN}/start")[0], 200)
            before = monitor(minitor)
            # An alert is on the disk before it is told; what is told later is on it as well.
            equal(curl(minitor, f"/ping/{TOKEN}/1")[0], 200)
            check(receiver.next()[3].startswith(b"backup check has failed"), "told")
            minitor.wait_for({"alert": "chat", "stage": "delivered"})
            equal(curl(minitor, f"/ping/{TOKEN}/start")[0], 200)
            minitor.signal(signal.SIGTERM)
            minitor.wait()
        with Minitor(binary, text, folder=folder) as minitor:
            after = monitor(minitor)
            equal(after["status"], "down")
            check(after["last_heartbeat"] >= before["last_heartbeat"], after)
            equal(curl(minitor, f"/ping/{TOKEN}")[0], 200)
            check(receiver.next()[3].startswith(b"backup check is up again!"), "the recovery is told")
            minitor.wait_for({"alert": "chat", "stage": "delivered"})
            minitor.signal(signal.SIGKILL)
            minitor.wait()
        # It falls due while nobody is there: no alarm at once, but one for the next that is missing.
        soon = config(receiver, period="3s", grace="300ms")
        with Minitor(binary, soon, folder=folder) as minitor:
            equal(curl(minitor, f"/ping/{TOKEN}")[0], 200)
            heard = monitor(minitor)["last_heartbeat"]
            minitor.signal(signal.SIGTERM)
            minitor.wait()
        # The twin of a notice that was on its way at the kill may have come.
        while not receiver.requests.empty():
            check(receiver.next()[3].startswith(b"backup check is up again!"), "nothing else")
        done = run("sleep", "4")
        equal(done.returncode, 0)
        with Minitor(binary, soon, folder=folder) as minitor:
            now = monitor(minitor)
            equal((now["status"], now["last_heartbeat"]), ("up", heard))
            check(receiver.requests.empty(), "nobody was woken")
            check(receiver.next()[3].startswith(b"backup check has failed 1 times"), "not blind for ever")
            equal(minitor.stop(), 0)


def a_flood_disturbs_nothing(binary):
    more = "  - { name: steady, command: 'true', check_interval: 50ms }"
    with HttpServer() as receiver, Minitor(binary, config(receiver, more=more)) as minitor:
        host, port = address(minitor).split(":")
        statuses = {}
        lock = threading.Lock()

        def flood():
            connection = http.client.HTTPConnection(host, int(port), timeout=DEADLINE)
            for i in range(500):
                path = f"/ping/{TOKEN}" if i % 2 else f"/ping/wrong{i}"
                connection.request("POST", path, body=b"x" * 2000)
                response = connection.getresponse()
                response.read()
                with lock:
                    statuses[response.status] = statuses.get(response.status, 0) + 1
            connection.close()

        threads = [threading.Thread(target=flood) for _ in range(4)]
        begun = minitor.position()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal(statuses[404], 1000)
        equal(statuses[200] + statuses[429], 1000)
        check(statuses[429] > 900, statuses)
        minitor.wait_for({"monitor": "steady", "verdict": "ok"}, count=10, after=begun)
        recorded = len(minitor.all({"monitor": "backup", "verdict": "ok"}))
        equal(recorded, statuses[200], "each that was taken is kept, no other")
        equal(minitor.stop(), 0)


def the_example_tells(binary):
    example = os.path.join(os.path.dirname(__file__), "..", "..", "..", "examples", "backup")
    with open(os.path.join(example, "minitor.yml"), encoding="utf-8") as file:
        text = file.read()
    done = run(binary, "check-config", "-c", "minitor.yml", config=text)
    equal(done.returncode, 0, done.stderr)
    told = os.path.join(os.path.abspath(example), "told.sh")
    with Minitor(binary, text.replace("127.0.0.1:8080", "127.0.0.1:0").replace(", mail", "")) as minitor:
        listening = address(minitor)  # which it says when the addresses are made
        done = run(binary, "heartbeats", "-c", minitor.config, env={"STATE_DIRECTORY": minitor.folder})
        url = done.stdout.decode().split("\t")[1].strip().replace("https://status.example.org", f"http://{listening}")
        # It sees neither the address nor what it would be told with.
        done = run(told, "sh", "-c", 'echo "${PING-nothing}"; echo no room >&2; exit 7', env={"PING": url})
        equal((done.returncode, done.stdout), (7, b"nothing\nno room\n"), done.stderr)
        minitor.wait_for({"monitor": "backup", "outcome": "heartbeat: exit 7", "verdict": "failure"})
        wait_until(lambda: len(checks(minitor)) == 1, "it in the history")
        equal(checks(minitor)[0]["output"], "nothing\nno room")
        done = run(told, "true", env={"PING": url})
        equal(done.returncode, 0, done.stderr)
        minitor.wait_for({"monitor": "backup", "outcome": "heartbeat: exit 0", "verdict": "ok"})
        equal(minitor.stop(), 0)
        # A job runs also when nobody listens.
        done = run("sh", "-c", f"sed 's/--retry 5 //' {told} >told && sh told echo done", env={"PING": url})
        equal((done.returncode, done.stdout), (0, b"done\n"), done.stderr)


def nonsense_is_refused(binary):
    for text, words in (
        ("monitors: [{name: a, kind: heartbeat, period: 1h, command: x}]", b"command is not for a heartbeat"),
        ("monitors: [{name: a, kind: heartbeat}]", b"is a heartbeat without a period"),
        ("monitors: [{name: a, command: x, grace: 5m}]", b"grace is for heartbeats"),
        ("history: memory\nmonitors: [{name: a, kind: heartbeat, period: 1h}]", b"is a heartbeat without a token"),
    ):
        done = run(binary, "check-config", "-c", "minitor.yml", config=text)
        equal(done.returncode, 1, text)
        check(words in done.stderr, done.stderr)
    good = "web: 127.0.0.1:0\nmonitors: [{name: a, kind: heartbeat, period: 1h}, {name: b, command: 'true'}]"
    done = run(binary, "check-config", "-c", "minitor.yml", config=good)
    equal(done.returncode, 0, done.stderr)
    check(b"is told of    every 1h, grace 5m" in done.stdout, done.stdout)
    equal(run(binary, "test", "a", "-c", "minitor.yml", config=good).returncode, 2)
    equal(run(binary, "test", "--all", "-c", "minitor.yml", config=good).returncode, 0)


if __name__ == "__main__":
    if not shutil.which("curl"):
        print("skipped: daemon-heartbeats: needs curl")
        sys.exit(77)
    main(
        one_that_is_missed_is_told_and_so_is_its_return,
        exit_codes_bodies_and_durations_are_kept,
        addresses_are_printed_and_outlive_everything,
        a_kill_neither_forgets_nor_cries_wolf,
        a_flood_disturbs_nothing,
        the_example_tells,
        nonsense_is_refused,
    )
