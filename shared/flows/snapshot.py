"""A snapshot: all that is known of an account, kept before it goes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from shared.domain.account import SigningAccount
from shared.domain.retirement.evidence import requests_of
from shared.domain.survey import Survey
from shared.domain.walk import Step
from shared.ports.retiring import Audit


@dataclass(frozen=True, slots=True)
class Snapshot:
    """As JSON: account, tags, profiles with certificates, validations, signatures by day, charges, locks and steps."""

    audit: Audit

    async def keep(self, account: SigningAccount, survey: Survey, now: datetime) -> str:
        """The name of the blob."""
        steps = await self.audit.steps(account.id, account.created)
        return await self.audit.snapshot(account.id, account.created, now, _text(account, survey, steps, now))


def _text(account: SigningAccount, survey: Survey, steps: Sequence[Step], now: datetime) -> str:
    signed = survey.signatures.get(account.id)
    kept: Mapping[str, Any] = {
        "taken": now,
        "subscription": asdict(survey.subscription),
        "account": asdict(account),
        "profiles": [asdict(one) for one in survey.profiles_of(account)],
        "validations": [asdict(one) for one in requests_of(survey, account)],
        "signatures": {f"{on}": one.signatures for on, one in signed.days.items()} if signed else {},
        "charges": [asdict(one) for one in survey.costs.get(account.id, ())],
        "steps": [asdict(one) for one in steps],
        "locks": [asdict(one) for one in survey.daily.locks_of(account.id) or ()],
    }
    return json.dumps(kept, default=_written, ensure_ascii=False, sort_keys=True)


def _written(value: object) -> str:
    """Times as ISO 8601, amounts as they are written."""
    return value.isoformat() if isinstance(value, date) else str(value)
