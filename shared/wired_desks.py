"""Desks: each ticket system's hand, built from its settings when it is first told something."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from shared.app_settings import Settings
from shared.desk_settings import DEVOPS, GITHUB, JIRA, SERVICENOW
from shared.flows.filing import Filing
from shared.flows.ticketing import Ticketing
from shared.http import Http
from shared.ports.channel import Tokens
from shared.ports.clock import Clock
from shared.ports.desk import Desk
from shared.ports.looks import Looks
from shared.ports.tickets import Tickets
from shared.receivers import Receiver, Receiving
from shared.tickets.terms import Terms


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
    filing = Filing(receiver.name, _place(receiver), desk, tickets, looks, clock, lag)
    return Ticketing(filing, settings.cloud.portal, settings.most_new_tickets, timedelta(days=settings.reopen_days))


def _place(receiver: Receiver) -> str:
    """The project; of another one nothing is taken for ours."""
    by = receiver.set_by
    places = {
        GITHUB: (by.github_address, by.github_repository),
        JIRA: (by.jira_site, by.jira_project),
        SERVICENOW: (by.servicenow_site,),
        DEVOPS: (by.devops_organization, by.devops_project),
    }
    return " ".join(part.rstrip("/").lower() for part in places[receiver.kind])


def _desk(receiver: Receiver, http: Http, tokens: Tokens | None, clock: Clock) -> Desk:
    by = receiver.set_by
    making: Mapping[str, Callable[[], Desk]] = {
        GITHUB: lambda: _github(by, http),
        JIRA: lambda: _jira(by, http),
        SERVICENOW: lambda: _servicenow(by, http, clock),
        DEVOPS: lambda: _devops(by, http, tokens),
    }
    return making[receiver.kind]()


def _github(by: Receiving, http: Http) -> Desk:
    from shared.tickets.github.desk import GitHubDesk

    terms = Terms(by.labels, by.github_priorities, by.github_assignees, by.github_fields)
    return GitHubDesk(http, by.github_token, by.github_repository, terms, by.github_address)


def _jira(by: Receiving, http: Http) -> Desk:
    from shared.tickets.jira.desk import JiraDesk

    terms = Terms(by.labels, by.jira_priorities, by.jira_assignees, by.jira_fields)
    return JiraDesk(
        http,
        by.jira_site,
        by.jira_user,
        by.jira_token,
        by.jira_project,
        terms,
        by.jira_type,
        by.jira_component,
        by.jira_dismissed,
        by.jira_api,
    )


def _servicenow(by: Receiving, http: Http, clock: Clock) -> Desk:
    from shared.tickets.servicenow.desk import ServiceNow
    from shared.tickets.servicenow.session import Session

    terms = Terms((), by.servicenow_priorities, by.servicenow_assignees, by.servicenow_fields)
    client = by.servicenow_client_id, by.servicenow_client_secret
    return ServiceNow(
        Session(http, clock, by.servicenow_site, *client), by.servicenow_group, terms, by.servicenow_close_code
    )


def _devops(by: Receiving, http: Http, tokens: Tokens | None) -> Desk:
    from shared.tickets.devops.desk import DevOps
    from shared.tickets.devops.project import DevOpsProject

    if tokens is None:
        raise ValueError("Azure DevOps is signed in to with tokens of the app's identity")
    terms = Terms(by.labels, by.devops_priorities, by.devops_assignees, by.devops_fields)
    project = DevOpsProject(http, tokens, by.devops_organization, by.devops_project, by.devops_type)
    return DevOps(project, terms, by.devops_area)
