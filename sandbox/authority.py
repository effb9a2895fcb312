"""A certificate authority made on the spot, so that everything in the sandbox is reached over TLS."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Authority:
    """Files on disk: what to trust, and what a server shows."""

    trusted: Path
    certificate: Path
    key: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes a new process trust the authority. aiohttp reads it once, when it is imported."""
        return {"SSL_CERT_FILE": str(self.trusted), "REQUESTS_CA_BUNDLE": str(self.trusted)}

    def client_context(self) -> ssl.SSLContext:
        """For a process that imported aiohttp before there was an authority."""
        return ssl.create_default_context(cafile=self.trusted)


def authority_in(folder: Path) -> Authority:
    """The files that `make_authority` writes there."""
    folder = folder.resolve()
    return Authority(folder / "ca.pem", folder / "server.pem", folder / "server.key")


def make_authority(folder: Path, *names: str) -> Authority:
    """Write `ca.pem`, `server.pem` and `server.key` for loopback and `names` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    made = authority_in(folder)
    authority = trustme.CA(organization_name="Sandbox")
    server = authority.issue_cert(*LOOPBACK, *names)
    authority.cert_pem.write_to_path(made.trusted)
    made.certificate.write_bytes(b"".join(blob.bytes() for blob in server.cert_chain_pems))
    made.key.touch(mode=0o600)
    server.private_key_pem.write_to_path(made.key)
    return made
