"""Tags: the nearest counts, and what cannot be read is said and harms nothing."""

from datetime import date

import pytest

from shared.domain.tags import AccountTags, tags_of
from tests.unit.rules.samples import OWNER, TODAY, account

QUOTA, KEEP = "countersign-quota-warn-percent", "countersign-keep"


def read(**tags: str) -> AccountTags:
    return tags_of(
        account(tags={f"countersign-{name.replace('_', '-')}": value for name, value in tags.items()}), OWNER
    )


@pytest.mark.parametrize(("text", "percents"), [("70", (70,)), (" 90, 60 ", (60, 90)), ("150", (150,)), ("5,5", (5,))])
def test_percents(text: str, percents: tuple[int, ...]) -> None:
    assert (percents, ()) == ((tags := read(quota_warn_percent=text)).warn_percent, tags.mistakes)


@pytest.mark.parametrize("text", ["", "lots", "70%", "0", "1001", "70,,80", "-5", "7" * 400])
def test_percents_that_cannot_be_read_are_said_and_the_setting_holds(text: str) -> None:
    tags = read(quota_warn_percent=text)
    assert ((), f"{QUOTA} must be percents with commas between, like 70,90.") == (tags.warn_percent, *tags.mistakes)


@pytest.mark.parametrize(
    ("text", "kept", "wrong"),
    [
        ("true", True, 0),
        ("Yes", True, 0),
        ("false", False, 0),
        ("2026-11-20", True, 0),
        ("2026-11-19", False, 0),
        ("for ever", True, 1),
        ("", True, 1),
    ],
)
def test_whoever_tags_an_account_to_be_kept_keeps_it(text: str, kept: bool, wrong: int) -> None:
    tags = read(keep=text)
    assert (kept, wrong) == (tags.kept(TODAY), len(tags.mistakes))


def test_the_nearest_counts_whatever_the_case_of_its_name() -> None:
    owner = {"Countersign-Owner": "sub"}
    said = account(group_tags={"countersign-OWNER": "group"}, tags={})
    assert "group" == tags_of(said, OWNER.__class__(OWNER.id, "x", tags=owner)).owner
    assert "own" == tags_of(account(tags={"countersign-owner": " own "}, group_tags=said.group_tags), OWNER).owner
    assert AccountTags() == tags_of(account(tags={"owner": "x"}), OWNER)


def test_a_misspelled_tag_gets_the_nearest_known_one() -> None:
    assert ("countersign-kep is not a tag that is read: did you mean countersign-keep?",) == read(kep="true").mistakes
    assert date(2026, 11, 20) == TODAY
