"""Whom a word of the validation list concerns: the accounts and profiles that use it, and how people are told."""

from collections.abc import Iterator, Sequence

from shared.domain.account import SigningAccount, names
from shared.domain.blind import About, Sight
from shared.domain.survey import BoundProfile, Survey
from shared.domain.validation import RegisterEntry
from shared.domain.words import count, day, listing

type Bound = Sequence[BoundProfile]


def in_use(survey: Survey) -> Iterator[tuple[RegisterEntry, Bound]]:
    """Entries with the profiles that use them; one that no profile uses can stop nothing."""
    users = survey.users()
    for entry in survey.register.values():
        bound = users.get(entry.validation_id, ())
        if entry.validation_id and (bound or survey.unknown):
            yield entry, bound


def requests(survey: Survey) -> Iterator[tuple[RegisterEntry, Sequence[SigningAccount]]]:
    """Every entry that concerns an account: one that uses it, or the one that it was requested for.

    An entry that names no account and is used by none concerns whoever entered it, and is given as well; one whose
    account is gone concerns nobody.
    """
    users, named = survey.users(), {account.name.lower(): account for account in survey.accounts}
    for entry in survey.register.values():
        asked = named.get(entry.account.lower())
        using = users.get(entry.validation_id, ()) if entry.validation_id else ()
        concerned = {account.id: account for account in [*([asked] if asked else []), *(one for one, _ in using)]}
        if concerned or not entry.account:
            yield entry, tuple(concerned.values())


def title(entry: RegisterEntry) -> str:
    """Its title at the beginning of a sentence."""
    return entry.title[0].upper() + entry.title[1:]


def where(accounts: Sequence[SigningAccount]) -> str:
    """2 accounts (a and b)."""
    found = names(accounts)
    return f"{count(len(found), 'account')} ({listing(found)})"


def where_bound(bound: Bound) -> str:
    """The same, of profiles."""
    return where([account for account, _ in bound]) if bound else "the profiles that use it could not be read"


def stops(bound: Bound) -> str:
    """Which profiles cannot sign any more."""
    if not bound:
        return "Signing stops for every profile bound to it."
    profiles = [f"{account.name}/{profile.name}" for account, profile in bound]
    return f"Signing stops for {count(len(profiles), 'profile')}: {', '.join(sorted(profiles))}."


def resource(accounts: Sequence[SigningAccount], survey: Survey) -> str:
    """What the portal opens: an account, since validations have no address of their own."""
    return accounts[0].id if accounts else survey.subscription.scope


def rests_on_register(survey: Survey) -> tuple[Sight, ...]:
    """The register alone says that it is over; whom it concerns is known from before where it cannot be seen."""
    return (Sight(About.REGISTER, survey.subscription.scope),)


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
