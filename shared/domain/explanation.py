"""Why: everything seen about one account, every rule with its verdict and numbers, and who was told what."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.account import CertificateProfile, SigningAccount
from shared.domain.decision import Judgement
from shared.domain.finding import Finding, Rule
from shared.domain.fleet import FleetSurvey
from shared.domain.kept import Kept
from shared.domain.memory import Decision, FindingMemory
from shared.domain.policy import Mode, Policy
from shared.domain.retirement.conditions import Condition, conditions
from shared.domain.rules.concerns import facts, requests
from shared.domain.subscription import Subscription
from shared.domain.survey import Survey
from shared.domain.ticket import Ticket
from shared.domain.usage import month_of
from shared.domain.view import FindingView
from shared.domain.words import amounts, count, day, listing, moment

FLEET_NUMBERS = ("judged over all subscriptions together, when the last check closed",)


class Verdict(StrEnum):
    """What a rule says of an account."""

    FOUND = "found"
    NOTHING = "nothing found"
    STANDS = "no longer found, and not yet over"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Heard:
    """One receiver and one problem: why it is told now, or why not, and what it heard last. `reason` as in messages."""

    receiver: str
    reason: str
    last: str = ""
    at: datetime | None = None
    ticket: Ticket | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """A problem that concerns the account."""

    severity: str
    what: str
    heard: tuple[Heard, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """One rule: how it is set, what it says, and the numbers it went by."""

    rule: str
    group: str
    mode: str
    verdict: Verdict
    numbers: tuple[str, ...]
    problems: tuple[Spoken, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """All of it. `evidence` and `testimony` are labelled lines; `read_at` is when Azure was last asked."""

    account: SigningAccount
    subscription: Subscription
    at: datetime
    read_at: datetime | None
    evidence: tuple[tuple[str, str], ...]
    testimony: tuple[tuple[str, str], ...]
    rules: tuple[RuleAnswer, ...]
    retirement: tuple[Condition, ...]


def explain(
    judged: Judgement,
    account: SigningAccount,
    kept: Kept,
    rules: Sequence[Rule],
    policy: Policy,
    read_at: datetime | None,
) -> Explanation:
    """Of an account with problems as of one without."""
    survey, now = judged.survey, judged.survey.taken
    burst = kept.bursts.get(account.id)
    by_event = burst.read_at if burst else None
    return Explanation(
        account,
        survey.subscription,
        now,
        max((at for at in (read_at, by_event) if at), default=None),
        tuple(_evidence(survey, account, now)),
        tuple(_testimony(survey, account)),
        tuple(_answer(rule, judged, account, kept.memory, policy) for rule in rules),
        conditions(survey, account, policy, now),
    )


def fleet_answer(rule: Rule[FleetSurvey], findings: Sequence[FindingView], policy: Policy) -> RuleAnswer:
    """What a rule about all subscriptions together found, from what is shown of it."""
    mode = rule.set_by(policy).mode
    there = [found for found in findings if found.rule == rule.name]
    verdict = Verdict.OFF if mode is Mode.OFF else Verdict.FOUND if there else Verdict.NOTHING
    problems = tuple(
        Spoken(found.severity, found.what, tuple(Heard(receiver, reason) for receiver, reason in found.told))
        for found in there
    )
    numbers = () if mode is Mode.OFF else FLEET_NUMBERS
    return RuleAnswer(rule.name, rule.group, str(mode), verdict, numbers, problems)


def _answer(
    rule: Rule, judged: Judgement, account: SigningAccount, memory: Mapping[str, FindingMemory], policy: Policy
) -> RuleAnswer:
    survey, mode = judged.survey, rule.set_by(policy).mode
    there = [one for one in judged.findings if one.rule == rule.name and _is_about(one, account, survey)]
    keys = {found.key for found in there}
    gone = {
        decision.finding.key: decision.finding
        for decision in judged.verdict.decisions
        if decision.finding.rule == rule.name
        and _is_about(decision.finding, account, survey)
        and decision.finding.key not in keys
    }
    numbers = tuple(rule.weigh(survey, account, policy, survey.taken)) if rule.weigh and mode is not Mode.OFF else ()
    verdict = Verdict.OFF if mode is Mode.OFF else Verdict.FOUND if there else Verdict.NOTHING
    if gone and not there and mode is not Mode.OFF:
        verdict = Verdict.STANDS
    problems = tuple(
        _spoken(found, judged.verdict.decisions, memory.get(found.key)) for found in (*there, *gone.values())
    )
    return RuleAnswer(rule.name, rule.group, str(mode), verdict, numbers, problems)


def _is_about(finding: Finding, account: SigningAccount, survey: Survey) -> bool:
    """Findings name accounts; where two have one name, what it is about tells them apart."""
    if account.name not in finding.accounts:
        return False
    if sum(one.name == account.name for one in survey.accounts) < 2:
        return True
    ours = f"{account.local_name}/"
    about = (f"{finding.subject}/", *finding.covers)
    return finding.resource == account.id or any(one.startswith(ours) for one in about)


def _spoken(finding: Finding, decisions: Sequence[Decision], memory: FindingMemory | None) -> Spoken:
    told = memory.told if memory else {}
    heard = []
    for decision in decisions:
        if decision.finding.key == finding.key:
            last = told.get(decision.receiver)
            heard.append(
                Heard(
                    decision.receiver,
                    str(decision.reason),
                    str(last.reason) if last else "",
                    last.at if last else None,
                    last.ticket if last else None,
                )
            )
    return Spoken(finding.severity.word, finding.what, tuple(heard))


def _evidence(survey: Survey, account: SigningAccount, now: datetime) -> Iterator[tuple[str, str]]:
    known = survey.facts.get(account.id)
    first_seen = known.first_seen if known else None
    yield "Resource", account.id
    yield (
        "Account",
        f"{account.sku or 'SKU not known'}, {account.region}, {account.provisioning_state or 'no state told'}",
    )
    yield "Created", moment(account.created) if account.created else "not told"
    yield "First seen", moment(first_seen) if first_seen else "not known"
    tags = {**survey.subscription.tags, **account.group_tags, **account.tags}
    yield "Tags", ", ".join(f"{name}={value}" for name, value in sorted(tags.items())) or "none"
    yield from _profiles(survey, account, now)
    yield from _money(survey, account, now)
    for one in known.happened if known else ():
        changed = f" from {one.before} to {one.after}" if one.before else ""
        yield "Changed", f"{moment(one.at)}: {one.what}{changed}{f' ({one.profile})' if one.profile else ''}"
    locks = survey.daily.locks_of(account.id)
    yield "Locks", "not known" if locks is None else listing([lock.name for lock in locks], 9) or "none"
    for spot in survey.blind:
        if f"{account.id}/".startswith(f"{spot.scope}/"):
            yield "Not read", f"{spot.about}: {spot.reason}"


def _profiles(survey: Survey, account: SigningAccount, now: datetime) -> Iterator[tuple[str, str]]:
    profiles = survey.profiles.get(account.id)
    if profiles is None:
        never = "and never were" if account.id not in survey.last_seen else "as they were read last"
        yield "Profiles", f"could not be read, {never}"
    elif not profiles:
        yield "Profiles", "none"
    for profile in survey.profiles_of(account):
        yield f"Profile {profile.name}", _profile(profile, now)


def _profile(profile: CertificateProfile, now: datetime) -> str:
    newest, until = profile.newest_certificate, profile.could_sign_until
    words = [
        profile.profile_type,
        profile.status or "no status yet",
        f"identity validation {profile.identity_validation_id or 'none'}",
    ]
    if newest:
        words.append(f"{count(len(profile.certificates), 'certificate')}, newest issued {moment(newest.created)}")
    else:
        words.append("no certificate")
    if until:
        words.append(f"can sign until {moment(until)}" if until > now else f"could sign until {moment(until)}")
    return ", ".join(words)


def _money(survey: Survey, account: SigningAccount, now: datetime) -> Iterator[tuple[str, str]]:
    signed = survey.signatures.get(account.id)
    for month, usage in sorted(signed.months.items()) if signed else ():
        until = f", read until {moment(usage.read_until)}" if usage.read_until else ""
        yield f"Signatures {month:%B}", f"{usage.total:,}{until}"
    if not signed:
        yield f"Signatures {month_of(now):%B}", "not known"
    for cost in sorted(survey.costs.get(account.id, ()), key=lambda one: one.month):
        yield f"Billed {cost.month:%B}", amounts(cost.totals)


def _testimony(survey: Survey, account: SigningAccount) -> Iterator[tuple[str, str]]:
    for entry, accounts in requests(survey):
        if account.id not in {one.id for one in accounts}:
            continue
        words = [str(entry.status)]
        words += [f"expires {day(entry.expires)}"] if entry.expires else []
        words += [f"requested {day(entry.requested)}"] if entry.requested else []
        words += [f"{entry.kind}, {entry.trust}" if entry.trust else f"{entry.kind}"] if entry.kind else []
        words += [f"failed: {entry.failure}"] if entry.failure else []
        words += [f"given up by {entry.given_up_by}"] if entry.given_up_by else []
        words += [f"{entry.attempts_used} of 3 attempts used"] if entry.attempts_used is not None else []
        yield entry.title, ", ".join(words)
        more = facts(entry, survey)
        yield "", "; ".join(f"{name}: {more[name]}" for name in ("Owner", "Contact", "Note", "Said by") if name in more)
