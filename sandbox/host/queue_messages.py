"""Queue messages on the wire, and as the runtime library wants them."""

import base64 as codec
import binascii
from contextlib import suppress
from datetime import datetime
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from sandbox.host.runtime import Datum


class MessageEncodingError(ValueError):
    """The message is not base64, and the host was told that messages are."""


async def create_queue(queue: QueueClient) -> None:
    """Create it unless it is there."""
    with suppress(ResourceExistsError):
        await queue.create_queue()


def encode(content: bytes, *, base64: bool) -> str:
    return codec.b64encode(content).decode() if base64 else content.decode()


def decode(content: str, *, base64: bool) -> Any:
    """A Datum with the body. Raises MessageEncodingError."""
    if not base64:
        return Datum(content, "string")
    try:
        body = codec.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MessageEncodingError("it is not base64") from error
    try:
        return Datum(body.decode(), "string")
    except UnicodeDecodeError:
        return Datum(body, "bytes")


def trigger_metadata(message: QueueMessage) -> dict[str, Any]:
    """Under the names that the library's QueueMessage converter reads."""
    return {
        "Id": Datum(message.id, "string"),
        "DequeueCount": Datum(message.dequeue_count, "int"),
        "PopReceipt": Datum(message.pop_receipt, "string"),
        "InsertionTime": Datum(_moment(message.inserted_on), "string"),
        "ExpirationTime": Datum(_moment(message.expires_on), "string"),
        "NextVisibleTime": Datum(_moment(message.next_visible_on), "string"),
    }


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
