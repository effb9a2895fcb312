"""How the text of an app setting becomes a value. Every refusal is a part of a plain sentence, without the value."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from shared.domain.matching import ADDRESS
from shared.domain.policy import Budget
from shared.schedule import NeverDue, next_due

# Second, minute, hour, day, month, weekday of an NCRONTAB schedule, and the names that stand for numbers.
FIELDS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
LONGEST = timedelta(days=366)
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NAME = r"[a-z0-9_().-]{1,90}"
BUDGET = re.compile(
    r"(?:(?P<name>total|(?:subscription|account)\s*:[^=;]{1,200}|tag\s*:[^=;]{1,128}=[^=;]{1,256})=)?"
    r"\s*(?P<amount>[0-9]{1,9}(?:\.[0-9]{1,2})?)\s+(?P<currency>[A-Za-z]{3})",
    re.IGNORECASE,
)
SCOPE_PREFIX = re.compile(r"^/(subscriptions|providers/microsoft\.management/managementgroups)/", re.IGNORECASE)
COST_SCOPE = re.compile(
    rf"{NAME}|/subscriptions/{GUID.pattern}|/providers/microsoft\.management/managementgroups/{NAME}"
    r"|/providers/microsoft\.billing/billingaccounts/[a-z0-9_:.-]{1,150}(/[a-z]{1,40}/[a-z0-9_:.-]{1,90}){0,3}"
)


def setting(name: str, default: Any, meaning: str, **limits: Any) -> Any:
    """One app setting: its name, its default and what it means."""
    return Field(default=default, alias=name, description=meaning, **limits)


def text_list(value: object) -> object:
    """`a, b` -> ("a", "b")."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def number_list(value: object) -> object:
    """`60,30,14` -> (60, 30, 14), each once and above zero."""
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split(",")]
    numbers = [int(part) for part in parts if re.fullmatch(r"[0-9]{1,6}", part)]
    if len(numbers) < len(parts) or min(numbers) < 1 or len(set(numbers)) < len(numbers):
        raise ValueError("must be whole numbers above zero, each once, with commas between, like 60,30,14")
    return tuple(numbers)


def duration_list(value: object) -> object:
    """`1d,3d,12h` -> time spans."""
    if not isinstance(value, str):
        return value
    found = [re.fullmatch(r"([0-9]{1,6})([mhd])", part.strip()) for part in value.split(",")]
    spans = [int(match[1]) * UNITS[match[2]] for match in found if match]
    if len(spans) < len(found) or not all(timedelta() < span <= LONGEST for span in spans):
        raise ValueError("must be spans of minutes, hours or days, a year at most, with commas between, like 12h,1d,7d")
    return tuple(spans)


def billing_day(value: object) -> object:
    """`calendar month` -> 1; or the day of the month, 1 to 31."""
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    if word in ("calendar month", "month"):
        return 1
    if not re.fullmatch(r"[0-9]{1,2}", word) or not 1 <= int(word) <= 31:
        raise ValueError("must be calendar month, or the day of the month on which counting begins anew, 1 to 31")
    return int(word)


def budget_list(value: object) -> object:
    """`500 EUR; subscription:Games=80 EUR; tag:team=apps=50 EUR; account:tools=20 EUR` -> budgets."""
    if not isinstance(value, str):
        return value
    found = [BUDGET.fullmatch(part.strip()) for part in value.split(";") if part.strip()]
    budgets = [
        Budget(_budget_name(match["name"] or "total"), Decimal(match["amount"]), match["currency"].upper())
        for match in found
        if match
    ]
    if len(budgets) < len(found) or len({(budget.name, budget.currency) for budget in budgets}) < len(budgets):
        raise ValueError(
            "must be amounts with a currency, each name once a currency, with semicolons between, like 500 EUR; "
            "subscription:Games=80 EUR; tag:team=apps=50 EUR; account:tools=20 EUR"
        )
    return tuple(budgets)


def _budget_name(written: str) -> str:
    """`Tag: team = apps` -> `tag:team=apps`."""
    return re.sub(r"\s*([:=])\s*", r"\1", written.strip().lower())


