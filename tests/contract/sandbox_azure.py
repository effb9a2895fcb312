"""The stand-in for Azure in the test's own process, and real SDK clients pointed at it."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from azure.identity.aio import DefaultAzureCredential
from azure.mgmt.artifactsigning.aio import ArtifactSigningMgmtClient
from azure.monitor.querymetrics.aio import MetricsClient

from sandbox.azure.gate.clock import Clock
from sandbox.azure.running import Running, running
from sandbox.azure.scenario.loading import load_scenario, read_scenario
from sandbox.azure.scenario.story import Scenario
from sandbox.azure.service import Azure
from sandbox.azure.world.resources import Account

SCENARIOS = Path(__file__).parents[2] / "sandbox" / "scenarios"
MANAGEMENT = "https://management.azure.com"
ACCOUNTS = "Resources | where type =~ 'microsoft.codesigning/codesigningaccounts'"


@dataclass(frozen=True, slots=True)
class Stage:
    """A scenario being played. `session` speaks TLS with the stand-in's own authority."""

    azure: Azure
    ready: Running
    credential: DefaultAzureCredential
    session: aiohttp.ClientSession
    options: dict[str, Any]

    @property
    def origin(self) -> str:
        return self.ready.listening

    def account(self, name: str) -> Account:
        return self.azure.world().accounts[name]

    def signing(self, subscription: str) -> ArtifactSigningMgmtClient:
        """The SDK's client for a subscription, by its name."""
        known = {found.name: key for key, found in self.azure.world().subscriptions.items()}
        scopes = [f"{MANAGEMENT}/.default"]
        return ArtifactSigningMgmtClient(
            self.credential, known[subscription], base_url=self.origin, credential_scopes=scopes, **self.options
        )

    def metrics(self, region: str, **options: Any) -> MetricsClient:
        return MetricsClient(f"{self.origin}/metrics/{region}", self.credential, **self.options, **options)

    async def headers(self, audience: str = MANAGEMENT) -> dict[str, str]:
        token = await self.credential.get_token(f"{audience}/.default")
        return {"Authorization": f"Bearer {token.token}"}

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any, Mapping[str, str]]:
        """Status, JSON and headers of a call with a token for ARM."""
        headers = await self.headers()
        async with self.session.request(method, self.origin + path, json=body, headers=headers) as answer:
            text = await answer.read()
            return answer.status, (await answer.json() if text else None), answer.headers

    async def graph(self, query: str, **body: Any) -> tuple[int, Any, Mapping[str, str]]:
        path = "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01"
        return await self.call("POST", path, {"query": query, **body})

    def put_clock(self, now: datetime) -> None:
        self.azure.clock.put(now)


@asynccontextmanager
async def stage(scenario: Scenario, folder: Path, environment: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """One authority for all tests. aiohttp has read SSL_CERT_FILE already, so clients are told whom to trust."""
    certs = folder.parent / "authority"
    azure = Azure(scenario, Clock(scenario.start))
    async with running(azure, certs) as ready:
        environment.setenv("IDENTITY_ENDPOINT", ready.identity)
        environment.setenv("IDENTITY_HEADER", ready.identity_header)
        trusted = str(certs / "ca.pem")
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=trusted))
        async with DefaultAzureCredential() as credential, aiohttp.ClientSession(connector=connector) as session:
            yield Stage(azure, ready, credential, session, {"retry_total": 0, "connection_verify": trusted})


@cache
def named(name: str) -> Scenario:
    return load_scenario(SCENARIOS / f"{name}.yaml")


def changed(name: str, /, **parts: Any) -> Scenario:
    """A scenario of the project with some of its top-level parts replaced."""
    data = yaml.safe_load((SCENARIOS / f"{name}.yaml").read_text("utf-8"))
    return read_scenario({**data, **parts}, name)
