"""Random fleets over weeks: nothing is deleted that must not be, and whatever may go is deleted once."""

import ast
from pathlib import Path

import pytest

from tests.flows import retirement_allowed, retirement_truth
from tests.flows.retiring_fleets import Life

FLEETS, AT_A_TIME = 500, 50


@pytest.mark.parametrize("first", range(0, FLEETS, AT_A_TIME))
async def test_no_fleet_loses_what_it_should_keep_and_what_may_go_is_deleted_once(first: int) -> None:
    deleted = 0
    for seed in range(first, first + AT_A_TIME):
        life = Life(seed)
        assert [] == await life.live(), f"fleet {seed}"
        deleted += sum(one.accepted is not None for one in life.world.truth.accounts)
    assert deleted > AT_A_TIME / 4, "so few were deleted that nothing is proven"


def test_the_truth_is_not_asked_of_countersign() -> None:
    for module in (retirement_truth, retirement_allowed):
        tree = ast.parse(Path(str(module.__file__)).read_text())
        froms = [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        names = [one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names]
        ours = {name for name in (*froms, *names) if name.split(".")[0] in ("shared", "tests", "functions", "sandbox")}
        assert ours <= {"tests.flows.retirement_truth"}
