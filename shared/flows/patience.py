"""How long a receiver that did not take something is left alone, and when nothing more is tried."""

from datetime import timedelta

from shared.ports.errors import DeliveryError

RETRIES = (30, 60, 120, 300, 600, 1_800, 3_600)  # Seconds; the last one again and again.
LONGEST_WAIT = timedelta(days=1)
GIVE_UP_AFTER = timedelta(days=3)


def pause(attempts: int, error: DeliveryError) -> timedelta:
    """After so many attempts, and as long as the receiver asks for."""
    wait = timedelta(seconds=RETRIES[min(attempts, len(RETRIES) - 1)])
    return min(max(wait, error.retry_after or wait), LONGEST_WAIT)
