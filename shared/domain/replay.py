"""What was known at a moment that is over, put together from history, and what would have been told of it."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain.cost import AccountCost
from shared.domain.finding import Finding
from shared.domain.kept import Kept, Standing
from shared.domain.look import ShardEnd
from shared.domain.memory import Reason
from shared.domain.metering import Metering, Months
from shared.domain.refresh import Burst
from shared.domain.survey import AccountFacts, Remembered, facts_gone
from shared.domain.usage import SigningUsage, last_month, month_of
from shared.domain.validation import RegisterEntry, Said, pending_key


@dataclass(slots=True)
class Past:
    """Grows line by line, in the order of history. `costs` and `standing.daily` are as they are known today.

    `words` are everything that was said of the subscription's validations, in the order in which it was said.
    """

    costs: Mapping[str, tuple[AccountCost, ...]] = field(default_factory=dict)
    words: list[Said] = field(default_factory=list)
    standing: Standing = field(default_factory=Standing)
    facts: dict[str, AccountFacts] = field(default_factory=dict)
    gone: dict[str, AccountFacts] = field(default_factory=dict)
    usage: dict[str, Months] = field(default_factory=dict)
    register: dict[str, RegisterEntry] = field(default_factory=dict)

    def take(self, lines: Iterable[Remembered]) -> None:
        """What was found different, piece by piece."""
        for line in lines:
            if line.whole:
                self.facts, self.gone, self.usage = {}, {}, {}
            elif line.facts:
                self._seen(line.facts)
            elif line.gone in self.facts:
                self.gone[line.gone] = facts_gone(self.facts.pop(line.gone), Burst(line.gone), line.at)
            elif line.usage:
                known = self.usage.get(line.usage.account, {})
                window = line.usage.window
                self.usage[line.usage.account] = (
                    Metering(line.usage.account, line.at, known).read(window, line.usage.hours).months
                )

    def at(self, end: ShardEnd) -> Kept:
        """What was kept of the subscription when the look at it ended, for it to be judged then."""
        now = end.ended
        self._listen(now)
        months = (month_of(now), last_month(month_of(now)))
        return Kept(
            end.subscription,
            facts=dict(self.facts),
            gone=dict(self.gone),
            usage={id_: self._read(id_, months, now) for id_ in self.facts},
            costs={id_: _billed(costs, months, now) for id_, costs in self.costs.items()},
            register=dict(self.register),
            standing=replace(self.standing, blind=end.blind),
        )

    def _seen(self, facts: AccountFacts) -> None:
        there, other = (self.gone, self.facts) if facts.gone else (self.facts, self.gone)
        there[facts.account.id] = facts
        other.pop(facts.account.id, None)

    def _listen(self, now: datetime) -> None:
        """Everything that was said until now."""
        while self.words and self.words[0].entry.said_at <= now:
            said = self.words.pop(0)
            if said.withdrawn:
                self.register.pop(said.entry.key, None)
                continue
            self.register[said.entry.key] = said.entry
            if said.entry.validation_id and said.entry.account:
                self.register.pop(pending_key(said.entry.account), None)

    def _read(self, account_id: str, months: Iterable[datetime], now: datetime) -> Months:
        """Read until now: of readings that told nothing new, history has no line."""
        known, first = self.usage.get(account_id, {}), self.facts[account_id].first_seen or now
        found = {}
        for month in months:
            usage = known.get(month) or SigningUsage(account_id, month)
            if usage.hours or usage.whole.end > first:
                found[month] = replace(usage, read_until=min(now, usage.whole.end), gaps=(), again=None)
        return found


def _billed(costs: Iterable[AccountCost], months: Iterable[datetime], now: datetime) -> tuple[AccountCost, ...]:
    """Charges of these months up to the day before: Azure bills a day late."""
    wanted, until = {month.date() for month in months}, now.date() - timedelta(days=1)
    return tuple(
        replace(cost, charges=tuple(charge for charge in cost.charges if charge.day <= until))
        for cost in costs
        if cost.month in wanted
    )


@dataclass(frozen=True, slots=True)
class Word:
    """Something that would have been told: when, to whom, why, and of what."""

    at: datetime
    look: str
    receiver: str
    reason: Reason
    finding: Finding

    @property
    def news(self) -> tuple[str, str, str, str]:
        """What is said to whom, whenever it is."""
        return self.receiver, str(self.reason), self.finding.key, str(self.finding.severity)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`checks` were replayed, the first of them only to know what stood already. `began`: how far back history goes.

    `before` was told with the settings in force, `after` would be with the others.
    """

    checks: int
    subscriptions: int
    began: datetime | None
    ended: datetime | None
    before: tuple[Word, ...] = ()
    after: tuple[Word, ...] = ()

    @property
    def more(self) -> Sequence[Word]:
        """Only told with the other settings."""
        return [word for word, partner in _paired(self.after, self.before) if partner is None]

    @property
    def less(self) -> Sequence[Word]:
        """Only told with the settings in force."""
        return [word for word, partner in _paired(self.before, self.after) if partner is None]

    @property
    def moved(self) -> Sequence[tuple[Word, Word]]:
        """Told with both, but at another time: then, and now."""
        pairs = _paired(self.after, self.before)
        return [(word, partner) for word, partner in pairs if partner and partner.look != word.look]


def _paired(these: Iterable[Word], others: Iterable[Word]) -> Iterator[tuple[Word, Word | None]]:
    """Each with the one of the others that says the same: in the same check, or else the next that is left."""
    left: dict[tuple[str, ...], dict[str, deque[Word]]] = {}
    for word in others:
        left.setdefault(word.news, {}).setdefault(word.look, deque()).append(word)
    found: list[tuple[Word, Word | None]] = []
    for word in these:
        same = left.get(word.news, {}).get(word.look)
        found.append((word, same.popleft() if same else None))
    rest = {news: deque(word for look in sorted(looks) for word in looks[look]) for news, looks in left.items()}
    for word, partner in found:
        waiting = rest.get(word.news)
        yield word, partner or (waiting.popleft() if waiting else None)
