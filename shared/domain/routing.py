"""Who hears what: an ordered list of routes, and receivers by severity as the last one, which always matches."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.finding import Severity
from shared.domain.matching import ADDRESS, Concern, Match
from shared.domain.quiet_hours import QuietHours
from shared.domain.words import span

OWNER = "owner"
MAIL = "mail"
LAST = "last"
EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who hears of it too when nobody has acknowledged it for so long."""

    to: tuple[str, ...]
    after: timedelta


@dataclass(frozen=True, slots=True)
class Route:
    """Receivers of what it matches. `goes_on`: the next ones are asked as well.

    `group`: what a pager takes for one problem: "problem", "rule" (in a subscription), "subscription" or "route".
    `wait` for company and `repeat` where they are not as they are set for everything.
    """

    name: str
    match: Match
    receivers: tuple[str, ...]
    goes_on: bool = False
    group: str = "problem"
    wait: timedelta | None = None
    repeat: tuple[timedelta, ...] | None = None
    quiet: QuietHours | None = None
    escalation: Escalation | None = None

    def group_of(self, concern: Concern) -> str:
        """The key of the group that a problem belongs to; "" where it is one by itself."""
        owner = concern.subscription[0]
        parts = {"rule": (self.name, owner, concern.rule), "subscription": (self.name, owner), "route": (self.name,)}
        return "|".join(parts.get(self.group, ()))


@dataclass(frozen=True, slots=True)
class Hearing:
    """One receiver, and the first route that led to it."""

    receiver: str
    route: Route

    def quiet(self, severity: Severity, now: datetime) -> bool:
        """Nothing critical is held back."""
        held = self.route.quiet
        return severity is not Severity.CRITICAL and held is not None and held.hold(now)


@dataclass(frozen=True, slots=True)
class Routes:
    """`by_severity` holds names of receivers; `acknowledged_to` are those that are told
    when somebody has a problem in hand.

    `there` are all that are set up (None: whoever is named); with mail an owner's address is a receiver too, where its
    domain is one of `owner_domains`. `addresses` are those of mail receivers: nobody is written to twice.
    """

    by_severity: Mapping[Severity, tuple[str, ...]] = field(default_factory=dict)
    ordered: tuple[Route, ...] = ()
    there: frozenset[str] | None = None
    acknowledged_to: frozenset[str] = frozenset()
    owner_domains: frozenset[str] = frozenset()
    addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def matching(self, concern: Concern) -> Iterator[Route]:
        """Every route that a problem takes, in order."""
        for route in self.ordered:
            if route.match.fits(concern):
                yield route
                if not route.goes_on and any(True for _ in self.named(route.receivers, concern)):
                    return
        yield self._last(concern)

    def to_everyone(self) -> Route:
        """What nobody may keep from anybody."""
        return Route(EVERYONE, Match(), tuple(sorted(self.there or self.everyone)))

    def hear(self, concern: Concern) -> Sequence[Hearing]:
        """Who is to hear of it, each once."""
        return self.heard_by(tuple(self.matching(concern)), concern)

    def heard_by(self, routes: Sequence[Route], concern: Concern) -> Sequence[Hearing]:
        """The same, where the routes that it takes are known."""
        found: dict[str, Hearing] = {}
        for route in routes:
            for receiver in self.named(route.receivers, concern):
                found.setdefault(receiver, Hearing(receiver, route))
        if not any(name.startswith(f"{MAIL}:") for name in found):
            return list(found.values())
        doubled = {f"{MAIL}:{address.lower()}" for name in found for address in self.addresses.get(name, ())}
        return [hearing for name, hearing in found.items() if name not in doubled]

    def told_apart(self, concern: Concern) -> Iterator[str]:
        """Each route, and why it is taken or not; then who hears, in words."""
        taken, over = {id(route) for route in self.matching(concern)}, False
        for route in (*self.ordered, self._last(concern)):
            about = f"Route {route.name} ({route.match.says})" if route.name != LAST else "Last route (by severity)"
            if over:
                yield f"{about}: not asked, for one before it does not go on"
            elif id(route) in taken or route.name == LAST:
                found = list(self.named(route.receivers, concern))
                yield f"{about}: {', '.join(found) or 'nobody'}{''.join(f'; {one}' for one in self._terms(route))}"
                over = not route.goes_on and bool(found)
            else:
                yield f"{about}: no, {next(route.match.misfits(concern))}"
        for owner in concern.owners:
            if not any(True for _ in self.of_owner(owner)):
                yield f"Owner {owner}: neither a receiver nor an address that may be written to"

    @staticmethod
    def _terms(route: Route) -> Iterator[str]:
        """What is different on this route."""
        if route.quiet:
            yield f"quiet {route.quiet.says}"
        if route.escalation:
            yield f"after {span(route.escalation.after)} without acknowledgement also {', '.join(route.escalation.to)}"
        if route.group != "problem":
            yield f"a pager gets one call, a desk one ticket, a {route.group}"
        if route.goes_on:
            yield "then the next one"

    def named(self, names: Sequence[str], concern: Concern) -> Iterator[str]:
        """Receivers that are set up, with the owners in the place of `owner`."""
        for name in names:
            if name == OWNER:
                for owner in concern.owners:
                    yield from self.of_owner(owner)
            elif self.is_there(name):
                yield name

    def of_owner(self, owner: str) -> Iterator[str]:
        """`mail:ADDRESS` for each address in it, or the receiver of that name."""
        named = owner.strip().lower()
        if "@" not in owner and self.is_there(named) and named not in self.acknowledged_to:  # A tag pages nobody.
            yield named
        for address in ADDRESS.findall(owner):
            if self.is_there(MAIL) and address.rpartition("@")[2].lower() in self.owner_domains:
                yield f"{MAIL}:{address.lower()}"

    def is_there(self, name: str) -> bool:
        """Whether a receiver is set up."""
        return self.there is None or name in self.there or (name.startswith(f"{MAIL}:") and "@" in name)

    def may_tell(self, name: str) -> bool:
        """One that is named by settings, or an owner who may be written to."""
        set_up = self.there is None or name in self.there or name in self.everyone
        return set_up or name in self.of_owner(name.partition(":")[2])

    @property
    def everyone(self) -> tuple[str, ...]:
        """Every receiver that is named for anything, and set up."""
        by_route = (name for route in self.ordered for name in (*route.receivers, *_escalated(route)))
        names = (*(name for some in self.by_severity.values() for name in some), *by_route)
        return tuple(dict.fromkeys(name for name in names if name != OWNER and self.is_there(name)))

    def _last(self, concern: Concern) -> Route:
        """What is critical reaches everybody before it reaches nobody, unless nobody is what was asked for."""
        names = self.by_severity.get(concern.severity, ())
        lost = concern.severity is Severity.CRITICAL and names and not any(True for _ in self.named(names, concern))
        return Route(LAST, Match(), tuple(sorted(self.there or ())) if lost else names)


def _escalated(route: Route) -> tuple[str, ...]:
    return route.escalation.to if route.escalation else ()
