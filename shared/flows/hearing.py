"""What was said of an account's validations: by the list, which is rows, and by the audit, which decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.account import SigningAccount
from shared.domain.retirement.evidence import requests_of
from shared.domain.survey import Survey
from shared.domain.validation import RegisterEntry, Said, heard, pending_key
from shared.ports.register import Register
from shared.ports.retiring import Audit


@dataclass(frozen=True, slots=True)
class Heard:
    """`speakers`: everybody who ever said how it is with one of them, or with the request before it had an id, in
    lower case. `unheard`: a word of which only the list knows, in a sentence; "" for none.
    """

    speakers: frozenset[str]
    unheard: str


@dataclass(frozen=True, slots=True)
class Hearing:
    """Raises ValueError where the audit cannot be read."""

    register: Register
    audit: Audit

    async def of(self, survey: Survey, account: SigningAccount) -> Heard:
        """By each entry of the list that concerns the account."""
        at = survey.subscription.id
        about = [(entry, await self.audit.words(at, entry.key)) for entry in requests_of(survey, account)]
        return Heard(await self._speakers(at, account, about), _unheard(at, about))

    async def hidden(self, survey: Survey, account: SigningAccount) -> str:
        """A word about the account that the audit knows and the list does not, in a sentence; "" for none.

        Every word of the subscription is read, so it is asked right before a delete only. A request without an id that
        has got one since is spoken of by its id.
        """
        used = {profile.identity_validation_id for profile in survey.profiles_of(account)}
        lasts = [words[-1] for words in await self.audit.all_words(survey.subscription.id)]
        about = [
            one.entry
            for one in lasts
            if not one.withdrawn
            and (one.entry.account.lower() == account.name.lower() or one.entry.validation_id in used)
        ]
        since = [entry.said_at for entry in about if entry.validation_id]
        for entry in about:
            has_its_id = not entry.validation_id and any(at >= entry.said_at for at in since)
            if entry.key not in survey.register and not has_its_id:
                return f"{entry.said_by} spoke of {entry.title}, which is no longer in the list"
        return ""

    async def _speakers(
        self, subscription_id: str, account: SigningAccount, about: Sequence[tuple[RegisterEntry, Sequence[Said]]]
    ) -> frozenset[str]:
        pending = pending_key(account.name)
        said = [entry for entry, _ in about]
        said += [one.entry for _, words in about for one in words]
        said += [one.entry for one in await self.audit.words(subscription_id, pending)]
        for key in {pending, *(entry.key for entry, _ in about)}:
            said += [one.entry for one in await self.register.history(subscription_id, key)]
        return frozenset(name.lower() for one in said for name in (one.said_by, one.given_up_by) if name)


def _unheard(subscription_id: str, about: Sequence[tuple[RegisterEntry, Sequence[Said]]]) -> str:
    """A row may have been copied from another subscription."""
    for entry, words in about:
        if entry.subscription_id != subscription_id or not heard(entry, words):
            said = f"{entry.statement.by} said so of {entry.title}"
            return f"the audit does not know that {said}: that must be said again"
    return ""
