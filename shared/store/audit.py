"""The audit of retiring: append blobs in a container of their own, JSON lines that are only ever added to."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from shared.domain.subscription import subscription_scope
from shared.domain.validation import Said
from shared.domain.walk import Step
from shared.store.blobs import Blobs
from shared.store.schema import Codec

STEP = Codec[Step](Step)
POLICY = Codec[tuple[datetime, str]](tuple[datetime, str])
WORD = Codec[Said](Said)

CONTAINER = "countersign-audit"
POLICIES = "policies.jsonl"
STEPS = "steps.jsonl"
MOST_CHARACTERS = 200  # In the name of a blob of words; Azure takes 1,024 with all that stands before.
LEAST_PARTS = 4  # Of the name of an account's blob; one that concerns all accounts has fewer.


@dataclass(frozen=True, slots=True)
class BlobAudit:
    """One blob an incarnation, named after the account and when it was created. Nothing is ever read from rows."""

    blobs: Blobs

    async def steps(self, account_id: str, created: datetime | None) -> Sequence[Step]:
        """Raises ValueError, with blob and line, where one cannot be read."""
        return await self._lines(f"{_folder(account_id, created)}/{STEPS}", STEP)

    async def add(self, account_id: str, created: datetime | None, step: Step) -> None:
        """One line in one block."""
        await self._add(f"{_folder(account_id, created)}/{STEPS}", STEP.text(step))

    async def snapshot(self, account_id: str, created: datetime | None, at: datetime, text: str) -> str:
        """By its time and content: another one never takes its place."""
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        name = f"{_folder(account_id, created)}/snapshot-{at:%Y%m%dT%H%M%S}-{digest}.json"
        await self.blobs.create(CONTAINER, name, text.encode())
        return name

    async def accounts(self) -> frozenset[str]:
        """By one list of all names."""
        names = [name.split("/") for name in await self.blobs.names(CONTAINER)]
        folders = [parts[:-2] for parts in names if parts[-1] == STEPS and len(parts) >= LEAST_PARTS]
        return frozenset("/".join(("", *folder)) for folder in folders)

    async def words(self, subscription_id: str, key: str) -> Sequence[Said]:
        """One blob a validation."""
        return await self._lines(_words(subscription_id, key), WORD)

    async def all_words(self, subscription_id: str) -> Sequence[Sequence[Said]]:
        """A blob an entry, found by their names."""
        folder = _words_folder(subscription_id)
        names = [name for name in await self.blobs.names(CONTAINER) if name.startswith(folder)]
        found = [await self._lines(name, WORD) for name in names]
        return [words for words in found if words]

    async def add_word(self, said: Said) -> None:
        """One line more."""
        await self._add(_words(said.entry.subscription_id, said.entry.key), WORD.text(said))

    async def policies(self) -> Sequence[tuple[datetime, str]]:
        """All of them."""
        return await self._lines(POLICIES, POLICY)

    async def add_policy(self, at: datetime, said: str) -> None:
        """One line more."""
        await self._add(POLICIES, POLICY.text((at, said)))

    async def _add(self, name: str, line: str) -> None:
        await self.blobs.append(CONTAINER, name, f"{line}\n".encode())

    async def _lines[T](self, name: str, codec: Codec[T]) -> Sequence[T]:
        content = await self.blobs.read(CONTAINER, name) or b""
        found = []
        for number, line in enumerate(content.splitlines(), 1):
            try:
                found.append(codec.read(line))
            except ValueError as error:
                raise ValueError(f"{CONTAINER}/{name}, line {number}: cannot be read") from error
        return found


def _words(subscription_id: str, key: str) -> str:
    """People may write any name of an account into the list."""
    written = quote(key, safe=":")
    name = written if len(written) <= MOST_CHARACTERS else hashlib.sha256(key.encode()).hexdigest()
    return f"{_words_folder(subscription_id)}{name}.jsonl"


def _words_folder(subscription_id: str) -> str:
    return f"{subscription_scope(subscription_id).strip('/')}/words/"


def _folder(account_id: str, created: datetime | None) -> str:
    """As a path that people find: the account's ARM id without its first slash, then its incarnation."""
    born = f"{created:%Y%m%dT%H%M%S%f}" if created else "unknown"
    return f"{account_id.strip('/').lower()}/{born}"