def web_address(value: object) -> object:
    """An address that begins with https:// (or http:// on this machine)."""
    return _address(value, ("https",))


def plain_address(value: object) -> object:
    """An address that begins with https:// or http://."""
    return _address(value, ("https", "http"))


def _address(value: object, schemes: tuple[str, ...]) -> object:
    if not isinstance(value, str) or not value:
        return value
    address = value.strip()
    try:
        split = urlsplit(address)
        split.port  # noqa: B018  A port that is not a number raises here.
    except ValueError:
        raise ValueError("must be a web address") from None
    if re.search(r"\s", address):
        raise ValueError("must be a web address without spaces")
    local = split.hostname in ("127.0.0.1", "localhost", "::1")
    if not split.hostname or split.scheme not in (("https", "http") if local else schemes):
        raise ValueError(f"must be a web address that begins with {' or '.join(f'{one}://' for one in schemes)}")
    return address


def regional_address(value: object) -> object:
    """A web address in which the region has its place."""
    address = web_address(value)
    if isinstance(address, str) and address:
        try:
            fits = address.format(region="") != address
        except (KeyError, IndexError, ValueError):
            fits = False
        if not fits:
            raise ValueError("must hold {region} where the region belongs, and no other braces")
    return address


def scope_list(value: object) -> object:
    """Ids of subscriptions and of management groups, with or without what the portal writes before them."""
    if not isinstance(value, str):
        return value
    found = [SCOPE_PREFIX.sub("", part.strip()).rstrip("/") for part in value.split(",") if part.strip()]
    if not all(re.fullmatch(r"[A-Za-z0-9_().-]{1,90}", part) for part in found):
        raise ValueError("must be ids of subscriptions or of management groups with commas between, not names")
    return tuple(found)


def cost_scope_list(value: object) -> object:
    """The same, and billing accounts or their parts by ARM id: all as lower-case ARM ids."""
    if not isinstance(value, str):
        return value
    found = [part.strip().lower().rstrip("/") for part in value.split(",") if part.strip()]
    if not all(COST_SCOPE.fullmatch(part) for part in found):
        raise ValueError("must be ids of subscriptions, management groups or billing accounts with commas between")
    return tuple(part if part.startswith("/") else arm_scope(part) for part in found)


def arm_scope(scope: str) -> str:
    """The lower-case ARM id of a subscription, or else of a management group."""
    group = "/providers/microsoft.management/managementgroups/"
    return f"/subscriptions/{scope.lower()}" if GUID.fullmatch(scope) else f"{group}{scope.lower()}"


def six_fields(value: object) -> object:
    """An NCRONTAB schedule: second, minute, hour, day, month, weekday."""
    fields = str(value).split()
    if len(fields) != len(FIELDS) or not all(map(_field_fits, fields, FIELDS)):
        raise ValueError("must be a schedule of six fields, like 0 7 * * * * for seven minutes past each hour")
    try:
        next_due(" ".join(fields), datetime(2024, 1, 1, tzinfo=UTC))
    except NeverDue:
        raise ValueError("must be a schedule that is due some day, like 0 7 * * * * for every hour") from None
    return " ".join(fields)


def _field_fits(text: str, limits: tuple[int, int]) -> bool:
    """Numbers within the limits, names of days and months, ranges, lists and steps."""
    parts = [re.fullmatch(r"(?:\*|(\w+)(?:-(\w+))?)(?:/([1-9]\d*))?", part) for part in text.split(",")]
    words = [word for part in parts if part for word in part.groups()[:2] if word]
    low, high = limits
    return all(parts) and all(
        low <= int(word) <= high if word.isdecimal() else word.lower()[:3] in (*MONTHS, *DAYS) for word in words
    )


RECEIVER = re.compile(
    r"owner|(teams|slack|mail|pagerduty|webhook|eventgrid|github|jira|servicenow|devops)(:[a-z0-9-]{1,40})?"
)
WORDS_FOR_RECEIVERS = ("all", "messages", "none")


