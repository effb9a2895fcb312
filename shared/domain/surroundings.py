"""What is around the problems of a subscription: its accounts as routes and silences see them, with their owners."""

from collections.abc import Iterable, Sequence

from shared.domain.account import SigningAccount
from shared.domain.finding import Rule
from shared.domain.matching import ADDRESS, Place, Surroundings
from shared.domain.rules.concerns import requests
from shared.domain.survey import Survey


def surroundings_of(survey: Survey, rules: Iterable[Rule], owner_tags: Sequence[str]) -> Surroundings:
    """Owners are whom the first of these tags names; else the contacts, or the owners, in the validation list."""
    named: dict[str, list[str]] = {}
    for entry, accounts in requests(survey):
        for account in accounts:
            if entry.contact or entry.owner:
                named.setdefault(account.id, []).append(entry.contact or entry.owner)
    places: dict[str, tuple[Place, ...]] = {}
    there = {account.name for account in survey.accounts}
    gone = [facts.account for facts in survey.gone.values() if facts.account.name not in there]
    for account in (*survey.accounts, *gone):
        place = _place(survey, account, owner_tags, tuple(named.get(account.id, ())))
        places[account.name] = (*places.get(account.name, ()), place)
    groups = {rule.name: rule.group for rule in rules}
    return Surroundings(survey.subscription.id, survey.subscription.name, groups, places)


def _place(survey: Survey, account: SigningAccount, owner_tags: Sequence[str], listed: tuple[str, ...]) -> Place:
    lowered = {
        name.lower(): value.strip()
        for tags in (survey.subscription.tags, account.group_tags, account.tags)
        for name, value in tags.items()
    }
    owner = next((lowered[tag] for tag in owner_tags if lowered.get(tag)), "")
    owners = (owner,) if ADDRESS.search(owner) else (*filter(None, [owner]), *listed)
    return Place(account.name, account.region, account.sku, lowered, owners, account.id)
