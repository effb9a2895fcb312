"""Long proofs make and drop the same few objects for an hour: what is there at the start is never looked through."""

import gc

import pytest

YOUNG = 50_000


@pytest.fixture(scope="session", autouse=True)
def less_collecting() -> None:
    """Modules and rules stay; the young are looked at less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 100)
