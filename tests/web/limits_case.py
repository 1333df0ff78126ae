#!/usr/bin/env python3
"""Slow, silent and many clients, and a process that has no descriptor left."""

import contextlib
import select

from wire import Server, allow_many_files, main, unittest


class Limits(unittest.TestCase):
    def test_a_silent_client_is_closed(self):
        with Server(idle_ms=50) as server, server.connect() as client:
            self.assertTrue(client.closed())

    def test_a_client_is_closed_when_it_is_silent_after_a_request(self):
        with Server(idle_ms=300) as server, server.connect() as client:
            self.assertEqual(client.get("/healthz")[0], 200)
            self.assertTrue(client.closed())

    def test_slowloris_is_told_and_ended_however_steadily_it_drips(self):
        with Server(idle_ms=60_000, request_ms=300, linger_ms=300) as server, server.connect() as client:
            client.send("GET / HTTP/1.1\r\nHost: h\r\n")
            while not select.select([client.socket], [], [], 0.02)[0]:
                client.send("A: b\r\n")
            self.assertEqual(client.response()[0], 408)
            with self.assertRaises(ConnectionError):
                while True:  # it goes on dripping, and that is ended too
                    client.send("A: b\r\n")

    def test_a_slow_body_is_ended(self):
        with Server(request_ms=100, linger_ms=100) as server, server.connect() as client:
            client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\na")
            self.assertEqual(client.response()[0], 408)
            self.assertTrue(client.closed())

    def test_a_client_that_does_not_read_is_ended_and_its_memory_given_back(self):
        size = 30_000_000
        with Server(request_ms=500, unsent_bytes=size) as server, server.connect() as witness:
            before = server.resident_bytes()
            with contextlib.ExitStack() as stack:
                stuck = [stack.enter_context(server.connect(receive_buffer=4096)) for _ in range(20)]
                for client in stuck:
                    client.send(f"GET /large?{size} HTTP/1.1\r\nHost: h\r\n\r\n" * 50)
                highest = 0
                while int(witness.get("/open")[2]) > 1:
                    highest = max(highest, server.resident_bytes())
                # One is held; the others were told 503, and another one at a time is being made.
                self.assertLess(highest - before, 4 * size)
                self.assertGreater(highest - before, size // 2)
            self.assertEqual(len(witness.get("/large?1000000")[2]), 1_000_000)

    def test_too_much_unsent_is_503_for_the_next(self):
        with Server(unsent_bytes=1000) as server, server.connect(4096) as stuck, server.connect() as client:
            stuck.send("GET /large?30000000 HTTP/1.1\r\nHost: h\r\n\r\n")
            stuck.stream.read(1)
            status, headers, _ = client.get("/large?50000")
            self.assertEqual((status, headers["retry-after"]), (503, "10"))
            with server.connect() as other:
                self.assertEqual(other.get("/healthz")[0], 200)
                self.assertEqual(other.get("/large?50000", "HEAD")[0], 200)
            self.assertTrue(client.closed())

    def test_a_large_response_reaches_a_client_that_reads(self):
        with Server(monitors=10_000) as server, server.connect() as client:
            body = client.get("/metrics")[2]
            self.assertIn(b'minitor_monitor_status{monitor="monitor 9999",status="unknown"} 1\n', body)

    def test_when_full_the_longest_idle_gives_way(self):
        with Server(connections=3) as server, contextlib.ExitStack() as stack:
            clients = [stack.enter_context(server.connect()) for _ in range(3)]
            for client in clients:
                self.assertEqual(client.get("/healthz")[0], 200)
            self.assertEqual(clients[0].get("/healthz")[0], 200)
            clients[1].send("GET / HT")  # it has begun: the idle one that came later goes first
            while clients[0].get("/open")[2] != b"3":
                pass
            new = stack.enter_context(server.connect())
            self.assertEqual(new.get("/healthz")[0], 200)
            self.assertTrue(clients[2].closed())
            clients[1].send("TP/1.1\r\nHost: h\r\n\r\n")
            self.assertEqual(clients[1].response()[0], 200)

    def test_when_all_are_being_answered_the_new_one_is_closed(self):
        with Server(connections=2, unsent_bytes=10**9) as server, contextlib.ExitStack() as stack:
            busy = [stack.enter_context(server.connect(4096)) for _ in range(2)]
            for client in busy:
                client.send("GET /large?20000000 HTTP/1.1\r\nHost: h\r\n\r\n").stream.read(1)
            self.assertTrue(stack.enter_context(server.connect()).closed())
            busy[0].reset()
            got = None
            while got is None:
                with server.connect() as client:
                    got = client.get("/healthz")
            self.assertEqual(got[0], 200)

    def test_a_thousand_idle_connections_disturb_nothing(self):
        if allow_many_files() < 2200:
            self.skipTest("needs 2,200 descriptors")
        with Server(connections=1100) as server, contextlib.ExitStack() as stack:
            before = server.resident_bytes()
            for _ in range(1000):
                stack.enter_context(server.connect())
            with server.connect() as client:
                while int(client.get("/open")[2]) < 1001:
                    pass
                spent = server.cpu_seconds()
                for _ in range(200):
                    self.assertEqual(client.get("/healthz")[0], 200)
                self.assertLess(server.cpu_seconds() - spent, 5)
                print(f"{(server.resident_bytes() - before) // 1000} bytes a connection")

    def test_a_thousand_connections_beyond_the_limit_leave_room_for_one(self):
        if allow_many_files() < 2200:
            self.skipTest("needs 2,200 descriptors")
        with Server(connections=50) as server, contextlib.ExitStack() as stack:
            for _ in range(1000):
                stack.enter_context(server.connect()).send("GET / HTTP/1.1\r\n")
            with server.connect() as client:
                self.assertLessEqual(int(client.get("/open")[2]), 50)

    def test_without_descriptors_it_neither_spins_nor_gives_up(self):
        request = "GET /large?9000000 HTTP/1.1\r\nHost: h\r\n\r\n"
        with Server(max_files=20, accept_ms=100, unsent_bytes=10**12) as server, contextlib.ExitStack() as stack:
            # Every descriptor goes to a client that is being answered, so that none can be taken from it.
            busy = []
            while server.open_files() < 20:
                busy.append(stack.enter_context(server.connect(4096)).send(request))
                busy[-1].stream.read(1)
            waiting = [stack.enter_context(server.connect()).send(request) for _ in range(5)]
            spent = server.cpu_seconds()
            self.assertEqual(select.select([client.socket for client in waiting], [], [], 1)[0], [])
            self.assertLess(server.cpu_seconds() - spent, 0.1)  # in a second with nothing to do
            for client in busy:
                client.reset()
            for client in waiting:
                self.assertEqual(len(client.response()[2]), 9_000_000)

    def test_without_descriptors_an_idle_client_gives_way(self):
        with Server(max_files=20, accept_ms=20) as server, contextlib.ExitStack() as stack:
            clients = [stack.enter_context(server.connect()) for _ in range(40)]
            for client in clients[:20]:
                self.assertTrue(client.closed())
            for client in clients[20:-1]:
                client.reset()
            while server.open_files() > 15:  # a sanitizer needs descriptors of its own to look at an answer
                pass
            self.assertEqual(clients[-1].get("/healthz")[0], 200)


if __name__ == "__main__":
    main()
