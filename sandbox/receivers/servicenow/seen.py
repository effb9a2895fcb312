"""Incidents as ServiceNow shows them: a description as text, work notes as the HTML of the activity stream."""

from collections.abc import Sequence
from html.parser import HTMLParser

from sandbox.receivers.servicenow.activity import activity
from sandbox.receivers.servicenow.records import CANCELED, CLOSED, PRIORITIES, RESOLVED, Incident
from sandbox.receivers.servicenow.stand_in import ServiceNowStandIn
from sandbox.receivers.tickets import Seen


class Reader(HTMLParser):
    """What a browser makes of HTML: text, elements, addresses and mentions."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.elements: list[str] = []
        self.addresses: list[str] = []
        self.mentions: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.text += "\n" if tag == "br" else ""
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]
        self.mentions += [value or "" for name, value in attrs if name == "data-mention"]

    def handle_data(self, data: str) -> None:
        """A space of no width is not seen."""
        self.text += data.replace("\u200b", "")


class SeenServiceNow(ServiceNowStandIn):
    """The stand-in, and what people see in it."""

    def seen(self) -> Sequence[Seen]:
        return [self._seen(reference, incident) for reference, incident in self.instance.incidents.items()]

    def _seen(self, reference: str, incident: Incident) -> Seen:
        row = incident.row
        notes = tuple(text for _, _, element, text in incident.journal if element == "work_notes")
        return Seen(
            reference=reference,
            title=row["short_description"],
            text=row["description"],
            comments=tuple(Reader(activity(note)).text for note in notes),
            is_open=row["state"] not in (RESOLVED, CLOSED, CANCELED),
            priority=PRIORITIES[row["priority"]],
            assignee=self.instance.users.get(row["assigned_to"], ""),
        )
