"""GitHub Issues as the conformance suite sees it, read by GitHub's own parser of Markdown."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import cmarkgfm  # type: ignore[import-untyped]
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]
from pydantic import SecretStr

from sandbox.receivers.github.stand_in import GitHubStandIn
from shared.domain.finding import Severity
from shared.http import Http
from shared.tickets.github.desk import GitHubDesk
from shared.tickets.terms import Terms
from tests.contract.desks.case import ASSIGNEE, OWNER, SECRET, STRANGER, DeskCase, Seen

TOKEN = f"github_pat_{SECRET}"
REPOSITORY = "contoso/signing"
TERMS = Terms(labels=("signing",), assignees={OWNER: ASSIGNEE, STRANGER: "gone-from-the-desk"}, fields={"milestone": 1})
# As in comments of issues; and nothing is left out for safety, so that a test sees it.
AS_IN_ISSUES = Options.CMARK_OPT_HARDBREAKS | Options.CMARK_OPT_FOOTNOTES | Options.CMARK_OPT_UNSAFE


class Words(HTMLParser):
    """What a person reads: text without tags and comments."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def html(markdown: str) -> str:
    found: str = cmarkgfm.github_flavored_markdown_to_html(markdown, AS_IN_ISSUES)
    return found


def undone(markdown: str) -> str:
    words = Words()
    words.feed(html(markdown))
    words.close()
    return "".join(words.said)


class SeenGitHub(GitHubStandIn):
    """With eyes."""

    def seen(self) -> Sequence[Seen]:
        """As its page shows it."""
        return [
            Seen(
                str(issue.number),
                issue.title,
                undone(issue.body),
                tuple(undone(comment.body) for comment in issue.comments),
                issue.is_open,
                next((name for name in issue.labels if name.startswith("severity: ")), ""),
                next(iter(issue.assignees), ""),
                issue.labels,
            )
            for issue in self.issues
        ]


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
