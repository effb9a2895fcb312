"""One handler behind a stand-in's routes on loopback, in plain HTTP; and what a client's instrumentation would see."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from aiohttp import web
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from sandbox.receivers.stand_in import Arrival, StandIn

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def on_loopback(stand_in: StandIn, handler: Handler) -> AsyncIterator[str]:
    """Yields the address."""
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.add_routes([web.route(method, path, handler) for method, path in stand_in.routes])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def arrival_of(request: web.Request) -> Arrival:
    """As stand-ins want it."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    name = request.match_info.get("name", "")
    return Arrival(request.method, name, headers, await request.read(), request.path, dict(request.query))


@contextmanager
def spans() -> Iterator[InMemorySpanExporter]:
    """Everything that is traced of requests meanwhile."""
    found = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(found))
    AioHttpClientInstrumentor().instrument(tracer_provider=provider)
    try:
        yield found
    finally:
        AioHttpClientInstrumentor().uninstrument()
