"""What an approval has seen: the facts that a deletion rests on, in words and as a fingerprint."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date

from shared.domain.account import SigningAccount
from shared.domain.policy import Policy
from shared.domain.rules.concerns import requests
from shared.domain.savings import will_save
from shared.domain.survey import Survey
from shared.domain.validation import RegisterEntry
from shared.domain.words import count, day, listing


def requests_of(survey: Survey, account: SigningAccount) -> Sequence[RegisterEntry]:
    """Every validation that was requested for it, or is used by its profiles."""
    return [entry for entry, accounts in requests(survey) if account.id in {one.id for one in accounts}]


def fingerprint(survey: Survey, account: SigningAccount) -> str:
    """Of everything that would make somebody decide otherwise; the same as long as nothing of it changes."""
    profiles = sorted(
        f"{one.name.lower()}|{one.status.lower()}|{one.identity_validation_id}" for one in survey.profiles_of(account)
    )
    said = sorted(
        f"{one.key}|{one.status}|{one.given_up_by}|{one.attempts_used}" for one in requests_of(survey, account)
    )
    created = account.created.isoformat() if account.created else ""
    parts = [account.id, created, account.sku.lower(), account.provisioning_state.lower(), *profiles, *said]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def loses(survey: Survey, account: SigningAccount) -> str:
    """What goes with it."""
    profiles = survey.profiles_of(account)
    names = f"{count(len(profiles), 'certificate profile')} ({listing([one.name for one in profiles], 9)})"
    what = names if profiles else "the account, which has no certificate profile"
    return f"{what}, perhaps its identity validations, and its history. Signatures already made stay valid."


def notice(survey: Survey, account: SigningAccount, policy: Policy, not_before: date) -> Mapping[str, str]:
    """What is said when it is announced."""
    return {
        "Deleted": f"not before {day(not_before)}",
        "Lost": loses(survey, account),
        "Saves": will_save(account, policy, not_before),
        "Again": "Creating it again is charged in full again.",
    }
