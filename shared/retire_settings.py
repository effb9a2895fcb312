"""RETIRE__*: what may be done about accounts whose validation failed for good. Any mistake in them closes all of it."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict

from shared.domain.policy import RetireMode, RetirePolicy, Selector
from shared.setting_mistakes import NEAR, Mistake
from shared.setting_values import GUID, one_of, setting

SECTION = "RETIRE"
SEPARATOR = re.compile("[;,]")
# What no account could ever match is a mistake, or else RETIRE__NEVER would protect nothing and nobody would know.
VALUES = {
    "subscription": re.compile(r"[^/].{0,99}"),
    "group": re.compile(r"[^/]{1,90}"),
    "account": re.compile(
        r"[^/]{1,100}|/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.codesigning/codesigningaccounts/[^/]+"
    ),
    "tag": re.compile(r"[^=]{1,512}(=.{0,256})?"),
}
CLOSED = "until that is mended no account is retired"


def selector_list(value: object) -> object:
    """`subscription:Labs; tag:retire=yes, group:trials; account:old` -> selectors; a bare id is a subscription."""
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in SEPARATOR.split(value) if part.strip()]
    found = [_selector(part) for part in parts]
    if not all(found):
        raise ValueError(
            "must name accounts by subscription, group, account or tag, with semicolons or commas between, like "
            "subscription:Labs; tag:retire=yes"
        )
    return tuple(found)


def _selector(written: str) -> Selector | None:
    if GUID.fullmatch(written):
        return Selector("subscription", written.lower())
    kind, _, rest = (part.strip() for part in written.lower().partition(":"))
    value = re.sub(r"\s*=\s*", "=", rest, count=1) if kind == "tag" else rest
    return Selector(kind, value) if kind in VALUES and VALUES[kind].fullmatch(value) else None


def halting(value: object) -> object:
    """Whatever is not clearly false holds."""
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    if word not in ("true", "false", "1", "0", "yes", "no"):
        raise ValueError("must be true or false")
    return word in ("true", "1", "yes")


def time_zone(value: object) -> object:
    """A name of the IANA database."""
    try:
        return ZoneInfo(value).key if isinstance(value, str) else value
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"


type Selectors = Annotated[tuple[Selector, ...], BeforeValidator(selector_list)]
type Halting = Annotated[bool, BeforeValidator(halting)]
type ModeName = Annotated[str, BeforeValidator(one_of(*RetireMode))]


class RetireSettings(BaseModel):
    """Seven settings; what else is careful are documented constants (docs/retirement.md)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    retire_mode: ModeName = setting("RETIRE__MODE", "off", "off, report, approve or auto.")
    retire_only: Selectors = setting("RETIRE__ONLY", (), "Accounts that may be retired at all; without any, none.")
    retire_never: Selectors = setting("RETIRE__NEVER", (), "Accounts that are never retired.")
    retire_halt: Halting = setting("RETIRE__HALT", default=False, meaning="true holds every retirement.")
    retire_after_days: int = setting(
        "RETIRE__AFTER_DAYS", 14, "Days without a signature before an account is a candidate.", ge=7, le=28
    )
    retire_grace_workdays: int = setting(
        "RETIRE__GRACE_WORKDAYS", 10, "Workdays to say no, from a proven notice on.", ge=1, le=60
    )
    retire_approvals: int = setting(
        "RETIRE__APPROVALS", 1, "How many people approve; two at least for Premium.", ge=1, le=5
    )
    deleter_client_id: str = setting(
        "AZURE__DELETER_CLIENT_ID", "", "The user-assigned identity that deletes, and does nothing else."
    )
    time_zone_name: Annotated[str, BeforeValidator(time_zone)] = setting(
        "WEBSITE_TIME_ZONE", "UTC", "Set by the platform: by whose clock accounts are deleted on working days."
    )
    retire_closed: bool = False

    @property
    def zone(self) -> ZoneInfo:
        """By whose clock."""
        return ZoneInfo(self.time_zone_name)

    @property
    def retire(self) -> RetirePolicy:
        """Closed where anything about it is wrong."""
        return RetirePolicy(
            RetireMode.OFF if self.retire_closed else RetireMode(self.retire_mode),
            self.retire_only,
            self.retire_never,
            self.retire_halt or self.retire_closed,
            self.retire_after_days,
            self.retire_grace_workdays,
            self.retire_approvals,
        )


def closing(mistake: Mistake) -> Mistake:
    """The same; one about retiring says what it brings about."""
    if not any(_ours(name) for name in mistake.names):
        return mistake
    return Mistake(mistake.name, f"{mistake.sentence.rstrip('.')}; {CLOSED}.", mistake.beside)


def closed(mistakes: Iterable[Mistake]) -> bool:
    """Whether anything is wrong with them."""
    return any(_ours(name) for one in mistakes for name in one.names)


def _ours(name: str) -> bool:
    """One that was meant to be ours, too: RETIRE_HALT holds nothing, and whoever wrote it believes that it does."""
    aliases = [field.alias or "" for field in RetireSettings.model_fields.values()]
    ours = [alias for alias in aliases if alias.startswith(SECTION)]
    return name.upper().startswith(SECTION) or bool(get_close_matches(name.upper(), ours, n=1, cutoff=NEAR))


def not_together(settings: RetireSettings, watcher: str, *, local: bool) -> Iterator[Mistake]:
    """Modes that delete need an identity for it, that is not the one that watches."""
    mode = RetireMode(settings.retire_mode)
    if not mode.deletes:
        return
    if not settings.retire_only:
        yield Mistake("RETIRE__ONLY", "RETIRE__ONLY names nothing, so nothing is retired.")
    if not settings.deleter_client_id and not local:
        words = f"{mode} needs AZURE__DELETER_CLIENT_ID, an identity of its own that deletes"
        yield Mistake("RETIRE__MODE", f"RETIRE__MODE: {words}.")
    if settings.deleter_client_id and settings.deleter_client_id.lower() == watcher.lower():
        words = "the identity that deletes must be another one than AZURE_CLIENT_ID"
        yield Mistake("RETIRE__MODE", f"RETIRE__MODE: {words}.")
