"""Ticket desks by app settings: set up whole or not at all, and from which severity on tickets are opened."""

import pytest

from shared import config
from shared.app_settings import Settings

GITHUB = {"TICKETS__GITHUB_REPOSITORY": "contoso/signing", "TICKETS__GITHUB_TOKEN": "t"}
JIRA = {
    "TICKETS__JIRA_SITE": "https://contoso.atlassian.net",
    "TICKETS__JIRA_USER": "bot@contoso.example",
    "TICKETS__JIRA_TOKEN": "t",
    "TICKETS__JIRA_PROJECT": "OPS",
}
PRIORITIES = "must be pairs with a severity on the left (info, warning, critical), like critical=Highest"
PAIRS = "must be pairs with semicolons between, each name once, like ana@contoso.example=ana; ben=b2"


def read(**environment: str) -> Settings:
    settings, mistakes = config.read(environment)
    assert () == mistakes
    return settings


def hears(settings: Settings) -> dict[str, tuple[str, ...]]:
    return {severity.name.lower(): names for severity, names in settings.routes.by_severity.items()}


def test_a_desk_hears_of_warnings_and_worse() -> None:
    heard = hears(read(**GITHUB, ALERT__TEAMS_URL="https://teams.example/x"))
    assert {"critical": ("teams", "github"), "warning": ("teams", "github"), "info": ()} == heard


@pytest.mark.parametrize(
    ("least", "severities"),
    [("critical", {"critical"}), ("info", {"critical", "warning", "info"}), ("none", set())],
)
def test_from_which_severity_on_is_a_setting(least: str, severities: set[str]) -> None:
    heard = hears(read(**GITHUB, TICKETS__FROM=least))
    assert severities == {name for name, names in heard.items() if "github" in names}


def test_naming_receivers_does_not_take_tickets_away() -> None:
    settings = read(
        **GITHUB, ALERT__TEAMS_URL="https://teams.example/x", ALERT__WARNING="teams", ALERT__CRITICAL="teams"
    )
    assert ("teams", "github") == hears(settings)["warning"]


def test_a_further_desk_signs_in_as_the_first_and_hears_only_what_names_it() -> None:
    settings = read(**GITHUB, TICKETS__GITHUB_REPOSITORY__GAMES="contoso/games")
    assert ("github", "github:games") == settings.desk_names
    assert ("github",) == hears(settings)["critical"]
    assert "t" == settings.receivers["github:games"].set_by.github_token.get_secret_value()


def test_a_further_receiver_of_another_kind_is_no_desk() -> None:
    settings = read(**JIRA, ALERT__TEAMS_URL__GAMES="https://teams.example/x")
    assert {"jira", "teams:games"} == set(settings.receivers)


def test_an_owner_tag_opens_no_tickets() -> None:
    assert [] == list(read(**GITHUB).routes.of_owner("github"))


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (
            {"TICKETS__GITHUB_TOKEN": "t"},
            "TICKETS__GITHUB_REPOSITORY must be set, too: until then no ticket is opened in GitHub.",
        ),
        (
            {"TICKETS__JIRA_SITE": "https://contoso.atlassian.net", "TICKETS__JIRA_TOKEN": "t"},
            "TICKETS__JIRA_USER and TICKETS__JIRA_PROJECT must be set, too: until then no ticket is opened in Jira.",
        ),
        (
            {**GITHUB, "TICKETS__GITHUB_REPOSITORY": "contoso"},
            "TICKETS__GITHUB_REPOSITORY: must be owner/name of a repository, like contoso/signing.",
        ),
        (
            {**GITHUB, "TICKETS__GITHUB_PRIORITIES": "urgent=P1"},
            f"TICKETS__GITHUB_PRIORITIES: {PRIORITIES}.",
        ),
        (
            {**GITHUB, "TICKETS__GITHUB_ASSIGNEES": "ana"},
            f"TICKETS__GITHUB_ASSIGNEES: {PAIRS}.",
        ),
        (
            {**GITHUB, "TICKETS__GITHUB_FIELDS": "[1]"},
            'TICKETS__GITHUB_FIELDS: must be an object in JSON, like {"field": "value"}.',
        ),
        (
            {**GITHUB, "ALERT__FALLBACK": "github"},
            "ALERT__FALLBACK: must name receivers that are told; nobody would close the tickets of github.",
        ),
        ({**GITHUB, "TICKETS__FROM": "all"}, "TICKETS__FROM: must be one of critical, warning, info, none."),
    ],
)
def test_a_mistake_is_one_plain_sentence(environment: dict[str, str], sentence: str) -> None:
    _, mistakes = config.read(environment)
    assert sentence in [mistake.sentence for mistake in mistakes]


def test_tokens_are_not_shown() -> None:
    settings = read(**{**GITHUB, "TICKETS__GITHUB_TOKEN": "t0k3n-a"}, **{**JIRA, "TICKETS__JIRA_TOKEN": "t0k3n-b"})
    assert "t0k3n" not in f"{settings!r}{settings.receivers!r}"


def test_a_further_desk_takes_everything_from_the_first_that_it_does_not_say_itself() -> None:
    settings = read(
        **JIRA,
        TICKETS__JIRA_TYPE="Incident",
        TICKETS__JIRA_PROJECT__GAMES="GAM",
        TICKETS__JIRA_COMPONENT__GAMES="Store",
    )
    games = settings.receivers["jira:games"].set_by
    assert ("GAM", "Incident", "Store") == (games.jira_project, games.jira_type, games.jira_component)
    assert ("OPS", "") == (settings.jira_project, settings.jira_component)


def test_a_first_desk_that_is_there_by_half_is_said_though_a_further_one_is_whole() -> None:
    games = {"TICKETS__GITHUB_REPOSITORY__GAMES": "contoso/games", "TICKETS__GITHUB_TOKEN__GAMES": "t"}
    _, mistakes = config.read({"TICKETS__GITHUB_REPOSITORY": "contoso/signing", **games})
    words = "TICKETS__GITHUB_TOKEN must be set, too: until then no ticket is opened in GitHub."
    assert [words] == [mistake.sentence for mistake in mistakes]


def test_a_sign_in_that_only_further_desks_use_is_no_mistake() -> None:
    settings = read(TICKETS__GITHUB_TOKEN="t", TICKETS__GITHUB_REPOSITORY__GAMES="contoso/games")
    assert ("github:games",) == settings.desk_names


def test_azure_devops_is_not_in_every_cloud() -> None:
    there = {"TICKETS__DEVOPS_ORGANIZATION": "https://dev.azure.com/contoso", "TICKETS__DEVOPS_PROJECT": "Signing"}
    _, mistakes = config.read({**there, "AZURE__CLOUD": "china"})
    words = "TICKETS__DEVOPS_ORGANIZATION: Azure DevOps is in the public cloud only, and AZURE__CLOUD is china."
    assert [words] == [mistake.sentence for mistake in mistakes]
