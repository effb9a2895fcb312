"""Which storage is used: by identity, by a connection string, or none."""

import json
from typing import Any

import pytest

from shared import config
from shared.wiring import Storage, azure_storage
from tests.conftest import PROJECT

DEVELOPMENT = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}
NAMED = {"AzureWebJobsStorage__accountName": "kept"}


async def addresses(environment: dict[str, str]) -> list[str]:
    """Of every client that was built, in order; a credential has none."""
    storage: Storage = azure_storage(config.read(environment)[0])
    clients: list[Any] = list(storage.clients)
    await storage.close()
    return [getattr(client, "url", "credential").rstrip("/") for client in clients]


@pytest.mark.parametrize("given", ["UseDevelopmentStorage=true", " usedevelopmentstorage=TRUE; "])
async def test_development_storage_is_the_emulator_without_a_credential(given: str) -> None:
    expected = [f"http://127.0.0.1:{port}/devstoreaccount1" for port in (10002, 10001, 10000)]
    assert expected == await addresses({"AzureWebJobsStorage": given})


async def test_the_example_settings_mean_the_emulator() -> None:
    values = json.loads((PROJECT / "local.settings.example.json").read_text("utf-8"))["Values"]
    assert await addresses(DEVELOPMENT) == await addresses(values)


async def test_an_account_by_name_goes_before_a_connection_string() -> None:
    services = [f"https://kept.{service}.core.windows.net" for service in ("table", "queue", "blob")]
    assert [*services, "credential"] == await addresses(NAMED) == await addresses(NAMED | DEVELOPMENT)


async def test_a_connection_string_by_key_names_its_cloud() -> None:
    given = "DefaultEndpointsProtocol=https;AccountName=kept;AccountKey=a2V5;EndpointSuffix=core.chinacloudapi.cn"
    services = [f"https://kept.{service}.core.chinacloudapi.cn" for service in ("table", "queue", "blob")]
    assert services == await addresses({"AzureWebJobsStorage": given})


@pytest.mark.parametrize("environment", [{}, {"AzureWebJobsStorage__blobServiceUri": "https://kept.example"}])
async def test_storage_that_is_not_set_is_said_plainly(environment: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"^AzureWebJobsStorage is not set: .*AzureWebJobsStorage__accountName.*[.]$"):
        await addresses(environment)


def test_a_connection_string_is_not_shown() -> None:
    settings, _ = config.read({"AzureWebJobsStorage": "AccountName=kept;AccountKey=zzz"})
    assert "zzz" not in f"{settings!r} {settings}"
