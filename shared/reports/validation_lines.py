"""The validation list as lines of text, from what the API answers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.domain.words import count, listing
from shared.reports.check import pad

NOTHING_TO_DO = "Nothing is to be looked up: every validation in use has its date, and was confirmed not long ago."
NAMES = 24


def todo_text(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What to look up, where, and how to say it."""
    for line in lines:
        about = f"identity validation {line['validation']}" if line["validation"] else f"account {line['account']}"
        used = [used.partition("/")[0] for used in line["used_by"]]
        yield f"{line['subscription_name']}: {about}" + (f", used by {listing(sorted(set(used)))}" if used else "")
        yield f"    to look up: {line['missing']}"
        yield f"    in the portal, under Identity validations: {line['portal']}"
        which = line["validation"][:8] or line["account"]
        example = "--status Completed --expires 2028-11-19" if line["validation"] else "--status 'In Progress'"
        confirm = line["missing"].startswith("a confirmation")
        yield f"    then: countersign register set {which} {'--confirm' if confirm else example}"
    if lines:
        yield f"{count(len(lines), 'thing')} to look up. Many at once: countersign register export --todo FILE.csv,"
        yield "fill it in, and countersign register import FILE.csv."
    else:
        yield NOTHING_TO_DO


def line_text(line: Mapping[str, Any]) -> str:
    """One line of the list."""
    entry = line["entry"]
    which = line["validation"] or "without an id"
    waiting = f"for {line['account']}" if line["account"] else "nothing uses it"
    used = listing(sorted({used.partition("/")[0] for used in line["used_by"]})) or waiting
    said = _state(entry) if entry else "not entered"
    missing = f"; to look up: {line['missing']}" if line["missing"] and entry else ""
    return f"{pad(line['subscription_name'], NAMES)}{which}  {said}{missing}  ({used})"


def word_text(word: Mapping[str, Any]) -> str:
    """One word, with who said it."""
    which = word["validation"] or f"the request for {word['account']}"
    gone = "withdrawn: " if word.get("withdrawn") else ""
    rest = {
        name: word[name]
        for name in ("organisation", "kind", "trust", "requested", "owner", "contact", "note")
        if word[name]
    }
    more = "".join(f", {name} {value}" for name, value in rest.items())
    return (
        f"{which}: {gone}{_state(word)}{more}. Said by {word['said_by']}, {word['said_at'][:16]} ({word['said_way']})"
    )


def brought(answer: Mapping[str, Any], *, preview: bool) -> Iterator[str]:
    """What a file changed, or would."""
    if answer["done"] or not answer["faults"]:
        yield from (_change(change) for change in answer["changes"])
    new = sum(1 for change in answer["changes"] if change["new"])
    numbers = f"{new} new, {len(answer['changes']) - new} changed, {answer['same']} as before"
    unsaid = f", {answer['unsaid']} that say nothing yet" if answer["unsaid"] else ""
    if answer["done"]:
        yield f"Taken in: {numbers}{unsaid}."
    elif answer["faults"]:
        right = f"; {count(len(answer['changes']), 'line')} would be right" if answer["changes"] else ""
        yield f"Nothing was taken in: {count(len(answer['faults']), 'fault')} in the file{right}."
    elif preview:
        yield f"Would be taken in: {numbers}{unsaid}."
    else:
        yield f"Nothing to take in: {numbers}{unsaid}."


def _change(change: Mapping[str, Any]) -> str:
    """line 5: identity validation 1a6b8ceb: expires 2027-05-02 -> 2027-05-09."""
    if change["new"]:
        said = {name: value for name, value in change["after"].items() if name not in ("subscription", "validation")}
        fields = [f"{name} {value}" for name, value in said.items()]
    else:
        fields = [
            f"{name} {change['before'][name] or 'nothing'} -> {value or 'nothing'}"
            for name, value in change["after"].items()
        ]
    return f"line {change['line']}: {'new: ' if change['new'] else ''}{change['title']}: {', '.join(fields)}"


def _state(entry: Mapping[str, Any]) -> str:
    words = [entry["status"]]
    words += [f"expires {entry['expires']}"] if entry["expires"] else []
    words += [f"failed: {entry['failure']}"] if entry["failure"] else []
    words += [f"given up by {entry['given_up_by']}"] if entry["given_up_by"] else []
    words += [f"{entry['attempts_used']} of 3 attempts used"] if entry["attempts_used"] else []
    return ", ".join(words)
