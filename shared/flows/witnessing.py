"""The validation list with a witness: what is said, and that it was withdrawn, goes to the audit as well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.validation import RegisterEntry, Said, pending_key
from shared.ports.register import Entered, Register
from shared.ports.retiring import Audit


@dataclass(frozen=True, slots=True)
class WitnessedRegister:
    """As `Register`: rows can be written by whoever may write tables, the audit can only be added to.

    Where a process dies in between, the audit does not know a word: nothing rests on it until it is said again.
    """

    register: Register
    audit: Audit

    async def entered(self, subscription_id: str) -> Mapping[str, Entered]:
        """As `Register.entered`."""
        return await self.register.entered(subscription_id)

    async def say(self, entry: RegisterEntry, expected: str | None = None) -> bool:
        """As `Register.say`."""
        pending = pending_key(entry.account) if entry.validation_id and entry.account else ""
        before = (await self.register.entered(entry.subscription_id)).get(pending) if pending else None
        taken = await self.register.say(entry, expected)
        if taken:
            await self.audit.add_word(Said(entry))
        if before and pending not in await self.register.entered(entry.subscription_id):
            await self.audit.add_word(Said(before.entry, withdrawn=True))  # It is known by its id from now on.
        return taken

    async def withdraw(self, said: Said, expected: str) -> None:
        """As `Register.withdraw`."""
        await self.register.withdraw(said, expected)
        await self.audit.add_word(said)

    async def history(self, subscription_id: str, key: str) -> Sequence[Said]:
        """As `Register.history`."""
        return await self.register.history(subscription_id, key)

    async def said_since(self, subscription_id: str, since: datetime) -> Sequence[Said]:
        """As `Register.said_since`."""
        return await self.register.said_since(subscription_id, since)
