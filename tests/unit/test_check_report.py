"""One check as text: what needs somebody, what is fine, what nobody told us, what could not be read."""

from dataclasses import replace
from datetime import UTC, datetime

from shared.domain.account import SigningAccount
from shared.domain.blind import About, Blind
from shared.domain.finding import Finding, Severity
from shared.domain.look import Look
from shared.domain.memory import Decision, Reason
from shared.domain.policy import Policy
from shared.domain.subscription import Subscription
from shared.domain.survey import Survey
from shared.domain.usage import SigningUsage
from shared.domain.view import view_of
from shared.reports.check import Check, head, lines, pad
from tests.flows.fakes import Profile

NOW = datetime(2026, 11, 20, 9, 7, tzinfo=UTC)
OWNER = Subscription("11111111-1111-4111-8111-111111111111", "Games")
LOOK = Look("20261120T090700000Z", NOW, (OWNER.id,), calls=48)
FINE, TROUBLED, NEW = (
    SigningAccount(f"{OWNER.scope}/{name}", name, OWNER.id, "rg", region, sku)
    for name, region, sku in (("fine", "eastus", "Basic"), ("bad", "eastus", "Premium"), ("new", "westeurope", "Basic"))
)
SURVEY = Survey(
    OWNER,
    NOW,
    (FINE, TROUBLED, NEW),
    profiles={
        FINE.id: (Profile().shown(FINE.id, NOW),),
        TROUBLED.id: (Profile(status="Suspended").shown(TROUBLED.id, NOW),),
        NEW.id: (replace(Profile().shown(NEW.id, NOW), certificates=()),),
    },
    usage={FINE.id: SigningUsage(FINE.id, NOW.replace(day=1, hour=0, minute=0), {0: 12})},
)
SUSPENDED = Finding(
    "profile-suspended",
    "x",
    Severity.CRITICAL,
    what="bad is suspended",
    stops="",
    next_step="Answer Microsoft. Do not delete it.",
    rests_on=(),
    accounts=("bad",),
)
WARNING = replace(SUSPENDED, severity=Severity.WARNING, what="a warning", subject="y")


def check(survey: Survey = SURVEY, *findings: Finding, decisions: tuple[Decision, ...] = ()) -> Check:
    return Check(LOOK, (view_of(survey, LOOK.id, findings, decisions, Policy()),))


def test_the_head_says_when_how_many_and_what_they_cost() -> None:
    assert (
        "Fri 20 Nov 2026 09:07 UTC   3 accounts, 1 subscription, 2 regions   "
        "48 calls to Azure, 119.97 USD fees a month by list price"
    ) == head(check())
    assert "   1.4 s, 48 calls to Azure," in head(check(), 1.42)


def test_the_worst_comes_first_with_one_next_step() -> None:
    assert [
        "CRITICAL  bad is suspended",
        "          next: Answer Microsoft",
        "warning   a warning",
        "          next: Answer Microsoft",
        'fine      2 accounts, 1 of them new without a certificate yet; "certificate expires in 2 days" is normal',
        "to enter  1 expiry date that Azure does not tell: aaaaaaaa (Games)",
    ] == list(lines(check(SURVEY, WARNING, SUSPENDED)))


def test_a_part_of_a_larger_problem_is_not_listed() -> None:
    hidden = Decision(SUSPENDED, "mail", Reason.INHIBITED)
    assert [] == [line for line in lines(check(SURVEY, SUSPENDED, decisions=(hidden,))) if "suspended" in line]


def test_what_could_not_be_read_is_not_fine() -> None:
    blind = replace(SURVEY, profiles={}, blind=(Blind(About.ACCOUNTS, OWNER.scope, "The Reader role is missing."),))
    assert [
        "NOT READ  subscription Games: 3 accounts, nothing closed there",
        "          why: The Reader role is missing.",
    ] == list(lines(check(blind)))


def test_a_missing_role_for_signatures_is_said_for_what_it_hides() -> None:
    spots = tuple(Blind(About.USAGE, scope, "The Monitoring Reader role is missing.") for scope in ("/a", "/b"))
    assert [
        "NOT READ  subscription Games: signing usage of 2 accounts, nothing closed there",
        "          why: The Monitoring Reader role is missing.",
    ] == [line for line in lines(check(replace(SURVEY, blind=spots))) if "NOT READ" in line or "why" in line]


def test_a_list_of_accounts_that_could_not_be_read_is_said_so() -> None:
    look = replace(LOOK, blind=(Blind(About.ACCOUNTS, "", "No sign-in."),))
    assert ["NOT READ  the list of all accounts: No sign-in."] == list(lines(Check(look, ())))


def test_unknown_signatures_are_not_zero() -> None:
    [view] = check().views
    assert [12, None, None] == [account.signatures for account in view.accounts]


def test_columns_hold_wide_characters() -> None:
    assert ("経理部  |", "abc     |") == (pad("経理部", 8) + "|", pad("abc", 8) + "|")
