"""The configuration of the post that introduced Minitor, with only the two addresses and the interval changed: it
watches a real HTTP server that is killed and comes back, and its alert delivers to a real receiver."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import HttpServer, Minitor, check, equal, main  # noqa: E402

ROOT = os.path.join(os.path.dirname(__file__), "..", "..", "..")
with open(os.path.join(ROOT, "examples", "selfhost", "minitor.yml"), encoding="utf-8") as example:
    POST = example.read()


def changed(blog, receiver):
    config = POST
    for old, new in (
        ("https://blog.iamthefij.com", blog),
        ("https://api.mailgun.net/v3/minitor.mon/messages", receiver),
        ("check_interval: 30", "check_interval: 200ms"),
    ):
        check(config.count(old) == 1, "the post changed:", old)
        config = config.replace(old, new)
    return config


def field(body, name):
    found = re.search(rb'name="%s"\r\n\r\n(.*?)\r\n--' % name.encode(), body, re.S)
    return found.group(1).decode() if found else None


def the_outage_is_told_at_failures_3_4_6_10_18_and_its_end_once(binary):
    with HttpServer() as blog, HttpServer() as receiver:
        config = changed(blog.url(), receiver.url("/v3/minitor.mon/messages"))
        with Minitor(binary, config, env={"MAILGUN_API_KEY": "key-0123456789"}) as minitor:
            minitor.wait_for({"monitor": "My Blog", "to": "up"})
            blog.kill()
            minitor.wait_for({"monitor": "My Blog", "verdict": "failure", "failures": "19"})
            for _ in range(5):
                method, path, headers, body = receiver.next()
                equal((method, path), ("POST", "/v3/minitor.mon/messages"))
                equal(headers["Authorization"], "Basic YXBpOmtleS0wMTIzNDU2Nzg5", "api:key-0123456789")
                equal(field(body, "subject"), "Alert! My Blog failed")
                equal(field(body, "from"), "Minitor <minitor@minitor.mon>")
                equal(field(body, "text"), "Our monitor failed")
            check(receiver.requests.empty(), "a sixth alert came")
            reasons = [line["reason"] for line in minitor.all({"alert": "mailgun", "stage": "intended"})]
            equal([re.search(r"\d+", reason).group() for reason in reasons], ["3", "4", "6", "10", "18"], reasons)
            equal(len(minitor.all({"kind": re.compile("problem|reminder")})), 5, "lines of the log alert")

            blog.start()
            minitor.wait_for({"monitor": "My Blog", "from": "down", "to": "up"})
            minitor.wait_for({"kind": "recovery", "msg": re.compile("My Blog check is up again!")})
            equal(minitor.stop(), 0, "exit code")
            equal(len(minitor.all({"kind": "recovery"})), 1, "recoveries told")
            check(receiver.requests.empty(), "the alert that cannot tell a recovery was sent one")
            check("key-0123456789" not in minitor.log(most=10000), "the log shows the secret")


def the_post_loads_unchanged(binary):
    from harness import run

    done = run(binary, "check-config", config=POST, env={"MAILGUN_API_KEY": "key-0123456789"})
    equal(done.returncode, 0, done.stderr.decode())
    check(b"mailgun" in done.stdout and b"key-0123456789" not in done.stdout, done.stdout.decode())


if __name__ == "__main__":
    main(the_outage_is_told_at_failures_3_4_6_10_18_and_its_end_once, the_post_loads_unchanged)
