"""The proof of retirement on fleets that no other run has seen."""

import random

import pytest

from tests.flows.retiring_fleets import Life

FLEETS = {"quick": 200, "whole": 10_000}


async def test_no_fleet_loses_what_it_should_keep_and_what_may_go_is_deleted_once(
    request: pytest.FixtureRequest,
) -> None:
    first = random.SystemRandom().randrange(10**6, 10**9)
    number, deleted = FLEETS[request.config.getoption("--torture")], 0
    print(f"fleets from {first} on: {number}")
    for seed in range(first, first + number):
        life = Life(seed)
        assert [] == await life.live(), f"fleet {seed}"
        deleted += sum(one.accepted is not None for one in life.world.truth.accounts)
    print(f"{deleted} accounts deleted")
    assert deleted > number / 4, "so few were deleted that nothing is proven"
