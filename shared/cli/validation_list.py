"""countersign register: what is to be looked up, what was said, and saying it."""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.cli.asking import at
from shared.cli.refusal import Refusal
from shared.domain.validation import PENDING
from shared.domain.words import listing
from shared.reports.validation_json import line_json
from shared.reports.validation_lines import brought, line_text, todo_text, word_text
from shared.setting_values import GUID
from shared.testimony import FIELDS

if TYPE_CHECKING:
    from shared.cli.remote import Remote

SAYABLE = tuple(name for name in FIELDS if name not in ("subscription", "validation"))
HELP = {
    "account": "the account that it was requested for",
    "status": "In Progress, Action Required, Completed, Failed or Expired, as the portal says it",
    "expires": "the last day that the portal shows, like 2028-11-19",
    "organisation": "whose identity it is",
    "kind": "organisation or individual",
    "trust": "public or private",
    "requested": "the day of the request, like 2026-11-19",
    "email_verified": "yes or no",
    "attempts_used": "how often documents were supplied, 0 to 3",
    "failure": "e-mail missed, documents exhausted, not eligible or undetermined",
    "given_up_by": "who says that no new request will be made",
    "owner": "whom it belongs to",
    "contact": "whom to ask",
    "note": "anything else",
}
SHORTEST = 4  # Characters of an id that are enough, where they fit one only.
LINES, SAME = "lines", "--confirm"


def add(commands: Any, remote_options: argparse.ArgumentParser) -> None:
    """The commands and their options."""
    register = commands.add_parser("register", help="the validation list: what Azure does not tell")
    does = register.add_subparsers(dest="does", required=True)

    def command(name: str, words: str, run: Any) -> argparse.ArgumentParser:
        found: argparse.ArgumentParser = does.add_parser(name, parents=[remote_options], help=words, description=words)
        if run is not _import:  # A file says itself which they are.
            found.add_argument("--subscription", default="", help="only this one, by name or id")
        found.set_defaults(run=run)
        return found

    command("todo", "what somebody has to look up in the portal, with links", _todo)
    command("list", "every validation that is entered or in use", _list)
    said = command("set", "say how it is with one validation", _set)
    said.add_argument("which", help="the beginning of its id, or the name of an account that uses or waits for it")
    for name in SAYABLE:
        said.add_argument(f"--{name.replace('_', '-')}", dest=name, default=None, metavar="...", help=HELP[name])
    said.add_argument(SAME, action="store_true", help="it is still as it was said: say it again")
    for name, words, run in (
        ("history", "everything that was said of one validation", _history),
        ("remove", "take out an entry that is about nothing", _remove),
    ):
        command(name, words, run).add_argument("which", help="the beginning of its id, or the name of an account")
    taken = command("import", "take in a CSV file, as export writes it", _import)
    taken.add_argument("file", help="a path, or - for standard input")
    taken.add_argument("--preview", action="store_true", help="only say what would change")
    taken.add_argument("--part", action="store_true", help="take what is right, though some lines are wrong")
    given = command(
        "export", "write the list as CSV, a line for each validation that is still to be entered too", _export
    )
    given.add_argument("--todo", action="store_true", help="only those of which something is to be looked up")
    given.add_argument("file", nargs="?", default="-", help="a path, or - for standard output")


async def _todo(options: argparse.Namespace) -> int:
    """Also without a running Countersign: then of what you may see yourself."""
    code = 0
    if options.url:
        found = await _lines(options, todo="true")
    else:
        from shared.cli.own_look import own_look

        async with own_look(options.environment) as looked:
            portal = looked.home.settings.cloud.portal
            known = await looked.home.known.lines(looked.clock.now())
            found = [line_json(line, portal) for line in known if line.missing and _of(options, line.subscription)]
            code = looked.complain()
    if found or not code:
        print("\n".join(todo_text(found)))
    return code


def _of(options: argparse.Namespace, subscription: Any) -> bool:
    return options.subscription.lower() in ("", subscription.id, subscription.name.lower())


async def _list(options: argparse.Namespace) -> int:
    found = await _lines(options)
    print("\n".join(line_text(line) for line in found) or "No validation is entered, and none is in use.")
    return 0


async def _lines(options: argparse.Namespace, **more: str) -> Sequence[Mapping[str, Any]]:
    async with at(options) as home:
        return await _lines_of(home, options.subscription, **more)


