"""Messages on Azure queues, in base64 as the Functions host expects them."""

import math
from datetime import timedelta
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import StorageErrorCode, TextBase64EncodePolicy
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from shared.store import limits
from shared.store.azure_clients import client_options, spelled_out

KEPT = timedelta(days=7)  # A message that nobody takes is dropped this long after it became visible.


def queue_service(endpoint: str, credential: AsyncTokenCredential, **options: Any) -> QueueServiceClient:
    """A client of all queues behind an endpoint; who asks for it closes it."""
    return QueueServiceClient(endpoint, credential, **client_options() | options)


def queue_service_by_key(connection_string: str, **options: Any) -> QueueServiceClient:
    """The same by a connection string. Raises ValueError where it is none."""
    return QueueServiceClient.from_connection_string(spelled_out(connection_string), **client_options() | options)


class AzureQueues:
    """`Queues` of one account; a queue is made by the first message when it is missing.

    A message may arrive twice: the SDK repeats it when the answer was lost (`client_options`).
    """

    def __init__(self, service: QueueServiceClient) -> None:
        self._service = service

    async def send(self, queue: str, body: str, delay: timedelta = timedelta()) -> None:
        """As `Queues.send`; part of a second of delay is a whole one."""
        limits.check_queue_name(queue)
        limits.check_message(body, delay)
        client = self._service.get_queue_client(queue, message_encode_policy=TextBase64EncodePolicy())
        try:
            await _put(client, body, delay)
        except ResourceNotFoundError as error:
            if getattr(error, "error_code", None) != StorageErrorCode.QUEUE_NOT_FOUND:
                raise
            await _create(client)
            await _put(client, body, delay)


async def _put(client: QueueClient, body: str, delay: timedelta) -> None:
    invisible = math.ceil(delay.total_seconds())
    kept = invisible + int(KEPT.total_seconds())  # Azure wants it longer than the delay.
    await client.send_message(body, visibility_timeout=invisible, time_to_live=kept)


async def _create(client: QueueClient) -> None:
    try:
        await client.create_queue()
    except ResourceExistsError as error:
        if getattr(error, "error_code", None) != StorageErrorCode.QUEUE_ALREADY_EXISTS:
            raise
