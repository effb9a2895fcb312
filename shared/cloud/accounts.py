"""What the resource manager shows of one account: itself, its certificate profiles and their certificates."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

from azure.core.async_paging import AsyncItemPaged
from azure.core.exceptions import HttpResponseError
from azure.mgmt.artifactsigning.aio import ArtifactSigningMgmtClient
from azure.mgmt.artifactsigning.models import CertificateProfile as Profile

from shared.cloud.blindness import UNREADABLE, blind, gone
from shared.cloud.dates import read_date
from shared.cloud.session import Session
from shared.cloud.target import Target
from shared.cloud.wire import Malformed, listed, mapping, moment, required, tags, text
from shared.domain.account import Certificate, CertificateProfile, SigningAccount
from shared.domain.blind import About, Blind
from shared.domain.kept import CallKind

_MOST_PAGES = 200


class ArmAccounts:
    """One client a subscription, all on the session's pipeline."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._clients: dict[str, ArtifactSigningMgmtClient] = {}

    async def profiles(self, account: SigningAccount) -> tuple[CertificateProfile, ...] | Blind:
        """Every page, or blind: half of the profiles would look like the other half being gone. Raises Throttled."""
        operations = self._client(account.subscription_id).certificate_profiles
        target = Target(CallKind.PROFILES, account.id, holds="value")
        try:
            found = operations.list_by_code_signing_account(account.resource_group, account.name, target=target)
            return tuple([_profile(account.id, raw) async for raw in _all_pages(found)])
        except UNREADABLE as error:
            return blind(About.PROFILES, account.id, error)

    async def account(self, known: SigningAccount) -> SigningAccount | Blind | None:
        """None only where Azure itself says that it does not exist. Raises Throttled."""
        operations = self._client(known.subscription_id).code_signing_accounts
        target = Target(CallKind.ACCOUNTS, known.id)
        try:
            found = await operations.get(known.resource_group, known.name, target=target)
            return _account(known, mapping(found))
        except HttpResponseError as error:
            return None if gone(error) else blind(About.ACCOUNTS, known.id, error)
        except UNREADABLE as error:
            return blind(About.ACCOUNTS, known.id, error)

    def _client(self, subscription_id: str) -> ArtifactSigningMgmtClient:
        key = subscription_id.lower()
        if key not in self._clients:
            self._clients[key] = ArtifactSigningMgmtClient(
                self._session.credential,
                subscription_id,
                self._session.endpoints.resource_manager.rstrip("/"),
                credential_scopes=[self._session.endpoints.resource_manager_audience],
                policies=[],
                pipeline=self._session.resource_manager,
            )
        return self._clients[key]


async def _all_pages(found: AsyncItemPaged[Profile]) -> AsyncIterator[Mapping[str, Any]]:
    """Links that lead in a circle are not followed for ever."""
    count = 0
    async for page in found.by_page():
        count += 1
        if count > _MOST_PAGES:
            raise Malformed("pages without end")
        async for profile in page:
            yield mapping(profile)


def _account(known: SigningAccount, raw: Mapping[str, Any]) -> SigningAccount:
    if required(raw, "id").lower() != known.id:
        raise Malformed("another account than the one asked for")
    properties = mapping(raw.get("properties"))
    sku = mapping(properties.get("sku")) or mapping(raw.get("sku"))
    return replace(
        known,
        name=required(raw, "name"),
        region=required(raw, "location"),
        sku=text(sku, "name"),
        provisioning_state=text(properties, "provisioningState"),
        created=moment(mapping(raw.get("systemData")), "createdAt"),
        tags=tags(raw.get("tags")),
        uri=text(properties, "accountUri"),
    )


def _profile(account_id: str, raw: Mapping[str, Any]) -> CertificateProfile:
    """Read by wire names: the SDK's attributes put a revocation's status where the certificate's own should be."""
    properties = mapping(raw.get("properties"))
    return CertificateProfile(
        account_id=account_id,
        name=required(raw, "name"),
        profile_type=text(properties, "profileType"),
        status=text(properties, "status"),
        identity_validation_id=text(properties, "identityValidationId").lower(),
        provisioning_state=text(properties, "provisioningState"),
        created=moment(mapping(raw.get("systemData")), "createdAt"),
        certificates=tuple(_certificate(certificate) for certificate in listed(properties.get("certificates"))),
    )


def _certificate(raw: Mapping[str, Any]) -> Certificate:
    revocation = mapping(raw.get("revocation"))
    return Certificate(
        serial_number=text(raw, "serialNumber"),
        thumbprint=text(raw, "thumbprint"),
        created=read_date(required(raw, "createdDate")),
        expires=read_date(required(raw, "expiryDate")),
        revocation_status=(text(revocation, "status") or "Unknown") if revocation else "",
        revocation_asked=moment(revocation, "requestedAt"),
        revocation_failure=text(revocation, "failureReason"),
    )
