#!/usr/bin/env python3
"""Answers that come later, and streams of live events."""

from wire import Server, main, unittest


def watch(server):
    """A client that has seen the head of its stream."""
    client = server.connect().send("GET /live HTTP/1.1\r\nHost: h\r\n\r\n")
    status = client.stream.readline().split()[1]
    headers = []
    while (line := client.stream.readline().rstrip(b"\r\n")) != b"":
        headers.append(line.split(b":")[0].lower())
    return client, int(status), headers


class Live(unittest.TestCase):
    def test_an_answer_may_come_later_and_comes_once(self):
        with Server() as server, server.connect() as client:
            for body in (b"later", b"later"):
                self.assertEqual(client.get("/later")[2], body)
            self.assertEqual(client.get("/open")[2], b"1")

    def test_requests_sent_ahead_are_answered_in_order(self):
        with Server() as server, server.connect() as client:
            for body in ("a", "b", "c"):
                client.send(f"POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n{body}")
            self.assertEqual([client.response()[2] for _ in range(3)], [b"a", b"b", b"c"])

    def test_an_answer_that_never_comes_is_a_503(self):
        with Server(request_ms=100) as server, server.connect() as client:
            self.assertEqual(client.get("/never")[0], 503)
            self.assertTrue(client.closed())

    def test_a_client_that_leaves_before_its_answer_harms_nobody(self):
        with Server() as server, server.connect() as witness:
            for _ in range(50):
                client = server.connect().send("GET /later HTTP/1.1\r\nHost: h\r\n\r\n")
                client.reset()
            self.assertEqual(witness.get("/healthz")[0], 200)

    def test_events_reach_every_stream(self):
        with Server() as server, server.connect() as publisher:
            streams = [watch(server) for _ in range(5)]
            for client, status, headers in streams:
                self.assertEqual(status, 200)
                self.assertNotIn(b"content-length", headers)
            for word in ("one", "two"):
                publisher.get(f"/publish?{word}")
                for client, _, _ in streams:
                    self.assertEqual(client.stream.readline(), f"data: {word}\n".encode())
                    self.assertEqual(client.stream.readline(), b"\n")
            for client, _, _ in streams:
                client.__exit__()

    def test_more_streams_than_allowed_are_told_to_come_later(self):
        with Server(live_connections=2) as server:
            first, second = watch(server), watch(server)
            third = watch(server)
            self.assertEqual(third[1], 503)
            first[0].reset()
            with server.connect() as client:
                while client.get("/open")[2] != b"2":
                    pass
            again = watch(server)
            self.assertEqual(again[1], 200)
            for client, _, _ in (second, third, again):
                client.__exit__()

    def test_a_quiet_stream_is_kept_alive(self):
        with Server(pulse_ms=20, idle_ms=20) as server:
            client, _, _ = watch(server)
            for _ in range(5):
                self.assertEqual(client.stream.readline(), b":\n")
                self.assertEqual(client.stream.readline(), b"\n")
            client.__exit__()

    def test_who_does_not_read_is_closed_and_nobody_waits_for_it(self):
        with Server(live_bytes=200_000) as server, server.connect() as publisher:
            lazy = server.connect(receive_buffer=4096).send("GET /live HTTP/1.1\r\nHost: h\r\n\r\n")
            watcher, _, _ = watch(server)
            word = "x" * 8000
            for _ in range(2000):
                publisher.get(f"/publish?{word}")
                self.assertEqual(len(watcher.stream.readline()), len(word) + 7)
                watcher.stream.readline()
                if publisher.get("/open")[2] == b"2":
                    break
            self.assertEqual(publisher.get("/open")[2], b"2")
            lazy.__exit__()
            watcher.__exit__()

    def test_head_of_a_stream_has_an_end(self):
        with Server() as server, server.connect() as client:
            self.assertEqual(client.get("/live", "HEAD")[0], 200)
            self.assertEqual(client.get("/healthz")[0], 200)


if __name__ == "__main__":
    main()
