"""Nothing that a check does stops the daemon or delays another monitor."""

import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import Minitor, check, equal, main, processes_with  # noqa: E402

STEADY = "  - { name: steady, command: ['true'], check_interval: 100ms }\n"


def hostile(command, **keys):
    more = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return f"check_interval: 200ms\nmonitors:\n{STEADY}  - name: hostile\n    command: {command}\n{more}"


def others_run_on(minitor, wanted, rounds=10):
    """Waits for the hostile check's line, and sees that the steady monitor was checked and well all the while."""
    line = minitor.wait_for({"monitor": "hostile", **wanted})
    minitor.wait_for({"monitor": "steady", "verdict": "ok"}, count=rounds, after=minitor.position())
    check(not minitor.all({"monitor": "steady", "verdict": re.compile("failure|unknown")}), minitor.log())
    return line


def a_check_that_hangs_is_ended_and_counts_as_failed(binary):
    with Minitor(binary, hostile("[sleep, '1000']", timeout="500ms")) as minitor:
        before = minitor.position()
        line = others_run_on(minitor, {"verdict": "failure"})
        check("timed out after 500ms" in line["outcome"], line)
        while_it_hung = [l for l in minitor.lines[before : minitor.lines.index(line)] if l.get("monitor") == "steady"]
        check(while_it_hung, "no other check ran while one hung")


def a_check_that_ignores_TERM_is_killed(binary):
    with Minitor(binary, hostile("trap '' TERM; while :; do sleep 0.1; done", timeout="300ms")) as minitor:
        line = others_run_on(minitor, {"verdict": "failure"})
        check("timed out" in line["outcome"] and "KILL" in line["outcome"].upper(), line)


def a_child_killed_from_outside_is_named_as_such(binary):
    with Minitor(binary, hostile("'kill -9 $$'")) as minitor:
        line = others_run_on(minitor, {"verdict": "failure"})
        check("killed by SIGKILL" in line["outcome"], line)


def a_flood_of_output_is_cut(binary):
    with Minitor(binary, hostile("head -c 100000000 /dev/zero | tr '\\0' x; exit 1", timeout="60s")) as minitor:
        line = others_run_on(minitor, {"verdict": "failure"})
        check("exit 1" in line["outcome"] and len(line["output"]) < 2000, line)


def output_of_NULs_and_wrong_UTF8_is_a_line_like_any_other(binary):
    with Minitor(binary, hostile("printf 'a\\000b\\377\\033[31mred\\nlast'; exit 1")) as minitor:
        line = others_run_on(minitor, {"verdict": "failure"})
        check("\x1b" not in line["output"] and "last" in line["output"], line)


def a_grandchild_that_holds_the_output_delays_nothing(binary):
    with Minitor(binary, hostile("sleep 1000 & exit 0", timeout="30s")) as minitor:
        others_run_on(minitor, {"verdict": "ok"})


def what_cannot_be_started_is_a_failure_in_words(binary):
    for command, words in (
        ("[/no/such/program]", "No such file or directory"),
        ("[/etc/passwd]", "Permission denied"),
        ("no-such-program-at-all", "127"),
    ):
        with Minitor(binary, hostile(command)) as minitor:
            line = others_run_on(minitor, {"verdict": "failure"}, rounds=3)
            check(words in line["outcome"], line)
    with Minitor(binary, hostile("['true']", directory="/no/such/folder")) as minitor:
        line = others_run_on(minitor, {"verdict": "failure"}, rounds=3)
        check("/no/such/folder" in line["outcome"] or "directory" in line["outcome"], line)


def running_out_of_descriptors_blames_nobody(binary):
    config = (
        "check_interval: 200ms\nmonitors:\n"
        + "".join(f"  - {{ name: 'waiting {i}', command: [sleep, '1'] }}\n" for i in range(40))
    )
    with Minitor(binary, config, wrapper=("prlimit", "--nofile=24:24")) as minitor:
        minitor.wait_for({"verdict": "unknown", "outcome": re.compile("Too many open files")})
        minitor.wait_for({"verdict": "ok"}, count=20)
        check(not minitor.all({"verdict": "failure"}), minitor.log())
        check(not minitor.all({"to": re.compile("failing|down")}), minitor.log())


def killing_any_child_changes_nothing_for_the_others(binary):
    marker = f"minitor-test-{os.getpid()}"
    config = "check_interval: 200ms\nmonitors:\n" + STEADY
    for i in range(10):
        config += f"  - {{ name: 'long {i}', command: 'sleep 30; : {marker}', timeout: 60s }}\n"
    with Minitor(binary, config) as minitor:
        minitor.wait_for({"monitor": "steady", "verdict": "ok"}, count=3)
        for number in range(10):
            victims = [pid for pid in processes_with(marker) if os.path.exists(f"/proc/{pid}")]
            victims = [pid for pid in victims if pid != minitor.process.pid and b"sh" in command_line(pid)]
            check(victims, "no child to kill")
            os.kill(victims[0], signal.SIGKILL)
            minitor.wait_for({"outcome": re.compile("killed by SIGKILL")}, count=number + 1)
        minitor.wait_for({"monitor": "steady", "verdict": "ok"}, count=5, after=minitor.position())
        equal(minitor.stop(), 0, "exit code")


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().split(b"\0")[0]
    except OSError:
        return b""


if __name__ == "__main__":
    main(
        a_check_that_hangs_is_ended_and_counts_as_failed,
        a_check_that_ignores_TERM_is_killed,
        a_child_killed_from_outside_is_named_as_such,
        a_flood_of_output_is_cut,
        output_of_NULs_and_wrong_UTF8_is_a_line_like_any_other,
        a_grandchild_that_holds_the_output_delays_nothing,
        what_cannot_be_started_is_a_failure_in_words,
        running_out_of_descriptors_blames_nobody,
        killing_any_child_changes_nothing_for_the_others,
    )
