"""Atlassian Document Format as Jira takes it, by Atlassian's own JSON schema, and what a person reads in it."""

import json
from collections.abc import Iterator
from typing import Any

from adf_bridge import AdfBridgeError, validate_adf

from sandbox.receivers.jira.refused import Refused

# Measured as it was sent: more than that Jira surely refuses ("The entered text is too long").
MOST = 32_767
# "Atlassian Document Format" (developer.atlassian.com/cloud/jira/platform/apis/document/structure): the schema has
# nodes and marks that Jira has not; these are the pages below "Nodes" and "Marks".
NODES = {
    *("doc", "paragraph", "heading", "text", "hardBreak", "rule", "panel", "blockquote", "codeBlock", "expand"),
    *("bulletList", "orderedList", "listItem", "taskList", "taskItem", "table", "tableRow", "tableHeader", "tableCell"),
    *("nestedExpand", "media", "mediaGroup", "mediaSingle", "mediaInline", "mention", "emoji", "inlineCard", "date"),
    *("status", "multiBodiedExtension"),
}
MARKS = {"backgroundColor", "border", "code", "em", "link", "strike", "strong", "subsup", "textColor", "underline"}
BLOCKS = {"paragraph", "heading"}


def check(found: Any, field: str, where: str) -> None:
    """Raises Refused, with the field that a person would look at."""
    if not isinstance(found, dict):
        why = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
        raise Refused(400, f"{where}: {field} is no document", errors={field: why})
    try:
        validate_adf(found)
    except AdfBridgeError as error:
        raise Refused(400, f"{where}: {field}: {error}", "INVALID_INPUT", errors={field: "INVALID_INPUT"}) from error
    if strange := {one["type"] for one in walk(found)} - NODES | {mark["type"] for mark in marks(found)} - MARKS:
        why = f"apis/document/structure: Jira has no {', '.join(sorted(strange))}"
        raise Refused(400, why, "INVALID_INPUT", errors={field: "INVALID_INPUT"})
    if len(json.dumps(found, ensure_ascii=False, separators=(",", ":"))) > MOST:
        why = f"The entered text is too long. It exceeds the allowed limit of {MOST:,} characters."
        raise Refused(400, f"{where}: {field} is too long", errors={field: why})


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node, itself the first."""
    yield node
    for child in node.get("content", ()):
        yield from walk(child)


def marks(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Of all texts."""
    for node in walk(document):
        yield from node.get("marks", ())


def words(document: dict[str, Any]) -> str:
    """What a person reads, a paragraph a line."""
    lines = (node for node in walk(document) if node["type"] in BLOCKS)
    return "\n".join("".join(_read(child) for child in line.get("content", ())) for line in lines)


def _read(node: dict[str, Any]) -> str:
    """Mentions and cards are shown by a name of their own, which nobody wrote as text."""
    return str(node["text"]) if node["type"] == "text" else f"[{node['type']}]"
