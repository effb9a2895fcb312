"""SMTP: carries letters to a mail server, over TLS or not at all, and knows whether it may have taken them."""

import asyncio
import hashlib
import ipaddress
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.policy import Policy

import aiosmtplib
from pydantic import SecretStr

from shared.channels.mail import Letter, domain_of
from shared.ports.errors import DeliveryError

STARTTLS, TLS, NONE = "starttls", "tls", "none"
TIMEOUT_SECONDS = 60  # For the whole conversation: shorter than the lease of a delivery.
GOODBYE_SECONDS = 5
NAME = "Countersign"


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server. `security` is starttls, tls, or none for one on the same machine; without `user`, no sign-in.

    `context` says whom TLS trusts, where it is not what the system trusts; `timeout_seconds` is for the conversation.
    """

    host: str
    port: int
    user: str = field(repr=False)
    password: SecretStr
    security: str
    context: ssl.SSLContext | None = None
    timeout_seconds: float = TIMEOUT_SECONDS

    async def send(self, letter: Letter) -> str:
        """Returns its Message-ID after the server took it for everybody. Raises DeliveryError.

        Taken for some only, it is a permanent error: sending it again would tell the others twice.
        """
        if self.security not in (STARTTLS, TLS) and not _on_this_machine(self.host):
            raise DeliveryError("Mail without TLS goes to a server on the same machine only.", permanent=True)
        failure = await self._failure(letter)
        if failure:  # Raised here and not where it was caught: what the server said may hold addresses.
            raise failure
        return letter.message_id

    async def _failure(self, letter: Letter) -> DeliveryError | None:
        client = self._client(letter.sender)
        body = rfc5322(letter)
        began = False
        try:
            async with asyncio.timeout(self.timeout_seconds):
                await self._open(client)
                refused = await _name_everybody(client, letter)
                began = True
                await client.data(body)
        except DeliveryError as error:
            return error
        except (aiosmtplib.SMTPException, OSError) as error:
            return _meaning(error, began=began)
        else:
            await _part_politely(client)
            return _partly(refused, len(letter.to))
        finally:
            client.close()

    def _client(self, sender: str) -> aiosmtplib.SMTP:
        """It names itself by the sender's domain: some relays know their customers by that."""
        return aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            local_hostname=domain_of(sender),
            timeout=self.timeout_seconds,
            use_tls=self.security == TLS,
            start_tls=False,
            tls_context=self.context,
        )

    async def _open(self, client: aiosmtplib.SMTP) -> None:
        """Connected, encrypted and signed in. A server that offers no TLS hears neither password nor letter."""
        await client.connect()
        await client.ehlo()
        if self.security == STARTTLS:
            if not client.supports_extension("starttls"):
                raise DeliveryError("The mail server offers no encryption (STARTTLS).", permanent=True)
            await client.starttls()
            await client.ehlo()
        if self.user:
            if not client.supported_auth_methods:
                raise DeliveryError("The mail server offers no way to sign in with a password.", permanent=True)
            await client.login(self.user, self.password.get_secret_value())


class MessageIds(UnstructuredHeader, BaseHeader):
    """A header that holds Message-IDs: the library would encode long ones as if they were words."""

    def fold(self, *, policy: Policy) -> str:
        """One a line."""
        return f"{self.name}: {f'{policy.linesep} '.join(self.split())}{policy.linesep}"


HEADERS = HeaderRegistry()
HEADERS.map_to_type("in-reply-to", MessageIds)
HEADERS.map_to_type("references", MessageIds)
POLICY = SMTP_POLICY.clone(header_factory=HEADERS)


def rfc5322(letter: Letter) -> bytes:
    """The letter as it travels; the same letter always gives the same bytes."""
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(NAME, addr_spec=letter.sender)
    message["To"] = [Address(addr_spec=address) for address in letter.to]
    message["Subject"] = letter.subject
    message["Date"] = datetime.fromisoformat(letter.date)
    message["Message-ID"] = letter.message_id
    for name, value in letter.headers.items():
        message[name] = value
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    # Quoted-printable never holds "=_", so this cannot be found inside a part.
    message.set_boundary(f"=_{hashlib.sha256(letter.key.encode()).hexdigest()[:32]}")
    return message.as_bytes()


async def _name_everybody(client: aiosmtplib.SMTP, letter: Letter) -> Sequence[int]:
    """Sender and recipients; answers with what status some were refused. Raises where nobody may be written to."""
    await client.mail(letter.sender)
    refused: list[int] = []
    for address in letter.to:
        try:
            await client.rcpt(address)
        except aiosmtplib.SMTPRecipientRefused as error:
            refused.append(error.code)
    if len(refused) == len(letter.to):
        reason = f"The mail server refused every recipient ({_listed(refused)})."
        raise DeliveryError(reason, permanent=all(_final(code) for code in refused))
    return refused


def _partly(refused: Sequence[int], number: int) -> DeliveryError | None:
    if not refused:
        return None
    reason = f"The mail server refused {len(refused)} of {number} recipients ({_listed(refused)}); the others have it."
    return DeliveryError(reason, permanent=True)


async def _part_politely(client: aiosmtplib.SMTP) -> None:
    """The letter is taken, whatever becomes of the goodbye."""
    with suppress(aiosmtplib.SMTPException, OSError):
        await client.quit(timeout=GOODBYE_SECONDS)


def _meaning(error: Exception, *, began: bool) -> DeliveryError:
    """`began`: the letter was on its way, so without a clear answer nobody knows whether it was taken."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        clear = 400 <= error.code < 600
        answer = f"answered {error.code}" if clear else "gave an answer that is none"
        reason = f"The mail server {answer}{_to_what(error)}."
        return DeliveryError(reason, permanent=_final(error.code), maybe_taken=began and not clear)
    what = "gave no answer to the letter" if began else "could not be reached"
    return DeliveryError(f"The mail server {what}: {_words(error)}.", permanent=False, maybe_taken=began)


TO_WHAT: Mapping[type[aiosmtplib.SMTPResponseException], str] = {
    aiosmtplib.SMTPAuthenticationError: " to the sign-in",
    aiosmtplib.SMTPSenderRefused: " to the sender's address",
    aiosmtplib.SMTPDataError: " to the letter",
}


def _to_what(error: aiosmtplib.SMTPResponseException) -> str:
    return TO_WHAT.get(type(error), "")


def _words(error: Exception) -> str:
    """The kind of error only: its text may hold an address."""
    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "its certificate is not trusted"
    if isinstance(cause, ssl.SSLError):
        return "no encrypted connection"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return "no connection" if isinstance(error, aiosmtplib.SMTPConnectError) else "the connection was lost"


def _final(code: int) -> bool:
    """RFC 5321 section 4.2.1: 4xx may go better another time."""
    return 500 <= code < 600


def _listed(codes: Sequence[int]) -> str:
    return ", ".join(str(code) for code in sorted(set(codes)))


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
