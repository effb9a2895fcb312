"""Subscriptions and accounts in order: state, tenant, provider, tags, and what changed."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.domain.blind import About, Blind
from shared.domain.finding import Finding, Severity
from shared.domain.happened import KEPT_FOR, Happened, What, recent
from shared.domain.policy import Policy
from shared.domain.refresh import Burst
from shared.domain.subscription import DailyFacts, Moved
from shared.domain.survey import AccountFacts, Survey, facts_after, facts_gone
from tests.unit.rules.samples import (
    DAY,
    GAMES,
    ID,
    NOW,
    OLD,
    OTHER_ID,
    OWNER,
    account,
    entry,
    found,
    profile,
    survey,
)

NOBODY = replace(survey(), accounts=(), profiles={})


def provider(state: str | None, seen: Survey, policy: Policy | None = None) -> bool:
    registrations = {} if state is None else {"microsoft.codesigning": state}
    return bool(found("provider-not-registered", replace(seen, daily=DailyFacts(registrations, (), NOW)), policy))


@pytest.mark.parametrize(
    ("state", "speaks"),
    [("Registered", False), ("Registering", False), ("NotRegistered", True), ("Unregistering", True), (None, True)],
)
def test_a_provider_that_is_not_registered_hides_accounts(state: str | None, speaks: bool) -> None:
    assert speaks == provider(state, survey())


def test_a_subscription_that_has_nothing_to_do_with_signing_need_not_register_it() -> None:
    assert not provider("NotRegistered", NOBODY)
    assert provider("NotRegistered", replace(NOBODY, register={ID: entry()}))
    assert provider("NotRegistered", NOBODY, Policy(watched=frozenset({OWNER.id})))
    assert [] == found("provider-not-registered", survey())


@pytest.mark.parametrize(
    ("state", "severity"),
    [
        ("Enabled", None),
        ("", None),
        ("Warned", Severity.WARNING),
        ("PastDue", Severity.WARNING),
        ("Something", Severity.WARNING),
        ("Disabled", Severity.CRITICAL),
    ],
)
def test_a_subscription_must_be_enabled(state: str, severity: Severity | None) -> None:
    seen = replace(survey(), subscription=replace(OWNER, state=state))
    assert ([severity] if severity else []) == [one.severity for one in found("subscription-state", seen)]


def test_a_move_is_told_where_there_is_signing() -> None:
    moved = Moved("one", "two", NOW)
    assert 1 == len(found("subscription-moved", survey(moved=moved)))
    assert [] == found("subscription-moved", replace(NOBODY, moved=moved))


def changed(what: What, ago: timedelta, **parts: Any) -> list[Finding]:
    happened = (Happened(what, NOW - ago, "Basic", "Premium"),)
    if what is What.DELETED:
        gone = {GAMES.id: AccountFacts(GAMES, (profile(GAMES),), OLD, happened, NOW - ago)}
        return found("account-deleted", replace(NOBODY, gone=gone))
    facts = {GAMES.id: AccountFacts(GAMES, (), OLD, happened)}
    return found({What.APPEARED: "account-appeared", What.SKU: "account-sku-changed"}[what], survey(facts=facts))


@pytest.mark.parametrize("what", [What.APPEARED, What.SKU, What.DELETED])
@pytest.mark.parametrize(("ago", "speaks"), [(timedelta(), True), (timedelta(days=6.99), True), (7 * DAY, False)])
def test_what_changed_is_worth_knowing_for_a_week(what: What, ago: timedelta, speaks: bool) -> None:
    assert speaks == bool(changed(what, ago))


def test_a_deletion_says_what_was_in_it_and_how() -> None:
    [one] = changed(What.DELETED, DAY)
    assert (Severity.WARNING, "Account games (Games) was deleted, with 1 certificate profile") == (
        one.severity,
        one.what,
    )
    assert "no event told by which operation" == one.facts["Operation"]


DELETE, WRITE = (f"microsoft.codesigning/codesigningaccounts/{verb}" for verb in ("delete", "write"))
KNOWN = AccountFacts(GAMES, (profile(GAMES),), OLD)


def burst(operation: str = "", ago: timedelta = timedelta()) -> Burst:
    return Burst(GAMES.id, operation=operation, operated=NOW - ago if operation else None)


@pytest.mark.parametrize(
    ("told", "operation", "ago"),
    [
        (burst(), "", timedelta()),
        (burst(DELETE, timedelta(minutes=9)), DELETE, timedelta(minutes=9)),
        (burst(WRITE, timedelta(minutes=9)), "", timedelta()),
        (burst(DELETE, 2 * DAY), "", timedelta()),
    ],
)
def test_when_and_by_which_operation_comes_from_the_event(told: Burst, operation: str, ago: timedelta) -> None:
    gone = facts_gone(KNOWN, told, NOW)
    [one] = gone.happened
    assert (What.DELETED, operation, NOW - ago, NOW - ago) == (one.what, one.operation, one.at, gone.gone)


def test_an_event_that_comes_after_the_look_adds_the_operation() -> None:
    noticed = facts_gone(KNOWN, burst(), NOW)
    assert noticed == facts_gone(noticed, burst(), NOW + DAY)
    told = facts_gone(noticed, burst(DELETE, timedelta(hours=1)), NOW + timedelta(hours=1))
    assert [(DELETE, NOW - timedelta(hours=1))] == [(one.operation, one.at) for one in told.happened]


def test_what_changes_between_two_looks_is_noted() -> None:
    after = facts_after(
        KNOWN,
        replace(GAMES, sku="Premium"),
        (profile(GAMES, identity_validation_id=OTHER_ID), profile(GAMES, name="new")),
        burst(),
        NOW,
        appears=True,
    )
    assert [(What.SKU, "Basic", "Premium", ""), (What.REBOUND, ID, OTHER_ID, "release")] == [
        (one.what, one.before, one.after, one.profile) for one in after.happened
    ]
    again = facts_after(after, after.account, after.profiles, burst(), NOW + DAY, appears=True)
    assert after == again


def test_an_account_appears_unless_everything_is_seen_for_the_first_time() -> None:
    born = replace(GAMES, created=NOW - timedelta(minutes=5))
    new = facts_after(None, born, (), burst(WRITE, timedelta(minutes=5)), NOW, appears=True)
    assert [(What.APPEARED, WRITE)] == [(one.what, one.operation) for one in new.happened]
    assert () == facts_after(None, born, (), burst(), NOW, appears=False).happened


def test_old_changes_are_forgotten_and_there_are_never_too_many() -> None:
    old = Happened(What.SKU, NOW - KEPT_FOR)
    assert () == recent((old,), NOW)
    many = tuple(Happened(What.SKU, NOW, after=str(number)) for number in range(50))
    assert ("30", "49", 20) == ((kept := recent(many, NOW))[0].after, kept[-1].after, len(kept))


def test_each_account_with_a_bad_tag_is_named() -> None:
    bad, good = account("bad", tags={"countersign-keep": "perhaps"}), account("good", tags={"countersign-keep": "true"})
    assert [("bad",)] == [one.accounts for one in found("tag-malformed", survey(bad, good))]


BAD = {"countersign-keep": "perhaps"}


def test_a_bad_tag_is_one_problem_of_the_place_that_carries_it() -> None:
    grouped = [account(name, group_tags=BAD) for name in ("one", "two")]
    [of_group] = found("tag-malformed", survey(*grouped))
    assert ("A tag of resource group rg (Games) cannot be read", ("one", "two")) == (
        of_group.what.partition(":")[0],
        of_group.accounts,
    )
    owned = replace(survey(account("one"), account("two")), subscription=replace(OWNER, tags=BAD))
    [of_subscription] = found("tag-malformed", owned)
    assert "A tag of subscription Games cannot be read" == of_subscription.what.partition(":")[0]


def unread(*spots: tuple[Blind, float]) -> list[tuple[str, Severity]]:
    """Blind spots, each for so many hours."""
    known = {spot.key: NOW - timedelta(hours=hours) for spot, hours in spots}
    seen = survey(blind=tuple(spot for spot, _ in spots), unread=known)
    return [(one.subject, one.severity) for one in found("subscription-unreadable", seen)]


WHOLE = Blind(About.ACCOUNTS, OWNER.scope, "403")
PROFILES, USAGE = (Blind(about, account().id, "403") for about in (About.PROFILES, About.USAGE))
LOCKS = Blind(About.LOCKS, OWNER.scope, "403")


@pytest.mark.parametrize(
    ("spots", "told"),
    [
        ([(PROFILES, 240), (USAGE, 0)], [(f"{OWNER.id}/part", Severity.CRITICAL)]),
        ([(LOCKS, 240), (USAGE, 1)], [(f"{OWNER.id}/part", Severity.WARNING)]),
        ([(LOCKS, 240)], [(f"{OWNER.id}/part", Severity.WARNING)]),
        ([(LOCKS, 240), (WHOLE, 1)], [(OWNER.id, Severity.WARNING)]),
        ([(WHOLE, 24)], [(OWNER.id, Severity.CRITICAL)]),
    ],
)
def test_each_blind_spot_has_its_own_beginning(
    spots: list[tuple[Blind, float]], told: list[tuple[str, Severity]]
) -> None:
    """Nobody is woken for locks; the loss of the whole is told whatever was lost before."""
    assert told == unread(*spots)


def test_a_deletion_has_one_key_though_an_event_tells_another_day() -> None:
    gone = replace(_gone(NOW), happened=(Happened(What.DELETED, NOW),))
    both = [survey(account("other"), gone={GAMES.id: one}) for one in (gone, _gone(NOW - DAY))]
    assert 1 == len({found("account-deleted", seen)[0].key for seen in both})


def _gone(at: datetime) -> AccountFacts:
    return AccountFacts(GAMES, (), OLD, (Happened(What.DELETED, at),), at)


LATELY = NOW - timedelta(hours=2)


@pytest.mark.parametrize(("created", "at"), [(LATELY, LATELY), (OLD, NOW), (None, NOW)])
def test_an_account_that_comes_into_sight_is_new_though_it_is_old(created: datetime | None, at: datetime) -> None:
    known = facts_after(None, replace(GAMES, created=created), (), Burst(GAMES.id), NOW, appears=True)
    assert [at] == [one.at for one in known.happened]
