"""What people say of an account by tags on it, on its resource group or on its subscription: the nearest counts."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from shared.domain.account import SigningAccount
from shared.domain.subscription import Subscription

PREFIX = "countersign-"
QUOTA = "countersign-quota-warn-percent"
OWNER = "countersign-owner"
KEEP = "countersign-keep"
KNOWN = (QUOTA, OWNER, KEEP)

_PERCENTS = re.compile(r"\d{1,4}(\s*,\s*\d{1,4})*")


@dataclass(frozen=True, slots=True)
class AccountTags:
    """What is tagged. `keep_until` is None for no end; `mistakes` are plain sentences.

    A tag that cannot be read keeps the account all the same: nobody writes it to have the account deleted.
    """

    warn_percent: tuple[int, ...] = ()
    owner: str = ""
    keep: bool = False
    keep_until: date | None = None
    mistakes: tuple[str, ...] = ()

    def kept(self, today: date) -> bool:
        """Somebody asked that it stay, though nothing is signed with it."""
        return self.keep and (self.keep_until is None or today <= self.keep_until)


def tags_of(account: SigningAccount, subscription: Subscription) -> AccountTags:
    """The account's own, else its group's, else its subscription's."""
    if not (account.tags or account.group_tags or subscription.tags):
        return NONE
    return _read(_ours(subscription.tags) | _ours(account.group_tags) | _ours(account.tags))


def mistakes_in(tags: Mapping[str, str]) -> tuple[str, ...]:
    """What is wrong with the tags of one place; plain sentences."""
    return _read(_ours(tags)).mistakes if tags else ()


def _read(said: Mapping[str, str]) -> AccountTags:
    mistakes = [_unknown(name) for name in said if name not in KNOWN]
    percents = said.get(QUOTA, "").strip()
    warn_percent: tuple[int, ...] = ()
    if percents and _PERCENTS.fullmatch(percents) and all(0 < int(one) <= 1000 for one in percents.split(",")):
        warn_percent = tuple(sorted({int(one) for one in percents.split(",")}))
    elif QUOTA in said:
        mistakes.append(f"{QUOTA} must be percents with commas between, like 70,90.")
    keep, until, wrong = _keep(said)
    return AccountTags(warn_percent, said.get(OWNER, "").strip(), keep, until, (*mistakes, *wrong))


NONE = AccountTags()


def _ours(tags: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in tags.items() if name.lower().startswith(PREFIX)}


def _keep(said: Mapping[str, str]) -> tuple[bool, date | None, tuple[str, ...]]:
    if KEEP not in said:
        return False, None, ()
    word = said[KEEP].strip().lower()
    if word in ("true", "yes", "false", "no"):
        return word in ("true", "yes"), None, ()
    try:
        return True, date.fromisoformat(word), ()
    except ValueError:
        return True, None, (f"{KEEP} must be true, false or the last day to keep it, like 2027-06-30; it is kept.",)


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, KNOWN, n=1)
    return f"{name} is not a tag that is read: " + (f"did you mean {near[0]}?" if near else f"{', '.join(KNOWN)} are.")
