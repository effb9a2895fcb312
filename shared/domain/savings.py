"""What the deletion of an account saves: its monthly fee, from the month after."""

from datetime import date, timedelta

from shared.domain.account import SigningAccount
from shared.domain.cost import month_end
from shared.domain.policy import Policy
from shared.domain.words import day


def saves(account: SigningAccount, policy: Policy, deleted: date) -> str:
    """`saves 9.99 USD a month from December`: a month that has begun is charged in full."""
    terms, following = policy.quota.terms(account.sku), deleted.replace(day=1) + timedelta(days=32)
    return f"saves {terms.fee} USD a month from {following:%B}" if terms else f"stops its fee from {following:%B}"


def will_save(account: SigningAccount, policy: Policy, not_before: date) -> str:
    """The same of one that is still there, with the last day on which that is true."""
    return f"{saves(account, policy, not_before)}, if it is deleted by {day(month_end(not_before))}"
