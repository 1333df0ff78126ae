#!/usr/bin/env python3
"""The configuration is read again while everything goes wrong: the file is a pipe, a folder, a device or endless, what it
includes is gone, a thousand hangups come at once, two ask while the first still reads, and minitor stops meanwhile. What
was in force stays in force, and nothing waits for ever."""

import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import DEADLINE, Minitor, check, equal, main  # noqa: E402
from reload_case import client, write  # noqa: E402

GOOD = """
monitors:
  - {name: blog, command: ["true"], check_interval: 100ms}
"""


def arguments(daemon, *words):
    return {
        "args": [*words, "-c", daemon.config],
        "cwd": daemon.folder,
        "env": {**os.environ, "STATE_DIRECTORY": daemon.folder},
    }


def begin(binary, daemon, *words):
    made = arguments(daemon, binary, *words)
    return subprocess.Popen(
        made["args"], cwd=made["cwd"], env=made["env"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def a_pipe(daemon):
    os.unlink(daemon.config)
    os.mkfifo(daemon.config)


def an_endless_file(daemon):
    with open(daemon.config, "w", encoding="utf-8") as file:
        file.truncate(1 << 30)


def a_folder(daemon):
    os.unlink(daemon.config)
    os.mkdir(daemon.config)


def a_device_that_says_nothing(daemon):
    os.unlink(daemon.config)
    os.symlink("/dev/ptmx", daemon.config)


def nothing(daemon):
    os.unlink(daemon.config)


def a_circle(daemon):
    os.unlink(daemon.config)
    os.symlink(daemon.config, daemon.config)


def a_folder_that_is_gone(daemon):
    os.mkdir(os.path.join(daemon.folder, "conf.d"))
    with open(os.path.join(daemon.folder, "conf.d", "one.yml"), "w", encoding="utf-8") as file:
        file.write("monitors: [{name: more, command: ['true'], check_interval: 100ms}]")
    write(daemon, GOOD + "include: conf.d/*.yml\n")


BAD = {
    a_pipe: "is a pipe into which nobody writes",
    an_endless_file: "larger than 8 MiB",
    a_folder: "is a directory",
    a_device_that_says_nothing: "cannot be read|nobody writes",
    nothing: "No such file",
    a_circle: "symbolic links",
}


def clear_away(daemon):
    if os.path.isdir(daemon.config) and not os.path.islink(daemon.config):
        os.rmdir(daemon.config)
    elif os.path.lexists(daemon.config):
        os.unlink(daemon.config)


def what_is_no_file_changes_nothing_and_ends(binary):
    with Minitor(binary, GOOD) as daemon:
        daemon.wait_for({"monitor": "blog", "verdict": "ok"})
        for make, words in BAD.items():
            make(daemon)
            before = daemon.position()
            done = begin(binary, daemon, "reload", "--control", os.path.join(daemon.folder, "minitor.sock"))
            # Meanwhile the checks go on.
            daemon.wait_for({"monitor": "blog", "verdict": "ok"}, count=3, after=before)
            _, errors = done.communicate(timeout=DEADLINE)
            equal(done.returncode, 1, (make.__name__, errors))
            check(re.search(words, errors.decode()), make.__name__, errors)
            clear_away(daemon)
            write(daemon, GOOD)
            equal(client(binary, daemon, "reload").returncode, 0, make.__name__)
        equal(daemon.stop(), 0)


def an_included_folder_that_is_gone_takes_nothing_out(binary):
    with Minitor(binary, GOOD) as daemon:
        daemon.wait_for({"monitor": "blog", "verdict": "ok"})
        a_folder_that_is_gone(daemon)
        equal(client(binary, daemon, "reload").stdout.decode(), "1 monitor is new; 2 are watched\n")
        shutil.rmtree(os.path.join(daemon.folder, "conf.d"))
        done = client(binary, daemon, "reload")
        equal(done.returncode, 1, done.stdout)
        check(re.search('minitor.yml:4:10: include: the folder ".*conf.d" cannot be read: No such', done.stderr.decode()),
              done.stderr)
        daemon.wait_for({"monitor": "more", "verdict": "ok"}, count=3, after=daemon.position())
        # An empty one says that it is meant to be empty.
        os.mkdir(os.path.join(daemon.folder, "conf.d"))
        done = client(binary, daemon, "reload")
        equal(done.stdout.decode(), "1 monitor is gone; 1 is watched\n")
        check("no file matches" in done.stderr.decode(), done.stderr)
        equal(daemon.stop(), 0)


def a_thousand_hangups_are_a_few_readings_and_the_last_file_counts(binary):
    with Minitor(binary, GOOD) as daemon:
        daemon.wait_for({"monitor": "blog", "verdict": "ok"})
        before = daemon.position()
        for number in range(1000):
            if number % 100 == 0:
                write(daemon, GOOD.replace("blog", f"m{number}"))
            daemon.signal(signal.SIGHUP)
        write(daemon, GOOD.replace("blog", "last"))
        daemon.signal(signal.SIGHUP)
        daemon.wait_for({"monitor": "last", "verdict": "ok"}, after=before)
        # Who asks now is answered by a reading that found what is in force.
        equal(client(binary, daemon, "reload").stdout.decode(), "no monitor is changed; 1 is watched\n")
        asked = len(daemon.all({"msg": re.compile("^SIGHUP received")}))
        read = len(daemon.all({"msg": re.compile("^the configuration was read again")}))
        check(0 < asked <= 1001, f"{asked} hangups were heard of")
        check(read <= asked + 1, f"{read} readings after {asked} hangups")
        check(not daemon.all({"level": "error"}), daemon.log())
        equal(daemon.stop(), 0)


def who_asks_while_it_is_read_gets_a_reading_of_his_own(binary):
    with Minitor(binary, GOOD) as daemon:
        daemon.wait_for({"monitor": "blog", "verdict": "ok"})
        a_pipe(daemon)
        asked = begin(binary, daemon, "reload", "--control", os.path.join(daemon.folder, "minitor.sock"))
        # Opens when the daemon reads.
        with open(daemon.config, "w", encoding="utf-8") as pipe:
            before = daemon.position()
            for _ in range(3):
                daemon.signal(signal.SIGHUP)
                daemon.wait_for({"msg": re.compile("^SIGHUP received")}, after=before)
                before = daemon.position()
            daemon.wait_for({"monitor": "blog", "verdict": "ok"}, after=before)
            pipe.write(GOOD.replace("blog", "first"))
        daemon.wait_for({"msg": re.compile("^the configuration was read again")})
        with open(daemon.config, "w", encoding="utf-8") as pipe:
            pipe.write(GOOD.replace("blog", "second"))
        out, errors = asked.communicate(timeout=DEADLINE)
        equal(out.decode(), "1 monitor is new, 1 is gone; 1 is watched\n", errors)
        daemon.wait_for({"monitor": "second", "verdict": "ok"})
        equal(len(daemon.all({"msg": re.compile("^the configuration was read again")})), 2)
        equal(daemon.stop(), 0)


def a_stop_does_not_wait_for_a_reading(binary):
    with Minitor(binary, GOOD) as daemon:
        daemon.wait_for({"monitor": "blog", "verdict": "ok"})
        a_pipe(daemon)
        daemon.signal(signal.SIGHUP)
        with open(daemon.config, "w", encoding="utf-8") as pipe:
            pipe.write("# a byte now and then, and never an end\n")
            pipe.flush()
            ended = threading.Event()

            def go_on():
                while not ended.wait(0.5):
                    try:
                        pipe.write("#\n")
                        pipe.flush()
                    except BrokenPipeError:
                        return

            writer = threading.Thread(target=go_on, daemon=True)
            writer.start()
            try:
                equal(daemon.stop(), 0)
            finally:
                ended.set()
                writer.join(DEADLINE)
            try:
                pipe.flush()
            except BrokenPipeError:
                pass
        check(not daemon.all({"monitor": "first"}), "it was put in force")


def a_reload_during_the_stop_changes_nothing(binary):
    # An alert that is on its way keeps minitor from ending at once.
    config = """
monitors: [{name: blog, command: ["false"], check_interval: 100ms, alerts: [slow]}]
alerts: {slow: {command: [cat, FIFO], timeout: 1m}}
"""
    with Minitor(binary, GOOD) as daemon:
        daemon.wait_for({"monitor": "blog", "verdict": "ok"})
        fifo = os.path.join(daemon.folder, "fifo")
        os.mkfifo(fifo)
        config = config.replace("FIFO", fifo)
        write(daemon, config)
        equal(client(binary, daemon, "reload").returncode, 0)
        with open(fifo, "w", encoding="utf-8"):  # opens when the alert runs
            daemon.signal(signal.SIGTERM)
            daemon.wait_for({"msg": re.compile("^SIGTERM received")})
            write(daemon, GOOD)
            done = client(binary, daemon, "reload")
            equal(done.returncode, 1, done.stdout)
            check(b"minitor is stopping" in done.stderr, done.stderr)
        equal(daemon.wait(), 0)
        check(not daemon.all({"monitor": "blog", "stage": "dropped"}), daemon.log())


def without_room_for_a_thread_nothing_ends(binary):
    with Minitor(binary, GOOD) as daemon:
        daemon.wait_for({"monitor": "blog", "verdict": "ok"})
        with open(f"/proc/{daemon.process.pid}/status", encoding="utf-8") as file:
            size = int(re.search(r"VmSize:\s+(\d+) kB", file.read()).group(1)) * 1024
        if size > 1 << 40:
            return  # AddressSanitizer has it all
        before = resource.prlimit(daemon.process.pid, resource.RLIMIT_AS)
        # Enough for the loop, too little for a stack.
        resource.prlimit(daemon.process.pid, resource.RLIMIT_AS, (size + (4 << 20), before[1]))
        daemon.signal(signal.SIGHUP)
        daemon.wait_for({"level": "error", "msg": re.compile("minitor.yml: cannot be read now: Resource temporarily")})
        resource.prlimit(daemon.process.pid, resource.RLIMIT_AS, before)
        write(daemon, GOOD.replace("blog", "next"))
        equal(client(binary, daemon, "reload").returncode, 0)
        daemon.wait_for({"monitor": "next", "verdict": "ok"})
        equal(daemon.stop(), 0)


main(
    what_is_no_file_changes_nothing_and_ends,
    an_included_folder_that_is_gone_takes_nothing_out,
    a_thousand_hangups_are_a_few_readings_and_the_last_file_counts,
    who_asks_while_it_is_read_gets_a_reading_of_his_own,
    a_stop_does_not_wait_for_a_reading,
    a_reload_during_the_stop_changes_nothing,
    without_room_for_a_thread_nothing_ends,
)
