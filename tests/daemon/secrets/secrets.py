"""Secrets reach the commands that need them and nothing that is shown."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import HttpServer, Minitor, check, equal, main, run  # noqa: E402

TOKEN = "s3cr3t-of-the-environment"
FILE = "s3cr3t-of-the-file"


def with_secrets(test):
    def wrapped(binary):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "token")
            with open(path, "w", encoding="utf-8") as file:
                file.write(FILE + "\n")
            test(binary, path)

    wrapped.__name__ = test.__name__
    return wrapped


def config(path, url="http://127.0.0.1:9/"):
    return f"""\
check_interval: 100ms
monitors:
  - name: leaks
    command: 'echo "$API_TOKEN and $FROM_FILE"; exit 1'
    env: {{ FROM_FILE: '${{file:{path}}}' }}
    alert_down: [log, tell]
    alert_every: 0
alerts:
  tell:
    command: [curl, -sS, -H, 'Authorization: Bearer ${{API_TOKEN}}', -d, '{{last_output}}', '{url}']
    attempts: 1
"""


@with_secrets
def the_log_and_the_notice_hide_them(binary, path):
    with HttpServer() as receiver:
        with Minitor(binary, config(path, receiver.url()), env={"API_TOKEN": TOKEN}) as minitor:
            _, _, headers, body = receiver.next()
            equal(headers["Authorization"], "Bearer " + TOKEN)
            equal(body, b"[secret] and [secret]")
            minitor.wait_for({"alert": "tell", "stage": "delivered"})
            equal(minitor.stop(), 0)
            for secret in (TOKEN, FILE):
                check(secret not in minitor.log(most=10000), minitor.log())


@with_secrets
def no_subcommand_shows_them(binary, path):
    for arguments in (("check-config",), ("test", "--all"), ("test", "--all", "-o", "json"), ("alert", "tell")):
        done = run(binary, *arguments, config=config(path), env={"API_TOKEN": TOKEN})
        shown = (done.stdout + done.stderr).decode()
        check(shown.strip(), arguments, "said nothing")
        for secret in (TOKEN, FILE):
            check(secret not in shown, arguments, shown)


@with_secrets
def no_error_shows_them(binary, path):
    wrong = config(path).replace("alert_every: 0", "alert_every: '${API_TOKEN}'")
    wrong = wrong.replace("check_interval: 100ms", f"check_interval: '${{file:{path}}}'")
    done = run(binary, "check-config", config=wrong, env={"API_TOKEN": TOKEN})
    equal(done.returncode, 1, done.stderr.decode())
    for secret in (TOKEN, FILE):
        check(secret not in (done.stdout + done.stderr).decode(), done.stderr.decode())


if __name__ == "__main__":
    main(the_log_and_the_notice_hide_them, no_subcommand_shows_them, no_error_shows_them)
