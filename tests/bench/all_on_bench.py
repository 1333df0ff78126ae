"""The daemon with everything on: history in SQLite, page, live stream, metrics, heartbeats, alerts. Ratios are of runs on
the same machine, one after the other."""

import http.client
import re
import socket
import subprocess
import sys
import time

from daemon_bench import Daemon, configuration, limit, percentile

TOKEN = "bench-heartbeat-{:04}"
MEMORY_AIM = 30  # MB


def all_on(checks, heartbeats):
    """1,000 monitors: most are fine, one in fifty fails and is told, one in ten is a heartbeat."""
    lines = ["history: sqlite://history.db", "web: 127.0.0.1:0", "check_interval: 5s", "max_concurrent: 256", "monitors:"]
    for i in range(checks):
        command = "/bin/false" if i % 50 == 0 else "/bin/true"
        lines.append(f"  - {{name: 'monitor {i}', group: 'group {i % 20}', command: [{command}], alerts: [quiet], show: [output]}}")
    for i in range(heartbeats):
        lines.append(f"  - {{name: 'heartbeat {i}', kind: heartbeat, period: 1h, token: '{TOKEN.format(i)}'}}")
    lines += ["alerts:", "  quiet: {command: [/bin/true]}"]
    return "\n".join(lines) + "\n"


def port_of(daemon):
    """The port that it chose for the page: that of its one listening socket."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        done = subprocess.run(["ss", "-Hltnp"], capture_output=True, check=False)
        for line in done.stdout.decode().splitlines():
            if f"pid={daemon.process.pid}," in line:
                return int(re.search(r"127\.0\.0\.1:(\d+)", line).group(1))
        time.sleep(0.05)
    sys.exit("the daemon listens nowhere (is ss of iproute2 there?)")


def get(port, path, method="GET", body=None):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    client.request(method, path, body=body)
    response = client.getresponse()
    size = len(response.read())
    client.close()
    return response.status, size


def memory():
    daemon = Daemon(all_on(900, 100))
    port = port_of(daemon)
    daemon.wait_for_checks(900)
    live = socket.create_connection(("127.0.0.1", port))
    live.sendall(b"GET /events HTTP/1.1\r\nHost: bench\r\n\r\n")
    live.setblocking(False)
    for i in range(100):
        if get(port, f"/ping/{TOKEN.format(i)}", "POST", b"x" * 4000)[0] != 200:
            sys.exit("a heartbeat was not taken")
    daemon.wait_for_checks(5400)  # half a minute
    for path in ("/", "/", "/metrics", "/metrics", "/monitors/monitor%200", "/incidents", "/api/v1/monitors", "/feed.atom"):
        status, _ = get(port, path)
        if status != 200:
            sys.exit(f"{path}: {status}")
    daemon.wait_for_checks(7200)
    resident = daemon.resident() / 1024
    print(f"resident memory with all on, 1000 monitors: {resident:.1f} MB (aim {MEMORY_AIM}: ratio {resident / MEMORY_AIM:.2f})", flush=True)
    live.close()
    daemon.end()


def reached_with_history():
    daemon = Daemon("history: sqlite://history.db\n" + configuration(1000, 0.05))
    daemon.wait_for_checks(1000)
    with daemon.changed:
        before = daemon.seen
    began = time.monotonic()
    time.sleep(3)  # measures for three seconds
    with daemon.changed:
        rate = (daemon.seen - before) / (time.monotonic() - began)
    daemon.end()
    return rate


def checks_beside(connections, rate):
    """How late checks start at half of what is reached, while so many connections are open and say nothing."""
    daemon = Daemon("web: 127.0.0.1:0\n" + configuration(1000, 1000 / rate))
    port = port_of(daemon)
    daemon.wait_for_checks(1000)
    idle = []
    for _ in range(connections):
        idle.append(socket.create_connection(("127.0.0.1", port)))
        idle[-1].sendall(b"GET /")  # begins, and does not go on
    with daemon.changed:
        daemon.keep = True
        goal = daemon.seen + int(rate * 6)
    daemon.wait_for_checks(goal)
    for one in idle:
        one.close()
    daemon.end()
    late = sorted(daemon.late)
    p99 = percentile(late, 0.99)
    print(
        f"checks beside {connections} idle connections at {rate:.0f}/s: late p50 {percentile(late, 0.5) * 1000:.2f} ms, "
        f"p99 {p99 * 1000:.2f} ms, max {late[-1] * 1000:.1f} ms",
        flush=True,
    )
    return p99


if __name__ == "__main__":
    memory()
    without = limit()
    kept = reached_with_history()
    print(f"checks/s without a history {without:.0f}, with one in SQLite {kept:.0f}: ratio {kept / without:.2f} (aim 0.90)", flush=True)
    alone = checks_beside(0, without / 2)
    crowded = checks_beside(1000, without / 2)
    print(f"late p99 beside 1000 idle connections against none: {crowded / max(alone, 0.0001):.2f}", flush=True)
