"""One check as text: what needs somebody, what is fine, what nobody told us, what could not be read."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from shared.domain.account import SigningAccount
from shared.domain.blind import About, Blind
from shared.domain.cost import Bill
from shared.domain.finding import Finding, Severity
from shared.domain.look import Look
from shared.domain.memory import Decision, Reason
from shared.domain.policy import Policy
from shared.domain.reach import Reached
from shared.domain.signatures import signatures_of
from shared.domain.subscription import Subscription
from shared.domain.survey import Survey
from shared.domain.usage import SigningUsage
from shared.domain.view import view_of
from shared.reports.check import Check, head, lines, pad
from tests.flows.fakes import Profile

NOW = datetime(2026, 11, 20, 9, 7, tzinfo=UTC)
OWNER = Subscription("11111111-1111-4111-8111-111111111111", "Games")
MONTH = NOW.replace(day=1, hour=0, minute=0)
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
    signatures={FINE.id: signatures_of({MONTH: SigningUsage(FINE.id, MONTH, {0: 12})})},
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


def bill(scope: str, read: str, forecast: str | None = None) -> Bill:
    foreseen = {"USD": Decimal(forecast)} if forecast else None
    return Bill(scope, date(2026, 11, 1), NOW, {"USD": Decimal(read)}, date(2026, 11, 18), foreseen)


def test_the_bill_is_said_with_how_far_it_goes_and_what_is_foreseen() -> None:
    both = (bill("/a", "400.105", "700"), bill("/b", "1100", "1500.5"))
    assert [
        "COST      1,500.10 USD billed this month, as far as 18 Nov 2026; 2,200.50 USD foreseen for the month"
    ] == list(lines(Check(LOOK, (), both)))


def test_a_forecast_of_a_part_is_none_of_the_whole() -> None:
    both = (bill("/a", "400", "700"), replace(bill("/b", "7"), totals={"EUR": Decimal(7)}))
    assert ["COST      7.00 EUR and 400.00 USD billed this month, as far as 18 Nov 2026"] == list(
        lines(Check(LOOK, (), both))
    )


def test_a_bill_that_no_longer_holds_everything_says_so() -> None:
    without = replace(bill("/a", "400", "700"), missing=(OWNER.id, "2"))
    [line] = [line for line in lines(replace(check(SURVEY), bills=(without,))) if line.startswith("COST")]
    assert line.endswith(
        "as far as 18 Nov 2026, without Games and 2, which Azure's bill no longer shows; "
        "700.00 USD foreseen for the month"
    )


def test_a_bill_that_could_not_be_read_and_a_service_that_is_not_there_are_said() -> None:
    unbilled = Blind(About.COSTS, "/subscriptions/a", "The Cost Management Reader role is missing.")
    look = replace(LOOK, reached=(Reached("timestamp service", "timestamp.example", "No answer in 10 s."),))
    assert [
        "NO ANSWER timestamp service (timestamp.example): No answer in 10 s.",
        "NOT READ  the bill: The Cost Management Reader role is missing.",
    ] == list(lines(Check(look, (), (), (unbilled,))))


def test_locks_are_of_the_subscription_and_not_of_its_accounts() -> None:
    spots = (Blind(About.LOCKS, OWNER.scope, "The Reader role is missing."),)
    assert [
        "NOT READ  subscription Games: locks, nothing closed there",
        "          why: The Reader role is missing.",
    ] == [line for line in lines(check(replace(SURVEY, blind=spots))) if "NOT READ" in line or "why" in line]


def test_unknown_signatures_are_not_zero() -> None:
    [view] = check().views
    assert [12, None, None] == [account.signatures for account in view.accounts]


def test_columns_hold_wide_characters() -> None:
    assert ("経理部  |", "abc     |") == (pad("経理部", 8) + "|", pad("abc", 8) + "|")
