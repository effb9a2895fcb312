"""Mail: one letter about everything that waits, in plain text and in HTML, frozen before it is first sent."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any, Protocol

from shared.domain.finding import Severity
from shared.domain.memory import Intent
from shared.domain.message import Message, message_of, parted, worst_first
from shared.ports.channel import Part, Thread, part_of

if TYPE_CHECKING:
    from jinja2 import Template

CONTENT_TYPE = "application/vnd.countersign.letter+json"
LIMIT_BYTES = 900_000  # Of both texts as they travel; servers take 10 MB and more, but some filters look less far.
PLAIN = bytes(code for code in range(32, 127) if chr(code) != "=")
MOST_IN_SUBJECT = 180  # Characters; the whole line is the first one of the letter.
MOST_REFERENCES = 20
MESSAGE_ID = re.compile(r"<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,128}@[A-Za-z0-9.-]{1,255}>")
# Readable on white and on black: a mail program may show either.
COLORS = {Severity.CRITICAL: "#d6383d", Severity.WARNING: "#b86e00", Severity.INFO: "#3b7dd8", None: "#2f8f4e"}


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter: whoever carries it adds nothing that could differ the next time.

    `date` is ISO 8601; `references` name letters from the oldest to the one that is answered, `in_reply_to` that one.
    `key` is the part's; `urgent`: something in it is critical.
    """

    key: str
    sender: str
    to: tuple[str, ...]
    subject: str
    date: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    urgent: bool
    text: str
    html: str

    @property
    def headers(self) -> Mapping[str, str]:
        """Beyond those that every letter has. Out-of-office replies to a machine are not wanted (RFC 3834)."""
        headers = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
        if self.urgent:
            headers |= {"Importance": "high", "X-Priority": "1"}
        if self.in_reply_to:
            headers |= {"In-Reply-To": self.in_reply_to, "References": " ".join(self.references)}
        return headers


class Post(Protocol):
    """Whoever carries letters."""

    async def send(self, letter: Letter) -> str:
        """Returns its Message-ID after it was taken for all who are written to. Raises DeliveryError."""
        ...


@dataclass(frozen=True, slots=True)
class Mail:
    """One letter to all of these. `portal` is the cloud's portal, for links; a receipt is a Message-ID."""

    per_problem = False
    remembers = True

    post: Post
    sender: str = field(repr=False)
    to: tuple[str, ...] = field(repr=False)
    portal: str

    def compose(self, batch_id: str, intents: Sequence[Intent], threads: Mapping[str, Thread]) -> Sequence[Part]:
        """One letter, or where that would be too large as few as it takes, the worst first; nothing is cut off.

        It answers the letters that opened what it tells of, so mail programs show them together.
        """
        groups = self._groups(worst_first(intents))
        places = [f" ({number} of {len(groups)})" if len(groups) > 1 else "" for number in range(1, len(groups) + 1)]
        return [
            self._part(f"{batch_id}-{number}", group, place, threads)
            for number, (group, place) in enumerate(zip(groups, places, strict=True), 1)
        ]

    async def send(self, part: Part) -> str:
        """Returns its Message-ID after it was taken. Raises DeliveryError."""
        return await self.post.send(letter_in(part))

    def _groups(self, intents: Sequence[Intent]) -> list[Sequence[Intent]]:
        """Halved until it fits: how large a letter is shows only when it is written."""
        if not intents:
            return []
        text, html = _written(message_of(intents, self.portal))
        if len(intents) == 1 or travelling_bytes(text) + travelling_bytes(html) <= LIMIT_BYTES:
            return [intents]
        half = (len(intents) + 1) // 2
        return [*self._groups(intents[:half]), *self._groups(intents[half:])]

    def _part(self, key: str, intents: Sequence[Intent], place: str, threads: Mapping[str, Thread]) -> Part:
        message = message_of(intents, self.portal)
        text, html = _written(message)
        references = _references(intents, threads)
        letter = Letter(
            key=key,
            sender=self.sender,
            to=self.to,
            subject=_subject(message.summary) + place,
            date=max(intent.decided for intent in intents).isoformat(),
            message_id=_message_id(key, self.sender),
            in_reply_to=references[-1] if references else "",
            references=references,
            urgent=any(item.severity is Severity.CRITICAL for item in message.items),
            text=text,
            html=html,
        )
        return part_of(key, CONTENT_TYPE, json.dumps(asdict(letter), ensure_ascii=False), intents)


def letter_in(part: Part) -> Letter:
    """The letter that was frozen in a part."""
    fields: dict[str, Any] = json.loads(part.body)
    return Letter(**{**fields, "to": tuple(fields["to"]), "references": tuple(fields["references"])})


def travelling_bytes(text: str) -> int:
    """In quoted-printable, where all but plain letters take three bytes each; without what its line ends add."""
    raw = text.encode()
    return len(raw) + 2 * len(raw.translate(None, delete=PLAIN))


def domain_of(address: str) -> str:
    """ops@contoso.example -> contoso.example."""
    return address.rpartition("@")[2]


def _message_id(key: str, sender: str) -> str:
    return f"<{re.sub(r'[^A-Za-z0-9.-]', '-', key)}@{domain_of(sender)}>"


def _subject(summary: str) -> str:
    """In one line, with nothing in it that could begin another header or turn the direction of the text."""
    readable = "".join(letter if letter.isprintable() else " " for letter in summary)
    return shorten(readable, MOST_IN_SUBJECT, placeholder=" ...")


def _references(intents: Sequence[Intent], threads: Mapping[str, Thread]) -> tuple[str, ...]:
    """The letters that opened these problems; that of the first problem comes last, where programs look for it."""
    told = [threads[intent.problem].receipt for intent in intents if intent.problem in threads]
    found = [receipt for receipt in dict.fromkeys(told) if MESSAGE_ID.fullmatch(receipt)]
    return tuple(reversed(found[:MOST_REFERENCES]))


def _written(message: Message) -> tuple[str, str]:
    return _text(message), _template().render(message=message, colors=COLORS, parted=parted)


def _text(message: Message) -> str:
    blocks = [message.summary]
    for section in message.sections:
        if len(message.items) > 1:
            links = (f"{link.title}: {link.url}" for link in section.links)
            blocks.append("\n".join([f"{section.heading}:", *section.lines, *links]))
        blocks.extend(item.text for item in section.items)
    return "\n\n".join(blocks) + "\n"


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    there = FileSystemLoader(Path(__file__).parent / "templates")
    made = Environment(loader=there, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.get_template("mail.html.j2")
