"""GitHub Issues as the conformance suite sees it, read by GitHub's own parser of Markdown."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from sandbox.receivers.github.seen import SeenGitHub
from shared.domain.finding import Severity
from shared.http import Http
from shared.tickets.github.desk import GitHubDesk
from shared.tickets.terms import Terms
from tests.contract.desks.case import ASSIGNEE, OWNER, SECRET, STRANGER, DeskCase

TOKEN = f"github_pat_{SECRET}"
REPOSITORY = "contoso/signing"
TERMS = Terms(labels=("signing",), assignees={OWNER: ASSIGNEE, STRANGER: "gone-from-the-desk"}, fields={"milestone": 1})


def stand_in(now: Callable[[], datetime], lag: timedelta) -> SeenGitHub:
    return SeenGitHub(now, lag, TOKEN, REPOSITORY, (ASSIGNEE,))


def desk(http: Http, address: str, terms: Terms) -> GitHubDesk:
    return GitHubDesk(http, SecretStr(TOKEN), REPOSITORY, terms, f"{address}/github")


def error(status: int) -> Any:
    """As GitHub words it."""
    found: dict[str, Any] = {"message": "Validation Failed", "documentation_url": "https://docs.github.com/rest"}
    if status == 422:
        found["errors"] = [{"resource": "Issue", "field": "milestone", "code": "invalid", "value": SECRET}]
    return found | {"status": str(status)}


def headers(status: int) -> dict[str, str]:
    """On every answer, and nothing is used up."""
    return {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4999", "x-ratelimit-reset": "1795166520"}


HERE = re.escape(f"/github/repos/{REPOSITORY}/issues")
CASE = DeskCase(
    "github",
    desk,
    stand_in,
    ("POST", HERE),
    ("POST", rf"{HERE}/\d+/comments"),
    error,
    TERMS,
    {
        Severity.CRITICAL: "severity: critical",
        Severity.WARNING: "severity: warning",
        Severity.INFO: "severity: info",
    },
    REPOSITORY,
    headers,
)
