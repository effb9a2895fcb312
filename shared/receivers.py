"""Receivers: each is set up by app settings of its own, and there may be several of a kind: ALERT__TEAMS_URL__GAMES."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, SecretStr

from shared.desk_settings import DESKS, DeskSettings, WebAddress
from shared.setting_values import address_list, setting, web_address

TEAMS, SLACK, MAIL, PAGERDUTY, WEBHOOK, EVENT_GRID = "teams", "slack", "mail", "pagerduty", "webhook", "eventgrid"
KINDS = (TEAMS, SLACK, MAIL, PAGERDUTY, WEBHOOK, EVENT_GRID)
PAGERS = frozenset({PAGERDUTY})
ACKNOWLEDGED_TO = PAGERS | {EVENT_GRID, *DESKS}  # And quiet ends: what they opened would stay open for ever.
FURTHER = re.compile(r"((?:ALERT|TICKETS)__[A-Z_]+?)__([A-Za-z0-9_]{1,40})")

type SecretAddress = Annotated[SecretStr, BeforeValidator(web_address)]
type Addresses = Annotated[tuple[str, ...], BeforeValidator(address_list)]


class Receiving(DeskSettings):
    """What each receiver is set up by."""

    mail_to: Addresses = setting("ALERT__MAIL_TO", (), "Mail addresses that are told.")
    teams_url: SecretAddress = setting("ALERT__TEAMS_URL", SecretStr(""), "Webhook of a Teams workflow.")
    slack_url: SecretAddress = setting("ALERT__SLACK_URL", SecretStr(""), "Incoming webhook of a Slack channel.")
    slack_token: SecretStr = setting("ALERT__SLACK_TOKEN", SecretStr(""), "Bot token of a Slack app, instead.")
    slack_channel: str = setting("ALERT__SLACK_CHANNEL", "", "Id of the channel that the Slack app posts to.")
    pagerduty_key: SecretStr = setting(
        "ALERT__PAGERDUTY_KEY", SecretStr(""), "Integration key of a PagerDuty service (Events API v2)."
    )
    webhook_url: SecretAddress = setting("ALERT__WEBHOOK_URL", SecretStr(""), "Where alerts are posted.")
    webhook_secret: SecretStr = setting("ALERT__WEBHOOK_SECRET", SecretStr(""), "Signs what is posted to the webhook.")
    event_grid: WebAddress = setting("ALERT__EVENTGRID_ENDPOINT", "", "Endpoint of an Event Grid topic (CloudEvents).")
    event_grid_key: SecretStr = setting(
        "ALERT__EVENTGRID_KEY", SecretStr(""), "Its key; without one the app's identity is used."
    )

    def kinds(self) -> Iterator[str]:
        """Of which kinds a receiver is set up."""
        there = {
            TEAMS: self.teams_url.get_secret_value(),
            SLACK: self.slack_url.get_secret_value() or (self.slack_token.get_secret_value() and self.slack_channel),
            MAIL: self.mail_to,
            PAGERDUTY: self.pagerduty_key.get_secret_value(),
            WEBHOOK: self.webhook_url.get_secret_value(),
            EVENT_GRID: self.event_grid,
        }
        yield from (kind for kind in KINDS if there[kind])
        yield from self.desks()


@dataclass(frozen=True, slots=True)
class Receiver:
    """One that is set up: `teams`, or `teams:games`."""

    name: str
    kind: str
    set_by: Receiving


def names() -> frozenset[str]:
    """Of the settings that each receiver has."""
    return frozenset(str(field.alias) for field in Receiving.model_fields.values())


def split(name: str) -> tuple[str, str] | None:
    """ALERT__TEAMS_URL__GAMES -> (ALERT__TEAMS_URL, games); None for what is no further receiver's setting."""
    found = FURTHER.fullmatch(name)
    if not found or found[1] not in names():
        return None
    return found[1], found[2].lower().replace("_", "-")


def further(environment: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    """What is set of each further receiver, by its name behind the kind's: {games: {ALERT__TEAMS_URL: ...}}."""
    found: dict[str, dict[str, str]] = {}
    for name, value in environment.items():
        if (parts := split(name)) and value.strip():
            found.setdefault(parts[1], {})[parts[0]] = value
    return found
