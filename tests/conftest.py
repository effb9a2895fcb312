"""What holds for every test: no unexpected skip goes by unseen, and long proofs run only when asked for."""

from collections.abc import Generator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
SCHEDULES = {"WATCH_SCHEDULE": "0 7 * * * *", "COSTS_SCHEDULE": "0 30 6 * * *"}
"""What a host needs to serve the app at all."""
# The only reason for which a test may be skipped: it reads material that lies beside the project, not in it.
ALLOWED_SKIP = "is not on this machine: bodies of the service"
_unexpected = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--torture", choices=["quick", "whole"], help="run the long proofs in tests/torture")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_unexpected] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`make test` leaves the long proofs to their own targets."""
    if config.getoption("--torture"):
        return
    long = [item for item in items if "torture" in Path(item.path).relative_to(PROJECT).parts]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and ALLOWED_SKIP not in str(report.longrepr):
        item.config.stash[_unexpected].append(f"{item.nodeid}: {report.longrepr}")
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.stash[_unexpected] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for skipped in config.stash[_unexpected]:
        terminalreporter.write_line(f"UNEXPECTED SKIP {skipped}", red=True)
