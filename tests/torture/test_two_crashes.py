"""The story of crashes, with two of them: the second may hit what takes up the pieces of the first."""

import random

import pytest

from tests.flows.test_crashes import dies, story
from tests.flows.world import Fuse

STORIES = {"quick": 1_500, "whole": 25_000}


async def test_two_crashes_lose_nothing_and_repeat_at_most_twice(request: pytest.FixtureRequest) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)  # noqa: S311
    whole = Fuse()
    await story(whole)
    points = len(whole.writes)
    number = STORIES[request.config.getoption("--torture")]
    print(f"seed {seed}: {number} stories of {points} operations, two crashes each")
    for _ in range(number):
        first = chance.randint(1, points)
        # Near the first, where its pieces are taken up, as often as anywhere later.
        second = first + chance.randint(1, chance.choice([12, points]))
        await dies(Fuse(first, second, after=chance.random() < 0.5))
