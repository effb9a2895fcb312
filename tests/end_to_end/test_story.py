"""The main job: a fleet is looked at, told once, and only what changed or is over is told again."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.story_process import Ended, gone, interrupt, started, story, wait_for_line


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("story")


@pytest.fixture(scope="module")
def ended(out: Path) -> Ended:
    return story("run", "--out", str(out))


@pytest.fixture(scope="module")
def summary(ended: Ended, out: Path) -> dict[str, Any]:
    assert ended.code == 0, ended.err
    read: dict[str, Any] = json.loads((out / "summary.json").read_text("utf-8"))
    return read


@pytest.fixture(scope="module")
def received(summary: dict[str, Any], out: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted((out / "messages").glob("*.json"))]


@pytest.fixture(scope="module")
def messages(received: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that the webhook got, which hears of everything."""
    return [one for one in received if one["kind"] == "webhook"]


def titles(message: dict[str, Any]) -> list[str]:
    return [item["title"] for item in message["body"]["data"]["items"]]


def test_the_whole_fleet_is_seen(summary: dict[str, Any]) -> None:
    first = summary["checks"][0]
    assert (first["accounts"], first["subscriptions"], first["partial"]) == (40, 5, False)


def test_the_first_check_is_one_message_with_the_worst_first(messages: list[dict[str, Any]]) -> None:
    severities = [item["severity"] for item in messages[0]["body"]["data"]["items"]]
    assert severities == ["critical", "critical", "warning", "warning", "warning", "warning"]
    worst = "signing down for 3 accounts (fabrikam-app, fabrikam-drivers and fabrikam-us), identity validation 4931e07a"
    summary = messages[0]["body"]["data"]["summary"]
    assert summary.startswith(f"Countersign's first check: 2 critical, 4 warnings: {worst}")
    assert summary.endswith("; suspension of games-eu/release and 4 more")


def test_the_lapsed_validation_is_one_item_that_names_every_account_it_takes_down(
    messages: list[dict[str, Any]],
) -> None:
    [item] = [item for item in messages[0]["body"]["data"]["items"] if item["rule"] == "signing-down"][:1]
    assert item["accounts"] == ["fabrikam-app", "fabrikam-drivers", "fabrikam-us"]
    assert "fabrikam-us/release (eastus)" in item["text"]
    assert "fabrikam-app/release (westeurope)" in item["text"]
    assert "Request a new identity validation" in item["text"]


def test_a_second_look_tells_nothing_new(summary: dict[str, Any], messages: list[dict[str, Any]]) -> None:
    assert "TOLD      nobody, of nothing" in summary["checks"][1]["printed"]
    assert len(messages) == 4


def test_everybody_hears_in_their_own_way(received: list[dict[str, Any]]) -> None:
    kinds = {"webhook", "teams", "slack", "mail", "pagerduty", "event grid"}
    assert kinds == {one["kind"] for one in received}
    assert {200, 202, 250} >= {one["status"] for one in received}
    assert ["trigger", "trigger", "resolve", "resolve"] == [
        one["body"]["event_action"] for one in received if one["kind"] == "pagerduty"
    ]


def test_owners_get_mail_of_their_own_accounts_only(received: list[dict[str, Any]]) -> None:
    letters = [one["body"] for one in received if one["kind"] == "mail"]
    mine = {tuple(letter["to"]): letter["subject"] for letter in letters[:3]}
    assert {("signing-ops@contoso.example",), ("kim@contoso.example",), ("noor@contoso.example",)} == set(mine)
    assert mine["kim@contoso.example",].endswith("1 warning: idle account onboarding-2")


def test_an_end_answers_the_letter_that_opened_it(received: list[dict[str, Any]]) -> None:
    letters = [one["headers"] for one in received if one["kind"] == "mail"]
    answers = [one["in-reply-to"] for one in letters if "in-reply-to" in one]
    assert answers
    assert set(answers) <= {one["message-id"] for one in letters}


def test_an_event_is_told_long_before_the_next_look(summary: dict[str, Any], messages: list[dict[str, Any]]) -> None:
    assert scene(summary, "EVENT")[1].endswith("2 calls to Azure")
    assert ["Over: suspension of games-eu/release"] == titles(messages[1])


def scene(summary: dict[str, Any], title: str) -> list[str]:
    [found] = [event for event in summary["events"] if event["title"] == title]
    printed: list[str] = found["printed"]
    return printed


