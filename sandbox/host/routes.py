"""Route templates of HTTP triggers, matched as the host in the cloud does."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from sandbox.host.functions import Function

_PARAMETER = re.compile(r"\{(?P<star>\*{0,2})(?P<name>\w+)(?::(?P<constraint>[^?}]*))?(?P<optional>\?)?\}")
_CONSTRAINTS = {
    "int": r"-?\d+",
    "long": r"-?\d+",
    "alpha": r"[a-zA-Z]+",
    "bool": r"true|false",
    "guid": r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
}
_LITERAL, _CONSTRAINED, _FREE, _CATCH_ALL = range(4)


@dataclass(frozen=True, slots=True)
class Route:
    function: Function
    template: str
    pattern: re.Pattern[str]
    methods: frozenset[str]
    precedence: tuple[int, ...]

    def match(self, method: str, raw_path: str) -> Mapping[str, str] | None:
        """The route parameters, decoded; None when this is not the route."""
        if self.methods and method not in self.methods:
            return None
        found = self.pattern.fullmatch(raw_path.strip("/"))
        return {name: unquote(value or "") for name, value in found.groupdict().items()} if found else None


def routes_of(functions: Sequence[Function], prefix: str) -> list[Route]:
    """Those with an HTTP trigger, the most special first."""
    found = [_route(function, prefix) for function in functions if function.trigger.type == "httpTrigger"]
    return sorted(found, key=lambda route: route.precedence)


def _route(function: Function, prefix: str) -> Route:
    route = function.trigger.properties.get("route")
    template = "/".join(filter(None, [prefix, str(function.name if route is None else route).strip("/")]))
    segments = [_segment(segment) for segment in template.split("/") if segment]
    pattern = "".join(
        _join(part, optional=optional, first=not place) for place, (_, part, optional) in enumerate(segments)
    )
    methods = frozenset(str(method).upper() for method in function.trigger.properties.get("methods") or ())
    return Route(
        function, template, re.compile(pattern, re.IGNORECASE), methods, tuple(rank for rank, _, _ in segments)
    )


def _segment(segment: str) -> tuple[int, str, bool]:
    """Precedence, pattern, and whether it may be missing."""
    parameter = _PARAMETER.fullmatch(segment)
    if parameter is None:
        return _LITERAL, re.escape(segment), False
    if parameter["star"]:
        return _CATCH_ALL, f"(?P<{parameter['name']}>.*)", True
    constraint = _CONSTRAINTS.get(parameter["constraint"] or "", "[^/]+")
    rank = _CONSTRAINED if parameter["constraint"] else _FREE
    return rank, f"(?P<{parameter['name']}>{constraint})", bool(parameter["optional"])


def _join(part: str, *, optional: bool, first: bool) -> str:
    joined = part if first else f"/{part}"
    return f"(?:{joined})?" if optional else joined
