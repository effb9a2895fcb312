"""Rows of one account and month: they lie behind everything else of a subscription, later months first."""

from collections.abc import Iterable, Sequence
from datetime import date

from shared.domain.cost import AccountCost
from shared.domain.usage import SigningUsage
from shared.store.keys import key, parts, prefix
from shared.store.rows import Row
from shared.store.schema import Codec

USAGE = Codec[SigningUsage](SigningUsage)
COST = Codec[AccountCost](AccountCost)

MONTH = "usage"  # Behind every other kind of row, so that a range of keys leaves old months out.


def month_key(about: str, month: date, account_id: str) -> str:
    """`about` is signing or cost; the account may be one that is gone."""
    return key(MONTH, _backwards(month), about, *_group_and_name(account_id))


def months_until(earliest: date) -> str:
    """Where a query of everything down to this month ends."""
    _, last = prefix(MONTH, _backwards(earliest))
    return last


def rows_about(about: str, rows: Iterable[Row]) -> Sequence[Row]:
    """Those of signing, or of cost."""
    return [row for row in rows if parts(row.key)[2] == about]


def _backwards(month: date) -> str:
    return f"{999999 - int(f'{month:%Y%m}'):06}"


def _group_and_name(account_id: str) -> tuple[str, str]:
    """What tells it apart within its subscription; all of the id where it is not an account's."""
    found = account_id.split("/")
    return (found[4], found[-1]) if len(found) == 9 else ("", account_id)
