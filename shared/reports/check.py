"""One check as lines of text: what needs somebody, what is fine, what could not be read."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.domain.blind import About, Blind
from shared.domain.cost import Bill, together
from shared.domain.look import Look
from shared.domain.rules.register import MISSING
from shared.domain.view import AccountView, FindingView, SubscriptionView
from shared.domain.words import amounts, count, day, listing, moment

ORDER = {"Critical": 0, "Warning": 1, "Info": 2}
LABELS = {"Critical": "CRITICAL", "Warning": "warning", "Info": "note"}
WIDTH = 10
# What is read of a subscription, not of an account in it.
OF_THE_WHOLE = (About.REGISTER, About.REGISTRATIONS, About.LOCKS)


@dataclass(frozen=True, slots=True)
class Check:
    """A closed look, the views of its subscriptions, and what was read of this month's bills, scope by scope.

    `unbilled` are scopes whose bill could not be read.
    """

    look: Look
    views: tuple[SubscriptionView, ...]
    bills: tuple[Bill, ...] = ()
    unbilled: tuple[Blind, ...] = ()

    @property
    def accounts(self) -> Sequence[AccountView]:
        """Of every subscription."""
        return [account for view in self.views for account in view.accounts]

    @property
    def findings(self) -> Sequence[FindingView]:
        """The worst first, without those that are a part of a larger one."""
        found = [finding for view in self.views for finding in view.findings if not finding.inhibited]
        return sorted(found, key=_graveness)

    @property
    def fees(self) -> Decimal:
        """USD a month by list price, of all accounts that are known."""
        return sum((Decimal(account.fee) for account in self.accounts if account.fee), Decimal())


def head(check: Check, seconds: float | None = None) -> str:
    """When, how many, how long it took, what they cost."""
    accounts = check.accounts
    regions = len({account.region for account in accounts})
    seen = [count(len(accounts), "account"), count(len(check.views), "subscription"), count(regions, "region")]
    took = f"{seconds:.1f} s, " if seconds is not None else ""
    cost = f"{took}{count(check.look.calls, 'call')} to Azure, {check.fees} USD fees a month by list price"
    return f"{moment(check.look.started)}   {', '.join(seen)}   {cost}"


def lines(check: Check) -> Iterator[str]:
    """Everything below the head."""
    for finding in check.findings:
        yield row(_label(finding), finding.what)
        yield row("", f"next: {_first_sentence(finding.next_step)}")
    yield from _fine(check)
    yield from _billed(check)
    yield from _not_reached(check)
    yield from _not_read(check)


def row(label: str, text: str) -> str:
    """A label in its column, and a text."""
    return f"{pad(label, WIDTH)}{text}"


def pad(text: str, width: int) -> str:
    """Fill up to a width in columns of a terminal, where 経 takes two."""
    taken = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    return text + " " * max(width - taken, 0)


def _fine(check: Check) -> Iterator[str]:
    fine = [account for account in check.accounts if account.fine]
    new = sum(1 for account in fine if account.note)
    young = f", {new} of them new without a certificate yet" if new else ""
    if fine:
        yield row("fine", f'{count(len(fine), "account")}{young}; "certificate expires in 2 days" is normal')


def _graveness(finding: FindingView) -> tuple[bool, int, int, str]:
    return finding.observed, ORDER[finding.severity], -len(finding.accounts), finding.what


def _label(finding: FindingView) -> str:
    """How grave it is; what nobody is told of is marked, and so is what only people can know."""
    if finding.observed:
        return "observed"
    return "to enter" if finding.rule == MISSING.name else LABELS[finding.severity]


def _billed(check: Check) -> Iterator[str]:
    """What was charged, how far the bill goes, and what the month will cost where that is foreseen of all scopes."""
    days = [bill.until for bill in check.bills if bill.until]
    if not days:
        return
    charged = amounts(together(bill.totals for bill in check.bills))
    foreseen = [bill.forecast for bill in check.bills if bill.forecast]
    ahead = f"; {amounts(together(foreseen))} foreseen for the month" if len(foreseen) == len(check.bills) else ""
    names = {view.subscription.id: view.subscription.name for view in check.views}
    missing = [names.get(id_, id_) for id_ in sorted({id_ for bill in check.bills for id_ in bill.missing})]
    without = f", without {listing(missing, 5)}, which Azure's bill no longer shows" if missing else ""
    yield row("COST", f"{charged} billed this month, as far as {day(max(days))}{without}{ahead}")


def _not_reached(check: Check) -> Iterator[str]:
    for reached in check.look.reached:
        if not reached.answered:
            yield row("NO ANSWER", f"{reached.service} ({reached.address}): {reached.problem}")


def _not_read(check: Check) -> Iterator[str]:
    for view in check.views:
        for about in About:
            if spots := [spot for spot in view.blind if spot.about is about]:
                what = f"subscription {view.subscription.name}: {_what(view, spots)}"
                yield row("NOT READ", f"{what}, nothing closed there")
                yield from (row("", f"why: {reason}") for reason in dict.fromkeys(spot.reason for spot in spots))
    for spot in check.look.blind:
        yield row("NOT READ", f"the list of all accounts: {spot.reason}")
    for spot in check.unbilled:
        yield row("NOT READ", f"the bill: {spot.reason}")


def _what(view: SubscriptionView, spots: Sequence[Blind]) -> str:
    """5 accounts; or: signing usage of 3 accounts."""
    whole = any(spot.scope == view.subscription.scope for spot in spots)
    if spots[0].about in OF_THE_WHOLE:
        return str(spots[0].about)
    number = count(len(view.accounts) if whole else len(spots), "account")
    return number if spots[0].about is About.ACCOUNTS else f"{spots[0].about} of {number}"


def _first_sentence(text: str) -> str:
    return text.split(". ", maxsplit=1)[0].rstrip(".")
