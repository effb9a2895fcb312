"""countersign what-if: what would have been told more and less with other settings."""

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shared import config
from shared.app_settings import Settings
from shared.cli.refusal import Refusal
from shared.clock import SystemClock
from shared.domain.finding import Severity
from shared.domain.replay import Comparison
from shared.domain.routing import Routes
from shared.flows.what_if import Terms, WhatIf
from shared.reports.comparison import compared
from shared.rule_settings import rules_touched_by
from shared.store.looks import TableLooks
from shared.store.register import TableRegister
from shared.store.shelves import TableShelves
from shared.store.views import BlobViews

WHERE = (
    "Say where Countersign keeps its state: --settings FILE, a local.settings.json or what az functionapp config "
    "appsettings list prints; or the same settings in the environment. You need Storage Table Data Reader and Storage "
    "Blob Data Reader there."
)
SOMEBODY = "anybody"
PAST = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def add(commands: Any) -> None:
    """The command and its options."""
    command = commands.add_parser(
        "what-if", help="replay what was known with other settings: what would have been told more and less"
    )
    command.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting, as often as needed"
    )
    command.add_argument("--since", default="30d", help="how far back: 12h, 30d, 4w, or a date; 30d if not given")
    command.add_argument("--settings", default="", help="a file with the settings that are in force")
    command.set_defaults(run=_run)


async def _run(options: argparse.Namespace) -> int:
    changes = _changes(options.set)
    if options.settings:  # As the Functions host does, before anything that reads them is imported.
        options.environment.update(await asyncio.to_thread(_from_file, options.settings))
    before, after = _right(options.environment), _right({**options.environment, **changes})
    terms = (_terms(before), _terms(after))
    if terms[0] == terms[1]:
        raise Refusal(f"{', '.join(sorted(changes))}: nothing would be judged or told otherwise.", code=2)
    since = _since(options.since, SystemClock().now())
    print("\n".join(compared(await _replayed(before, terms, rules_touched_by(set(changes)), since))))
    return 0


async def _replayed(
    settings: Settings, terms: tuple[Terms, Terms], rules: frozenset[str], since: datetime
) -> Comparison:
    """Raises Refusal where the state cannot be read."""
    from shared.wiring import azure_storage, storage_errors

    try:
        storage = azure_storage(settings)
    except ValueError as error:
        raise Refusal(str(error), WHERE, code=2) from error
    shelves = TableShelves(storage.subscriptions, storage.looks, SystemClock())
    looks, register = TableLooks(storage.looks), TableRegister(storage.subscriptions)
    what_if = WhatIf(shelves, looks, BlobViews(storage.blobs), register, lambda line: print(line, file=sys.stderr))
    try:
        return await what_if.run(*terms, rules, since)
    except storage_errors() as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise Refusal(f"The storage could not be read: {first}", WHERE) from error
    finally:
        await storage.close()


def _changes(given: list[str]) -> Mapping[str, str]:
    pairs = [one.partition("=") for one in given]
    if not pairs or not all(name.strip() and equals for name, equals, _ in pairs):
        raise Refusal("Say what is to be otherwise, like --set QUOTA__WARN_PERCENT=60,80.", code=2)
    return {name.strip().upper(): value.strip() for name, _, value in pairs}


def _right(environment: Mapping[str, str]) -> Settings:
    settings, mistakes = config.read(environment)
    if mistakes:
        raise Refusal(*(mistake.sentence for mistake in mistakes), code=2)
    return settings


def _terms(settings: Settings) -> Terms:
    """Where no receiver is set up here, as if there were one for all that is critical or a warning."""
    routes = settings.routes
    if not routes.everyone:
        told = (Severity.CRITICAL, Severity.WARNING)
        routes = Routes({severity: (SOMEBODY,) if severity in told else () for severity in Severity})
    # What is to be watched decides what is read, which is not replayed.
    return Terms(replace(settings.policy, watched=frozenset()), routes)


def _from_file(file: str) -> Mapping[str, str]:
    """Values of a local.settings.json, or of a list of names and values."""
    try:
        read = json.loads(Path(file).read_text("utf-8-sig"))
        pairs = read["Values"].items() if isinstance(read, dict) else [(one["name"], one["value"]) for one in read]
        return {str(name): str(value) for name, value in pairs}
    except OSError as error:
        raise Refusal(f"{file} cannot be read: {error.strerror}.", code=2) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal(f"{file} is neither a local.settings.json nor a list of app settings.", code=2) from error


def _since(text: str, now: datetime) -> datetime:
    if found := re.fullmatch(r"([1-9][0-9]{0,3})([hdw])", text.strip().lower()):
        return now - int(found[1]) * PAST[found[2]]
    try:
        given = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Refusal("--since must be like 12h, 30d or 4w, or a date like 2026-11-01.", code=2) from error
    return given if given.tzinfo else given.replace(tzinfo=UTC)
