"""SIGTERM ends what runs, lets alerts arrive, and leaves nothing behind."""

import os
import pty
import re
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import HttpServer, Minitor, check, equal, main, processes_with  # noqa: E402


def no_process_is_left_behind(binary):
    marker = f"minitor-test-stop-{os.getpid()}"
    text = "check_interval: 1s\nmonitors:\n"
    for i in range(20):
        text += f"  - {{ name: 'long {i}', command: 'sleep 1000 & sleep 1000; : {marker}', timeout: 2000s, env: {{ MARK: {marker} }} }}\n"
    text += "  - { name: quick, command: ['true'], check_interval: 100ms }\n"
    with Minitor(binary, text) as minitor:
        minitor.wait_for({"monitor": "quick", "verdict": "ok"}, count=20)
        check(len(processes_with(marker)) >= 40, "the checks do not run")
        equal(minitor.stop(), 0, "exit code")
        equal(processes_with(marker), [], "left behind")
        minitor.wait_for({"msg": "minitor stops"})


def an_alert_on_its_way_arrives(binary):
    with HttpServer() as receiver:
        text = f"""\
check_interval: 100ms
monitors:
  - {{ name: broken, command: ['false'], alert_down: [slow], alert_every: 0 }}
alerts:
  slow: {{ command: 'touch started; sleep 1; curl -sSf -d arrived {receiver.url()}' }}
"""
        with Minitor(binary, text) as minitor:
            minitor.wait_for({"alert": "slow", "stage": "intended"})
            minitor.wait_for({"monitor": "broken", "verdict": "failure"}, count=3)
            minitor.signal(signal.SIGTERM)
            equal(receiver.next()[3], b"arrived")
            equal(minitor.wait(), 0, "exit code")
            minitor.wait_for({"alert": "slow", "stage": "delivered"})


def what_was_not_delivered_is_said_aloud(binary):
    text = """\
check_interval: 100ms
monitors:
  - { name: broken, command: ['false'], alert_down: [failing], alert_every: 0 }
alerts:
  failing: { command: ['false'], retry_after: 1h }
"""
    with Minitor(binary, text) as minitor:
        minitor.wait_for({"alert": "failing", "stage": "failed"})
        equal(minitor.stop(), 0, "exit code")
        minitor.wait_for({"level": "error", "msg": re.compile("1 notice undelivered")})


def a_second_signal_ends_it_at_once(binary):
    text = """\
check_interval: 100ms
monitors:
  - { name: broken, command: ['false'], alert_down: [hangs], alert_every: 0 }
alerts:
  hangs: { command: [sleep, '1000'], timeout: 1000s }
"""
    with Minitor(binary, text) as minitor:
        minitor.wait_for({"monitor": "broken", "verdict": "failure"}, count=3)
        minitor.signal(signal.SIGTERM)
        minitor.wait_for({"msg": re.compile("SIGTERM received")})
        minitor.signal(signal.SIGINT)
        minitor.wait_for({"msg": re.compile("SIGINT received: ending now")})
        equal(minitor.wait(), 0, "exit code")


def a_second_signal_waits_for_no_alert_that_ignores_it(binary):
    marker = f"minitor-test-deaf-{os.getpid()}"
    text = f"""\
monitors:
  - {{ name: broken, command: ['false'], alert_down: [deaf], alert_every: 0 }}
alerts:
  deaf: {{ command: 'trap "" TERM; : {marker}; touch started; while :; do sleep 1; done', timeout: 1000s }}
"""
    with Minitor(binary, text) as minitor:
        minitor.wait_for({"alert": "deaf", "stage": "intended"})
        while not os.path.exists(os.path.join(minitor.folder, "started")):
            time.sleep(0.01)
        minitor.signal(signal.SIGINT)
        minitor.wait_for({"msg": re.compile("SIGINT received")})
        minitor.signal(signal.SIGINT)
        equal(minitor.wait(), 0, "exit code")
        check(not minitor.all({"alert": "deaf", "stage": "failed"}), "it was waited for")
        minitor.wait_for({"level": "error", "msg": re.compile("1 notice undelivered")})
        equal(processes_with(marker), [], "left behind")


def a_closed_terminal_leaves_no_process_behind(binary):
    marker = f"minitor-test-hangup-{os.getpid()}"
    text = f"monitors: [{{ name: long, command: 'touch started; sleep 1000; : {marker}', timeout: 2000s }}]\n"
    with Minitor(binary, text) as minitor:
        while not os.path.exists(os.path.join(minitor.folder, "started")):
            time.sleep(0.01)
        minitor.signal(signal.SIGQUIT)
        equal(minitor.wait(), 0, "exit code")
        minitor.wait_for({"msg": re.compile("SIGQUIT received")})
        equal(processes_with(marker), [], "left behind")
    # With a terminal of its own, which is then gone: whoever sends SIGHUP otherwise wants a reload.
    with tempfile.TemporaryDirectory(prefix="minitor-test-") as folder:
        with open(os.path.join(folder, "minitor.yml"), "w", encoding="utf-8") as file:
            file.write(text)
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(folder)
            os.execve(binary, [binary, "run", "-c", "minitor.yml"], {**os.environ, "STATE_DIRECTORY": folder})
        while not os.path.exists(os.path.join(folder, "started")):
            time.sleep(0.01)
        os.close(terminal)
        equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, "exit code")
        equal(processes_with(marker), [], "left behind")


if __name__ == "__main__":
    main(
        no_process_is_left_behind,
        an_alert_on_its_way_arrives,
        what_was_not_delivered_is_said_aloud,
        a_second_signal_ends_it_at_once,
        a_second_signal_waits_for_no_alert_that_ignores_it,
        a_closed_terminal_leaves_no_process_behind,
    )
