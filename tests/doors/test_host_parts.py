"""The parts of the host that need no process: settings, schedules, routes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.host.functions import Binding, Function, Retry
from sandbox.host.routes import routes_of
from sandbox.host.schedule import parse_schedule
from sandbox.host.settings import SettingsError, is_disabled, read_host_settings, read_local_settings, resolve


def http_function(name: str, route: str | None, methods: list[str] | None = None) -> Function:
    properties = {"route": route, "methods": methods}
    return Function(name, name, Binding("req", "httpTrigger", properties), [], None)


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("0 */5 * * * *", "2026-11-20T09:10:00"),
        ("30 7 9 * * *", "2026-11-20T09:07:30"),
        ("*/5 * * * *", "2026-11-20T09:10:00"),
        ("0 30 9 * * 1-5", "2026-11-20T09:30:00"),
        ("0 0 9 1 * 1", "2027-02-01T09:00:00"),
    ],
)
def test_schedules_are_read_as_azure_reads_them(expression: str, due: str) -> None:
    after = parse_schedule(expression).after(datetime(2026, 11, 20, 9, 7, tzinfo=UTC))
    assert after == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize("expression", ["", "hourly", "0 0 25 * * *", "0 0 0 * * * *"])
def test_a_schedule_that_cannot_be_read_is_a_sentence(expression: str) -> None:
    with pytest.raises(SettingsError, match=r"^The schedule .*\.$"):
        parse_schedule(expression)


def test_expressions_are_resolved_from_app_settings() -> None:
    assert resolve("%A%-%B%", {"A": "one", "B": "two"}) == "one-two"
    with pytest.raises(SettingsError, match=r"names the app setting C, and there is none\.$"):
        resolve("%C%", {})


def test_host_json_has_azures_own_defaults(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    settings = read_host_settings(tmp_path, {})
    assert settings.route_prefix == "api"
    assert (settings.queues.batch_size, settings.queues.new_batch_threshold, settings.queues.max_dequeue_count) == (
        16,
        8,
        5,
    )
    assert (settings.queues.retry_delay, settings.queues.base64) == (timedelta(0), True)


def test_the_environment_goes_before_host_json(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"extensions": {"queues": {"visibilityTimeout": "00:01:00"}}}')
    environment = {
        "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:03",
        "AzureFunctionsJobHost__extensions__http__routePrefix": "",
    }
    settings = read_host_settings(tmp_path, environment)
    assert (settings.queues.retry_delay, settings.route_prefix) == (timedelta(seconds=3), "")


def test_local_settings_are_app_settings(tmp_path: Path) -> None:
    assert read_local_settings(tmp_path) == {}
    (tmp_path / "local.settings.json").write_text('{"IsEncrypted": false, "Values": {"A": "one"}}')
    assert read_local_settings(tmp_path) == {"A": "one"}


@pytest.mark.parametrize("name", ["AzureWebJobs.watch.Disabled", "AzureWebJobs_watch_Disabled"])
def test_a_function_is_disabled_by_name(name: str) -> None:
    assert [is_disabled("watch", {name: value}) for value in ("1", "true", "True", "0", "")] == [True] * 3 + [False] * 2
    assert not is_disabled("other", {name: "1"})


def test_the_most_special_route_wins_whatever_the_order() -> None:
    functions = [
        http_function("rest", "{*path}"),
        http_function("free", "items/{id}"),
        http_function("number", "items/{id:int}"),
        http_function("literal", "items/new"),
        http_function("named", None),
    ]
    routes = routes_of(functions, "api")

    def serving(path: str) -> str:
        return next(route.function.name for route in routes if route.match("GET", path) is not None)

    paths = ["/api/items/new", "/api/items/7", "/api/items/x", "/api/named", "/api", "/api/a/b"]
    assert [serving(path) for path in paths] == ["literal", "number", "free", "named", "rest", "rest"]


def test_a_route_has_its_methods() -> None:
    (route,) = routes_of([http_function("f", "f", ["get"])], "")
    assert route.match("GET", "/f") == {}
    assert route.match("POST", "/f") is None


def test_retries_wait_longer_up_to_a_limit() -> None:
    retry = Retry(-1, timedelta(seconds=2), timedelta(seconds=10))
    assert [retry.delay(number).total_seconds() for number in (1, 2, 3, 4, 400)] == [2, 4, 8, 10, 10]
