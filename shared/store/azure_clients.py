"""How every storage client is built: what they share in patience, and connection strings spelled out."""

from typing import Any

from azure.core.exceptions import AzureError

# What reading and writing raise where nobody is signed in, a role is missing or nothing answers.
UNREACHABLE = (AzureError,)
# The emulator's account, with the key that is published with it: it opens nothing else.
_DEVELOPMENT = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
    "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;"
)


def client_options() -> dict[str, Any]:
    """Keyword arguments of the three service clients: three retries within seconds, not within a minute.

    A retry may repeat a write whose answer was lost. Tables: an own insert then answers as if somebody else had been
    first (Conflict); who claims something writes an id of its own into the row, and reads it after a Conflict. Queues
    and append blobs: the message or the addition is there twice; readers must bear that.
    """
    seconds = {"initial_backoff": 1, "increment_base": 2, "random_jitter_range": 1, "retry_backoff_factor": 0.5}
    return {"retry_total": 3, "connection_timeout": 10, "read_timeout": 30, **seconds}


def spelled_out(connection_string: str) -> str:
    """The same with its endpoints where it is `UseDevelopmentStorage=true`, which not every SDK knows."""
    short = connection_string.strip().rstrip(";").lower() == "usedevelopmentstorage=true"
    return _DEVELOPMENT if short else connection_string
