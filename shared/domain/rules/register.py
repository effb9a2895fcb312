"""Rules about the validation list itself: what nobody has entered, confirmed or brought up to date."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from shared.domain.account import SigningAccount, names
from shared.domain.blind import About, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.happened import Happened, What
from shared.domain.policy import Policy
from shared.domain.rules import pages
from shared.domain.rules.concerns import (
    Bound,
    facts,
    in_use,
    requests,
    resource,
    rests_on_register,
    title,
    where,
    where_bound,
)
from shared.domain.survey import Survey
from shared.domain.validation import ApplicantKind, RegisterEntry, Trust, ValidationStatus, pending_key
from shared.domain.words import count, day, listing

# What a validation may be used for, by profile type (DOMAIN.md section 2). Unknown types are data.
SERVES = {
    "publictrust": Trust.PUBLIC,
    "publictrusttest": Trust.PUBLIC,
    "vbsenclave": Trust.PUBLIC,
    "privatetrust": Trust.PRIVATE,
    "privatetrustcipolicy": Trust.PRIVATE,
}


def missing_ids(survey: Survey) -> dict[str, Bound]:
    """Ids in use of which nobody has said when they end, with the profiles that use them."""
    return {
        validation_id: bound
        for validation_id, bound in sorted(survey.users().items())
        if validation_id and not _dated(survey, validation_id)
    }


def unexplained(survey: Survey, policy: Policy, now: datetime) -> Sequence[SigningAccount]:
    """Accounts without any profile, of which nobody has said how it is with their validation, after some days."""
    named = {entry.account.lower() for entry in survey.register.values() if entry.account}
    return [
        account
        for account in survey.accounts
        if survey.profiles.get(account.id) == ()
        and pending_key(account.name) not in survey.register
        and account.name.lower() not in named
        and now - _born(survey, account, now) >= policy.register.ask_after
    ]


def register_missing(survey: Survey, policy: Policy, _now: datetime) -> Iterator[Finding]:
    """Azure does not tell when an identity validation ends; somebody has to look it up in the portal and enter it."""
    missing = missing_ids(survey)
    if not missing:
        return
    bound = [pair for pairs in missing.values() for pair in pairs]
    accounts = names(account for account, _ in bound)
    yield Finding(
        rule=MISSING.name,
        subject=survey.subscription.id,
        severity=Severity.INFO,
        what=f"{count(len(missing), 'expiry date')} of identity validations in {survey.subscription.name} that nobody "
        f"has entered: {where_bound(bound)}",
        stops="Nothing stops now, but nobody is warned before these validations end.",
        next_step=MISSING.advice,
        rests_on=rests_on_register(survey),
        accounts=accounts,
        problem=f"expiry dates not entered in {survey.subscription.name}",
        resource=bound[0][0].id,
        facts={"Validations": ", ".join(missing), "Subscription": survey.subscription.name},
        again=policy.register.ask_again,
    )


def account_unexplained(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """An account bills but has no certificate profile, and nobody has said how it is with its identity validation."""
    found = unexplained(survey, policy, now)
    if not found:
        return
    yield Finding(
        rule=UNEXPLAINED.name,
        subject=survey.subscription.id,
        severity=Severity.INFO,
        what=f"No certificate profile, and no word on their validation, in {survey.subscription.name}: {where(found)}",
        stops="They bill their full monthly fee and can sign nothing.",
        next_step=UNEXPLAINED.advice,
        rests_on=(*rests_on_register(survey), *(Sight(About.PROFILES, account.id) for account in found)),
        accounts=names(found),
        problem=f"accounts without a profile and without a word on them in {survey.subscription.name}",
        resource=found[0].id,
        facts={"Subscription": survey.subscription.name},
        again=policy.register.ask_again,
    )


def register_unconfirmed(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """An entry of the validation list has stood for long without anybody saying that it is still right."""
    concerned = {entry.key: [account for account, _ in bound] for entry, bound in in_use(survey, now)}
    concerned |= {entry.key: list(accounts) for entry, accounts in requests(survey) if entry.open}
    old = [
        entry
        for entry in survey.register.values()
        if entry.key in concerned
        and (now - entry.statement.at).days > policy.register.confirm_days
        and not entry.ended(now)
    ]
    if not old:
        return
    accounts = [account for entry in old for account in concerned[entry.key]]
    yield Finding(
        rule=UNCONFIRMED.name,
        subject=survey.subscription.id,
        severity=Severity.INFO,
        what=f"{count(len(old), 'entry', 'entries')} of the validation list in {survey.subscription.name} not "
        f"confirmed for {policy.register.confirm_days} days: {listing([entry.title for entry in old])}",
        stops="Nothing stops now; warnings before the end are only as good as the list.",
        next_step=UNCONFIRMED.advice,
        rests_on=rests_on_register(survey),
        accounts=names(accounts),
        problem=f"unconfirmed entries of the validation list in {survey.subscription.name}",
        resource=resource(accounts, survey),
        facts={entry.title: f"{entry.said_by}, {day(entry.said_at)}" for entry in old},
        again=policy.register.ask_again * 4,
    )


def kind_does_not_fit(survey: Survey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """The validation list calls a validation public or private, but profiles of the other kind use it."""
    for entry, bound in in_use(survey, now):
        wrong = [
            (account, profile) for account, profile in bound if _unfit(entry, SERVES.get(profile.profile_type.lower()))
        ]
        if wrong:
            types = sorted({profile.profile_type for _, profile in wrong})
            yield Finding(
                rule=KIND.name,
                subject=entry.key,
                severity=Severity.WARNING,
                what=f"{title(entry)} is entered as {_kind(entry)}, yet it serves {listing(types)}: "
                f"{where_bound(wrong)}",
                stops="Nothing stops now, but what the list says of this validation may be about another one.",
                next_step=KIND.advice,
                rests_on=rests_on_register(survey),
                accounts=names(account for account, _ in wrong),
                problem=f"wrong kind of {entry.title} in the validation list",
                resource=wrong[0][0].id,
                facts=facts(entry, survey),
            )


def profile_rebound(survey: Survey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """A certificate profile uses another identity validation than before, and nobody has entered when that one ends."""
    for account, happened in _rebound(survey):
        profile = next(
            (one for one in survey.profiles_of(account) if one.name.lower() == happened.profile.lower()), None
        )
        if profile is None or profile.identity_validation_id != happened.after or _dated(survey, happened.after):
            continue
        name = f"{account.name}/{happened.profile}"
        yield Finding(
            rule=REBOUND.name,
            subject=f"{account.local_name}/{happened.profile.lower()}",
            severity=Severity.WARNING,
            what=f"Certificate profile {name} ({survey.subscription.name}) is bound to another identity validation "
            f"since {day(happened.at)}, whose end nobody has entered",
            stops="Nothing stops now, but nobody is warned before the new validation ends.",
            next_step=REBOUND.advice,
            rests_on=(*rests_on_register(survey), Sight(About.PROFILES, account.id)),
            accounts=(account.name,),
            problem=f"new validation of {name} not in the validation list",
            resource=account.id,
            facts={"Validation": happened.after, "Before": happened.before},
        )


def weigh_register(survey: Survey, account: SigningAccount, _policy: Policy, _now: datetime) -> Iterator[str]:
    """What the validation list knows of the account's validations, and since when."""
    used = {profile.identity_validation_id for profile in survey.profiles_of(account)}
    said = [entry for entry in survey.register.values() if entry.key in used or _names(entry.account, account)]
    for entry in said:
        yield f"{entry.title}: {entry.status}, said on {day(entry.said_at)} by {entry.said_by} ({entry.way})"
    for validation_id in sorted(used - set(survey.register)):
        yield f"identity validation {validation_id} is used and not in the validation list"
    if not used and not said:
        yield "it has no certificate profile, and the validation list does not name it"


