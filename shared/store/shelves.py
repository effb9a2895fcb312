"""What is kept of each subscription: one partition, read in one query, changed in transactions."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from shared.domain.account import SigningAccount
from shared.domain.blind import About, Blind
from shared.domain.cost import AccountCost
from shared.domain.finding import Finding, Severity
from shared.domain.kept import Kept, Patience, Standing
from shared.domain.memory import Change, FindingMemory, Intent
from shared.domain.metering import Months
from shared.domain.subscription import Subscription
from shared.domain.survey import AccountFacts
from shared.domain.usage import SigningUsage, last_month
from shared.ports.clock import Clock
from shared.ports.errors import Conflict
from shared.ports.shelves import Commit, Lying
from shared.store.bursts import BURST, KIND
from shared.store.keys import key, parts, prefix
from shared.store.months import COST, USAGE, month_key, months_until, rows_about
from shared.store.register import ENTRY, REGISTER
from shared.store.retiring import KIND as WALK
from shared.store.retiring import walk_row
from shared.store.rows import Delete, Insert, Merge, Operation, Row, Rows, key_of
from shared.store.schema import Codec, newer
from shared.store.transactions import forget, in_transactions

FACTS = Codec[AccountFacts](AccountFacts)
STANDING = Codec[Standing](Standing)
MEMORY = Codec[FindingMemory](FindingMemory)
INTENT = Codec[Intent](Intent)
PATIENCE = Codec[Patience](Patience)

NEVER = datetime.min.replace(tzinfo=UTC)
STANDING_KEY = key("subscription")
MARKS = key("marks")


def _account_key(account: SigningAccount) -> str:
    return key("account", account.resource_group, account.name)


def _memory_key(memory: FindingMemory) -> str:
    return key("told", memory.finding.rule, memory.finding.subject)


@dataclass(frozen=True, slots=True)
class TableShelves:
    """`subscriptions` holds a partition a subscription; `marks` tells where intents may lie."""

    subscriptions: Rows
    marks: Rows
    clock: Clock

    async def read(self, subscription: Subscription, month: datetime) -> Kept:
        """Everything of one subscription, in one range: older months lie behind it."""
        last = months_until(last_month(month))
        rows = await self.subscriptions.query(key(subscription.id), last=last)
        return _kept(subscription, rows)

    async def commit(self, kept: Kept, commit: Commit) -> None:
        """Facts and usage first, then memory with its intents; each transaction that tells is marked beforehand."""
        partition = key(kept.subscription.id)
        for operations in in_transactions(partition, ([one] for one in _facts_operations(kept, commit))):
            await self.subscriptions.transact(partition, operations)
        groups = [_change_operations(kept, change) for change in commit.changes]
        for operations in in_transactions(partition, groups):
            await self.subscriptions.transact(partition, await self._marked(kept.subscription.id, operations))

    async def patience(self, subscription_id: str) -> Sequence[Patience]:
        """Of one partition."""
        return PATIENCE.all_readable(await self.subscriptions.query(key(subscription_id), *prefix("patience")))

    async def hold(self, subscription_id: str, patience: Patience) -> None:
        """A later end stays, and so does what a newer release wrote."""
        partition, row_key = key(subscription_id), key("patience", patience.kind, patience.scope)
        before = await self.subscriptions.get(partition, row_key)
        if before and (newer(before) or PATIENCE.value(before).until >= patience.until):
            return
        row = Row(row_key, PATIENCE.values(patience), before.etag if before else "")
        try:
            await self.subscriptions.transact(partition, [Merge(row) if before else Insert(row)])
        except Conflict:
            await self.hold(subscription_id, patience)

    async def intents(self, subscription_id: str) -> Sequence[Lying]:
        """All of one partition, in the order of their keys."""
        rows = await self.subscriptions.query(key(subscription_id), *prefix("intent"))
        return [Lying(row.key, str(row.values.get("mark", "")), INTENT.value(row)) for row in rows if not newer(row)]

    async def carried(self, subscription_id: str, lying: Sequence[Lying]) -> None:
        """Intents first, then their marks: a crash in between leaves a mark with nothing behind it."""
        await forget(self.subscriptions, key(subscription_id), [found.key for found in lying])
        await forget(self.marks, MARKS, sorted({key(subscription_id, found.mark) for found in lying}))

    async def marked(self) -> Sequence[tuple[str, datetime]]:
        """Each subscription once, with its oldest mark."""
        oldest: dict[str, datetime] = {}
        for row in await self.marks.query(MARKS, limit=1_000):
            subscription_id = parts(row.key)[0]
            made = datetime.fromisoformat(str(row.values["at"]))
            oldest[subscription_id] = min(made, oldest.get(subscription_id, made))
        return sorted(oldest.items())

    async def unmark(self, subscription_id: str, until: datetime) -> None:
        """Only marks that are old enough."""
        rows = await self.marks.query(MARKS, *prefix(subscription_id))
        old = [row.key for row in rows if datetime.fromisoformat(str(row.values["at"])) <= until]
        await forget(self.marks, MARKS, old)

    async def _marked(self, subscription_id: str, operations: Sequence[Operation]) -> Sequence[Operation]:
        """The same, each intent with the name of a mark made before it: one mark for each transaction that tells."""
        if not any(_tells(operation) for operation in operations):
            return operations
        mark = uuid.uuid4().hex
        row = Row(key(subscription_id, mark), {"at": self.clock.now().isoformat()})
        await self.marks.transact(MARKS, [Insert(row)])
        return [_with_mark(operation, mark) for operation in operations]


def _kept(subscription: Subscription, rows: Sequence[Row]) -> Kept:
    of: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        of[parts(row.key)[0]].append(row)
    entries, facts = ENTRY.all_readable(of[REGISTER]), FACTS.all_readable(of["account"])
    memory = [replace(MEMORY.readable(row) or _unknown(row), read_only=newer(row)) for row in of["told"]]
    hidden = Blind(About.REGISTER, subscription.scope, "A newer release of Countersign wrote some entries.")
    return Kept(
        subscription,
        facts={one.account.id: one for one in facts if one.gone is None},
        gone={one.account.id: one for one in facts if one.gone},
        usage=_by_month(USAGE.all_readable(rows_about("signing", of["usage"]))),
        costs=_by_account(COST.all_readable(rows_about("cost", of["usage"]))),
        memory={remembered.finding.key: remembered for remembered in memory},
        register={entry.key: entry for entry in entries},
        patience=tuple(PATIENCE.all_readable(of["patience"])),
        blind=(hidden,) if len(entries) < len(of[REGISTER]) else (),
        bursts={burst.account_id: burst for burst in BURST.all_readable(of[KIND])},
        walks={one.walk.account_id: one for row in of[WALK] if (one := walk_row(row))},
        standing=next(iter(STANDING.all_readable(of["subscription"])), Standing()),
        etags={row.key: row.etag for row in rows},
        read_only=frozenset(row.key for row in rows if newer(row)),
    )


def _by_month(found: Iterable[SigningUsage]) -> dict[str, Months]:
    usage: defaultdict[str, dict[datetime, SigningUsage]] = defaultdict(dict)
    for one in found:
        usage[one.account_id][one.month] = one
    return dict(usage)


def _by_account(found: Iterable[AccountCost]) -> dict[str, tuple[AccountCost, ...]]:
    costs: defaultdict[str, list[AccountCost]] = defaultdict(list)
    for one in found:
        costs[one.account_id].append(one)
    return {account_id: tuple(some) for account_id, some in costs.items()}


def _unknown(row: Row) -> FindingMemory:
    """A memory that only a newer release can read: enough of it to leave it alone, and to tell nothing twice."""
    _, rule, subject = parts(row.key)
    finding = Finding(rule, subject, Severity.INFO, what="", stops="", next_step="", rests_on=())
    return FindingMemory(finding, since=NEVER, noticed=NEVER)


def _facts_operations(kept: Kept, commit: Commit) -> list[Operation]:
    """What differs, and nothing else; rows of a newer release are left alone."""
    found: list[Operation] = []
    for account_id, facts in commit.facts.items():
        if account_id in commit.forgotten:
            continue
        if (kept.gone if facts.gone else kept.facts).get(account_id) != facts:
            found.append(_put(kept, _account_key(facts.account), FACTS.values(facts)))
    for account_id, months in commit.usage.items():
        for month, usage in months.items():
            if kept.usage.get(account_id, {}).get(month) != usage:
                found.append(_put(kept, month_key("signing", month, account_id), USAGE.values(usage)))
    for account_id in commit.forgotten & kept.gone.keys():
        row_key = _account_key(kept.gone[account_id].account)
        found.append(Delete(row_key, kept.etags[row_key]))
    if kept.standing != commit.standing:
        found.append(_put(kept, STANDING_KEY, STANDING.values(commit.standing)))
    return [operation for operation in found if key_of(operation) not in kept.read_only]


def _put(kept: Kept, row_key: str, values: Mapping[str, str | int | bool | bytes | None]) -> Operation:
    etag = kept.etags.get(row_key, "")
    row = Row(row_key, values, etag)
    return Merge(row) if etag else Insert(row)


def _tells(operation: Operation) -> bool:
    return isinstance(operation, Insert) and parts(operation.row.key)[0] == "intent"


def _with_mark(operation: Operation, mark: str) -> Operation:
    if not isinstance(operation, Insert) or not _tells(operation):
        return operation
    return Insert(replace(operation.row, values={**operation.row.values, "mark": mark}))


def _change_operations(kept: Kept, change: Change) -> list[Operation]:
    """A memory and its intents, which never go into different transactions."""
    memory = change.after or change.before
    if memory is None:
        return []
    row_key = _memory_key(memory)
    operations: list[Operation] = [
        Insert(Row(key("intent", *intent.key), INTENT.values(intent))) for intent in change.intents
    ]
    if change.after is not None:
        operations.append(_put(kept, row_key, MEMORY.values(change.after)))
    elif row_key in kept.etags:
        operations.append(Delete(row_key, kept.etags[row_key]))
    return operations
