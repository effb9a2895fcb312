"""One page that shows what arrived, newest first: no script, light and dark, any width."""

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from sandbox.receivers.arrived import shown
from sandbox.receivers.received import Received
from sandbox.receivers.tickets import Life

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --quiet: #5b6570; --paper: #f6f7f9; --card: #fff; --line: #d9dee4;
  --good: #14683c; --bad: #b3261e; --mark: #1f5fbf }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --quiet: #a0a9b3; --paper: #14171a; --card: #1d2125;
  --line: #343a40; --good: #6fd39b; --bad: #ff8a80; --mark: #8ab8ff } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 46rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.05rem; margin: .25rem 0 .5rem; overflow-wrap: anywhere }
h3 { font-size: .95rem; margin: .9rem 0 .2rem; overflow-wrap: anywhere }
p { margin: 0; font-size: .92rem; overflow-wrap: anywhere; white-space: pre-wrap }
p.lead { color: var(--quiet); margin: .25rem 0 1.5rem }
article { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .9rem 1.1rem;
  margin: 0 0 1rem }
header { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; color: var(--quiet);
  font-size: .85rem }
header strong { color: var(--mark); font-size: .95rem } .good { color: var(--good) } .bad { color: var(--bad) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem .9rem; margin: 0; font-size: .92rem }
dt { color: var(--quiet) } dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap }
ul { margin: 0; padding-left: 1.1rem } details { margin-top: .6rem; font-size: .85rem }
summary { cursor: pointer; color: var(--quiet) }
pre { overflow-x: auto; background: var(--paper); border: 1px solid var(--line); border-radius: .4rem; padding: .6rem;
  font-size: .78rem }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr } dd { margin-bottom: .3rem } }
"""


def render(entries: Sequence[Received], lives: Sequence[Life] = ()) -> str:
    """The whole page, tickets first; every text that came from outside is escaped."""
    accepted = sum(entry.status < 300 for entry in entries)
    lead = f"{len(entries)} arrived, {accepted} accepted. Newest first. Nothing here leaves this machine."
    cards = "".join([*map(_ticket, lives), *map(_card, reversed(entries))])
    cards = cards or "<article>Nothing has arrived yet.</article>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>What the receivers got</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f'<body><h1>What the receivers got</h1><p class="lead">{lead}</p><main>{cards}</main></body></html>'
    )


def _ticket(life: Life) -> str:
    ticket, tone = life.ticket, "bad" if life.ticket.is_open else "good"
    state = "open" if ticket.is_open else "closed"
    whose = f", assigned to {ticket.assignee}" if ticket.assignee else ""
    steps = "".join(
        f"<h3>{escape(step.at[:16].replace('T', ' '))} {escape(step.what)}</h3><p>{escape(step.said)}</p>"
        for step in life.happened
    )
    return (
        f"<article><header><strong>{escape(life.desk)} {escape(ticket.reference)}</strong>"
        f'<span class="{tone}">{escape(f"{state}, {ticket.priority}{whose}")}</span></header>'
        f"<h2>{escape(ticket.title)}</h2>{steps}</article>"
    )


def _card(entry: Received) -> str:
    tone = "good" if entry.status < 300 else "bad"
    said = f"{entry.status}{f': {entry.reason}' if entry.reason else ''}{' (a repeat)' if entry.repeated else ''}"
    events = entry.events if entry.kind == "webhook" else ()
    read = _as_read(entry) or "".join(_event(event) for event in events if "type" in event)
    raw = json.dumps({"headers": entry.headers, "body": entry.body}, indent=2, ensure_ascii=False)
    return (
        f"<article><header><strong>{escape(entry.receiver)}</strong><time>{escape(entry.at)}</time>"
        f'<span class="{tone}">{escape(said)}</span></header>{read}'
        f"<details><summary>As it came</summary><pre>{escape(raw)}</pre></details></article>"
    )


def _as_read(entry: Received) -> str:
    """What a person would see where it went; nothing for what is not as our channels write it, and for any webhook."""
    if entry.kind == "webhook" or entry.status >= 300:
        return ""
    try:
        found = shown(entry.as_dict())
    except (AttributeError, IndexError, KeyError, TypeError):
        return ""
    blocks = (f"<h3>{escape(block.title)}</h3><p>{escape(block.text)}</p>" for block in found.blocks)
    return f"<h2>{escape(found.where)}: {escape(found.summary)}</h2>{''.join(blocks)}"


def _event(event: dict[str, Any]) -> str:
    title = event.get("subject") or event.get("type") or "an event"
    facts = {"type": event.get("type"), "source": event.get("source"), "time": event.get("time")}
    data = event.get("data")
    shown = {**facts, **data} if isinstance(data, dict) else {**facts, "data": data}
    return f"<h2>{escape(str(title))}</h2>{_shown(shown)}"


def _shown(value: Any) -> str:
    """Objects as definition lists, arrays as lists, the rest as text."""
    if isinstance(value, dict):
        rows = (
            f"<dt>{escape(str(name))}</dt><dd>{_shown(each)}</dd>" for name, each in value.items() if each is not None
        )
        return f"<dl>{''.join(rows)}</dl>"
    if isinstance(value, list):
        return f"<ul>{''.join(f'<li>{_shown(each)}</li>' for each in value)}</ul>"
    return escape(str(value))
