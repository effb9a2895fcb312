"""Webhook: CloudEvents 1.0 in JSON, signed with HMAC-SHA256; told per message, so many problems travel in one."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydantic import SecretStr

from shared.channels.http import Answer, Http
from shared.domain.memory import Intent
from shared.domain.message import lines, summary, title, worst_first
from shared.ports.channel import Part
from shared.ports.clock import Clock
from shared.ports.errors import DeliveryError

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
LIMIT_BYTES = 200_000  # Most receivers take 256 KiB.
ENVELOPE_BYTES = 1_000
SOURCE = "/countersign"
TYPE = "Countersign.Alerts"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver at an address. `portal` is the cloud's portal, for links."""

    http: Http
    clock: Clock
    url: SecretStr
    secret: SecretStr
    portal: str

    def compose(self, batch_id: str, intents: Sequence[Intent]) -> Sequence[Part]:
        """In as few parts as fit, the worst first, nothing cut off."""
        groups = list(self._groups(worst_first(intents)))
        return [self._part(f"{batch_id}-{number}", group) for number, group in enumerate(groups, 1)]

    async def send(self, part: Part) -> None:
        """Returns when the receiver took it. Raises DeliveryError."""
        body = part.body.encode()
        headers = {"Content-Type": part.content_type, "Idempotency-Key": part.key}
        if secret := self.secret.get_secret_value():
            headers["Countersign-Signature"] = signature(body, secret, int(self.clock.now().timestamp()))
        answer = await self.http.post(self.url.get_secret_value(), body, headers)
        if error := refusal("The webhook", answer):
            raise error

    def _groups(self, intents: Sequence[Intent]) -> Iterator[Sequence[Intent]]:
        group: list[Intent] = []
        size = ENVELOPE_BYTES
        for intent in intents:
            needed = len(json.dumps(self._item(intent), ensure_ascii=False).encode()) + len(", ")
            if group and size + needed > LIMIT_BYTES:
                yield group
                group, size = [], ENVELOPE_BYTES
            group.append(intent)
            size += needed
        yield group

    def _part(self, key: str, intents: Sequence[Intent]) -> Part:
        event = {
            "specversion": "1.0",
            "id": key,
            "source": SOURCE,
            "type": TYPE,
            "time": max(intent.decided for intent in intents).isoformat(),
            "datacontenttype": "application/json",
            "data": {"summary": summary(intents), "items": [self._item(intent) for intent in intents]},
        }
        return Part(key, CONTENT_TYPE, json.dumps(event, ensure_ascii=False))

    def _item(self, intent: Intent) -> dict[str, object]:
        finding = intent.finding
        return {
            "key": "|".join(intent.key[:3]),
            "rule": finding.rule,
            "severity": finding.severity.name.lower(),
            "reason": str(intent.reason),
            "title": title(intent),
            "text": "\n".join([title(intent), *lines(intent, self.portal)]),
            "accounts": list(finding.accounts),
            "since": intent.since.isoformat(),
            "facts": dict(finding.facts),
        }


def signature(body: bytes, secret: str, at: int) -> str:
    """`t=UNIX,v1=HEX`: HMAC-SHA256 over `UNIX.BODY`; a receiver should refuse what is older than five minutes."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def refusal(who: str, answer: Answer) -> DeliveryError | None:
    """What an HTTP answer means for a delivery; None when it was taken. Never shows an address or a body."""
    if 200 <= answer.status < 300:
        return None
    reason = f"{who} answered {answer.status}." if answer.status else f"{who} could not be reached: {answer.problem}."
    transient = answer.status in (0, 408, 425, 429) or answer.status >= 500
    wait = timedelta(seconds=answer.retry_after_seconds) if answer.retry_after_seconds else None
    return DeliveryError(reason, permanent=not transient, retry_after=wait)
