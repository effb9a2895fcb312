"""Rules about the end of identity validations: testimony from the register, weighed against the certificates."""

from collections.abc import Iterator
from datetime import date, datetime

from shared.domain.account import SigningAccount, names
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.policy import Policy
from shared.domain.rules import pages
from shared.domain.rules.concerns import (
    Bound,
    facts,
    in_use,
    resource,
    rests_on_register,
    stops,
    title,
    where_bound,
)
from shared.domain.survey import Survey
from shared.domain.validation import RegisterEntry, ValidationStatus
from shared.domain.words import count, day

CRITICAL_DAYS = 7
WARNING_DAYS = 30


def validation_expiring(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """An identity validation nears its end. Renewal opens 60 days before; without it signing stops everywhere."""
    for entry, bound in in_use(survey):
        if entry.expires is None or entry.status is not ValidationStatus.COMPLETED:
            continue
        left = (entry.expires - now.date()).days
        crossed = [days for days in policy.validation.warn_days if left <= days]
        if left < 0 or not crossed:
            continue
        ahead = [days for days in policy.validation.warn_days if days < left]
        yield Finding(
            rule=EXPIRING.name,
            subject=entry.key,
            severity=_severity(left),
            level=len(crossed),
            what=f"{title(entry)} expires on {day(entry.expires)}, {_in_days(left)}: {where_bound(bound)}",
            stops=stops(bound),
            next_step=EXPIRING.advice,
            rests_on=rests_on_register(survey),
            accounts=names(account for account, _ in bound),
            problem=f"expiry of {entry.title}, {where_bound(bound)}",
            resource=_resource(bound, survey),
            facts=facts(entry, survey),
            next_word=f"when {count(max(ahead), 'day')} are left" if ahead else "on the day after it expired",
        )


def validation_expired(survey: Survey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """An identity validation is past its date and Azure issues no certificates for it any more: signing stops."""
    for entry, bound, ended in _past(survey, now):
        if not _issued_after(ended, bound):
            yield Finding(
                rule=EXPIRED.name,
                subject=entry.key,
                severity=Severity.CRITICAL,
                what=f"{title(entry)} {_expired(entry, now)}: {where_bound(bound)}",
                stops=stops(bound),
                next_step=CURE,
                rests_on=rests_on_register(survey),
                accounts=names(account for account, _ in bound),
                problem=f"lapse of {entry.title}, {where_bound(bound)}",
                resource=_resource(bound, survey),
                facts=facts(entry, survey),
            )


def register_out_of_date(survey: Survey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """The validation list says that it has ended, yet Azure goes on issuing certificates: the list is wrong."""
    for entry, bound, ended in _past(survey, now):
        if _issued_after(ended, bound):
            yield Finding(
                rule=OUT_OF_DATE.name,
                subject=entry.key,
                severity=Severity.WARNING,
                what=f"{title(entry)}: the validation list says it {_expired(entry, now)}, but Azure still "
                f"issues certificates for {where_bound(bound)}",
                stops="Nothing stops now, but nobody will be warned before the real end.",
                next_step=OUT_OF_DATE.advice,
                rests_on=rests_on_register(survey),
                accounts=names(account for account, _ in bound),
                problem=f"wrong date of {entry.title} in the validation list",
                resource=_resource(bound, survey),
                facts=facts(entry, survey),
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
EXPIRING = Rule(
    "validation-expiring",
    validation_expiring,
    {
        "60 days left": Severity.INFO,
        "30 days left": Severity.WARNING,
        "7 days left": Severity.CRITICAL,
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
    {"past its last day, and no certificate was issued since": Severity.CRITICAL},
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
    {"past its last day, yet a certificate was issued since": Severity.WARNING},
    advice="Look up the validation in the portal and enter its new expiry date.",
    group="validation",
    links=pages.RENEW,
    settled=True,
    weigh=weigh_end,
)


def _past(survey: Survey, now: datetime) -> Iterator[tuple[RegisterEntry, Bound, date]]:
    """Entries that have ended, with the day after which no certificate is to be expected."""
    for entry, bound in in_use(survey):
        if ended := _ended(entry, now):
            yield entry, bound, ended


def _ended(entry: RegisterEntry, now: datetime) -> date | None:
    if entry.status is ValidationStatus.EXPIRED:
        said = entry.said_at.date()
        return min(entry.expires or said, said)
    over = entry.status is ValidationStatus.COMPLETED and entry.expires and entry.expires < now.date()
    return entry.expires if over else None


def _expired(entry: RegisterEntry, now: datetime) -> str:
    known = entry.expires is not None and entry.expires < now.date()
    return f"expired on {day(entry.expires)}" if entry.expires and known else "has expired"


def _in_days(left: int) -> str:
    return f"in {count(left, 'day')}" if left else "today"


def _severity(left: int) -> Severity:
    if left <= CRITICAL_DAYS:
        return Severity.CRITICAL
    return Severity.WARNING if left <= WARNING_DAYS else Severity.INFO


def _issued_after(ended: date, bound: Bound) -> bool:
    """Some certificate was issued later than the day on which the validation is said to have ended."""
    newest = [profile.newest_certificate for _, profile in bound]
    return any(certificate.created.date() > ended for certificate in newest if certificate)


def _resource(bound: Bound, survey: Survey) -> str:
    return resource([account for account, _ in bound], survey)
