"""The validation list as people read it: what was said, and a line for each id in use of which nobody has said it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.domain.policy import Policy
from shared.domain.rules.concerns import Bound, requests
from shared.domain.rules.register import missing_ids, unexplained
from shared.domain.rules.validation import OUT_OF_DATE
from shared.domain.subscription import Subscription
from shared.domain.survey import Survey
from shared.domain.validation import RegisterEntry, ValidationStatus, pending_key
from shared.domain.words import count


@dataclass(frozen=True, slots=True)
class ListLine:
    """One validation, or an account whose request has no id yet.

    `used_by` are `account/profile`. `missing` says what somebody has to look up, "" where nothing; `resource` is the
    ARM id of the account whose page in the portal shows it, or of the subscription.
    """

    subscription: Subscription
    validation_id: str
    account: str = ""
    entry: RegisterEntry | None = None
    used_by: tuple[str, ...] = ()
    missing: str = ""
    resource: str = ""

    @property
    def key(self) -> str:
        """As `RegisterEntry.key`."""
        return self.validation_id or pending_key(self.account)


def list_lines(survey: Survey, policy: Policy, now: datetime) -> tuple[ListLine, ...]:
    """What is still to be looked up first, then by what it is about."""
    found = [*_entered(survey, policy, now), *_prefilled(survey), *_unexplained(survey, policy, now)]
    return tuple(sorted(found, key=lambda line: (not line.missing, line.validation_id, line.account.lower())))


def _entered(survey: Survey, policy: Policy, now: datetime) -> Iterator[ListLine]:
    users, undated = survey.users(), missing_ids(survey)
    wrong = {found.subject for found in OUT_OF_DATE.judge(survey, policy, now)}
    concerned = {entry.key: accounts for entry, accounts in requests(survey)}
    for key, entry in survey.register.items():
        bound = users.get(entry.validation_id, ()) if entry.validation_id else ()
        accounts = concerned.get(key, ())
        missing = ""
        if key in undated or (bound and entry.status is ValidationStatus.COMPLETED and not entry.expires):
            missing = "the expiry date"
        elif key in wrong:
            missing = "the new expiry date: the one in the list is over, yet certificates are issued"
        elif entry.account and not accounts and entry.open:
            missing = f"the name of the account: none is called {entry.account}"
        elif (
            bound and not entry.ended(now) and (days := (now - entry.statement.at).days) > policy.register.confirm_days
        ):
            missing = f"a confirmation: last said {count(days, 'day')} ago"
        yield ListLine(
            survey.subscription,
            entry.validation_id,
            entry.account,
            entry,
            _names(bound),
            missing,
            accounts[0].id if accounts else survey.subscription.scope,
        )


def _prefilled(survey: Survey) -> Iterator[ListLine]:
    """Ids that profiles use and that nobody has entered."""
    for validation_id, bound in survey.users().items():
        if validation_id and validation_id not in survey.register:
            yield ListLine(
                survey.subscription,
                validation_id,
                used_by=_names(bound),
                missing="the status and the expiry date",
                resource=bound[0][0].id,
            )


def _unexplained(survey: Survey, policy: Policy, now: datetime) -> Iterator[ListLine]:
    for account in unexplained(survey, policy, now):
        yield ListLine(
            survey.subscription,
            "",
            account.name,
            missing="the status of its request: it has no certificate profile",
            resource=account.id,
        )


def _names(bound: Bound) -> tuple[str, ...]:
    return tuple(sorted(f"{account.name}/{profile.name}" for account, profile in bound))
