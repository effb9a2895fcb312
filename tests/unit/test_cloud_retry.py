"""Patience: what is waited for, what is told as throttled, what is tried again, and that nothing is sent too early."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import DecodeError, HttpResponseError, ServiceRequestError
from azure.core.pipeline import AsyncPipeline
from azure.core.rest import HttpRequest

from shared.cloud.gate import Gate
from shared.cloud.retry import PatiencePolicy, Tolerance
from shared.cloud.target import Target
from shared.domain.kept import CallKind
from shared.ports.errors import Throttled
from tests.unit.fake_transport import FakeClock, FakeTransport, Reply

SUBSCRIPTION = "/subscriptions/6f31b285-a708-4d4e-85f2-b29a7e63cf65"
ACCOUNT = Target(CallKind.PROFILES, f"{SUBSCRIPTION}/resourcegroups/rg/providers/p/t/alpha")
OTHER = Target(CallKind.PROFILES, f"{SUBSCRIPTION}/resourcegroups/rg/providers/p/t/beta")
GRAPH = Target(CallKind.RESOURCE_GRAPH, repeatable=True)


class Hanging(FakeTransport):
    """Takes a request and never answers."""

    async def send(self, request: HttpRequest, **_: Any) -> Any:
        self.sent.append(request)
        await asyncio.Event().wait()


class Line:
    """A pipeline with nothing in it but patience."""

    def __init__(
        self,
        script: Sequence[Reply | Exception],
        tolerance: Tolerance | None = None,
        transport: FakeTransport | None = None,
    ) -> None:
        self.clock = FakeClock()
        self.transport = transport or FakeTransport(script, self.clock)
        held = tolerance or Tolerance()
        policy = PatiencePolicy(self.clock, Gate(self.clock, held.longest_wait), held, jitter=lambda: 0.5)
        self._pipeline: AsyncPipeline[Any, Any] = AsyncPipeline(self.transport, [policy])

    async def ask(self, target: Target = ACCOUNT, method: str = "GET") -> int:
        response = await self._pipeline.run(HttpRequest(method, "https://arm.example/"), target=target)
        status: int = response.http_response.status_code
        return status

    @property
    def waits(self) -> list[float]:
        return [span.total_seconds() for span in self.clock.slept]


async def test_a_short_wait_is_waited_and_the_answer_comes() -> None:
    line = Line([Reply(429, headers={"Retry-After": "1"}), Reply()])

    assert await line.ask() == 200
    assert line.waits == [1.0]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "60"}, 60),
        ({"retry-after-ms": "61500"}, 61.5),
        ({"x-ms-retry-after-ms": "7000", "Retry-After": "9"}, 9),
        ({"x-ms-retry-after-ms": "70000", "Retry-After": "9"}, 70),
        ({"Retry-After": "Fri, 20 Nov 2026 09:08:30 GMT"}, 90),
        ({"Retry-After": "Fri, 20 Nov 2026 03:00:30 GMT", "Date": "Fri, 20 Nov 2026 03:00:00 GMT"}, 30),
        ({"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "00:01:15"}, 76),
        ({"Retry-After": "10", "x-ms-ratelimit-microsoft.costmanagement-entity-retry-after": "21"}, 21),
        ({}, 20),
        ({"Retry-After": "in a while"}, 20),
    ],
)
async def test_a_long_wait_is_told_and_never_earlier_than_the_longest_header(
    headers: dict[str, str], seconds: float
) -> None:
    line = Line([Reply(429, headers=headers)])

    with pytest.raises(Throttled) as told:
        await line.ask()

    assert (told.value.kind, told.value.scope) == ("certificate-profiles", ACCOUNT.scope)
    assert told.value.until == line.clock.time + timedelta(seconds=seconds)
    assert line.waits == []


async def test_query_units_are_the_whole_tenants_and_hold_back_every_scope() -> None:
    headers = {
        "Retry-After": "10",
        "x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after": "12",
        "x-ms-ratelimit-microsoft.costmanagement-clienttype-retry-after": "44",
        "x-ms-ratelimit-microsoft.costmanagement-entity-retry-after": "21",
    }
    line = Line([Reply(429, headers=headers)])

    with pytest.raises(Throttled) as told:
        await line.ask()

    assert (told.value.scope, told.value.until) == ("", line.clock.time + timedelta(seconds=44))


async def test_asked_again_and_again_is_throttled_too() -> None:
    line = Line([Reply(429, headers={"Retry-After": "2"})] * 3)

    with pytest.raises(Throttled) as told:
        await line.ask()

    assert told.value.until == line.clock.time + timedelta(seconds=2)
    assert len(line.transport.sent) == 3


async def test_until_then_nothing_is_sent_there_and_everything_else_goes_on() -> None:
    line = Line([Reply(429, headers={"Retry-After": "60"}), Reply(), Reply(), Reply()])
    with pytest.raises(Throttled):
        await line.ask()

    with pytest.raises(Throttled):
        await line.ask()
    assert await line.ask(OTHER) == 200
    assert await line.ask(Target(CallKind.METRICS, SUBSCRIPTION)) == 200
    line.clock.time += timedelta(seconds=60)
    assert await line.ask() == 200
    assert len(line.transport.sent) == 4


@pytest.mark.parametrize(
    "sign", [{"x-ms-ratelimit-remaining-subscription-reads": "0"}, {"x-ms-failure-cause": "gateway"}]
)
async def test_an_empty_bucket_of_the_subscription_holds_back_all_its_accounts(sign: dict[str, str]) -> None:
    line = Line([Reply(429, headers={"Retry-After": "60", **sign})])
    with pytest.raises(Throttled) as told:
        await line.ask()

    assert told.value.scope == SUBSCRIPTION
    with pytest.raises(Throttled):
        await line.ask(OTHER)
    assert len(line.transport.sent) == 1


async def test_a_used_up_quota_holds_the_next_query_back_before_azure_must() -> None:
    used_up = {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "00:00:04"}
    line = Line([Reply(headers=used_up), Reply()])

    assert await line.ask(GRAPH, "POST") == 200
    assert await line.ask(GRAPH, "POST") == 200
    first, second = line.transport.sent_at
    assert second - first == timedelta(seconds=5)


async def test_many_at_once_are_all_held_back_by_one_refusal() -> None:
    line = Line([Reply(429, headers={"Retry-After": "1"}), *[Reply()] * 8])
    begun = line.clock.time

    assert await asyncio.gather(*(line.ask() for _ in range(8))) == [200] * 8
    assert [at >= begun + timedelta(seconds=1) for at in line.transport.sent_at[1:]] == [True] * 8


@pytest.mark.parametrize("trouble", [Reply(500), Reply(502), Reply(503), Reply(504), ServiceRequestError("gone")])
async def test_passing_trouble_is_tried_twice_more_with_growing_pauses(trouble: Reply | Exception) -> None:
    line = Line([trouble, trouble, Reply()])

    assert await line.ask() == 200
    assert line.waits == [0.4, 0.8]


@pytest.mark.parametrize(("target", "calls"), [(GRAPH, 3), (Target(CallKind.ACCOUNTS), 1)])
async def test_a_post_is_repeated_only_where_it_does_no_harm(target: Target, calls: int) -> None:
    line = Line([Reply(500)] * 3)

    with pytest.raises(HttpResponseError):
        await line.ask(target, "POST")
    assert len(line.transport.sent) == calls


async def test_a_broken_connection_is_not_repeated_for_what_may_do_harm() -> None:
    line = Line([ServiceRequestError("gone"), Reply()])

    with pytest.raises(ServiceRequestError):
        await line.ask(Target(CallKind.ACCOUNTS), "DELETE")


async def test_trouble_that_stays_is_an_error_with_its_status() -> None:
    line = Line([Reply(503)] * 3)

    with pytest.raises(HttpResponseError) as error:
        await line.ask()
    assert error.value.status_code == 503


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409])
async def test_a_refusal_is_not_asked_again(status: int) -> None:
    line = Line([Reply(status)])

    with pytest.raises(HttpResponseError) as error:
        await line.ask()
    assert error.value.status_code == status


@pytest.mark.parametrize("body", [{}, [], {"value": {}}, "null"])
async def test_an_answer_without_its_list_is_not_an_empty_list(body: object) -> None:
    line = Line([Reply(body=body)])

    with pytest.raises(DecodeError):
        await line.ask(Target(CallKind.PROFILES, holds="value"))


async def test_a_call_that_hangs_ends() -> None:
    line = Line([], Tolerance(whole_call=timedelta(seconds=0.05)), transport=Hanging([]))

    with pytest.raises(TimeoutError):
        await line.ask()
