"""Rules about what Azure itself says is wrong: suspended, revoked, or not provisioned."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.domain.account import Certificate, SigningAccount, profile_key
from shared.domain.blind import About, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.policy import Policy
from shared.domain.rules import pages
from shared.domain.survey import Survey
from shared.domain.words import count, moment

ANSWER = (
    "Microsoft suspends for suspected misuse and writes to the account's contacts: find that mail and answer it. "
    "Do not delete the profile or the account."
)
NEWS_FOR = timedelta(days=30)  # A revocation is told for so long; certificates stay listed for ever.
UNDONE = ("failed", "canceled")


def account_suspended(survey: Survey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """Azure says that a whole signing account is suspended: nothing can be signed with any of its profiles."""
    for account in survey.accounts:
        if not account.suspended:
            continue
        yield Finding(
            rule=ACCOUNT_SUSPENDED.name,
            subject=account.local_name,
            severity=Severity.CRITICAL,
            what=f"Account {account.name} is suspended in {survey.subscription.name}",
            stops=f"Nothing can be signed with any profile of {account.name}.",
            next_step=ANSWER,
            rests_on=(Sight(About.ACCOUNTS, account.id),),
            accounts=(account.name,),
            facts={"Subscription": survey.subscription.name, "Region": account.region},
            problem=f"suspension of {account.name}",
            resource=account.id,
            covers=frozenset(profile_key(account, profile) for profile in survey.profiles_of(account)),
        )


def profile_suspended(survey: Survey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """A profile is suspended by the service, or disabled: signing with it is refused."""
    for account, profile in survey.all_profiles():
        if profile.usable:
            continue
        name = f"{account.name}/{profile.name}"
        newest = profile.newest_certificate
        yield Finding(
            rule=PROFILE_SUSPENDED.name,
            subject=profile_key(account, profile),
            severity=Severity.CRITICAL if profile.suspended else Severity.WARNING,
            what=f"Certificate profile {name} is {profile.status.lower()} in {survey.subscription.name}",
            stops=f"Nothing can be signed with {name}.",
            next_step=ANSWER
            if profile.suspended
            else "Find out in the account's activity log who disabled it, and create it anew if that was a mistake.",
            rests_on=(Sight(About.PROFILES, account.id),),
            accounts=(account.name,),
            facts={"Subscription": survey.subscription.name, "Profile type": profile.profile_type}
            | ({"Newest certificate": moment(newest.created)} if newest else {}),
            problem=f"suspension of {name}" if profile.suspended else f"disabling of {name}",
            resource=account.id,
            covers=frozenset({profile_key(account, profile)}),
        )


def certificate_revoked(survey: Survey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """Certificates were revoked, or should have been and were not: somebody holds that a key was misused."""
    for account, profile in survey.all_profiles():
        revoked = [found for found in profile.certificates if found.revoked and _is_news(found, now)]
        if not revoked:
            continue
        failed = [found for found in revoked if found.revocation_status.lower() == "failed"]
        name, asked = (
            f"{account.name}/{profile.name}",
            [one.revocation_asked for one in revoked if one.revocation_asked],
        )
        reasons = sorted({found.revocation_failure for found in failed if found.revocation_failure})
        yield Finding(
            rule=REVOKED.name,
            subject=profile_key(account, profile),
            severity=Severity.CRITICAL,
            what=f"{count(len(failed or revoked), 'certificate')} of {name} ({survey.subscription.name}) "
            + ("could not be revoked" if failed else "revoked, or about to be")
            + (f", of {len(revoked)} that were to be" if failed and len(failed) < len(revoked) else ""),
            stops="Whoever holds a key goes on signing in your name until the revocation succeeds."
            if failed
            else "Files signed with them after the day of the revocation are no longer trusted.",
            next_step="Ask for the revocation again, and ask Azure Support if it fails again."
            if failed
            else REVOKED.advice,
            level=len(revoked) + len(failed),
            rests_on=(Sight(About.PROFILES, account.id),),
            accounts=(account.name,),
            facts={"Serial numbers": ", ".join(sorted(found.serial_number for found in revoked)[:9])}
            | ({"Why it failed": "; ".join(reasons)} if reasons else {}),
            began=min(asked, default=None),
            problem=f"revocation of certificates of {name}",
            resource=account.id,
        )


def provisioning_failed(survey: Survey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """The last operation on an account or a profile failed or was cancelled: it may not be what somebody meant."""
    for account in survey.accounts:
        wrong = [(account.name, account.provisioning_state)] if _undone(account.provisioning_state) else []
        profiles = survey.profiles.get(account.id, ())
        wrong += [
            (f"{account.name}/{one.name}", one.provisioning_state)
            for one in profiles
            if _undone(one.provisioning_state)
        ]
        for name, state in wrong:
            yield Finding(
                rule=NOT_PROVISIONED.name,
                subject=f"{account.resource_group}/{name}".lower(),
                severity=Severity.WARNING,
                what=f"The last operation on {name} ({survey.subscription.name}) is {state.lower()}",
                stops="It may not sign, or not be what was asked for.",
                next_step=NOT_PROVISIONED.advice,
                rests_on=(Sight(About.ACCOUNTS, account.id), Sight(About.PROFILES, account.id)),
                accounts=(account.name,),
                facts={"Subscription": survey.subscription.name},
                problem=f"{state.lower()} operation on {name}",
                resource=account.id,
            )


def weigh_states(survey: Survey, account: SigningAccount, _policy: Policy, _now: datetime) -> Iterator[str]:
    """What Azure says of the account and its profiles."""
    yield f"the account is {account.provisioning_state or 'in a state that Azure did not tell'}"
    for profile in survey.profiles_of(account):
        revoked = sum(found.revoked for found in profile.certificates)
        yield (
            f"{profile.name} is {profile.status or 'without a status yet'}, "
            f"{profile.provisioning_state or 'no state'}, {count(revoked, 'certificate')} revoked"
        )


ACCOUNT_SUSPENDED = Rule(
    "account-suspended",
    account_suspended,
    {"suspended": Severity.CRITICAL},
    advice=ANSWER,
    group="renewal",
    links=pages.FAQ | pages.SUPPORT,
    repeats=True,
    settled=True,
    weigh=weigh_states,
)
PROFILE_SUSPENDED = Rule(
    "profile-suspended",
    profile_suspended,
    {"suspended": Severity.CRITICAL, "disabled": Severity.WARNING},
    advice=ANSWER,
    group="renewal",
    links=pages.FAQ | pages.SUPPORT,
    repeats=True,
    settled=True,
    weigh=weigh_states,
)
REVOKED = Rule(
    "certificate-revoked",
    certificate_revoked,
    {"revoked within 30 days, or the revocation failed": Severity.CRITICAL},
    advice="Find out in the account's activity log who asked for it. If nobody of yours did, Microsoft did, and has "
    "written to the account's contacts: answer that mail, and do not delete anything.",
    group="renewal",
    links=pages.REVOKE | pages.HISTORY,
    repeats=True,
    quiet_end=True,
    weigh=weigh_states,
)
NOT_PROVISIONED = Rule(
    "provisioning-failed",
    provisioning_failed,
    {"failed or cancelled": Severity.WARNING},
    advice="Look at the operation in the account's activity log, and repeat or undo it.",
    group="renewal",
    links=pages.ACTIVITY,
    needs_looks=2,
    weigh=weigh_states,
)


def _is_news(certificate: Certificate, now: datetime) -> bool:
    """Asked for of late; where Azure does not say when, of a certificate that ended of late."""
    return now - (certificate.revocation_asked or certificate.expires) < NEWS_FOR


def _undone(state: str) -> bool:
    return state.lower() in UNDONE
