"""One call to a service: what was asked, by whom, when, and of which world."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sandbox.azure.answers import Refused, refusal
from sandbox.azure.scenario.story import Scenario
from sandbox.azure.service import Azure
from sandbox.azure.world.resources import Account, Subscription, World
from sandbox.identity import Claims


@dataclass(frozen=True, slots=True)
class Call:
    """`parts` are the pieces of the path, as written; `query` has its names in lower case."""

    azure: Azure
    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    parts: Mapping[str, str]
    caller: Claims
    now: datetime
    world: World

    @property
    def scenario(self) -> Scenario:
        return self.azure.scenario

    def json(self) -> dict[str, Any]:
        """The body as an object. Raises Refused with 400."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError as error:
            raise Refused(refusal(400, "InvalidRequestContent", f"The request content is no JSON: {error}")) from error
        if not isinstance(found, dict):
            raise Refused(refusal(400, "InvalidRequestContent", "The request content is not an object."))
        return found

    def subscription(self) -> Subscription:
        """The subscription in the path, if it may be read. Raises Refused with 404 or 403."""
        wanted = self.parts["subscription"].lower()
        found = self.world.subscriptions.get(wanted)
        if found is None:
            raise Refused(refusal(404, "SubscriptionNotFound", f"The subscription '{wanted}' could not be found."))
        if found.forbidden:
            raise self.forbidden()
        return found

    def forbidden(self) -> Refused:
        text = (
            f"The client '{self.caller.client_id}' with object id '{self.caller.object_id}' does not have "
            f"authorization to perform action '{self.method}' over scope '{self.path}' or the scope is invalid."
        )
        return Refused(refusal(403, "AuthorizationFailed", text))

    def account(self) -> Account:
        """The account in the path. Raises Refused with 404 or 403."""
        owner = self.subscription()
        name, group = self.parts["account"], self.parts["group"]
        found = self.world.accounts.get(name.lower())
        if found is None or found.subscription_id != owner.id or found.group.lower() != group.lower():
            text = (
                f"The Resource 'Microsoft.CodeSigning/codeSigningAccounts/{name}' under resource group '{group}' "
                "was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
            )
            raise Refused(refusal(404, "ResourceNotFound", text))
        return found

    def next_page(self, **query: str) -> str:
        """This call's own address with other query parameters."""
        kept = {**self.query, **query}
        return f"{self.azure.origin}{self.path}?{urlencode(kept)}"


def read_query(text: str) -> dict[str, str]:
    return {name.lower(): value for name, value in parse_qsl(text, keep_blank_values=True)}
