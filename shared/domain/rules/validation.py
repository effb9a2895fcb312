"""Rules about identity validations: testimony from the register, weighed against the certificates."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from shared.domain.account import names
from shared.domain.blind import About, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.policy import Policy
from shared.domain.survey import BoundProfile, Survey
from shared.domain.validation import RegisterEntry, ValidationStatus
from shared.domain.words import count, day, listing

CRITICAL_DAYS = 7
WARNING_DAYS = 30

type Bound = Sequence[BoundProfile]


def validation_expiring(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """An identity validation nears its end. Renewal opens 60 days before; without it signing stops everywhere."""
    for entry, bound in _concerning(survey):
        if entry.expires is None or entry.status is not ValidationStatus.COMPLETED:
            continue
        left = (entry.expires - now.date()).days
        crossed = [days for days in policy.validation.warn_days if left <= days]
        if left < 0 or not crossed:
            continue
        ahead = [days for days in policy.validation.warn_days if days < left]
        yield Finding(
            rule=EXPIRING.name,
            subject=entry.validation_id,
            severity=_severity(left),
            level=len(crossed),
            what=f"{_title(entry)} expires on {day(entry.expires)}, {_in_days(left)}: {_where(bound)}",
            stops=_stops(bound),
            next_step="Renew it in the portal now: the account, then Identity validations. Renewal opens 60 days "
            "before the end; when it is completed, the new date belongs into the validation list.",
            rests_on=_rests_on(survey),
            accounts=names(account for account, _ in bound),
            problem=f"expiry of {entry.title}, {_where(bound)}",
            resource=_resource(bound, survey),
            facts=_facts(entry, survey),
            next_word=f"when {count(max(ahead), 'day')} are left" if ahead else "on the day after it expired",
        )


def validation_expired(survey: Survey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """An identity validation is past its date and Azure issues no certificates for it any more: signing stops."""
    for entry, bound, ended in _past(survey, now):
        if not _issued_after(ended, bound):
            yield Finding(
                rule=EXPIRED.name,
                subject=entry.validation_id,
                severity=Severity.CRITICAL,
                what=f"{_title(entry)} {_expired(entry, now)}: {_where(bound)}",
                stops=_stops(bound),
                next_step=CURE,
                rests_on=_rests_on(survey),
                accounts=names(account for account, _ in bound),
                problem=f"lapse of {entry.title}, {_where(bound)}",
                resource=_resource(bound, survey),
                facts=_facts(entry, survey),
            )


def register_out_of_date(survey: Survey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """The validation list says that it has ended, yet Azure goes on issuing certificates: the list is wrong."""
    for entry, bound, ended in _past(survey, now):
        if _issued_after(ended, bound):
            yield Finding(
                rule=OUT_OF_DATE.name,
                subject=entry.validation_id,
                severity=Severity.WARNING,
                what=f"{_title(entry)}: the validation list says it {_expired(entry, now)}, but Azure still "
                f"issues certificates for {_where(bound)}",
                stops="Nothing stops now, but nobody will be warned before the real end.",
                next_step="Look up the validation in the portal and enter its new expiry date.",
                rests_on=_rests_on(survey),
                accounts=names(account for account, _ in bound),
                problem=f"wrong date of {entry.title} in the validation list",
                resource=_resource(bound, survey),
                facts=_facts(entry, survey),
            )


CURE = (
    "Request a new identity validation in the portal: the account, then Identity validations. It takes 1 to 20 "
    "business days, its mail link lives 7 days, and a second request does not help. When it is completed, delete only "
    "these profiles and create them again under the same names with the new validation. Rules that trust your "
    "signatures by their durable EKU may need the new value."
)
EXPIRING = Rule("validation-expiring", validation_expiring, settled=True)
EXPIRED = Rule("validation-expired", validation_expired, repeats=True, settled=True)
OUT_OF_DATE = Rule("register-out-of-date", register_out_of_date, settled=True)


def _concerning(survey: Survey) -> Iterator[tuple[RegisterEntry, Bound]]:
    """Entries with the profiles that use them; one that no profile uses can stop nothing."""
    users = survey.users()
    for entry in survey.register.values():
        bound = users.get(entry.validation_id, ())
        if entry.validation_id and (bound or survey.unknown):
            yield entry, bound


def _past(survey: Survey, now: datetime) -> Iterator[tuple[RegisterEntry, Bound, date]]:
    """Entries that have ended, with the day after which no certificate is to be expected."""
    for entry, bound in _concerning(survey):
        if ended := _ended(entry, now):
            yield entry, bound, ended


def _ended(entry: RegisterEntry, now: datetime) -> date | None:
    if entry.status is ValidationStatus.EXPIRED:
        said = entry.said_at.date()
        return min(entry.expires or said, said)
    over = entry.status is ValidationStatus.COMPLETED and entry.expires and entry.expires < now.date()
    return entry.expires if over else None


def _title(entry: RegisterEntry) -> str:
    return entry.title[0].upper() + entry.title[1:]


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


def _where(bound: Bound) -> str:
    found = names(account for account, _ in bound)
    if not found:
        return "the profiles that use it could not be read"
    return f"{count(len(found), 'account')} ({listing(found)})"


def _stops(bound: Bound) -> str:
    if not bound:
        return "Signing stops for every profile bound to it."
    profiles = [f"{account.name}/{profile.name}" for account, profile in bound]
    return f"Signing stops for {count(len(profiles), 'profile')}: {', '.join(sorted(profiles))}."


def _resource(bound: Bound, survey: Survey) -> str:
    return bound[0][0].id if bound else survey.subscription.scope


def _rests_on(survey: Survey) -> tuple[Sight, ...]:
    """The register alone says that it is over; whom it concerns is known from before where it cannot be seen."""
    return (Sight(About.REGISTER, survey.subscription.scope),)


def _facts(entry: RegisterEntry, survey: Survey) -> dict[str, str]:
    facts = {
        "Validation": entry.validation_id,
        "Organisation": entry.organisation,
        "Subscription": survey.subscription.name,
        "Owner": entry.owner,
        "Date entered by": f"{entry.said_by}, {day(entry.said_at)} ({entry.way})",
    }
    return {name: value for name, value in facts.items() if value}
