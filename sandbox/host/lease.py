"""One host at a time: a blob lease in the container where Azure's own host keeps its locks."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobClient, BlobLeaseClient, ContainerClient

logger = logging.getLogger(__name__)

CONTAINER = "azure-webjobs-hosts"
LEASE_SECONDS = 15
RENEW_SECONDS = 5.0
STANDBY_SECONDS = 1.0


@dataclass(slots=True)
class Lease:
    """The same id each time, so that a lease of ours whose answer got lost is ours again at once."""

    container: ContainerClient
    path: str
    name: str
    id: str = field(default_factory=lambda: str(uuid4()))

    async def hold(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `work` while the lease is ours; without it, stand by. Does not return."""
        while True:
            lease = await self._acquire()
            running = asyncio.create_task(work())
            try:
                await self._keep(lease, running)
            finally:
                running.cancel()
                await asyncio.wait({running})
                with suppress(AzureError):
                    await lease.release()

    async def _acquire(self) -> BlobLeaseClient:
        """Wait until the lease is ours."""
        blob, waiting = self.container.get_blob_client(self.path), False
        while True:
            try:
                lease: BlobLeaseClient = await blob.acquire_lease(lease_duration=LEASE_SECONDS, lease_id=self.id)
            except ResourceNotFoundError:
                await self._create(blob)
            except AzureError as error:
                if not waiting:
                    logger.info("Standing by for %s: %s", self.name, _reason(error))
                waiting = True
                await asyncio.sleep(STANDBY_SECONDS)
            else:
                logger.info("Listening as the only host for %s", self.name)
                return lease

    async def _keep(self, lease: BlobLeaseClient, running: asyncio.Task[None]) -> None:
        """Renew until the lease is lost, or until the work ends by itself, which is an error."""
        while True:
            await asyncio.wait({running}, timeout=RENEW_SECONDS)
            if running.done():
                running.result()
            try:
                async with asyncio.timeout(LEASE_SECONDS - RENEW_SECONDS):
                    await lease.renew()
            except (AzureError, TimeoutError) as error:
                logger.warning("The lease for %s was lost: %s", self.name, _reason(error))
                return

    async def _create(self, blob: BlobClient) -> None:
        try:
            with suppress(ResourceExistsError):
                await self.container.create_container()
            with suppress(ResourceExistsError):
                await blob.upload_blob(b"")
        except AzureError:
            logger.exception("The lock for %s could not be created; trying again", self.name)
            await asyncio.sleep(STANDBY_SECONDS)


def _reason(error: Exception) -> str:
    code = str(getattr(error, "error_code", None) or repr(error))
    return "another host has it" if "LeaseAlreadyPresent" in code else code
