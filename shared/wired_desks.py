"""Desks: each ticket system's hand, built from its settings when it is first told something."""

from collections.abc import Mapping
from datetime import timedelta

from shared.app_settings import Settings
from shared.desk_settings import DEVOPS, GITHUB, JIRA, SERVICENOW
from shared.domain.finding import Severity
from shared.flows.filing import Filing
from shared.flows.ticketing import Ticketing
from shared.http import Http
from shared.ports.channel import Tokens
from shared.ports.clock import Clock
from shared.ports.desk import Desk
from shared.ports.looks import Looks
from shared.ports.tickets import Tickets
from shared.receivers import Receiver

PRIORITIES: Mapping[str, Mapping[Severity, str]] = {
    GITHUB: {severity: f"severity: {severity.name.lower()}" for severity in Severity},
    JIRA: {Severity.CRITICAL: "Highest", Severity.WARNING: "Medium", Severity.INFO: "Low"},
    SERVICENOW: {Severity.CRITICAL: "1,1", Severity.WARNING: "2,2", Severity.INFO: "3,3"},
    DEVOPS: {Severity.CRITICAL: "1", Severity.WARNING: "2", Severity.INFO: "3"},
}


def ticketing(
    receiver: Receiver,
    settings: Settings,
    http: Http,
    tokens: Tokens | None,
    kept: tuple[Tickets, Looks, Clock],
) -> Ticketing:
    """One desk as a channel. `tokens` are of the app's identity, for Azure DevOps."""
    tickets, looks, clock = kept
    desk = _desk(receiver, http, tokens, clock)
    lag = timedelta(seconds=settings.search_lag_seconds)
    filing = Filing(receiver.name, desk, tickets, looks, clock, lag)
    return Ticketing(filing, settings.cloud.portal, settings.most_new_tickets, timedelta(days=settings.reopen_days))


def _desk(receiver: Receiver, http: Http, tokens: Tokens | None, clock: Clock) -> Desk:
    raise NotImplementedError
