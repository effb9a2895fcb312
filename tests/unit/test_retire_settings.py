"""RETIRE__*: seven settings that close everything as soon as anything about them is wrong."""

import pytest

from shared import config
from shared.domain.policy import RetireMode, RetirePolicy, Selector

WATCHER, DELETER = "1f3a6c1e-9d52-4b0e-8a77-0c2b5d8e4f10", "2e5f7a90-1b3c-4d5e-8f60-718293a4b5c6"
RIGHT = {
    "RETIRE__MODE": "approve",
    "RETIRE__ONLY": f"subscription:Labs; tag: Retire = Yes; {WATCHER.upper()}; group:trials; account:old",
    "RETIRE__NEVER": "tag:tier=gold",
    "AZURE__DELETER_CLIENT_ID": DELETER,
    "AZURE_CLIENT_ID": WATCHER,
}


def test_it_is_off_unless_somebody_says_otherwise() -> None:
    settings, mistakes = config.read({})
    assert (RetirePolicy(), ()) == (settings.policy.retire, mistakes)
    assert RetireMode.OFF is RetirePolicy().mode


def test_what_is_set_is_in_force() -> None:
    settings, mistakes = config.read(
        RIGHT
        | {"RETIRE__AFTER_DAYS": "21", "RETIRE__GRACE_WORKDAYS": "5", "RETIRE__APPROVALS": "2", "RETIRE__HALT": "no"}
    )
    only = (
        Selector("subscription", "labs"),
        Selector("tag", "retire=yes"),
        Selector("subscription", WATCHER),
        Selector("group", "trials"),
        Selector("account", "old"),
    )
    never = (Selector("tag", "tier=gold"),)
    assert () == mistakes
    assert RetirePolicy(RetireMode.APPROVE, only, never, False, 21, 5, 2) == settings.policy.retire


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"RETIRE__MODE": "aprove"}, "RETIRE__MODE: must be one of off, report, approve, auto"),
        ({"RETIRE__ONLY": "Labs"}, "RETIRE__ONLY: must name accounts by subscription, group, account or tag"),
        ({"RETIRE__NEVER": "tag:"}, "RETIRE__NEVER: must name accounts by"),
        ({"RETIRE__NEVER": "tag: = gold"}, "RETIRE__NEVER: must name accounts by"),
        ({"RETIRE__NEVER": "account:x, y"}, "RETIRE__NEVER: must name accounts by"),
        ({"RETIRE__NEVER": "group:/subscriptions/x/resourceGroups/y"}, "RETIRE__NEVER: must name accounts by"),
        ({"RETIRE__NEVER": f"subscription:/subscriptions/{WATCHER}"}, "RETIRE__NEVER: must name accounts by"),
        ({"RETIRE__NEVER": "account:subscriptions/x/y"}, "RETIRE__NEVER: must name accounts by"),
        ({"RETIRE__HALT": "maybe"}, "RETIRE__HALT: must be true or false"),
        ({"RETIRE__AFTER_DAYS": "3"}, "RETIRE__AFTER_DAYS: must be 7 or more"),
        ({"RETIRE__AFTER_DAYS": "40"}, "RETIRE__AFTER_DAYS: must be 28 or less"),
        ({"RETIRE__GRACE_WORKDAYS": "0"}, "RETIRE__GRACE_WORKDAYS: must be 1 or more"),
        ({"RETIRE__APPROVALS": "none"}, "RETIRE__APPROVALS: must be a whole number"),
        (
            {"RETIRE__APROVALS": "2"},
            "RETIRE__APROVALS is not a setting of Countersign: did you mean RETIRE__APPROVALS?",
        ),
        ({"retire__never": "account:x"}, "retire__never is not a setting of Countersign: did you mean RETIRE__NEVER?"),
        ({"RETIRE_HALT": "true"}, "RETIRE_HALT is not a setting of Countersign: did you mean RETIRE__HALT?"),
        ({"RETRE__NEVER": "account:x"}, "RETRE__NEVER is not a setting of Countersign: did you mean RETIRE__NEVER?"),
        ({"RETIRE__ONLY": ""}, "RETIRE__ONLY names nothing, so nothing is retired"),
        ({"AZURE__DELETER_CLIENT_ID": ""}, "RETIRE__MODE: approve needs AZURE__DELETER_CLIENT_ID"),
        ({"AZURE_CLIENT_ID": DELETER.upper()}, "RETIRE__MODE: the identity that deletes must be another one"),
    ],
)
def test_any_mistake_closes_all_of_it(wrong: dict[str, str], sentence: str) -> None:
    """Everything else stays in force."""
    settings, mistakes = config.read(RIGHT | wrong | {"TELL__GROUP_MINUTES": "7"})
    [mistake] = [one for one in mistakes if sentence in one.sentence]
    assert mistake.sentence.endswith("until that is mended no account is retired.")
    assert (RetireMode.OFF, True) == (settings.policy.retire.mode, settings.policy.retire.halted)
    assert 7 == settings.group_minutes


def test_semicolons_and_commas_part_what_is_named() -> None:
    """`account:a, account:b` are two accounts, not one of a strange name that nothing would match."""
    at = "/subscriptions/S/resourceGroups/G/providers/Microsoft.CodeSigning/codeSigningAccounts/C"
    settings, mistakes = config.read(RIGHT | {"RETIRE__NEVER": f"account:a, account:b; account:{at}, tag:keep"})
    assert () == mistakes
    named = [f"account:{value}" for value in ("a", "b", at.lower())]
    assert [*named, "tag:keep"] == [str(one) for one in settings.policy.retire.never]


@pytest.mark.parametrize("name", ["Pay-As-You-Go Dev/Test", "Labs: all", "Labs = all"])
def test_subscriptions_have_names_of_many_kinds(name: str) -> None:
    settings, mistakes = config.read(RIGHT | {"RETIRE__NEVER": f"subscription:{name}"})
    assert ((), (Selector("subscription", name.lower()),)) == (mistakes, settings.policy.retire.never)


def test_a_mistake_elsewhere_closes_nothing() -> None:
    settings, mistakes = config.read(RIGHT | {"TELL__GROUP_MINUTES": "many"})
    assert (1, RetireMode.APPROVE) == (len(mistakes), settings.policy.retire.mode)


def test_on_ones_own_machine_one_identity_does() -> None:
    here = {name: value for name, value in RIGHT.items() if not name.startswith("AZURE")} | {"WEB__LOCAL_USER": "ana"}
    assert RetireMode.APPROVE is config.read(here)[0].policy.retire.mode
    assert RetireMode.OFF is config.read(here | {"WEBSITE_SITE_NAME": "func"})[0].policy.retire.mode


@pytest.mark.parametrize(("given", "zone"), [("Europe/Berlin", "Europe/Berlin"), ("W. Europe Standard Time", "UTC")])
def test_working_hours_are_those_of_the_platforms_time_zone(given: str, zone: str) -> None:
    assert zone == config.read({"WEBSITE_TIME_ZONE": given})[0].zone.key
    assert "UTC" == config.read({})[0].zone.key


def test_how_it_is_set_is_one_line_that_changes_with_it() -> None:
    said = {config.read(RIGHT | {"RETIRE__APPROVALS": number})[0].policy.retire.said for number in "123"}
    assert 3 == len(said)
    turned = {"RETIRE__ONLY": "; ".join(reversed(RIGHT["RETIRE__ONLY"].split(";")))}
    assert config.read(RIGHT)[0].policy.retire.said == config.read(RIGHT | turned)[0].policy.retire.said
