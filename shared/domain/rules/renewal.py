"""Rules about the renewal of certificates: what Azure shows by itself (DOMAIN.md section 3)."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from shared.domain.account import CertificateProfile, SigningAccount, names, profile_key
from shared.domain.blind import About, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.policy import Policy
from shared.domain.rules import pages
from shared.domain.rules.validation import CURE, LONG_DEAD
from shared.domain.survey import Survey
from shared.domain.words import count, listing, moment, span

type Pair = tuple[SigningAccount, CertificateProfile]

IF_STILL_NEEDED = "Only if somebody still needs it, for it has been down for more than 30 days: "
UNSURE = (
    "Open the identity validation in the portal: the account, then Identity validations. If it has expired or failed: "
)
STILL_COMPLETED = " If it still says Completed: change nothing, and ask Azure Support."


def renewal_stopped(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """The newest certificate is older than half its own lifetime: Azure has stopped renewing, signing ends soon."""

    def overdue(profile: CertificateProfile) -> bool:
        newest = profile.newest_certificate
        return bool(newest and newest.overdue(now, policy.renewal.slack)) and profile.can_sign(now)

    for subject, pairs in _grouped(survey, overdue):
        validation_id = pairs[0][1].identity_validation_id
        last = max(death for _, profile in pairs if (death := profile.could_sign_until))
        yield Finding(
            rule=STOPPED.name,
            subject=subject,
            severity=Severity.CRITICAL,
            what=f"Certificates are no longer renewed in {survey.subscription.name} for "
            f"{_who(survey, validation_id, pairs)}: "
            f"signing ends on {moment(last)}",
            stops=f"Signing stops for {_profiles(pairs)} when the last certificate expires.",
            next_step=_cure(survey, validation_id, now),
            level=len(pairs),
            rests_on=_rests_on(pairs),
            accounts=names(account for account, _ in pairs),
            facts=_facts(survey, validation_id)
            | {"Last certificate issued": moment(max(_issued(p) for _, p in pairs))},
            began=min(_next_due(profile) for _, profile in pairs),
            problem=f"stopped renewal for {_who(survey, validation_id, pairs)}",
            resource=pairs[0][0].id,
            covers=frozenset(profile_key(account, profile) for account, profile in pairs),
        )


def signing_down(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """No valid certificate is left: nothing can be signed with these profiles."""

    def down(profile: CertificateProfile) -> bool:
        return not profile.can_sign(now) and not _just_made(profile, policy, now)

    for subject, pairs in _grouped(survey, down):
        validation_id = pairs[0][1].identity_validation_id
        died = [death for _, profile in pairs if (death := profile.could_sign_until) and death <= now]
        since = max(died, default=None)
        dead = all(now - (profile.last_moment or now) > LONG_DEAD for _, profile in pairs)
        ever = any(profile.certificates for _, profile in pairs)
        yield Finding(
            rule=DOWN.name,
            subject=subject,
            severity=Severity.WARNING if dead else Severity.CRITICAL,
            what=f"Signing is down in {survey.subscription.name}: {_who(survey, validation_id, pairs)}"
            + (f", since {moment(since)}" if since else "" if ever else ", no certificate was ever issued"),
            stops=f"Signing stays down for {_profiles(pairs)}; what was signed before stays valid.",
            next_step=_cure(survey, validation_id, now, IF_STILL_NEEDED if dead else ""),
            level=len(pairs),
            rests_on=_rests_on(pairs),
            accounts=names(account for account, _ in pairs),
            facts=_facts(survey, validation_id),
            began=since,
            problem=f"signing down for {_who(survey, validation_id, pairs)}",
            resource=pairs[0][0].id,
            covers=frozenset(profile_key(account, profile) for account, profile in pairs),
        )


def weigh_renewal(survey: Survey, account: SigningAccount, policy: Policy, now: datetime) -> Iterator[str]:
    """How old each profile's newest certificate is, when the next was due, and until when it can sign."""
    for profile in survey.profiles_of(account):
        newest, until = profile.newest_certificate, profile.could_sign_until
        if newest is None or until is None:
            yield f"{profile.name}: no certificate yet"
            continue
        late = newest.created + newest.lifetime / 2 + policy.renewal.slack
        yield (
            f"{profile.name}: newest of {count(len(profile.certificates), 'certificate')} issued "
            f"{span(now - newest.created)} ago, late from {moment(late)}, can sign until {moment(until)}"
        )


