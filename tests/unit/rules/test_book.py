"""The rule book as a whole: every rule speaks in its sample, in words that a person can act on, and has its page."""

import re

import pytest

from shared import app_settings
from shared.domain.finding import Severity
from shared.domain.inhibition import PAIRS
from shared.domain.policy import Mode, Policy, RuleSetting
from shared.domain.rules.book import BOOK, FLEET_RULES, RULES
from shared.reports.rule_pages import page_of, pages
from tests.conftest import PROJECT
from tests.unit.rules.samples import SAMPLES, found

NAMES = sorted(BOOK)
PAGES = PROJECT / "docs" / "rules"


def test_every_rule_has_a_name_of_its_own_and_a_sample() -> None:
    assert len(RULES) + len(FLEET_RULES) == len(BOOK)
    assert set(BOOK) == set(SAMPLES)


@pytest.mark.parametrize("name", NAMES)
def test_a_finding_says_what_a_person_needs(name: str) -> None:
    sample = SAMPLES[name]()
    spoken = found(name, sample.seen, sample.policy, sample.now)
    assert [name] == list(dict.fromkeys(one.rule for one in spoken))
    for one in spoken:
        assert one.severity in BOOK[name].severities.values()
        for text in (one.what, one.stops, one.next_step, one.means, one.problem):
            assert text.strip()
            assert text == text.strip()
            assert "  " not in text
            assert not re.search(r"None|\{|\}|\bobject at\b|Decimal|datetime", text)
        assert one.what[0].isupper() or one.what[0].isdigit()
        assert not one.what.endswith(".")
        assert one.stops.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_explains_itself(name: str) -> None:
    rule = BOOK[name]
    assert rule.meaning.endswith((".", "?"))
    assert rule.advice.endswith((".", "ID"))
    assert rule.group in ("validation", "renewal", "quota", "cost", "fit", "hygiene", "retirement")
    assert rule.severities
    assert all(address.startswith("https://") for address in rule.links.values())
    assert set(rule.settings) <= app_settings.names()
    assert (rule.weigh is not None) == (rule in RULES)


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_that_is_off_says_nothing(name: str) -> None:
    sample = SAMPLES[name]()
    off = Policy(cost=sample.policy.cost, rules={name: RuleSetting(Mode.OFF)})
    assert [] == found(name, sample.seen, off, sample.now)


def test_what_hides_and_what_is_hidden_are_rules() -> None:
    assert {name for pair in PAIRS for name in pair} <= set(BOOK)


def test_guesses_are_only_observed_until_somebody_wants_to_hear_of_them() -> None:
    observed = {rule.name for rule in BOOK.values() if rule.mode is Mode.OBSERVE}
    assert {
        "signing-silent",
        "cost-unusual",
        "bill-differs",
        "quota-forecast",
        "cost-budget-forecast",
        "sku-fit",
    } == observed


def test_only_what_cannot_wait_is_critical() -> None:
    critical = {rule.name for rule in BOOK.values() if Severity.CRITICAL in rule.severities.values()}
    assert not {name for name in critical if BOOK[name].group in ("cost", "fit")}
    assert "signing-quota" not in critical


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_a_rule_is_what_the_code_says(name: str) -> None:
    sample = SAMPLES[name]()
    [spoken, *_] = found(name, sample.seen, sample.policy, sample.now)
    written = (PAGES / f"{name}.md").read_text("utf-8")
    assert page_of(BOOK[name], spoken) == written, "make docs writes the pages anew"


def test_there_is_a_page_for_each_rule_and_a_list_of_them() -> None:
    assert {f"{name}.md" for name in BOOK} | {"README.md"} == {path.name for path in PAGES.glob("*.md")}
    assert pages(BOOK.values()) == (PAGES / "README.md").read_text("utf-8")
