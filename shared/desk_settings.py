"""Settings of ticket desks: where each is, who signs in, and what an installation wants in its tickets."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr

from shared.domain.finding import Severity
from shared.patterns import SEVERITIES
from shared.setting_values import json_object, label_list, one_line, pair_list, repository_name, setting, web_address

GITHUB, JIRA, SERVICENOW, DEVOPS = "github", "jira", "servicenow", "devops"
DESKS = (GITHUB, JIRA, SERVICENOW, DEVOPS)
NAMES = {GITHUB: "GitHub", JIRA: "Jira", SERVICENOW: "ServiceNow", DEVOPS: "Azure DevOps"}
DISMISSED = (
    *("Won't Do", "Won't Fix", "Duplicate", "Declined", "Cannot Reproduce", "Canceled", "Cancelled", "Rejected"),
    *("Known Error", "Obsolete", "Incomplete"),
)


def _priorities(value: object) -> object:
    """`critical=Highest; warning=Medium` -> by severity."""
    found = pair_list(value)
    if not isinstance(found, dict):
        return found
    if not found.keys() <= SEVERITIES.keys():
        raise ValueError(f"must be pairs with a severity on the left ({', '.join(SEVERITIES)}), like critical=Highest")
    return {SEVERITIES[name]: said for name, said in found.items()}


type WebAddress = Annotated[str, BeforeValidator(web_address)]
type Line = Annotated[str, BeforeValidator(one_line)]
type Labels = Annotated[tuple[str, ...], BeforeValidator(label_list)]
type Repository = Annotated[str, BeforeValidator(repository_name)]
type Pairs = Annotated[Mapping[str, str], BeforeValidator(pair_list)]
type Priorities = Annotated[Mapping[Severity, str], BeforeValidator(_priorities)]
type Object = Annotated[Mapping[str, Any], BeforeValidator(json_object)]


class DeskSettings(BaseModel):
    """What each desk is set up by. What must be there together is in `NEEDED`.

    It is a part of other settings, and never read by itself: so it is not built.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)

    labels: Labels = setting("TICKETS__LABELS", (), "Labels or tags of every ticket, beside countersign.")

    github_repository: Repository = setting("TICKETS__GITHUB_REPOSITORY", "", "Repository for issues: owner/name.")
    github_token: SecretStr = setting(
        "TICKETS__GITHUB_TOKEN", SecretStr(""), "Fine-grained token of GitHub: issues, read and write."
    )
    github_address: WebAddress = setting(
        "TICKETS__GITHUB_ADDRESS", "https://api.github.com", "GitHub's API; GitHub Enterprise Server has its own."
    )
    github_priorities: Priorities = setting(
        "TICKETS__GITHUB_PRIORITIES", {}, "Labels by severity, like critical=P1; else severity: critical and so on."
    )
    github_assignees: Pairs = setting(
        "TICKETS__GITHUB_ASSIGNEES", {}, "Logins by owner, like ana@contoso.example=ana; ben=ben-contoso."
    )
    github_fields: Object = setting("TICKETS__GITHUB_FIELDS", {}, "Further fields of an issue, in JSON.")

    jira_site: WebAddress = setting("TICKETS__JIRA_SITE", "", "Address of Jira Cloud: https://contoso.atlassian.net.")
    jira_api: WebAddress = setting(
        "TICKETS__JIRA_API", "", "Where a token with scopes works: https://api.atlassian.com/ex/jira/CLOUD-ID."
    )
    jira_user: Line = setting("TICKETS__JIRA_USER", "", "Mail address of the account that the API token is of.")
    jira_token: SecretStr = setting("TICKETS__JIRA_TOKEN", SecretStr(""), "API token of that account.")
    jira_project: Line = setting("TICKETS__JIRA_PROJECT", "", "Key of the project, like OPS.")
    jira_type: Line = setting("TICKETS__JIRA_TYPE", "Task", "Type of the issues.")
    jira_component: Line = setting("TICKETS__JIRA_COMPONENT", "", "Component of the issues.")
    jira_dismissed: Labels = setting(
        "TICKETS__JIRA_DISMISSED", DISMISSED, "Resolutions that mean: not to be done, and to stay closed."
    )
    jira_priorities: Priorities = setting(
        "TICKETS__JIRA_PRIORITIES", {}, "Priorities by severity, like critical=P1; else Highest, Medium and Low."
    )
    jira_assignees: Pairs = setting("TICKETS__JIRA_ASSIGNEES", {}, "Account ids by owner.")
    jira_fields: Object = setting("TICKETS__JIRA_FIELDS", {}, "Further fields of an issue, in JSON.")

    servicenow_site: WebAddress = setting(
        "TICKETS__SERVICENOW_SITE", "", "Address of the instance: https://contoso.service-now.com."
    )
    servicenow_client_id: Line = setting("TICKETS__SERVICENOW_CLIENT_ID", "", "OAuth client (client credentials).")
    servicenow_client_secret: SecretStr = setting("TICKETS__SERVICENOW_CLIENT_SECRET", SecretStr(""), "Its secret.")
    servicenow_group: Line = setting("TICKETS__SERVICENOW_GROUP", "", "Assignment group of the incidents.")
    servicenow_close_code: Line = setting(
        "TICKETS__SERVICENOW_CLOSE_CODE", "Solution provided", "Resolution code of an incident that is over."
    )
    servicenow_priorities: Priorities = setting(
        "TICKETS__SERVICENOW_PRIORITIES", {}, "Impact and urgency by severity, like critical=1,2; else 1,1 2,2 and 3,3."
    )
    servicenow_assignees: Pairs = setting("TICKETS__SERVICENOW_ASSIGNEES", {}, "User names by owner.")
    servicenow_fields: Object = setting("TICKETS__SERVICENOW_FIELDS", {}, "Further fields of an incident, in JSON.")

    devops_organization: WebAddress = setting(
        "TICKETS__DEVOPS_ORGANIZATION", "", "Address of Azure DevOps: https://dev.azure.com/contoso."
    )
    devops_project: Line = setting("TICKETS__DEVOPS_PROJECT", "", "Its project; the app's identity signs in.")
    devops_type: Line = setting("TICKETS__DEVOPS_TYPE", "Issue", "Type of the work items.")
    devops_area: Line = setting("TICKETS__DEVOPS_AREA", "", "Area path of the work items.")
    devops_priorities: Priorities = setting(
        "TICKETS__DEVOPS_PRIORITIES", {}, "Priorities by severity, like critical=2; else 1, 2 and 3."
    )
    devops_assignees: Pairs = setting("TICKETS__DEVOPS_ASSIGNEES", {}, "Whom a work item is assigned to, by owner.")
    devops_fields: Object = setting(
        "TICKETS__DEVOPS_FIELDS", {}, "Further fields of a work item by reference name, in JSON."
    )

    def lacking(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each desk that is set up at all, with the settings that it lacks."""
        for kind, names in NEEDED.items():
            left = tuple(name for name in names if not _given(self, name))
            if len(left) < len(names):
                yield kind, left

    def shares_only(self, kind: str) -> bool:
        """Nothing is set but what further desks of the kind take from here: how to sign in."""
        return not any(_given(self, name) for name in NEEDED[kind] if name.endswith(PLACES))

    def desks(self) -> Iterator[str]:
        """Kinds of desks that are set up."""
        yield from (kind for kind, left in self.lacking() if not left)


PLACES = ("_REPOSITORY", "_PROJECT")  # What tells desks of one kind apart.
NEEDED: Mapping[str, tuple[str, ...]] = {
    GITHUB: ("TICKETS__GITHUB_REPOSITORY", "TICKETS__GITHUB_TOKEN"),
    JIRA: ("TICKETS__JIRA_SITE", "TICKETS__JIRA_USER", "TICKETS__JIRA_TOKEN", "TICKETS__JIRA_PROJECT"),
    SERVICENOW: ("TICKETS__SERVICENOW_SITE", "TICKETS__SERVICENOW_CLIENT_ID", "TICKETS__SERVICENOW_CLIENT_SECRET"),
    DEVOPS: ("TICKETS__DEVOPS_ORGANIZATION", "TICKETS__DEVOPS_PROJECT"),
}


def _given(settings: DeskSettings, name: str) -> bool:
    value = getattr(settings, name.removeprefix("TICKETS__").lower())
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