def address_list(value: object) -> object:
    """`ops@contoso.example, ana@contoso.example` -> addresses."""
    if not isinstance(value, str):
        return value
    found = tuple(part.strip() for part in re.split(r"[,;]", value) if part.strip())
    if not all(ADDRESS.fullmatch(part) for part in found):
        raise ValueError("must be mail addresses with commas between, like ops@contoso.example")
    return found


def receiver_list(value: object) -> object:
    """`pagerduty, teams:games, mail:ana@contoso.example, owner` -> names, each once."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple):
        return value
    found = tuple(dict.fromkeys(str(name).strip().lower() for name in names if str(name).strip()))
    for name in found or ("",):
        mailed = name.startswith("mail:") and ADDRESS.fullmatch(name.removeprefix("mail:"))
        if not (mailed or RECEIVER.fullmatch(name)):
            raise ValueError(
                "must name receivers: owner, teams, slack, mail, pagerduty, webhook, eventgrid, github, jira, "
                "servicenow, devops, a further one like teams:games, or an address like mail:ana@contoso.example"
            )
    return found


def receivers_or_word(value: object) -> object:
    """The same, or one of `all`, `messages` (all but pagers) and `none`."""
    word = str(value).strip().lower() if isinstance(value, str) else ""
    if word in WORDS_FOR_RECEIVERS:
        return (word,)
    try:
        return receiver_list(value)
    except ValueError as error:
        raise ValueError(f"{error}; or all, messages (all but pagers) or none") from None


def domain_list(value: object) -> object:
    """`contoso.example, fabrikam.example` -> domains in lower case."""
    if not isinstance(value, str):
        return value
    found = tuple(part.strip().lower().lstrip("@") for part in value.split(",") if part.strip())
    if not all(re.fullmatch(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", part) for part in found):
        raise ValueError("must be domains of mail addresses with commas between, like contoso.example")
    return found


def tag_list(value: object) -> object:
    """`countersign-owner, owner` -> names of tags in lower case."""
    found = text_list(value)
    return tuple(str(name).lower() for name in found) if isinstance(found, tuple) else found


def one_line(value: object) -> object:
    """A name without line ends, of at most 200 characters."""
    if not isinstance(value, str):
        return value
    name = value.strip()
    if len(name) > 200 or not name.isprintable():
        raise ValueError("must be one line of at most 200 characters")
    return name


def label_list(value: object) -> object:
    """`signing, team: ops` -> labels, each once."""
    found = text_list(value)
    if isinstance(found, tuple) and not all(len(name) <= 50 and name.isprintable() for name in found):
        raise ValueError("must be names of at most 50 characters with commas between")
    return tuple(dict.fromkeys(found)) if isinstance(found, tuple) else found


def pair_list(value: object) -> object:
    """`ana@contoso.example=ana; ben=ben-contoso` -> by what stands on the left, in lower case."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.split(";") if part.strip()]
    found = {left.strip().lower(): right.strip() for left, _, right in pairs}
    if len(found) < len(pairs) or not all(left and right for left, right in found.items()):
        raise ValueError("must be pairs with semicolons between, each name once, like ana@contoso.example=ana; ben=b2")
    return found


def json_object(value: object) -> object:
    """`{"milestone": 3}` -> fields."""
    if not isinstance(value, str):
        return value
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError(  # noqa: TRY004  A setting's text, of whatever type it is.
            'must be an object in JSON, like {"field": "value"}'
        )
    return found


def repository_name(value: object) -> object:
    """`contoso/signing`."""
    name = value.strip() if isinstance(value, str) else value
    if name and not re.fullmatch(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}", str(name)):
        raise ValueError("must be owner/name of a repository, like contoso/signing")
    return name


def spans_or_never(value: object) -> object:
    """`3d,7d`, or `never` -> ()."""
    return () if str(value).strip().lower() == "never" else duration_list(value)


def is_true(value: object) -> bool:
    """What the platform writes is not judged: whatever else it is, it is not true."""
    return str(value).strip().lower() in ("true", "1")


def one_of(*allowed: str) -> Callable[[object], object]:
    """One of these words, whatever the case."""

    def check(value: object) -> object:
        word = str(value).strip().lower()
        if word not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return word

    return check
