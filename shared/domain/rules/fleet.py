"""Rules about the fleet as a whole, judged when a look closes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from shared.domain.blind import About, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.look import Look, ShardEnd


def nothing_visible(look: Look, ends: Sequence[ShardEnd], _now: datetime) -> Iterator[Finding]:
    """No signing account is visible at all: that is a mistake in roles or settings until somebody says otherwise."""
    if look.blind or sum(end.accounts for end in ends) > 0:
        return
    yield Finding(
        rule=NOTHING_VISIBLE,
        subject="fleet",
        severity=Severity.WARNING,
        what="Countersign sees no signing account in any subscription",
        stops="Nothing is being watched.",
        next_step="Give Countersign's identity the Reader role on the subscriptions that hold signing accounts, for "
        "example: az role assignment create --assignee IDENTITY --role acdd72a7-3385-48ef-bd42-f606fba81ae7 "
        "--scope /subscriptions/ID",
        rests_on=(Sight(About.ACCOUNTS, ""),),
    )


def inventory_unreadable(look: Look, _ends: Sequence[ShardEnd], _now: datetime) -> Iterator[Finding]:
    """The list of all accounts could not be read: accounts known from before are checked, new ones are not noticed."""
    if not look.blind:
        return
    yield Finding(
        rule=INVENTORY_UNREADABLE,
        subject="fleet",
        severity=Severity.WARNING,
        what="The list of signing accounts could not be read",
        stops="New accounts are not noticed; those known from before are still checked.",
        next_step=look.blind[0].reason,
        rests_on=(),
    )


def fleet_findings(look: Look, ends: Sequence[ShardEnd], now: datetime) -> Iterator[Finding]:
    """Everything that only shows when all subscriptions are seen together."""
    yield from nothing_visible(look, ends, now)
    yield from inventory_unreadable(look, ends, now)


NOTHING_VISIBLE = "nothing-visible"
INVENTORY_UNREADABLE = "inventory-unreadable"


def _elsewhere(*_: object) -> Iterator[Finding]:
    """Judged when a look closes, not with a subscription."""
    yield from ()


FLEET_RULES: Mapping[str, Rule] = {
    NOTHING_VISIBLE: Rule(NOTHING_VISIBLE, _elsewhere),
    INVENTORY_UNREADABLE: Rule(INVENTORY_UNREADABLE, _elsewhere, needs_looks=2),
}
