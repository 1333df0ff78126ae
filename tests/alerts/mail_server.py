"""A real SMTP server on loopback: STARTTLS, implicit TLS, AUTH, and answers as it is told."""

import asyncio
import logging
import queue
import threading
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

from alert_case import DEADLINE, Failure, shown_to_others

# Handshakes that fail on purpose, and what aiosmtpd thinks of our server.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", module="aiosmtpd")


class MailServer:
    """`replies` maps MAIL, RCPT or DATA to a function of the address (or the message) that gives an answer, or None."""

    def __init__(self, tls=None, implicit=False, user=None, password=None, replies=None, auth_reply=None):
        self.mails = queue.Queue()
        self.replies = replies or {}
        self.leaks = []
        self.secret = password
        outer = self

        class Handler:
            async def handle_MAIL(self, server, session, envelope, address, options):
                answer = outer.replies.get("MAIL", lambda _: None)(address)
                if answer is None:
                    envelope.mail_from = address
                return answer or "250 OK"

            async def handle_RCPT(self, server, session, envelope, address, options):
                answer = outer.replies.get("RCPT", lambda _: None)(address)
                if answer is None:
                    envelope.rcpt_tos.append(address)
                return answer or "250 OK"

            async def handle_DATA(self, server, session, envelope):
                if outer.secret:
                    outer.leaks += shown_to_others([outer.secret])
                answer = outer.replies.get("DATA", lambda _: None)(envelope.content)
                if answer is None:
                    outer.mails.put((envelope.mail_from, envelope.rcpt_tos, envelope.content, server.transport.get_extra_info("ssl_object") is not None))
                return answer or "250 OK"

        def authenticate(server, session, envelope, mechanism, data):
            good = (data.login, data.password) == ((user or "").encode(), (password or "").encode())
            return AuthResult(success=good, handled=False, message=None if good else auth_reply)

        def connection():
            return SMTP(
                Handler(), hostname="mx.example", tls_context=None if implicit else tls, require_starttls=bool(tls) and not implicit,
                authenticator=authenticate if user else None, auth_required=bool(user), auth_require_tls=bool(tls) and not implicit,
                loop=self.loop,
            )

        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(
            self.loop.create_server(connection, "127.0.0.1", 0, ssl=tls if implicit else None))
        self.port = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.scheme = "smtps" if implicit else "smtp"

    def url(self, host="localhost"):
        return f"{self.scheme}://{host}:{self.port}"

    def next(self):
        """The mail that arrived: sender, recipients, bytes, and whether it came through TLS."""
        try:
            return self.mails.get(timeout=DEADLINE)
        except queue.Empty:
            raise Failure("no mail arrived") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(DEADLINE)
        self.server.close()
