"""The command line: nothing to remember, Minitor's flags, and exit codes that can be trusted."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import DEADLINE, Minitor, check, equal, main, run  # noqa: E402

GOOD = "monitors:\n  - { name: good, command: ['true'] }\n"
MIXED = (
    "monitors:\n  - { name: good, command: ['true'] }\n"
    "  - { name: 'b<a>d & \"worse\"', command: 'echo \"<oops> | & $((1+1))\"; exit 3' }\n"
)


def it_finds_its_file_and_starts(binary):
    for name in ("minitor.yml", "config.yml"):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(GOOD)
            process = subprocess.Popen([binary], cwd=folder, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
            lines = [process.stderr.readline().decode() for _ in range(2)]
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=DEADLINE)
            equal(process.returncode, 0, lines)
            check("watches 1 monitor" in lines[0], lines)
            check("good is up" in lines[1], lines)


def without_a_file_it_says_where_it_looked(binary):
    done = run(binary)
    equal(done.returncode, 1)
    for name in (b"minitor.yml", b"config.yml", b"/etc/minitor/minitor.yml", b"-c FILE"):
        check(name in done.stderr, done.stderr)


def minitors_own_flags_work(binary):
    equal(run(binary, "-version").stdout[:16], b"Minitor version:")
    equal(run(binary, "--version").returncode, 0)
    equal(run(binary, "--help").returncode, 0)
    equal(run(binary, "-help").returncode, 0)
    for flags in (
        ["-config", "minitor.yml", "-debug"],
        ["-config=minitor.yml", "--debug"],
        ["-c", "minitor.yml", "-vvv"],
        ["--config=minitor.yml", "-startup-alerts", "log", "-py-compat"],
        ["-debug=true", "-metrics=false"],
    ):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "minitor.yml"), "w", encoding="utf-8") as file:
                file.write(GOOD)
            process = subprocess.Popen([binary, *flags], cwd=folder, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
            line = process.stderr.readline().decode()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=DEADLINE)
            equal(process.returncode, 0, flags)
            check("watches 1 monitor" in line, flags, line)


def wrong_usage_exits_2(binary):
    for arguments in (
        ["--no-such-flag"],
        ["no-such-command"],
        ["test"],
        ["test", "good", "--all"],
        ["test", "nobody"],
        ["test", "--all", "-o", "pdf"],
        ["alert"],
        ["alert", "nobody"],
        ["run", "--startup-alerts", "nobody"],
        ["run", "--metrics-port", "70000"],
    ):
        done = run(binary, *arguments, config=GOOD)
        equal(done.returncode, 2, (arguments, done.stderr))
        check(done.stderr, arguments, "said nothing")


def a_wrong_configuration_exits_1_with_every_error(binary):
    bad = "monitors:\n  - { naem: x, command: [] }\n  - { name: y, command: ['true'], check_interval: 5x }\n"
    for command in ("check-config", "run", "test"):
        done = run(binary, command, *(["--all"] if command == "test" else []), config=bad)
        equal(done.returncode, 1, (command, done.stderr))
        errors = done.stderr.decode()
        check('did you mean "name"?' in errors and "minitor.yml:3:" in errors and '"5x"' in errors, errors)
    for content in (b"", b"\xff\xfe\x00", b"a: [", b"monitors:\n" + b"  - " * 100000, b"&a [*a]"):
        done = run(binary, "check-config", config=content)
        equal(done.returncode, 1, (content[:20], done.stderr[:500]))
        check(b"minitor.yml" in done.stderr, done.stderr[:500])
    done = run(binary, "check-config", "-c", "/")
    equal(done.returncode, 1, done.stderr)


def a_pipe_is_a_configuration_and_one_without_a_writer_ends(binary):
    with tempfile.TemporaryDirectory() as folder:
        pipe = os.path.join(folder, "pipe")
        os.mkfifo(pipe)
        done = run(binary, "check-config", "-c", pipe)
        equal(done.returncode, 1)
        check(b"is a pipe into which nobody writes" in done.stderr, done.stderr)
    read_end, write_end = os.pipe()
    os.write(write_end, GOOD.encode())
    os.close(write_end)
    with os.fdopen(read_end):
        done = subprocess.run(
            [binary, "check-config", "-c", f"/dev/fd/{read_end}"], pass_fds=[read_end], capture_output=True,
            timeout=DEADLINE, check=False,
        )
    equal(done.returncode, 0, done.stderr)


def what_eval_would_run_is_refused(binary):
    alerts = "alerts:\n  a: { command: 'eval \"echo {last_output}\"' }\n"
    done = run(binary, "check-config", config=GOOD + alerts)
    equal(done.returncode, 1)
    check(b"minitor.yml:4:29: alerts.a.command: {last_output} cannot stand here: eval" in done.stderr, done.stderr)
    alerts = "alerts:\n  a: { command: 'eval \"echo {failure_count}\"' }\n"
    equal(run(binary, "check-config", config=GOOD + alerts).returncode, 0)


GATED = """
windows: { nightly: { schedule: "0 3 * * *", for: 45m }, show: { schedule: "0 20 * * Fri", for: 2h } }
monitors:
  - { name: uplink, command: [ "true" ] }
  - { name: mirror, command: [ "true" ] }
  - name: site
    command: [ "true" ]
    schedule: "*/5 8-18 * * *"
    time_zone: Europe/Berlin
    depends_on: { any: [ uplink, mirror ] }
    maintenance: [ nightly ]
    only_in: [ show ]
    only_when: [ test, -e, /run/on-air ]
    recover: [ { command: [ systemctl, restart, site ], attempts: 3, lock: web } ]
    recover_after: 2
    alert_on: [ warning, failure ]
    flapping: true
  - { name: other, command: [ "true" ] }
