"""Is a message signed by who knows the secret: `countersign-signature: t=<unix>,v1=<hex>` over `<t>.<raw body>`."""

import hashlib
import hmac

HEADER = "countersign-signature"


def mistake_in(header: str | None, secret: str, body: bytes) -> str | None:
    """One sentence on what is wrong, or None. The time is not judged: in the sandbox it may be any."""
    if not header:
        return f"{HEADER} is missing"
    parts = [part.strip().partition("=") for part in header.split(",")]
    moment = next((value for name, _, value in parts if name == "t"), "")
    signatures = [value for name, _, value in parts if name == "v1"]
    if not moment.isdigit() or not signatures:
        return f"{HEADER} has to be t=<unix>,v1=<hex>"
    wanted = sign(secret, moment, body)
    if any(hmac.compare_digest(wanted.encode(), each.encode()) for each in signatures):
        return None
    return f"{HEADER} does not fit the body"


def sign(secret: str, moment: str, body: bytes) -> str:
    return hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
