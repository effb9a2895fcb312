"""The validation list as the API says it: every field as text, as CSV has it."""

from typing import Any

from shared.domain.validation import RegisterEntry
from shared.domain.validation_list import ListLine
from shared.testimony import said_by


def entry_json(entry: RegisterEntry) -> dict[str, Any]:
    """What was said, and who said so."""
    return {
        **said_by(entry),
        "said_by": entry.said_by,
        "said_at": entry.said_at.isoformat(),
        "said_way": str(entry.way),
    }


def line_json(line: ListLine, portal: str) -> dict[str, Any]:
    """`entry` is null where nobody has said anything; `portal` shows the account that it is about."""
    return {
        "subscription": line.subscription.id,
        "subscription_name": line.subscription.name,
        "key": line.key,
        "validation": line.validation_id,
        "account": line.account,
        "entry": entry_json(line.entry) if line.entry else None,
        "used_by": list(line.used_by),
        "missing": line.missing,
        "portal": f"{portal}/#resource{line.resource}",
    }
