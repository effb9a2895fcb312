"""ROUTES: an ordered list in JSON of who hears what."""

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from shared.domain.matching import Match
from shared.domain.quiet_hours import WEEK, QuietHours
from shared.domain.routing import LAST, OWNER, Escalation, Route
from shared.patterns import MatchText, Texts, faults_of
from shared.setting_values import duration_list, receiver_list

LONGEST_WAIT = timedelta(hours=1)
STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


def _some_time(quiet: "QuietText") -> "QuietText":
    if quiet.begins == quiet.ends and len(quiet.days) == len(WEEK):
        raise ValueError("must leave some time in which things are told")
    return quiet


def _clock_time(value: object) -> time:
    try:
        return datetime.strptime(str(value), "%H:%M").time()  # noqa: DTZ007  A time of the day, wherever that is.
    except ValueError:
        raise ValueError("must be a time of the day like 22:00") from None


def _zone(value: object) -> str:
    if str(value) not in available_timezones():
        raise ValueError("must be a time zone of the IANA, like Europe/Berlin")
    return ZoneInfo(str(value)).key


def _days(value: object) -> frozenset[int]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(str(name).lower()[:3] in WEEK for name in names):
        raise ValueError("must name days of the week, like sat and sun")
    return frozenset(WEEK.index(str(name).lower()[:3]) for name in names)


def _span(value: object) -> timedelta:
    spans = duration_list(value)
    if not isinstance(spans, tuple) or len(spans) != 1:
        raise ValueError("must be a span like 30m, 4h or 1d")
    found: timedelta = spans[0]
    return found


def _wait(value: object) -> timedelta:
    found = timedelta() if str(value) in ("0", "0m") else _span(value)
    if found > LONGEST_WAIT:
        raise ValueError("must be an hour at most")
    return found


def _repeat(value: object) -> object:
    if value == "never":
        return ()
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError("must be spans like 1d and 7d, or never")
    return duration_list(",".join(str(text) for text in texts))


type Receivers = Annotated[Texts, BeforeValidator(receiver_list)]


class QuietText(BaseModel):
    """Nothing but what is critical is told from one time to another."""

    model_config = STRICT

    begins: Annotated[time, BeforeValidator(_clock_time)] = Field(alias="from")
    ends: Annotated[time, BeforeValidator(_clock_time)] = Field(alias="to")
    zone: Annotated[str, BeforeValidator(_zone)] = "UTC"
    days: Annotated[frozenset[int], BeforeValidator(_days)] = frozenset(range(7))


class EscalationText(BaseModel):
    """Who else hears of it when nobody has acknowledged it for so long."""

    model_config = STRICT

    to: Receivers
    after: Annotated[timedelta, BeforeValidator(_span)]


class RouteText(BaseModel):
    """One route."""

    model_config = STRICT

    name: str = Field(default="", max_length=60)
    match: MatchText = MatchText()
    receivers: Receivers
    goes_on: bool = Field(default=False, alias="continue", strict=True)
    grouping: Literal["problem", "rule", "subscription", "route"] = "problem"
    wait: Annotated[timedelta | None, BeforeValidator(_wait)] = None
    repeat: Annotated[tuple[timedelta, ...] | None, BeforeValidator(_repeat)] = None
    quiet: Annotated[QuietText, AfterValidator(_some_time)] | None = None
    escalate: EscalationText | None = None

    def route(self, number: int) -> Route:
        """As the domain knows it."""
        quiet, up = self.quiet, self.escalate
        return Route(
            name=self.name or str(number),
            match=self.match.match,
            receivers=self.receivers,
            goes_on=self.goes_on,
            group=self.grouping,
            wait=self.wait,
            repeat=self.repeat,
            quiet=QuietHours(quiet.begins, quiet.ends, quiet.zone, quiet.days) if quiet else None,
            escalation=Escalation(up.to, up.after) if up else None,
        )


ROUTES = TypeAdapter(list[RouteText])
OWNED = ("validation-expiring", "cost-idle", "retirement-announced")  # What only they can do, or say no to.
OWNERS = Route("owners", Match(rules=OWNED), (OWNER,), goes_on=True)


def route_list(value: object) -> object:
    """JSON -> routes. Raises ValueError with the place of the first mistake in it."""
    if not isinstance(value, str):
        return value
    try:
        found = ROUTES.validate_json(value)
    except ValidationError as error:
        fault = faults_of(error)[0]
        raise ValueError(f"{_place(fault.field)}{fault.words}") from None
    routes = tuple(text.route(number) for number, text in enumerate(found, 1))
    names = [route.name for route in routes]
    if wrong := [name for name in names if names.count(name) > 1 or name == LAST or "|" in name]:
        raise ValueError(f"there may be one route called {wrong[0][:60]}, and none called {LAST} or with | in its name")
    return routes


def named_in(routes: Iterable[Route]) -> Iterator[tuple[Route, str]]:
    """Every receiver that a route names."""
    for route in routes:
        for name in (*route.receivers, *(route.escalation.to if route.escalation else ())):
            yield route, name


def _place(path: str) -> str:
    """`1.quiet.zone` -> `route 2, quiet, zone: `."""
    number, *rest = path.split(".")
    if not number.isdigit():
        return "must be a JSON list of routes: " if not path else f"{path}: "
    return f"{', '.join([f'route {int(number) + 1}', *rest])}: "
