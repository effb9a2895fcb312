"""Incidents of ServiceNow, over its Table API.

The marker is `correlation_id`. Comments are work notes, which callers do not see. What was resolved can be reopened,
what was closed or canceled cannot ("Incident Management state model"). There are no labels: tags are records of their
own there, each person's or shared.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from shared.domain.finding import Severity
from shared.domain.ticket import Status, Ticket
from shared.domain.ticket_text import Text
from shared.http import Answer
from shared.ports.desk import Draft
from shared.ports.errors import DeliveryError, NotThere
from shared.tickets.servicenow import journal
from shared.tickets.servicenow.incident import FIELDS, IN_PROGRESS, RESOLVED, display, ticket_of, value
from shared.tickets.servicenow.query import Page, Records, moment, whole
from shared.tickets.servicenow.refusals import Forbidden, Ruled, hidden, not_understood, notes_unseen
from shared.tickets.servicenow.session import Session
from shared.tickets.terms import OURS, Terms
from shared.tickets.titles import titled

INCIDENTS, JOURNAL, GROUPS, USERS = "incident", "sys_journal_field", "sys_user_group", "sys_user"
# Impact and urgency, of which ServiceNow makes the priority ("Define priority lookup rules").
PRIORITIES = {Severity.CRITICAL: "1,1", Severity.WARNING: "2,2", Severity.INFO: "3,3"}
CLOSE_NOTES = "Countersign sees the problem no longer."
LIMIT_OF_TITLE = 160  # The dictionary's length of `short_description`.

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServiceNow:
    """`group` is whose incidents they are, by name or sys_id; "" leaves it to the rules of the instance.

    `close_code` is one of the instance's resolution codes; those of instances from before 2022 are others.
    """

    session: Session
    group: str
    terms: Terms
    close_code: str

    async def open(self, draft: Draft) -> Ticket:
        """Where a rule of the instance refuses it, perhaps for its assignee, it is asked for once more without one."""
        incident = {
            **self._weight(draft.severity),
            **({"assignment_group": await self._group()} if self.group else {}),
            **self.terms.fields,
            "short_description": titled(draft.title, LIMIT_OF_TITLE),
            "description": journal.written(draft.text, in_stream=False),
            "correlation_id": draft.marker,
            "correlation_display": OURS.capitalize(),
        }
        assignee = await self._user(self.terms.assigned(draft.owners))
        if not assignee:
            return await self._made(incident)
        try:
            return await self._made({**incident, "assigned_to": assignee})
        except Ruled:
            return await self._made(incident)

    async def find(self, marker: str, since: datetime) -> Sequence[Ticket]:
        """One that the user may not read is an error: it would be made again, for ever."""
        query = f"correlation_id={marker}^sys_created_on>={moment(since)}^ORDERBYsys_created_on"
        found = await self._records.all(INCIDENTS, query, FIELDS)
        if found.hidden:
            raise hidden()
        tickets = [ticket for ticket in self._tickets(found.rows) if ticket.marker == marker]
        return [ticket for ticket in tickets if ticket.created >= whole(since)]

    async def changed(self, since: datetime) -> Sequence[Ticket]:
        """In an order that no change changes, so that none falls between two pages."""
        query = f"correlation_idSTARTSWITH{OURS}-^sys_updated_on>={moment(since)}^ORDERBYsys_id"
        found = await self._records.all(INCIDENTS, query, FIELDS)
        tickets = [ticket for ticket in self._tickets(found.rows) if ticket.marker.startswith(f"{OURS}-")]
        return [ticket for ticket in tickets if ticket.changed >= whole(since)]

    async def read(self, reference: str) -> Ticket:
        """By its sys_id."""
        return self._ticket(await self._record("GET", reference, FIELDS))

    async def comment(self, reference: str, text: Text, key: str) -> None:
        """As a work note."""
        await self._record("PATCH", reference, ("sys_id",), {"work_notes": journal.note(text, key)})

    async def said(self, reference: str, key: str, since: datetime) -> bool:
        """Whoever may not read the journal's table is answered with nothing; then the incident itself is asked.

        That one tells all notes as one text, so that `since` is not heeded there. Where it does not show them, nobody
        knows what was said, and that is an error.
        """
        conditions = [f"element_id={reference}", "element=work_notes", f"valueLIKE{journal.NOTE}{key}"]
        query = "^".join([*conditions, f"sys_created_on>={moment(since)}"])
        try:
            found = await self._records.all(JOURNAL, query, ("sys_id", "element_id", "value"))
        except Forbidden:
            found = None
        rows = [row for row in found.rows if value(row, "element_id") == reference] if found else []
        if any(journal.says(value(row, "value"), key) for row in rows):
            return True
        incident = await self._record("GET", reference, ("sys_id", "work_notes"))
        if "work_notes" not in incident:
            raise notes_unseen()
        return journal.says(display(incident, "work_notes"), key)

    async def set_severity(self, reference: str, severity: Severity) -> None:
        """By impact and urgency: priority itself is computed."""
        await self._record("PATCH", reference, ("sys_id",), self._weight(severity))

    async def close(self, reference: str) -> None:
        """As resolved, with what the standard rules demand; the instance closes it after some days."""
        if (await self.read(reference)).status is not Status.OPEN:
            return
        resolution = {"state": RESOLVED, "close_code": self.close_code, "close_notes": CLOSE_NOTES}
        after = self._ticket(await self._record("PATCH", reference, FIELDS, resolution))
        if after.status is Status.OPEN:
            raise DeliveryError(
                "ServiceNow took the resolution of an incident and left it open: look whether the OAuth application "
                "user may write its state, and which rule sets it back.",
                permanent=True,
            )

    async def reopen(self, reference: str) -> bool:
        """Only what is resolved. A rule that refuses even that is an answer too."""
        before = await self._record("GET", reference, FIELDS)
        if self._ticket(before).status is Status.OPEN:
            return True
        if value(before, "state") != RESOLVED:
            return False
        try:
            after = await self._record("PATCH", reference, FIELDS, {"state": IN_PROGRESS})
        except Ruled:
            return False
        return self._ticket(after).status is Status.OPEN

    async def check(self) -> None:
        """Reads incidents, the work notes of one of ours, and the group."""
        ours = await self._page_of_ours()
        if ours.hidden:
            raise hidden()
        for row in ours.rows[:1]:
            await self._check_notes(value(row, "sys_id"))
        if self.group:
            await self._group()

    def pieces(self, text: Text) -> Sequence[Text]:
        """A description and a work note hold the same."""
        return journal.split(text)

    @property
    def _records(self) -> Records:
        return Records(self.session)

    async def _made(self, incident: dict[str, Any]) -> Ticket:
        """Known by its own id from now on, also where the instance keeps no marker: else it would be made for ever."""
        answer = await self.session.ask("POST", INCIDENTS, self._records.shown(FIELDS), incident)
        if answer.status == 404:
            raise self.session.not_here(answer)
        try:
            ticket = ticket_of(answer.json().get("result"), self.session.address)
        except ValueError:
            raise not_understood("the incident that was made", maybe_taken=True) from None
        if ticket.marker != incident["correlation_id"]:
            log.warning(
                "ServiceNow made %s without its correlation_id, by which it is found again: look whether the OAuth "
                "application user may read and write that field, and which rule changes it.",
                ticket.name,
            )
        return replace(ticket, marker=incident["correlation_id"])

    async def _record(
        self, method: str, reference: str, fields: Sequence[str], body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """One incident. Raises NotThere, once it is sure that it is not only hidden."""
        path = f"{INCIDENTS}/{quote(reference, safe='')}"
        answer = await self.session.ask(method, path, self._records.shown(fields), body)
        if answer.status == 404:
            raise NotThere if await self._is_gone(reference) else hidden()
        return _one(answer)

    async def _check_notes(self, reference: str) -> None:
        """By a list, for which it does not matter whether the incident has just gone."""
        found = await self._records.page(INCIDENTS, f"sys_id={reference}", ("sys_id", "work_notes"), limit=1)
        if any("work_notes" not in row for row in found.rows):
            raise notes_unseen()

    async def _is_gone(self, reference: str) -> bool:
        """404 is also the answer to whom access control does not let read it: lists count it all the same.

        Where nothing is counted, whoever sees no incident of ours at all is taken for one who may not read them.
        """
        found = await self._records.page(INCIDENTS, f"sys_id={reference}", ("sys_id",), limit=1)
        if found.rows or found.total is not None:
            return not (found.rows or found.total)
        return bool((await self._page_of_ours()).rows)

    async def _page_of_ours(self) -> Page:
        """Whether there are any, and whether the user may read one of them."""
        return await self._records.page(INCIDENTS, f"correlation_idSTARTSWITH{OURS}-", ("sys_id",))

    async def _group(self) -> str:
        found = await self._records.ids(GROUPS, "name", self.group)
        if len(found) != 1:
            raise DeliveryError(
                f"ServiceNow shows {len(found) or 'no'} active groups by the name in TICKETS__SERVICENOW_GROUP: "
                "give its sys_id, and look whether the OAuth application user may read groups.",
                permanent=True,
            )
        return found[0]

    async def _user(self, name: str) -> str:
        """ "" for whom the instance does not know, or does not show."""
        try:
            found = await self._records.ids(USERS, "user_name", name) if name else []
        except Forbidden:
            return ""
        return found[0] if len(found) == 1 else ""

    def _weight(self, severity: Severity) -> dict[str, str]:
        named = self.terms.priorities.get(severity, PRIORITIES[severity])
        parts = re.fullmatch(r"\s*([1-9])\s*,\s*([1-9])\s*", named)
        if not parts:
            raise DeliveryError(
                "A priority in TICKETS__SERVICENOW_PRIORITIES is not impact and urgency, two numbers like 1,1.",
                permanent=True,
            )
        return {"impact": parts[1], "urgency": parts[2]}

    def _ticket(self, row: object) -> Ticket:
        try:
            return ticket_of(row, self.session.address)
        except ValueError:
            raise not_understood("what an incident is made of") from None

    def _tickets(self, rows: Sequence[object]) -> Sequence[Ticket]:
        """Each once, also where it moved to the next page meanwhile; numbers tell apart what is of one second."""
        tickets = {ticket.reference: ticket for ticket in map(self._ticket, rows)}
        return sorted(tickets.values(), key=lambda ticket: (ticket.created, ticket.name))


def _one(answer: Answer) -> dict[str, Any]:
    found = answer.json().get("result")
    if not isinstance(found, dict):
        raise not_understood("the incident that was asked for")
    return found
