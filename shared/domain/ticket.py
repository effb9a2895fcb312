"""A ticket as it stands at its desk: an issue (GitHub, Jira), an incident (ServiceNow), a work item (Azure DevOps)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """`DISMISSED`: a person closed it without the problem being solved, and means it: won't fix, not planned."""

    OPEN = "open"
    DONE = "closed"
    DISMISSED = "closed as not to be done"


@dataclass(frozen=True, slots=True)
class Ticket:
    """`reference` is what the desk's API wants, `name` what people call it: #12, OPS-7, INC0010023.

    `marker` is ours, and lies in the ticket itself. `word` is the desk's own word for its status, `by` who closed it
    ("" where it is open, or nobody says). `created` and `changed` are the desk's own times, aware, in UTC.
    """

    reference: str
    name: str
    url: str
    marker: str
    status: Status
    word: str
    created: datetime
    changed: datetime
    assignee: str = ""
    by: str = ""


def standing(ticket: Ticket) -> str:
    """#12 open (In Progress), assigned to ben; OPS-7 closed as not to be done (Won't Do) by ana."""
    word = f" ({ticket.word})" if ticket.word and ticket.word.lower() != ticket.status else ""
    by = f" by {ticket.by}" if ticket.by and ticket.status is not Status.OPEN else ""
    assigned = f", assigned to {ticket.assignee}" if ticket.assignee else ""
    return f"{ticket.name} {ticket.status}{word}{by}{assigned}"
