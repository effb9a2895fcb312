"""A snapshot: all that is known of an account, kept before it goes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from shared.domain.account import SigningAccount
from shared.domain.retirement.evidence import requests_of
from shared.domain.survey import Survey
from shared.ports.retiring import Audit


@dataclass(frozen=True, slots=True)
class Snapshot:
    """As JSON: the account with its tags, profiles with certificates, validations, signatures by day, and charges."""

    audit: Audit

    async def keep(self, account: SigningAccount, survey: Survey, now: datetime) -> str:
        """The name of the blob."""
        return await self.audit.snapshot(account.id, account.created, now, _text(account, survey, now))


def _text(account: SigningAccount, survey: Survey, now: datetime) -> str:
    signed = survey.signatures.get(account.id)
    kept: Mapping[str, Any] = {
        "taken": now,
        "subscription": asdict(survey.subscription),
        "account": asdict(account),
        "profiles": [asdict(one) for one in survey.profiles_of(account)],
        "validations": [asdict(one) for one in requests_of(survey, account)],
        "signatures": {f"{on}": one.signatures for on, one in signed.days.items()} if signed else {},
        "charges": [asdict(one) for one in survey.costs.get(account.id, ())],
        "locks": [asdict(one) for one in survey.daily.locks_of(account.id) or ()],
    }
    return json.dumps(kept, default=_written, ensure_ascii=False, sort_keys=True)


def _written(value: object) -> str:
    """Times as ISO 8601, amounts as they are written."""
    return value.isoformat() if isinstance(value, date) else str(value)
