"""Rules about the end of identity validations: testimony from the register, weighed against the certificates."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.domain.account import CertificateProfile, SigningAccount, names, profile_key
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.policy import Policy
from shared.domain.rules import pages
from shared.domain.rules.concerns import (
    Bound,
    facts,
    in_use,
    resource,
    rests_on_register,
    sights,
    stops,
    title,
    where_bound,
)
from shared.domain.survey import BoundProfile, Survey
from shared.domain.validation import RegisterEntry, ValidationStatus
from shared.domain.words import count, day

CRITICAL_DAYS = 7
WARNING_DAYS = 30
# Nobody is woken for what has been dead for a month: it is told as a warning.
LONG_DEAD = timedelta(days=30)


class Proof(StrEnum):
    """What certificates say of a validation that is said to have ended."""

    ISSUING = "certificates are issued"
    STOPPED = "no certificate is issued any more"
    NONE = "it cannot be seen yet"


def validation_expiring(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """An identity validation nears its end. Renewal opens 60 days before; without it signing stops everywhere."""
    for entry, bound in in_use(survey, now):
        if ended := _ended(entry, now):
            if _proof(survey, bound, ended, policy, now) is Proof.NONE:
                yield _said_to_have_ended(survey, policy, entry, bound, ended)
        elif entry.expires:
            yield from _expiring(survey, policy, entry, bound, (entry.expires - now.date()).days)


def _expiring(survey: Survey, policy: Policy, entry: RegisterEntry, bound: Bound, left: int) -> Iterator[Finding]:
    crossed = [days for days in policy.validation.warn_days if left <= days]
    ahead = [days for days in policy.validation.warn_days if days < left]
    if crossed and entry.expires:
        yield _finding(
            survey,
            EXPIRING,
            entry,
            bound,
            _severity(left),
            f"{title(entry)} expires on {day(entry.expires)}, {_in_days(left)}: {where_bound(bound)}",
            level=len(crossed),
            next_step=RENEWING if entry.open else EXPIRING.advice,
            next_word=f"when {count(max(ahead), 'day')} are left" if ahead else "when Azure stops issuing certificates",
        )


def _said_to_have_ended(survey: Survey, policy: Policy, entry: RegisterEntry, bound: Bound, ended: date) -> Finding:
    """By word alone: certificates of three days show it a day and a half later."""
    said = entry.status is ValidationStatus.EXPIRED
    how = "is said to have expired" if said else f"had its last day on {day(ended)}"
    return _finding(
        survey,
        EXPIRING,
        entry,
        bound,
        Severity.CRITICAL,
        f"{title(entry)} {how}, and no certificate was seen that was issued since: {where_bound(bound)}",
        level=len(policy.validation.warn_days) + said,
        next_step=RENEWED_OR_NOT,
        next_word="when Azure stops issuing certificates",
    )


def validation_expired(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """An identity validation is past its last day, and Azure issues no certificates for it any more: signing stops."""
    for entry, bound, ended in _past(survey, now):
        if _proof(survey, bound, ended, policy, now) is Proof.STOPPED:
            dead = all(_dead_for_long(profile, now) for _, profile in bound)
            yield _finding(
                survey,
                EXPIRED,
                entry,
                bound,
                Severity.WARNING if dead else Severity.CRITICAL,
                f"{title(entry)} {_expired(entry, now)}: {where_bound(bound)}",
                rests_on=(*rests_on_register(survey), *sights(bound)),
            )


def register_out_of_date(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """The validation list says that it has ended, yet Azure goes on issuing certificates: the list is wrong."""
    for entry, bound, ended in _past(survey, now):
        if _proof(survey, bound, ended, policy, now) is Proof.ISSUING:
            yield _finding(
                survey,
                OUT_OF_DATE,
                entry,
                bound,
                Severity.WARNING,
                f"{title(entry)}: the validation list says it {_expired(entry, now)}, but Azure still "
                f"issues certificates for {where_bound(bound)}",
            )


def weigh_end(survey: Survey, account: SigningAccount, _policy: Policy, now: datetime) -> Iterator[str]:
    """When each validation that the account uses ends, by the validation list."""
    for validation_id in dict.fromkeys(profile.identity_validation_id for profile in survey.profiles_of(account)):
        entry = survey.register.get(validation_id)
        if entry is None:
            yield f"identity validation {validation_id[:8]} is not in the validation list, so its end is not known"
        elif entry.expires is None:
            yield f"{entry.title} is {entry.status}, without a date"
        else:
            left = (entry.expires - now.date()).days
            yield f"{entry.title} is {entry.status}, expires on {day(entry.expires)}: {left:,} days left"


CURE = (
    "Request a new identity validation in the portal: the account, then Identity validations. It takes 1 to 20 "
    "business days, its mail link lives 7 days, and a second request does not help. When it is completed, delete only "
    "these profiles and create them again under the same names with the new validation. Rules that trust your "
    "signatures by their durable EKU may need the new value."
)
RENEWED_OR_NOT = f"Look it up in the portal. If it was renewed, enter its new date. If not: {CURE[0].lower()}{CURE[1:]}"
RENEWING = (
    "A request is under way, so do not make another one. Follow it in the portal (the account, then Identity "
    "validations), and enter the new date as soon as it is completed."
)
NOT_WARNED = "Nothing stops now, but nobody will be warned before the real end."
EXPIRING = Rule(
    "validation-expiring",
    validation_expiring,
    {
        "60 days left": Severity.INFO,
        "30 days left": Severity.WARNING,
        "7 days left, or its last day is past": Severity.CRITICAL,
    },
    advice="Renew it in the portal now: the account, then Identity validations. Renewal opens 60 days "
    "before the end; when it is completed, the new date belongs into the validation list.",
    group="validation",
    links=pages.RENEW,
    settings=("VALIDATION__WARN_DAYS",),
    settled=True,
    weigh=weigh_end,
)
EXPIRED = Rule(
    "validation-expired",
    validation_expired,
    {
        "past its last day, and certificates are no longer renewed": Severity.CRITICAL,
        "the last certificate ended more than 30 days ago": Severity.WARNING,
    },
    advice=CURE,
    group="validation",
    links=pages.REQUEST | pages.RENEW,
    repeats=True,
    settled=True,
    weigh=weigh_end,
)
OUT_OF_DATE = Rule(
    "register-out-of-date",
    register_out_of_date,
    {"past its last day, yet certificates are issued": Severity.WARNING},
    advice="Look up the validation in the portal and enter its new expiry date.",
    group="validation",
    links=pages.RENEW,
    settled=True,
    weigh=weigh_end,
)


def _finding(
    survey: Survey,
    rule: Rule,
    entry: RegisterEntry,
    bound: Bound,
    severity: Severity,
    what: str,
    **more: Any,
) -> Finding:
    """In the words that the three have in common; `more` are other fields of the finding."""
    problems = {EXPIRING.name: "expiry", EXPIRED.name: "lapse", OUT_OF_DATE.name: "wrong date"}
    found = Finding(
        rule=rule.name,
        subject=entry.key,
        severity=severity,
        what=what,
        stops=NOT_WARNED if rule is OUT_OF_DATE else stops(bound),
        next_step=rule.advice,
        rests_on=rests_on_register(survey),
        accounts=names(account for account, _ in bound),
        problem=f"{problems[rule.name]} of {entry.title}, {where_bound(bound)}",
        resource=resource([account for account, _ in bound], survey),
        facts=facts(entry, survey),
        covers=frozenset(profile_key(account, profile) for account, profile in bound),
    )
    return replace(found, **more)


def _past(survey: Survey, now: datetime) -> Iterator[tuple[RegisterEntry, Bound, date]]:
    """Entries that have ended, with the day after which no certificate is to be expected."""
    for entry, bound in in_use(survey, now):
        if bound and (ended := _ended(entry, now)):
            yield entry, bound, ended


def _ended(entry: RegisterEntry, now: datetime) -> date | None:
    """Whatever its status: a renewal that is under way, or has failed, puts no end off."""
    if entry.status is ValidationStatus.EXPIRED:
        said = entry.said_at.date()
        return min(entry.expires or said, said)
    return entry.expires if entry.expires and entry.expires < now.date() else None


def _proof(survey: Survey, bound: Bound, ended: date, policy: Policy, now: datetime) -> Proof:
    """By the newest certificate of each profile; of those out of sight, by what they had issued when they were seen."""
    proofs = {_proof_of(survey, pair, ended, policy, now) for pair in bound if pair[1].usable}
    return next((proof for proof in (Proof.ISSUING, Proof.STOPPED) if proof in proofs), Proof.NONE)


def _proof_of(survey: Survey, pair: BoundProfile, ended: date, policy: Policy, now: datetime) -> Proof:
    account, profile = pair
    newest, seen = profile.newest_certificate, account.id in survey.profiles
    if newest is None:
        return Proof.NONE
    late = seen and newest.overdue(now, policy.renewal.slack)
    if newest.created.date() > ended and not late:
        return Proof.ISSUING
    return Proof.STOPPED if late else Proof.NONE


def _dead_for_long(profile: CertificateProfile, now: datetime) -> bool:
    return profile.last_moment is not None and now - profile.last_moment > LONG_DEAD


def _expired(entry: RegisterEntry, now: datetime) -> str:
    known = entry.expires is not None and entry.expires < now.date()
    return f"expired on {day(entry.expires)}" if entry.expires and known else "has expired"


def _in_days(left: int) -> str:
    return f"in {count(left, 'day')}" if left else "today"


def _severity(left: int) -> Severity:
    if left <= CRITICAL_DAYS:
        return Severity.CRITICAL
    return Severity.WARNING if left <= WARNING_DAYS else Severity.INFO
