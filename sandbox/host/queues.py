"""Queue triggers: fetch, hold while running, delete on success, try again later, poison in the end."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from sandbox.host.functions import Function
from sandbox.host.invocations import Invocations
from sandbox.host.queue_messages import MessageEncodingError, create_queue, decode, trigger_metadata
from sandbox.host.settings import QueueSettings

logger = logging.getLogger(__name__)

HOLD_SECONDS = 600
_PAUSE_AFTER_ERROR_SECONDS = 1.0


@dataclass(slots=True)
class QueueListener:
    function: Function
    queue: QueueClient
    poison: QueueClient
    settings: QueueSettings
    invocations: Invocations
    poll_seconds: float
    _running: int = 0
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        while True:
            try:
                await self._fetch()
            except ResourceNotFoundError:
                await self.create()
            except AzureError:
                logger.exception("Queue %s could not be read; trying again", self.queue.queue_name)
                await asyncio.sleep(_PAUSE_AFTER_ERROR_SECONDS)

    async def create(self) -> None:
        try:
            await create_queue(self.queue)
        except AzureError:
            logger.exception("Queue %s could not be created; trying again", self.queue.queue_name)
            await asyncio.sleep(_PAUSE_AFTER_ERROR_SECONDS)

    async def _fetch(self) -> None:
        """One batch, as soon as there is room; with `newBatchThreshold` still running there is."""
        while self._running > self.settings.new_batch_threshold:
            self._ended.clear()
            await self._ended.wait()
        # What was handed to us is started even if this listener is ended meanwhile.
        if not await asyncio.shield(self.invocations.start(self._receive())):
            await asyncio.sleep(self.poll_seconds)

    async def _receive(self) -> int:
        size = self.settings.batch_size
        pages = self.queue.receive_messages(messages_per_page=size, visibility_timeout=HOLD_SECONDS).by_page()
        page = await anext(pages, None)
        messages = [message async for message in page] if page else []
        for message in messages:
            self._running += 1
            self.invocations.start(self._handle(message))
        return len(messages)

    async def _handle(self, message: QueueMessage) -> None:
        try:
            await self._process(message)
        except AzureError:
            logger.exception("Message %s of queue %s could not be put away", message.id, self.queue.queue_name)
        finally:
            self._running -= 1
            self._ended.set()

    async def _process(self, message: QueueMessage) -> None:
        taken, most = message.dequeue_count or 0, self.settings.max_dequeue_count
        try:
            datum = decode(message.content or "", base64=self.settings.base64)
        except MessageEncodingError as error:
            await self._give_up(message, str(error))
            return
        if taken > most:
            await self._give_up(message, f"it was taken {taken} times")
        elif await self._call(message, datum):
            await self.queue.delete_message(message)
        elif taken >= most:
            await self._give_up(message, f"it failed {taken} times")
        else:
            await self._later(message)

    async def _call(self, message: QueueMessage, datum: Any) -> bool:
        ended = asyncio.Event()
        hold = self.invocations.start(_hold(self.queue, message, ended))
        try:
            return (await self.invocations.call(self.function, datum, trigger_metadata(message))).succeeded
        finally:
            ended.set()
            await hold

    async def _later(self, message: QueueMessage) -> None:
        delay = int(self.settings.retry_delay.total_seconds())
        await self.queue.update_message(message, visibility_timeout=delay)
        logger.warning("Message %s of queue %s will be tried again in %d s", message.id, self.queue.queue_name, delay)

    async def _give_up(self, message: QueueMessage, reason: str) -> None:
        try:
            await self.poison.send_message(message.content)
        except ResourceNotFoundError:
            await create_queue(self.poison)
            await self.poison.send_message(message.content)
        await self.queue.delete_message(message)
        self.invocations.counts[self.function.name].poisoned += 1
        logger.error("Message %s went to queue %s: %s", message.id, self.poison.queue_name, reason)


async def _hold(queue: QueueClient, message: QueueMessage, ended: asyncio.Event) -> None:
    """Keep the message from others while its function runs. Each renewal changes the receipt."""
    while not await _happens(ended, HOLD_SECONDS / 2):
        try:
            renewed = await queue.update_message(message, visibility_timeout=HOLD_SECONDS)
            message.pop_receipt = renewed.pop_receipt
        except AzureError:
            logger.exception("Message %s could not be held", message.id)


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
