"""From points to hours: a null is unknown, and what is unknown is never zero."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.cloud.metric_series import resource_of, signatures_by_hour
from shared.domain.usage import Window

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
MORNING = Window(NINE, datetime(2026, 11, 20, 12, tzinfo=UTC))


def answer(*points: tuple[str, Any], **metric: Any) -> dict[str, Any]:
    data = [{"timeStamp": f"2026-11-20T{time}:00Z", "total": total} for time, total in points]
    made = {"name": {"value": "SignCompleted"}, "timeseries": [{"metadatavalues": [], "data": data}], **metric}
    return {"value": [made]}


def test_minutes_make_hours() -> None:
    read = signatures_by_hour(answer(("09:00", 2.0), ("09:59", 3.0), ("10:00", 0.0)), MORNING)

    assert read == {NINE: 5, TEN: 0}


def test_a_null_is_unknown() -> None:
    read = signatures_by_hour(answer(("09:00", 2.0), ("09:01", None), ("10:00", None), ("10:01", None)), MORNING)

    assert read == {NINE: 2}


def test_a_point_without_a_total_is_unknown() -> None:
    body = answer(("09:00", 1.0))
    body["value"][0]["timeseries"][0]["data"].append({"timeStamp": "2026-11-20T10:00:00Z"})

    assert signatures_by_hour(body, MORNING) == {NINE: 1}


def test_what_lies_outside_of_the_window_is_not_counted() -> None:
    assert signatures_by_hour(answer(("08:59", 1.0), ("09:00", 2.0), ("12:00", 4.0)), MORNING) == {NINE: 2}


def test_no_series_at_all_is_an_answer_without_points() -> None:
    assert signatures_by_hour(answer(timeseries=[]), MORNING) == {}


@pytest.mark.parametrize(
    "body",
    [
        answer(("09:00", "many")),
        answer(("09:00", True)),
        answer(("noon", 1.0)),
        answer(timeseries="none"),
        answer(errorCode="InternalError"),
        {"value": 7},
    ],
)
def test_what_is_not_understood_is_an_error(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        signatures_by_hour(body, MORNING)


def test_a_part_of_a_batch_says_whose_it_is() -> None:
    assert resource_of({"resourceid": "/Subscriptions/A/x"}) == "/subscriptions/a/x"
    assert resource_of({"value": [{"id": "/S/a/providers/Microsoft.Insights/metrics/SignCompleted"}]}) == "/s/a"
    assert resource_of({"value": []}) == ""
