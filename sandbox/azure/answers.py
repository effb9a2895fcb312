"""What a service answers, before it becomes HTTP, and the shape of its refusals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` becomes JSON; None means no body. `targets` are the resources that the call was about."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    targets: tuple[str, ...] = ()


class Refused(Exception):
    """The call ends here with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def refusal(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An error as ARM writes it."""
    return Answer(status, {"error": {"code": code, "message": message}}, headers or {})
