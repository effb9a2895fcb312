"""The part of Kusto's language that a client of Resource Graph needs: read into steps, never guessed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal


class NotUnderstood(ValueError):
    """A part of the query that this stand-in does not know."""


@dataclass(frozen=True, slots=True)
class Value:
    """A path (`properties.sku.name`), or a literal where `literal`; folded to lower case where `lower`."""

    text: str
    literal: bool = False
    fold: Literal["", "lower", "upper"] = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """`left operator any of values`; `negated` turns it round."""

    left: Value
    operator: Literal["==", "=~", "contains", "startswith", "isnotempty"]
    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Where:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """`replaces`: only these columns are left (project), or they are added (extend)."""

    columns: tuple[tuple[str, Value], ...]
    replaces: bool


@dataclass(frozen=True, slots=True)
class Order:
    by: tuple[tuple[Value, bool], ...]
    """Each with whether it descends."""


@dataclass(frozen=True, slots=True)
class Join:
    """`on` are columns that both sides have; `inner` drops rows without a partner."""

    query: "Query"
    on: tuple[str, ...]
    inner: bool


@dataclass(frozen=True, slots=True)
class Limit:
    rows: int


@dataclass(frozen=True, slots=True)
class Count:
    pass


type Step = Where | Project | Order | Join | Limit | Count


@dataclass(frozen=True, slots=True)
class Query:
    table: str
    steps: tuple[Step, ...]


_FUNCTION = re.compile(r"(tostring|tolower|toupper|todynamic)\s*\((.*)\)", re.DOTALL | re.IGNORECASE)
_LITERAL = re.compile(r"""'([^']*)'|"([^"]*)"|(\d+(?:\.\d+)?)""")
_INDEX = re.compile(r"""\[\s*['"]([^'"]+)['"]\s*\]""")
_PATH = re.compile(r"[A-Za-z_][\w$]*(\.[\w\-$ ]+)*")
_CONDITION = re.compile(
    r"(?P<left>.+?)\s*(?P<op>=~|!~|==|!=|(?<=[\s\])])!?(?:in~?|contains|startswith)(?=[\s(]))\s*(?P<right>.+)",
    re.DOTALL,
)
_JOIN = re.compile(r"(?:kind\s*=\s*(\w+)\s*)?\((.*)\)\s*on\s+([\w$.]+(?:\s*(?:==|,)\s*[\w$.]+)*)", re.DOTALL)


def read(text: str) -> Query:
    """Raises NotUnderstood."""
    text = re.sub(r"(^|\s)//[^\n]*", "", text)
    parts = [part.strip() for part in split(text, "|")]
    if not re.fullmatch(r"\w+", parts[0]):
        raise NotUnderstood(f"the query has to begin with a table, not with {parts[0]!r}")
    return Query(parts[0].lower(), tuple(_step(part) for part in parts[1:]))


def split(text: str, separator: str) -> list[str]:
    """At separators (a character, or ` and `) outside of quotes and brackets."""
    parts, depth, quote, begin, at = [], 0, "", 0, 0
    while at < len(text):
        character = text[at]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif depth == 0 and text[at : at + len(separator)].lower() == separator:
            parts.append(text[begin:at])
            begin = at = at + len(separator)
            continue
        at += 1
    return [*parts, text[begin:]]


def _step(text: str) -> Step:
    verb, _, rest = text.partition(" ") if not text.lower().startswith("count") else ("count", "", "")
    rest = re.sub(r"\s+", " ", rest).strip()
    match verb.lower():
        case "where":
            return Where(tuple(_condition(part.strip()) for part in split(rest, " and ")))
        case "project" | "extend":
            return Project(tuple(_columns(rest)), verb.lower() == "project")
        case "order" | "sort":
            return Order(tuple(_order(rest)))
        case "join":
            return _join(rest)
        case "limit" | "take":
            return Limit(int(rest))
        case "count":
            return Count()
    raise NotUnderstood(f"the operator {verb!r} is not known here")


def _condition(text: str) -> Condition:
    if text.startswith("(") and text.endswith(")"):
        return _condition(text[1:-1].strip())
    filled = re.fullmatch(r"isnotempty\s*\((.+)\)", text, re.IGNORECASE)
    if filled:
        return Condition(_value(filled[1]), "isnotempty", ())
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise NotUnderstood(f"the condition {text!r} is not understood")
    operator, right = found["op"].lower(), found["right"].strip()
    if operator.lstrip("!") in ("in", "in~"):
        right = right.removeprefix("(").removesuffix(")")
    values = tuple(_value(part) for part in split(right, ",") if part.strip())
    negated = operator.startswith("!")
    meaning = {"in": "==", "in~": "=~", "=": "==", "~": "=~"}.get(operator.lstrip("!"), operator.lstrip("!"))
    return Condition(_value(found["left"]), meaning, values, negated)  # type: ignore[arg-type]


def _columns(text: str) -> Iterator[tuple[str, Value]]:
    for part in split(text, ","):
        name, equals, expression = part.partition("=")
        if equals:
            yield name.strip(), _value(expression)
        else:
            value = _value(part)
            yield value.text.replace(".", "_"), value


def _value(text: str) -> Value:
    text = text.strip()
    literal = _LITERAL.fullmatch(text)
    if literal:
        return Value(next(group for group in literal.groups() if group is not None), literal=True)
    function = _FUNCTION.fullmatch(text)
    if function:
        inner, name = _value(function[2]), function[1].lower()
        fold: Literal["lower", "upper", ""] = {"tolower": "lower", "toupper": "upper"}.get(name, inner.fold)  # type: ignore[assignment]
        return Value(inner.text, inner.literal, fold)
    path = _INDEX.sub(r".\1", text)
    if not _PATH.fullmatch(path):
        raise NotUnderstood(f"the expression {text!r} is not understood")
    return Value(path)


def _order(text: str) -> Iterator[tuple[Value, bool]]:
    if not text.lower().startswith("by "):
        raise NotUnderstood(f"'order' has to be followed by 'by', not by {text!r}")
    for part in split(text[3:], ","):
        words = part.split()
        yield _value(words[0]), words[-1].lower() != "asc"


def _join(text: str) -> Join:
    found = _JOIN.fullmatch(text)
    if found is None or (found[1] or "inner").lower() not in ("leftouter", "inner", "innerunique"):
        raise NotUnderstood("a join has to be 'kind=leftouter|inner (...) on column'")
    columns = tuple(part.split("==")[0].strip().removeprefix("$left.") for part in found[3].split(","))
    return Join(read(found[2]), columns, (found[1] or "inner").lower() != "leftouter")
