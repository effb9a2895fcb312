"""Azure Communication Services Email: carries letters, by identity or by key, and asks what became of them."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPMethod
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from pydantic import SecretStr

from shared.channels.mail import Letter
from shared.http import Answer, Http, refusal
from shared.ports.channel import Tokens
from shared.ports.clock import Clock
from shared.ports.errors import DeliveryError

VERSION = "api-version=2023-03-31"
WHO = "Azure Communication Services"
NAMESPACE = UUID("c8a4c3a6-6a1e-4b38-9f3e-6a0f5d1f2b77")
WAITS = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 3, 5, 9))
ENDED = ("Failed", "Canceled")
# What it may be about, by the service's codes: no page lists them, so an unknown one is left out.
CODES = {
    "DomainNotLinked": "the sender's domain is not linked to the resource",
    "InvalidSenderUserName": "it does not know the sender's address",
    "InvalidEmailAddress": "an address is not valid",
    "EmailDropped": "it gave up after several attempts",
    "EmailDroppedAllRecipientsSuppressed": "every recipient is on its suppression list",
    "TooManyRequests": "too many letters",
}


@dataclass(frozen=True, slots=True)
class CommunicationEmail:
    """A resource at `endpoint`. Without `key` the app's identity asks; `scope` is what its token is for."""

    http: Http
    tokens: Tokens
    endpoint: str
    key: SecretStr
    scope: str
    clock: Clock

    async def send(self, letter: Letter) -> str:
        """Returns its Message-ID after the service sent it, or is still at it. Raises DeliveryError.

        The same letter is the same operation, so it is sent once however often it is tried. A repeat may be refused for
        that very reason, so a refusal counts only where there is no such operation.
        """
        operation = str(uuid5(NAMESPACE, letter.key))
        answer = await self._post(letter, operation)
        error = refusal(WHO, answer, _about(answer.json()))
        if error and not (answer.status in (400, 409) and await self._state(operation)):
            raise error
        await self._end(operation)
        return letter.message_id

    async def _end(self, operation: str) -> None:
        """Waits a little. A failed operation stays failed when it is asked for again: that is permanent."""
        until = self.clock.now() + sum(WAITS, timedelta())
        for wait in WAITS:
            if self.clock.now() >= until:
                return
            await self.clock.sleep(wait)
            found = await self._state(operation)
            if found.get("status") in ENDED:
                about = _about(found)
                reason = f"{WHO} did not send it{f': {about}' if about else ''}."
                raise DeliveryError(reason, permanent=True)
            if found.get("status") == "Succeeded":
                return

    async def _state(self, operation: str) -> Mapping[str, Any]:
        """Empty where it could not be read; that the letter was accepted holds all the same."""
        path = f"/emails/operations/{operation}"
        headers = await self._allowed(HTTPMethod.GET, path, b"")
        answer = await self.http.get(self._address(path), headers)
        return answer.json() if answer.status == 200 else {}

    async def _post(self, letter: Letter, operation: str) -> Answer:
        path = "/emails:send"
        body = json.dumps(request_of(letter), ensure_ascii=False).encode()
        headers = {
            **await self._allowed(HTTPMethod.POST, path, body),
            "Content-Type": "application/json",
            "Operation-Id": operation,
        }
        return await self.http.post(self._address(path), body, headers)

    def _address(self, path: str) -> str:
        return f"{self.endpoint.rstrip('/')}{path}?{VERSION}"

    async def _allowed(self, method: HTTPMethod, path: str, body: bytes) -> Mapping[str, str]:
        key = self.key.get_secret_value()
        if not key:
            return {"Authorization": f"Bearer {await self.tokens.token(self.scope)}"}
        date = format_datetime(self.clock.now(), usegmt=True)
        return signed(key, f"{method}", self._address(path), date, body)


def signed(key: str, method: str, url: str, date: str, body: bytes) -> Mapping[str, str]:
    """Headers that prove who knows the key. Raises DeliveryError for what is none.

    Microsoft's documentation of Azure Communication Services: tutorials/hmac-header-tutorial.
    """
    parts = urlsplit(url)
    content = _base64(hashlib.sha256(body).digest())
    host = parts.netloc.lower().removesuffix(":443")
    signature = _signature(key, f"{method}\n{parts.path}?{parts.query}\n{date};{host};{content}")
    signed_headers = "SignedHeaders=x-ms-date;host;x-ms-content-sha256"
    return {
        "x-ms-date": date,
        "x-ms-content-sha256": content,
        "Authorization": f"HMAC-SHA256 {signed_headers}&Signature={signature}",
    }


def _signature(key: str, text: str) -> str:
    try:
        secret = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not secret:
        raise DeliveryError(f"The key for {WHO} is not one.", permanent=True)
    return _base64(hmac.digest(secret, text.encode(), "sha256"))


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def request_of(letter: Letter) -> Mapping[str, object]:
    """What its REST reference calls an EmailMessage; links must lead where they say, so none is tracked.

    Its documentation (concepts/email/email-headers) says that a well-formed, new Message-ID of one's own is kept.
    """
    return {
        "senderAddress": letter.sender,
        "recipients": {"to": [{"address": address} for address in letter.to]},
        "content": {"subject": letter.subject, "plainText": letter.text, "html": letter.html},
        "headers": {**letter.headers, "Message-ID": letter.message_id},
        "userEngagementTrackingDisabled": True,
    }


def _about(body: Mapping[str, Any]) -> str:
    error = body.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return CODES.get(code, "") if isinstance(code, str) else ""
