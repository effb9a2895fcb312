"""Which accounts an installation names: by subscription, group, account or tag."""

from collections.abc import Collection, Iterable, Mapping

from shared.domain.account import SigningAccount
from shared.domain.policy import RetirePolicy, Selector
from shared.domain.subscription import Subscription


def chosen(selectors: Iterable[Selector], account: SigningAccount, subscription: Subscription) -> str:
    """The first that names it, as it is written; "" where none does."""
    return next((str(one) for one in selectors if _names(one, account, subscription)), "")


def _names(selector: Selector, account: SigningAccount, subscription: Subscription) -> bool:
    match selector.kind:
        case "subscription":
            return selector.value in (subscription.id.lower(), subscription.name.lower())
        case "group":
            return selector.value == account.resource_group.lower()
        case "account":
            return selector.value in (account.name.lower(), account.id)
        case "tag":
            return selector.value in _tags(account, subscription)
    return False


def reach(policy: RetirePolicy, accounts: Collection[tuple[SigningAccount, Subscription]]) -> Mapping[str, int]:
    """How many of all accounts each part of the settings names: `RETIRE__NEVER account:old` -> 1."""
    parts = [("ONLY", one) for one in policy.only] + [("NEVER", one) for one in policy.never]
    return {f"RETIRE__{name} {one}": sum(_names(one, *account) for account in accounts) for name, one in parts}


def _tags(account: SigningAccount, subscription: Subscription) -> set[str]:
    """`name=value`, and `name` alone for any value; the nearest counts."""
    nearest = {name.lower(): value.lower() for tags in _levels(account, subscription) for name, value in tags.items()}
    return {*nearest, *(f"{name}={value}" for name, value in nearest.items())}


def _levels(account: SigningAccount, subscription: Subscription) -> tuple[dict[str, str], ...]:
    return dict(subscription.tags), dict(account.group_tags), dict(account.tags)
