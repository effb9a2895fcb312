"""What would have to hold before an account may be retired: nothing is retired by this, it only answers why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.domain.account import SigningAccount, investigated
from shared.domain.policy import Policy
from shared.domain.rules.concerns import Request, requests
from shared.domain.rules.contradiction import CONTRADICTION
from shared.domain.survey import Survey
from shared.domain.tags import tags_of
from shared.domain.usage import Window
from shared.domain.validation import DOCUMENT_ATTEMPTS, RegisterEntry, Statement, ValidationStatus, Way
from shared.domain.words import day, listing

OLDER_THAN = timedelta(days=7)
CONFIRMED_WITHIN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. `holds` is None where it cannot be told from what is known; `why` is the reason for the answer.

    `waits`: while it does not hold nothing goes on, and nothing of what was done is lost: somebody may say it again.
    """

    words: str
    holds: bool | None
    why: str
    waits: bool = False

    @property
    def ends(self) -> bool:
        """It certainly does not hold, and that ends the walk of an account."""
        return self.holds is False and not self.waits


def conditions(survey: Survey, account: SigningAccount, policy: Policy, now: datetime) -> tuple[Condition, ...]:
    """All of them must hold, in the order in which a person would ask."""
    asked = list(requests(survey))
    said = [entry for entry, accounts in asked if account.id in {one.id for one in accounts}]
    return (
        _failed(survey, account, said),
        _final(said),
        _confirmed(said, now),
        _alone(survey, account, asked, said),
        _cannot_sign(survey, account, now),
        _in_order(survey, account),
        _not_signed(survey, account, policy.retire.after_days, now),
        _old(survey, account, now),
        _seen(survey, account),
        _no_contradiction(survey, account, policy, now),
        _not_kept(survey, account, now),
    )


def _failed(survey: Survey, account: SigningAccount, said: Sequence[RegisterEntry]) -> Condition:
    words = "every identity validation of it has failed"
    used = {profile.identity_validation_id for profile in survey.profiles_of(account)}
    unknown = sorted(used - {entry.validation_id for entry in said})
    if not said or unknown:
        return Condition(words, False, f"nobody has said how it is with {listing(unknown) or 'its request'}")
    others = [entry for entry in said if entry.status is not ValidationStatus.FAILED]
    why = ", ".join(f"{entry.title} is {entry.status}" for entry in others or said)
    return Condition(words, not others, why)


def _final(said: Sequence[RegisterEntry]) -> Condition:
    words = "it was given up by a named person, or all three document attempts are used"
    failed = [entry for entry in said if entry.status is ValidationStatus.FAILED]
    final = [entry for entry in failed if entry.given_up_by or entry.attempts_used == DOCUMENT_ATTEMPTS]
    if not failed or len(final) < len(failed):
        return Condition(words, False, "nobody has said so" if failed else "no failed validation is named")
    names = [f"given up by {entry.given_up_by}" if entry.given_up_by else "attempts used" for entry in final]
    return Condition(words, True, listing(names))


def _confirmed(said: Sequence[RegisterEntry], now: datetime) -> Condition:
    words = "a signed-in person has confirmed within 14 days that it failed and no other request is under way"
    lacking = [entry for entry in said if not _by_person_of_late(entry.statement, now)]
    if not said:
        return Condition(words, False, "there is nothing to confirm", waits=True)
    stated = [(entry.title, entry.statement) for entry in lacking or said]
    why = [f"{title}: said by {one.by}, {day(one.at)} ({one.way})" for title, one in stated]
    return Condition(words, not lacking, listing(why), waits=True)


def _by_person_of_late(statement: Statement, now: datetime) -> bool:
    return statement.way is Way.PERSON and now - statement.at <= CONFIRMED_WITHIN


