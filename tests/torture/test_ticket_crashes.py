"""The life of a ticket with a crash at every single operation, before and after it took effect."""

import pytest

from tests.flows.test_ticket_crashes import dies_anywhere

EACH = {"quick": 3, "whole": 1}


async def test_one_ticket_whatever_operation_a_process_dies_at(request: pytest.FixtureRequest) -> None:
    await dies_anywhere(EACH[request.config.getoption("--torture")])
