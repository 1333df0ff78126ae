"""The built daemon, a check that fails, alerts/mail, and a real SMTP server: end_to_end.py /path/to/minitor"""

import email
import email.policy
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "probes-http"))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "daemon"))  # whose harness it is
from alert_case import ALERTS, needs  # noqa: E402

needs("alerts-end-to-end", programs=["curl", "jq", "openssl"], modules=["aiosmtpd"])
from certificates import Authority  # noqa: E402
from harness import HttpServer, Minitor, check, equal, main  # noqa: E402
from mail_server import MailServer  # noqa: E402


def config(server, authority, more=""):
    return f"""\
check_interval: 100ms
monitors:
  - name: Büro
    description: ring the caretaker
    command: 'test -e well || {{ echo "no answer from $((40 + 2))"; exit 3; }}'
    alert_after: 2
    alert_every: 0
    alerts: [mail]
alerts:
  mail:
    command: [{ALERTS}/mail, --to, ops@example.org, --from, minitor@watch.example, --server, '{server.url()}', --tls, required]
    recovery: true
    env: {{ SMTP_USER: me, SMTP_PASSWORD: '${{file:password}}', SMTP_CA: '{authority.file}' }}
    retry_after: 100ms
{more}"""


def text(content):
    return email.message_from_bytes(content, policy=email.policy.default)


def one_mail_when_it_is_down_and_one_below_it_when_it_is_back(binary):
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(os.path.join(folder, "ca"))
        with open(os.path.join(folder, "password"), "w", encoding="utf-8") as file:
            file.write("hush-hush\n")
        with MailServer(tls=authority.server(), user="me", password="hush-hush") as server:
            with Minitor(binary, config(server, authority), folder=folder) as minitor:
                problem = text(server.next()[2])
                equal(problem["Subject"], "Büro is down")
                for words in ("no answer from 42", "Why: exit 3", "2 times in a row", "ring the caretaker"):
                    check(words in problem.get_content(), words, problem.get_content())
                minitor.wait_for({"alert": "mail", "stage": "delivered", "msg": re.compile("mail: delivered: ops@example.org")})
                with open(os.path.join(folder, "well"), "w", encoding="utf-8"):
                    pass
                recovery = text(server.next()[2])
                check(recovery["Subject"].startswith("Büro is up again after "), recovery["Subject"])
                equal(recovery["In-Reply-To"], problem["Message-ID"])
                minitor.wait_for({"alert": "mail", "stage": "delivered"}, count=2)
                check("hush-hush" not in minitor.log(10_000), "the log shows no secret")
            check(server.mails.empty(), "one mail each")
            check(not server.leaks, server.leaks)


def a_password_that_is_wrong_goes_to_the_fallback_at_once(binary):
    with tempfile.TemporaryDirectory() as folder, HttpServer() as other:
        authority = Authority(os.path.join(folder, "ca"))
        with open(os.path.join(folder, "password"), "w", encoding="utf-8") as file:
            file.write("guessed\n")
        with MailServer(tls=authority.server(), user="me", password="hush-hush") as server:
            more = f"    fallback: [hook]\n  hook: {{ command: [{ALERTS}/webhook, --url, '{other.url()}'] }}\n"
            with Minitor(binary, config(server, authority, more), folder=folder) as minitor:
                minitor.wait_for({"alert": "mail", "stage": "given_up", "msg": re.compile('535.*"hook" takes over', re.S)})
                check(b'"monitor":"B' in other.next()[3], "the fallback was told")
                equal(minitor.all({"alert": "mail", "stage": "failed"}), [])


def a_receiver_that_is_busy_is_asked_again_when_it_said(binary):
    with HttpServer(status=429, answer=b'{"retry_after": 600}') as busy:
        settings = f"""\
check_interval: 100ms
monitors: [ {{ name: x, command: ['false'], alert_down: [hook], alert_every: 0 }} ]
alerts: {{ hook: {{ command: [{ALERTS}/webhook, --url, '{busy.url()}'], retry_after: 1ms }} }}
"""
        with Minitor(binary, settings) as minitor:
            line = minitor.wait_for({"alert": "hook", "stage": "failed"})
            check("HTTP 429" in line["msg"] and "10 min" in line["msg"], line)
            minitor.wait_for({"monitor": "x", "verdict": "failure"}, count=5, after=minitor.position())
            equal(busy.requests.qsize(), 1)


if __name__ == "__main__":
    main(
        one_mail_when_it_is_down_and_one_below_it_when_it_is_back, a_password_that_is_wrong_goes_to_the_fallback_at_once,
        a_receiver_that_is_busy_is_asked_again_when_it_said,
    )