STOPPED = Rule(
    "renewal-stopped",
    renewal_stopped,
    {"newest certificate older than half its lifetime and 2 hours": Severity.CRITICAL},
    advice=UNSURE + CURE[0].lower() + CURE[1:],
    group="renewal",
    links=pages.RENEW | pages.CERTIFICATES,
    settings=("RENEWAL__SLACK_HOURS",),
    repeats=True,
    weigh=weigh_renewal,
)
DOWN = Rule(
    "signing-down",
    signing_down,
    {"no valid certificate": Severity.CRITICAL, "none for more than 30 days": Severity.WARNING},
    advice=UNSURE + CURE[0].lower() + CURE[1:],
    group="renewal",
    links=pages.RENEW | pages.CERTIFICATES,
    settings=("RENEWAL__NEW_PROFILE_GRACE_HOURS",),
    repeats=True,
    weigh=weigh_renewal,
)


def _cure(survey: Survey, validation_id: str, now: datetime, before: str = "") -> str:
    """What to do. Only where the validation list, too, says that it ended is the cure beyond doubt."""
    entry = survey.register.get(validation_id)
    if entry and entry.ended(now):  # And Azure shows the same.
        return f"{before}{_small(CURE)}" if before else CURE
    return f"{before}{_small(UNSURE) if before else UNSURE}{_small(CURE)}{STILL_COMPLETED}"


def _small(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _grouped(survey: Survey, wanted: Callable[[CertificateProfile], bool]) -> Iterator[tuple[str, Sequence[Pair]]]:
    """Profiles in trouble by the validation whose renewal cures them; what is suspended is another matter."""
    groups: dict[str, list[Pair]] = {}
    for account, profile in survey.all_profiles():
        if profile.usable and not account.suspended and wanted(profile):
            subject = profile.identity_validation_id or profile_key(account, profile)
            groups.setdefault(subject, []).append((account, profile))
    yield from groups.items()


def _just_made(profile: CertificateProfile, policy: Policy, now: datetime) -> bool:
    """No certificate of it has ended or was revoked, and it is young, or still being made."""
    if any(certificate.revoked or certificate.expires <= now for certificate in profile.certificates):
        return False
    if profile.created is None:
        return profile.provisioning_state.lower() != "succeeded"
    return now - profile.created < policy.renewal.new_profile_grace


def _issued(profile: CertificateProfile) -> datetime:
    return max(certificate.created for certificate in profile.certificates)


def _next_due(profile: CertificateProfile) -> datetime:
    """When the next certificate was to be expected: after a day for one of three days."""
    return max(certificate.created + certificate.lifetime / 3 for certificate in profile.certificates)


def _who(survey: Survey, validation_id: str, pairs: Sequence[Pair]) -> str:
    found = names(account for account, _ in pairs)
    entry = survey.register.get(validation_id)
    title = entry.title if entry else f"identity validation {validation_id[:8]}" if validation_id else "bound to none"
    return f"{count(len(found), 'account')} ({listing(found)}), {title}"


def _profiles(pairs: Sequence[Pair]) -> str:
    found = sorted(f"{account.name}/{profile.name} ({account.region})" for account, profile in pairs)
    return f"{count(len(found), 'profile')}: {', '.join(found)}"


def _rests_on(pairs: Sequence[Pair]) -> tuple[Sight, ...]:
    return tuple(Sight(About.PROFILES, scope) for scope in sorted({account.id for account, _ in pairs}))


def _facts(survey: Survey, validation_id: str) -> dict[str, str]:
    entry = survey.register.get(validation_id)
    known = {"Organisation": entry.organisation, "Owner": entry.owner} if entry else {}
    facts = {"Validation": validation_id, "Subscription": survey.subscription.name} | known
    return {name: value for name, value in facts.items() if value}
