"""The disk under the history fails for real: full, read-only, damaged while it is written. Checks and alerts go on, page,
/healthz and log say what is missing, and it heals by itself."""

import glob
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import DEADLINE, HttpServer, Minitor, check, equal, main, wait_until  # noqa: E402

# A small file system of its own, in a mount namespace that ends with the daemon.
SMALL = ["unshare", "-rm", "--propagation", "private", "sh", "-c"]


def config(receiver):
    return f"""\
web: 127.0.0.1:0
history: sqlite://disk/minitor.db
monitors:
  - {{ name: blog, command: 'test -e well', check_interval: 100ms, alert_every: 0, alert_down: [chat], alert_up: [chat] }}
  # Much output, so that the disk is full soon.
  - {{ name: chatty, command: 'head -c 4000 /dev/zero | tr "\\0" x; false', check_interval: 50ms, alert_every: 0, alert_down: [] }}
alerts:
  chat: {{ command: [curl, -sSf, -d, '{{alert_message}}', '{receiver.url()}'] }}
"""


def may_mount():
    if not shutil.which("unshare") or not shutil.which("nsenter"):
        return False
    done = subprocess.run([*SMALL, "mount -t tmpfs none /mnt"], capture_output=True, check=False)
    return done.returncode == 0


def inside(minitor, command):
    """Runs a command where the daemon sees its disk."""
    done = subprocess.run(
        ["nsenter", "--target", str(minitor.process.pid), "--user", "--mount", "--preserve-credentials",
         "sh", "-c", command],
        cwd="/", capture_output=True, timeout=DEADLINE, check=False)
    return done.returncode, done.stderr.decode()


def get(minitor, path):
    line = minitor.wait_for({"msg": re.compile("the page is at ")})
    url = re.search(r"http://127\.0\.0\.1:\d+", line["msg"]).group(0)
    with urllib.request.urlopen(url + path, timeout=DEADLINE) as answer:
        return answer.status, answer.read().decode()


def be(minitor, receiver, well):
    """The blog is well, or not, and somebody is told: what matters most."""
    path = os.path.join(minitor.folder, "well")
    if well:
        with open(path, "w", encoding="utf-8"):
            pass
        equal(receiver.next()[3], b"blog check is up again!")
    else:
        os.unlink(path)
        check(receiver.next()[3].startswith(b"blog check has failed"), "it is told")


def says_so_and_goes_on(minitor, receiver, words):
    minitor.wait_for({"level": "error", "msg": re.compile(words)})
    for path in ("/", "/monitors/blog", "/healthz"):
        status, body = get(minitor, path)
        equal(status, 200, path)
        check("The history cannot be written: " in body, path, body[:2000])
    check("\nminitor_history_failing 1\n" in get(minitor, "/metrics")[1], "a metric says so, too")
    be(minitor, receiver, True)
    be(minitor, receiver, False)


def is_whole_again(minitor, receiver):
    minitor.wait_for({"msg": re.compile("the history is written again")})
    check("The history cannot be written" not in get(minitor, "/")[1], "the page says no more of it")
    equal(get(minitor, "/healthz")[1], "ok\n")
    be(minitor, receiver, True)
    incidents = f"{minitor.folder}/seen.db"
    code, error = inside(minitor, f"cat {minitor.folder}/disk/minitor.db >{incidents}; cat {minitor.folder}/disk/minitor.db-wal >{incidents}-wal")
    equal(code, 0, error)


def incidents_in(path):
    books = sqlite3.connect(path)
    try:
        return books.execute("SELECT count(*), count(ended) FROM incidents JOIN monitors ON monitors.id = monitor "
                             "WHERE name = 'blog'").fetchone()
    finally:
        books.close()


def a_disk_that_is_full(binary):
    with HttpServer() as receiver:
        wrapper = [*SMALL, 'mkdir -p disk && mount -t tmpfs -o size=1m none "$PWD/disk" && exec "$0" "$@"']
        with Minitor(binary, config(receiver), wrapper=wrapper) as minitor:
            check(receiver.next()[3].startswith(b"blog check has failed"), "it is told")
            # What another program left there, and then some more.
            inside(minitor, f"head -c 2000000 /dev/zero >{minitor.folder}/disk/filler")
            says_so_and_goes_on(minitor, receiver, "history cannot be written: .*full")
            equal(inside(minitor, f"rm {minitor.folder}/disk/filler && mount -o remount,size=64m {minitor.folder}/disk")[0], 0)
            is_whole_again(minitor, receiver)
            # Nothing is missing: two outages and their ends, although nobody could write them down then.
            equal(incidents_in(f"{minitor.folder}/seen.db"), (2, 2))
            equal(minitor.stop(), 0)


def a_disk_that_is_read_only(binary):
    with HttpServer() as receiver:
        wrapper = [*SMALL, 'mkdir -p disk && mount -t tmpfs -o ro,size=16m none "$PWD/disk" && exec "$0" "$@"']
        with Minitor(binary, config(receiver), wrapper=wrapper) as minitor:
            check(receiver.next()[3].startswith(b"blog check has failed"), "it is told")
            says_so_and_goes_on(minitor, receiver, "history .*cannot be (opened|written)")
            equal(inside(minitor, f"mount -o remount,rw {minitor.folder}/disk")[0], 0)
            is_whole_again(minitor, receiver)
            equal(incidents_in(f"{minitor.folder}/seen.db"), (2, 2))
            equal(minitor.stop(), 0)


def a_file_that_is_damaged_while_it_is_written(binary):
    with HttpServer() as receiver:
        text = config(receiver).replace("sqlite://disk/minitor.db", "sqlite://minitor.db")
        with Minitor(binary, text) as minitor:
            file = f"{minitor.folder}/minitor.db"
            check(receiver.next()[3].startswith(b"blog check has failed"), "it is told")
            wait_until(lambda: os.path.exists(file) and os.path.getsize(file) > 20000, "a file with something in it")
            with open(file, "r+b") as damaged:
                damaged.write(os.urandom(os.path.getsize(file)))
            with open(file + "-wal", "r+b") as damaged:
                damaged.write(os.urandom(os.path.getsize(file + "-wal")))
            be(minitor, receiver, True)
            be(minitor, receiver, False)
            # It is found out, the file is set aside, and a new one is begun with all of the state.
            minitor.wait_for({"level": "error", "msg": re.compile("it was set aside as .*damaged-")})
            equal(len(glob.glob(f"{file}.damaged-*")) >= 1, True)
            be(minitor, receiver, True)
            wait_until(lambda: incidents_ended(file), "the end of the last outage in the new file")
            equal(minitor.stop(), 0)


def incidents_ended(path):
    try:
        books = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        try:
            return books.execute("SELECT count(*) FROM transitions WHERE after = 'up'").fetchone()[0] > 0
        finally:
            books.close()
    except sqlite3.Error:
        return False


if __name__ == "__main__":
    if not may_mount():
        print("skipped: daemon-faults: needs unshare and nsenter with the right to mount")
        sys.exit(77)
    main(
        a_disk_that_is_full,
        a_disk_that_is_read_only,
        a_file_that_is_damaged_while_it_is_written,
    )
