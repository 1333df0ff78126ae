#!/usr/bin/env python3
"""Requests, good and bad, one connection or two at a time."""

import random
import shutil
import socket
import subprocess

from wire import DEADLINE, Server, main, unittest


class Requests(unittest.TestCase):
    def curl(self, *arguments):
        done = subprocess.run(
            ["curl", "-sS", "--noproxy", "*", "--max-time", str(DEADLINE), *arguments],
            capture_output=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode()

    @unittest.skipUnless(shutil.which("curl"), "needs curl")
    def test_curl_reads_every_path_over_one_connection(self):
        with Server() as server:
            self.assertEqual(self.curl(server.url("/healthz")), "ok\n")
            self.assertIn("/metrics", self.curl(server.url("/")))
            text = self.curl("-i", server.url("/metrics"))
            self.assertIn("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n", text)
            self.assertIn('minitor_monitor_up_count{monitor="My Blog"} 1\n', text)
            self.assertIn("\nprocess_open_fds ", text)
            connects = self.curl(
                "-w", "%{num_connects}\n", "-o", "/dev/null", "-o", "/dev/null", server.url("/metrics"), server.url("/")
            )
            self.assertEqual(connects, "1\n0\n")
            head = self.curl("-I", server.url("/metrics"))
            self.assertTrue(head.startswith("HTTP/1.1 200 OK\r\n"))
            self.assertIn("404", self.curl("--path-as-is", server.url("/x/../metrics")))
            refused = self.curl("-i", "-X", "DELETE", server.url("/metrics"))
            self.assertIn("405", refused)
            self.assertIn("Allow: GET, HEAD\r\n", refused)
            self.assertEqual(self.curl("--http1.0", server.url("/healthz")), "ok\n")
            self.assertEqual(self.curl("-d", "hello", server.url("/echo")), "hello")
            waits = self.curl("-d", "hello", "-H", "Expect: 100-continue", "--expect100-timeout", "600", server.url("/echo"))
            self.assertEqual(waits, "hello")

    def test_head_has_the_length_and_no_body(self):
        with Server() as server, server.connect() as client:
            _, headers, body = client.get("/large?1000", "HEAD")
            self.assertEqual((headers["content-length"], body), ("1000", b""))
            self.assertEqual(client.get("/healthz")[2], b"ok\n")

    def test_pipelined_requests_are_answered_in_order(self):
        with Server() as server, server.connect() as client:
            client.send("".join(f"GET /large?{n} HTTP/1.1\r\nHost: h\r\n\r\n" for n in range(200)))
            self.assertEqual([len(client.response()[2]) for _ in range(200)], list(range(200)))

    def test_a_half_closed_client_gets_its_answers(self):
        with Server() as server, server.connect() as client:
            client.send("GET /large?5000000 HTTP/1.1\r\nHost: h\r\n\r\n" * 2)
            client.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(len(client.response()[2]), 5_000_000)
            self.assertEqual(len(client.response()[2]), 5_000_000)
            self.assertTrue(client.closed())

    def test_a_client_that_says_close_is_closed(self):
        with Server() as server, server.connect() as client:
            client.send("GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            self.assertEqual(client.response()[1]["connection"], "close")
            self.assertTrue(client.closed())

    def test_what_is_too_large_is_refused_and_the_refusal_arrives(self):
        cases = {
            431: b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"a" * 200_000 + b"\r\n\r\n",
            413: b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n" + b"a" * 200_000,
            400: b"GET / HTTP/1.1\r\n\r\n",
            505: b"GET / HTTP/3.0\r\n\r\n",
        }
        for status, request in cases.items():
            with self.subTest(status), Server() as server, server.connect() as client:
                client.send(request)
                got = client.response()
                self.assertEqual((got[0], got[1]["connection"]), (status, "close"))
                self.assertTrue(client.closed())

    def test_a_client_that_never_stops_sending_is_ended(self):
        with Server(linger_bytes=100_000) as server, server.connect() as client:
            with self.assertRaises(ConnectionError):
                while True:
                    client.send(b"\0" * 65536)

    def test_a_handler_that_throws_is_a_500_without_its_words(self):
        with Server() as server, server.connect() as client:
            status, _, body = client.get("/throw")
            self.assertEqual((status, body), (500, b"500 Internal Server Error\n"))
            self.assertEqual(client.get("/healthz")[0], 200)

    def test_garbage_is_answered_or_ended_and_disturbs_nobody(self):
        chance = random.Random(7)
        start = b"GET /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
        with Server(request_ms=500, linger_ms=100) as server, server.connect() as witness:
            for round_number in range(300):
                data = bytearray(start if round_number % 2 else chance.randbytes(chance.randrange(1, 3000)))
                for _ in range(chance.randrange(0, 4)):
                    data[chance.randrange(len(data))] = chance.randrange(256)
                with server.connect() as client:
                    try:
                        client.send(bytes(data))
                        client.socket.shutdown(socket.SHUT_WR)
                        while got := client.response():
                            self.assertIn(got[0], (200, 400, 404, 405, 408, 413, 417, 431, 505))
                    except ConnectionError:
                        pass
            self.assertEqual(witness.get("/healthz")[0], 200)

    def test_resets_at_any_moment(self):
        request = b"GET /large?3000000 HTTP/1.1\r\nHost: h\r\n\r\n"
        with Server() as server, server.connect() as witness:
            for length in range(len(request) + 1):
                client = server.connect().send(request[:length])
                if length == len(request):
                    client.stream.read(1)  # in the middle of the response
                client.reset()
                self.assertEqual(witness.get("/healthz")[0], 200)
            while witness.get("/open")[2] != b"1":
                pass


if __name__ == "__main__":
    main()
