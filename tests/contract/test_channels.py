"""One promise, every channel: complete, readable, harmless, within limits, classified, and silent about secrets."""

import inspect
import logging
import logging.config
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from shared.domain.finding import Finding, Severity
from shared.domain.memory import TELLING, Intent, Reason
from shared.domain.message import item_of
from shared.http import Answer, refusal
from shared.ports.errors import DeliveryError
from tests.contract.channels import event_grid_case, mail_case, pagerduty_case, slack_case, teams_case, webhook_case
from tests.contract.channels.case import PORTAL, SECRET, Arrived, Case, Post
from tests.contract.on_loopback import spans

CASES: tuple[Case, ...] = (
    teams_case.CASE,
    *slack_case.CASES,
    *mail_case.CASES,
    pagerduty_case.CASE,
    webhook_case.CASE,
    event_grid_case.CASE,
)
HTTP = [case for case in CASES if case.statuses]  # Statuses of SMTP are in the tests of mail.
OVER_HTTP = pytest.mark.parametrize("case", HTTP, ids=[case.name for case in HTTP])
CHANNELS = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
SINCE = datetime(2026, 11, 18, 8, 41, tzinfo=UTC)
FINDING = Finding(
    rule="profile-suspended",
    subject="rg/games-eu/release",
    severity=Severity.CRITICAL,
    what="Profile games-eu/release is suspended by Microsoft: nothing can be signed with it",
    stops="Releases of Games EU cannot be signed.",
    next_step="Answer Microsoft's mail; do not delete the profile.",
    rests_on=(),
    accounts=("games-eu",),
    facts={"Subscription": "Products EU", "Owner": "株式会社テスト"},
    resource="/subscriptions/1f3a/resourcegroups/rg/providers/microsoft.codesigning/codesigningaccounts/games-eu",
    problem="games-eu/release suspended",
    means="Microsoft has suspended a certificate profile.",
    link="https://learn.microsoft.com/azure/artifact-signing/faq",
)
INTENT = Intent(
    receiver="ops",
    reason=Reason.FIRST,
    finding=FINDING,
    since=SINCE,
    noticed=SINCE,
    decided=SINCE + timedelta(hours=4),
    version=1,
    subscription="1f3a6c1e-9d52-4b0e-8a77-0c2b5d8e4f10",
    next_word="Thu 19 Nov 2026 12:41 UTC if nothing has changed, and when it is over",
    also=("pagerduty", "mail"),
)
STAND_INS = "mail.log"  # aiosmtpd's own, which is the mail server here.
INTERNAL = re.compile(r"\b(look|looks|shard|blind|testimony|intent|finding|None|Reason|frozenset)\b")
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "<!channel> <@U0> <https://evil.example|here>",
    "*bold* _it_ ~s~ `c`",
    "{{DATE(2026-01-01T00:00:00Z)}}",
    '"}],"x":{"y":"',
    "a\\u0000b & c",
    "=1+1 @everyone",
)


def about(number: int) -> Intent:
    finding = replace(FINDING, subject=f"rg/account-{number:03}/release", accounts=(f"account-{number:03}",))
    return replace(INTENT, finding=replace(finding, what=f"Profile account-{number:03}/release is suspended"))


def told(case: Case, *intents: Intent) -> str:
    """Everything that a person reads, white space apart."""
    parts = case.compose().compose("b1", list(intents), {})
    for part in parts:
        case.check(part)
    return " ".join("\n".join(case.words(part) for part in parts).split())


async def arrived(post: Post) -> list[Arrived]:
    found: Any = post.received()
    result: list[Arrived] = await found if inspect.isawaitable(found) else found
    return result


async def fail(post: Post, status: int) -> None:
    asked: Any = post.fail(status)
    if inspect.isawaitable(asked):
        await asked


@CHANNELS
@pytest.mark.parametrize("reason", sorted(TELLING))
def test_every_reason_is_told_with_all_that_a_person_needs(case: Case, reason: Reason) -> None:
    intent = replace(INTENT, reason=reason, note="slack did not take this, so it is told here: it answered 403.")
    text, item = told(case, intent), item_of(intent, PORTAL)

    wanted = [item.title, *item.lines, *item.facts, *item.facts.values(), *(link.title for link in item.links)]
    assert [] == [words for words in wanted if " ".join(words.split()) not in text]
    assert [] == INTERNAL.findall(text)


@CHANNELS
def test_five_hundred_problems_are_told_and_none_is_lost(case: Case) -> None:
    text = told(case, *(about(number) for number in range(500)))
    assert [] == [number for number in range(500) if f"Profile account-{number:03}/release is suspended" not in text]


