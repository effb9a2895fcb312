"""PagerDuty: one event a problem (Events API v2), so that one problem, or one group of them, is one incident."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from shared.domain.finding import Severity
from shared.domain.memory import Intent, Reason
from shared.domain.message import Item, item_of, worst_first
from shared.http import Http, refusal
from shared.packing import pieces
from shared.ports.channel import Part, Thread, part_of

ADDRESS = "https://events.pagerduty.com"
CONTENT_TYPE = "application/json"
LIMIT_BYTES = 500_000  # PagerDuty takes 512 KB; the integration key is added when it is sent.
MOST_IN_SUMMARY = 1_024
MOST_IN_KEY = 255
PIECE = 80_000  # Characters, of which none takes more than six bytes.
OURS = "countersign/"
CLIENT = "Countersign"
SEVERITIES = {Severity.CRITICAL: "critical", Severity.WARNING: "warning", Severity.INFO: "info"}


@dataclass(frozen=True, slots=True)
class Incidents:
    """How PagerDuty's incidents stand when all of a batch has been told.

    `keys` by problem; `open` are the problems that are still open, `still` counts them by incident, and `unclaimed`
    those of them that the batch does not acknowledge.
    """

    keys: Mapping[str, str]
    open: frozenset[str]
    still: Mapping[str, int]
    unclaimed: Mapping[str, int]

    def others(self, intent: Intent) -> int:
        """So many other problems of its incident are open."""
        return self.still[self.keys[intent.problem]] - (intent.problem in self.open)

    def action(self, intent: Intent) -> str:
        """What happens to the incident as a whole: it ends, or is in hand, only where that holds for all of it.

        An acknowledged incident stays silent even when new problems join it, so one that is in hand does not speak for
        the others.
        """
        key = self.keys[intent.problem]
        if intent.over and not self.still[key]:
            return "resolve"
        if intent.reason is Reason.ACKNOWLEDGED and not self.unclaimed[key]:
            return "acknowledge"
        return "trigger"


@dataclass(frozen=True, slots=True)
class PagerDuty:
    """One integration (service) of PagerDuty. `portal` is the cloud's portal, for links.

    Critical, warning and info are PagerDuty's `critical`, `warning` and `info`; its `error` is not used.
    """

    per_problem = True
    remembers = True

    http: Http
    key: SecretStr
    portal: str
    address: str = ADDRESS

    def compose(self, batch_id: str, intents: Sequence[Intent], threads: Mapping[str, Thread]) -> Sequence[Part]:
        """An event a problem, the worst first; what is longer goes on in another event to the same incident."""
        ordered = worst_first(intents)
        incidents = incidents_after(ordered, threads)
        events = [(intent, event) for intent in ordered for event in self._events(intent, incidents)]
        return [
            part_of(f"{batch_id}-{number}", CONTENT_TYPE, _json(event), [intent])
            for number, (intent, event) in enumerate(events, 1)
        ]

    async def send(self, part: Part) -> str:
        """Returns the incident's `dedup_key` when PagerDuty took it. Raises DeliveryError."""
        event = json.loads(part.body)
        body = _json({"routing_key": self.key.get_secret_value(), **event}).encode()
        answer = await self.http.post(f"{self.address}/v2/enqueue", body, {"Content-Type": part.content_type})
        detail = "the integration key or the event is not valid" if answer.status == 400 else ""
        if error := refusal("PagerDuty", answer, detail):
            raise error
        return str(event["dedup_key"])

    def _events(self, intent: Intent, incidents: Incidents) -> Iterator[dict[str, Any]]:
        item = item_of(intent, self.portal)
        event = {
            "event_action": incidents.action(intent),
            "dedup_key": incidents.keys[intent.problem],
            "client": CLIENT,
            "links": [{"href": link.url, "text": link.title} for link in item.links if _secure(link.url)],
        }
        payload = _payload(item, incidents.others(intent))
        whole = event | {"payload": payload | {"custom_details": _details(item)}}
        if len(_json(whole).encode()) <= LIMIT_BYTES:
            yield whole
            return
        texts = list(pieces("\n".join([item.text, *_accounts(intent)]), PIECE))
        for number, text in enumerate(texts, 1):
            details = {"text": text, "part": f"{number} of {len(texts)}"}
            yield event | {"payload": payload | {"custom_details": details}}


def incidents_after(intents: Sequence[Intent], threads: Mapping[str, Thread]) -> Incidents:
    """What was open before, and what these open and end.

    A problem stays in the incident that it opened, even if its route has been grouped in another way since.
    """
    keys = {problem: _key(problem, thread.group, thread) for problem, thread in threads.items()}
    keys |= {intent.problem: _key(intent.problem, intent.group, threads.get(intent.problem)) for intent in intents}
    still = frozenset(keys) - {intent.problem for intent in intents if intent.over}
    acknowledged = {intent.problem for intent in intents if intent.reason is Reason.ACKNOWLEDGED}
    return Incidents(
        keys,
        still,
        Counter(keys[problem] for problem in still),
        Counter(keys[problem] for problem in still - acknowledged),
    )


def dedup_key(problem: str, group: str = "") -> str:
    """The same for a problem, or for all of its group, for ever: readable where it is short enough."""
    name = f"{OURS}group/{group}" if group else f"{OURS}{problem}"
    if len(name) <= MOST_IN_KEY:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{name[: MOST_IN_KEY - len(digest) - 1]}~{digest}"


def _key(problem: str, group: str, thread: Thread | None) -> str:
    known = thread.receipt if thread else ""
    return known if known.startswith(OURS) else dedup_key(problem, group)


def _payload(item: Item, others: int) -> dict[str, Any]:
    intent, finding = item.intent, item.intent.finding
    payload = {
        "summary": _summary(item.title, others),
        "source": finding.accounts[0] if len(finding.accounts) == 1 else intent.subscription,
        "severity": SEVERITIES[finding.severity],
        "timestamp": intent.decided.isoformat(),
        "component": finding.subject,
        "group": intent.subscription,
        "class": finding.rule,
    }
    return {name: value for name, value in payload.items() if value} | {"source": payload["source"] or CLIENT}


def _summary(title: str, others: int) -> str:
    """One line, which is read out on the phone; the whole title stands in the details as well."""
    line = " ".join(title.split())
    ending = f" ({others:,} more open in this incident)" if others else ""
    most = MOST_IN_SUMMARY - len(ending)
    return f"{line if len(line) <= most else line[: most - 1] + '…'}{ending}"


def _details(item: Item) -> dict[str, Any]:
    """All of it as text, and by name what people look for or sort by."""
    finding = item.intent.finding
    details: dict[str, Any] = {"text": item.text, "since": item.intent.since.isoformat()}
    if not item.intent.over:
        details |= {"if nothing is done": finding.stops, "next step": finding.next_step}
    return details | ({"facts": dict(item.facts)} if item.facts else {}) | dict(_named(item.intent))


def _named(intent: Intent) -> Iterator[tuple[str, str]]:
    if accounts := intent.finding.accounts:
        yield "accounts", ", ".join(accounts)


def _accounts(intent: Intent) -> Iterator[str]:
    return (f"Accounts: {names}" for _, names in _named(intent))


def _secure(url: str) -> bool:
    return url.startswith("https://")


def _json(event: Mapping[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False)
