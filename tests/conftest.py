"""What holds for every test: no unexpected skip goes by unseen, and long proofs run only when asked for."""

from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
SCHEDULES = {"WATCH_SCHEDULE": "0 7 * * * *", "COSTS_SCHEDULE": "0 30 6 * * *"}
"""What a host needs to serve the app at all."""
# The only reason for which a test may be skipped: it reads material that lies beside the project, not in it.
ALLOWED_SKIP = "is not on this machine: bodies of the service"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--torture", choices=["quick", "whole"], help="run the long proofs in tests/torture")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Skips())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`make test` leaves the long proofs to their own targets."""
    if config.getoption("--torture"):
        return
    long = [item for item in items if "torture" in Path(item.path).relative_to(PROJECT).parts]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


class Skips:
    """Hears of every test where it is reported, whichever process ran it: an unexpected skip fails the run."""

    def __init__(self) -> None:
        self.unexpected: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that is expected to fail counts as skipped when it does."""
        if report.skipped and not hasattr(report, "wasxfail") and ALLOWED_SKIP not in str(report.longrepr):
            self.unexpected.append(f"{report.nodeid}: {report.longrepr}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Before it is said how it went."""
        if self.unexpected and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """At the end, in red."""
        for skipped in self.unexpected:
            terminalreporter.write_line(f"UNEXPECTED SKIP {skipped}", red=True)
