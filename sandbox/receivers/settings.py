"""App settings by which an app tells the stand-ins."""

from collections.abc import Collection, Mapping
from typing import Any

MAIL_TO, MAIL_FROM = "signing-ops@contoso.example", "countersign@contoso.example"
# Made up; in the cloud they come from a Key Vault.
PAGERDUTY_KEY, SLACK_TOKEN, EVENT_GRID_KEY = "0d" * 16, "xoxb-demo-only-not-a-token", "ZGVtbyBvbmx5"
DEMO_SECRETS = (PAGERDUTY_KEY, SLACK_TOKEN, EVENT_GRID_KEY)
EVERYONE = ("webhook", "teams", "slack", "mail", "pagerduty", "eventgrid")


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
    }
    return {name: value for kind in kinds for name, value in by_kind[kind].items()}
