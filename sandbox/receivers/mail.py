"""A mail server for whoever sends letters: takes them as a real one does, with TLS and sign-in where that is asked."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.receivers.received import Received, now_text

HOST = "127.0.0.1"
TAKEN = "250 OK"


@dataclass(frozen=True, slots=True)
class Demands:
    """`certificate` makes it speak TLS: after STARTTLS, which it then insists on, or from the start (`at_once`).

    `user` and `password`: nobody may send without signing in as them.
    """

    certificate: ssl.SSLContext | None = None
    at_once: bool = False
    user: str = ""
    password: str = ""


@dataclass(slots=True)
class MailStandIn:
    """Every letter goes to `write`. `wrong` holds replies that stand in for the right one, each for one time.

    By command: `MAIL`, `DATA`, or `RCPT` with an address behind it; "" hangs up without a reply.
    """

    write: Callable[[Received], None]
    demands: Demands = field(default_factory=Demands)
    wrong: dict[str, list[str]] = field(default_factory=dict)
    port: int = 0
    _taken: set[str] = field(default_factory=set)

    def fail(self, command: str, reply: str) -> None:
        """The next one of these is answered like this."""
        self.wrong.setdefault(command, []).append(reply)

    # Names and arguments of these are aiosmtpd's: aiosmtpd.readthedocs.io/en/latest/handlers.html.

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        # https://www.rfc-editor.org/rfc/rfc4954#section-6: 530 where one has to sign in first.
        if self.demands.user and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if reply := self._wrong("MAIL", server):
            return reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return TAKEN

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self._wrong(f"RCPT {address}", server):
            return reply
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return TAKEN

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        reply = self._wrong("DATA", server) or TAKEN
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        letter = message_from_bytes(content, policy=default)
        self.write(self._received(letter, envelope.rcpt_tos, int(reply[:3])))
        return reply

    def signs_in(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: Any
    ) -> AuthResult:
        """https://www.rfc-editor.org/rfc/rfc4954#section-6: 535 where user or password is wrong."""
        given = (login.login.decode(), login.password.decode()) if isinstance(login, LoginPassword) else None
        return AuthResult(success=given == (self.demands.user, self.demands.password), handled=False)

    def _wrong(self, command: str, server: SMTP) -> str:
        replies = self.wrong.get(command)
        if not replies:
            return ""
        reply = replies.pop(0)
        if not reply and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return reply

    def _received(self, letter: EmailMessage, to: Sequence[str], status: int) -> Received:
        name = str(letter["Message-ID"])
        repeated = name in self._taken
        if status < 300:
            self._taken.add(name)
        headers = {header.lower(): str(value) for header, value in letter.items()}
        reason = None if status < 300 else "asked to go wrong"
        return Received(to[0], now_text(), headers, _body(letter, to), status, reason, name, repeated, kind="mail")


@asynccontextmanager
async def mail_server(
    write: Callable[[Received], None], demands: Demands | None = None, port: int = 0
) -> AsyncIterator[MailStandIn]:
    """Listens on loopback; port 0 takes a free one."""
    there = MailStandIn(write, demands or Demands())
    loop = asyncio.get_running_loop()
    at_once = there.demands.certificate if there.demands.at_once else None
    server = await loop.create_server(lambda: _protocol(there, loop), HOST, port, ssl=at_once)
    there.port = server.sockets[0].getsockname()[1]
    try:
        yield there
    finally:
        server.close()
        server.close_clients()
        await server.wait_closed()


def _protocol(there: MailStandIn, loop: asyncio.AbstractEventLoop) -> SMTP:
    demands = there.demands
    upgraded = None if demands.at_once else demands.certificate
    return SMTP(
        there,
        hostname="localhost",
        loop=loop,
        tls_context=upgraded,
        require_starttls=upgraded is not None,
        auth_require_tls=upgraded is not None,
        authenticator=there.signs_in if demands.user else None,
        auth_exclude_mechanism=None if demands.user else ("PLAIN", "LOGIN"),
    )


def _body(letter: EmailMessage, to: Sequence[str]) -> dict[str, Any]:
    parts = {kind: letter.get_body((kind,)) for kind in ("plain", "html")}
    text, html = (part.get_content() if part else "" for part in parts.values())
    return {"from": str(letter["From"]), "to": list(to), "subject": str(letter["Subject"]), "text": text, "html": html}
