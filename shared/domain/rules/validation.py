"""Rules about identity validations: testimony from the register, weighed against the certificates."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from shared.domain.account import CertificateProfile, SigningAccount, names
from shared.domain.blind import About, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.policy import Policy
from shared.domain.survey import Survey
from shared.domain.validation import RegisterEntry, ValidationStatus
from shared.domain.words import count, day, listing

CRITICAL_DAYS = 7
WARNING_DAYS = 30

type Bound = Sequence[tuple[SigningAccount, CertificateProfile]]


def validation_expiring(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """An identity validation nears its end. Renewal opens 60 days before; without it signing stops everywhere."""
    users = survey.by_validation()
    for entry in _dated(survey):
        left = _days_left(entry, now)
        crossed = [days for days in sorted(policy.validation.warn_days, reverse=True) if left <= days]
        if left < 0 or not crossed:
            continue
        bound = users.get(entry.validation_id, ())
        ahead = [days for days in policy.validation.warn_days if days < left]
        yield Finding(
            rule=EXPIRING.name,
            subject=entry.validation_id,
            severity=_severity(left) if bound or survey.blind else Severity.INFO,
            level=len(crossed),
            what=f"{_title(entry)} expires on {day(_expires(entry))}, in {count(left, 'day')}: {_where(bound, survey)}",
            stops=_stops(bound, survey),
            next_step="Renew it in the portal now (renewal opens 60 days before the end), then enter the new date.",
            rests_on=_rests_on(survey),
            accounts=names(account for account, _ in bound),
            problem=f"expiry of {entry.title}, {_where(bound, survey)}",
            resource=bound[0][0].id if bound else survey.subscription.scope,
            facts=_facts(entry, survey),
            next_word=f"when {count(max(ahead), 'day')} are left" if ahead else "",
        )


def validation_expired(survey: Survey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """An identity validation is past its date and Azure issues no certificates for it any more: signing stops."""
    for entry, bound in _past(survey, now):
        if not _issued_after(entry, bound):
            yield Finding(
                rule=EXPIRED.name,
                subject=entry.validation_id,
                severity=Severity.CRITICAL if bound or survey.blind else Severity.INFO,
                what=f"{_title(entry)} expired on {day(_expires(entry))}: {_where(bound, survey)}",
                stops=_stops(bound, survey),
                next_step=CURE,
                rests_on=_rests_on(survey),
                accounts=names(account for account, _ in bound),
                problem=f"lapse of {entry.title}, {_where(bound, survey)}",
                resource=bound[0][0].id if bound else survey.subscription.scope,
                facts=_facts(entry, survey),
            )


def register_out_of_date(survey: Survey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """The date in the validation list has passed, yet Azure goes on issuing certificates: the list is wrong."""
    for entry, bound in _past(survey, now):
        if _issued_after(entry, bound):
            yield Finding(
                rule=OUT_OF_DATE.name,
                subject=entry.validation_id,
                severity=Severity.WARNING,
                what=f"{_title(entry)}: the validation list says it ended on {day(_expires(entry))}, but Azure still "
                f"issues certificates for {_where(bound, survey)}",
                stops="Nothing stops now, but nobody will be warned before the real end.",
                next_step="Look up the validation in the portal and enter its new expiry date.",
                rests_on=_rests_on(survey),
                accounts=names(account for account, _ in bound),
                problem=f"wrong date of {entry.title} in the validation list",
                resource=bound[0][0].id if bound else survey.subscription.scope,
                facts=_facts(entry, survey),
            )


CURE = (
    "Request a new identity validation; when it is completed, delete each profile and create it again under the same "
    "name with the new validation. The durable EKU may change."
)
EXPIRING = Rule("validation-expiring", validation_expiring, settled=True)
EXPIRED = Rule("validation-expired", validation_expired, repeats=True, settled=True)
OUT_OF_DATE = Rule("register-out-of-date", register_out_of_date, settled=True)


def _dated(survey: Survey) -> Iterator[RegisterEntry]:
    for entry in survey.register.values():
        if entry.expires and entry.status in (ValidationStatus.COMPLETED, ValidationStatus.EXPIRED):
            yield entry


def _past(survey: Survey, now: datetime) -> Iterator[tuple[RegisterEntry, Bound]]:
    users = survey.by_validation()
    for entry in _dated(survey):
        if entry.status is ValidationStatus.EXPIRED or _days_left(entry, now) < 0:
            yield entry, users.get(entry.validation_id, ())


def _title(entry: RegisterEntry) -> str:
    return entry.title[0].upper() + entry.title[1:]


def _expires(entry: RegisterEntry) -> date:
    if entry.expires is None:
        raise ValueError(f"{entry.title} has no date")
    return entry.expires


def _days_left(entry: RegisterEntry, now: datetime) -> int:
    return (_expires(entry) - now.date()).days


def _severity(left: int) -> Severity:
    if left <= CRITICAL_DAYS:
        return Severity.CRITICAL
    return Severity.WARNING if left <= WARNING_DAYS else Severity.INFO


def _issued_after(entry: RegisterEntry, bound: Bound) -> bool:
    """Some certificate was issued later than the day on which the validation is said to have ended."""
    newest = [profile.newest_certificate for _, profile in bound]
    return any(certificate.created.date() > _expires(entry) for certificate in newest if certificate)


def _where(bound: Bound, survey: Survey) -> str:
    found = names(account for account, _ in bound)
    if not found:
        return "the profiles that use it could not be read" if survey.blind else "no profile uses it"
    return f"{count(len(found), 'account')} ({listing(found)})"


def _stops(bound: Bound, survey: Survey) -> str:
    if not bound:
        return "Signing with every profile bound to it." if survey.blind else "Nothing: no profile is bound to it."
    profiles = [f"{account.name}/{profile.name}" for account, profile in bound]
    return f"Signing stops for {count(len(profiles), 'profile')}: {', '.join(sorted(profiles))}."


def _rests_on(survey: Survey) -> tuple[Sight, ...]:
    scope = survey.subscription.scope
    return (Sight(About.REGISTER, scope), Sight(About.PROFILES, scope))


def _facts(entry: RegisterEntry, survey: Survey) -> dict[str, str]:
    facts = {
        "Validation": entry.validation_id,
        "Organisation": entry.organisation,
        "Subscription": survey.subscription.name,
        "Owner": entry.owner,
        "Date entered by": f"{entry.said_by}, {day(entry.said_at)} ({entry.way})",
    }
    return {name: value for name, value in facts.items() if value}
