"""Settings: one plain sentence a mistake, never the value, and the default in force."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from shared import app_settings, config
from shared.clouds import Cloud
from shared.domain.finding import Severity
from shared.domain.policy import Policy
from shared.schedule import next_due

DEFAULTS, _ = config.read({})
START = datetime(2026, 11, 20, 7, 7, tzinfo=UTC)

NUMBERS = "must be whole numbers above zero, each once, with commas between, like 60,30,14"
SPANS = "must be spans of minutes, hours or days, a year at most, with commas between, like 12h,1d,7d"
NAMED = (
    "must name receivers: owner, teams, slack, mail, pagerduty, webhook, eventgrid, github, jira, servicenow, devops, "
    "a further one like teams:games, "
    "or an address like mail:ana@contoso.example"
)
RECEIVERS = f"{NAMED}; or all, messages (all but pagers) or none"
MISTAKES = [
    ("RENEWAL__SLACK_HOURS", "zzz", "must be a whole number"),
    ("RENEWAL__SLACK_HOURS", "1.5", "must be a whole number"),
    ("RENEWAL__SLACK_HOURS", "9" * 5_000, "must be a whole number"),
    ("RENEWAL__SLACK_HOURS", "-77", "must be 0 or more"),
    ("RENEWAL__SLACK_HOURS", "77", "must be 48 or less"),
    ("QUOTA__BASIC_FEE", "zzz", "must be a number"),
    ("QUOTA__BASIC_FEE", "NaN", "must be a number"),
    ("QUOTA__BASIC_FEE", "-77", "must be 0 or more"),
    (
        "VALIDATION__WARN_DAYS",
        "77,zzz",
        NUMBERS,
    ),
    (
        "VALIDATION__WARN_DAYS",
        "77,77",
        NUMBERS,
    ),
    (
        "VALIDATION__WARN_DAYS",
        "77,0",
        NUMBERS,
    ),
    ("VALIDATION__WARN_DAYS", "77,", NUMBERS),
    ("QUOTA__WARN_PERCENT", "²", NUMBERS),
    ("TELL__REPEAT_CRITICAL", "77 days", SPANS),
    ("TELL__REPEAT_CRITICAL", "77777777777d", SPANS),
    ("TELL__REPEAT_CRITICAL", "0d", SPANS),
    ("ALERT__CRITICAL", "zzz", RECEIVERS),
    ("ALERT__CRITICAL", ",", RECEIVERS),
    ("ALERT__MAIL_TO", "zzz", "must be mail addresses with commas between, like ops@contoso.example"),
    ("ALERT__OWNER_DOMAINS", "zzz", "must be domains of mail addresses with commas between, like contoso.example"),
    ("ALERT__SMTP_SECURITY", "zzz", "must be one of starttls, tls, none"),
    ("ROUTES", "zzz", "must be a JSON list of routes: must be JSON"),
    ("ROUTES", '[{"receivers": "zzz"}]', f"route 1, receivers: {NAMED}"),
    ("ROUTES", '[{"receivers": "mail", "grup": 1}]', "route 1, grup: is not known here"),
    ("WATCH__SCOPES", "my zzz", "must be ids of subscriptions or of management groups with commas between, not names"),
    ("ALERT__WEBHOOK_URL", "zzz", "must be a web address that begins with https://"),
    ("ALERT__WEBHOOK_URL", "http://zzz.example", "must be a web address that begins with https://"),
    ("ALERT__WEBHOOK_URL", "https://zzz example", "must be a web address without spaces"),
    ("ALERT__WEBHOOK_URL", "https://zzz:port", "must be a web address"),
    ("AZURE__CLOUD", "zzz", "must be one of public, usgovernment, china"),
    ("AZURE__TIMESTAMP", "zzz", "must be a web address that begins with https:// or http://"),
    (
        "COST__SCOPES",
        "/zzz",
        "must be ids of subscriptions, management groups or billing accounts with commas between",
    ),
    ("COSTS_SCHEDULE", "zzz", "must be a schedule of six fields, like 0 7 * * * * for seven minutes past each hour"),
    ("WATCH_SCHEDULE", "zzz", "must be a schedule of six fields, like 0 7 * * * * for seven minutes past each hour"),
]


@pytest.mark.parametrize(("name", "value", "words"), MISTAKES)
def test_a_mistake_is_one_plain_sentence_and_the_default_is_in_force(name: str, value: str, words: str) -> None:
    settings, [mistake] = config.read({name: value})

    assert (name, f"{name}: {words}.") == (mistake.name, mistake.sentence)
    assert DEFAULTS == settings


@pytest.mark.parametrize(("name", "value", "words"), MISTAKES)
def test_a_mistake_never_shows_the_value(name: str, value: str, words: str) -> None:
    _, [mistake] = config.read({name: value})
    for part in ("zzz", "77", "²"):
        assert part not in value or part not in mistake.sentence


def test_all_mistakes_are_found_at_once_and_what_is_right_holds() -> None:
    settings, mistakes = config.read(
        {"RENEWAL__SLACK_HOURS": "x", "QUOTA__OVERAGE": "y", "TELL__GROUP_MINUTES": "7", "TELL__GROUPS": "1"}
    )

    assert ["QUOTA__OVERAGE", "RENEWAL__SLACK_HOURS", "TELL__GROUPS"] == sorted(one.name for one in mistakes)
    assert (2, Decimal("0.005"), 7) == (settings.slack_hours, settings.overage, settings.group_minutes)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("RENEWAL__SLACK_HOUR", "did you mean RENEWAL__SLACK_HOURS?"),
        ("renewal__slack_hours", "did you mean RENEWAL__SLACK_HOURS?"),
        ("ALERT__WEBHOK_URL", "did you mean ALERT__WEBHOOK_URL?"),
        ("TELL__XYZ", "nothing in this release reads it."),
        ("REPORT__WEEK", "nothing in this release reads it."),
        ("ALERT_WEBHOOK_URL", "did you mean ALERT__WEBHOOK_URL?"),
        ("ALRT__WEBHOOK_URL", "did you mean ALERT__WEBHOOK_URL?"),
        ("WATCH_SCHEDUL", "did you mean WATCH_SCHEDULE?"),
    ],
)
def test_an_unknown_name_of_ours_gets_the_nearest_known_one(name: str, sentence: str) -> None:
    _, [mistake] = config.read({name: "secret"})
    assert f"{name} is not a setting of Countersign: {sentence}" == mistake.sentence


def test_names_of_the_platform_are_not_judged() -> None:
    platform = {
        "FUNCTIONS_EXTENSION_VERSION": "~4",
        "WEBSITE_SITE_NAME": "x",
        "AzureWebJobs.watch.Disabled": "1",
        "AzureWebJobsStorage__clientId": "x",
        "PATH": "/bin",
    }
    settings, mistakes = config.read(platform)
    assert (DEFAULTS, ()) == (settings.model_copy(update={"site_name": ""}), mistakes)


@pytest.mark.parametrize("name", sorted(app_settings.names()))
def test_an_empty_setting_is_no_setting(name: str) -> None:
    assert (DEFAULTS, ()) == config.read({name: "  "})


def test_without_settings_the_policy_is_the_default_one() -> None:
    assert Policy() == DEFAULTS.policy


def test_without_an_address_nobody_is_told() -> None:
    assert () == DEFAULTS.routes.everyone


def test_with_one_address_critical_and_warning_are_told() -> None:
    settings, mistakes = config.read({"ALERT__WEBHOOK_URL": "https://receiver.example/secret"})
    assert () == mistakes
    assert {Severity.CRITICAL: ("webhook",), Severity.WARNING: ("webhook",), Severity.INFO: ()} == (
        settings.routes.by_severity
    )


@pytest.mark.parametrize(
    ("environment", "read"),
    [
        ({"TELL__REPEAT_CRITICAL": "90m, 12h,2d"}, (timedelta(minutes=90), timedelta(hours=12), timedelta(days=2))),
        ({"VALIDATION__WARN_DAYS": " 90, 10 "}, (90, 10)),
        ({"ALERT__INFO": " Messages "}, ("messages",)),
        ({"ALERT__MAIL_FROM": "a@b.example "}, ("a@b.example",)),
        ({"AZURE__CLOUD": "China"}, "china"),
        ({"ALERT__WEBHOOK_URL": "http://127.0.0.1:8080/x"}, "http://127.0.0.1:8080/x"),
    ],
)
def test_how_values_are_written(environment: Mapping[str, str], read: object) -> None:
    settings, mistakes = config.read(environment)
    values = [
        settings.repeat_critical,
        settings.warn_days,
        settings.alert_info,
        settings.mail_from,
        settings.cloud_name,
        settings.webhook_url.get_secret_value(),
    ]
    assert () == mistakes
    assert read in values


def test_a_secret_is_not_shown_by_the_settings() -> None:
    settings, _ = config.read({"ALERT__WEBHOOK_URL": "https://receiver.example/zzz", "ALERT__WEBHOOK_SECRET": "zzz"})
    assert "zzz" not in f"{settings!r} {settings}"


def test_scopes_are_subscriptions_or_management_groups() -> None:
    guid = "1F3a6c1e-9d52-4b0e-8a77-0c2b5d8e4f10"
    settings, _ = config.read({"WATCH__SCOPES": f"{guid}, contoso"})
    assert ((guid,), ("contoso",)) == (settings.watch_subscriptions, settings.watch_management_groups)


@pytest.mark.parametrize(
    ("written", "scope"),
    [
        ("1F3a6c1e-9d52-4b0e-8a77-0c2b5d8e4f10", "/subscriptions/1f3a6c1e-9d52-4b0e-8a77-0c2b5d8e4f10"),
        ("Contoso", "/providers/microsoft.management/managementgroups/contoso"),
        (
            "/providers/Microsoft.Billing/billingAccounts/7:8_2019-05-31/billingProfiles/Q/",
            "/providers/microsoft.billing/billingaccounts/7:8_2019-05-31/billingprofiles/q",
        ),
    ],
)
def test_what_is_billed_together_is_named_by_its_id(written: str, scope: str) -> None:
    settings, mistakes = config.read({"COST__SCOPES": f" {written} ,", "WATCH__SCOPES": "other"})
    assert ((), (scope,)) == (mistakes, settings.cost_scopes)


def test_without_a_setting_of_their_own_bills_are_read_of_what_is_watched() -> None:
    settings, _ = config.read({"WATCH__SCOPES": "Contoso"})
    assert ("/providers/microsoft.management/managementgroups/contoso",) == settings.cost_scopes
    assert () == DEFAULTS.cost_scopes


@pytest.mark.parametrize(("cloud", "ending"), [("usgovernment", (".us", ".net")), ("china", (".cn",))])
def test_a_cloud_of_its_own_has_no_address_of_the_public_one(cloud: str, ending: tuple[str, ...]) -> None:
    here, public = config.read({"AZURE__CLOUD": cloud})[0].cloud, DEFAULTS.cloud
    shared_by_all = {"timestamp"}
    for name in {field.name for field in fields(Cloud)} - shared_by_all:
        assert getattr(here, name) != getattr(public, name)
        assert getattr(here, name).endswith(ending)


def test_every_address_can_be_set_singly() -> None:
    given = {
        f"AZURE__{name.upper()}": f"https://{name.replace('_', '-')}.example/{{region}}"
        for name in {field.name for field in fields(Cloud)} - {"storage_suffix"}
    }
    settings, mistakes = config.read(given)
    assert () == mistakes
    assert given == {name: getattr(settings.cloud, name.removeprefix("AZURE__").lower()) for name in given}


def test_endpoints_that_are_set_singly_go_before_those_of_the_cloud() -> None:
    settings, _ = config.read({"AZURE__CLOUD": "usgovernment", "AZURE__RESOURCE_MANAGER": "https://arm.example"})
    assert "https://arm.example" == settings.cloud.resource_manager
    assert "https://management.usgovcloudapi.net" == settings.cloud.resource_manager_audience


@pytest.mark.parametrize(
    ("environment", "endpoint"),
    [
        ({}, ""),
        ({"AzureWebJobsStorage__accountName": "kept"}, "https://kept.table.core.windows.net"),
        (
            {"AzureWebJobsStorage__accountName": "kept", "AzureWebJobsStorage__tableServiceUri": "https://t.example"},
            "https://t.example",
        ),
        (
            {"AzureWebJobsStorage__accountName": "kept", "AZURE__CLOUD": "china"},
            "https://kept.table.core.chinacloudapi.cn",
        ),
    ],
)
def test_where_storage_is(environment: Mapping[str, str], endpoint: str) -> None:
    settings, _ = config.read(environment)
    assert endpoint == settings.storage_endpoint("table")


def test_names_of_the_platform_are_never_judged() -> None:
    platform = (
        "PATH HOME AZURE_TENANT_ID AZURE_CLIENT_SECRET AzureWebJobs.watch.Disabled FUNCTIONS_EXTENSION_VERSION "
        "WEBSITE_AUTH_ENABLED AzureFunctionsJobHost__logging__logLevel__default APPLICATIONINSIGHTS_CONNECTION_STRING"
    )
    assert () == config.read(dict.fromkeys(platform.split(), "x"))[1]


@pytest.mark.parametrize(
    ("schedule", "fits"),
    [
        ("0 7 * * * *", True),
        ("0 */5 8-18 * * mon-fri", True),
        ("15,45 0 0 1 jan,jul 0-6/2", True),
        ("0 7 99 * * *", False),
        ("60 * * * * *", False),
        ("0 0 0 0 * *", False),
        ("0 7 * * * funday", False),
        ("7 * * * *", False),
        ("0 */0 * * * *", False),
        ("hourly", False),
    ],
)
def test_a_schedule_has_six_fields_within_their_limits(schedule: str, fits: bool) -> None:
    assert fits == (not config.read({"WATCH_SCHEDULE": schedule})[1])


@pytest.mark.parametrize("address", ["https://m.example/{rgn}", "https://m.example", "https://m.example/{region}/{}"])
def test_the_address_of_metrics_must_hold_the_region(address: str) -> None:
    _, [mistake] = config.read({"AZURE__METRICS": address})
    assert "AZURE__METRICS: must hold {region} where the region belongs, and no other braces." == mistake.sentence


@pytest.mark.parametrize(
    "name", ["RULE__SIGNING_SPIKE", "RULES_SIGNING_SPIKE", "rules__signing_spike", "Rules__Signing_Spike"]
)
def test_a_rule_that_is_set_under_a_wrong_name_is_said(name: str) -> None:
    _, [mistake] = config.read({name: "off"})
    assert f"{name} is not a setting of Countersign: did you mean RULES__SIGNING_SPIKE?" == mistake.sentence


@pytest.mark.parametrize("value", ["off", "observe", "observe:3"])
def test_what_everybody_must_hear_of_cannot_be_switched_off(value: str) -> None:
    settings, [mistake] = config.read({"RULES__RETIREMENT_SET_UP": value, "RULES__COST_IDLE": "off"})
    assert mistake.sentence.startswith("RULES__RETIREMENT_SET_UP: this is told to every receiver, whatever is set")
    assert {"cost-idle"} == set(settings.rules)


GUID = "3c0e8f52-74d5-4a1b-92cf-8f6d4b309c32"


@pytest.mark.parametrize(
    ("written", "scope"),
    [
        (f"/Subscriptions/{GUID}/", GUID),
        (f"/subscriptions/{GUID}", GUID),
        ("/providers/Microsoft.Management/managementGroups/contoso", "contoso"),
    ],
)
def test_scopes_may_be_written_as_the_portal_shows_them(written: str, scope: str) -> None:
    settings, mistakes = config.read({"WATCH__SCOPES": written})
    assert ((scope,), ()) == (settings.watch_scopes, mistakes)


def test_subscriptions_that_are_named_beside_a_management_group_are_watched_too() -> None:
    settings, _ = config.read({"WATCH__SCOPES": f"contoso, {GUID}"})
    assert settings.only_subscriptions == frozenset()
    assert settings.policy.watched == frozenset({GUID})


def test_budgets_are_read_with_spaces_and_in_two_currencies() -> None:
    written = "tag : Team = apps = 50 EUR; total=5 EUR; 9 USD; account: x=1 EUR"
    settings, mistakes = config.read({"COST__BUDGET": written})
    assert () == mistakes
    assert [("tag:team=apps", "EUR"), ("total", "EUR"), ("total", "USD"), ("account:x", "EUR")] == [
        (budget.name, budget.currency) for budget in settings.budgets
    ]


@pytest.mark.parametrize(
    ("schedule", "fits"),
    [
        ("0 7 * * * Monday-Friday", True),
        ("0 7 * * January,july *", True),
        ("0 0 9 31 2 *", False),
        ("0 0 9 * mon *", False),
        ("mon 0 9 * * *", False),
    ],
)
def test_a_schedule_that_is_accepted_is_due_some_day(schedule: str, fits: bool) -> None:
    settings, mistakes = config.read({"WATCH_SCHEDULE": schedule})
    assert fits == (mistakes == ())
    assert next_due(settings.watch_schedule, START) > START