def test_a_problem_is_one_ticket_from_opened_to_closed(summary: dict[str, Any], out: Path) -> None:
    lives = json.loads((out / "tickets.json").read_text("utf-8"))
    happened = {life["ticket"]["title"]: [step["what"] for step in life["happened"]] for life in lives}
    assert len(lives) == len(happened)
    [suspended] = [steps for title, steps in happened.items() if "games-eu/release is suspended" in title]
    [quota] = [steps for title, steps in happened.items() if "tools-basic" in title]
    [onboarding] = [steps for title, steps in happened.items() if "onboarding-2" in title]
    assert (["opened", "comment", "closed"], ["opened", "comment"]) == (suspended, quota)
    again = ["closed by ben", "opened again", "comment", "closed by ben, as not to be done"]
    assert ["opened", *again] == onboarding
    assert f"GitHub: {len(lives)} tickets, " in scene(summary, "TICKETS")[0]
    [down] = [life["ticket"] for life in lives if "Signing is down in Production" in life["ticket"]["title"]]
    assert ("mika", False) == (down["assignee"], down["is_open"])


def test_a_file_with_a_mistake_is_refused_and_then_taken(summary: dict[str, Any]) -> None:
    said = "\n".join(scene(summary, "ENTER"))
    assert "2 dates to look up" in said
    assert "Nothing was taken in: 1 fault in the file; 1 line would be right." in said
    assert "line 3, expires: must be a date like 2028-11-19" in said
    assert "Taken in: 2 new, 0 changed, 0 as before." in said


def test_an_account_is_explained_with_what_its_retirement_would_need(summary: dict[str, Any]) -> None:
    first, *rest = scene(summary, "WHY")
    assert first.endswith(
        "countersign explain onboarding-2: 56 rules asked, validation-failed and cost-idle found something"
    )
    assert "10 of 11 conditions hold; not: a signed-in person has confirmed within 14 days" in rest[-1]


def test_another_setting_would_have_told_less(summary: dict[str, Any]) -> None:
    said = scene(summary, "WHAT IF")
    assert "4 checks of 5 subscriptions replayed" in said[0]
    assert ["MORE      nothing", "LESS      6 message items"] == said[1:3]
    assert "Account tools-basic (Platform) has made 5,030 of the 5,000 signatures" in said[3]


def test_one_account_is_retired_and_no_other(summary: dict[str, Any], ended: Ended) -> None:
    """Pretended first; then approved, by an identity of its own, and three others are no candidates."""
    retired, said = summary["retirement"], "\n".join(scene(summary, "RETIRE"))
    assert {"202": 1} == retired["deletes"]
    assert 1 == len(retired["by_identity"]["delete"])
    assert not set(retired["by_identity"]["delete"]) & set(retired["by_identity"]["profile_list"])
    assert {"trial-1": "deleted", "legacy-1": "none", "partner-1": "none", "new-1": "none"} == retired["stages"]
    pretended = "pretend   trial-1 YES (all conditions): would have been deleted, saves 9.99 USD a month from January"
    assert f"{pretended}; 0 delete calls" in said
    whys = (
        "(Contoso Legacy BV) is Expired",
        "something of it is suspended or revoked",
        "(Newcomer Ltd) is In Progress",
    )
    for name, why in zip(("legacy-1", "partner-1", "new-1"), whys, strict=True):
        assert [line for line in said.splitlines() if f"{name} NO: " in line and line.endswith(why)]
    assert "1 delete, 404 confirmed, 11 steps in the audit; the other 5 accounts: 0 delete calls" in ended.out
    assert ["ana (demo)"] == [step["by"] for step in retired["audit"] if step["step"] == "approved"]


def test_the_page_shows_each_condition_of_retirement_and_the_one_call(out: Path, summary: dict[str, Any]) -> None:
    """Accounts by conditions with the reason for each no, who approved, and by which identity it was deleted."""
    page = (out / "index.html").read_text("utf-8")
    _, _, part = page.partition("<h2>Retirement: what may be deleted, and why not</h2>")
    part, _, _ = part.partition("<h2>What happened, step by step</h2>")
    assert all(f'<th scope="col">{name}</th>' in part for name in summary["retirement"]["stages"])
    assert 11 == part.count("<tr><td>")
    assert "(Contoso Legacy BV) is Expired" in part
    assert "Approved by ana (demo) on Mon 11 Jan 2027" in part
    [deleter] = summary["retirement"]["by_identity"]["delete"]
    assert f"delete: 1 by identity {deleter[:8]}" in part


def test_the_bill_is_said_with_how_far_it_goes(ended: Ended) -> None:
    [line] = [line for line in ended.out.splitlines() if line.startswith("COST")]
    assert "USD billed this month, as far as 18 Nov 2026" in line
    assert "foreseen for the month" in line


