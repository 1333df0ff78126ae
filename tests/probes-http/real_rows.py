"""Rows 107, 126 and 128: trackers that other people wrote, over HTTP and WebSocket.

opentracker is Debian's (its build serves only hashes on a list), bittorrent-tracker comes from npm: the
first row that wants it installs it into the build folder. What cannot be had is skipped by name."""

import contextlib
import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from free_port import free_port  # noqa: E402
import harness  # noqa: E402
from harness import Skip, critical, main, ok, probe, row  # noqa: E402
from scripted import wait_until  # noqa: E402

LISTED = "aa" * 20


HERE = os.path.dirname(os.path.abspath(__file__))
INSTALL_SECONDS = 90  # three rows may wait for it one after the other


def installed_bittorrent_tracker():
    """The folder it stands in. Rows run beside each other: one installs, the others wait for it."""
    build = harness.settings.trackers
    folder = os.path.join(build, "bittorrent-tracker")
    with open(os.path.join(build, "bittorrent-tracker.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(os.path.join(folder, "node_modules/bittorrent-tracker/server.js")):
            return folder
        if not shutil.which("npm"):
            raise Skip("needs npm, to install bittorrent-tracker")
        try:
            subprocess.run([os.path.join(HERE, "install_bittorrent_tracker.sh"), build], check=True,
                           stdin=subprocess.DEVNULL, timeout=INSTALL_SECONDS)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as problem:
            raise Skip("needs bittorrent-tracker, which npm did not install (%s)" % type(problem).__name__)
    return folder


@contextlib.contextmanager
def bittorrent_tracker(*options):
    if not shutil.which("node"):
        raise Skip("needs node")
    folder = installed_bittorrent_tracker()
    script = os.path.join(HERE, "bt_server.mjs")
    child = subprocess.Popen(["node", script, folder, *options], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    try:
        line = child.stdout.readline()
        assert line, "bittorrent-tracker did not start"
        yield json.loads(line)["http"]
    finally:
        child.stdin.close()
        child.wait(10)


def listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def opentracker():
    if not shutil.which("opentracker"):
        raise Skip("needs opentracker (apt-get install opentracker)")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        with open(os.path.join(folder, "list"), "w") as listed:
            listed.write(LISTED + "\n")
        # It cannot be told to take any free port, so another one is tried if this is taken meanwhile.
        for _ in range(5):
            port = free_port()
            child = subprocess.Popen(["opentracker", "-i", "127.0.0.1", "-p", str(port), "-P", str(port),
                                      "-d", folder, "-w", "list"], cwd=folder,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if wait_until(lambda: child.poll() is not None or listens(port)) and child.poll() is None:
                break
            child.wait()
        else:
            raise Skip("needs opentracker, which does not start here")
        try:
            yield port
        finally:
            child.kill()
            child.wait()


@row(126, "real_opentracker_http")
def _():
    with opentracker() as port:
        url = "http://127.0.0.1:%d/announce" % port
        ok(probe(url, depth="connect"))
        ok(probe(url, depth="scrape"), "scrape.unknown_hash")
        critical(probe(url), "tracker.failure", "not authorized")
        # It reads the list in a thread of its own, some time after it listens.
        wait_until(lambda: probe(url, info_hash=LISTED, depth="announce").state == "OK")
        result = probe(url, info_hash=LISTED, depth="announce")
        ok(result)
        assert 1620 <= result.reply["interval"] <= 1979, result.reply
        result = probe(url, info_hash=LISTED, depth="roundtrip", with_scrape=True, verify_cleanup=True)
        ok(result)
        assert result.roundtrip["peer_seen"] and result.roundtrip["removed"], result.roundtrip
        assert result.scrape["leechers"] == 2 and result.reply["leechers"] == 2


@row(107, "whitelist_bypass_depth")
def _():
    """opentracker asks its access list only when a peer starts."""
    with opentracker() as port:
        url = "http://127.0.0.1:%d/announce" % port
        ok(probe(url, depth="stopped"))
        critical(probe(url, depth="announce"), "tracker.failure")


@row(128, "real_bt_http")
def _():
    with bittorrent_tracker() as port:
        for host in ("127.0.0.1", "[::1]"):
            url = "http://%s:%d/announce" % (host, port)
            ok(probe(url, depth="connect"))
            ok(probe(url, depth="scrape"), "scrape.key_utf8")
            ok(probe(url, depth="stopped"))
            result = probe(url)
            ok(result)
            assert result.reply["interval"] == 600 and result.reply["leechers"] == 1
            result = probe(url, depth="roundtrip", with_scrape=True, verify_cleanup=True)
            ok(result)
            assert result.roundtrip["peer_seen"] and result.roundtrip["removed"], result.roundtrip
        critical(probe("http://127.0.0.1:%d/nothing" % port), "tracker.failure",
                 "invalid action in HTTP request: /nothing")


@row(128, "real_bt_ws")
def _():
    with bittorrent_tracker() as port:
        for host in ("127.0.0.1", "[::1]"):
            url = "ws://%s:%d/" % (host, port)
            ok(probe(url, depth="connect"))
            ok(probe(url, depth="scrape"))
            ok(probe(url, depth="stopped"))
            result = probe(url)
            ok(result)
            assert result.reply["interval"] == 120 and result.reply["leechers"] == 1
            result = probe(url, depth="roundtrip", with_scrape=True, verify_cleanup=True)
            ok(result)
            assert result.roundtrip["peer_seen"] and result.roundtrip["removed"], result.roundtrip
            assert result.scrape["leechers"] == 2


@row(128, "real_bt_refuses")
def _():
    with bittorrent_tracker("--refuse") as port:
        critical(probe("http://127.0.0.1:%d/announce" % port), "tracker.failure", "disallowed torrent")
        critical(probe("ws://127.0.0.1:%d/" % port), "tracker.failure", "disallowed torrent")


if __name__ == "__main__":
    main()
