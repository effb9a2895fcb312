"""Webhook: CloudEvents 1.0 in JSON, signed with HMAC-SHA256; told per message, so many problems travel in one."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from shared.domain.memory import Intent
from shared.domain.message import item_of, summary, worst_first
from shared.domain.words import plain
from shared.http import Http, refusal
from shared.packing import Limits, packed
from shared.ports.channel import Part, Thread, part_of
from shared.ports.clock import Clock

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
LIMIT_BYTES = 200_000  # Most receivers take 256 KiB.
ENVELOPE_BYTES = 1_000
SOURCE = "/countersign"
TYPE = "Countersign.Alerts"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver at an address. `portal` is the cloud's portal, for links."""

    per_problem = False
    remembers = False

    http: Http
    clock: Clock
    url: SecretStr
    secret: SecretStr
    portal: str

    def compose(self, batch_id: str, intents: Sequence[Intent], threads: Mapping[str, Thread]) -> Sequence[Part]:  # noqa: ARG002
        """In as few parts as fit, the worst first, nothing cut off."""
        groups = packed(([intent] for intent in worst_first(intents)), self._size, Limits(LIMIT_BYTES - ENVELOPE_BYTES))
        return [self._part(f"{batch_id}-{number}", group) for number, group in enumerate(groups, 1)]

    async def send(self, part: Part) -> str:
        """Returns when the receiver took it. Raises DeliveryError."""
        body = part.body.encode()
        headers = {"Content-Type": part.content_type, "Idempotency-Key": part.key}
        if secret := self.secret.get_secret_value():
            headers["Countersign-Signature"] = signature(body, secret, int(self.clock.now().timestamp()))
        answer = await self.http.post(self.url.get_secret_value(), body, headers)
        if error := refusal("The webhook", answer):
            raise error
        return ""

    def _size(self, intent: Intent) -> int:
        return len(json.dumps(self._item(intent), ensure_ascii=False).encode()) + len(", ")

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
        return part_of(key, CONTENT_TYPE, json.dumps(event, ensure_ascii=False), intents)

    def _item(self, intent: Intent) -> dict[str, object]:
        finding, item = intent.finding, item_of(intent, self.portal)
        return {
            "key": intent.problem,
            "rule": finding.rule,
            "severity": finding.severity.name.lower(),
            "reason": str(intent.reason),
            "title": item.title,
            "text": item.text,
            "accounts": [plain(name) for name in finding.accounts],
            "since": intent.since.isoformat(),
            "facts": dict(item.facts),
        }


def signature(body: bytes, secret: str, at: int) -> str:
    """`t=UNIX,v1=HEX`: HMAC-SHA256 over `UNIX.BODY`; a receiver should refuse what is older than five minutes."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