def test_a_third_look_tells_just_what_changed_and_what_is_over(messages: list[dict[str, Any]]) -> None:
    used = "5,030 of the 5,000 signatures included in November"
    link = "its link lives until 26 Nov 2026: 1 account (new-1)"
    accounts = "3 accounts (payments-pos, payments-prod and payments-web)"
    assert [
        f"Warning (worse): Account tools-basic (Platform) has made {used} (100 % crossed)",
        f"Warning: Identity validation 4b0312fe (Contoso Ltd) is not verified by mail, {link}",
        f"Over: expiry of identity validation 87eafa5b (Contoso Payments Ltd), {accounts}",
    ] == titles(messages[2])


def test_nothing_is_said_of_what_could_not_be_seen(messages: list[dict[str, Any]], summary: dict[str, Any]) -> None:
    assert not [title for title in titles(messages[2]) if "labs" in title.lower()]
    assert summary["checks"][2]["partial"]
    assert "Warning: Subscription Labs could not be read since" in titles(messages[3])[0]


def test_what_is_printed_is_what_happened(ended: Ended, messages: list[dict[str, Any]]) -> None:
    for message in messages[1:]:
        for title in titles(message):
            assert title in ended.out


def test_every_message_has_the_shape_that_people_act_on(messages: list[dict[str, Any]]) -> None:
    for item in messages[0]["body"]["data"]["items"]:
        beginnings = [line.split(":")[0] for line in item["text"].splitlines()[1:5]]
        assert beginnings[:2] == ["If nothing is done", "Next step"]
        assert beginnings[2] in ("Since", "First seen")
        assert beginnings[3] == "You will hear again"
        assert "Portal: https://" in item["text"]


def test_the_proof_holds_and_nothing_was_deleted(summary: dict[str, Any]) -> None:
    proof = summary["proof"]
    assert proof["holds"]
    assert (proof["deletes"], proof["failed_functions"], proof["secrets_in_logs"], proof["repeats"]) == (0, 0, 0, 0)


def test_the_page_stands_alone(summary: dict[str, Any], out: Path) -> None:
    page = (out / "index.html").read_text("utf-8")
    assert "<script" not in page
    assert "src=" not in page
    assert 'name="viewport"' in page
    assert "prefers-color-scheme: dark" in page
    assert "What this page cannot know" in page


def test_all_servers_are_gone_when_it_ends(ended: Ended, out: Path) -> None:
    assert gone(out)


def test_ctrl_c_ends_everything(tmp_path: Path) -> None:
    with started("run", "--out", str(tmp_path)) as process:
        wait_for_line(process, "REGISTER")
        interrupt(process)
        assert process.wait(60) == 130
        assert gone(tmp_path)


def test_even_a_kill_leaves_nothing_behind(tmp_path: Path) -> None:
    with started("run", "--out", str(tmp_path)) as process:
        wait_for_line(process, "REGISTER")
        process.kill()
        process.wait(60)
        assert gone(tmp_path)


def test_a_wrong_setting_stops_it_before_anything_starts(tmp_path: Path) -> None:
    wrong = {"VALIDATION__WARN_DAYS": "sixty", "QUOTA__WARN_PERCNT": "50", "WATCH_SCHEDULE": "hourly"}
    ended = story("run", "--out", str(tmp_path), environment=wrong)
    assert ended.code == 2
    assert ended.out == ""
    assert [
        "WATCH_SCHEDULE: must be a schedule of six fields, like 0 7 * * * * for seven minutes past each hour.",
        "VALIDATION__WARN_DAYS: must be whole numbers above zero, each once, with commas between, like 60,30,14.",
        "QUOTA__WARN_PERCNT is not a setting of Countersign: did you mean QUOTA__WARN_PERCENT?",
    ] == ended.err.splitlines()


def test_without_node_it_says_what_to_do(tmp_path: Path) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    ended = story("run", "--out", str(tmp_path / "out"), environment={"PATH": str(empty)})
    assert (ended.code, ended.err.splitlines()[-1]) == (
        1,
        "Azurite did not start: Node was not found. Install Node 20 or later.",
    )


def test_look_without_serve_says_what_to_do(tmp_path: Path) -> None:
    ended = story("look", "--out", str(tmp_path))
    assert (ended.code, ended.err) == (1, "Nothing is being served: run `make serve` in another terminal first.\n")


def test_serve_stays_up_and_look_makes_one_more_check(tmp_path: Path) -> None:
    with started("serve", "--out", str(tmp_path)) as process:
        wait_for_line(process, "`make look`")
        looked = story("look", "--out", str(tmp_path))
        assert looked.code == 0, looked.err
        assert "40 accounts, 5 subscriptions, 3 regions" in looked.out
        interrupt(process)
        assert process.wait(60) == 130
        assert gone(tmp_path)
