"""Azurite for a whole run of the contract tests: over TLS and with a token, as storage is reached in the cloud."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
import pytest_asyncio
from azure.core.credentials import AccessToken
from azure.data.tables.aio import TableServiceClient
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueServiceClient

from sandbox.authority import make_authority
from sandbox.azurite import Storage, azurite
from sandbox.identity import issue
from shared.store.azure_blobs import blob_service
from shared.store.azure_queues import queue_service
from shared.store.azure_tables import table_service

TENANT = "7e7a0000-0000-4000-8000-000000000001"


@dataclass(frozen=True, slots=True)
class AzuriteStore:
    """Clients of one Azurite, closed with it."""

    tables: TableServiceClient
    queues: QueueServiceClient
    blobs: BlobServiceClient


class SandboxCredential:
    """Whoever runs in the sandbox, for the SDK."""

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(issue(TENANT, scopes[0].removesuffix("/.default")), 4_000_000_000)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def azurite_store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AzuriteStore]:
    authority = make_authority(tmp_path_factory.mktemp("authority"))
    async with azurite(authority) as storage:
        store = _clients(storage, authority.trusted)
        async with store.tables, store.queues, store.blobs:
            yield store


def _clients(storage: Storage, trusted: Path) -> AzuriteStore:
    options = {"connection_verify": str(trusted)}
    return AzuriteStore(
        table_service(storage.table, SandboxCredential(), **options),
        queue_service(storage.queue, SandboxCredential(), **options),
        blob_service(storage.blob, SandboxCredential(), **options),
    )
