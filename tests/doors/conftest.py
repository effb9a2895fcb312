"""One Azurite, one identity endpoint and one host of the sample app for the whole run."""

import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from aiohttp.web import Application
from azure.storage.queue.aio import QueueServiceClient

from sandbox.authority import Authority, make_authority
from sandbox.azurite import Storage, azurite
from sandbox.identity import identity_environment, identity_routes
from tests.doors.host_driver import SampleHost, sample_host

TENANT = "7e7a0000-0000-4000-8000-000000000001"
SECRET = "open sesame"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def storage(authority: Authority) -> AsyncIterator[Storage]:
    async with azurite(authority) as started:
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def identity() -> AsyncIterator[Mapping[str, str]]:
    """What a process needs to get tokens."""
    application = Application()
    application.add_routes(identity_routes(TENANT, SECRET))
    async with TestServer(application) as server:
        yield identity_environment(str(server.make_url("")).rstrip("/"), SECRET)


@pytest.fixture(scope="session")
def cloud_environment(authority: Authority, storage: Storage, identity: Mapping[str, str]) -> Mapping[str, str]:
    """Storage by identity and over TLS: no key, no connection string."""
    return {**os.environ, **authority.environment, **storage.environment(), **identity}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def queues(authority: Authority, storage: Storage) -> AsyncIterator[QueueServiceClient]:
    async with QueueServiceClient.from_connection_string(
        storage.connection_string, connection_verify=str(authority.trusted)
    ) as service:
        yield service


@pytest.fixture(scope="session")
def host_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Notes and logs."""
    return tmp_path_factory.mktemp("host")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def host(host_folder: Path, cloud_environment: Mapping[str, str]) -> AsyncIterator[SampleHost]:
    """For tests that leave no traces that others would see."""
    async with sample_host(host_folder, cloud_environment) as started:
        yield started
