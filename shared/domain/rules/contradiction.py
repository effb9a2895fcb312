"""Rules where what is known does not go together: testimony against evidence, today against the usual week."""

from collections.abc import Iterator
from datetime import date, datetime

from shared.domain.account import SigningAccount, names
from shared.domain.blind import About, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.policy import Mode, Policy
from shared.domain.rules import pages
from shared.domain.rules.concerns import Bound, facts, rests_on_register, sights, title, where_bound
from shared.domain.signatures import DAY, Signatures, midnight
from shared.domain.survey import Survey
from shared.domain.validation import RegisterEntry, ValidationStatus
from shared.domain.words import count, day

WEEKS = 4
LEAST_WEEKS = 2
MISSED = 2  # So many usual signing days without a signature are silence.


def contradiction(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """What people say of a validation and what Azure shows contradict each other; one of them is wrong."""
    seen = survey.by_validation()
    for entry in survey.register.values():
        bound = seen.get(entry.validation_id, ()) if entry.validation_id else ()
        against = _against(entry, bound, policy, now)
        if against:
            yield Finding(
                rule=CONTRADICTION.name,
                subject=entry.key,
                severity=Severity.WARNING,
                what=f"{title(entry)}: the validation list says {entry.status}, but {against}: {where_bound(bound)}",
                stops="Nothing is retired, and what the list says of this validation is not relied upon.",
                next_step=CONTRADICTION.advice,
                rests_on=(*rests_on_register(survey), *sights(bound)),
                accounts=names(account for account, _ in bound),
                problem=f"contradiction about {entry.title}",
                resource=bound[0][0].id,
                facts=facts(entry, survey),
            )


def signing_silent(survey: Survey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """An account that signs on the same days every week has not signed on the last of them: is its pipeline broken?"""
    for account in survey.accounts:
        signed = survey.signatures.get(account.id)
        profiles = survey.profiles.get(account.id, ())
        if signed is None or not any(profile.usable and profile.can_sign(now) for profile in profiles):
            continue
        missed = missed_days(signed, now)
        if len(missed) < MISSED or signed.last_day is None:
            continue
        yield Finding(
            rule=SILENT.name,
            subject=account.local_name,
            severity=Severity.WARNING,
            what=f"Account {account.name} ({survey.subscription.name}) has not signed since {day(signed.last_day)}, "
            f"though it usually does on {_weekdays(signing_days(signed, now))}",
            stops="Releases may be failing, or there are none.",
            next_step=SILENT.advice,
            rests_on=(Sight(About.USAGE, account.id),),
            accounts=(account.name,),
            facts={"Days missed": ", ".join(day(one) for one in missed)},
            problem=f"silence of {account.name}",
            resource=account.id,
        )


def signing_days(signed: Signatures, now: datetime) -> frozenset[int]:
    """Weekdays (Monday is 0) with signatures in every one of up to four weeks before the last signature; at least two.

    None where a day of that time was not read.
    """
    last, since = signed.last_day, signed.since
    if last is None or since is None:
        return frozenset()
    before = [one for number in range(7 * WEEKS) if (one := last - number * DAY) >= since.date()]
    if len(before) < 7 * LEAST_WEEKS or not all(signed.read(one) for one in before if one < now.date()):
        return frozenset()
    quiet = {one.weekday() for one in before if not signed.on(one)}
    return frozenset(one.weekday() for one in before) - quiet


def missed_days(signed: Signatures, now: datetime) -> list[date]:
    """Usual signing days that passed since the last signature, all of them read; none where that cannot be said."""
    last = signed.last_day
    if last is None:
        return []
    since = [last + number * DAY for number in range(1, (now.date() - last).days)]
    if len(since) < MISSED or not all(signed.read(one) for one in since):
        return []
    usual = signing_days(signed, now)
    return [one for one in since if one.weekday() in usual]


def weigh_contradiction(survey: Survey, account: SigningAccount, policy: Policy, now: datetime) -> Iterator[str]:
    """Whether the list and the certificates agree."""
    found = False
    for validation_id, bound in survey.by_validation().items():
        entry, ours = survey.register.get(validation_id), [(one, profile) for one, profile in bound if one == account]
        if entry and ours:
            found = True
            against = _against(entry, ours, policy, now)
            yield f"{entry.title}: the list says {entry.status}, and {against or 'what Azure shows agrees'}"
    if not found:
        yield "there is no entry to compare with what Azure shows"


def weigh_silence(survey: Survey, account: SigningAccount, _policy: Policy, now: datetime) -> Iterator[str]:
    """The usual days, and the last one."""
    signed = survey.signatures.get(account.id, Signatures())
    usual = signing_days(signed, now)
    last = day(signed.last_day) if signed.last_day else "none known"
    yield f"last signature: {last}; usual days: {_weekdays(usual) if usual else 'no pattern in four weeks'}"


CONTRADICTION = Rule(
    "contradiction",
    contradiction,
    {"the list and the certificates disagree": Severity.WARNING},
    advice="Look the validation up in the portal (the account, then Identity validations) and correct its entry; if "
    "the portal agrees with the list, ask Azure Support.",
    group="renewal",
    links=pages.RENEW | pages.SUPPORT,
    weigh=weigh_contradiction,
)
SILENT = Rule(
    "signing-silent",
    signing_silent,
    {"two usual signing days without a signature": Severity.WARNING},
    advice="See whether the pipeline that signs with it still runs. If signing moved elsewhere, the account may be "
    "deleted so that it no longer bills; its identity validations may go with it, so not if another account uses them.",
    group="renewal",
    links=pages.INTEGRATE | pages.HISTORY,
    mode=Mode.OBSERVE,
    weigh=weigh_silence,
)


def _against(entry: RegisterEntry, bound: Bound, policy: Policy, now: datetime) -> str:
    """What Azure shows that cannot be if the entry is right; "" where they go together."""
    newest = [profile.newest_certificate for _, profile in bound if profile.usable]
    said = entry.said_at
    if entry.status is ValidationStatus.FAILED or entry.open:
        if entry.expires and not entry.ended(now):
            return ""  # A renewal: the validation serves on until its last day.
        end = midnight(entry.expires + 2 * DAY) if entry.expires else said  # Of one that was renewed in vain.
        if any(one.created > max(said + DAY, end) for one in newest if one):
            return "Azure has issued certificates for it since"
        return ""
    if entry.status is not ValidationStatus.COMPLETED or entry.ended(now):
        return ""
    late = [one for one in newest if one and one.overdue(now, policy.renewal.slack)]
    return f"Azure no longer renews {count(len(late), 'profile')}" if late else ""


def _weekdays(days: frozenset[int]) -> str:
    names_of = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return ", ".join(names_of[one] for one in sorted(days))
