"""A page for each rule, from the code: what it means, when it speaks, what to do, how it is set, and a sample."""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

from shared.domain.finding import Finding, Rule
from shared.domain.policy import Mode
from shared.rule_settings import setting_name

GENERATED = "<!-- Written by `make docs` from shared/domain/rules. Change the code, not this page. -->"
WIDTH = 120
GROUPS = {
    "validation": "Identity validations and the validation list",
    "renewal": "Certificates and profiles",
    "quota": "Signatures",
    "cost": "Money",
    "fit": "The right SKU",
    "retirement": "Retirement",
    "hygiene": "Subscriptions, accounts and the watcher itself",
}
MODES = {
    Mode.TELL: "told",
    Mode.OBSERVE: "observed: shown, not told",
    Mode.OFF: "off",
}


def page_of(rule: Rule[Any], sample: Finding) -> str:
    """One page, in Markdown."""
    return "\n".join([f"# {rule.name}", "", GENERATED, "", *_paragraph(rule.meaning), "", *_parts(rule, sample)]) + "\n"


def pages(rules: Iterable[Rule[Any]]) -> str:
    """The list of all rules, by group."""
    known = list(rules)
    lines = ["# Rules", "", GENERATED, ""]
    lines += _paragraph(
        "What Countersign looks for. Each rule can be off, observe (shown, not told) or tell, by an app setting: "
        "`RULES__QUOTA_FORECAST=observe`; with a number, like `tell:3`, it speaks after so many checks."
    )
    for group, heading in GROUPS.items():
        lines += ["", f"## {heading}", "", "| rule | what it looks for | as it comes |", "|---|---|---|"]
        lines += [f"| {_row(rule)} |" for rule in known if rule.group == group]
    return "\n".join(lines) + "\n"


def _row(rule: Rule[Any]) -> str:
    return f"[{rule.name}]({rule.name}.md) | {rule.meaning} | {MODES[rule.mode].split(':')[0]}"


def _parts(rule: Rule[Any], sample: Finding) -> Iterator[str]:
    yield from ("| when | severity |", "|---|---|")
    yield from (f"| {when} | {severity.word} |" for when, severity in rule.severities.items())
    yield from ("", "## What to do", "", *_paragraph(rule.advice))
    if rule.links:
        yield from ("", *(f"- [{title}]({address})" for title, address in rule.links.items()))
    yield from ("", "## How it behaves", "", *(f"- {line}" for line in _behaviour(rule)))
    yield from ("", "## A sample", "", "```text")
    yield from (f"{sample.severity.word}: {sample.what}", f"If nothing is done: {sample.stops}")
    yield from (f"Next step: {sample.next_step}", *(f"{name}: {value}" for name, value in sample.facts.items()), "```")


def _behaviour(rule: Rule[Any]) -> Iterator[str]:
    yield f"As it comes it is {MODES[rule.mode]}. `{setting_name(rule.name)}` sets it to `off`, `observe` or `tell`."
    if rule.settings:
        yield f"It goes by {', '.join(f'`{name}`' for name in rule.settings)}."
    if rule.needs_looks > 1:
        yield f"It must be seen at {rule.needs_looks} checks before it speaks."
    if rule.repeats:
        yield "While it lasts and is critical it is told again, ever more slowly (`TELL__REPEAT_CRITICAL`)."
    if rule.quiet_end:
        yield "Its end is no news: it closes without a message."
    elif rule.settled:
        yield "One check that sees it gone is enough to say that it is over."
    else:
        yield "It must be gone at two checks (`TELL__RESOLVE_AFTER_LOOKS`) before it is called over."


def _paragraph(text: str) -> list[str]:
    return wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)
