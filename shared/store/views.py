"""Views that pages read, one blob a subscription, and a day blob of what changed a subscription."""

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from itertools import chain

from shared.domain.survey import AccountFacts, News, Remembered, SignaturesRead
from shared.domain.view import SubscriptionView
from shared.store.blobs import Blobs
from shared.store.limits import APPEND_BYTES
from shared.store.schema import Codec

VIEW = Codec[SubscriptionView](SubscriptionView)
FACTS = Codec[AccountFacts](AccountFacts)
SIGNATURES = Codec[SignaturesRead](SignaturesRead)
LINE = Codec[Remembered](Remembered)

VIEWS = "views"
HISTORY = "history"


@dataclass(frozen=True, slots=True)
class BlobViews:
    """`views/SUBSCRIPTION.json.gz`, and `history/SUBSCRIPTION/2026-11-20.jsonl.gz` in one gzip member an append."""

    blobs: Blobs

    async def publish(self, view: SubscriptionView) -> None:
        """Replace the view."""
        content = gzip.compress(VIEW.text(view).encode(), mtime=0)
        await self.blobs.write(VIEWS, f"{view.subscription.id.lower()}.json.gz", content)

    async def read(self, subscription_id: str) -> SubscriptionView | None:
        """The last view, or None."""
        content = await self.blobs.read(VIEWS, f"{subscription_id.lower()}.json.gz")
        return VIEW.read(gzip.decompress(content)) if content else None

    async def remember(self, subscription_id: str, now: datetime, news: News) -> None:
        """A line for each: `{"at": ..., "facts": {...}}`, or `"gone": "ID"`, `"usage": {...}`, `"whole": true`.

        At least once; a crash may repeat a line.
        """
        name = f"{subscription_id.lower()}/{now:%Y-%m-%d}.jsonl.gz"
        lines = (f'{{"at":"{now.isoformat()}","{kind}":{text}}}\n' for kind, text in _told(news))
        for member in _members(lines):
            await self.blobs.append(HISTORY, name, member)

    async def remembered(self, subscription_id: str, day: date) -> Sequence[Remembered]:
        """Line by line."""
        content = await self.blobs.read(HISTORY, f"{subscription_id.lower()}/{day:%Y-%m-%d}.jsonl.gz")
        return [LINE.read(line) for line in gzip.decompress(content).splitlines()] if content else []


def _told(news: News) -> Iterator[tuple[str, str]]:
    """Each piece of news by its kind, as JSON."""
    if news.whole:
        yield "whole", "true"
    yield from (("facts", FACTS.text(facts)) for facts in news.facts)
    yield from (("gone", json.dumps(account_id)) for account_id in news.gone)
    yield from (("usage", SIGNATURES.text(read)) for read in news.usage)


def _members(lines: Iterable[str]) -> Iterator[bytes]:
    """Compressed line by line; a member is begun anew long before it is larger than one append may be."""
    rest = iter(lines)
    while first := next(rest, None):
        buffer = BytesIO()
        with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as member:
            for line in chain([first], rest):
                member.write(line.encode())
                if buffer.tell() > APPEND_BYTES // 2:
                    break
        yield buffer.getvalue()
