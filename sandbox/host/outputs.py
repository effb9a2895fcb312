"""Output bindings: what a function puts on queues."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError

from sandbox.host.connections import Connections
from sandbox.host.functions import Binding, Function
from sandbox.host.queue_messages import create_queue, encode
from sandbox.host.runtime import Outcome
from sandbox.host.settings import HostSettings, resolve

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outputs:
    connections: Connections
    settings: HostSettings
    environment: Mapping[str, str]

    async def send(self, function: Function, outcome: Outcome) -> Outcome:
        """Send what was set on queue bindings; the outcome says when that went wrong."""
        values = dict(outcome.outputs)
        if outcome.returned is not None:
            values["$return"] = outcome.returned
        try:
            for binding in function.others:
                if binding.type == "queue" and binding.is_output and binding.name in values:
                    await self._put(binding, values[binding.name])
        except (AzureError, ValueError) as error:
            logger.exception("An output of 'Functions.%s' could not be sent", function.name)
            return Outcome(error=repr(error))
        return outcome

    async def _put(self, binding: Binding, datum: Any) -> None:
        service = await self.connections.queues(binding.connection)
        name = resolve(str(binding.properties["queueName"]), self.environment)
        async with service.get_queue_client(name) as queue:
            for message in _messages(datum):
                content = encode(message, base64=self.settings.queues.base64)
                try:
                    await queue.send_message(content)
                except ResourceNotFoundError:
                    await create_queue(queue)
                    await queue.send_message(content)


def _messages(datum: Any) -> Iterator[bytes]:
    """A list is one message an element; a QueueMessage comes as an object with its body."""
    if datum.type != "json":
        yield datum.value if isinstance(datum.value, bytes) else str(datum.value).encode()
        return
    content = json.loads(datum.value)
    for item in content if isinstance(content, list) else [content]:
        yield (item if isinstance(item, str) else str(item["body"])).encode()
