"""Storage connections as bindings name them: by identity (`<name>__queueServiceUri`) or by a connection string."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueServiceClient

from sandbox.host.settings import SettingsError

if TYPE_CHECKING:
    from azure.identity.aio import DefaultAzureCredential

DEFAULT = "AzureWebJobsStorage"
_DEVELOPMENT = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
)


class Connections:
    """Clients, made on first use and closed together."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._stack = AsyncExitStack()
        self._credentials: dict[str, DefaultAzureCredential] = {}
        self._queues: dict[str, QueueServiceClient] = {}
        self._blobs: dict[str, BlobServiceClient] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def queues(self, name: str = DEFAULT) -> QueueServiceClient:
        """Raises SettingsError when the connection is not set."""
        if name not in self._queues:
            if text := self._connection_string(name):
                client = QueueServiceClient.from_connection_string(text)
            else:
                client = QueueServiceClient(self._uri(name, "queue"), credential=self._credential(name))
            self._queues[name] = await self._stack.enter_async_context(client)
        return self._queues[name]

    async def blobs(self, name: str = DEFAULT) -> BlobServiceClient:
        """Raises SettingsError when the connection is not set."""
        if name not in self._blobs:
            if text := self._connection_string(name):
                client = BlobServiceClient.from_connection_string(text)
            else:
                client = BlobServiceClient(self._uri(name, "blob"), credential=self._credential(name))
            self._blobs[name] = await self._stack.enter_async_context(client)
        return self._blobs[name]

    def _connection_string(self, name: str) -> str:
        text = self._setting(name) or ""
        return _DEVELOPMENT if text.strip().lower() == "usedevelopmentstorage=true" else text

    def _uri(self, name: str, service: str) -> str:
        setting = f"{name}__{service}ServiceUri"
        if uri := self._setting(setting):
            return uri
        if account := self._setting(f"{name}__accountName"):
            return f"https://{account}.{service}.core.windows.net"
        raise SettingsError(f"There is no app setting {setting}, and {name} is no connection string.")

    def _setting(self, name: str) -> str | None:
        """Azure looks with its own prefix first."""
        return self._environment.get(f"AzureWebJobs{name}") or self._environment.get(name)

    def _credential(self, name: str) -> "DefaultAzureCredential":
        from azure.identity.aio import DefaultAzureCredential  # A quarter of a second, seldom needed.

        if name not in self._credentials:
            client_id = self._setting(f"{name}__clientId")
            credential = DefaultAzureCredential(managed_identity_client_id=client_id)
            self._stack.push_async_exit(credential)
            self._credentials[name] = credential
        return self._credentials[name]
