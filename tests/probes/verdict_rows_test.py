"""Families, DNS, policy, round trips, etiquette, output and bulk, by the row's name."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import unittest

from probe_case import *  # noqa: F403
from udp_rows_test import v6_available

PERF_ITEM = re.compile(r"^('[^'=]+'|[^'= ]+)=(U|-?[0-9.]+(s|%|B|c)?)(;[^; ]*){0,4}$")


class Families(ProbeCase):
    def pair(self, four, six):
        """Two trackers on one port, and the options that give them one name."""
        if not v6_available():
            self.skipTest("no IPv6 here")
        a = self.tracker(four)
        b = self.tracker(six, host="::1", port=a.port)
        return a, b, ["--resolve", "both.test:127.0.0.1,::1", "udp://both.test:%d/announce" % a.port]

    def test_fam_v6_down(self):
        _, _, args = self.pair(normal, silent)
        found = run("-t", TIMEOUT, *args)
        self.assertEqual(found.code, 2, found.out)
        self.assertRegex(found.out, r"OK .*v4 127\.0\.0\.1  announce")
        self.assertRegex(found.out, r"CRIT .*v6 \[::1\]  no reply to connect")
        self.assertIn("CRITICAL: 1 of 2 addresses failed (IPv6 down)", found.out)
        self.assert_in_time(found)

    def test_fam_any(self):
        _, _, args = self.pair(normal, silent)
        for option in (["--any"], ["--require", "any"]):
            found = run("-t", TIMEOUT, *option, *args)
            self.assertEqual(found.code, 0, found.out)
            self.assertIn("no reply to connect", found.out)

    def test_fam_two_v4_one_bad(self):
        good = self.tracker(host="127.0.0.2")
        args = ["--resolve", "two.test:127.0.0.2,127.0.0.3", "udp://two.test:%d" % good.port]
        self.assertEqual(run("-t", TIMEOUT, *args).code, 1)
        self.assertEqual(run("-t", TIMEOUT, "--all", *args).code, 2)

    def test_fam_require_missing(self):
        good = self.tracker()
        found = run("-o", "json", "--require", "v6", "--resolve", "four.test:127.0.0.1", "udp://four.test:%d" % good.port)
        self.assertEqual((found.code, found.json["error"]["code"]), (2, "dns.no_aaaa"))

    def test_fam_only_one_asked(self):
        four, six, args = self.pair(normal, normal)
        self.assertEqual(run("-6", *args).code, 0)
        self.assertEqual(four.requests, [])
        self.assertEqual(run("-4", *args).code, 0)
        self.assertNotEqual(four.requests, [])

    def test_dns_many(self):
        fake = self.tracker(host="127.0.0.1")
        names = ",".join("127.0.0.%d" % n for n in range(1, 41))
        found = run("-o", "json", "-t", TIMEOUT, "--any", "--resolve", "many.test:" + names, "udp://many.test:%d" % fake.port)
        self.assertEqual(len(found.json["addresses"]), 16)
        self.assertIn("24 more addresses not probed", [n["text"] for n in found.json["notes"]])

    def test_literal_forms(self):
        for text in ("udp://127.1:80", "udp://0x7f.1:80", "udp://1.2.3:80", "udp://2130706433:80"):
            found = run("-o", "json", text)
            self.assertEqual((found.code, found.json["error"]["code"]), (3, "target.invalid"), text)

    def test_multicast_is_refused(self):
        found = probe("udp://224.0.0.1:80")
        self.assertEqual((found.code, found.code_of()), (3, "target.invalid"))


class Deadline(ProbeCase):
    def test_deadline_watchdog(self):
        """A resolver that never comes back, in a call that cannot be interrupted."""
        hung = os.environ.get("HUNG_RESOLVER")
        if not hung or os.environ.get("PROBE_TEST_SLOW", "1") != "1":
            self.skipTest("needs the preloaded resolver, and a build without sanitizers")
        found = run("-o", "json", "-t", "1s", "udp://hangs.example:1", env=environment(LD_PRELOAD=hung))
        self.assertEqual((found.code, found.json["error"]["code"]), (3, "dns.timeout"))
        self.assert_in_time(found, 1)

    def test_deadline_blocked_output(self):
        """Nobody reads our output: the watchdog ends the process all the same."""
        fake = self.tracker(on("announce", lambda t, r: r.reply(r.error_reply(b"x" * 190))))
        read, write = os.pipe()
        os.set_blocking(write, False)
        try:
            while True:
                os.write(write, b"x" * 65536)
        except BlockingIOError:
            os.set_blocking(write, True)
        start = time.monotonic()
        with subprocess.Popen([PROBE, "-t", "1s", fake.url], stdout=write, env=environment()) as child:
            self.assertEqual(child.wait(timeout=10), 3)
        self.assert_ended(time.monotonic() - start, 1)
        os.close(read)
        os.close(write)


class RoundTrip(ProbeCase):
    def test_rt_ok_self_in_list(self):
        fake = self.tracker()
        found = probe(fake.url, "--roundtrip", "--verify-cleanup", "--with-scrape")
        self.assert_ok(found)
        self.assertEqual(found.address["roundtrip"], {"peer_seen": True, "peers_listed": 2, "removed": True})
        self.assertEqual(fake.events(), [2, 2, 0, 3, 3])
        ids = {r.peer_id for r in fake.named("announce")}
        self.assertEqual((len(ids), len({r.port for r in fake.named("announce")})), (2, 2))

    def test_rt_missing(self):
        def hides(tracker, request):  # bittorrent-tracker over UDP and IPv6: counts, but no list
            peers = tracker.peers_of(request)
            request.reply(request.announce_reply(leechers=len(peers)))
        fake = self.tracker(on("announce", hides))
        found = probe(fake.url, "--roundtrip")
        self.assert_error(found, "roundtrip.peer_missing")
        self.assertEqual(fake.events()[-2:], [3, 3], "both peers must still be taken back")

    def test_rt_counts_exclude_self(self):
        def others(tracker, request):
            peers = dict(tracker.peers_of(request))
            own = socket.inet_aton(request.source[0]) + struct.pack(">H", request.port)
            peers.pop(own, None)
            request.reply(request.announce_reply(leechers=len(peers), peers=b"".join(peers)))
        self.assert_ok(probe(self.tracker(on("announce", others)).url, "--roundtrip"))

    def test_rt_not_removed(self):
        def keeps(tracker, request):
            if request.event == 3:
                request.reply(request.announce_reply())
            else:
                normal(tracker, request)
        found = probe(self.tracker(on("announce", keeps)).url, "--roundtrip", "--verify-cleanup")
        self.assert_error(found, "roundtrip.not_removed", 1) if found.code_of() else self.assertIn("roundtrip.not_removed", found.notes())
        self.assertEqual(found.code, 1)

    def test_given_hash_default_stopped(self):
        fake = self.tracker()
        given = "aa" * 20
        self.assert_ok(probe(fake.url, "--info-hash", given))
        self.assertEqual(fake.events(), [3])
        self.assertEqual(fake.named("announce")[0].info_hash.hex(), given)
        self.assertEqual(probe(fake.url, "--info-hash", given, "-d", "announce").code, 3)
        self.assert_ok(probe(fake.url, "--info-hash", given, "-d", "announce", "--join-swarm"))
        self.assertEqual(fake.events(), [3, 2, 3])

    def test_expect_refusal(self):
        refusing = self.tracker(on("announce", lambda t, r: r.reply(r.error_reply(b"Requested download is not authorized"))))
        for option in (["--expect", "failure~authorized"], ["--expect-error", "authorized"]):
            self.assertEqual(probe(refusing.url, *option).code, 0)
            self.assertEqual(probe(self.tracker().url, *option).code, 2)
            self.assertEqual(probe(self.tracker(silent).url, *option).code, 2, "down is not a refusal")

    def test_scrape_unsupported(self):
        """A URL that has no scrape is skipped: it fails nobody, and alone it proves nothing."""
        alone = "http://127.0.0.1:%d/a" % free_port()
        found = run("scrape", "-o", "json", alone)
        self.assertEqual((found.code, found.json["state"], found.json["exit"]), (3, "SKIPPED", 3))
        self.assertEqual(found.json["error"]["code"], "scrape.unsupported")
        good = self.tracker()
        self.assertEqual(run("scrape", alone, good.url).code, 0)
        listed = run("bulk", "-d", "scrape", "--only", "down", "--summary", stdin=("%s\n%s" % (alone, good.url)).encode())
        self.assertEqual((listed.code, listed.out), (0, "2 targets: 1 ok, 0 warning, 0 critical, 0 unknown, 1 skipped\n"))

    def test_depths(self):
        for depth, names in (("connect", ["connect"]), ("scrape", ["connect", "scrape"]),
                             ("stopped", ["connect", "announce"]), ("announce", ["connect", "announce", "announce"])):
            fake = self.tracker()
            self.assert_ok(probe(fake.url, "-d", depth))
            self.assertEqual([r.name for r in fake.requests], names)


class Output(ProbeCase):
    def check_line(self, line):
        self.assertLess(len(line), 4096)
        match = re.match(r"^TRACKER (OK|WARNING|CRITICAL|UNKNOWN) - ([^|\n]*)( \|(.*))?\n$", line)
        self.assertIsNotNone(match, line)
        labels = []
        for item in (match.group(4) or "").split():
            self.assertRegex(item, PERF_ITEM)
            labels.append(item.split("=")[0].strip("'")[:19])
        self.assertEqual(len(labels), len(set(labels)))
        return match.group(1), match.group(4) or ""

    def test_nagios_line(self):
        good = self.tracker()
        state, perf = self.check_line(say(good.url, "--nagios").out)
        self.assertEqual(state, "OK")
        self.assertIn("v4_announce=", perf)
        state, perf = self.check_line(say(self.tracker(silent).url, "--nagios").out)
        self.assertEqual(state, "CRITICAL")
        self.assertIn("v4_announce=U", perf)
        self.assertEqual(self.check_line(say("udp://nope", "--nagios").out)[0], "UNKNOWN")
        self.assertEqual(self.check_line(say(good.url, "--nagios", "-w", "announce=0s").out)[0], "WARNING")
        many = run("--nagios", "-t", TIMEOUT, "-o", "nagios", *["udp://127.0.0.1:%d/%d" % (good.port, n) for n in range(60)])
        self.check_line(many.out)

    def test_thresholds(self):
        fake = self.tracker(on("announce", lambda t, r: r.reply(r.announce_reply(peers=b"\x7f\0\0\1\1\1"), delay=0.03)))
        self.assertEqual(probe(fake.url, "-w", "20ms", "-c", "1500ms").code, 1)
        self.assertEqual(probe(fake.url, "-w", "10ms", "-c", "20ms").code, 2)
        self.assertEqual(probe(fake.url, "-w", "1500ms").code, 0)
        self.assertEqual(probe(fake.url, "-w", "peers=@1:3").code, 1)
        self.assertEqual(probe(fake.url, "-w", "peers=1:3").code, 0)
        self.assertEqual(probe(fake.url, "-c", "interval=1800").code, 2)
        self.assertEqual(probe(fake.url, "--expect", "peers>=1", "--expect", "interval<=1800").code_of(), "assert.interval")
        for bad in (["-w", "x=1"], ["-w", "announce=abc"], ["--expect", "peers>1"]):
            self.assertEqual(probe(fake.url, *bad).code, 3)

    def test_json_schema(self):
        keys = {"schema", "tool", "time", "n", "target", "scheme", "state", "exit", "total_us", "error", "dns",
                "info_hash", "depth", "addresses", "notes"}
        address_keys = {"ip", "port", "family", "state", "error", "times", "udp", "http", "tls", "ws", "reply",
                        "scrape", "roundtrip", "loss", "notes"}
        for behaviour in (normal, silent, on("announce", lambda t, r: r.reply(r.error_reply(b"\xff\x00x")))):
            fake = self.tracker(behaviour)
            found = probe(fake.url)
            self.assertEqual(set(found.json), keys)
            self.assertEqual(set(found.address), address_keys)
            self.assertEqual(found.json["exit"], found.code)
        self.assertEqual(found.address["reply"]["failure_hex"] if "failure_hex" in found.address["reply"] else None, "ff0078")
        key = "0123456789abcdef0123"
        fake = self.tracker()
        for form in ("human", "json", "nagios", "prom", "tracker-checker"):
            for url in ("udp://127.0.0.1:%d/%s/announce?passkey=hunter2x" % (fake.port, key), "udp://u:%s@127.0.0.1:%d" % (key, fake.port),
                        "udp://nope/%s" % key):
                found = run("-o", form, url)
                self.assertNotIn(key, found.out)
                self.assertNotIn("hunter2x", found.out)
        self.assertIn(key, run("--show-secrets", "udp://127.0.0.1:%d/%s" % (fake.port, key)).out)

    def test_prom_text(self):
        fake = self.tracker()
        text = run("-o", "prom", fake.url, "udp://nope").out
        seen = set()
        for line in text.splitlines():
            if line.startswith("# TYPE"):
                self.assertNotIn(line.split()[2], seen, "a family in two places")
                seen.add(line.split()[2])
            elif not line.startswith("#"):
                self.assertRegex(line, r'^tracker_probe_[a-z_]+\{([a-z]+="[^"\n]*",?)*\} -?[0-9.e+-]+$')
        self.assertIn('tracker_probe_up{target="%s",scheme="udp"} 1' % fake.url, text)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "out.prom")
            self.assertEqual(run("-o", "prom", "--output-file", path, fake.url).code, 0)
            with open(path) as file:
                self.assertIn("tracker_probe_up", file.read())
            self.assertEqual(os.listdir(folder), ["out.prom"])

    def test_prom_promtool(self):
        """Row 114, judged by Prometheus itself; what a tracker writes is in none of it."""
        if not shutil.which("promtool"):
            self.skipTest("needs promtool")
        hostile = self.tracker(on("announce", lambda t, r: r.reply(r.error_reply(b'evil"} 1\nfake_metric 2'))))
        text = run("-o", "prom", "-t", TIMEOUT, self.tracker().url, hostile.url, self.tracker(silent).url, "udp://nope").out
        self.assertNotIn("evil", text)
        done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), capture_output=True)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""), text)

    def test_minitor_contract(self):
        fake = self.tracker()
        for args, code in (([fake.url], 0), ([fake.url, "-w", "announce=0s"], 1),
                           ([fake.url, "-w", "announce=0s", "--warning-exit", "0"], 0), (["udp://nope"], 3)):
            found = run("-t", TIMEOUT, *args)
            self.assertEqual((found.code, found.err, found.out.count("\n")), (code, "", 1), found.out)

    def test_output_tracker_checker(self):
        found = json.loads(run("-o", "tracker-checker", "-t", TIMEOUT, self.tracker().url, self.tracker(silent).url).out)
        self.assertEqual([name for name, _ in found[0]["Udp"]["Ok"]["results"]], ["Setup", "Connect", "Announce"])
        self.assertIn("Err", found[1]["Udp"])
        self.assertIn("no reply", found[1]["Udp"]["Err"]["results"][1][1]["Err"])

    def test_stdout_closed(self):
        fake = self.tracker()
        for target in ("exec >&-; exec", "exec >/dev/full; exec"):
            done = subprocess.run(["sh", "-c", target + ' "$@"', "sh", PROBE, fake.url], capture_output=True, env=environment())
            self.assertEqual(done.returncode, 3, target)
        with subprocess.Popen([PROBE, fake.url], stdout=subprocess.PIPE, env=environment()) as child:
            child.stdout.close()
            self.assertIn(child.wait(timeout=10), (0, 3))

    def test_never_completed(self):
        fake = self.tracker()
        for depth in ("connect", "scrape", "stopped", "announce", "roundtrip"):
            probe(fake.url, "-d", depth)
        self.assertTrue({2, 3} <= set(fake.events()))
        self.assertNotIn(1, fake.events())

    def test_decode(self):
        found = run("decode", "00000001556677880000076900000000000000017f0000011ae1".replace("00000000000000017f", "0000000000000001 7f"))
        self.assertIn("interval=1897 leechers=0 seeders=1 peers=1", found.out)
        self.assertIn("peer 127.0.0.1:6881", found.out)
        self.assertEqual(run("decode", "zz").code, 3)

    def test_url_errors(self):
        for text, words in (("udp://h", "a udp URL needs a port"), ("http:///x", "no host"), ("udp://h:0", "port 0"),
                            ("udp://h:70000", "port 70000"), ("udp://h h:1", "blank"), ("::1:6969", "[::1]:6969"),
                            ("ftp://h:1", "unsupported scheme"), ("udp://x.onion:1", "unsupported")):
            found = say(text)
            self.assertEqual(found.code, 3, text)
            self.assertIn(words, found.out)


CONFIG = {"udp_trackers": [], "http_trackers": [], "health_checks": []}


class Bulk(ProbeCase):
    def bulk(self, lines, *args, **kwargs):
        return run("bulk", "-t", TIMEOUT, "--per-host", "0", *args, stdin="\n".join(lines).encode(), **kwargs)

    def test_torrust_config(self):
        fake = self.tracker()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "tracker_checker.json")
            text = json.dumps({"udp_trackers": ["127.0.0.1:%d" % fake.port, "127.0.0.1:%d/" % fake.port,
                                                "localhost:%d/announce" % fake.port]})
            with open(path, "w") as file:
                file.write(text)
            found = run("--config", path, "-4", "-o", "jsonl", "--resolve", "localhost:127.0.0.1")
            self.assertEqual(found.code, 0, found.out)
            self.assertEqual(len(found.out.splitlines()), 3)
            with open(path, "w") as file:
                file.write('{\n  "udp_trackers": [ "a" "b" ]\n}')
            bad = run("--config", path)
            self.assertEqual(bad.code, 3)
            self.assertIn("2:25:", bad.out)
        for config in ("[]", "{\"udp_trackers\": 1}", "{\"udp_trackers\": [1]}", "", "{"):
            self.assertEqual(run(env=environment(TORRUST_CHECKER_CONFIG=config)).code, 3, config)

    def test_torrust_env(self):
        fake = self.tracker()
        config = json.dumps({"udp_trackers": ["127.0.0.1:%d" % fake.port], "http_trackers": [], "health_checks": []})
        self.assertEqual(run("-o", "jsonl", env=environment(TORRUST_CHECKER_CONFIG=config)).address["state"], "OK")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(config)
            file.flush()
            self.assertEqual(run(env=environment(TORRUST_CHECKER_CONFIG_PATH=file.name)).code, 0)

    def test_bulk_isolation(self):
        good = self.tracker()
        hostile = self.tracker(lambda t, r: r.reply(random_bytes(60)))
        lines = ["\ufeff# a list", good.url, "", "not a url \x1b[31m", "udp://127.0.0.1:%d/2\r" % good.port,
                 "udp://no-such-host.invalid:80", hostile.url, good.url, "udp://127.0.0.1:%d/3" % good.port]
        found = self.bulk(lines, "-o", "jsonl", "-4")
        results = [json.loads(line) for line in found.out.splitlines()]
        self.assertEqual([r["n"] for r in results], list(range(6)), "order, and the repetition left out")
        self.assertEqual([r["state"] for r in results[:3:2]], ["OK", "OK"])
        self.assertEqual(results[1]["error"]["code"], "target.invalid")
        self.assertIn(results[3]["error"]["code"], ("dns.nxdomain", "dns.temporary", "dns.timeout"))
        self.assertEqual(results[4]["state"], "CRITICAL")
        self.assertEqual(results[5]["state"], "OK")
        self.assertEqual(found.code, 2)
        self.assertIsNone(CONTROL.search(self.bulk(lines, "-4").out))

    def test_bulk_order_and_filters(self):
        good, dead = self.tracker(), self.tracker(silent)
        lines = [dead.url, good.url]
        streamed = self.bulk(lines, "-o", "jsonl", "--order", "completion", "--summary").out.splitlines()
        self.assertEqual([json.loads(line)["n"] for line in streamed[:2]], [1, 0])
        self.assertEqual(json.loads(streamed[2])["summary"]["ok"], 1)
        self.assertEqual(self.bulk(lines, "--only", "up").out.count("\n"), 1)
        self.assertEqual(self.bulk(lines, "--only", "down").out.count("no reply"), 1)
        for rule, code in (("never", 0), ("down>=2", 0), ("down>=1", 2), ("down>=50%", 2), ("down>=51%", 0)):
            self.assertEqual(self.bulk(lines, "--fail-if", rule, "-o", "quiet").code, code, rule)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "working.txt")
            self.bulk(lines, "--write-working", path)
            with open(path) as file:
                self.assertEqual(file.read().split(), [good.url])

    def test_bulk_pacing(self):
        """Two thousand names of one tracker whose buffer holds 256 datagrams, and that is slow to read."""
        fake = self.tracker()
        fake.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 106496)
        lines = ["udp://127.0.0.1:%d/%d" % (fake.port, n) for n in range(2000)]
        found = run("bulk", "-t", "5s", "--per-host", "1000", "-o", "jsonl", stdin="\n".join(lines).encode())
        results = [json.loads(line) for line in found.out.splitlines()]
        self.assertEqual(len(results), 2000)
        self.assertEqual({r["state"] for r in results}, {"OK"})
        if SLOW == 1:  # under sanitizers the tracker is slower than the pace
            self.assertEqual(sum(r["addresses"][0]["udp"]["lost"] for r in results), 0)

    def test_bulk_10k_dead(self):
        """Ten thousand black holes: the deadline once, not ten thousand times, and 4 KiB each."""
        fake = self.tracker(silent, host="0.0.0.0")  # all of 127.0.0.0/8
        lines = ["udp://127.0.%d.%d:%d\n" % (n // 250 + 1, n % 250 + 1, fake.port) for n in range(10000)]
        with tempfile.NamedTemporaryFile("w") as names:
            names.writelines(lines)
            names.flush()
            start = time.monotonic()
            child = subprocess.Popen([PROBE, "bulk", "-t", "5s", "-j", "10000", "--rate", "0", "--per-host", "0", "-o", "quiet",
                                      "--summary", "--fail-if", "down>=10000", names.name], stdout=subprocess.PIPE,
                                     env=environment())
            out = child.stdout.read().decode()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            child.stdout.close()
        self.assertEqual(child.returncode, 2)
        self.assertIn("10000 targets: 0 ok, 0 warning, 10000 critical", out)
        self.assert_ended(time.monotonic() - start, 7)
        if SLOW == 1:  # a sanitizer takes more
            self.assertLess(usage.ru_maxrss / 1024, 40, "MiB")

    def test_bulk_sigint(self):
        good, dead = self.tracker(), self.tracker(silent)
        lines = [good.url] + ["udp://127.0.0.1:%d/%d" % (dead.port, n) for n in range(50)]
        with tempfile.NamedTemporaryFile() as known, \
                subprocess.Popen([PROBE, "bulk", "-t", "20s", "-o", "jsonl", "--per-host", "0", "--resume", known.name, "-"],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as child:
            child.stdin.write("\n".join(lines).encode())
            child.stdin.close()
            child.stdin = None
            # What the tracker has answered the probe may not have read: what it knows it writes to that file.
            self.assertTrue(wait_for(lambda: 3 in good.events() and len(dead.requests) >= 50 and
                                     good.url.encode() in pathlib.Path(known.name).read_bytes()))
            child.send_signal(signal_names.SIGINT)
            out = child.communicate(timeout=10)[0].decode()
        self.assertEqual(child.returncode, 3)
        self.assertEqual(json.loads(out.splitlines()[0])["state"], "OK")

    def test_watch_hysteresis(self):
        def shaky(tracker, request):
            if request.name == "connect":
                tracker.state["n"] = tracker.state.get("n", 0) + 1
                if tracker.state["n"] == 2 or tracker.state["n"] in (4, 5, 6):
                    request.reply(request.error_reply(b"down"))
                    return
            normal(tracker, request)
        fake = self.tracker(shaky)
        found = run("watch", "--every", "100ms", "--for", "900ms", "--changes", "--fall", "3", fake.url)
        lines = found.out.splitlines()
        self.assertEqual([line.split()[-1] for line in lines[:-1]], ["DOWN", "UP"], found.out)
        summary = json.loads(lines[-1])
        for key in ("total", "timeouts", "timeout_percent", "min_ms", "max_ms", "average_ms", "last_ms"):
            self.assertIn(key, summary)
        self.assertEqual(summary["timeouts"], 4)
        self.assertEqual(found.code, 0)

    def test_watch_on_change(self):
        """The command gets the change as data; what a tracker writes never becomes part of it."""
        fake = self.tracker(on("connect", lambda t, r: r.reply(r.error_reply(b"$(touch pwned); `id` \x1b[31m"))))
        with tempfile.TemporaryDirectory() as folder:
            command = ('printf "%s|%s|%s|%s\\n" "$TRACKER_PROBE_TARGET" "$TRACKER_PROBE_STATE" "$TRACKER_PROBE_CODE" '
                       '"$TRACKER_PROBE_TEXT" >> told; echo to stdout')
            child = subprocess.Popen([PROBE, "watch", "--every", "100ms", "--for", "350ms", "--changes", "--fall", "2",
                                      "--on-change", command, fake.url], cwd=folder, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, env=environment())
            out, err = child.communicate(timeout=20)
            with open(os.path.join(folder, "told")) as file:
                told = file.read()
            self.assertEqual(os.listdir(folder), ["told"])
        self.assertEqual(told.count("\n"), 1, told)
        self.assertTrue(told.startswith("%s|DOWN|tracker.error|" % fake.url), told)
        self.assertIn("$(touch pwned)", told)
        self.assertNotIn("\x1b", told)
        self.assertNotIn(b"to stdout", out)
        self.assertIn(b"to stdout", err)

    def test_bulk_retry_failed(self):
        shaky = self.tracker(drop("connect", 4))
        dead = self.tracker(silent)
        lines = [dead.url, shaky.url]
        self.assertEqual(self.bulk(lines, "-o", "quiet", "--fail-if", "down>=2").code, 2)
        shaky.state.clear()
        again = self.bulk(lines, "-o", "jsonl", "--retry-failed", "1", "--summary")
        results = [json.loads(line) for line in again.out.splitlines()]
        self.assertEqual([r["state"] for r in results[:2]], ["CRITICAL", "OK"], again.out)
        self.assertEqual((results[2]["summary"]["total"], results[2]["summary"]["ok"]), (2, 1))

    def test_bulk_sorted(self):
        quick = self.tracker()
        slow = self.tracker(on("announce", lambda t, r: r.reply(r.announce_reply(), delay=0.1)))
        dead = "udp://127.0.0.1:%d" % free_port()
        lines = [dead, slow.url, quick.url]
        def targets(*args):
            return [json.loads(line)["target"] for line in self.bulk(lines, "-o", "jsonl", *args).out.splitlines()]
        self.assertEqual(targets("--sort", "latency"), [quick.url, slow.url, dead])
        self.assertEqual(targets("--sort", "name"), sorted(lines))
        self.assertEqual(targets("--shuffle"), lines, "the output keeps its order")

    def test_bulk_shuffle(self):
        fake = self.tracker()
        lines = ["udp://127.0.0.1:%d/%03d" % (fake.port, n) for n in range(100)]
        self.assertEqual(self.bulk(lines, "-o", "quiet", "-j", "1", "--shuffle").code, 0)
        asked = [r.tail[2:] for r in fake.named("announce") if r.event == 2]
        self.assertEqual(len(asked), 100)
        self.assertNotEqual(asked, sorted(asked))

    def test_bulk_resume(self):
        good, dead = self.tracker(), self.tracker(silent)
        lines = ["udp://127.0.0.1:%d/%d" % (good.port, n) for n in range(3)] + [dead.url]
        with tempfile.TemporaryDirectory() as folder:
            path, names = os.path.join(folder, "state"), os.path.join(folder, "list")
            with open(names, "w") as file:
                file.write("\n".join(lines))
            with subprocess.Popen([PROBE, "bulk", "-t", "30s", "--per-host", "0", "--resume", path, names],
                                  stdout=subprocess.DEVNULL, env=environment()) as child:
                self.assertTrue(wait_for(lambda: good.events().count(3) == 3 and len(dead.requests) > 0))
                self.assertTrue(wait_for(lambda: os.path.getsize(path) > 0))
                child.send_signal(signal_names.SIGINT)
                self.assertEqual(child.wait(timeout=10), 3)
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600, "it holds passkeys")
            with open(path) as file:
                self.assertEqual(file.read().split(), lines[:3])
            found = run("bulk", "-o", "jsonl", "-t", TIMEOUT, "--resume", path, names)
            self.assertEqual([json.loads(line)["target"] for line in found.out.splitlines()], [dead.url])
            self.assertFalse(os.path.exists(path), "a run that is complete is not to be resumed")
            self.assertEqual(run("bulk", "--resume", os.path.join(folder, "no", "state"), names).code, 3)

    def torrent(self, folder, trackers):
        def text(value):
            return b"%d:%s" % (len(value), value.encode())
        info = b"d6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae"
        path = os.path.join(folder, "some.torrent")
        with open(path, "wb") as file:
            file.write(b"d8:announce" + text(trackers[0]) + b"13:announce-listl"
                       + b"".join(b"l" + text(t) + b"e" for t in trackers) + b"e4:info" + info + b"e")
        return path, hashlib.sha1(info).hexdigest()

    def test_magnet_and_torrent(self):
        one, two = self.tracker(), self.tracker()
        with tempfile.TemporaryDirectory() as folder:
            path, info_hash = self.torrent(folder, [one.url, two.url])
            self.assertEqual(run("-t", TIMEOUT, path).code, 0)
            for fake in (one, two):
                self.assertEqual(([r.event for r in fake.named("announce")], fake.named("announce")[0].info_hash.hex()),
                                 ([3], info_hash), "its swarm is not ours to join")
            for hostile in (b"", b"<html>", b"d4:infoi1ee", b"l" * 100000, b"d4:infod9999999999999999999:", os.urandom(5000)):
                with open(path, "wb") as file:
                    file.write(hostile)
                found = run(path)
                self.assertEqual((found.code, found.out.count("\n")), (3, 2), found.out)
                self.assertIn("some.torrent: ", found.out)
            self.assertEqual(run(os.path.join(folder, "missing.torrent")).code, 3)

    def test_info_hash_seed(self):
        fake = self.tracker()
        for _ in range(2):
            self.assert_ok(probe(fake.url, "--info-hash-seed", "my probe"))
        self.assertEqual({r.info_hash for r in fake.named("announce")}, {hashlib.sha1(b"my probe").digest()})
        self.assertEqual(fake.events(), [2, 3, 2, 3])

    def test_idn(self):
        fake = self.tracker()
        found = probe("udp://Träcker.example:%d" % fake.port, "--resolve", "träcker.example:127.0.0.1")
        self.assert_ok(found)
        self.assertEqual(found.json["target"], "udp://xn--trcker-cua.example:%d" % fake.port)

    def test_magnet(self):
        fake = self.tracker()
        link = "magnet:?xt=urn:btih:%s&tr=%s&dn=x" % ("ab" * 20, fake.url.replace(":", "%3A").replace("/", "%2f"))
        self.assert_ok(probe(link))
        self.assertEqual((fake.events(), fake.named("announce")[0].info_hash.hex()), ([3], "ab" * 20))
        self.assertEqual(probe("magnet:?xt=urn:btih:zz&tr=" + fake.url).code, 3)


if __name__ == "__main__":
    main()
