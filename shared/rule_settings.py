"""How each rule is set: `RULES__QUOTA_FORECAST=observe`, `RULES__SIGNING_SPIKE=tell:3`."""

import re
from collections.abc import Collection, Mapping

from shared.domain.inhibition import PAIRS
from shared.domain.policy import Mode, RuleSetting
from shared.domain.rules.book import BOOK
from shared.setting_mistakes import Mistake, unknown

SECTION = "RULES"
# What money and signatures are counted with.
PRICED = (
    *("QUOTA__PERIOD", "QUOTA__BASIC_FEE", "QUOTA__BASIC_SIGNATURES"),
    *("QUOTA__PREMIUM_FEE", "QUOTA__PREMIUM_SIGNATURES", "QUOTA__OVERAGE"),
)


def setting_name(rule: str) -> str:
    """quota-forecast -> RULES__QUOTA_FORECAST."""
    return f"{SECTION}__{rule.upper().replace('-', '_')}"


NAMES = {setting_name(rule): rule for rule in BOOK}
_WRITTEN = re.compile(r"(off|observe|tell)(?::([1-9][0-9]?))?")


def rule_settings(environment: Mapping[str, str]) -> tuple[Mapping[str, RuleSetting], Mapping[str, Mistake]]:
    """By name of the rule, and what is wrong by name of the setting, unknown rules included."""
    rules, mistakes = {}, {}
    for name, value in environment.items():
        if name.partition("__")[0] != SECTION or "__" not in name or not value.strip():
            continue
        written = _WRITTEN.fullmatch(value.strip().lower())
        if name not in NAMES:
            [mistakes[name]] = unknown({name: ""}, NAMES, (SECTION,))
        elif not written:
            sentence = f"{name}: must be off, observe or tell, or tell:3 to be told after three checks."
            mistakes[name] = Mistake(name, sentence)
        elif BOOK[NAMES[name]].to_everyone and written[1] != Mode.TELL:
            sentence = f"{name}: this is told to every receiver, whatever is set, so that nobody can do it unheard."
            mistakes[name] = Mistake(name, sentence)
        else:
            rules[NAMES[name]] = RuleSetting(Mode(written[1]), int(written[2]) if written[2] else None)
    return rules, mistakes


def rules_touched_by(names: Collection[str]) -> frozenset[str]:
    """Rules whose answer may differ when these settings do, with those that they hide or are hidden by; all if unsure.

    What no rule names, and what is about telling, like `TELL__REPEAT_CRITICAL`, may concern every finding.
    """
    by_rule = {
        name: {setting_name(name), *rule.settings, *(PRICED if rule.group in ("quota", "cost", "fit") else ())}
        for name, rule in BOOK.items()
    }
    telling = any(name.startswith(("ALERT__", "TELL__")) for name in names)
    if telling or not set(names) <= set().union(*by_rule.values()):
        return frozenset(BOOK)
    touched = {name for name, settings in by_rule.items() if settings & set(names)}
    while more := {one for pair in PAIRS if touched & set(pair) for one in pair} - touched:
        touched |= more
    return frozenset(touched)
