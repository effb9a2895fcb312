"""Blobs: views that are replaced, and days that grow."""

from collections.abc import Sequence
from typing import Protocol


class Blobs(Protocol):
    """Block and append blobs by container and name."""

    async def read(self, container: str, name: str) -> bytes | None:
        """All of a blob, or None."""
        ...

    async def write(self, container: str, name: str, content: bytes) -> None:
        """Replace a blob."""
        ...

    async def create(self, container: str, name: str, content: bytes) -> None:
        """Write a blob once: where there is one of that name, it stays as it is."""
        ...

    async def names(self, container: str) -> Sequence[str]:
        """Of all blobs of a container; none where there is no container."""
        ...

    async def append(self, container: str, name: str, content: bytes) -> None:
        """Add to an append blob, made on first use. At most 4 MiB at once; nothing for no bytes."""
        ...
