"""Whom a word of the validation list concerns: the accounts and profiles that use it, and how people are told."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from shared.domain.account import SigningAccount, names
from shared.domain.blind import About, Sight
from shared.domain.survey import BoundProfile, Survey
from shared.domain.validation import RegisterEntry, ValidationStatus
from shared.domain.words import count, day, listing

type Bound = Sequence[BoundProfile]
type Request = tuple[RegisterEntry, Sequence[SigningAccount]]


def in_use(survey: Survey, now: datetime) -> Iterator[tuple[RegisterEntry, Bound]]:
    """Entries with the profiles that use them; one that no profile uses can stop nothing.

    Where profiles were never read, one that has not ended may be used by them: by those of the account that it names,
    or by any where none was ever read.
    """
    users = survey.users()
    unread = {account.name.lower() for account in survey.accounts if not survey.known_profiles(account)}
    everything = bool(unread) and not users
    for entry in survey.register.values():
        bound = users.get(entry.validation_id, ())
        maybe = not entry.ended(now) and (everything or entry.account.lower() in unread)
        if entry.validation_id and (bound or maybe):
            yield entry, bound


def requests(survey: Survey) -> Iterator[Request]:
    """Every entry that concerns an account: one that uses it, or the one that it was requested for.

    An entry that names no account and is used by none concerns whoever entered it, and is given as well; one whose
    account is gone concerns nobody, and neither does a request without an id whose account has a completed one since.
    """
    users, named = survey.users(), _by_name(survey.accounts)
    for entry in survey.register.values():
        asked = named.get(entry.account.lower(), ())
        using = users.get(entry.validation_id, ()) if entry.validation_id else ()
        concerned = {account.id: account for account in [*asked, *(one for one, _ in using)]}
        if (concerned or not entry.account) and not _superseded(entry, survey, asked):
            yield entry, tuple(concerned.values())


def _by_name(accounts: Sequence[SigningAccount]) -> Mapping[str, Sequence[SigningAccount]]:
    """Two groups may have an account of one name."""
    found: dict[str, list[SigningAccount]] = {}
    for account in accounts:
        found.setdefault(account.name.lower(), []).append(account)
    return found


def _superseded(entry: RegisterEntry, survey: Survey, asked: Sequence[SigningAccount]) -> bool:
    used = {profile.identity_validation_id for account in asked for profile in survey.profiles_of(account)}
    return not entry.validation_id and any(
        other.status is ValidationStatus.COMPLETED and other.said_at >= entry.said_at
        for other in survey.register.values()
        if other.validation_id in used
    )


def title(entry: RegisterEntry) -> str:
    """Its title at the beginning of a sentence."""
    return entry.title[0].upper() + entry.title[1:]


def where(accounts: Sequence[SigningAccount]) -> str:
    """2 accounts (a and b); with their groups where two have one name."""
    there = {account.id: account for account in accounts}.values()
    twice = len(names(there)) < len(there)
    found = sorted(f"{one.resource_group}/{one.name}" if twice else one.name for one in there)
    return f"{count(len(found), 'account')} ({listing(found)})"


def where_bound(bound: Bound) -> str:
    """The same, of profiles."""
    return where([account for account, _ in bound]) if bound else "the profiles that use it could not be read"


def stops(bound: Bound) -> str:
    """Which profiles cannot sign any more."""
    if not bound:
        return "Signing stops for every profile bound to it."
    profiles = [f"{account.name}/{profile.name} ({account.region})" for account, profile in bound]
    return f"Signing stops for {count(len(profiles), 'profile')}: {', '.join(sorted(profiles))}."


def resource(accounts: Sequence[SigningAccount], survey: Survey) -> str:
    """What the portal opens: an account, since validations have no address of their own."""
    return accounts[0].id if accounts else survey.subscription.scope


def rests_on_register(survey: Survey) -> tuple[Sight, ...]:
    """The register alone says that it is over; whom it concerns is known from before where it cannot be seen."""
    return (Sight(About.REGISTER, survey.subscription.scope),)


def sights(bound: Bound) -> tuple[Sight, ...]:
    """What must be seen of the profiles that use it."""
    return tuple(Sight(About.PROFILES, scope) for scope in sorted({account.id for account, _ in bound}))


def facts(entry: RegisterEntry, survey: Survey) -> dict[str, str]:
    """What the list says of it, and who said so."""
    given = {
        "Validation": entry.validation_id,
        "Organisation": entry.organisation,
        "Requested for": entry.account,
        "Subscription": survey.subscription.name,
        "Owner": entry.owner,
        "Contact": entry.contact,
        "Note": entry.note,
        "Said by": f"{entry.said_by}, {day(entry.said_at)} ({entry.way})",
    }
    return {name: value for name, value in given.items() if value}