def _alone(
    survey: Survey, account: SigningAccount, asked: Sequence[Request], said: Sequence[RegisterEntry]
) -> Condition:
    words = "no other account uses its validations or waits for them"
    ours = {entry.key for entry in said}
    others = {
        other.name for entry, accounts in asked if entry.key in ours for other in accounts if other.id != account.id
    }
    if others:
        return Condition(words, False, listing(sorted(others)))
    unread = [other.name for other in survey.accounts if not survey.known_profiles(other)]
    unassigned = [entry.title for entry, accounts in asked if entry.open and not accounts]
    if unread or unassigned:
        return Condition(words, None, f"{listing(unread or unassigned)} may")
    return Condition(words, True, "none does")


def _cannot_sign(survey: Survey, account: SigningAccount, now: datetime) -> Condition:
    words = "no certificate profile of it can sign"
    profiles = survey.profiles.get(account.id)
    if profiles is None:
        return Condition(words, None, "its profiles could not be read")
    signing = [profile.name for profile in profiles if profile.can_sign(now)]
    why = f"{listing(signing)} can" if signing else "none can" if profiles else "it has none"
    return Condition(words, not signing, why)


def _in_order(survey: Survey, account: SigningAccount) -> Condition:
    words = "it is in order: nothing is suspended or revoked, which would be an investigation"
    profiles, state = survey.profiles.get(account.id), account.provisioning_state
    if profiles is None:
        return Condition(words, None, "its profiles could not be read")
    if investigated(account, profiles):
        return Condition(words, False, "something of it is suspended or revoked")
    return Condition(words, state.lower() in ("", "succeeded"), f"the account is {state or 'there'}")


def _not_signed(survey: Survey, account: SigningAccount, after_days: int, now: datetime) -> Condition:
    words = f"no signature for {after_days} days"
    signed, since = survey.signatures.get(account.id), now - timedelta(days=after_days)
    if signed is None or not signed.complete(Window(since, now), now):
        return Condition(words, None, "its signatures are not known for so long")
    last = signed.last_day
    if (last or date.min) >= since.date():
        return Condition(words, False, f"last signature {day(last)}" if last else "")
    able = [profile.could_sign_until for profile in survey.profiles_of(account)]
    if any(until and until > since for until in able) and signed.unknown_hours(Window(since, now)):
        return Condition(words, None, "it could sign within that time, and of some hours Azure says nothing")
    return Condition(words, True, f"last signature {day(last)}" if last else "no signature is known")


def _old(survey: Survey, account: SigningAccount, now: datetime) -> Condition:
    words = f"it is older than {OLDER_THAN.days} days"
    known = survey.facts.get(account.id)
    born = account.created or (known.first_seen if known else None)
    if born is None:
        return Condition(words, None, "nobody knows when it was created")
    return Condition(words, now - born > OLDER_THAN, f"created {day(born)}")


def _seen(survey: Survey, account: SigningAccount) -> Condition:
    words = "nothing about it was out of sight"
    spots = [spot for spot in survey.blind if f"{account.id}/".startswith(f"{spot.scope}/")]
    why = listing([str(spot.about) for spot in spots], 9) if spots else "all was read"
    return Condition(words, not spots, why, waits=True)


def _no_contradiction(survey: Survey, account: SigningAccount, policy: Policy, now: datetime) -> Condition:
    words = "what people say and what Azure shows agree"
    found = [one for one in CONTRADICTION.judge(survey, policy, now) if account.name in one.accounts]
    return Condition(words, not found, listing([one.problem for one in found]) if found else "nothing contradicts")


def _not_kept(survey: Survey, account: SigningAccount, now: datetime) -> Condition:
    words = "nobody has said no by a tag countersign-keep or a lock"
    if tags_of(account, survey.subscription).kept(now.date()):
        return Condition(words, False, "it is tagged countersign-keep")
    locks = survey.daily.locks_of(account.id)
    if locks is None:
        return Condition(words, None, "its locks could not be read")
    return Condition(words, not locks, listing([lock.name for lock in locks]) if locks else "nobody has")
