"""Work items as Azure DevOps shows them, read by a parser that reads HTML as browsers do."""

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

import html5lib

from sandbox.receivers.devops.items import Item, Whereabouts
from sandbox.receivers.devops.stand_in import DevOpsStandIn
from sandbox.receivers.tickets import Seen

SPACED = {"br", "h3", "li", "p", "td", "tr"}


def elements(html: str) -> list[Element]:
    """Every element of it, as a browser would find them."""
    found = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    return [element for element in found.iter() if isinstance(element.tag, str)]


def read(html: str) -> str:
    """What a person reads, and nothing of what is markup."""
    found = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    return " ".join("".join(_texts(found)).split())


def _texts(element: Element) -> Iterator[str]:
    if callable(element.tag):  # A comment.
        return
    yield element.text or ""
    for child in element:
        yield " " if child.tag in SPACED else ""
        yield from _texts(child)
        yield child.tail or ""


class SeenDevOps(DevOpsStandIn):
    """With what a person sees."""

    def seen(self) -> Sequence[Seen]:
        """What is hidden from our sign-in others see."""
        seen = (Whereabouts.THERE, Whereabouts.HIDDEN)
        return [_seen(item) for item in self.items.values() if item.lies in seen]


def _seen(item: Item) -> Seen:
    fields = item.fields
    return Seen(
        str(item.number),
        fields["System.Title"],
        read(fields.get("Microsoft.VSTS.TCM.ReproSteps" if item.kind.name == "Bug" else "System.Description", "")),
        tuple(read(remark.html) for remark in item.remarks),
        item.kind.states[fields["System.State"]] in ("Proposed", "InProgress"),
        str(fields["Microsoft.VSTS.Common.Priority"]),
        fields.get("System.AssignedTo", {}).get("displayName", ""),
        tuple(fields["System.Tags"].split("; ")),
    )
