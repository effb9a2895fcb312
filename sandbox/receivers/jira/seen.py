"""Issues as Jira shows them."""

from collections.abc import Sequence

from sandbox.receivers.jira.documents import words
from sandbox.receivers.jira.stand_in import JiraStandIn
from sandbox.receivers.tickets import Seen


class SeenJira(JiraStandIn):
    """With what a person sees."""

    def seen(self) -> Sequence[Seen]:
        return [
            Seen(
                issue.id,
                issue.fields["summary"],
                words(issue.fields["description"]),
                tuple(words(comment.body) for comment in issue.comments),
                issue.state.category != "done",
                issue.fields.get("priority", {}).get("name", ""),
                issue.assignee,
                tuple(issue.fields["labels"]),
            )
            for issue in self.issues
        ]
