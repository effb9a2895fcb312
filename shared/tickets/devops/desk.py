"""Azure DevOps: problems as work items of one project, made and read by the app's own identity."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.domain.finding import Severity
from shared.domain.matching import ADDRESS
from shared.domain.ticket import Status, Ticket
from shared.domain.ticket_text import Text
from shared.ports.desk import Draft
from shared.ports.errors import DeliveryError
from shared.tickets.devops.html import written
from shared.tickets.devops.items import Comments, Said, WorkItem, first_of, status_of, understood, utc
from shared.tickets.devops.project import DevOpsProject, patch_of
from shared.tickets.devops.refusals import ASSIGNED, STATE, refused, unknown_assignee
from shared.tickets.pieces import pieces
from shared.tickets.terms import OURS, Terms
from shared.tickets.titles import titled, utf16_units

TITLE, TAGS, AREA = "System.Title", "System.Tags", "System.AreaPath"
PRIORITY = "Microsoft.VSTS.Common.Priority"
DESCRIPTION, STEPS = "System.Description", "Microsoft.VSTS.TCM.ReproSteps"  # A bug shows only these.
PRIORITIES = {Severity.CRITICAL: "1", Severity.WARNING: "2", Severity.INFO: "3"}
MOST_IN_TITLE = 255
MOST_IN_TEXT = 100_000  # A text field takes a million; nobody reads that, and a page of comments has to be read too.
FOR_THE_KEY = 200
COMMENTS_A_PAGE = 40
KEY = "countersign:"


@dataclass(frozen=True, slots=True)
class DevOps:
    """`area` is where in the project the work items belong ("" for its root)."""

    project: DevOpsProject
    terms: Terms = field(default_factory=Terms)
    area: str = ""

    async def open(self, draft: Draft) -> Ticket:
        """An owner's address is an assignee as it is, where no setting says otherwise."""
        fields, assignee = self._fields(draft), self._assignee(draft.owners)
        answer = await self.project.create(patch_of(fields | {ASSIGNED: assignee} if assignee else fields))
        if assignee and unknown_assignee(answer):
            answer = await self.project.create(patch_of(fields))
        if error := refused(answer, self.project.asked(creates=True)):
            raise error
        return self._shown(understood(WorkItem, answer, creates=True), draft.marker, Status.OPEN)

    async def find(self, marker: str, since: datetime) -> Sequence[Ticket]:
        """By its tag. Whether a query finds parts of tags is not documented, so they are compared here.

        What a query finds and nobody shows us may be the ticket: unless it was deleted, that is a DeliveryError. It is
        permanent, for the next query may not find it either, and then a second ticket would be opened.
        """
        items, hidden = await self.project.search(marker, "System.CreatedDate", since)
        for number in hidden:
            await self.project.check_deleted(str(number))
        found = [item for item in items if marker.lower() in item.tags and item.fields.created >= since]
        found.sort(key=lambda item: (item.fields.created, item.id))
        return [self._shown(item, marker, await self._status(item)) for item in found]

    async def changed(self, since: datetime) -> Sequence[Ticket]:
        """Every ticket of ours that was made or changed since then."""
        items, _ = await self.project.search(OURS, "System.ChangedDate", since)
        found = [(item, item.marker(self.terms.labels)) for item in items if item.fields.changed >= since]
        return [self._shown(item, marker, await self._status(item)) for item, marker in found if marker]

    async def read(self, reference: str) -> Ticket:
        """One ticket as it stands."""
        item = await self.project.read(reference)
        return self._shown(item, item.marker(self.terms.labels), await self._status(item))

    async def comment(self, reference: str, text: Text, key: str) -> None:
        """With the key in small print at its end: nothing is known to stay hidden in Azure DevOps' HTML."""
        answer = await self.project.post_comment(reference, f"{written(text)}<p><small>{KEY}{key}</small></p>")
        understood(Said, answer, creates=True)

    async def said(self, reference: str, key: str, since: datetime) -> bool:
        """A key counts at the end of a comment only, where nobody else's words stand."""
        ending = re.compile(rf"{re.escape(KEY + key)}(?:\s|&nbsp;|</?[A-Za-z][^<>]*>)*")
        token, seen = "", {""}
        while True:
            page = understood(Comments, await self.project.comments(reference, COMMENTS_A_PAGE, token))
            recent = [comment for comment in page.comments if comment.created >= since]
            if any(_ends(comment.text, ending) for comment in recent):
                return True
            token = page.token or ""
            if token in seen or len(recent) < len(page.comments):
                return False
            seen.add(token)

    async def set_severity(self, reference: str, severity: Severity) -> None:
        """Its priority."""
        await self.project.change(reference, patch_of(self._priority(severity)))

    async def close(self, reference: str) -> None:
        """In the first state that its type has for what is done."""
        item = await self.project.read(reference)
        if await self._status(item) is not Status.OPEN:
            return
        kind = item.fields.kind
        done = first_of(await self.project.states(kind), "Completed")
        if not done:
            reason = f"Work items of the type {kind} cannot be closed: none of its states is of the category Completed."
            raise DeliveryError(f"{reason} Give it one, or set another TICKETS__DEVOPS_TYPE.", permanent=True)
        item = await self.project.change(reference, patch_of({STATE: done}, item))
        if await self._status(item) is Status.DISMISSED:
            await self._close_by_steps(item, done)

    async def reopen(self, reference: str) -> bool:
        """As what is new, or else as what is worked at; False where rules of the process forbid both."""
        item = await self.project.read(reference)
        if await self._status(item) is Status.OPEN:
            return True
        for category in ("Proposed", "InProgress"):
            state = first_of(await self.project.states(item.fields.kind), category)
            if state and await self.project.move(item, state):
                return True
        return False

    async def check(self) -> None:
        """Asks which states the type has: that needs the sign-in, the project and the type."""
        await self.project.states(self.project.kind, anew=True)

    def pieces(self, text: Text) -> Sequence[Text]:
        """In as few as fit into a text field or a comment each."""
        return pieces(text, MOST_IN_TEXT - FOR_THE_KEY, lambda part: utf16_units(written(part)))

    async def _close_by_steps(self, item: WorkItem, done: str) -> None:
        """To the CMMI process one that was never worked at is rejected, and a reason stays as long as its state does.

        So it goes the whole way; where it may not, it is left as it is.
        """
        moved = None
        for category in ("InProgress", "Resolved"):
            if state := first_of(await self.project.states(item.fields.kind), category):
                moved = await self.project.move(moved or item, state) or moved
        if moved:
            await self.project.change(str(item.id), patch_of({STATE: done}, moved))

    def _fields(self, draft: Draft) -> dict[str, Any]:
        """What an installation wants itself counts more than what we would say; its tags are added to ours."""
        own = dict(self.terms.fields)
        labels = [*self.terms.labels, *str(own.pop(TAGS, "")).split(";")]
        tags = dict.fromkeys(label.strip() for label in (OURS, draft.marker, *labels) if label.strip())
        said = {
            TITLE: titled(draft.title, MOST_IN_TITLE),
            STEPS if self.project.kind.lower() == "bug" else DESCRIPTION: written(draft.text),
            TAGS: "; ".join(tags),
            **({AREA: self.area} if self.area else {}),
            **self._priority(draft.severity),
        }
        return said | own

    def _priority(self, severity: Severity) -> dict[str, Any]:
        priority = self.terms.priorities.get(severity, PRIORITIES[severity])
        return {PRIORITY: int(priority) if re.fullmatch(r"[0-9]{1,4}", priority) else priority}

    def _assignee(self, owners: Sequence[str]) -> str:
        if any(owner.lower() in self.terms.assignees for owner in owners):
            return self.terms.assigned(owners)
        return next((owner for owner in owners if ADDRESS.fullmatch(owner)), "")

    async def _status(self, item: WorkItem) -> Status:
        """A state that its type does not have (any more) counts as open."""
        for anew in (False, True):
            for state in await self.project.states(item.fields.kind, anew=anew):
                if state.name.lower() == item.fields.state.lower():
                    return status_of(state.category, item.fields.reason)
        return Status.OPEN

    def _shown(self, item: WorkItem, marker: str, status: Status) -> Ticket:
        return Ticket(
            reference=str(item.id),
            name=f"#{item.id}",
            url=self.project.page_of(item.id),
            marker=marker,
            status=status,
            word=item.fields.state,
            created=utc(item.fields.created),
            changed=utc(item.fields.changed),
            assignee=item.fields.assignee,
            by="" if status is Status.OPEN else item.fields.ended_by,
        )


def _ends(html: str, ending: re.Pattern[str]) -> bool:
    start = html.rfind(KEY)
    return start >= 0 and ending.fullmatch(html, start) is not None
