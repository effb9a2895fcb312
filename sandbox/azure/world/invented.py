"""Ids, serial numbers and the like, invented from names: the same in every run."""

import hashlib
from functools import cache
from uuid import NAMESPACE_URL, uuid5


def digest(*parts: object) -> bytes:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()


def share(*parts: object) -> float:
    """A number from 0 up to 1, evenly spread."""
    return int.from_bytes(digest(*parts)[:6]) / (1 << 48)


def guid(*parts: object) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join(map(str, parts))))


def serial_number(*parts: object) -> str:
    """38 hexadecimal digits, beginning as the service's do."""
    return "33000" + digest("serial", *parts).hex().upper()[:33]


def thumbprint(*parts: object) -> str:
    return digest("thumbprint", *parts).hex().upper()[:40]


@cache
def key_usage(profile_type: str, *parts: str) -> str:
    """The durable EKU: four large numbers for public trust, eight small ones after 1.3.1.29433 for private."""
    made = digest("eku", *parts)
    if profile_type.startswith("Private"):
        small = [str(int.from_bytes(made[at : at + 2])) for at in range(0, 14, 2)]
        return ".".join(["1.3.6.1.4.1.311.97.1.3.1.29433", *small])
    large = [str(int.from_bytes(made[at : at + 4]) % 1_000_000_000) for at in range(0, 16, 4)]
    return ".".join(["1.3.6.1.4.1.311.97", *large])
