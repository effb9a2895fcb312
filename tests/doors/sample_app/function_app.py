"""An app with one function of every kind that the host serves; each writes down what it saw."""

import asyncio
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import azure.functions as func

app = func.FunctionApp()


def note(kind: str, **seen: Any) -> None:
    """Append one line to the file that the test reads."""
    line = json.dumps({"kind": kind, "at": datetime.now(UTC).isoformat(), "real": time.monotonic(), **seen})
    with Path(os.environ["SAMPLE_NOTES"]).open("a", encoding="utf-8") as notes:
        notes.write(line + "\n")


@app.timer_trigger(arg_name="timer", schedule="%TICK_SCHEDULE%")
@app.queue_output(arg_name="out", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
async def tick(timer: func.TimerRequest, out: func.Out[str]) -> None:
    note("tick", past_due=timer.past_due, process=os.getpid())
    out.set("from the timer")


@app.timer_trigger(arg_name="timer", schedule="* * * * * *")
async def every_second(timer: func.TimerRequest) -> None:
    note("every_second", process=os.getpid())


@app.timer_trigger(arg_name="timer", schedule="%NOBODY_SET_THIS%")
async def unscheduled(timer: func.TimerRequest) -> None:
    note("unscheduled")


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *", run_on_startup=False)
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:01")
async def flaky(timer: func.TimerRequest, context: func.Context) -> None:
    note("flaky", retry=context.retry_context.retry_count)
    raise RuntimeError("never works")


@app.queue_trigger(arg_name="message", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
async def work(message: func.QueueMessage) -> None:
    body = message.get_body().decode()
    inserted = message.insertion_time.isoformat() if message.insertion_time else None
    note("work", body=body, dequeue_count=message.dequeue_count, id=message.id, inserted=inserted)
    if body.startswith("slow"):
        await asyncio.sleep(1)
        note("worked", body=body)
    if body == "fail" or (body == "fail once" and message.dequeue_count == 1):
        raise RuntimeError("told to fail")


@app.event_grid_trigger(arg_name="event")
async def arrived(event: func.EventGridEvent) -> None:
    note("arrived", id=event.id, type=getattr(event, "event_type", None) or getattr(event, "type", None))
    if event.id == "fail":
        raise RuntimeError("told to fail")


@app.route(route="items/{id:int}/{part?}", methods=["GET", "PUT"], auth_level=func.AuthLevel.ANONYMOUS)
async def items(req: func.HttpRequest) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "route": dict(req.route_params),
        "query": dict(req.params),
        "header": req.headers.get("X-Thing"),
        "body": req.get_body().decode(),
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json", status_code=207)


@app.route(route="cookies", auth_level=func.AuthLevel.ANONYMOUS)
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    """Not async: the runtime runs it in its thread pool."""
    response = func.HttpResponse(b"\x00\xff", mimetype="application/octet-stream")
    response.headers.add("Set-Cookie", "first=1; Path=/; HttpOnly")
    response.headers.add("Set-Cookie", "second=2; Max-Age=60; SameSite=Lax; Secure")
    return response


@app.route(route="boom", auth_level=func.AuthLevel.ANONYMOUS)
async def boom(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("a secret of the server")


async def site(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """An ASGI application of a few lines."""
    await receive()
    headers = [(b"content-type", b"text/plain"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


@app.route(route="{*path}", auth_level=func.AuthLevel.ANONYMOUS)
async def pages(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    response: func.HttpResponse = await func.AsgiMiddleware(site).handle_async(req, context)
    return response
