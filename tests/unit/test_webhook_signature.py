"""What docs/webhook.md tells a receiver to do with the signature, done as it is written there."""

import re
import time
from collections.abc import Callable
from typing import Any

from shared.channels.webhook import signature
from tests.conftest import PROJECT

BODY = '{"summary": "経理部"}'.encode()


def documented() -> Callable[[str, bytes, str], bool]:
    """The function in the page's code block."""
    [code] = re.findall(r"```python\n(.*?)```", (PROJECT / "docs" / "webhook.md").read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102
    verify: Callable[[str, bytes, str], bool] = names["verify"]
    return verify


def test_the_documented_check_takes_what_is_signed_and_nothing_else() -> None:
    verify, now = documented(), int(time.time())
    signed = signature(BODY, "secret", now)
    assert verify(signed, BODY, "secret")
    assert not verify(signed, BODY + b" ", "secret")
    assert not verify(signed, BODY, "other")
    assert not verify(signature(BODY, "secret", now - 400), BODY, "secret"), "an old one is replayed"
