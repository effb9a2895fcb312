"""Our own queue messages: compressed, with a schema version, and in a blob where they are too large for a queue."""

import base64
import binascii
import json
import uuid
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.domain.cost import BillReading
from shared.domain.look import Shard
from shared.domain.memory import Tell
from shared.domain.refresh import Refresh
from shared.store.blobs import Blobs
from shared.store.limits import MESSAGE_BYTES
from shared.store.queues import Queues
from shared.store.schema import SCHEMA, Codec

LOOK_QUEUE = "countersign-look"
TELL_QUEUE = "countersign-tell"
BILL_QUEUE = "countersign-bill"
REFRESH_QUEUE = "countersign-refresh"
CONTAINER = "messages"

SHARD = Codec[Shard](Shard)
BILL = Codec[BillReading](BillReading)
REFRESH = Codec[Refresh](Refresh)


class Unreadable(ValueError):
    """A queue message that is not ours, or is damaged."""


@dataclass(frozen=True, slots=True)
class QueuedMessages:
    """What the doors of the queues are given."""

    queues: Queues
    blobs: Blobs

    async def look(self, shard: Shard, delay: timedelta = timedelta()) -> None:
        """Ask for a look at one subscription, whatever its size."""
        await self._send(LOOK_QUEUE, shard.look, SHARD.text(shard), delay)

    async def bill(self, reading: BillReading, delay: timedelta = timedelta()) -> None:
        """Ask for one bill to be read on."""
        await self._send(BILL_QUEUE, f"{reading.planned:%Y%m%dT%H%M%S}", BILL.text(reading), delay)

    async def refresh(self, refresh: Refresh, delay: timedelta = timedelta()) -> None:
        """Ask for one account to be read again."""
        await self._send(REFRESH_QUEUE, refresh.subscription_id, REFRESH.text(refresh), delay)

    async def tell(self, tell: Tell, delay: timedelta = timedelta()) -> None:
        """Ask for what waits for one receiver to be delivered."""
        by = tell.decided_by.isoformat() if tell.decided_by else None
        told = {"schema": SCHEMA, "receiver": tell.receiver, "decided_by": by}
        body = json.dumps(told | ({"reads_back": True} if tell.reads_back else {}))
        await self.queues.send(TELL_QUEUE, body, delay)

    async def read_look(self, body: str) -> Shard:
        """Raises Unreadable."""
        return await self._read(SHARD, body, "The message does not hold a subscription to look at.")

    async def read_bill(self, body: str) -> BillReading:
        """Raises Unreadable."""
        return await self._read(BILL, body, "The message does not hold a bill to read.")

    async def read_refresh(self, body: str) -> Refresh:
        """Raises Unreadable."""
        return await self._read(REFRESH, body, "The message does not hold an account to be read again.")

    async def read_tell(self, body: str) -> Tell:
        """Raises Unreadable."""
        message = _message(body)
        receiver, by = message.get("receiver"), message.get("decided_by")
        if not isinstance(receiver, str) or not receiver:
            raise Unreadable("The message names no receiver.")
        try:
            decided_by = datetime.fromisoformat(str(by)).astimezone(UTC) if by else None
        except ValueError as error:
            raise Unreadable("The message does not say when that was decided.") from error
        return Tell(receiver, decided_by, reads_back=message.get("reads_back") is True)

    async def poison(self, queue: str, body: str) -> None:
        """Put a message where people can look at it, all of it: in a blob where it is too large for a queue."""
        if len(body.encode()) > MESSAGE_BYTES:
            body = await self._put_into_blob(queue, body.encode())
        await self.queues.send(f"{queue}-poison", body)

    async def _send(self, queue: str, folder: str, text: str, delay: timedelta) -> None:
        """Packed, and in a blob where it is too large for a queue."""
        packed = base64.b85encode(zlib.compress(text.encode())).decode()
        body = json.dumps({"schema": SCHEMA, "packed": packed})
        if len(body) > MESSAGE_BYTES:
            body = await self._put_into_blob(folder, packed.encode())
        await self.queues.send(queue, body, delay)

    async def _put_into_blob(self, folder: str, content: bytes) -> str:
        """The message that points to it."""
        name = f"{folder}/{uuid.uuid4().hex}"
        await self.blobs.write(CONTAINER, name, content)
        return json.dumps({"schema": SCHEMA, "blob": name})

    async def _read[T](self, codec: Codec[T], body: str, refusal: str) -> T:
        message = _message(body)
        inside = message.get("packed")
        packed = inside if isinstance(inside, str) else await self._from_blob(message.get("blob"))
        try:
            return codec.read(zlib.decompress(base64.b85decode(packed)))
        except (ValueError, binascii.Error, zlib.error) as error:
            raise Unreadable(refusal) from error

    async def _from_blob(self, name: object) -> bytes:
        content = await self.blobs.read(CONTAINER, name) if isinstance(name, str) else None
        if content is None:
            raise Unreadable("The message points to a blob that is not there.")
        return content


def _message(body: str) -> dict[str, object]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("The message is not JSON.") from error
    if not isinstance(message, dict) or not isinstance(message.get("schema"), int):
        raise Unreadable("The message is not one of Countersign's.")
    if message["schema"] > SCHEMA:
        raise Unreadable("The message was written by a newer release.")
    return message
