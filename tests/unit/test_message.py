"""What people read: the shape of a message, and many in the right order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.finding import Finding, Severity
from shared.domain.memory import Intent, Reason
from shared.domain.message import item_of, summary, title, worst_first

PROBLEM = "signing down for games"
SINCE = datetime(2026, 11, 18, 8, 41, tzinfo=UTC)
DECIDED = SINCE + timedelta(days=2)
FINDING = Finding(
    rule="signing-down",
    subject="x",
    severity=Severity.CRITICAL,
    what="Signing is down: 1 account (games)",
    stops="Signing has stopped.",
    next_step="Request a new validation.",
    rests_on=(),
    facts={"Owner": "lena"},
    resource="/subscriptions/1",
    problem=PROBLEM,
)
INTENT = Intent("mail", Reason.FIRST, FINDING, SINCE, SINCE, DECIDED, 1, "sub", "at noon", ("pager",))


def intent(
    reason: Reason = Reason.FIRST, severity: Severity = Severity.CRITICAL, *, first_look: bool = False
) -> Intent:
    return replace(INTENT, reason=reason, finding=replace(FINDING, severity=severity), first_look=first_look)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (intent(), "Critical: Signing is down: 1 account (games)"),
        (intent(Reason.WORSE), "Critical (worse): Signing is down: 1 account (games)"),
        (intent(Reason.REPEAT), "Critical (still open): Signing is down: 1 account (games)"),
        (intent(Reason.RESOLVED), "Over: signing down for games"),
        (intent(severity=Severity.INFO), "Info: Signing is down: 1 account (games)"),
    ],
)
def test_line_one_says_how_grave_what_and_where(told: Intent, words: str) -> None:
    assert words == title(told)


def test_an_end_without_a_name_for_the_problem_repeats_what_it_was() -> None:
    nameless = replace(INTENT, reason=Reason.RESOLVED, finding=replace(FINDING, problem=""))
    assert "Over: Signing is down: 1 account (games)" == title(nameless)


def test_the_lines_are_in_the_order_in_which_a_person_asks() -> None:
    assert [
        "If nothing is done: Signing has stopped.",
        "Next step: Request a new validation.",
        "First seen: Wed 18 Nov 2026 08:41 UTC",
        "You will hear again: at noon.",
        "Also told: pager",
        "Owner: lena",
        "Portal: https://portal.example/#resource/subscriptions/1",
    ] == item_of(INTENT, "https://portal.example").text.splitlines()[1:]


def test_who_alone_was_told_reads_nothing_of_others() -> None:
    assert not [line for line in item_of(replace(INTENT, also=()), "").lines if "told" in line]


def test_an_end_says_how_long_it_lasted_and_asks_for_nothing() -> None:
    assert [
        "It is no longer seen. First seen: Wed 18 Nov 2026 08:41 UTC, 2 days ago.",
        "Also told: pager",
    ] == list(item_of(intent(Reason.RESOLVED), "").lines)


def test_the_worst_comes_first_and_what_is_over_last() -> None:
    over, mild, grave = intent(Reason.RESOLVED), intent(severity=Severity.WARNING), intent()
    older = replace(grave, decided=DECIDED - timedelta(hours=1))
    assert [older, grave, mild, over] == worst_first([over, mild, grave, older])


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ([intent()], f"Countersign: 1 critical: {PROBLEM}"),
        (
            [intent(), intent(), intent(severity=Severity.WARNING)],
            f"Countersign: 2 critical, 1 warning: {PROBLEM}; {PROBLEM} and 1 more",
        ),
        (
            [intent(severity=Severity.INFO), intent(Reason.RESOLVED)],
            f"Countersign: 1 note, 1 over: {PROBLEM}; {PROBLEM}",
        ),
        ([intent(first_look=True)], f"Countersign's first check: 1 critical: {PROBLEM}"),
        ([intent(first_look=True), intent()], f"Countersign: 2 critical: {PROBLEM}; {PROBLEM}"),
    ],
)
def test_one_line_about_all_of_them(told: list[Intent], words: str) -> None:
    assert words == summary(told)