async def _lines_of(home: "Remote", subscription: str, **more: str) -> Sequence[Mapping[str, Any]]:
    reply = await home.ask("GET", "register", params={"subscription": subscription, **more})
    found: Sequence[Mapping[str, Any]] = reply.body[LINES]
    return found


async def _set(options: argparse.Namespace) -> int:
    said = {name: value for name in SAYABLE if (value := getattr(options, name)) is not None}
    if not said and not options.confirm:
        raise Refusal(f"Say something of it, like --status Completed --expires 2028-11-19; or {SAME}.", code=2)
    async with at(options) as home:
        subscription, key = await _which(home, options, new=True)
        there = await home.ask("GET", "register", subscription, key, wants=(200, 404))
        known = there.status == 200
        condition = {"If-Match": there.etag} if known else {"If-None-Match": "*"}
        method = "PATCH" if known else "PUT"
        wants = (200, 201)
        reply = await home.ask(method, "register", subscription, key, body=said, headers=condition, wants=wants)
        print(word_text(reply.body))
    return 0


async def _history(options: argparse.Namespace) -> int:
    """Also of what was removed, by its whole id or its account."""
    async with at(options) as home:
        subscription, key = await _which(home, options, new=True)
        reply = await home.ask("GET", "register", subscription, key, "history")
    print("\n".join(word_text(word) for word in reply.body["history"]) or "Nothing has been said of it.")
    return 0


async def _remove(options: argparse.Namespace) -> int:
    async with at(options) as home:
        subscription, key = await _which(home, options)
        there = await home.ask("GET", "register", subscription, key)
        await home.ask("DELETE", "register", subscription, key, headers={"If-Match": there.etag}, wants=(204,))
    print(f"{key} is no longer in the validation list; what was said of it is kept.")
    return 0


async def _import(options: argparse.Namespace) -> int:
    content = await asyncio.to_thread(_read, options.file)
    wanted = {name: "true" for name in ("preview", "part") if getattr(options, name)}
    async with at(options) as home:
        reply = await home.ask("POST", "register", "import", csv=content, params=wanted, wants=(200, 422))
    print("\n".join(brought(reply.body, preview=options.preview)))
    for fault in reply.body["faults"]:
        print(fault["sentence"], file=sys.stderr)
    return 1 if reply.body["faults"] else 0


async def _export(options: argparse.Namespace) -> int:
    wanted = {"subscription": options.subscription, **({"todo": "true"} if options.todo else {})}
    async with at(options) as home:
        reply = await home.ask("GET", "register", "export", params=wanted)
    await asyncio.to_thread(_write, options.file, str(reply.body))
    return 0


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise Refusal(f"{file} cannot be read: {error.strerror}.", code=2) from error


def _write(file: str, content: str) -> None:
    """Marked as UTF-8 in a file, so that a spreadsheet reads names as they are written."""
    if file == "-":
        sys.stdout.write(content)
        return
    try:
        Path(file).write_text(content, "utf-8-sig", newline="")
    except OSError as error:
        raise Refusal(f"{file} cannot be written: {error.strerror}.", code=2) from error


async def _which(home: "Remote", options: argparse.Namespace, *, new: bool = False) -> tuple[str, str]:
    """Subscription id and key. Raises Refusal where it fits nothing, or several."""
    wanted = options.which.strip().lower()
    lines = await _lines_of(home, options.subscription)
    found = {(line["subscription"], line["key"]): line for line in lines if wanted and _fits(wanted, line)}
    if len(found) == 1:
        return next(iter(found))
    if found:
        named = listing([f"{line['key']} in {line['subscription_name']}" for line in found.values()], 9)
        raise Refusal(f"{options.which} fits several: {named}. Say which by its id, and --subscription.", code=2)
    owner = {line["subscription"] for line in lines} if options.subscription else set()
    if new and wanted and (GUID.fullmatch(options.subscription) or len(owner) == 1):
        known = options.subscription.lower() if GUID.fullmatch(options.subscription) else owner.pop()
        return known, wanted if GUID.fullmatch(wanted) or wanted.startswith(PENDING) else f"{PENDING}{wanted}"
    more = " Give the whole id, or the account's name, and --subscription ID." if new else ""
    raise Refusal(f"Nothing in the validation list fits {options.which or 'nothing'}.{more}", code=2)


def _fits(wanted: str, line: Mapping[str, Any]) -> bool:
    accounts = {line["account"].lower(), *(used.partition("/")[0].lower() for used in line["used_by"])}
    by_id = len(wanted) >= SHORTEST and line["validation"].startswith(wanted)
    return by_id or wanted == line["key"] or wanted in accounts
