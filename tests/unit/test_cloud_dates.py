"""Dates as Azure writes them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.cloud.dates import read_date, write_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/19/2026 10:10:05 AM", datetime(2026, 1, 19, 10, 10, 5, tzinfo=UTC)),
        ("12/31/2026 11:59:59 PM", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("3/1/2026 12:00:00 AM", datetime(2026, 3, 1, tzinfo=UTC)),
        ("3/1/2026 12:30:00 PM", datetime(2026, 3, 1, 12, 30, tzinfo=UTC)),
        ("11/9/2026 1:02:03 am", datetime(2026, 11, 9, 1, 2, 3, tzinfo=UTC)),
        ("2026-01-19T10:17:44.0139431Z", datetime(2026, 1, 19, 10, 17, 44, 13943, tzinfo=UTC)),
        ("2026-01-19T10:17:44", datetime(2026, 1, 19, 10, 17, 44, tzinfo=UTC)),
        ("2026-01-19T12:17:44+02:00", datetime(2026, 1, 19, 10, 17, 44, tzinfo=UTC)),
    ],
)
def test_both_ways_of_writing_a_date_are_utc(text: str, expected: datetime) -> None:
    assert expected == read_date(text)


@pytest.mark.parametrize("text", ["", "soon", "19/1/2026 10:10:05 AM", "1/19/2026 13:10:05 PM", "1/19/2026 0:10:05 AM"])
def test_what_is_no_date_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_date(text)


def test_times_are_written_in_utc_with_a_z() -> None:
    moment = datetime(2026, 11, 20, 10, 7, 0, 123456, tzinfo=timezone(timedelta(hours=1)))

    assert write_date(moment) == "2026-11-20T09:07:00.123Z"