@CHANNELS
def test_a_text_of_sixty_thousand_characters_is_complete(case: Case) -> None:
    names = [f"signing-account-{number:04}" for number in range(2_500)]
    text = told(case, replace(INTENT, finding=replace(FINDING, facts={"Accounts": ", ".join(names)})))
    assert [] == [name for name in names if name not in text]


@CHANNELS
@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_other_people_wrote_is_read_as_they_wrote_it(case: Case, hostile: str) -> None:
    finding = replace(FINDING, what=f"Account {hostile} is down", facts={"Owner": hostile}, accounts=(hostile,))
    assert 2 <= told(case, replace(INTENT, finding=finding)).count(" ".join(hostile.split()))


@CHANNELS
def test_the_same_again_gives_the_same_parts(case: Case) -> None:
    intents = [about(1), replace(about(2), reason=Reason.RESOLVED), replace(about(3), reason=Reason.REPEAT)]
    assert case.compose().compose("b1", intents, {}) == case.compose().compose("b1", intents[::-1], {})


@CHANNELS
def test_every_part_says_which_problems_it_is_about(case: Case) -> None:
    intents = [about(number) for number in range(40)] + [replace(about(99), reason=Reason.RESOLVED)]
    parts = case.compose().compose("b1", intents, {})
    assert {one.problem for one in intents if not one.over} == {one for part in parts for one in part.opens}
    assert {one.problem for one in intents if one.over} == {one for part in parts for one in part.ends}
    assert len(parts) == len({part.key for part in parts})


@CHANNELS
async def test_what_is_sent_is_taken_with_its_key_however_often(case: Case) -> None:
    async with case.opened() as post:
        [part] = post.channel.compose("b1", [INTENT], {})
        await post.channel.send(part)
        await post.channel.send(part)
        taken = [one for one in await arrived(post) if one.status < 300]
    keys = {case.key(one) for one in taken} if case.key else {part.key}
    assert (True, 1) == (bool(taken), len(keys))


TRANSIENT = {408, 425, 429, *range(500, 600)}
OVER_THE_WIRE = (301, 302, 304, 400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 411, 413, 415, 422, 425, 429, 451)
BEYOND = (500, 501, 502, 503, 504, 507, 511, 520, 529, 599)


@OVER_HTTP
async def test_every_status_is_an_error_of_its_kind(case: Case) -> None:
    found = {}
    async with case.opened() as post:
        [part] = post.channel.compose("b1", [INTENT], {})
        for status in (*OVER_THE_WIRE, *BEYOND):
            await fail(post, status)
            with pytest.raises(DeliveryError) as caught:
                await post.channel.send(part)
            found[status] = caught.value.permanent
    assert {status: status not in TRANSIENT for status in (*OVER_THE_WIRE, *BEYOND)} == found


@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_there_is_has_a_meaning(status: int) -> None:
    error = refusal("X", Answer(status, retry_after_seconds=7))
    if 200 <= status < 300:
        assert error is None
        return
    assert error
    assert (status not in TRANSIENT, timedelta(seconds=7)) == (error.permanent, error.retry_after)
    assert f"X answered {status}." == str(error)
    assert error.maybe_taken is (status >= 500 and status != 503)


@CHANNELS
async def test_no_secret_is_in_a_log_a_span_or_an_error(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    errors: list[str] = []
    # As a host may do at any time.
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    with spans() as traced, caplog.at_level(logging.NOTSET):
        async with case.opened() as post:
            [part] = post.channel.compose("b1", [INTENT], {})
            await post.channel.send(part)
            for status in (401, 404, 500) if case.statuses else ():
                await fail(post, status)
                with pytest.raises(DeliveryError) as caught:
                    await post.channel.send(part)
                errors += [str(caught.value), repr(caught.value), repr(caught.value.__cause__)]
            errors.append(repr(post.channel))
    told = [record.getMessage() for record in caplog.records if record.name != STAND_INS]
    told += [str(span.to_json()) for span in traced.get_finished_spans()]
    assert [] == [line for line in (*told, *errors) if SECRET in line]


async def test_the_instrumentation_would_have_seen_a_secret_in_an_address() -> None:
    """So that the test above can fail."""
    with spans() as traced:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientError):
                await session.get(f"http://127.0.0.1:9/{SECRET}")
    assert [True] == [SECRET in str(span.to_json()) for span in traced.get_finished_spans()]
