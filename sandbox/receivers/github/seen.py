"""Issues as GitHub's page shows them, read by GitHub's own parser of Markdown."""

from collections.abc import Sequence
from html.parser import HTMLParser

import cmarkgfm  # type: ignore[import-untyped]
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]

from sandbox.receivers.github.stand_in import GitHubStandIn
from sandbox.receivers.tickets import Seen

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
