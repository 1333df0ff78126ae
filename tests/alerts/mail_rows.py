"""alerts/mail against a real SMTP server: TLS, AUTH, what the server may answer, and what the mail looks like."""

import base64
import email
import email.policy
import email.utils
import os
import re
import sys
import tempfile

from alert_case import (
    DELIVERED, HOSTILE, LATER, NEVER, RawServer, Run, check, clean, closed_port, equal, main, needs, notice,
)

needs("alerts-mail", programs=["curl", "jq", "openssl"], modules=["aiosmtpd"])
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "probes-http"))
from certificates import Authority  # noqa: E402
from mail_server import MailServer  # noqa: E402

FOLDER = tempfile.TemporaryDirectory()
AUTHORITY = Authority(FOLDER.name)
TLS = AUTHORITY.server()
PASSWORD = 'p"a\\ss w$rd; `x`%s'
TO = "ops@example.org"


def arguments(server, *more):
    return ["--to", TO, "--from", "minitor@watch.example", "--server", server.url(), *more]


def secure(server, password=PASSWORD, **env):
    """The environment and arguments of a run with TLS and AUTH."""
    env = {"SMTP_USER": "me@example.org", "SMTP_PASSWORD": password, "SMTP_CA": AUTHORITY.file, **env}
    return {"env": env}, arguments(server, "--tls", "required")


def parsed(content):
    lines = content.split(b"\r\n")
    check(all(len(line) <= 998 for line in lines), "no line above 998 characters")
    check(b"\n" not in content.replace(b"\r\n", b"") and b"\r" not in content.replace(b"\r\n", b""), "lines end with CRLF")
    check(all(byte < 128 for byte in content), "only ASCII on the wire")
    mail = email.message_from_bytes(content, policy=email.policy.default)
    check(not mail.defects, mail.defects)
    return mail


def tls_and_auth():
    for implicit in (False, True):
        with MailServer(tls=TLS, implicit=implicit, user="me@example.org", password=PASSWORD) as server:
            more, given = secure(server)
            Run("mail", *given, **more).expect(DELIVERED, f"{TO} at localhost:{server.port}")
            sender, recipients, content, through_tls = server.next()
            equal((sender, recipients, through_tls), ("minitor@watch.example", [TO], True))
            equal(parsed(content)["Subject"], "web shop is down")
            with tempfile.NamedTemporaryFile("w") as file:
                file.write(PASSWORD + "\n")
                file.flush()
                Run("mail", *given, "--user", "me@example.org", "--password-file", file.name, "--ca", AUTHORITY.file).expect(DELIVERED)
            more, given = secure(server, password="wrong")
            run = Run("mail", *given, **more).expect(NEVER, "535")
            check("wrong" not in run.text, run.text)
            # A certificate that nobody vouches for may be replaced by a good one.
            more, given = secure(server, SMTP_CA="/etc/ssl/certs/ca-certificates.crt")
            Run("mail", *given, **more).expect(LATER, "certificate")
            check(not server.leaks, f"a secret in a command line: {server.leaks}")


def no_password_goes_in_the_clear():
    with MailServer() as server:
        more, given = secure(server)
        Run("mail", *given, **more).expect(NEVER, "", "a server without STARTTLS")
    Run("mail", "--to", TO, "--server", "smtp://mail.example", "--user", "me", "--tls", "never", env={"SMTP_PASSWORD": "x"}).expect(
        NEVER, "in the clear")


def a_relay_on_this_machine_needs_nothing():
    with MailServer() as server:
        Run("mail", *arguments(server)).expect(DELIVERED)
        Run("mail", "--to", f"{TO}, second@example.org,", "--from", "a@b", "--server", server.url("127.0.0.1")).expect(DELIVERED)
        server.next()
        sender, recipients, content, _ = server.next()
        equal(recipients, [TO, "second@example.org"])
        equal(parsed(content)["To"], "ops@example.org, second@example.org")


def what_the_server_says_decides():
    for verb, reply, code in (
        ("MAIL", "421 4.3.2 shutting down", LATER), ("MAIL", "550 5.7.1 not you", NEVER), ("RCPT", "450 4.2.0 greylisted", LATER),
        ("RCPT", "550 5.1.1 no such user", NEVER), ("RCPT", "452 too many", LATER), ("DATA", "451 4.3.0 later", LATER),
        ("DATA", "552 5.2.2 mailbox full", NEVER), ("DATA", "554 spam", NEVER),
    ):
        with MailServer(replies={verb: lambda _, reply=reply: reply}) as server:
            Run("mail", *arguments(server)).expect(code, reply[:3], f"{verb} {reply}")
    with MailServer(tls=TLS, user="u", password="p", auth_reply="454 4.7.0 Temporary authentication failure") as server:
        more, given = secure(server, password="wrong")
        Run("mail", *given, **more).expect(LATER, "454")


def one_bad_address_does_not_keep_the_others_from_being_told():
    with MailServer(replies={"RCPT": lambda address: "550 gone" if "gone" in address else None}) as server:
        Run("mail", "--to", f"gone@example.org,{TO}", "--from", "a@b", "--server", server.url()).expect(DELIVERED, "refused some")
        equal(server.next()[1], [TO])
        Run("mail", "--to", "gone@example.org,gone2@example.org", "--from", "a@b", "--server", server.url()).expect(NEVER, "550")


