"""Who listens for which function. A function that cannot be listened to is an error of its own; the others go on."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.host.clock import Clock
from sandbox.host.connections import Connections
from sandbox.host.functions import Binding, Function
from sandbox.host.invocations import Invocations
from sandbox.host.lease import CONTAINER, Lease
from sandbox.host.queues import QueueListener
from sandbox.host.schedule_status import ScheduleStatus
from sandbox.host.settings import HostSettings, SettingsError, is_disabled, resolve
from sandbox.host.timers import TimerListener, schedule_of

logger = logging.getLogger(__name__)

_STORAGE_SECONDS = 10
_SERVED = {"timerTrigger", "queueTrigger", "httpTrigger", "eventGridTrigger"}


@dataclass(frozen=True, slots=True)
class Listening:
    """`functions` are those that are served; `errors` has a sentence for each that cannot be."""

    functions: list[Function] = field(default_factory=list)
    disabled: set[str] = field(default_factory=set)
    errors: dict[str, str] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listeners:
    host_id: str
    connections: Connections
    settings: HostSettings
    environment: Mapping[str, str]
    clock: Clock
    invocations: Invocations
    poll_seconds: float

    async def start(self, functions: Sequence[Function]) -> Listening:
        """Queues exist when this returns, unless storage does not answer."""
        listening, creating = Listening(), set[asyncio.Task[None]]()
        for function in functions:
            if is_disabled(function.name, self.environment):
                logger.info("'Functions.%s' is disabled", function.name)
                listening.disabled.add(function.name)
                continue
            try:
                listener = await self._listener(function)
            except SettingsError as error:
                logger.error("'Functions.%s' is not served. %s", function.name, error)  # noqa: TRY400
                listening.errors[function.name] = str(error)
                continue
            listening.functions.append(function)
            if isinstance(listener, QueueListener):
                creating.add(asyncio.create_task(listener.create()))
            if listener:
                listening.tasks.append(asyncio.create_task(_run(listener)))
        if creating:
            _, waiting = await asyncio.wait(creating, timeout=_STORAGE_SECONDS)
            if waiting:
                logger.warning("Queue storage has not answered for %d s; going on without", _STORAGE_SECONDS)
        return listening

    async def _listener(self, function: Function) -> TimerListener | QueueListener | None:
        """None for what HTTP brings. Raises SettingsError."""
        if function.trigger.type not in _SERVED:
            raise SettingsError(f"This host does not serve {function.trigger.type}.")
        for binding in function.others:
            _check(binding)
        if function.trigger.type == "timerTrigger":
            return await self._timer(function)
        if function.trigger.type == "queueTrigger":
            return await self._queue(function)
        return None

    async def _queue(self, function: Function) -> QueueListener:
        service = await self.connections.queues(function.trigger.connection)
        name = resolve(str(function.trigger.properties["queueName"]), self.environment)
        queue, poison = service.get_queue_client(name), service.get_queue_client(f"{name}-poison")
        return QueueListener(function, queue, poison, self.settings.queues, self.invocations, self.poll_seconds)

    async def _timer(self, function: Function) -> TimerListener:
        schedule = schedule_of(function, self.environment)
        try:
            blobs = await self.connections.blobs()
        except SettingsError as error:
            logger.warning("Timer %s runs without a lock, as there is no storage: %s", function.name, error)
            return TimerListener(function, schedule, self.clock, self.invocations)
        container = blobs.get_container_client(CONTAINER)
        lease = Lease(container, f"locks/{self.host_id}/{function.name}.Listener", function.name)
        status = ScheduleStatus(container.get_blob_client(f"timers/{self.host_id}/{function.name}/status"))
        return TimerListener(function, schedule, self.clock, self.invocations, lease, status)


async def _run(listener: TimerListener | QueueListener) -> None:
    """A listener never ends by itself; one that does is a mistake of this host, and is told at once."""
    try:
        await listener.run()
    except Exception:
        logger.exception("'Functions.%s' is no longer listened for", listener.function.name)
        raise


def _check(binding: Binding) -> None:
    if not (binding.is_output and binding.type in {"queue", "http"}):
        raise SettingsError(f"This host does not serve the binding {binding.name!r} of type {binding.type}.")
