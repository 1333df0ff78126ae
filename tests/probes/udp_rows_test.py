"""UDP, good, lossy and hostile: one test for each row of README.md, by its name."""
import socket
import struct
import subprocess
import threading
import time
import unittest

from probe_case import *  # noqa: F403


def v6_available():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


def raw(text):
    return bytes.fromhex(text.replace(" ", ""))


def with_tid(request, text):
    """A captured reply with the request's transaction id put in."""
    data = raw(text)
    return data[:4] + struct.pack(">I", request.tid) + data[8:]


V5 = "00000001556677880000076900000000000000017f0000011ae1"
V8 = ("0000000155667788000006990000000100000001000000000000000000000000000000011ae2"
      "000000000000000000000000000000011ae1")
V11 = "0000000355667788436f6e6e656374696f6e204944206d6973736d617463682e00"
V12 = "0300000055667788436f6e6e656374696f6e204944206d6973736d617463682e00"


class GoodAndLossy(ProbeCase):
    def test_udp_ok_v4(self):
        fake = self.tracker(on("announce", lambda t, r: r.reply(with_tid(r, V5))))
        found = probe(fake.url)
        self.assert_ok(found)
        reply = found.address["reply"]
        self.assertEqual((reply["interval"], reply["leechers"], reply["seeders"], reply["peers"]), (1897, 0, 1, 1))
        line = say(fake.url).out
        self.assertIn("interval 1897s", line)
        self.assertIn("seeders 1", line)

    @unittest.skipUnless(v6_available(), "no IPv6 here")
    def test_udp_ok_v6(self):
        fake = self.tracker(on("announce", lambda t, r: r.reply(with_tid(r, V8))), host="::1")
        found = probe(fake.url)
        self.assert_ok(found)
        self.assertEqual(found.address["reply"]["peers"], 2)
        self.assertEqual(found.address["family"], 6)

    def test_udp_request_bytes(self):
        fake = self.tracker()
        self.assert_ok(probe(fake.url.replace("/announce", "")))
        connect, started, stopped = fake.requests
        self.assertEqual(connect.data, struct.pack(">QII", MAGIC, 0, connect.tid))
        self.assertEqual(len(started.data), 98)
        self.assertEqual(started.cid, CID)
        self.assertEqual((started.event, started.left, started.num_want, started.ip), (2, 1, 1, 0))
        self.assertEqual((started.downloaded, started.uploaded), (0, 0))
        self.assertTrue(started.peer_id.startswith(b"-TP0010-"))
        self.assertEqual(stopped.event, 3)
        self.assertEqual(len({r.tid for r in fake.requests}), 3)

    def test_udp_bep41(self):
        fake = self.tracker()
        self.assert_ok(probe("udp://127.0.0.1:%d/dir?a=b&c=d" % fake.port))
        self.assertEqual(fake.named("announce")[0].tail.hex(), "020c2f6469723f613d6226633d64")

    def test_udp_bep41_long(self):
        fake = self.tracker()
        path = "/" + "x" * 599
        self.assert_ok(probe("udp://127.0.0.1:%d%s" % (fake.port, path)))
        tail = fake.named("announce")[0].tail
        lengths, data = [], b""
        while tail:
            self.assertEqual(tail[0], 2)
            lengths.append(tail[1])
            data += tail[2:2 + tail[1]]
            tail = tail[2 + tail[1]:]
        self.assertEqual(lengths, [255, 255, 90])
        self.assertEqual(data.decode(), path)

    def test_udp_no_bep41(self):
        fake = self.tracker()
        self.assert_ok(probe("udp://127.0.0.1:%d/" % fake.port))
        self.assert_ok(probe(fake.url, "--no-bep41"))
        self.assertEqual({len(r.data) for r in fake.named("announce")}, {98})

    def test_udp_same_socket(self):
        def bound(tracker, request):
            if request.name == "connect":
                tracker.cid = request.source[1] * 7919  # bound to the port, as Torrust does
                request.reply(request.connect_reply())
            elif request.cid == request.source[1] * 7919:
                request.reply(request.announce_reply())
        self.assert_ok(probe(self.tracker(bound).url))

    def test_udp_drop_first_connect(self):
        found = probe(self.tracker(drop("connect", 1)).url)
        self.assert_ok(found)
        self.assertEqual((found.address["udp"]["retransmits"], found.address["udp"]["lost"]), (1, 1))
        self.assertIn("udp.partial_loss", found.notes())

    def test_udp_drop_first_announce(self):
        fake = self.tracker(drop("announce", 1))
        found = probe(fake.url)
        self.assert_ok(found)
        self.assertEqual(found.address["udp"]["retransmits"], 1)
        self.assertEqual(fake.events(), [2, 2, 3])

    def test_udp_late_reply(self):
        def late(tracker, request):
            if request.name == "connect" and not tracker.state.get("first"):
                tracker.state["first"] = request
            elif request.name == "connect":
                tracker.state["first"].reply(tracker.state["first"].connect_reply())
                request.reply(request.connect_reply(), delay=0.02)
            else:
                normal(tracker, request)
        found = probe(self.tracker(late).url)
        self.assert_ok(found)
        self.assertEqual(found.address["udp"]["late"], 1)
        self.assertGreater(found.address["times"]["connect_us"], 190000, "counted for the wrong send")

    def test_udp_duplicate_reply(self):
        def thrice(tracker, request):
            for _ in range(3):
                request.reply(request.connect_reply())
        # Held back a little, so that the copies are in before the announce is answered.
        def behaviour(tracker, request):
            if request.name == "connect":
                thrice(tracker, request)
            elif request.event == 2:
                request.reply(request.announce_reply(), delay=0.1)
            else:
                normal(tracker, request)
        found = probe(self.tracker(behaviour).url)
        self.assert_ok(found)
        self.assertEqual(found.address["udp"]["duplicates"], 2)

    def test_udp_padded_reply(self):
        fake = self.tracker(on("connect", lambda t, r: r.reply(r.connect_reply(extra=random_bytes(84)))))
        self.assert_ok(probe(fake.url))

    def test_udp_no_peers(self):
        fake = self.tracker(on("announce", lambda t, r: r.reply(r.announce_reply())))
        found = probe(fake.url)
        self.assert_ok(found)
        self.assertEqual(found.address["reply"]["peers"], 0)

    def test_udp_cleanup_sent(self):
        fake = self.tracker()
        self.assert_ok(probe(fake.url))
        started, stopped = fake.named("announce")
        self.assertEqual((started.event, stopped.event), (2, 3))
        for field in ("source", "port", "peer_id", "key", "info_hash"):
            self.assertEqual(getattr(started, field), getattr(stopped, field), field)
        self.assertEqual(fake.swarm[started.info_hash], {})

    def test_udp_cleanup_after_timeout(self):
        fake = self.tracker(on("announce", lambda t, r: None))
        self.assert_error(probe(fake.url), "udp.announce_timeout")
        self.assertEqual(fake.events()[-1], 3, "what may have been announced was not taken back")

    def test_udp_sigint_cleanup(self):
        fake = self.tracker(on("announce", lambda t, r: None))
        with subprocess.Popen([PROBE, "-t", "20s", fake.url], stdout=subprocess.PIPE, env=environment()) as child:
            self.assertTrue(wait_for(lambda: 2 in fake.events()))
            start = time.monotonic()
            child.send_signal(signal_names.SIGINT)
            out = child.communicate(timeout=10)[0].decode()
            took = time.monotonic() - start
        self.assertEqual(child.returncode, 3)
        self.assertIn("interrupted", out)
        self.assertLess(took, 0.1 + 0.4 * SLOW)
        self.assertTrue(wait_for(lambda: fake.events()[-1] == 3), "no stopped was sent")

    def test_udp_loss_count(self):
        def every_tenth(tracker, request):
            tracker.state["n"] = tracker.state.get("n", 0) + 1
            if tracker.state["n"] % 10:
                normal(tracker, request)
        fake = self.tracker(every_tenth)
        found = run("loss", "--count", "50", "--gap", "4ms", "-t", "500ms", fake.url)
        self.assertEqual(found.code, 0, found.out)
        self.assertIn("5 of 50 lost: 10.0 % (95 %: 4.3 to 21.4 %)", found.out)
        self.assertRegex(found.out, r"rtt min/avg/p95/max \S+ \S+/")
        self.assertEqual(fake.events(), [], "loss mode must not announce")
        self.assertEqual(run("loss", "--count", "50", "--gap", "4ms", "-t", "500ms", "-w", "loss=2%", fake.url).code, 1)

    def test_udp_key_same_both_families(self):
        if not v6_available():
            self.skipTest("no IPv6 here")
        four = self.tracker()
        six = self.tracker(host="::1", port=four.port)
        found = probe("udp://both.test:%d" % four.port, "--resolve", "both.test:127.0.0.1,::1")
        self.assertEqual(found.code, 0, found.out)
        a, b = four.named("announce")[0], six.named("announce")[0]
        self.assertEqual((a.key, a.info_hash), (b.key, b.info_hash))
        self.assertNotEqual(a.tid, b.tid)

    def test_udp_cid_age(self):
        def aging(tracker, request):
            if request.name == "connect":
                tracker.cid += 1
                tracker.state["born"] = request.at
                tracker.state["connects"] = tracker.state.get("connects", 0) + 1
                request.reply(request.connect_reply())
            elif tracker.state["connects"] == 1:
                # The first announce is lost; by the second the id is too old.
                tracker.state["announces"] = tracker.state.get("announces", 0) + 1
                if tracker.state["announces"] > 1:
                    request.reply(request.error_reply(b"connection id expired"))
            else:
                normal(tracker, request)
        found = probe(self.tracker(aging).url)
        self.assert_ok(found)
        self.assertEqual(found.address["udp"]["reconnects"], 1)


