"""Azurite, the storage emulator: started on free loopback ports, reached over TLS with a token, and ended for sure."""

import asyncio
import re
from asyncio.subprocess import STDOUT
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.authority import Authority
from sandbox.child import Child, child

ACCOUNT = "devstoreaccount1"
# Published with every Azurite: it opens nothing but an emulator.
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
SCRIPT = Path(__file__).parent.parent / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"

_START_SECONDS = 60
_LISTENS = re.compile(r"Azurite (Blob|Queue|Table) service is successfully listening at (\S+)")
# Node ends when our end of its standard input closes, which the kernel does even when this process is killed.
_RUN_UNTIL_STDIN_CLOSES = """
process.stdin.resume().on("end", () => {
  setTimeout(() => process.exit(0), 2000).unref();
  process.kill(process.pid, "SIGTERM");
});
require(process.argv[1]);
"""


class AzuriteError(RuntimeError):
    """Azurite did not start; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Where the three services answer, account name included."""

    blob: str
    queue: str
    table: str

    def environment(self, connection: str = "AzureWebJobsStorage") -> dict[str, str]:
        """Settings of an identity-based connection, as one writes them in the cloud."""
        return {
            f"{connection}__blobServiceUri": self.blob,
            f"{connection}__queueServiceUri": self.queue,
            f"{connection}__tableServiceUri": self.table,
        }

    @property
    def connection_string(self) -> str:
        """The same account by its published key."""
        protocol = self.blob.partition(":")[0]
        account = f"DefaultEndpointsProtocol={protocol};AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
        return account + f"BlobEndpoint={self.blob};QueueEndpoint={self.queue};TableEndpoint={self.table};"


@asynccontextmanager
async def azurite(authority: Authority | None, location: Path | None = None) -> AsyncIterator[Storage]:
    """Run Azurite; without `authority` over plain HTTP, without `location` in memory. Raises AzuriteError."""
    async with AsyncExitStack() as stack:
        try:
            started = await stack.enter_async_context(child(_command(authority, location), stderr=STDOUT))
        except FileNotFoundError as error:
            raise AzuriteError("Azurite did not start: Node was not found. Install Node 20 or later.") from error
        addresses = await _addresses(started)
        started.forget_output()
        yield Storage(*(f"{addresses[name]}/{ACCOUNT}" for name in ("Blob", "Queue", "Table")))


def _command(authority: Authority | None, location: Path | None) -> list[str]:
    if not SCRIPT.exists():
        raise AzuriteError("Azurite did not start: it is not installed here. Run `npm ci` and try again.")
    command = ["node", "-e", _RUN_UNTIL_STDIN_CLOSES, "--", str(SCRIPT)]
    command += ["--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    command += [word for service in ("blob", "queue", "table") for word in (f"--{service}Port", "0")]
    if authority:
        command += ["--oauth", "basic", "--cert", str(authority.certificate), "--key", str(authority.key)]
    return command + (["--location", str(location)] if location else ["--inMemoryPersistence"])


async def _addresses(started: Child) -> Mapping[str, str]:
    found: dict[str, str] = {}
    said: deque[str] = deque(maxlen=20)
    try:
        async with asyncio.timeout(_START_SECONDS):
            async for line in started.output:
                said.append(line.decode(errors="replace").rstrip())
                if match := _LISTENS.search(said[-1]):
                    found[match[1]] = match[2]
                if len(found) == 3:
                    return found
    except TimeoutError:
        said.append(f"It did not listen within {_START_SECONDS} seconds.")
    raise AzuriteError("\n".join(["Azurite did not start. Run `npm ci` and try again; it said:", *said]))
