"""App settings by which an app tells the stand-ins."""

from collections.abc import Collection, Mapping
from typing import Any

MAIL_TO, MAIL_FROM = "signing-ops@contoso.example", "countersign@contoso.example"
# Made up; in the cloud they come from a Key Vault.
PAGERDUTY_KEY, SLACK_TOKEN, EVENT_GRID_KEY = "0d" * 16, "xoxb-demo-only-not-a-token", "ZGVtbyBvbmx5"
GITHUB_TOKEN, GITHUB_REPOSITORY = "github_pat_demo_only", "contoso/signing"
JIRA = "countersign@contoso.example", "jira-demo-only", "OPS"  # Account, token and project.
SERVICENOW_CLIENT = "countersign", "servicenow-demo-only"
DEVOPS_PROJECT = "Signing"
OWNERS = ("noor", "mika", "kim")
DEMO_SECRETS = (PAGERDUTY_KEY, SLACK_TOKEN, EVENT_GRID_KEY, GITHUB_TOKEN, JIRA[1], SERVICENOW_CLIENT[1])
EVERYONE = ("webhook", "teams", "slack", "mail", "pagerduty", "eventgrid", "github")


def told_here(receivers: Mapping[str, Any], kinds: Collection[str]) -> dict[str, str]:
    """`receivers` is the line that the stand-ins print when they are ready."""
    there = receivers["listening"]
    by_kind = {
        "webhook": {"ALERT__WEBHOOK_URL": f"{there}/webhook/team"},
        "teams": {"ALERT__TEAMS_URL": f"{there}/teams/signing"},
        "slack": {
            "ALERT__SLACK_TOKEN": SLACK_TOKEN,
            "ALERT__SLACK_CHANNEL": "C0SIGNING",
            "ALERT__SLACK_ADDRESS": f"{there}/slack-api",
        },
        "mail": {
            "ALERT__MAIL_TO": MAIL_TO,
            "ALERT__MAIL_FROM": MAIL_FROM,
            "ALERT__SMTP_HOST": "127.0.0.1",
            "ALERT__SMTP_PORT": str(receivers["mail"]),
            "ALERT__SMTP_SECURITY": "none",
        },
        "pagerduty": {"ALERT__PAGERDUTY_KEY": PAGERDUTY_KEY, "ALERT__PAGERDUTY_ADDRESS": f"{there}/pagerduty"},
        "eventgrid": {
            "ALERT__EVENTGRID_ENDPOINT": f"{there}/eventgrid/contoso/api/events",
            "ALERT__EVENTGRID_KEY": EVENT_GRID_KEY,
        },
        "github": {
            "TICKETS__GITHUB_ADDRESS": f"{there}/github",
            "TICKETS__GITHUB_REPOSITORY": GITHUB_REPOSITORY,
            "TICKETS__GITHUB_TOKEN": GITHUB_TOKEN,
            "TICKETS__GITHUB_ASSIGNEES": "; ".join(f"{name}@contoso.example={name}" for name in OWNERS),
        },
        "jira": {
            "TICKETS__JIRA_SITE": f"{there}/jira",
            "TICKETS__JIRA_USER": JIRA[0],
            "TICKETS__JIRA_TOKEN": JIRA[1],
            "TICKETS__JIRA_PROJECT": JIRA[2],
        },
        "servicenow": {
            "TICKETS__SERVICENOW_SITE": f"{there}/servicenow",
            "TICKETS__SERVICENOW_CLIENT_ID": SERVICENOW_CLIENT[0],
            "TICKETS__SERVICENOW_CLIENT_SECRET": SERVICENOW_CLIENT[1],
        },
        "devops": {
            "TICKETS__DEVOPS_ORGANIZATION": f"{there}/devops/contoso",
            "TICKETS__DEVOPS_PROJECT": DEVOPS_PROJECT,
        },
    }
    return {name: value for kind in kinds for name, value in by_kind[kind].items()}