def servers_that_are_none():
    def hangs(_, over):
        over.wait(60)

    def closes(connection, _):
        connection.close()

    def garbage(connection, _):
        connection.sendall(b"\x00\xffnot SMTP\r\n" * 10)
        connection.recv(100)

    def http(connection, _):
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.recv(100)

    def busy(connection, _):
        connection.sendall(b"421 4.3.2 too busy\r\n")
        connection.recv(100)

    def goes_away(connection, _):
        connection.sendall(b"220 mx\r\n")
        connection.recv(100)

    def endless(connection, over):
        while not over.is_set():
            connection.sendall(b"220-and so on\r\n" * 1000)

    for serve in (hangs, closes, garbage, http, busy, goes_away, endless):
        with RawServer(serve) as server:
            Run("mail", "--to", TO, "--from", "a@b", "--server", f"smtp://127.0.0.1:{server.port}", env={"ALERT_SECONDS": "1"}).expect(
                LATER, "", serve.__name__)
    Run("mail", "--to", TO, "--from", "a@b", "--server", f"smtp://127.0.0.1:{closed_port()}").expect(LATER, "")
    Run("mail", "--to", TO, "--from", "a@b", "--server", "smtp://nowhere.invalid").expect(LATER, "resolve")


def bad_arguments_are_named():
    for given, words in (
        ([], "--to"), (["--to", ","], "missing"), (["--to", "nobody"], "nobody"), (["--to", "a@b\nRCPT TO:<c@d>"], "line end"),
        (["--to", "a@b>"], "a@b>"), (["--to", "a b@c@"], "no address"), (["--to", "-x@y"], "-x@y"),
        (["--to", TO, "--from", "Me <a@b>"], "--from"), (["--to", TO, "--server", "mail.example"], "smtp://"),
        (["--to", TO, "--server", "http://mail.example"], "smtp://"), (["--to", TO, "--tls", "maybe"], "--tls"),
        (["--to", TO, "--user", "me"], "password"), (["--to"], "--to needs a value"), (["--nonsense=1"], "--nonsense"),
    ):
        Run("mail", *given).expect(NEVER, words, given)
    equal(Run("mail", "--help").code, 0)


def a_recovery_stands_below_its_problem():
    with MailServer() as server:
        mails = []
        for kind in ("problem", "reminder", "recovery", "test"):
            Run("mail", *arguments(server), stdin=notice(kind)).expect(DELIVERED)
            mails.append(parsed(server.next()[2]))
        problem, reminder, recovery, test = mails
        equal(problem["Message-ID"], "<0123456789ab-i3@watch.example>")
        check("References" not in problem and "In-Reply-To" not in problem and "References" not in test, problem)
        for mail in (reminder, recovery):
            equal((mail["In-Reply-To"], mail["References"]), (problem["Message-ID"],) * 2)
            check(mail["Message-ID"] != problem["Message-ID"], mail)
        equal(recovery["Subject"], "web shop is up again after 3 minutes")
        equal(recovery["Auto-Submitted"], "auto-generated")
        check(email.utils.parsedate_to_datetime(problem["Date"]).tzinfo is not None, problem["Date"])
        text = problem.get_content()
        for words in ("web shop is down.", "Down since: 2026-11-21 14:02:10 +01:00 (3 minutes)", "Why: exit 7", "About: ask Eve",
                      "  curl: (7) Failed to connect", "Being done: minitor keeps checking it"):
            check(words in text, f"no {words!r} in {text}")
        check("from 2026-11-21 14:02:10 +01:00 to 2026-11-21 14:05:10 +01:00 (3 minutes)" in recovery.get_content(), recovery)


def subjects_of_any_language():
    with MailServer() as server:
        for name in ("Büro-Drucker", "日本語のサーバー" * 12, "🦊" * 61, "naïve =?UTF-8?Q?x?=", "plain", "x" * 500, "ö" + " " * 40 + "y"):
            Run("mail", *arguments(server), stdin=notice(monitor=name)).expect(DELIVERED, "", name)
            content = server.next()[2]
            for word in re.findall(rb"=\?UTF-8\?B\?[^?]*\?=", content):
                check(len(word) <= 75, "an encoded word has 75 characters at most", word)
                base64.b64decode(word.split(b"?")[3]).decode()  # whole characters
            subject = parsed(content)["Subject"]
            words = " ".join(name.split())
            if len(words) > 119 or "🦊" in words:
                check(words.startswith(subject.split("…")[0]) and "… is down" in subject, name, subject)
            else:
                equal(subject, words + " is down")


def hostile_notices_stay_text():
    with MailServer() as server, tempfile.TemporaryDirectory() as folder:
        for name, stdin in HOSTILE.items():
            Run("mail", *arguments(server), stdin=stdin, folder=folder).expect(DELIVERED, "", name)
            _, recipients, content, _ = server.next()
            equal(recipients, [TO], name)
            mail = parsed(content)
            check("Bcc" not in mail and "X-Evil" not in mail, name, mail.keys())
            equal(len(mail.get_all("Subject")), 1, name)
            clean(mail["Subject"], name)
            clean(mail.get_content().replace("\r\n", "\n"), name)
            check(re.fullmatch(r"<[A-Za-z0-9.-]+@watch\.example>", mail["Message-ID"]), mail["Message-ID"])
            check("pwned" not in os.listdir(folder), "it was run")


if __name__ == "__main__":
    main(
        tls_and_auth, no_password_goes_in_the_clear, a_relay_on_this_machine_needs_nothing, what_the_server_says_decides,
        one_bad_address_does_not_keep_the_others_from_being_told, servers_that_are_none, bad_arguments_are_named,
        a_recovery_stands_below_its_problem, subjects_of_any_language, hostile_notices_stay_text,
    )
