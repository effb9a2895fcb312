"""Channels: each receiver's hand, built from its settings when it is first told something."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.app_settings import Settings
from shared.cloud.credential import IdentityTokens, key_credential, make_credential
from shared.desk_settings import DESKS, DEVOPS
from shared.domain.routing import MAIL
from shared.http import AiohttpHttp
from shared.ports.channel import Channel
from shared.ports.clock import Clock
from shared.ports.looks import Looks
from shared.ports.tickets import Tickets
from shared.receivers import EVENT_GRID, PAGERDUTY, SLACK, TEAMS, WEBHOOK, Receiver


class Closable(Protocol):
    """Holds connections."""

    async def close(self) -> None:
        """Let go of them."""
        ...


@dataclass(slots=True)
class WiredChannels:
    """`Channels` by app settings. What a channel needs is imported where it is used: most installations use two."""

    settings: Settings
    clock: Clock
    tickets: Tickets
    looks: Looks
    http: AiohttpHttp = field(default_factory=AiohttpHttp)
    _built: dict[str, Channel] = field(default_factory=dict)
    _open: list[Closable] = field(default_factory=list)

    def get(self, receiver: str, /) -> Channel | None:
        """By name; an address of an owner is written to as the others are."""
        if receiver not in self._built:
            found = self._build(receiver)
            if found is None:
                return None
            self._built[receiver] = found
        return self._built[receiver]

    async def close(self) -> None:
        """Let go of connections."""
        for one in (self.http, *self._open):
            await one.close()

    def _build(self, name: str) -> Channel | None:
        address = name.partition(":")[2]
        if "@" in address and name.startswith(f"{MAIL}:") and self.settings.can_mail:
            return self._mail((address,))
        found = self.settings.receivers.get(name)
        making: Mapping[str, Callable[[Receiver], Channel]] = {
            TEAMS: self._teams,
            SLACK: self._slack,
            MAIL: lambda one: self._mail(one.set_by.mail_to),
            PAGERDUTY: self._pagerduty,
            WEBHOOK: self._webhook,
            EVENT_GRID: self._event_grid,
        }
        if found and found.kind in DESKS:
            return self._desk(found)
        return making[found.kind](found) if found else None

    def _desk(self, receiver: Receiver) -> Channel:
        from shared.wired_desks import ticketing

        tokens = IdentityTokens(self._credential()) if receiver.kind == DEVOPS else None
        return ticketing(receiver, self.settings, self.http, tokens, (self.tickets, self.looks, self.clock))

    def _teams(self, receiver: Receiver) -> Channel:
        from shared.channels.teams import Teams

        return Teams(self.http, receiver.set_by.teams_url, self._portal)

    def _slack(self, receiver: Receiver) -> Channel:
        from shared.channels.slack import SlackBot, SlackWebhook

        set_by = receiver.set_by
        if set_by.slack_url.get_secret_value():
            return SlackWebhook(self.http, set_by.slack_url, self._portal)
        address = self.settings.slack_address
        return SlackBot(self.http, set_by.slack_token, set_by.slack_channel, self._portal, address)

    def _mail(self, to: tuple[str, ...]) -> Channel:
        from shared.channels.communication_email import CommunicationEmail
        from shared.channels.mail import Mail, Post
        from shared.channels.smtp import Smtp

        settings = self.settings
        post: Post
        if settings.smtp_host:
            login = settings.smtp_user, settings.smtp_password
            post = Smtp(settings.smtp_host, settings.smtp_port, *login, settings.smtp_security)
        else:
            scope = f"{settings.cloud.communication_audience}/.default"
            tokens = IdentityTokens(self._credential())
            post = CommunicationEmail(self.http, tokens, settings.mail_endpoint, settings.mail_key, scope, self.clock)
        return Mail(post, settings.mail_from[0], to, self._portal)

    def _pagerduty(self, receiver: Receiver) -> Channel:
        from shared.channels.pagerduty import PagerDuty

        return PagerDuty(self.http, receiver.set_by.pagerduty_key, self._portal, self.settings.pagerduty_address)

    def _webhook(self, receiver: Receiver) -> Channel:
        from shared.channels.webhook import Webhook

        return Webhook(self.http, self.clock, receiver.set_by.webhook_url, receiver.set_by.webhook_secret, self._portal)

    def _event_grid(self, receiver: Receiver) -> Channel:
        from shared.channels.event_grid import EventGrid

        set_by = receiver.set_by
        key = set_by.event_grid_key.get_secret_value()
        channel = EventGrid(set_by.event_grid, key_credential(key) if key else self._credential(), self._portal)
        self._open.append(channel)
        return channel

    def _credential(self) -> Any:
        credential = make_credential(client_id=self.settings.client_id, authority=self.settings.cloud.authority)
        self._open.append(credential)
        return credential

    @property
    def _portal(self) -> str:
        return self.settings.cloud.portal
