"""The history of what was read: a day blob that is read back line by line."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.account import SigningAccount
from shared.domain.survey import AccountFacts, News, SignaturesRead
from shared.store.in_memory import InMemoryBlobs
from shared.store.views import FACTS, HISTORY, SIGNATURES, BlobViews

NOW = datetime(2026, 11, 20, 7, 7, tzinfo=UTC)
GAMES = "/subscriptions/1/resourcegroups/rg/providers/microsoft.codesigning/codesigningaccounts/games"
ACCOUNT = SigningAccount(GAMES, "games", "1", "rg", "westeurope", "Basic", tags={"owner": "株式会社"})
READ = SignaturesRead(GAMES, NOW - timedelta(minutes=127), NOW, {NOW - timedelta(minutes=127): 3})


async def day(blobs: InMemoryBlobs, name: str = "ab-1/2026-11-20.jsonl.gz") -> list[dict[str, Any]]:
    """Every line of a day."""
    content = await blobs.read(HISTORY, name)
    return [json.loads(line) for line in gzip.decompress(content or b"").decode().splitlines()]


async def test_every_change_is_a_line_of_its_day() -> None:
    blobs = InMemoryBlobs()
    await BlobViews(blobs).remember("AB-1", NOW, News((AccountFacts(ACCOUNT),), (GAMES,), (READ,)))

    facts, gone, usage = await day(blobs)
    assert ["2026-11-20T07:07:00+00:00"] * 3 == [line["at"] for line in (facts, gone, usage)]
    assert AccountFacts(ACCOUNT) == FACTS.read(json.dumps(facts["facts"]))
    assert GAMES == gone["gone"]
    assert {
        "account": GAMES,
        "start": "2026-11-20T05:00:00Z",
        "end": "2026-11-20T07:07:00Z",
        "hours": {"2026-11-20T05:00:00Z": 3},
    } == usage["usage"]
    assert READ == SIGNATURES.read(json.dumps(usage["usage"]))


async def test_a_day_grows_and_the_next_one_is_another() -> None:
    blobs = InMemoryBlobs()
    views = BlobViews(blobs)
    for at in (NOW, NOW + timedelta(hours=1), NOW + timedelta(days=1)):
        await views.remember("ab-1", at, News(gone=(GAMES,)))

    assert 2 == len(await day(blobs))
    assert 1 == len(await day(blobs, "ab-1/2026-11-21.jsonl.gz"))


async def test_no_news_is_no_line() -> None:
    blobs = InMemoryBlobs()
    await BlobViews(blobs).remember("ab-1", NOW, News())
    assert await blobs.read(HISTORY, "ab-1/2026-11-20.jsonl.gz") is None
