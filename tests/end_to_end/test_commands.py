"""countersign register and explain, as somebody types them, against the API on a port of this machine."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn

from shared.cli.main import main
from shared.web.app import make_app
from tests.flows.fakes import Profile, subscription
from tests.flows.world import SETTINGS, World

ID, OTHER = Profile().validation, "bbbbbbbb-0000-4000-8000-000000000000"
OWNER = subscription().id
PORTAL = (
    f"https://portal.azure.com/#resource/subscriptions/{OWNER}/resourcegroups/rg/providers/microsoft.codesigning/"
    "codesigningaccounts/games"
)


@dataclass(slots=True)
class Served:
    """A small fleet behind the API; `run` is one command, each a minute after the one before."""

    world: World
    url: str
    printed: pytest.CaptureFixture[str]

    def run(self, *words: str) -> tuple[int, Sequence[str], Sequence[str]]:
        """How it ended, what it printed, and what it complained of."""
        self.world.clock.at += timedelta(minutes=1)
        code = main([words[0], *words[1:], "--url", self.url])
        said = self.printed.readouterr()
        return code, said.out.splitlines(), said.err.splitlines()


@pytest.fixture
def served(capsys: pytest.CaptureFixture[str]) -> Iterator[Served]:
    world = World(settings={**SETTINGS, "WEB__LOCAL_USER": "ana"})
    world.azure.add("games", Profile(), Profile("nightly"))
    world.azure.add("tools", Profile(validation=OTHER))
    world.azure.add("onboarding")
    with serving(world, capsys) as found:
        yield found


@contextmanager
def serving(world: World, capsys: pytest.CaptureFixture[str]) -> Iterator[Served]:
    """In a thread with a loop of its own, as a server would be."""
    ready = threading.Event()
    server = uvicorn.Server(uvicorn.Config(lambda: None, port=0, log_level="critical", lifespan="off"))

    async def serve() -> None:
        await world.look()
        server.config.app = make_app(world.house(), world.clock)
        server.config.load()
        server.lifespan = server.config.lifespan_class(server.config)
        await server.startup()
        ready.set()
        await server.main_loop()
        await server.shutdown()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(30)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(world, f"http://127.0.0.1:{port}", capsys)
    server.should_exit = True
    thread.join(30)


def test_todo_says_what_where_and_how(served: Served) -> None:
    code, out, _ = served.run("register", "todo")
    assert 0 == code
    assert [
        f"Sub1: identity validation {ID}, used by games",
        "    to look up: the status and the expiry date",
        f"    in the portal, under Identity validations: {PORTAL}",
        "    then: countersign register set aaaaaaaa --status Completed --expires 2028-11-19",
    ] == out[:4]
    assert "2 things to look up. Many at once: countersign register export --todo FILE.csv," == out[-2]


def test_what_is_set_is_listed_and_confirmed_and_has_a_history(served: Served) -> None:
    code, out, _ = served.run("register", "set", "games", "--status", "completed", "--expires", "2028-11-19")
    said = "Completed, expires 2028-11-19. Said by ana, 2026-11-20T07:08 (signed-in person)"
    assert (0, [f"{ID}: {said}"]) == (code, out)
    served.run("register", "set", "aaaa", "--owner", "株式会社テスト")
    served.run("register", "set", ID, "--confirm")
    _, out, _ = served.run("register", "history", "games")
    assert [
        f"{ID}: {said}",
        f"{ID}: {said.replace('. Said', ', owner 株式会社テスト. Said').replace(':08', ':09')}",
    ] == out[:2]
    _, out, _ = served.run("register", "list", "--subscription", "sub1")
    assert f"Sub1                    {ID}  Completed, expires 2028-11-19  (games)" in out


def test_a_request_is_entered_by_the_name_of_its_account(served: Served) -> None:
    asked = ("register", "set", "onboarding", "--status", "In Progress", "--requested", "2026-11-19")
    code, _, complaints = served.run(*asked)
    assert (2, True) == (code, "Give the whole id, or the account's name, and --subscription ID" in complaints[0])
    code, out, _ = served.run(*asked, "--subscription", OWNER)
    assert (0, True) == (code, out[0].startswith("the request for onboarding: In Progress, requested 2026-11-19"))
    code, out, _ = served.run("register", "remove", "onboarding")
    assert (0, True) == (code, "no longer in the validation list" in out[0])


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["set", "games"], 2, "Say something of it, like --status Completed --expires 2028-11-19; or --confirm."),
        (["set", "games", "--expires", "2028-13-01"], 1, "status: must be given"),
        (["set", "nobody", "--status", "Completed"], 2, "Nothing in the validation list fits nobody."),
        (["history", "aaa"], 2, "Nothing in the validation list fits aaa."),
        (["remove", ""], 2, "Nothing in the validation list fits nothing."),
        (["set", "", "--status", "Failed"], 2, "Nothing in the validation list fits nothing."),
        (["remove", "games"], 1, "The validation list has no such entry."),
        (["import", "/nowhere.csv"], 2, "/nowhere.csv cannot be read: No such file or directory."),
        (["export", "/nowhere/list.csv"], 2, "/nowhere/list.csv cannot be written: No such file or directory."),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    served: Served, words: Sequence[str], code: int, complaint: str
) -> None:
    ended, _, complaints = served.run("register", *words)
    assert (code, True) == (ended, any(line.startswith(complaint) for line in complaints)), complaints


def test_a_file_is_exported_filled_in_and_imported(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    served.run("register", "export", "--todo", str(file))
    text = file.read_text("utf-8-sig")
    file.write_text(text.replace(f"{ID},,,,", f"{ID},,Completed,2028-11-19,"), "utf-8")
    code, out, _ = served.run("register", "import", "--preview", str(file))
    new = "line 2: new: identity validation aaaaaaaa: status Completed, expires 2028-11-19"
    assert (0, [new, "Would be taken in: 1 new, 0 changed, 0 as before, 1 that say nothing yet."]) == (code, out)
    assert (
        "Taken in: 1 new, 0 changed, 0 as before, 1 that say nothing yet."
        == served.run("register", "import", str(file))[1][1]
    )

    file.write_text(text.replace(f"{ID},,,,", f"{ID},,Done,2028-11-19,"), "utf-8")
    code, out, complaints = served.run("register", "import", str(file))
    assert (1, ["Nothing was taken in: 1 fault in the file."]) == (code, out)
    words = "must be one of In Progress, Action Required, Completed, Failed, Expired"
    assert [f"line 2, status: {words}"] == complaints


def test_what_answers_otherwise_is_said_and_overwrites_nothing(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("precious", "utf-8")
    served.url += "/api"
    code, _, complaints = served.run("register", "export", str(file))
    assert (1, "precious") == (code, file.read_text("utf-8"))
    assert ["There is nothing here. The API is described in /api/openapi.json."] == complaints
    assert 1 == served.run("register", "list")[0]


def test_an_account_with_hyphens_is_no_id_and_what_was_removed_keeps_its_history(served: Served) -> None:
    asked = ("--status", "In Progress", "--subscription", "Sub1")
    code, out, _ = served.run("register", "set", "sign-prod-eu-west-1", *asked)
    assert (0, True) == (code, out[0].startswith("the request for sign-prod-eu-west-1: In Progress"))
    served.run("register", "remove", "sign-prod-eu-west-1")
    _, out, _ = served.run("register", "history", "sign-prod-eu-west-1", "--subscription", OWNER)
    assert ["In Progress", "withdrawn: In Progress"] == [line.split(": ", 1)[1].split(".")[0] for line in out]


def test_why_is_answered_for_an_account_without_problems_too(served: Served) -> None:
    code, out, _ = served.run("explain", "onboarding")
    assert (0, "PROBLEMS   none") == (code, out[2])
    assert "onboarding in Sub1, read Fri 20 Nov 2026 07:07 UTC, judged Fri 20 Nov 2026 07:08 UTC" == out[0]
    assert {"WHAT AZURE SHOWS", "EVERY RULE, with the numbers it goes by", "RETIREMENT would need all of it:"} <= set(
        out
    )
    assert max(len(line) for line in out if "/subscriptions/" not in line) <= 120
    code, _, complaints = served.run("explain", "nobody")
    assert (1, ["No signing account called nobody has been seen."]) == (code, complaints)


@pytest.mark.parametrize(
    ("url", "code", "complaint"),
    [
        ("", 2, "Say where Countersign runs: --url https://NAME.azurewebsites.net, or COUNTERSIGN_URL."),
        (
            "http://countersign.example",
            2,
            "http://countersign.example must begin with https://, or be on this machine.",
        ),
        ("http://127.0.0.1:9", 1, "Countersign could not be asked at http://127.0.0.1:9:"),
    ],
)
def test_where_nothing_can_be_asked_it_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str, code: int, complaint: str
) -> None:
    monkeypatch.delenv("COUNTERSIGN_URL", raising=False)
    assert code == main(["register", "list", "--url", url])
    assert capsys.readouterr().err.startswith(complaint)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "Say what is to be otherwise, like --set QUOTA__WARN_PERCENT=60,80."),
        (["--set", "QUOTA__WARN_PERCENT"], "Say what is to be otherwise"),
        (["--set", "QUOTA__WARN_PERCNT=5"], "QUOTA__WARN_PERCNT is not a setting of Countersign: did you mean"),
        (["--set", "QUOTA__WARN_PERCENT=five"], "QUOTA__WARN_PERCENT: must be whole numbers above zero"),
        (["--set", "WATCH_SCHEDULE=0 0 * * * *"], "WATCH_SCHEDULE: nothing would be judged or told otherwise."),
        (["--set", "QUOTA__WARN_PERCENT=60", "--since", "soon"], "--since must be like 12h, 30d or 4w, or a date"),
        (["--set", "QUOTA__WARN_PERCENT=60", "--settings", "/nowhere"], "/nowhere cannot be read"),
        (["--set", "QUOTA__WARN_PERCENT=60"], "AzureWebJobsStorage is not set"),
    ],
)
def test_a_question_that_cannot_be_answered_is_said_why(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: Sequence[str], complaint: str
) -> None:
    monkeypatch.delenv("AzureWebJobsStorage", raising=False)
    assert 2 == main(["what-if", *words])
    assert capsys.readouterr().err.startswith(complaint)


@pytest.mark.parametrize("content", ["[]", "{}", "no json", '[{"name": 1}]'])
def test_a_file_that_holds_no_settings_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str
) -> None:
    file = tmp_path / "settings.json"
    file.write_text(content, "utf-8")
    assert 2 == main(["what-if", "--set", "QUOTA__WARN_PERCENT=60", "--settings", str(file)])
    said = capsys.readouterr().err
    assert said.startswith((f"{file} is neither a local.settings.json nor a list", "AzureWebJobsStorage is not set"))
