"""History: what a look found different is appended to its day, and nothing else."""

import gzip
import json
from collections import Counter
from datetime import datetime
from typing import Any

from shared.store.views import HISTORY
from tests.flows.fakes import START, Profile, subscription
from tests.flows.world import World

SEVEN = START.replace(minute=0)


async def lines(world: World) -> list[dict[str, Any]]:
    """Every line of the first two days."""
    names = [f"{subscription().id}/2026-11-{day}.jsonl.gz" for day in (20, 21)]
    days = [await world.storage.blobs.read(HISTORY, name) or b"" for name in names]
    return [json.loads(line) for line in gzip.decompress(b"".join(days)).decode().splitlines()]


async def kinds(world: World) -> Counter[str]:
    """How many lines there are of each kind."""
    return Counter(kind for line in await lines(world) for kind in line if kind != "at")


async def test_an_account_that_is_gone_is_remembered_once() -> None:
    world = World()
    account = world.azure.add("games", Profile())
    await world.look()
    world.azure.delete(account)
    await world.later()
    await world.later()

    assert [account] == [line["gone"] for line in await lines(world) if "gone" in line]


async def test_signatures_are_remembered_when_they_were_counted_otherwise_than_before() -> None:
    world = World()
    account = world.azure.add("games", Profile())
    world.azure.signed[account] = {SEVEN: 3}
    await world.look()
    await world.later()
    assert 1 == (await kinds(world))["usage"]

    world.azure.signed[account] = {SEVEN: 5}
    await world.later(24)
    first, second = [line["usage"] for line in await lines(world) if "usage" in line]
    assert account == first["account"]
    assert [3, 5] == [usage["hours"]["2026-11-20T07:00:00Z"] for usage in (first, second)]
    assert datetime.fromisoformat(first["start"]) <= SEVEN < datetime.fromisoformat(first["end"])


async def test_a_look_that_finds_everything_as_it_was_adds_nothing() -> None:
    world = World()
    account = world.azure.add("games", Profile(renews_until=START))
    world.azure.signed[account] = {SEVEN: 3}
    await world.look()
    before = await kinds(world)
    await world.later()

    assert before == await kinds(world) == {"whole": 1, "facts": 1, "usage": 1}
