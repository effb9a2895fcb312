"""Start the stand-in on ports of its own, and stop it."""

import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from aiohttp import web

from sandbox.authority import make_authority
from sandbox.azure.server import azure_app, identity_app
from sandbox.azure.service import Azure
from sandbox.identity import PATH


@dataclass(frozen=True, slots=True)
class Running:
    """What its ready line says."""

    listening: str
    identity: str
    identity_header: str
    tenant: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


@asynccontextmanager
async def running(azure: Azure, certs: Path, port: int = 0, latency_seconds: float = 0.0) -> AsyncIterator[Running]:
    """TLS for Azure, plain HTTP for the identity endpoint. `certs` gets an authority where it has none."""
    header = secrets.token_hex(16)
    served = await _serve(azure_app(azure, latency_seconds), port, _tls(certs))
    tokens = await _serve(identity_app(azure, header), 0, None)
    try:
        azure.origin = f"https://127.0.0.1:{_port(served)}"
        identity = f"http://127.0.0.1:{_port(tokens)}{PATH}"
        yield Running(azure.origin, identity, header, azure.scenario.tenant.id)
    finally:
        await served.cleanup()
        await tokens.cleanup()


def _tls(certs: Path) -> ssl.SSLContext:
    certificate, key = certs / "server.pem", certs / "server.key"
    if not (certificate.is_file() and key.is_file()):
        made = make_authority(certs)
        certificate, key = made.certificate, made.key
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


async def _serve(app: web.Application, port: int, tls: ssl.SSLContext | None) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
    return runner


def _port(runner: web.AppRunner) -> int:
    return int(runner.addresses[0][1])
