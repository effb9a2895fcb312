"""Blobs in Azure: block blobs that are replaced, append blobs that grow."""

from collections.abc import Awaitable, Callable, Sequence
from io import BytesIO  # A large body sent as plain bytes would hold up the event loop.
from typing import Any

from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import StorageErrorCode
from azure.storage.blob.aio import BlobClient, BlobServiceClient

from shared.store import limits
from shared.store.azure_clients import client_options, spelled_out

_THERE_ALREADY = (StorageErrorCode.BLOB_ALREADY_EXISTS, "BlobImmutableDueToPolicy")
_NOTHING_THERE = (StorageErrorCode.BLOB_NOT_FOUND, StorageErrorCode.CONTAINER_NOT_FOUND)


def blob_service(endpoint: str, credential: AsyncTokenCredential, **options: Any) -> BlobServiceClient:
    """A client of all blobs behind an endpoint; who asks for it closes it."""
    return BlobServiceClient(endpoint, credential, **client_options() | options)


def blob_service_by_key(connection_string: str, **options: Any) -> BlobServiceClient:
    """The same by a connection string. Raises ValueError where it is none."""
    return BlobServiceClient.from_connection_string(spelled_out(connection_string), **client_options() | options)


class AzureBlobs:
    """`Blobs` of one account; a container is made by the first write when it is missing.

    An addition may be there twice: the SDK repeats it when the answer was lost (`client_options`).
    """

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service

    async def read(self, container: str, name: str) -> bytes | None:
        """As `Blobs.read`."""
        try:
            stream = await self._blob(container, name).download_blob()
            return await stream.readall()
        except ResourceNotFoundError as error:
            if _code(error) in _NOTHING_THERE:
                return None
            raise

    async def write(self, container: str, name: str, content: bytes) -> None:
        """As `Blobs.write`."""
        blob = self._blob(container, name)
        await self._in_container(container, lambda: blob.upload_blob(BytesIO(content), overwrite=True))

    async def create(self, container: str, name: str, content: bytes) -> None:
        """As `Blobs.create`: also one that an immutability policy has locked."""
        blob = self._blob(container, name)
        try:
            await self._in_container(container, lambda: blob.upload_blob(BytesIO(content), overwrite=False))
        except HttpResponseError as error:
            if _code(error) not in _THERE_ALREADY:
                raise

    async def names(self, container: str) -> Sequence[str]:
        """As `Blobs.names`, page by page."""
        limits.check_queue_name(container)
        try:
            return [name async for name in self._service.get_container_client(container).list_blob_names()]
        except ResourceNotFoundError as error:
            if _code(error) not in _NOTHING_THERE:
                raise
            return ()

    async def append(self, container: str, name: str, content: bytes) -> None:
        """As `Blobs.append`. LimitExceeded for a blob that was written whole."""
        limits.check_append(content)
        blob = self._blob(container, name)
        if not content:  # Azure refuses an empty block.
            return
        try:
            await self._in_container(container, lambda: _append(blob, content))
        except HttpResponseError as error:
            if _code(error) == StorageErrorCode.INVALID_BLOB_TYPE:
                raise limits.LimitExceeded(f"{name!r} was written whole; nothing can be appended to it.") from error
            raise

    def _blob(self, container: str, name: str) -> BlobClient:
        limits.check_queue_name(container)
        return self._service.get_blob_client(container, name)

    async def _in_container(self, container: str, write: Callable[[], Awaitable[object]]) -> None:
        try:
            await write()
        except ResourceNotFoundError as error:
            if _code(error) != StorageErrorCode.CONTAINER_NOT_FOUND:
                raise
            await self._create(container)
            await write()

    async def _create(self, container: str) -> None:
        try:
            await self._service.create_container(container)
        except ResourceExistsError as error:
            if _code(error) != StorageErrorCode.CONTAINER_ALREADY_EXISTS:
                raise


async def _append(blob: BlobClient, content: bytes) -> None:
    try:
        await blob.append_block(BytesIO(content), len(content))
    except ResourceNotFoundError as error:
        if _code(error) != StorageErrorCode.BLOB_NOT_FOUND:
            raise
        await _start(blob)
        await blob.append_block(BytesIO(content), len(content))


async def _start(blob: BlobClient) -> None:
    """Make the append blob unless somebody just did: a second creation would empty it."""
    try:
        await blob.create_append_blob(match_condition=MatchConditions.IfMissing)
    except ResourceExistsError as error:
        if _code(error) != StorageErrorCode.BLOB_ALREADY_EXISTS:
            raise


def _code(error: HttpResponseError) -> object:
    return getattr(error, "error_code", None)
