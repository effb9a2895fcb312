"""How every storage client is built: what they share in patience."""

from typing import Any


def client_options() -> dict[str, Any]:
    """Keyword arguments of the three service clients: three retries within seconds, not within a minute.

    A retry may repeat a write whose answer was lost. Tables: an own insert then answers as if somebody else had been
    first (Conflict); who claims something writes an id of its own into the row, and reads it after a Conflict. Queues
    and append blobs: the message or the addition is there twice; readers must bear that.
    """
    seconds = {"initial_backoff": 1, "increment_base": 2, "random_jitter_range": 1, "retry_backoff_factor": 0.5}
    return {"retry_total": 3, "connection_timeout": 10, "read_timeout": 30, **seconds}
