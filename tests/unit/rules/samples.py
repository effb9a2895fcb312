"""A survey in which each rule of the book finds something, and small builders for the tables beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from shared.domain.account import Certificate, CertificateProfile, SigningAccount
from shared.domain.blind import About, Blind
from shared.domain.budget import Spending
from shared.domain.cost import AccountCost, Charge, CostScope
from shared.domain.finding import Finding, Rule
from shared.domain.fleet import FleetSurvey
from shared.domain.happened import Happened, What
from shared.domain.look import Look, ShardEnd
from shared.domain.matching import Match
from shared.domain.policy import Budget, CostPolicy, Policy
from shared.domain.price import prices_of
from shared.domain.reach import Reached
from shared.domain.rules.book import BOOK
from shared.domain.signatures import Signatures, signatures_of
from shared.domain.silence import Silence
from shared.domain.subscription import DailyFacts, Moved, Subscription
from shared.domain.survey import AccountFacts, Survey
from shared.domain.usage import HOUR, SigningUsage, last_month, month_of
from shared.domain.validation import FailureReason, RegisterEntry, Trust, ValidationStatus, Way
from shared.domain.walk import Halt, RetireState, Stage, Walk

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
OWNER = Subscription("3c0e8f52-74d5-4a1b-92cf-8f6d4b309c32", "Games", "tenant-1", "Enabled")
ID = "4931e07a-52c8-4d6f-9b13-6a0c8e7d2f95"
OTHER_ID = "87eafa5b-2f0e-4f57-a5f6-6a55ff0d7f10"
OLD = datetime(2025, 3, 1, tzinfo=UTC)
COMPLETED, FAILED = ValidationStatus.COMPLETED, ValidationStatus.FAILED
IN_PROGRESS, ACTION = ValidationStatus.IN_PROGRESS, ValidationStatus.ACTION_REQUIRED


def account(name: str = "games", **parts: Any) -> SigningAccount:
    """A Basic account, long there."""
    id_ = f"{OWNER.scope}/resourcegroups/rg/providers/microsoft.codesigning/codesigningaccounts/{name}"
    known = SigningAccount(id_, name, OWNER.id, "rg", "westeurope", "Basic", "Succeeded", OLD)
    return replace(known, **parts)


def certificate(created: datetime, **parts: Any) -> Certificate:
    """One of three days."""
    known = Certificate(f"{created:%Y%m%d}", f"{created:%Y%m%d}", created, created + 3 * DAY)
    return replace(known, **parts)


def profile(owner: SigningAccount, newest: datetime | None = NOW - 5 * HOUR, **parts: Any) -> CertificateProfile:
    """An active one with a certificate a day, the last of them `newest`."""
    issued = [certificate(newest - number * DAY) for number in range(4)] if newest else []
    known = CertificateProfile(
        owner.id, "release", "PublicTrust", "Active", ID, "Succeeded", OLD, tuple(reversed(issued))
    )
    return replace(known, **parts)


def entry(status: ValidationStatus = COMPLETED, **parts: Any) -> RegisterEntry:
    """What ana said half a year ago."""
    known = RegisterEntry(OWNER.id, ID, status, "ana", NOW - 100 * DAY, Way.PERSON, organisation="Contoso Games GmbH")
    return replace(known, **parts)


def signed(by_day: Mapping[date, int], now: datetime = NOW, *, silent: bool = False) -> Signatures:
    """Signatures by day, at noon, over this month and the one before; other hours are zero, or `silent`: unknown."""
    months = {}
    for month in (last_month(month_of(now)), month_of(now)):
        until = min(now, SigningUsage("/a", month).whole.end)
        hours = {} if silent else dict.fromkeys(range((until - month) // HOUR), 0)
        for on, number in by_day.items():
            if (on.year, on.month) == (month.year, month.month):
                hours[(on.day - 1) * 24 + 11] = number
        months[month] = SigningUsage("/a", month, hours, until)
    return signatures_of(months)


def daily(number: int, days: int = 50, now: datetime = NOW) -> dict[date, int]:
    """So many each day, up to yesterday."""
    return {now.date() - back * DAY: number for back in range(1, days + 1)}


def cost(owner: SigningAccount, month: date, *charges: tuple[str, str], currency: str = "EUR") -> AccountCost:
    """Charges of the second day of a month: meter and amount. Months before this one have settled."""
    day = month.replace(day=2)
    found = tuple(Charge(day, name, Decimal(amount), currency) for name, amount in charges)
    return AccountCost(owner.id, month, found, settled=month < TODAY.replace(day=1))


def survey(
    *accounts: SigningAccount, profiles: Mapping[str, tuple[CertificateProfile, ...]] | None = None, **parts: Any
) -> Survey:
    """These accounts, each with one healthy profile unless given."""
    there = accounts or (account(),)
    shown = {one.id: (profile(one),) for one in there} | dict(profiles or {})
    facts = {one.id: AccountFacts(one, shown.get(one.id), OLD) for one in there}
    known = Survey(OWNER, NOW, there, profiles=shown, facts=facts)
    register = {one.key: one for one in parts.pop("said", ())}
    return replace(known, register=register, **parts)


def found(rule: str, seen: Any, policy: Policy | None = None, now: datetime = NOW) -> list[Finding]:
    """What a rule of the book finds."""
    judged: Rule[Any] = BOOK[rule]
    return judged.findings(seen, policy or Policy(), now)


@dataclass(frozen=True, slots=True)
class Sample:
    """One survey in which a rule speaks."""

    seen: Survey | FleetSurvey
    policy: Policy = Policy()  # noqa: RUF009
    now: datetime = NOW


GAMES = account()
LOOK = Look("20261120T120000000Z", NOW, (OWNER.id,), accounts=1)
END = ShardEnd(OWNER, NOW, 1)
NO_INDEX = Blind(About.ACCOUNTS, "", "The Reader role is missing (403 AuthorizationFailed).")
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def _happened(what: What, **parts: Any) -> AccountFacts:
    one = replace(Happened(what, NOW - 3 * HOUR), **parts)
    return AccountFacts(GAMES, (profile(GAMES),), OLD, (one,), NOW - 3 * HOUR if what is What.DELETED else None)


def _facts(known: AccountFacts) -> Mapping[str, AccountFacts]:
    return {GAMES.id: known}


def _billed(*costs: AccountCost, signatures: Mapping[str, Signatures] | None = None, **parts: Any) -> Survey:
    counted = signatures or {GAMES.id: signed(daily(20))}
    by_account = {GAMES.id: costs}
    prices = prices_of(by_account.values(), counted, Policy().quota, NOW)
    return survey(costs=by_account, signatures=counted, prices=prices, **parts)


SPENT = Spending({"EUR": Decimal("612.40")}, {"EUR": Decimal("790.00")})
BUDGET = Policy(cost=CostPolicy((Budget("total", Decimal(600), "EUR"),)))
AHEAD = Policy(cost=CostPolicy((Budget("total", Decimal(700), "EUR"),)))

SAMPLES: Mapping[str, Callable[[], Sample]] = {
    "validation-expiring": lambda: Sample(survey(said=[entry(expires=TODAY + 13 * DAY)])),
    "validation-expired": lambda: Sample(
        survey(
            said=[entry(expires=TODAY - 2 * DAY)],
            profiles={GAMES.id: (profile(GAMES, NOW - 3 * DAY),)},
        )
    ),
    "register-out-of-date": lambda: Sample(survey(said=[entry(expires=TODAY - 2 * DAY)])),
    "validation-failed": lambda: Sample(
        survey(
            profiles={GAMES.id: ()},
            said=[entry(FAILED, account="games", failure=FailureReason.EMAIL_MISSED)],
        )
    ),
    "validation-action-required": lambda: Sample(survey(said=[entry(ACTION, account="games", attempts_used=2)])),
    "validation-link": lambda: Sample(
        survey(said=[entry(IN_PROGRESS, account="games", requested=TODAY - 5 * DAY, email_verified=False)])
    ),
    "validation-stalled": lambda: Sample(
        survey(said=[entry(IN_PROGRESS, account="games", requested=TODAY - 40 * DAY, email_verified=True)])
    ),
    "register-missing": lambda: Sample(survey()),
    "account-unexplained": lambda: Sample(survey(profiles={GAMES.id: ()})),
    "register-unconfirmed": lambda: Sample(survey(said=[entry(expires=TODAY + 300 * DAY, said_at=NOW - 200 * DAY)])),
    "validation-kind": lambda: Sample(survey(said=[entry(expires=TODAY + 300 * DAY, trust=Trust.PRIVATE)])),
    "profile-rebound": lambda: Sample(
        survey(facts=_facts(_happened(What.REBOUND, before=OTHER_ID, after=ID, profile="release")))
    ),
    "renewal-stopped": lambda: Sample(survey(profiles={GAMES.id: (profile(GAMES, NOW - 2 * DAY),)})),
    "signing-down": lambda: Sample(survey(profiles={GAMES.id: (profile(GAMES, NOW - 4 * DAY),)})),
    "account-suspended": lambda: Sample(survey(replace(GAMES, provisioning_state="Suspended"))),
    "profile-suspended": lambda: Sample(survey(profiles={GAMES.id: (profile(GAMES, status="Suspended"),)})),
    "certificate-revoked": lambda: Sample(
        survey(
            profiles={
                GAMES.id: (
                    profile(
                        GAMES,
                        certificates=(
                            certificate(
                                NOW - DAY,
                                revocation_status="Failed",
                                revocation_asked=NOW - 2 * HOUR,
                                revocation_failure="internal error",
                            ),
                        ),
                    ),
                )
            }
        )
    ),
    "provisioning-failed": lambda: Sample(survey(replace(GAMES, provisioning_state="Failed"))),
    "signing-silent": lambda: Sample(
        survey(signatures={GAMES.id: signed({on: n for on, n in daily(40).items() if on < TODAY - 4 * DAY})})
    ),
    "contradiction": lambda: Sample(survey(said=[entry(FAILED, failure=FailureReason.UNDETERMINED)])),
    "signing-quota": lambda: Sample(survey(signatures={GAMES.id: signed(daily(240, 19))})),
    "quota-forecast": lambda: Sample(survey(signatures={GAMES.id: signed(daily(200))})),
    "quota-overage": lambda: Sample(survey(signatures={GAMES.id: signed(daily(400))})),
    "signing-spike": lambda: Sample(survey(signatures={GAMES.id: signed(daily(30) | {TODAY: 4_000})})),
    "cost-idle": lambda: Sample(survey(signatures={GAMES.id: signed({TODAY - 45 * DAY: 3})})),
    "cost-unusual": lambda: Sample(
        _billed(
            cost(GAMES, OCTOBER, ("Basic Account", "9.20")),
            cost(GAMES, NOVEMBER, ("Basic Account", "9.20"), ("Signature Overage", "31.05")),
        )
    ),
    "bill-differs": lambda: Sample(
        _billed(cost(GAMES, OCTOBER, ("Basic Account", "9.20"), ("Signature Overage", "14.00")))
    ),
    "billed-after-deletion": lambda: Sample(
        survey(
            account("other"),
            gone={GAMES.id: replace(_happened(What.DELETED), gone=datetime(2026, 10, 9, tzinfo=UTC))},
            costs={GAMES.id: (cost(GAMES, NOVEMBER, ("Basic Account", "9.20")),)},
        )
    ),
    "sku-fit": lambda: Sample(survey(replace(GAMES, sku="Premium"), signatures={GAMES.id: signed(daily(20))})),
    "provider-not-registered": lambda: Sample(
        survey(daily=DailyFacts({"microsoft.codesigning": "Unregistered"}, (), NOW))
    ),
    "subscription-state": lambda: Sample(replace(survey(), subscription=replace(OWNER, state="PastDue"))),
    "subscription-moved": lambda: Sample(survey(moved=Moved("tenant-1", "tenant-2", NOW - DAY))),
    "account-appeared": lambda: Sample(survey(facts=_facts(_happened(What.APPEARED, after="Basic")))),
    "account-sku-changed": lambda: Sample(
        survey(
            facts=_facts(
                _happened(
                    What.SKU,
                    before="Basic",
                    after="Premium",
                    operation="microsoft.codesigning/codesigningaccounts/write",
                )
            )
        )
    ),
    "account-deleted": lambda: Sample(
        survey(
            account("other"),
            gone={GAMES.id: _happened(What.DELETED, operation="microsoft.codesigning/codesigningaccounts/delete")},
        )
    ),
    "retirement-announced": lambda: Sample(survey(GAMES, walks={GAMES.id: _walk(Stage.ANNOUNCED)})),
    "retirement-blocked": lambda: Sample(
        survey(GAMES, walks={GAMES.id: replace(_walk(Stage.BLOCKED), blocked=NOW - HOUR, why="Azure refused (403)")})
    ),
    "account-retired": lambda: Sample(
        survey(
            account("other"),
            gone={GAMES.id: replace(_happened(What.DELETED), account=GAMES)},
            walks={GAMES.id: replace(_walk(Stage.DELETED), accepted=NOW - 3 * HOUR, ended=NOW - 2 * HOUR)},
        )
    ),
    "retirement-held": lambda: Sample(
        FleetSurvey(
            LOOK,
            [END],
            retiring=RetireState(held="6 of 9 accounts would go: more than one in 5", held_since=NOW - HOUR),
        )
    ),
    "retirement-halted": lambda: Sample(
        FleetSurvey(LOOK, [END], retiring=RetireState(halt=Halt("ana", NOW - DAY, "until the audit is over")))
    ),
    "retirement-set-up": lambda: Sample(
        FleetSurvey(LOOK, [END], retiring=RetireState("mode approve", "mode off", changed=NOW - HOUR))
    ),
    "tag-malformed": lambda: Sample(survey(replace(GAMES, tags={"countersign-quota-warn-percent": "lots"}))),
    "subscription-unreadable": lambda: Sample(_unseen(Blind(About.ACCOUNTS, OWNER.scope, NO_INDEX.reason))),
    "account-out-of-sight": lambda: Sample(_unseen(Blind(About.ACCOUNTS, GAMES.id, NO_INDEX.reason))),
    "cost-budget": lambda: Sample(FleetSurvey(LOOK, [replace(END, spent={"total": SPENT})]), BUDGET),
    "cost-budget-forecast": lambda: Sample(FleetSurvey(LOOK, [replace(END, spent={"total": SPENT})]), AHEAD),
    "nothing-visible": lambda: Sample(FleetSurvey(replace(LOOK, accounts=0), [replace(END, accounts=0)])),
    "inventory-unreadable": lambda: Sample(
        FleetSurvey(replace(LOOK, blind=(NO_INDEX,)), [END], [NO_INDEX], NOW - 2 * HOUR)
    ),
    "bill-unreadable": lambda: Sample(FleetSurvey(LOOK, [END], cost_scopes=[_unbilled()])),
    "endpoint-unreachable": lambda: Sample(
        FleetSurvey(
            replace(LOOK, reached=(Reached("timestamp service", "http://timestamp.example", "timed out"),)), [END]
        )
    ),
    "settings-wrong": lambda: Sample(
        FleetSurvey(
            LOOK,
            [END],
            mistakes=["QUOTA__WARN_PERCNT is not a setting of Countersign: did you mean QUOTA__WARN_PERCENT?"],
        )
    ),
    "watch-late": lambda: Sample(
        FleetSurvey(LOOK, [END], before=[replace(LOOK, started=LOOK.started - 9 * HOUR)], due=LOOK.started - 8 * HOUR)
    ),
    "look-unfinished": lambda: Sample(FleetSurvey(LOOK, [], unended=["Games", "Labs"])),
    "nobody-told": lambda: Sample(FleetSurvey(LOOK, [END], told=False)),
    "receiver-refuses": lambda: Sample(FleetSurvey(LOOK, [END], refusing={"slack": "Slack answered 403."})),
    "silence-ends": lambda: Sample(
        FleetSurvey(
            LOOK,
            [END],
            silences=[
                Silence(
                    "9f2c",
                    Match(accounts=("games-*",)),
                    NOW - 9 * DAY,
                    NOW + 5 * HOUR,
                    "ana",
                    "migration",
                    NOW - 9 * DAY,
                )
            ],
        )
    ),
}


def _walk(stage: Stage) -> Walk:
    facts = {
        "Deleted": "not before 4 Dec 2026",
        "Lost": "the account, which has no certificate profile, perhaps its identity validations, and its history.",
        "Saves": "saves 9.99 USD a month from December",
        "Again": "Creating it again is charged in full again.",
    }
    return Walk(GAMES.id, GAMES.created, stage, since=NOW - 20 * DAY, announced=NOW - 9 * DAY, facts=facts)


def _unbilled() -> CostScope:
    blind = Blind(About.COSTS, OWNER.scope, "The Cost Management Reader role is missing (403).")
    return CostScope(OWNER.scope, None, blind, NOW - DAY)


def _unseen(spot: Blind) -> Survey:
    return survey(blind=(spot,), unread={spot.key: NOW - 2 * HOUR})