"""


def check_config_says_when_a_monitor_is_told_of(binary):
    done = run(binary, "check-config", config=GATED)
    equal(done.returncode, 0, done.stderr)
    listing = done.stdout.decode().split("monitor site\n", 1)[1].split("monitor other\n", 1)[0]
    for line in (
        "at            */5 8-18 * * * (Europe/Berlin), ended after",
        "recover_after 2",
        "alert_on      warning, failure",
        "silent in     nightly",
        "told only in  show",
        "depends on    uplink or mirror",
        "flapping      is told once",
        "repaired by   systemctl restart site",
        "3 times, 10s until the next check, at most 6 an hour, 5m between ladders",
        "never beside web",
        "told only if  test -e /run/on-air",
    ):
        check("  " + line in listing, (line, listing))


def test_runs_checks_once_and_exits_by_their_result(binary):
    equal(run(binary, "test", "good", config=MIXED).returncode, 0)
    done = run(binary, "test", "--all", config=MIXED)
    equal(done.returncode, 1)
    check(b"1 ok, 1 failed, 0 unknown" in done.stdout and b"<oops> | & 2" in done.stdout, done.stdout)

    document = json.loads(run(binary, "test", "--all", "-o", "json", config=MIXED).stdout)
    equal([r["verdict"] for r in document["results"]], ["ok", "failure"])
    equal(document["results"][1]["output"], "<oops> | & 2\n")
    equal(document["failed"], 1)

    suite = xml.etree.ElementTree.fromstring(run(binary, "test", "--all", "-o", "junit", config=MIXED).stdout)
    equal((suite.get("tests"), suite.get("failures"), suite.get("errors")), ("2", "1", "0"))
    equal(suite[1].get("name"), 'b<a>d & "worse"')
    equal(suite[1][0].text, "<oops> | & 2\n")

    done = run(binary, "test", "--all", "-o", "nagios", config=MIXED)
    equal(done.returncode, 2)
    first = done.stdout.decode().split("\n")[0]
    check(first.startswith("MINITOR CRITICAL - ") and first.count("|") == 1, first)
    equal(run(binary, "test", "good", "-o", "nagios", config=MIXED).returncode, 0)


def alert_sends_one_sample_and_shows_what_happened(binary):
    config = GOOD + "alerts:\n  echo: { command: 'echo \"{alert_message} / {last_output}\"' }\n  bad: { command: 'exit 7' }\n"
    done = run(binary, "alert", "echo", "--kind", "problem", config=config)
    equal(done.returncode, 0, done.stderr)
    check(b"Sample Monitor check has failed 3 times" in done.stdout and b"delivered" in done.stdout, done.stdout)
    done = run(binary, "alert", "bad", config=config)
    equal(done.returncode, 1)
    check(b"NOT delivered: exit 7" in done.stdout, done.stdout)
    equal(run(binary, "alert", "log", config=config).returncode, 0)


def the_schema_is_json(binary):
    schema = json.loads(run(binary, "schema").stdout)
    check("monitors" in schema["properties"], schema)


def a_closed_stdout_is_a_failure_and_no_crash(binary):
    with tempfile.TemporaryDirectory() as folder, open("/dev/full", "wb") as full:
        with open(os.path.join(folder, "minitor.yml"), "w", encoding="utf-8") as file:
            file.write(GOOD)
        for arguments in (["check-config"], ["test", "--all"], ["schema"], ["alert", "log"]):
            done = subprocess.run(
                [binary, *arguments], cwd=folder, stdout=full, stderr=subprocess.PIPE, timeout=DEADLINE, check=False
            )
            equal(done.returncode, 1, (arguments, done.stderr))
            check(b"No space left on device" in done.stderr, arguments, "says", done.stderr)


if __name__ == "__main__":
    main(
        it_finds_its_file_and_starts,
        without_a_file_it_says_where_it_looked,
        minitors_own_flags_work,
        wrong_usage_exits_2,
        a_wrong_configuration_exits_1_with_every_error,
        a_pipe_is_a_configuration_and_one_without_a_writer_ends,
        what_eval_would_run_is_refused,
        check_config_says_when_a_monitor_is_told_of,
        test_runs_checks_once_and_exits_by_their_result,
        alert_sends_one_sample_and_shows_what_happened,
        the_schema_is_json,
        a_closed_stdout_is_a_failure_and_no_crash,
    )
