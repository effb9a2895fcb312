"""The inventory: every account that may be seen, in one query to Resource Graph, a thousand rows a page."""

from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import batched
from typing import Any

from azure.core.rest import HttpRequest

from shared.cloud.blindness import UNREADABLE, blind
from shared.cloud.session import Session
from shared.cloud.target import Target
from shared.cloud.wire import Malformed, mapping, moment, required, tags, text
from shared.domain.account import SigningAccount
from shared.domain.blind import About, Blind
from shared.domain.kept import CallKind
from shared.domain.subscription import Subscription
from shared.domain.survey import Fleet

QUERY = """Resources
| where type =~ 'microsoft.codesigning/codesigningaccounts'
| extend groupName=tolower(resourceGroup)
| join kind=leftouter (ResourceContainers
    | where type =~ 'microsoft.resources/subscriptions'
    | project subscriptionId, subscriptionName=name, subscriptionState=tostring(properties.state),
        subscriptionTags=tags) on subscriptionId
| join kind=leftouter (ResourceContainers
    | where type =~ 'microsoft.resources/subscriptions/resourcegroups'
    | project subscriptionId, groupName=tolower(name), groupTags=tags) on subscriptionId, groupName
| project id, name, location, resourceGroup, groupTags, tenantId, subscriptionId, subscriptionName,
    subscriptionState, subscriptionTags, sku=tostring(properties.sku.name), otherSku=tostring(sku.name),
    provisioningState=tostring(properties.provisioningState), uri=tostring(properties.accountUri), tags,
    createdAt=tostring(systemData.createdAt)
| order by id asc"""

_GRAPH = Target(CallKind.RESOURCE_GRAPH, repeatable=True, holds="data")
_SUBSCRIPTIONS = Target(CallKind.SUBSCRIPTIONS, holds="value")
_SUBSCRIPTIONS_PATH = "/subscriptions?api-version=2022-12-01"
_MOST_SUBSCRIPTIONS = 1000
_MOST_GROUPS = 10


class GraphInventory:
    """Looks in the subscriptions and management groups named, or in all that can be read where none is."""

    def __init__(
        self, session: Session, *, subscriptions: Sequence[str] = (), management_groups: Sequence[str] = ()
    ) -> None:
        self._session = session
        self._only = frozenset(subscription.lower() for subscription in subscriptions)
        self._scopes: list[Mapping[str, Sequence[str]]] = [
            *({"subscriptions": part} for part in batched(subscriptions, _MOST_SUBSCRIPTIONS, strict=False)),
            *({"managementGroups": part} for part in batched(management_groups, _MOST_GROUPS, strict=False)),
        ] or [{}]

    async def fleet(self) -> Fleet:
        """What was listed before a page failed stays; the rest of the world is then out of sight. Raises Throttled."""
        accounts: dict[str, SigningAccount] = {}
        owners: dict[str, Subscription] = {}
        unseen: tuple[Blind, ...] = ()
        try:
            for scope in self._scopes:
                async for row in self._rows(scope):
                    account = _account(row)
                    accounts[account.id] = account
                    owners[account.subscription_id] = _owner(row)
        except UNREADABLE as error:
            unseen = (blind(About.ACCOUNTS, "", error),)
        return Fleet(tuple(owners.values()), tuple(accounts.values()), unseen)

    async def subscriptions(self) -> Sequence[Subscription] | Blind:
        """All that can be read; of those named in settings where some are. Raises Throttled."""
        try:
            rows = [row async for row in self._session.listed(_SUBSCRIPTIONS_PATH, _SUBSCRIPTIONS)]
            found = [_subscription(row, "displayName", "state", "tags") for row in rows]
        except UNREADABLE as error:
            return blind(About.ACCOUNTS, "", error)
        return [subscription for subscription in found if not self._only or subscription.id in self._only]

    async def _rows(self, scope: Mapping[str, Sequence[str]]) -> AsyncIterator[Mapping[str, Any]]:
        token, count = "", 0
        while True:
            page = mapping(await self._session.ask(_query(scope, token), _GRAPH))
            count += len(page["data"])
            for row in page["data"]:
                yield mapping(row)
            before, token = token, text(page, "$skipToken")
            if not token:
                break
            if token == before:
                raise Malformed("the same page twice")
        if count < int(page.get("totalRecords", count)):
            raise Malformed("fewer rows than Azure says there are")


def _query(scope: Mapping[str, Sequence[str]], token: str) -> HttpRequest:
    options = {"$top": 1000, "resultFormat": "objectArray"} | ({"$skipToken": token} if token else {})
    body = {"query": QUERY, "options": options, **scope}
    return HttpRequest("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01", json=body)


def _account(row: Mapping[str, Any]) -> SigningAccount:
    return SigningAccount(
        id=required(row, "id").lower(),
        name=required(row, "name"),
        subscription_id=required(row, "subscriptionId").lower(),
        resource_group=required(row, "resourceGroup"),
        region=required(row, "location"),
        sku=text(row, "sku") or text(row, "otherSku"),
        provisioning_state=text(row, "provisioningState"),
        created=moment(row, "createdAt"),
        tags=tags(row.get("tags")),
        group_tags=tags(row.get("groupTags")),
        uri=text(row, "uri"),
    )


def _owner(row: Mapping[str, Any]) -> Subscription:
    return _subscription(row, "subscriptionName", "subscriptionState", "subscriptionTags")


def _subscription(row: Mapping[str, Any], name: str, state: str, held: str) -> Subscription:
    """The columns are called otherwise in the index than in the resource manager."""
    id_ = required(row, "subscriptionId").lower()
    return Subscription(id_, text(row, name) or id_, text(row, "tenantId"), text(row, state), tags(row.get(held)))