MISSING = Rule(
    "register-missing",
    register_missing,
    {"an id in use has no date in the validation list": Severity.INFO},
    advice="Look them up in the portal (the account, then Identity validations) and enter them: "
    "countersign register todo lists them with links.",
    group="validation",
    links=pages.RENEW,
    settings=("REGISTER__MISSING",),
    settled=True,
    weigh=weigh_register,
)
UNEXPLAINED = Rule(
    "account-unexplained",
    account_unexplained,
    {"no profile and no entry 7 days after it was created": Severity.INFO},
    advice="Say in the validation list how it is with the request for each of them (countersign register todo), or "
    "delete the accounts that nobody needs.",
    group="validation",
    links=pages.SET_UP | pages.FAQ,
    settings=("REGISTER__MISSING",),
    weigh=weigh_register,
)
UNCONFIRMED = Rule(
    "register-unconfirmed",
    register_unconfirmed,
    {"not confirmed for 180 days": Severity.INFO},
    advice="Compare them with the portal (the account, then Identity validations), and say them again, changed or not.",
    group="validation",
    links=pages.RENEW,
    settings=("REGISTER__CONFIRM_DAYS",),
    settled=True,
    weigh=weigh_register,
)
KIND = Rule(
    "validation-kind",
    kind_does_not_fit,
    {"public for private profiles, or the reverse": Severity.WARNING},
    advice="Look at the validation in the portal and correct its entry. Public validations serve PublicTrust, "
    "PublicTrustTest and VBSEnclave; private ones PrivateTrust and PrivateTrustCIPolicy.",
    group="validation",
    links=pages.TRUST_MODELS,
    settled=True,
    weigh=weigh_register,
)
REBOUND = Rule(
    "profile-rebound",
    profile_rebound,
    {"bound to a validation whose end is not entered": Severity.WARNING},
    advice="Look up the new validation in the portal (the account, then Identity validations) and enter its date. "
    "Rules that trust your signatures by their durable EKU may need the new value.",
    group="validation",
    links=pages.RENEW,
    settled=True,
    quiet_end=True,
    weigh=weigh_register,
)


def _unfit(entry: RegisterEntry, serves: Trust | None) -> bool:
    """Individuals are validated for public trust only; an unknown type is data."""
    of_person = entry.kind is ApplicantKind.INDIVIDUAL and serves is Trust.PRIVATE
    return of_person or bool(entry.trust and serves and serves is not entry.trust)


def _kind(entry: RegisterEntry) -> str:
    return f"{entry.trust or entry.kind}"


def _names(name: str, account: SigningAccount) -> bool:
    return name.strip().lower() == account.name.lower()


def _dated(survey: Survey, validation_id: str) -> bool:
    entry = survey.register.get(validation_id)
    ended = (ValidationStatus.FAILED, ValidationStatus.EXPIRED)
    return entry is not None and (entry.expires is not None or entry.status in ended)


def _born(survey: Survey, account: SigningAccount, now: datetime) -> datetime:
    known = survey.facts.get(account.id)
    return account.created or (known.first_seen if known else None) or now


def _rebound(survey: Survey) -> Iterator[tuple[SigningAccount, Happened]]:
    for account in survey.accounts:
        known = survey.facts.get(account.id)
        latest = {one.profile.lower(): one for one in (known.happened if known else ()) if one.what is What.REBOUND}
        for happened in latest.values():
            yield account, happened
