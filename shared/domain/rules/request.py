"""Rules about requests for a validation on their way: failed, waiting for somebody, or stuck."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.account import SigningAccount, investigated, names
from shared.domain.business_days import business_days_between
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.policy import Policy
from shared.domain.rules import pages
from shared.domain.rules.concerns import facts, requests, resource, rests_on_register, title, where
from shared.domain.survey import Survey
from shared.domain.validation import ApplicantKind, FailureReason, RegisterEntry, ValidationStatus, pending_key
from shared.domain.words import count, day

LINK_LIVES = timedelta(days=7)
MEMORABLE = timedelta(days=180)  # A failure that names no account is not brought up for ever.

NEW_REQUEST = "Make a new request in the portal: the account, then Identity validations"
BY_REASON = {
    FailureReason.EMAIL_MISSED: f"{NEW_REQUEST}. A new link cannot be sent for the old one. Give the address of one "
    "person's mailbox, not a distribution list, that takes mail with links from outside, and open the link within 7 "
    "days.",
    FailureReason.DOCUMENTS_EXHAUSTED: "Documents were supplied three times, so this request cannot go on. Ask Azure "
    "Support what did not fit (the text to paste is below) before you make a new request with corrected data: what a "
    "request says cannot be edited.",
    FailureReason.NOT_ELIGIBLE: "Microsoft does not validate this applicant: organisations younger than three years "
    "are refused, and some countries are not served. Ask Azure Support if you doubt it.",
    FailureReason.UNDETERMINED: "Microsoft could not decide by what was given. Ask Azure Support (the text to paste is "
    "below), or make a new request with corrected data: what a request says cannot be edited.",
}
GIVE_UP = (
    "If there will be no new request, say so in the validation list (given up), and delete the account so that it no "
    "longer bills."
)
GIVEN_UP = (
    "Nobody will ask for another one: delete the account, so that it no longer bills. It is never prorated; deleting "
    "revokes nothing, and what was signed stays valid."
)
SIGNS_ALL_THE_SAME = "Nothing has to be done: the account signs. Withdraw this entry if it is of no use any more."
NOT_ALONE = "Do not delete the account yet: it has a profile, or another request, or could not be read."
NOT_WITHOUT = "The account bills its full monthly fee and cannot get certificates for this applicant."


@dataclass(frozen=True, slots=True)
class _Concern:
    """One entry with the accounts it concerns, and every entry that concerns an account, by its id."""

    survey: Survey
    entry: RegisterEntry
    accounts: Sequence[SigningAccount]
    of_accounts: Mapping[str, Sequence[RegisterEntry]]

    @property
    def where(self) -> str:
        return where(self.accounts) if self.accounts else f"subscription {self.survey.subscription.name}"

    @property
    def subject(self) -> str:
        """The same before and after a request gets its id, if it says for which account it was made."""
        return pending_key(self.entry.account) if self.entry.account else self.entry.key

    def signs(self, now: datetime) -> bool:
        """Some account that it concerns can sign all the same, or is out of sight and could when it was seen last."""
        survey = self.survey
        return any(
            profile.usable and (profile.can_sign(now) or (account.id not in survey.profiles and profile.certificates))
            for account in self.accounts
            for profile in survey.profiles_of(account)
        )

    def deletable(self) -> bool:
        """All that it concerns was read, is no evidence, has no usable profile, and waits for nothing else."""
        return bool(self.accounts) and all(self._is_lost(account) for account in self.accounts)

    def _is_lost(self, account: SigningAccount) -> bool:
        profiles, register = self.survey.profiles.get(account.id), self.survey.register
        if profiles is None or investigated(account, profiles) or any(one.usable for one in profiles):
            return False
        bound = [register.get(one.identity_validation_id) for one in profiles]
        said = [*bound, *self.of_accounts.get(account.id, ())]
        return all(entry is not None and entry.status is ValidationStatus.FAILED for entry in said)

    def finding(self, rule: str, severity: Severity, what: str, stops: str, next_step: str) -> Finding:
        return Finding(
            rule=rule,
            subject=self.subject,
            severity=severity,
            what=f"{title(self.entry)} {what}: {self.where}",
            stops=stops,
            next_step=next_step,
            rests_on=rests_on_register(self.survey),
            accounts=names(self.accounts),
            problem=f"{what.split(',', maxsplit=1)[0]}: {self.entry.title}",
            resource=resource(self.accounts, self.survey),
            facts=facts(self.entry, self.survey),
        )


def validation_failed(survey: Survey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """A request for an identity validation failed: without one nothing can be signed, and the account bills on."""
    for concern in _concerns(survey, ValidationStatus.FAILED):
        entry, signs = concern.entry, concern.signs(now)
        if not concern.accounts and now - entry.said_at >= MEMORABLE:
            continue
        reason = entry.failure or FailureReason.UNDETERMINED
        found = concern.finding(
            FAILED.name,
            Severity.INFO if entry.given_up_by or signs else Severity.WARNING,
            f"failed ({reason})" + (f", given up by {entry.given_up_by}" if entry.given_up_by else ""),
            _goes_on(entry) if signs else NOT_WITHOUT,
            _after_failure(concern, reason, signs=signs),
        )
        yield _with_text_for_support(found, entry)


def _after_failure(concern: _Concern, reason: FailureReason, *, signs: bool) -> str:
    """Deletion is advised only where nothing else is to be lost."""
    if not concern.entry.given_up_by:
        return BY_REASON[reason] + (f" {GIVE_UP}" if concern.deletable() else "")
    if concern.deletable():
        return GIVEN_UP
    return SIGNS_ALL_THE_SAME if signs else NOT_ALONE


def _goes_on(entry: RegisterEntry) -> str:
    until = f" until {day(entry.expires)}" if entry.expires else ""
    return f"Signing goes on with the validation that is in use{until}."


def action_required(survey: Survey, policy: Policy, _now: datetime) -> Iterator[Finding]:
    """Microsoft waits for somebody: for documents of an organisation, or for an individual to prove who they are."""
    for concern in _concerns(survey, ValidationStatus.ACTION_REQUIRED):
        entry, left = concern.entry, concern.entry.attempts_left
        few = left is not None and left <= policy.validation.attempts_left
        asked = OF_INDIVIDUAL if entry.kind is ApplicantKind.INDIVIDUAL else OF_ORGANISATION
        found = concern.finding(
            ACTION.name,
            Severity.WARNING,
            "waits for you" + (f", {count(left, 'attempt')} left of three" if left is not None else ""),
            "The request does not go on, and fails after the third attempt." if few else "The request does not go on.",
            BY_REASON[FailureReason.DOCUMENTS_EXHAUSTED] if left == 0 else asked,
        )
        yield replace(found, level=1 + few)


def mail_link_running_out(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """The mail with the verification link lives 7 days and is never sent again: missed means that the request fails."""
    for concern in _concerns(survey, ValidationStatus.IN_PROGRESS, ValidationStatus.ACTION_REQUIRED):
        entry = concern.entry
        if entry.email_verified or not entry.requested or entry.kind is ApplicantKind.INDIVIDUAL:
            continue
        ends = entry.requested + LINK_LIVES
        left = (ends - now.date()).days
        crossed = [days for days in policy.validation.link_days_left if left <= days]
        if not crossed or left < -LINK_LIVES.days:
            continue
        over = left < 0
        found = concern.finding(
            LINK.name,
            Severity.WARNING,
            f"is not known to be verified by mail, its link ended on {day(ends)}"
            if over
            else f"is not verified by mail, its link lives until {day(ends)}",
            "The request fails; a link is never sent again.",
            BY_REASON[FailureReason.EMAIL_MISSED] if over else LINK.advice,
        )
        yield replace(found, level=len(crossed) + over)


def validation_stalled(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """A request has been on its way for longer than Microsoft says that it takes (20 business days)."""
    for concern in _concerns(survey, ValidationStatus.IN_PROGRESS):
        entry = concern.entry
        since = entry.requested or entry.said_at.date()
        passed = business_days_between(since, now.date())
        if passed > policy.validation.stalled_days:
            found = concern.finding(
                STALLED.name,
                Severity.WARNING,
                f"has been in progress since {day(since)}, {count(passed, 'business day')}",
                _goes_on(entry) if concern.signs(now) else "Nothing can be signed for it until it is completed.",
                STALLED.advice,
            )
            yield _with_text_for_support(found, entry)


def weigh_requests(survey: Survey, account: SigningAccount, _policy: Policy, now: datetime) -> Iterator[str]:
    """What the validation list says of requests for the account."""
    found = False
    for entry, accounts in requests(survey):
        if account.id in {one.id for one in accounts} and entry.status is not ValidationStatus.COMPLETED:
            found = True
            asked = ""
            if entry.requested:
                passed = business_days_between(entry.requested, now.date())
                asked = f", requested on {day(entry.requested)}, {count(passed, 'business day')} ago"
            yield f"{entry.title} is {entry.status}{asked}"
    if not found:
        yield "the validation list names no request under way or failed"


OF_INDIVIDUAL = (
    "Open the validation in the portal (the account, then Identity validations) and follow the link there: it leads "
    "to the partner who checks identity papers, with the phone's authenticator."
)
OF_ORGANISATION = (
    "Upload the documents that the portal asks for: the account, then Identity validations. They must have been issued "
    "within 12 months, or be valid for two more months, and name the organisation as in the request."
)
FAILED = Rule(
    "validation-failed",
    validation_failed,
    {"failed": Severity.WARNING, "failed and given up, or the account signs all the same": Severity.INFO},
    advice="What helps depends on the reason. " + " ".join(f"{reason}: {words}" for reason, words in BY_REASON.items()),
    group="validation",
    links=pages.FAQ | pages.SUPPORT | pages.QUESTIONS | pages.REQUEST,
    settled=True,
    weigh=weigh_requests,
)
ACTION = Rule(
    "validation-action-required",
    action_required,
    {"Microsoft waits for somebody": Severity.WARNING, "and few attempts are left": Severity.WARNING},
    advice=f"An organisation: {OF_ORGANISATION} An individual: {OF_INDIVIDUAL}",
    group="validation",
    links=pages.REQUEST | pages.FAQ,
    settings=("VALIDATION__ATTEMPTS_LEFT",),
    settled=True,
    weigh=weigh_requests,
)
LINK = Rule(
    "validation-link",
    mail_link_running_out,
    {"3 days left": Severity.WARNING, "1 day left": Severity.WARNING, "over": Severity.WARNING},
    advice="Find the mail from Microsoft in the mailbox that the request names, also among junk, and open its link. "
    "When it is done, say so in the validation list (e-mail verified).",
    group="validation",
    links=pages.FAQ,
    settings=("VALIDATION__LINK_DAYS_LEFT",),
    settled=True,
    quiet_end=True,
    weigh=weigh_requests,
)
STALLED = Rule(
    "validation-stalled",
    validation_stalled,
    {"more than 20 business days": Severity.WARNING},
    advice="Check in the portal that it still says In Progress and that no mail of Microsoft was missed. Then ask "
    "Azure Support with the text below. A second request does not help, and nothing makes it quicker.",
    group="validation",
    links=pages.SUPPORT | pages.FAQ,
    settings=("VALIDATION__STALLED_BUSINESS_DAYS",),
    settled=True,
    weigh=weigh_requests,
)


def _concerns(survey: Survey, *statuses: ValidationStatus) -> Iterator[_Concern]:
    """Entries in these states; of several for one account the one that was said last: it is one request at a time."""
    known, of_accounts = list(requests(survey)), dict[str, list[RegisterEntry]]()
    for entry, accounts in known:
        for account in accounts:
            of_accounts.setdefault(account.id, []).append(entry)
    latest: dict[str, _Concern] = {}
    for entry, accounts in sorted(known, key=lambda one: one[0].said_at):
        if entry.status in statuses:
            concern = _Concern(survey, entry, accounts, of_accounts)
            latest[concern.subject] = concern
    yield from latest.values()


def _with_text_for_support(finding: Finding, entry: RegisterEntry) -> Finding:
    """Ready to paste."""
    asked = f", requested on {entry.requested:%Y-%m-%d}" if entry.requested else ""
    asked += f", documents supplied {entry.attempts_used} times" if entry.attempts_used else ""
    asked += f", reason: {entry.failure}" if entry.failure else ""
    text = (
        f"Artifact Signing (formerly Trusted Signing): identity validation {entry.validation_id or 'without an id'} in "
        f"subscription {entry.subscription_id} is {entry.status}{asked}. Please tell us what is missing."
    )
    return replace(finding, facts={**finding.facts, "To paste for support": text})
