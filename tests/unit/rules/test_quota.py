"""Quota: thresholds are crossed, not met; what is unknown makes a lower bound; each month is new."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from shared.domain.account import SigningAccount
from shared.domain.finding import Finding, Severity
from shared.domain.policy import Policy, QuotaPolicy, SkuTerms
from shared.domain.price import Prices, UnitPrice
from shared.domain.rules.quota import signing_quota
from shared.domain.signatures import signatures_of
from shared.domain.subscription import Subscription
from shared.domain.survey import Survey
from shared.domain.usage import SigningUsage, Window
from tests.unit.rules.samples import DAY, GAMES, OLD, TODAY, account, daily, found, signed, survey

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MONTH = datetime(2026, 11, 1, tzinfo=UTC)
OWNER = Subscription("11111111-1111-4111-8111-111111111111", "Games")


def judge(total: int, sku: str = "Basic", read_until: datetime | None = NOW) -> list[Finding]:
    account = SigningAccount("/a", "tools", OWNER.id, "rg", "westeurope", sku)
    signed = {account.id: signatures_of({MONTH: SigningUsage(account.id, MONTH, {5: total}, read_until)})}
    return list(signing_quota(Survey(OWNER, NOW, (account,), signatures=signed), Policy(), NOW))


@pytest.mark.parametrize(
    ("total", "level", "severity", "again"),
    [
        (2_500, 1, Severity.INFO, "at 80 %"),
        (3_999, 1, Severity.INFO, "at 80 %"),
        (4_000, 2, Severity.WARNING, "at 90 %"),
        (4_500, 3, Severity.WARNING, "at 100 %"),
        (4_999, 3, Severity.WARNING, "at 100 %"),
        (5_000, 4, Severity.WARNING, "not before the next period"),
        (50_000, 4, Severity.WARNING, "not before the next period"),
    ],
)
def test_each_threshold_is_a_level_of_its_own(total: int, level: int, severity: Severity, again: str) -> None:
    [found] = judge(total)
    assert (level, severity, again) == (found.level, found.severity, found.next_word)


@pytest.mark.parametrize(("total", "sku"), [(0, "Basic"), (2_499, "Basic"), (49_999, "Premium"), (99_999, "Gold")])
def test_below_the_first_threshold_or_with_an_unknown_sku_nothing_is_said(total: int, sku: str) -> None:
    assert [] == judge(total, sku)


@pytest.mark.parametrize(
    ("tag", "total", "severity"),
    [
        ("70", 3_500, Severity.WARNING),
        ("40", 2_000, Severity.WARNING),
        ("40,50", 2_000, Severity.INFO),
        ("40,50", 2_500, Severity.WARNING),
        ("50,60", 2_500, Severity.INFO),
        ("51,60", 2_550, Severity.WARNING),
    ],
)
def test_only_early_thresholds_are_worth_no_more_than_knowing_and_never_the_last(
    tag: str, total: int, severity: Severity
) -> None:
    named = account(tags={"countersign-quota-warn-percent": tag})
    [one] = found("signing-quota", survey(named, signatures={named.id: signed({date(2026, 11, 3): total})}))
    assert severity == one.severity


def test_what_comes_on_top_is_said_in_dollars() -> None:
    [found] = judge(7_000)
    assert (
        "Account tools (Games) has made 7,000 of the 5,000 signatures included in November (100 % crossed)"
        == found.what
    )
    assert found.stops.endswith("by list price; so far 10.00 USD.")


def test_above_the_quota_it_is_said_what_the_period_will_cost_where_that_can_be_foreseen() -> None:
    [one] = found("signing-quota", survey(signatures={GAMES.id: signed(daily(400))}))
    assert one.stops.endswith("by list price; so far 13.00 USD, about 35.00 USD to the end of November.")
    [below] = found("signing-quota", survey(signatures={GAMES.id: signed(daily(240, 19))}))
    assert below.stops.endswith("every further signature costs 0.005 USD by list price.")


@pytest.mark.parametrize(
    ("read_until", "words"),
    [(NOW - timedelta(hours=2), "made 4,000"), (NOW - timedelta(hours=3), "made at least 4,000"), (None, "at least")],
)
def test_what_was_not_read_to_the_end_is_a_lower_bound(read_until: datetime | None, words: str) -> None:
    [found] = judge(4_000, read_until=read_until)
    assert words in found.what


def test_hours_of_which_azure_says_nothing_are_told() -> None:
    [found] = judge(4_000)
    assert "467 hours of which Azure says nothing" == found.facts["Not counted"]


def test_each_month_is_a_problem_of_its_own() -> None:
    [found] = judge(4_000)
    assert "rg/tools/2026-11" == found.subject


def quota(
    rule: str, by_day: dict[date, int], sku: str = "Basic", policy: Policy | None = None, **tags: str
) -> list[str]:
    named = account(sku=sku, tags={name.replace("_", "-"): value for name, value in tags.items()})
    seen = survey(named, signatures={named.id: signed(by_day)})
    return [one.what for one in found(rule, seen, policy)]


@pytest.mark.parametrize(
    ("tag", "total", "speaks"),
    [("70", 3_499, False), ("70", 3_500, True), ("150,70", 2_600, False), ("200", 9_999, False), ("lots", 2_500, True)],
)
def test_a_tag_on_the_account_sets_its_own_thresholds(tag: str, total: int, speaks: bool) -> None:
    assert speaks == bool(quota("signing-quota", {date(2026, 11, 3): total}, countersign_quota_warn_percent=tag))


@pytest.mark.parametrize(
    ("billing_day", "on", "counted"),
    [
        (1, date(2026, 11, 1), True),
        (1, date(2026, 10, 31), False),
        (15, date(2026, 11, 14), False),
        (15, date(2026, 11, 15), True),
        (21, date(2026, 10, 21), True),
        (21, date(2026, 10, 20), False),
    ],
)
def test_the_period_begins_on_the_billing_day(billing_day: int, on: date, counted: bool) -> None:
    policy = Policy(quota=QuotaPolicy(billing_day=billing_day))
    assert counted == bool(quota("signing-quota", {on: 4_000}, policy=policy))


@pytest.mark.parametrize(("total", "level"), [(6_997, None), (6_998, 1), (8_994, 1), (8_996, 2), (12_992, 3)])
def test_overage_is_told_when_it_costs_as_much_as_the_fee_and_at_each_doubling(total: int, level: int | None) -> None:
    spoken = found("quota-overage", survey(signatures={GAMES.id: signed({date(2026, 11, 3): total})}))
    assert ([level] if level else []) == [one.level for one in spoken]


def test_overage_says_what_it_costs_so_far_and_will_to_the_end() -> None:
    [what] = quota("quota-overage", daily(400))
    assert what.endswith("has made 2,600 signatures above its quota in November: 13.00 USD by list price so far")
    [one] = found("quota-overage", survey(signatures={GAMES.id: signed(daily(400))}))
    assert one.stops == "Signing goes on; overage to the end of November: about 35.00 USD by list price."


@pytest.mark.parametrize(
    ("fee", "total", "level", "again"),
    [
        ("0", 6_999, None, ""),
        ("0", 7_000, 1, "at 20.00 USD by list price"),
        ("0", 8_999, 1, "at 20.00 USD by list price"),
        ("0", 9_000, 2, "at 40.00 USD by list price"),
        ("20", 8_999, None, ""),
        ("20", 9_000, 1, "at 2 times the monthly fee"),
    ],
)
def test_without_a_fee_overage_is_told_at_ten_and_at_each_doubling(
    fee: str, total: int, level: int | None, again: str
) -> None:
    policy = Policy(quota=QuotaPolicy(basic=SkuTerms(Decimal(fee), 5_000)))
    spoken = found("quota-overage", survey(signatures={GAMES.id: signed({date(2026, 11, 3): total})}), policy)
    assert ([(level, again)] if level else []) == [(one.level, one.next_word) for one in spoken]


EUROS = Prices(
    {
        "basic": UnitPrice(Decimal("9.20"), Decimal("0.0046046046"), 5_000, "EUR", listed=False),
        "premium": UnitPrice(Decimal("60.00"), Decimal("0.0046046046"), 100_000, "EUR", listed=False),
    }
)


@pytest.mark.parametrize(
    ("sku", "total", "a_day", "prices", "advice"),
    [
        ("Basic", 9_000, 200, Prices(), "Above 23,000 signatures a month Premium is cheaper, by list price; a change"),
        ("Basic", 9_000, 200, EUROS, "Above 16,030 signatures a month Premium is cheaper; a change counts"),
        ("Premium", 130_000, 4_000, Prices(), ""),
        ("Premium", 130_000, 4_000, EUROS, ""),
    ],
)
def test_premium_is_recommended_by_the_prices_in_force_and_to_no_premium_account(
    sku: str, total: int, a_day: int, prices: Prices, advice: str
) -> None:
    one = account(sku=sku)
    over = survey(one, signatures={one.id: signed({date(2026, 11, 3): total})}, prices=prices)
    ahead = survey(one, signatures={one.id: signed(daily(a_day))}, prices=prices)
    for rule, seen in (("quota-overage", over), ("quota-forecast", ahead)):
        [spoken] = found(rule, seen)
        assert (advice in spoken.next_step, "Premium" in spoken.next_step) == (True, bool(advice))


def test_a_unit_price_is_said_to_four_digits() -> None:
    [one] = found("signing-quota", survey(signatures={GAMES.id: signed({TODAY: 4_000})}, prices=EUROS))
    assert one.stops.endswith("every further signature costs 0.004605 EUR.")


@pytest.mark.parametrize(
    ("peak", "today", "speaks"),
    [
        (50, 999, False),
        (50, 1_000, True),
        (100, 999, False),
        (100, 1_000, True),
        (150, 1_499, False),
        (150, 1_500, True),
        (0, 999, False),
        (0, 1_000, True),
    ],
)
def test_a_spike_is_ten_times_the_own_peak_and_at_least_a_thousand(peak: int, today: int, speaks: bool) -> None:
    """It is seen for three days: points come up to two days late."""
    for back in range(3):
        assert speaks == bool(quota("signing-spike", daily(peak) | {TODAY - back * DAY: today}))
    assert not quota("signing-spike", daily(peak) | {TODAY - 3 * DAY: today})


def spikes(by_day: dict[date, int], now: datetime = NOW) -> list[tuple[Severity, str]]:
    seen = survey(signatures={GAMES.id: signed(by_day, now)})
    return [(one.severity, one.what.removeprefix("Account games (Games) made ")) for one in found(SPIKE, seen, now=now)]


SPIKE = "signing-spike"
RELEASES = {date(2026, 9, 7): 2_000, date(2026, 10, 5): 2_000, date(2026, 11, 2): 2_000, date(2026, 12, 7): 2_000}


@pytest.mark.parametrize("day", [date(2026, 10, 5), date(2026, 11, 2), date(2026, 11, 4), date(2026, 12, 7)])
@pytest.mark.parametrize("usual", [0, 3])
def test_a_release_by_the_month_is_no_spike_though_it_lies_five_weeks_back(day: date, usual: int) -> None:
    now = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
    by_day = daily(usual, 60, now) | {on: number for on, number in RELEASES.items() if on <= day}
    assert [] == spikes(by_day, now)


@pytest.mark.parametrize(
    ("by_day", "heard"),
    [
        ({TODAY: 999}, []),
        ({TODAY: 1_000}, [(Severity.WARNING, "1,000 signatures on 20 Nov 2026, its first signatures that are known")]),
        (
            {TODAY - 40 * DAY: 1, TODAY: 1_000},
            [(Severity.CRITICAL, "1,000 signatures on 20 Nov 2026; the busiest day known before had 1")],
        ),
        (
            {TODAY - 2 * DAY: 1_500, TODAY: 2_000},
            [(Severity.WARNING, "1,500 signatures on 18 Nov 2026, its first signatures that are known")],
        ),
        (
            {TODAY - 2 * DAY: 1_500, TODAY: 15_000},
            [(Severity.CRITICAL, "15,000 signatures on 20 Nov 2026; the busiest day known before had 1,500")],
        ),
        (
            {TODAY - 9 * DAY: 9, TODAY - 2 * DAY: 1_500, TODAY - DAY: 1_600, TODAY: 90_000},
            [(Severity.CRITICAL, "1,500 signatures on 18 Nov 2026; the busiest day known before had 9")],
        ),
    ],
)
def test_first_signatures_page_nobody_and_of_several_spikes_the_earliest_is_told(
    by_day: dict[date, int], heard: list[tuple[Severity, str]]
) -> None:
    """But first signatures do not cover up what comes after them."""
    assert heard == spikes(by_day)


def test_of_an_account_of_which_nothing_is_known_no_day_is_a_spike() -> None:
    unknown = signed({TODAY: 50_000}, silent=True)
    assert [] == found("signing-spike", survey(signatures={GAMES.id: unknown}))
    one_release = signed({TODAY - 9 * DAY: 40, TODAY: 50_000}, silent=True)
    assert 1 == len(found("signing-spike", survey(signatures={GAMES.id: one_release})))
    new = replace(one_release, gaps=(Window(OLD, NOW - 3 * DAY),))
    assert [] == found("signing-spike", survey(signatures={GAMES.id: new}))
    zeros = signed({TODAY: 50_000})
    for days, speaks in ((6, False), (7, True)):
        few = {on: zeros.days[on] for on in (TODAY - number * DAY for number in range(days + 1))}
        assert speaks == bool(found("signing-spike", survey(signatures={GAMES.id: replace(zeros, days=few)})))


@pytest.mark.parametrize(
    ("by_day", "speaks"),
    [
        (daily(160), False),
        (daily(170), True),
        (daily(250), True),
        (daily(300), False),
        (daily(200, 13), False),
        (daily(200, 14), True),
    ],
)
def test_the_usual_week_tells_whether_the_quota_will_do(by_day: dict[date, int], speaks: bool) -> None:
    """300 a day have crossed it already, which is another rule's; two weeks must be known."""
    seen = survey(signatures={GAMES.id: replace(signed(by_day), days=signed(by_day, silent=True).days)})
    assert speaks == bool(found("quota-forecast", seen))