class Hostile(ProbeCase):
    def announce(self, make):
        """A tracker whose answer to a started is what `make` gives; None is silence."""
        def act(tracker, request):
            data = make(request) if request.event != 3 else request.announce_reply()
            if data is not None:
                request.reply(data)
        return self.tracker(on("announce", act))

    def connect(self, make):
        return self.tracker(on("connect", lambda t, r: r.reply(make(r))))

    def test_udp_blackhole(self):
        found = probe(self.tracker(silent).url)
        self.assert_error(found, "udp.connect_timeout")
        self.assertIn("4 sent", found.address["error"]["text"])
        self.assert_in_time(found)

    def test_udp_refused(self):
        found = probe("udp://127.0.0.1:%d" % free_port())
        self.assert_error(found, "udp.refused")
        self.assertIn("127.0.0.1", found.address["error"]["text"])
        self.assertLess(found.took, 1.5 * SLOW)

    def test_udp_announce_silent(self):
        found = probe(self.announce(lambda r: None).url)
        self.assert_error(found, "udp.announce_timeout")
        self.assertRegex(found.address["error"]["text"], r"connect answered in [\d.]+ .?s but no reply")
        self.assert_in_time(found)

    def test_udp_wrong_tid_then_right(self):
        def both(tracker, request):
            request.reply(request.connect_reply(tid=request.tid ^ 1))
            request.reply(request.connect_reply(), delay=0.05)
        found = probe(self.tracker(on("connect", both)).url)
        self.assert_ok(found)
        self.assertEqual(found.address["udp"]["bad"], 1)

    def test_udp_only_wrong_tid(self):
        found = probe(self.connect(lambda r: r.connect_reply(tid=r.tid ^ 1)).url)
        self.assert_error(found, "udp.bad_transaction")
        self.assertIn("4 received", found.address["error"]["text"])

    def test_udp_tid_zero_error(self):
        found = probe(self.announce(lambda r: r.error_reply(b"bad request", tid=0)).url)
        self.assert_error(found, "udp.announce_timeout")
        self.assertIn("bad request", found.address["error"]["text"])

    def test_udp_error_packet(self):
        found = probe(self.announce(lambda r: with_tid(r, V11)).url)
        self.assert_error(found, "tracker.connection_id")
        self.assertTrue(found.address["error"]["text"].endswith('"Connection ID missmatch."'))
        other = probe(self.announce(lambda r: r.error_reply(b"go away\0")).url)
        self.assert_error(other, "tracker.error")
        self.assertEqual(other.address["error"]["text"], 'tracker error: "go away"')

    def test_udp_error_le(self):
        found = probe(self.announce(lambda r: r.error_reply(b"no", action=0x03000000)).url)
        self.assert_error(found, "tracker.error")
        self.assertIn("udp.byte_swapped", found.notes())
        old = probe(self.announce(lambda r: with_tid(r, V12)).url)
        self.assert_error(old, "tracker.connection_id")

    def test_udp_error_empty(self):
        found = probe(self.announce(lambda r: r.error_reply(b"")).url)
        self.assert_error(found, "tracker.error")
        self.assertEqual(found.address["error"]["text"], "tracker error: (no text)")

    def test_udp_error_escape(self):
        text = b"\x1b]0;pwn\x07\x9b2J\nX|a=1\xe2\x80\xae\xc2\x9b"
        fake = self.announce(lambda r: r.error_reply(text))
        for form in ("human", "nagios", "json", "jsonl", "prom", "tracker-checker"):
            found = run("-o", form, "-t", TIMEOUT, "-v", fake.url)
            for stream in (found.out, found.err):
                self.assertIsNone(CONTROL.search(stream), (form, stream))
            if form in ("human", "nagios"):
                self.assertEqual(found.out.count("\n"), 1, found.out)
                self.assertIn("\\x1b]0;pwn\\x07\\x9b2J\\x0aX\\x7ca=1", found.out)
        self.assertEqual(run("--nagios", "-t", TIMEOUT, fake.url).out.count("|"), 1)

    def test_udp_error_64k(self):
        found = say(self.announce(lambda r: r.error_reply(b"A" * 60000)).url)
        self.assertEqual(found.code, 2)
        self.assertIn("A" * 200 + "…(+59800 bytes)", found.out)
        self.assertLess(len(found.out), 600)

    def test_udp_8byte_announce(self):
        fake = self.announce(lambda r: struct.pack(">II", 1, r.tid))
        self.assert_error(probe(fake.url), "tracker.not_authorized")
        self.assertIn("--accept-refusal", say(fake.url).out, "the first-run hint is missing")
        self.assertEqual(probe(fake.url, "--accept-refusal").code, 0)

    def test_udp_short_connect(self):
        found = probe(self.connect(lambda r: r.connect_reply()[:15]).url)
        self.assert_error(found, "udp.short_reply")

    def test_udp_short_announce(self):
        found = probe(self.announce(lambda r: r.announce_reply()[:19]).url)
        self.assert_error(found, "udp.short_reply")
        self.assertIn("19 bytes, need 20", found.address["error"]["text"])

    def test_udp_peers_misaligned(self):
        fake = self.announce(lambda r: r.announce_reply(peers=b"x" * 25))
        found = probe(fake.url)
        self.assert_ok(found)
        self.assertIn("udp.bad_peers_length", found.notes())
        self.assert_error(probe(fake.url, "--strict"), "udp.bad_peers_length", 1)

    def test_udp_wrong_action_connect(self):
        self.assert_error(probe(self.connect(lambda r: r.announce_reply()).url), "udp.bad_action")

    def test_udp_action_huge(self):
        found = probe(self.connect(lambda r: struct.pack(">IIQ", 0x7FFFFFFF, r.tid, 1)).url)
        self.assertIn(found.code_of(), ("udp.bad_action", "udp.garbage"))
        self.assertEqual(found.code, 2)

    def test_udp_garbage(self):
        found = probe(self.connect(lambda r: b"\x00\x00\xff").url)
        self.assert_error(found, "udp.garbage")
        self.assertIn("0000ff", found.address["error"]["text"])

    def elsewhere(self, host, port=0):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((host, port))
        self.addCleanup(sock.close)
        return sock

    def test_udp_foreign_source(self):
        other = self.elsewhere("127.0.0.3")
        found = probe(self.tracker(on("connect", lambda t, r: r.reply(r.connect_reply(), sock=other))).url)
        self.assert_error(found, "udp.reply_from_other_address")
        self.assertIn("127.0.0.3", found.address["error"]["text"])

    def test_udp_foreign_port(self):
        other = self.elsewhere("127.0.0.1")
        found = probe(self.tracker(on("connect", lambda t, r: r.reply(r.connect_reply(), sock=other))).url)
        self.assert_error(found, "udp.reply_from_other_port")
        self.assertIn(str(other.getsockname()[1]), found.address["error"]["text"])

    def test_udp_spoof_flood(self):
        flooder = self.elsewhere("127.0.0.4")
        stop = threading.Event()

        def flood(to):
            junk = random_bytes(1024)
            while not stop.is_set():
                for i in range(500):
                    flooder.sendto(junk[i:i + 16], to)
                time.sleep(0.002)

        def act(tracker, request):
            if request.name == "connect" and not tracker.state.get("flood"):
                tracker.state["flood"] = threading.Thread(target=flood, args=(request.source,), daemon=True)
                tracker.state["flood"].start()
                time.sleep(0.1)
            normal(tracker, request)
        found = probe(self.tracker(act).url)
        stop.set()
        self.assertEqual(found.code, 0, found.out)
        self.assertGreater(found.address["udp"]["foreign"], 100)
        self.assert_in_time(found)

    def test_udp_interval_negative(self):
        fake = self.announce(lambda r: r.announce_reply(interval=0x80000000))
        found = probe(fake.url)
        self.assert_ok(found)
        self.assertEqual(found.address["reply"]["interval"], 2147483648)
        self.assertIn("reply.interval", found.notes())
        self.assertEqual(probe(fake.url, "--strict").code, 1)

    def test_udp_magic_cid(self):
        def magic(tracker, request):
            tracker.cid = MAGIC
            normal(tracker, request)
        fake = self.tracker(magic)
        found = probe(fake.url)
        self.assert_ok(found)
        self.assertTrue(found.address["udp"]["cid_is_magic"])
        self.assert_error(probe(fake.url, "--strict"), "udp.cid_is_magic", 1)

    def test_udp_max_datagram(self):
        fake = self.announce(lambda r: r.announce_reply(peers=b"\x01" * (65507 - 20 - 1)))
        found = probe(fake.url)
        self.assertEqual(found.code, 0, found.out)
        self.assertEqual(found.address["reply"]["peers"], 65486 // 6)
        bulk = run("bulk", "-o", "jsonl", "-t", TIMEOUT, stdin=fake.url.encode())
        self.assert_error(bulk, "udp.reply_too_big")

    def test_udp_cid_rejected_loop(self):
        fake = self.announce(lambda r: r.error_reply(b"bad connection ID"))
        found = probe(fake.url)
        self.assert_error(found, "tracker.connection_id")
        # On a crowded machine an answer may come after the retransmission.
        sent = len(fake.named("connect")) + len(fake.named("announce"))
        self.assertEqual(sent - found.address["udp"]["retransmits"], 4, "exactly one reconnect")
        self.assertEqual(found.address["udp"]["reconnects"], 1)


if __name__ == "__main__":
    main()
