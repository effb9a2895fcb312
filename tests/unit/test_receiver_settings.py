"""Receivers: who is set up, several of a kind, and who hears what without a word about it."""

from collections.abc import Mapping

import pytest

from shared import config
from shared.domain.finding import Severity
from tests.unit.test_config import RECEIVERS

TEAMS = {"ALERT__TEAMS_URL": "https://teams.example/secret-1"}
PAGER = {"ALERT__PAGERDUTY_KEY": "k" * 32}
MAIL = {
    "ALERT__MAIL_TO": "ops@contoso.example",
    "ALERT__MAIL_FROM": "countersign@contoso.example",
    "ALERT__SMTP_HOST": "mail.contoso.example",
}
HALF_A_MAIL = (
    "ALERT__MAIL_TO needs ALERT__MAIL_FROM, and ALERT__SMTP_HOST or ALERT__MAIL_ENDPOINT: until then nobody gets mail."
)


def test_one_setting_is_enough_to_be_told() -> None:
    settings, mistakes = config.read(TEAMS)
    told = {Severity.CRITICAL: ("teams",), Severity.WARNING: ("teams",), Severity.INFO: ()}
    assert ((), told) == (mistakes, settings.routes.by_severity)


def test_pagers_hear_of_what_is_critical_only() -> None:
    routes = config.read({**TEAMS, **PAGER})[0].routes
    assert {"teams", "pagerduty"} == set(routes.by_severity[Severity.CRITICAL])
    assert ("teams",) == routes.by_severity[Severity.WARNING]
    assert frozenset({"pagerduty"}) == routes.acknowledged_to


def test_there_may_be_several_of_a_kind_with_secrets_of_the_first() -> None:
    settings, mistakes = config.read(
        {
            **TEAMS,
            "ALERT__TEAMS_URL__GAMES_EU": "https://teams.example/games",
            "ALERT__SLACK_TOKEN": "xoxb-1",
            "ALERT__SLACK_CHANNEL__OPS": "C123",
        }
    )
    assert () == mistakes
    assert {"teams", "teams:games-eu", "slack:ops"} == set(settings.receivers)
    assert "xoxb-1" == settings.receivers["slack:ops"].set_by.slack_token.get_secret_value()


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (
            {"ALERT__MAIL_TO": "ops@contoso.example"},
            HALF_A_MAIL,
        ),
        (
            {"ALERT__SLACK_TOKEN": "xoxb-1"},
            "ALERT__SLACK_CHANNEL is missing: ALERT__SLACK_TOKEN and ALERT__SLACK_CHANNEL go together.",
        ),
        (
            {"ALERT__SLACK_CHANNEL": "C1"},
            "ALERT__SLACK_TOKEN is missing: ALERT__SLACK_TOKEN and ALERT__SLACK_CHANNEL go together.",
        ),
        (
            {**TEAMS, "ALERT__CRITICAL": "pagerduty"},
            "ALERT__CRITICAL names pagerduty, which is not set up; there are teams.",
        ),
        (
            {**TEAMS, "ALERT__WARNING": "teems"},
            f"ALERT__WARNING: {RECEIVERS}.",
        ),
        ({"ALERT__FALLBACK": "mail"}, "ALERT__FALLBACK names mail, which is not set up."),
        (
            {"ALERT__TEAMS_URL__GAMES": "teams"},
            "ALERT__TEAMS_URL__GAMES: must be a web address that begins with https://.",
        ),
        (
            {"ALERT__WEBHOOK_SECRET__GAMES": "x"},
            "ALERT__WEBHOOK_SECRET__GAMES sets up no receiver by itself: something is missing beside it.",
        ),
        (
            {"ALERT__SLACK_CHANNEL__GAMES": "C1"},
            "ALERT__SLACK_CHANNEL__GAMES sets up no receiver by itself: something is missing beside it.",
        ),
        (
            {"ALERT__MAIL_TO__GAMES": "ops@contoso.example"},
            HALF_A_MAIL.replace("ALERT__MAIL_TO", "ALERT__MAIL_TO__GAMES"),
        ),
        (
            {**TEAMS, "ALERT__FALLBACK": "owner"},
            "ALERT__FALLBACK: must name receivers that are set up; owner is none.",
        ),
        (
            {"ALERT__TEEMS_URL__GAMES": "https://teams.example"},
            "ALERT__TEEMS_URL__GAMES is not a setting of Countersign: did you mean ALERT__TEAMS_URL?",
        ),
        (
            {**TEAMS, "ALERT__CRITICAL": "mail:ana@contoso.example"},
            "ALERT__CRITICAL names mail:ana@contoso.example, which is not set up; there are teams.",
        ),
    ],
)
def test_what_is_set_up_by_half_is_said_once(environment: Mapping[str, str], sentence: str) -> None:
    settings, mistakes = config.read(environment)
    assert [sentence] == [mistake.sentence for mistake in mistakes]
    if "ALERT__TEAMS_URL" in environment:
        assert ("teams",) == settings.routes.by_severity[Severity.CRITICAL]


def test_owners_may_be_written_to_where_the_operators_are() -> None:
    assert frozenset({"contoso.example"}) == config.read(MAIL)[0].routes.owner_domains
    wider = {**MAIL, "ALERT__OWNER_DOMAINS": "contoso.example, @Fabrikam.example"}
    assert frozenset({"contoso.example", "fabrikam.example"}) == config.read(wider)[0].routes.owner_domains


def test_one_person_may_be_named_by_address() -> None:
    settings, mistakes = config.read({**MAIL, "ALERT__CRITICAL": "mail, mail:ana@contoso.example"})
    assert ((), ("mail", "mail:ana@contoso.example")) == (mistakes, settings.routes.by_severity[Severity.CRITICAL])


def test_secrets_of_receivers_are_not_shown() -> None:
    settings, _ = config.read({**TEAMS, **PAGER, "ALERT__TEAMS_URL__GAMES": "https://teams.example/zzz"})
    assert not [secret for secret in ("k" * 32, "secret-1", "zzz") if secret in f"{settings!r} {settings.receivers!r}"]
