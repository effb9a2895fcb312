"""The proof of retirement on fleets that no other run has seen."""

import random

import pytest

from tests.flows.retiring_fleets import Life

EACH = 200
FLEETS = {"quick": 200, "whole": 10_000}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Some fleets each, so that every core has its share."""
    fleets = FLEETS[metafunc.config.getoption("--torture") or "quick"]
    metafunc.parametrize("share", range(fleets // EACH))


async def test_no_fleet_loses_what_it_should_keep_and_what_may_go_is_deleted_once(share: int) -> None:
    first, deleted = random.SystemRandom().randrange(10**6, 10**9), 0
    print(f"share {share}: {EACH} fleets from {first} on")
    for seed in range(first, first + EACH):
        life = Life(seed)
        assert [] == await life.live(), f"fleet {seed}"
        deleted += sum(one.accepted is not None for one in life.world.truth.accounts)
    print(f"{deleted} accounts deleted")
    assert deleted > EACH / 4, "so few were deleted that nothing is proven"
