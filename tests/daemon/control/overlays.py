#!/usr/bin/env python3
"""Pause, silence and acknowledge on the command line: what the daemon does then, and what no kill -9 wipes. And the
links that a message carries."""

import json
import os
import pathlib
import re
import signal
import stat
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
from free_port import free_port  # noqa: E402
from harness import Minitor, check, equal, main, run  # noqa: E402

CONFIG = """
check_interval: 200ms
monitors:
  - {name: web, command: [test, ! -e, broken], alerts: [told], alert_every: 1, group: Sites}
  - {name: shop, command: ['true'], group: Sites}
alerts:
  told: {command: 'echo "$MINITOR_KIND" >>told; printf "%s\\n" "$MINITOR_ACK_URL" >>links', recovery: true}
""".replace("test, ! -e, broken", "sh, -c, '! test -e broken'")


class Case:
    """A daemon, its folder, and the command line beside it."""

    def __init__(self, binary, config=CONFIG, folder=None):
        self.binary = binary
        self.daemon = Minitor(binary, config, folder=folder)
        self.folder = self.daemon.folder
        self.daemon.wait_for(lambda line: "watches" in line["msg"])
        self.daemon.wait_for({"monitor": "shop", "to": "up"}) if folder is None else None

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.daemon.__exit__(*what)

    def say(self, *arguments, code=0):
        done = run(self.binary, *arguments, cwd=self.folder, env={"STATE_DIRECTORY": self.folder, "USER": "ada"})
        equal(done.returncode, code, f"{arguments}: {done.stdout!r} {done.stderr!r}")
        return (done.stdout + done.stderr).decode()

    def break_it(self, broken=True):
        path = pathlib.Path(self.folder, "broken")
        path.touch() if broken else path.unlink()

    def lines(self, name):
        path = pathlib.Path(self.folder, name)
        return path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []

    def overlays(self):
        return json.loads(self.say("overlays", "--json"))["overlays"]


def a_pause_stops_checks_until_it_is_resumed(binary):
    with Case(binary) as case:
        check("web: paused until" in case.say("pause", "web", "--for", "2h", "--note", "new disk"))
        case.daemon.wait_for({"monitor": "web", "overlay": "pause", "by": "ada", "note": "new disk"})
        case.break_it()
        at = case.daemon.position()
        case.daemon.wait_for({"monitor": "shop", "verdict": "ok"}, count=10, after=at)
        fresh = [line for line in case.daemon.lines[at:] if line.get("monitor") == "web" and line.get("late")]
        check(len(fresh) <= 1, fresh)
        check("web: no longer paused" in case.say("resume", "web"))
        case.daemon.wait_for({"monitor": "web", "to": "down"}, after=at)
        check("nothing was paused" in case.say("resume", "--all"))


def a_silence_holds_and_tells_at_its_end(binary):
    with Case(binary) as case:
        case.say("silence", "--group", "S*")
        case.break_it()
        case.daemon.wait_for({"monitor": "web", "to": "down"})
        held = case.daemon.wait_for({"monitor": "web", "kind": "problem", "reason": re.compile("silenced until")})
        check("ada" not in held["reason"], held)
        equal(case.lines("told"), [])
        case.say("unsilence", "--all")
        case.daemon.wait_for({"monitor": "web", "stage": "delivered", "notice": re.compile("-n")})
        equal(case.lines("told")[0], "problem")


def an_acknowledgement_ends_with_the_outage(binary):
    with Case(binary) as case:
        check("web is not down" in case.say("ack", "web", code=1))
        case.break_it()
        case.daemon.wait_for({"monitor": "web", "stage": "delivered"})
        case.say("ack", "web", "--note", "on it", "--by", "Grace")
        equal([(one["kind"], one["by"], one["note"]) for one in case.overlays()],
              [("acknowledgement", "Grace", "on it")])
        at = case.daemon.position()
        case.daemon.wait_for({"monitor": "web", "verdict": "failure"}, count=5, after=at)
        told = case.lines("told")
        case.break_it(False)
        case.daemon.wait_for({"monitor": "web", "overlay": "acknowledgement", "reason": "it is up again"}, after=at)
        case.daemon.wait_for({"monitor": "web", "stage": "delivered"}, after=at)
        equal(case.overlays(), [])
        # A reminder may have been on its way when it was acknowledged.
        equal([one for one in case.lines("told")[len(told):] if one != "reminder"], ["recovery"])


