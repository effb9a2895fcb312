"""Tickets, as somebody types the commands: tried at every desk from here, and listed by a Countersign that runs."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from sandbox.receivers.server import running
from sandbox.receivers.settings import told_here
from shared.cli.main import main
from shared.domain.ticket import Status
from tests.end_to_end.test_commands import serving
from tests.flows.fakes import Profile
from tests.flows.test_tickets import office


@pytest.fixture
def receivers() -> Iterator[str]:
    """All stand-ins, in a thread."""
    ready, over, found = threading.Event(), threading.Event(), list[str]()

    async def serve() -> None:
        async with running() as address:
            found.append(address)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(30)
    yield found[0]
    over.set()
    thread.join(30)


@pytest.mark.parametrize(("desk", "name"), [("github", "#1"), ("jira", "OPS-1"), ("servicenow", "INC0010001")])
def test_a_desk_is_tried_from_here_with_nothing_deployed(
    desk: str,
    name: str,
    receivers: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("COUNTERSIGN_URL", raising=False)
    for setting, value in told_here({"listening": receivers, "mail": 0}, [desk]).items():
        monkeypatch.setenv(setting, value)
    code, out = main(["tickets", "test", desk]), capsys.readouterr().out
    assert (0, f"{desk}: {name} was opened, commented on and closed again: http") == (
        code,
        out[: out.index("http") + 4],
    )


def test_a_wrong_token_is_said_in_a_sentence(
    receivers: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COUNTERSIGN_URL", raising=False)
    for setting, value in told_here({"listening": receivers, "mail": 0}, ["github"]).items():
        monkeypatch.setenv(setting, value)
    monkeypatch.setenv("TICKETS__GITHUB_TOKEN", "github_pat_of-somebody-else")
    assert 1 == main(["tickets", "test", "github"])
    said = capsys.readouterr().out
    assert said.startswith("github: refused: ")
    assert "TICKETS__GITHUB_TOKEN" in said
    assert "somebody-else" not in said


def test_a_desk_that_is_not_set_up_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COUNTERSIGN_URL", raising=False)
    assert 1 == main(["tickets", "test", "github"])
    assert "github: not set up\n" == capsys.readouterr().out


def test_what_is_no_desk_is_not_tried(capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == main(["tickets", "test", "teams"])
    assert "teams is no ticket desk; those are github, jira, servicenow, devops.\n" == capsys.readouterr().err


def test_tickets_are_listed_as_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    here = office(WEB__LOCAL_USER="ana")
    here.world.azure.add("games", Profile(status="Suspended"), Profile("nightly", status="Disabled"))
    with serving(here.world, capsys) as served:
        first, second = here.desk.tickets()
        here.desk.person(first.ticket.reference, Status.OPEN, "", assignee="ben")
        here.desk.person(second.ticket.reference, Status.DISMISSED)
        asyncio.run(here.check())
        code, out, _ = served.run("tickets", "list")
        assert (0, "github: 2 tickets, as read 2026-11-20 0") == (code, out[0][:39])
        assert sorted(
            [
                f"  #1 open, assigned to ben: {first.title}",
                "    https://desk.example/1",
                f"  #2 closed as not to be done (won't fix) by ana: {second.title}",
                "    https://desk.example/2",
            ]
        ) == sorted(out[1:])
        assert (1, ["jira is no ticket desk; there are: github."]) == served.run("tickets", "list", "jira")[::2]
