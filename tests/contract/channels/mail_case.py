"""Mail as the conformance suite sees it: over SMTP with TLS and sign-in, and over Azure Communication Services."""

import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from typing import Any

import trustme
from pydantic import SecretStr

from sandbox.receivers.communication_email import CommunicationEmailStandIn
from sandbox.receivers.mail import HOST, Demands, mail_server
from sandbox.receivers.received import Received
from sandbox.receivers.stand_in import Arrival
from shared.channels.communication_email import CommunicationEmail, request_of
from shared.channels.mail import Letter, Mail, letter_in
from shared.channels.mail import Post as Carrier
from shared.channels.smtp import STARTTLS, Smtp, rfc5322
from shared.http import AiohttpHttp
from shared.ports.channel import Channel, Part
from tests.contract.channels.case import PORTAL, SECRET, Arrived, Case, Post
from tests.contract.channels.listening import listening
from tests.flows.fakes import HandClock

SENDER = f"{SECRET}@contoso.example"
TO = (f"ops.{SECRET}@contoso.example", f"lena.{SECRET}@contoso.example")
SCOPE = "https://mail.example/.default"
MOST_BYTES = 1_000_000
MOST_IN_LINE = 998
OPERATION = "11111111-0000-4000-8000-000000000001"


@dataclass(frozen=True, slots=True)
class Contexts:
    """What a server shows, what trusts it, and whom that is."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    authority: bytes


@cache
def contexts() -> Contexts:
    """Of an authority made on the spot."""
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return Contexts(server, client, authority.cert_pem.bytes())


class OneToken:
    """`Tokens` that remembers for what it was asked."""

    def __init__(self) -> None:
        self.scopes: list[str] = []

    async def token(self, scope: str) -> str:
        self.scopes.append(scope)
        return SECRET


def mail(carrier: Carrier) -> Mail:
    return Mail(carrier, SENDER, TO, PORTAL)


def smtp(port: int, password: str = SECRET, security: str = STARTTLS, user: str = SENDER) -> Smtp:
    return Smtp(HOST, port, user, SecretStr(password), security, contexts().client)


@asynccontextmanager
async def smtp_opened() -> AsyncIterator[Post]:
    """A failure in HTTP's words becomes a reply of the same meaning: try again, or never."""
    book: list[Received] = []
    demands = Demands(contexts().server, user=SENDER, password=SECRET)
    async with mail_server(book.append, demands) as there:

        def fail(status: int) -> None:
            again = status in (408, 425, 429) or status >= 500
            there.fail("DATA", f"451 4.3.0 {SENDER} later" if again else f"554 5.7.1 {SENDER} never")

        yield Post(mail(smtp(there.port)), lambda: [_arrived(one) for one in book], fail)


@asynccontextmanager
async def communication_email_opened() -> AsyncIterator[Post]:
    """What is kept is what was sent, not the questions what became of it."""
    http = AiohttpHttp()
    try:
        async with listening(CommunicationEmailStandIn(), _error) as there:
            carrier = communication_email(http, f"{there.address}/communication")
            yield Post(mail(carrier), lambda: [one for one in there.received() if one.body], there.fail)
    finally:
        await http.close()


def communication_email(
    http: AiohttpHttp, endpoint: str, key: str = "", tokens: OneToken | None = None
) -> CommunicationEmail:
    return CommunicationEmail(http, tokens or OneToken(), endpoint, SecretStr(key), SCOPE, HandClock())


def compose() -> Channel:
    return mail(smtp(25))


def compose_communication_email() -> Channel:
    return mail(communication_email(AiohttpHttp(), "https://mail.example"))


def words(part: Part) -> str:
    """Subject, plain text, and the HTML without its markup."""
    letter = letter_in(part)
    return "\n".join([letter.subject, letter.text, plain(letter.html)])


def check(part: Part) -> None:
    """Lines in ASCII as RFC 5322 allows them, one line of subject, not too large, and nothing fetched or run."""
    letter = letter_in(part)
    raw = rfc5322(letter)
    assert MOST_BYTES >= len(raw)
    assert raw.isascii()
    assert MOST_IN_LINE >= max(len(line) for line in raw.split(b"\r\n"))
    assert [letter.subject] == letter.subject.splitlines()
    assert not {"script", "img", "link", "iframe", "form"} & tags(letter.html)


def check_communication_email(part: Part) -> None:
    """And the service takes it."""
    check(part)
    assert None is judged(letter_in(part))


def judged(letter: Letter, **changed: Any) -> str | None:
    """Why the stand-in does not take such a letter."""
    headers = {"authorization": "Bearer x", "content-type": "application/json", "operation-id": OPERATION}
    raw = json.dumps({**request_of(letter), **changed}).encode()
    arrival = Arrival("POST", "", headers, raw, "/communication/emails:send", {"api-version": "2023-03-31"})
    return CommunicationEmailStandIn().judge(arrival).reason


class Reader(HTMLParser):
    """Texts, tags and targets of links."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


def plain(html: str) -> str:
    """What a person reads, in order; a label and its text on one line, as on the screen."""
    return "".join(read(html).texts)


def tags(html: str) -> set[str]:
    return read(html).tags


def _arrived(one: Received) -> Arrived:
    return Arrived(one.status, one.reason, one.headers, one.body)


def _error(status: int) -> dict[str, Any]:
    return {"error": {"code": "Wrong", "message": f"asked to go wrong ({status}) for {SENDER}"}}


CASES = (
    Case(
        "mail over smtp",
        compose,
        words,
        check,
        smtp_opened,
        key=lambda arrived: arrived.headers["message-id"],
        statuses=False,
    ),
    Case(
        "mail over communication services",
        compose_communication_email,
        words,
        check_communication_email,
        communication_email_opened,
        key=lambda arrived: arrived.headers["operation-id"],
    ),
)