def nothing_of_it_is_wiped_by_a_kill(binary):
    with Case(binary) as case:
        case.break_it()
        case.daemon.wait_for({"monitor": "web", "stage": "delivered"})
        case.say("ack", "web")
        case.say("pause", "shop", "--until", "23:59")
        before = case.overlays()
        equal(len(before), 2)
        # What was said is written within a moment; what a second later is not there was lost.
        case.daemon.wait_for({"monitor": "web", "verdict": "failure"}, count=6, after=case.daemon.position())
        case.daemon.signal(signal.SIGKILL)
        case.daemon.wait()
        with Case(binary, folder=case.folder) as again:
            equal(again.overlays(), before)
            again.daemon.wait_for({"monitor": "web", "verdict": "failure"}, count=3)
            equal([line for line in again.daemon.lines if line.get("monitor") == "shop" and line.get("late")], [])
            equal(again.daemon.all({"monitor": "web", "stage": "delivered"}), [])


def wrong_questions_are_answered_in_words(binary):
    with Case(binary) as case:
        check("no monitor is named" in case.say("pause", "wbe", code=2))
        check("31d at most" in case.say("silence", "web", "--for", "90d", code=2))
        check("not a duration" in case.say("silence", "web", "--for", "soon", code=2))
        check("is no time" in case.say("silence", "web", "--until", "soon", code=2))
        check("name monitors, or say --all" in case.say("pause", code=2))
        check("name monitors, or say --all" in case.say("pause", "web", "--all", code=2))
        equal(case.overlays(), [])
        check("nothing is paused" in case.say("overlays"))
        case.daemon.stop()
        check("no minitor runs" in case.say("pause", "web", code=3))


def fetch(url, data=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def a_link_in_a_message_acknowledges_once(binary):
    port = free_port()
    config = f"web: {{listen: '127.0.0.1:{port}', public_url: 'http://127.0.0.1:{port}', public: false, " \
             "token: 0123456789abcdef}\n" + CONFIG
    with Case(binary, config) as case:
        equal(stat.S_IMODE(os.stat(os.path.join(case.folder, "minitor.key")).st_mode), 0o600)
        case.break_it()
        case.daemon.wait_for({"monitor": "web", "stage": "delivered"})
        link = case.lines("links")[0]
        check(link.startswith(f"http://127.0.0.1:{port}/link/acknowledgement/web/"), link)
        equal(fetch(f"http://127.0.0.1:{port}/")[0], 401)
        status, page = fetch(link)
        equal(status, 200)
        check("Acknowledge web?" in page, page)
        equal(case.overlays(), [])
        # A restart forgets neither the secret nor what was used.
        case.daemon.signal(signal.SIGKILL)
        case.daemon.wait()
        with Case(binary, config, folder=case.folder) as again:
            status, page = fetch(link, b"by=Grace&note=soon")
            equal(status, 200, page)
            equal([(one["kind"], one["by"], one["note"]) for one in again.overlays()],
                  [("acknowledgement", "Grace, by a link", "soon")])
            equal(fetch(link, b"")[0], 410)
            again.say("unack", "web")
            equal(fetch(link, b"")[0], 410)
            equal(fetch(link[:-1] + ("0" if link[-1] != "0" else "1"), b"")[0], 404)
            check(not [line for line in again.daemon.lines if "link/ack" in line["msg"]], "a link in the log")
            again.break_it(False)
            again.daemon.wait_for({"monitor": "web", "to": "up"})
            status, page = fetch(link)
            check("This outage is over" in page, page)


main(a_pause_stops_checks_until_it_is_resumed, a_silence_holds_and_tells_at_its_end,
     an_acknowledgement_ends_with_the_outage, nothing_of_it_is_wiped_by_a_kill,
     wrong_questions_are_answered_in_words, a_link_in_a_message_acknowledges_once)
