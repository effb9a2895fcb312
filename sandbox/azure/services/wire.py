"""Dates and envelopes as the wire has them."""

from datetime import datetime
from typing import Any


def us_date(moment: datetime) -> str:
    """`1/9/2026 10:10:05 AM`: in UTC, though it does not say so."""
    hour = moment.hour % 12 or 12
    return f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment:%M:%S} {'AM' if moment.hour < 12 else 'PM'}"


def long_date(moment: datetime) -> str:
    """ISO 8601 with seven digits after the point, as .NET writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06}0Z"


def short_date(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def system_data(created: datetime, modified: datetime) -> dict[str, Any]:
    return {
        "createdBy": "deploy@contoso.example",
        "createdByType": "User",
        "createdAt": long_date(created),
        "lastModifiedBy": "deploy@contoso.example",
        "lastModifiedByType": "User",
        "lastModifiedAt": long_date(modified),
    }
