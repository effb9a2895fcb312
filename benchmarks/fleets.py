"""Healthy fleets in memory: certificates a day, signatures by the hour, entries in the validation list."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from random import Random

from shared.domain.account import Certificate, CertificateProfile, SigningAccount
from shared.domain.cost import AccountCost, Charge, final
from shared.domain.policy import Policy
from shared.domain.price import prices_of
from shared.domain.signatures import Signatures, signatures_of
from shared.domain.subscription import DailyFacts, Subscription
from shared.domain.survey import AccountFacts, Survey
from shared.domain.usage import HOUR, SigningUsage, last_month, month_of
from shared.domain.validation import RegisterEntry, ValidationStatus, Way

DAY = timedelta(days=1)
LIFETIME = timedelta(hours=72)
OLD = datetime(2025, 3, 1, tzinfo=UTC)
TYPES = ("PublicTrust", "PublicTrustTest", "VBSEnclave")
# Hours in which is signed, by weekday: every working day, every night, at most once a week, and very few.
PATTERNS: tuple[Mapping[int, tuple[int, ...]], ...] = (
    dict.fromkeys(range(5), tuple(range(8, 18))),
    dict.fromkeys(range(7), (1, 2)),
    {2: (14,)},
    {0: (9,), 3: (16,)},
)
# Beside these some sign by the month: one release of very many files on its first Monday, a few more on its third.
RELEASES = {0: 2_000, 2: 3}
RELEASE_HOUR = 10


class HealthyFleet:
    """`accounts` accounts in one subscription that sign as they always do, over any moment.

    Each has `profiles` profiles that show their newest `certificates` certificates.
    """

    def __init__(self, accounts: int, profiles: int = 1, certificates: int = 5, seed: int = 1) -> None:
        self._profiles, self._certificates = profiles, certificates
        self._owner = Subscription("3c0e8f52-74d5-4a1b-92cf-8f6d4b309c32", "Healthy", "tenant", "Enabled")
        group = f"{self._owner.scope}/resourcegroups/rg/providers/microsoft.codesigning/codesigningaccounts"
        self._accounts = tuple(
            SigningAccount(
                f"{group}/account-{number:05}", f"account-{number:05}", self._owner.id, "rg", "westeurope",
                "Premium" if number % 10 == 0 else "Basic", "Succeeded", OLD,
            )
            for number in range(accounts)
        )  # fmt: skip
        self._seed = seed
        self._months: dict[tuple[str, datetime], dict[int, int]] = {}

    def survey(self, now: datetime, policy: Policy) -> Survey:
        """As a look sees it at `now`: everything read, nothing new."""
        shown = {account.id: self._shown(account, number, now) for number, account in enumerate(self._accounts)}
        signed = {account.id: self._signed(account, number, now) for number, account in enumerate(self._accounts)}
        costs = {account.id: self._costs(account, now) for account in self._accounts}
        return Survey(
            self._owner,
            now,
            self._accounts,
            profiles=shown,
            signatures=signed,
            register=self._register(now),
            daily=DailyFacts({"microsoft.codesigning": "Registered"}, (), now),
            costs=costs,
            facts={account.id: AccountFacts(account, shown[account.id], OLD) for account in self._accounts},
            prices=prices_of(costs.values(), signed, policy.quota, now),
        )

    def _shown(self, account: SigningAccount, number: int, now: datetime) -> tuple[CertificateProfile, ...]:
        """A certificate a day, each account at its own minute."""
        minute = timedelta(minutes=number * 7 % 1440)
        newest = datetime(now.year, now.month, now.day, tzinfo=UTC) + minute
        newest -= DAY if newest > now else timedelta()
        issued = tuple(
            Certificate(f"{at:%Y%m%d}", f"{at:%Y%m%d}", at, at + LIFETIME)
            for at in (newest - back * DAY for back in reversed(range(self._certificates)))
        )
        return tuple(
            CertificateProfile(
                account.id, f"release-{one}", TYPES[one], "Active", self._validation(number), "Succeeded", OLD, issued
            )
            for one in range(self._profiles)
        )

    @staticmethod
    def _validation(number: int) -> str:
        return f"4931e07a-52c8-4d6f-9b13-{number % 20:012}"

    def _register(self, now: datetime) -> Mapping[str, RegisterEntry]:
        """Confirmed now and then, with dates far ahead."""
        said = datetime(now.year, now.month, 1, tzinfo=UTC)
        known = [
            RegisterEntry(
                self._owner.id, self._validation(number), ValidationStatus.COMPLETED, "ana", said, Way.PERSON,
                expires=date(2028, 6, 1),
            )
            for number in range(min(20, len(self._accounts)))
        ]  # fmt: skip
        return {entry.key: entry for entry in known}

    def _signed(self, account: SigningAccount, number: int, now: datetime) -> Signatures:
        """This month and the one before, as far as `now`."""
        months = {}
        for month in (last_month(month_of(now)), month_of(now)):
            whole = SigningUsage(account.id, month).whole
            until = min(now, whole.end)
            hours = self._hours(account, number, month)
            known = hours if until == whole.end else dict(islice(hours.items(), -((month - until) // HOUR)))
            months[month] = SigningUsage(account.id, month, known, until)
        return signatures_of(months)

    def _hours(self, account: SigningAccount, number: int, month: datetime) -> dict[int, int]:
        """Every hour of a month, quiet ones at zero: the same however often it is asked for."""
        key = (account.id, month)
        if key not in self._months:
            span = SigningUsage(account.id, month).whole.span // HOUR
            monthly = account.sku != "Premium" and number % (len(PATTERNS) + 1) == len(PATTERNS)
            self._months[key] = _releases(month, span) if monthly else self._regular(account, number, month, span)
        return self._months[key]

    def _regular(self, account: SigningAccount, number: int, month: datetime, span: int) -> dict[int, int]:
        premium, random = account.sku == "Premium", Random(f"{self._seed}/{number}/{month}")  # noqa: S311
        pattern = PATTERNS[0 if premium else number % (len(PATTERNS) + 1)]
        most = 200 if premium else 3 + number % 5
        hours = {}
        for hour in range(span):
            at = month + hour * HOUR
            hours[hour] = random.randint(max(most // 2, 1), most) if at.hour in pattern.get(at.weekday(), ()) else 0
        return hours

    @staticmethod
    def _costs(account: SigningAccount, now: datetime) -> tuple[AccountCost, ...]:
        """The fee, charged on the first of each month; read to the end of a month once that has settled."""
        fee = Decimal("91.20") if account.sku == "Premium" else Decimal("9.11")
        months = [last_month(month_of(now)).date(), month_of(now).date()]
        return tuple(
            AccountCost(account.id, month, (Charge(month, f"{account.sku} Account", fee, "EUR"),), final(month, now))
            for month in months
        )


def _releases(month: datetime, span: int) -> dict[int, int]:
    """By the hour, over so many hours."""
    hours = dict.fromkeys(range(span), 0)
    first = (7 - month.weekday()) % 7
    for week, number in RELEASES.items():
        hours[(first + 7 * week) * 24 + RELEASE_HOUR] = number
    return hours
