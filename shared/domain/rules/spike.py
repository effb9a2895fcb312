"""The rule about signatures far above the account's own pattern (DOMAIN.md section 5)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.domain.account import SigningAccount
from shared.domain.blind import About, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.policy import Policy
from shared.domain.rules import pages
from shared.domain.signatures import DAY, Signatures
from shared.domain.survey import Survey
from shared.domain.words import day

LEAST_DAYS = 7  # So many must have been read before a day can be called a spike.
SPIKE_LASTS = 3  # Days, today included: points come up to two days late.


def signing_spike(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """An account signed far more in a day than it ever did in this month and the one before: is a key being misused?"""
    for account in survey.accounts:
        spikes = _spikes(survey.signatures.get(account.id, Signatures()), policy, now)
        # The earliest; but first signatures do not cover up what may be misuse since.
        spike = next((one for one in spikes if one.peak), spikes[0] if spikes else None)
        if spike:
            yield Finding(
                rule=SPIKE.name,
                subject=account.local_name,
                severity=Severity.CRITICAL if spike.peak else Severity.WARNING,
                what=f"Account {account.name} ({survey.subscription.name}) made {spike.number:,} signatures on "
                f"{day(spike.on)}{_against(spike)}",
                stops="If a key is misused, somebody signs in your name.",
                next_step=SPIKE.advice,
                rests_on=(Sight(About.USAGE, account.id),),
                accounts=(account.name,),
                facts={"Subscription": survey.subscription.name, "Day": day(spike.on)},
                problem=f"spike of signatures of {account.name}",
                resource=account.id,
            )


def weigh_spike(survey: Survey, account: SigningAccount, _policy: Policy, now: datetime) -> Iterator[str]:
    """The busiest of the last three days against the peak before it."""
    signed = survey.signatures.get(account.id, Signatures())
    on = max(_judged(now), key=lambda one: (signed.on(one), one))
    peak = _peak(signed, on)
    before = "too little is known of the days before" if peak is None else f"its peak before was {peak:,}"
    yield f"{signed.on(on):,} signatures on {day(on)}; {before}"


SPIKE = Rule(
    "signing-spike",
    signing_spike,
    {
        "10 times the busiest day of this month and the one before, and at least 1,000": Severity.CRITICAL,
        "at least 1,000, and no earlier signature is known": Severity.WARNING,
    },
    advice="Ask who released so much on that day. If nobody did: take the signer role from every identity that has it, "
    "look at the signing history, and revoke the certificates of that day.",
    group="quota",
    links=pages.HISTORY | pages.REVOKE,
    settings=("QUOTA__SPIKE", "QUOTA__SPIKE_LEAST"),
    repeats=True,
    settled=True,
    quiet_end=True,
    weigh=weigh_spike,
)


@dataclass(frozen=True, slots=True)
class _Spike:
    """A day, its signatures, and those of the busiest day before it; 0 where no earlier one is known."""

    on: date
    number: int
    peak: int


def _judged(now: datetime) -> Sequence[date]:
    """The days of which new points may have come, the earliest first."""
    return [now.date() - number * DAY for number in reversed(range(SPIKE_LASTS))]


def _spikes(signed: Signatures, policy: Policy, now: datetime) -> Sequence[_Spike]:
    """Of the last days, each against all days before it."""
    quota = policy.quota
    days = [(on, signed.on(on)) for on in _judged(now) if signed.on(on) >= quota.spike_least]
    found = [_Spike(on, number, peak) for on, number in days if (peak := _peak(signed, on)) is not None]
    return [one for one in found if one.number >= quota.spike_times * one.peak]


def _against(spike: _Spike) -> str:
    if spike.peak:
        return f"; the busiest day known before had {spike.peak:,}"
    return ", its first signatures that are known"


def _peak(signed: Signatures, on: date) -> int | None:
    """The busiest of all days kept before this one; None where too little of them is known.

    Days of which Azure says nothing are not quiet days: they count only where others show what is usual.
    """
    known = [one for one in signed.days if one < on]
    peak = max((signed.on(one) for one in known), default=0)
    enough = len(known) >= LEAST_DAYS or (peak > 0 and _days_read(signed, on) >= LEAST_DAYS)
    return peak if enough else None


def _days_read(signed: Signatures, on: date) -> int:
    """Whole days before this one, whatever they said."""
    first = signed.since.date() if signed.since else on
    return sum(signed.read(first + number * DAY) for number in range((on - first).days))
