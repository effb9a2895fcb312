"""Bills as the stand-in for Azure never writes them: exact amounts, odd tables, refusals in words, links in circles."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.cloud.costs import CostManagement
from shared.cloud.session import Session
from shared.domain.blind import About, Blind
from shared.domain.cost import Charge, CostPage, Forecast, GroupingRefused, totals
from shared.ports.errors import Throttled
from tests.unit.fake_transport import ENDPOINTS, FakeClock, FakeCredential, FakeTransport, Reply

SUBSCRIPTION = "/subscriptions/6f31b285-a708-4d4e-85f2-b29a7e63cf65"
OTHER = "/subscriptions/1c7e6f0a-2f0e-4f43-9d57-3e3f9a0d6f11"
GROUP = "/providers/microsoft.management/managementgroups/contoso"
BILLING = "/providers/microsoft.billing/billingaccounts/7a4c:91d2_2019-05-31"
ALPHA = f"{SUBSCRIPTION}/resourcegroups/rg/providers/microsoft.codesigning/codesigningaccounts/alpha"
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 20)
DAY = FIRST
MEANT = ("Cost", "UsageDate", "ResourceId", "Meter", "Currency")
FORESEEN = ("Cost", "UsageDate", "CostStatus", "Currency")
UNREAD = "Azure's answer was cut short or could not be understood."
UNTOLD = GroupingRefused("The scope does not tell which resource was charged.")
LINK = "https://arm.example/next?$skiptoken=2"


class Service:
    """Cost Management, as a script says; what was asked is kept."""

    def __init__(self, *script: Reply) -> None:
        self.clock = FakeClock()
        self.transport = FakeTransport(script, self.clock)
        session = Session(ENDPOINTS, FakeCredential(), self.clock, transport=self.transport)
        self.reader = CostManagement(session)

    async def page(self, scope: str = SUBSCRIPTION, link: str = "") -> CostPage | GroupingRefused | Blind:
        return await self.reader.page(scope, FIRST, LAST, link)

    async def forecast(self, scope: str = SUBSCRIPTION) -> Forecast | Blind | None:
        return await self.reader.forecast(scope, FIRST)

    @property
    def asked(self) -> list[tuple[str, Any]]:
        """Address and body of every request."""
        return [(request.url, json.loads(str(request.content))) for request in self.transport.sent]


def table(columns: Sequence[str], *rows: str, link: str | None = None) -> Reply:
    """Rows as they are written, so that no test passes an amount through a float."""
    told = json.dumps({"nextLink": link, "columns": [{"name": name, "type": "String"} for name in columns]})
    return Reply(body=f'{{"properties": {told[:-1]}, "rows": [{", ".join(rows)}]}}}}')


def row(amount: str = "0.1", day: str = "20261101", currency: str = '"USD"', resource: str = f'"{ALPHA}"') -> str:
    return f'[{amount}, {day}, {resource}, "Basic Account", {currency}]'


def refusal(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message}})


def charge(amount: str, day: date = DAY, currency: str = "USD") -> Charge:
    return Charge(day, "Basic Account", Decimal(amount), currency)


async def test_amounts_are_exactly_what_is_written() -> None:
    amounts = ("0.1", "0.2", "12345678901234567.123456789", "7", "-3.30", "1E-7")
    page = await Service(table(MEANT, *(row(amount) for amount in amounts))).page()

    assert page == CostPage({ALPHA: tuple(charge(amount) for amount in amounts)})
    assert totals(page.charges[ALPHA]) == {"USD": Decimal("12345678901234571.1234568890")}


async def test_a_forecast_adds_up_exactly_with_what_was_charged() -> None:
    rows = [
        '[0.1, "2026-11-01T00:00:00", "Actual", "USD"]',
        '[0.2, "2026-11-30T00:00:00", "Forecast", "USD"]',
        '[5, "2026-11-30T00:00:00", "Forecast", "EUR"]',
    ]

    assert await Service(table(FORESEEN, *rows)).forecast() == Forecast(
        FIRST, {"USD": Decimal("0.3"), "EUR": Decimal(5)}
    )


@pytest.mark.parametrize(
    "written",
    ["20261109", '"20261109"', '"2026-11-09"', '"2026-11-09T00:00:00"', '"2026-11-09T00:00:00Z"'],
)
async def test_a_day_is_read_in_every_form(written: str) -> None:
    page = await Service(table(MEANT, row(day=written))).page()

    assert page == CostPage({ALPHA: (charge("0.1", date(2026, 11, 9)),)})


async def test_columns_are_found_by_name_in_any_order_and_case() -> None:
    columns = ("currency", "CHARGETYPE", "METER", "usageDate", "ResourceID", "cost")
    page = await Service(table(columns, f'["EUR", "Usage", "Basic Account", 20261101, "{ALPHA.upper()}", 9.99]')).page()

    assert page == CostPage({ALPHA: (charge("9.99", currency="EUR"),)})


async def test_what_belongs_to_no_resource_is_not_lost() -> None:
    page = await Service(table(MEANT, row(), row("0.25", resource='""'), row("0.5", resource="null"))).page()

    assert page == CostPage({ALPHA: (charge("0.1"),), "": (charge("0.25"), charge("0.5"))})


async def test_two_rows_alike_are_two_charges() -> None:
    assert await Service(table(MEANT, row(), row())).page() == CostPage({ALPHA: (charge("0.1"), charge("0.1"))})


@pytest.mark.parametrize(
    "empty",
    [
        Reply(204),
        table(MEANT),
        Reply(body={"properties": {"columns": [], "rows": []}}),
        Reply(body={"properties": {"columns": [{"name": name} for name in MEANT], "rows": None}}),
    ],
)
async def test_no_rows_are_no_charges_and_no_forecast(empty: Reply) -> None:
    assert await Service(empty).page() == CostPage({})
    assert await Service(empty).page(link=LINK) == CostPage({})
    assert await Service(empty).forecast() is None


async def test_what_was_charged_alone_is_no_forecast() -> None:
    assert await Service(table(FORESEEN, '[0.1, "2026-11-01T00:00:00", "Actual", "USD"]')).forecast() is None


@pytest.mark.parametrize(
    "strange",
    [
        *(table([name for name in MEANT if name != missing], "[1, 2, 3, 4]") for missing in MEANT),
        table(MEANT, f'[0.1, 20261101, "{ALPHA}", "Basic Account"]'),
        table(MEANT, row().removesuffix("]") + ', "more"]'),
        table(MEANT, "{}"),
        table(MEANT, "null"),
        table(MEANT, row('"0.1"')),
        table(MEANT, row("null")),
        table(MEANT, row("true")),
        table(MEANT, row("NaN")),
        table(MEANT, row(day="202611")),
        table(MEANT, row(day="20261131")),
        table(MEANT, row(day="20261101.5")),
        table(MEANT, row(day='"yesterday"')),
        table(MEANT, row(day="null")),
        table(MEANT, row(currency="null")),
        table(MEANT, row(currency='""')),
        table(MEANT, row(resource="7")),
        Reply(body=""),
        Reply(body="null"),
        Reply(body="[]"),
        Reply(body="{}"),
        Reply(body="<html>nothing to see</html>"),
        Reply(body={"properties": []}),
        Reply(body={"properties": {"rows": []}}),
        Reply(body={"properties": {"columns": ["Cost"], "rows": []}}),
        Reply(body={"properties": {"columns": [], "rows": {}}}),
        Reply(body={"properties": {"columns": [], "rows": [], "nextLink": 7}}),
    ],
)
async def test_a_bill_that_is_not_understood_is_blind(strange: Reply) -> None:
    unread = Blind(About.COSTS, SUBSCRIPTION, UNREAD)

    assert await Service(strange).page() == unread
    assert await Service(strange).page(link=LINK) == unread


@pytest.mark.parametrize(
    "strange",
    [
        table([name for name in FORESEEN if name != "CostStatus"], '[0.1, "2026-11-01", "USD"]'),
        table(FORESEEN, '["0.1", "2026-11-01", "Forecast", "USD"]'),
        table(FORESEEN, '[0.1, "2026-11-01", 7, "USD"]'),
        table(FORESEEN, '[0.1, "2026-11-01", "Forecast", null]'),
        Reply(body="{}"),
    ],
)
async def test_a_forecast_that_is_not_understood_is_blind(strange: Reply) -> None:
    assert await Service(strange).forecast() == Blind(About.COSTS, SUBSCRIPTION, UNREAD)


async def test_the_same_question_is_sent_to_the_link() -> None:
    service = Service(table(MEANT, row(), link=LINK), table(MEANT, row("0.2")))
    assert await service.page() == CostPage({ALPHA: (charge("0.1"),)}, LINK)
    assert await service.page(link=LINK) == CostPage({ALPHA: (charge("0.2"),)})

    (first, question), (second, again) = service.asked
    assert first == f"https://arm.example{SUBSCRIPTION}/providers/Microsoft.CostManagement/query?api-version=2025-03-01"
    assert second == LINK
    assert again == question
    assert question == {
        "type": "ActualCost",
        "timeframe": "Custom",
        "timePeriod": {"from": "2026-11-01T00:00:00Z", "to": "2026-11-20T23:59:59Z"},
        "dataset": {
            "granularity": "Daily",
            "aggregation": {"totalCost": {"name": "Cost", "function": "Sum"}},
            "grouping": [{"type": "Dimension", "name": "ResourceId"}, {"type": "Dimension", "name": "Meter"}],
            "filter": {
                "dimensions": {
                    "name": "ResourceType",
                    "operator": "In",
                    "values": ["microsoft.codesigning/codesigningaccounts"],
                }
            },
        },
    }


async def test_a_forecast_is_asked_for_the_whole_month_without_grouping() -> None:
    service = Service(Reply(204))
    await service.forecast(BILLING)

    ((address, question),) = service.asked
    assert address.startswith(f"https://arm.example{BILLING}/providers/Microsoft.CostManagement/forecast?")
    assert question["timePeriod"] == {"from": "2026-11-01T00:00:00Z", "to": "2026-11-30T23:59:59Z"}
    assert (question["includeActualCost"], question["includeFreshPartialCost"]) == (True, False)
    assert "grouping" not in question["dataset"]


@pytest.mark.parametrize("link", ["https://evil.example/next", "http://arm.example/next", "https://arm.example.evil/"])
async def test_no_link_leads_a_token_away(link: str) -> None:
    service = Service(table(FORESEEN, '[0.1, "2026-11-30", "Forecast", "USD"]', link=link))

    assert await service.page(link=link) == Blind(About.COSTS, SUBSCRIPTION, UNREAD)
    assert await service.forecast() == Blind(About.COSTS, SUBSCRIPTION, UNREAD)
    assert len(service.transport.sent) == 1


async def test_pages_in_a_circle_end() -> None:
    bill = Service(table(MEANT, row(), link=LINK))
    foreseen = Service(*[table(FORESEEN, '[0.1, "2026-11-30", "Forecast", "USD"]', link=LINK)] * 60)

    assert await bill.page(link=LINK) == Blind(About.COSTS, SUBSCRIPTION, UNREAD)
    assert await foreseen.forecast() == Blind(About.COSTS, SUBSCRIPTION, UNREAD)
    assert len(foreseen.transport.sent) == 50


@pytest.mark.parametrize("scope", [GROUP, BILLING])
@pytest.mark.parametrize(
    "refused",
    [
        refusal(
            400, "BadRequest", "Invalid query definition: Invalid dataset grouping: 'ResourceId'; valid values: ''"
        ),
        refusal(400, "BadRequest", "Grouping by resource is not possible here."),
        refusal(400, "BadRequest", "The dimension ResourceId cannot be used."),
        refusal(400, "BadRequest", "Management groups are not supported for this agreement."),
        refusal(400, "UnsupportedScope", "No."),
        refusal(404, "ScopeNotSupported", "No."),
    ],
)
async def test_a_wide_scope_that_tells_no_resources_is_told_apart_from_trouble(scope: str, refused: Reply) -> None:
    assert await Service(refused).page(scope) == UNTOLD


@pytest.mark.parametrize(
    ("scope", "refused", "reason"),
    [
        (
            SUBSCRIPTION,
            refusal(400, "BadRequest", "Invalid dataset grouping"),
            "Azure refused to answer (400 BadRequest).",
        ),
        (GROUP, refusal(400, "BadRequest", "A month has no 40 days."), "Azure refused to answer (400 BadRequest)."),
        (
            GROUP,
            refusal(403, "IndirectCostDisabled", "Not supported."),
            "Azure refused to answer (403 IndirectCostDisabled).",
        ),
        (GROUP, refusal(404, "NotFound", "Not supported."), "Azure does not know what was asked for (404 NotFound)."),
        (GROUP, Reply(400, "grouping"), "Azure refused to answer (400)."),
    ],
)
async def test_every_other_refusal_is_blind(scope: str, refused: Reply, reason: str) -> None:
    assert await Service(refused).page(scope) == Blind(About.COSTS, scope, reason)


@pytest.mark.parametrize(
    "refused",
    [
        refusal(424, "FailedDependency", "Bad training data."),
        refusal(424, "424", "Forecast is unavailable for the specified time period."),
        refusal(400, "BadRequest", "There is insufficient cost data."),
        refusal(400, "BadRequest", "28 days of history are needed."),
        refusal(400, "CantForecastOnThePast", "CantForecastOnThePast"),
    ],
)
async def test_where_nothing_can_be_foreseen_there_is_no_forecast(refused: Reply) -> None:
    assert await Service(refused).forecast() is None


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (refusal(400, "BadRequest", "Grouping is not known."), "Azure refused to answer (400 BadRequest)."),
        (refusal(424, "FailedDependency", "Something else."), "Azure refused to answer (424 FailedDependency)."),
        (refusal(404, "NotFound", "No history."), "Azure does not know what was asked for (404 NotFound)."),
        (
            refusal(403, "AuthorizationFailed", "No history for you."),
            (
                f"The Cost Management Reader role is missing on {GROUP} (403 AuthorizationFailed): "
                "give it to the identity that Countersign runs as."
            ),
        ),
    ],
)
async def test_a_forecast_that_is_refused_otherwise_is_blind(refused: Reply, reason: str) -> None:
    assert await Service(refused).forecast(GROUP) == Blind(About.COSTS, GROUP, reason)


async def test_a_subscription_that_is_gone_is_named() -> None:
    reason = f"Subscription {SUBSCRIPTION.rpartition('/')[2]} was not found (404)."

    assert await Service(refusal(404, "SubscriptionNotFound", "Gone.")).page() == Blind(
        About.COSTS, SUBSCRIPTION, reason
    )


async def test_a_short_wait_is_waited_though_this_is_a_post() -> None:
    headers = {"x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after": "4"}
    service = Service(Reply(429, headers=headers), table(MEANT, row()))

    assert await service.page() == CostPage({ALPHA: (charge("0.1"),)})
    assert service.clock.slept == [timedelta(seconds=4)]


async def test_after_a_limit_of_the_tenant_no_bill_is_asked_for_before_its_time() -> None:
    headers = {
        "x-ms-ratelimit-microsoft.costmanagement-tenant-retry-after": "12",
        "x-ms-ratelimit-microsoft.costmanagement-entity-retry-after": "30",
    }
    service = Service(Reply(429, headers=headers), table(MEANT))
    until = service.clock.time + timedelta(seconds=30)

    for scope in (SUBSCRIPTION, OTHER, GROUP, BILLING):
        with pytest.raises(Throttled) as told:
            await service.page(scope)
        assert (told.value.kind, told.value.scope, told.value.until) == ("costs", "", until)
    assert len(service.transport.sent) == 1
    service.clock.time = until
    assert await service.page(OTHER) == CostPage({})
