"""How ServiceNow's activity stream shows an entry of a journal: as HTML.

[code] and [/code] hold HTML ("Journal field type", "Disable embedded HTML code"); all else is escaped. @[id:name] is a
mention, which notifies ("Activity streams"), and addresses become links.
"""

import re
from html import escape

CODE = re.compile(r"\[\s?code[^\]]*\](.*?)\[\s?/\s?code\s?\]", re.IGNORECASE | re.DOTALL)
LIVE = re.compile(
    r"@\s?\[(?P<who>[\w.-]+):(?P<name>[^\]]+)\]|(?P<address>(?:(?:https?|ftp)://|www\.|mailto:)\S+)", re.IGNORECASE
)


def activity(entry: str) -> str:
    """What a browser is given."""
    shown, end = [], 0
    for found in CODE.finditer(entry):
        shown += [_escaped(entry[end : found.start()]), found[1]]
        end = found.end()
    return "".join([*shown, _escaped(entry[end:])])


def _escaped(text: str) -> str:
    shown, end = [], 0
    for found in LIVE.finditer(text):
        shown += [escape(text[end : found.start()]), _live(found)]
        end = found.end()
    return "".join([*shown, escape(text[end:])]).replace("\n", "<br>")


def _live(found: re.Match[str]) -> str:
    if found["who"]:
        return f'<a data-mention="{escape(found["who"])}">@{escape(found["name"])}</a>'
    return f'<a href="{escape(found["address"])}">{escape(found["address"])}</a>'
