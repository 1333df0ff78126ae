"""The log: whatever becomes of its reader, the daemon watches on."""

import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import DEADLINE, HttpServer, Minitor, check, equal, main  # noqa: E402


def beats(receiver):
    """A configuration whose check calls the receiver each time it runs."""
    return f"check_interval: 50ms\nmonitors:\n  - {{ name: beat, command: [curl, -sSf, '{receiver.url()}'] }}\n"


def start(binary, config, folder, stderr, *arguments):
    path = os.path.join(folder, "minitor.yml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(config)
    return subprocess.Popen(
        [binary, "-c", path, *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr
    )


def a_reader_that_stops_reading_stops_nothing(binary):
    with HttpServer() as receiver, tempfile.TemporaryDirectory() as folder:
        read_end, write_end = os.pipe()
        text = beats(receiver)
        for i in range(30):
            text += f"  - {{ name: 'noise {i}', command: 'head -c 900 /dev/zero | tr \"\\\\0\" x; exit 1' }}\n"
        process = start(binary, text, folder, write_end, "--debug")
        os.close(write_end)
        try:
            for _ in range(60):
                receiver.next()
            check(process.poll() is None, "the daemon ended")
        finally:
            process.terminate()
            code = process.wait(DEADLINE)
            os.close(read_end)
        equal(code, 0, "exit code")


def a_full_disk_and_a_closed_pipe_stop_nothing(binary):
    for name in ("full disk", "closed pipe"):
        with HttpServer() as receiver, tempfile.TemporaryDirectory() as folder:
            if name == "full disk":
                stderr = os.open("/dev/full", os.O_WRONLY)
            else:
                read_end, stderr = os.pipe()
                os.close(read_end)
            process = start(binary, beats(receiver), folder, stderr, "--debug")
            os.close(stderr)
            for _ in range(10):
                receiver.next()
            process.terminate()
            equal(process.wait(DEADLINE), 0, name)


def each_format_is_one_line_an_event(binary):
    text = "check_interval: 50ms\nmonitors:\n  - { name: 'two \"words\"', command: 'echo a; echo b; exit 1' }\n"
    for form in ("terminal", "logfmt", "json"):
        with tempfile.TemporaryDirectory() as folder:
            process = start(binary, text, folder, subprocess.PIPE, "--log-format", form)
            lines = [process.stderr.readline().decode() for _ in range(6)]
            process.terminate()
            process.communicate(timeout=DEADLINE)
        for line in lines:
            if form == "json":
                check(json.loads(line)["level"], line)
            if form == "logfmt":
                check(re.match(r"time=\S+ level=\w+ msg=", line), line)
            if form == "terminal":
                check(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w+ ", line), line)


def a_zone_that_does_not_exist_is_told_of(binary):
    text = "check_interval: 50ms\nmonitors:\n  - { name: calm, command: ['true'] }\n"
    with Minitor(binary, text, env={"TZ": "Europe/Nowhere"}) as minitor:
        first = minitor.wait_for({"level": "warning"})
        check('TZ="Europe/Nowhere" is no time zone' in first["msg"], first)
    with Minitor(binary, text, env={"TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}) as minitor:
        minitor.wait_for({"monitor": "calm", "verdict": "ok"})
        equal(minitor.all({"level": "warning"}), [])


def minitor_waits_for_no_network(binary):
    text = "check_interval: 100ms\nmonitors:\n  - { name: alone, command: ['true'] }\n"
    # In a user namespace only where we are nobody: a chroot allows none.
    alone = ("unshare", "-n") if os.geteuid() == 0 else ("unshare", "-rn")
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode != 0:
        print("skipped: daemon-log_reader: minitor_waits_for_no_network needs a network namespace")
        return
    with Minitor(binary, text, wrapper=alone) as minitor:
        minitor.wait_for({"monitor": "alone", "verdict": "ok"}, count=3)


if __name__ == "__main__":
    main(
        a_reader_that_stops_reading_stops_nothing,
        a_full_disk_and_a_closed_pipe_stop_nothing,
        each_format_is_one_line_an_event,
        a_zone_that_does_not_exist_is_told_of,
        minitor_waits_for_no_network,
    )
