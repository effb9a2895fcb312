"""What is special to mail: threads, headers, the way over TLS, what a server's answers mean, and operations."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from sandbox.identity import issue
from sandbox.receivers.communication_email import CommunicationEmailStandIn
from sandbox.receivers.mail import HOST, Demands, MailStandIn, mail_server
from sandbox.receivers.received import Received
from sandbox.receivers.stand_in import Arrival
from shared.channels.communication_email import request_of
from shared.channels.mail import LIMIT_BYTES, MOST_IN_SUBJECT, MOST_REFERENCES, letter_in, travelling_bytes
from shared.channels.smtp import NONE, STARTTLS, TLS, Smtp, rfc5322
from shared.domain.finding import Finding, Severity
from shared.domain.memory import Intent, Reason
from shared.http import AiohttpHttp
from shared.ports.channel import Part, Thread
from shared.ports.errors import DeliveryError
from tests.contract.channels.case import PORTAL, SECRET
from tests.contract.channels.listening import Listening, listening
from tests.contract.channels.mail_case import (
    OPERATION,
    SCOPE,
    SENDER,
    TO,
    OneToken,
    check,
    communication_email,
    compose,
    contexts,
    judged,
    mail,
    plain,
    read,
    smtp,
    words,
)

SINCE = datetime(2026, 11, 18, 8, 41, tzinfo=UTC)
DECIDED = SINCE + timedelta(days=2)
FINDING = Finding(
    rule="signing-down",
    subject="games-eu",
    severity=Severity.CRITICAL,
    what="Signing is down: 1 account (games-eu)",
    stops="Signing has stopped.",
    next_step="Request a new validation.",
    rests_on=(),
    facts={"Owner": "lena"},
    resource="/subscriptions/1/games-eu",
    problem="signing down for games-eu",
    means="Azure refuses to sign.",
    link="https://vendor.example/page",
)
INTENT = Intent("mail", Reason.FIRST, FINDING, SINCE, SINCE, DECIDED, 1, "sub", "at noon", ("pager",))
BATCH = "0123456789abcdef" * 2
DEMANDS = Demands(contexts().server, user=SENDER, password=SECRET)
KEY = base64.b64encode(b"a key of communication services").decode()


def problem(number: int, **changed: object) -> Intent:
    subject = f"account-{number}"
    found = {"subject": subject, "what": f"Signing is down for {subject}", "problem": f"signing down for {subject}"}
    return replace(INTENT, finding=replace(FINDING, **{**found, **changed}))  # type: ignore[arg-type]


def part(*intents: Intent, threads: dict[str, Thread] | None = None) -> Part:
    (only,) = compose().compose(BATCH, intents or (INTENT,), threads or {})
    return only


@asynccontextmanager
async def server(demands: Demands = DEMANDS) -> AsyncIterator[tuple[MailStandIn, list[Received]]]:
    book: list[Received] = []
    async with mail_server(book.append, demands) as there:
        yield there, book


async def refused(carrier: Smtp, told: Part | None = None) -> DeliveryError:
    """Why it was not sent; never with an address or a password in it."""
    with pytest.raises(DeliveryError) as caught:
        await mail(carrier).send(told or part())
    assert SECRET not in repr(caught.value)
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)
    return caught.value


# What people read


def test_both_texts_say_everything_in_the_order_in_which_a_person_asks() -> None:
    letter = letter_in(part())
    for text in (letter.text, plain(letter.html)):
        places = [
            text.index(words)
            for words in (
                "Countersign: 1 critical: signing down for games-eu",
                "Critical: Signing is down: 1 account (games-eu)",
                "If nothing is done: Signing has stopped.",
                "Next step: Request a new validation.",
                "First seen: Wed 18 Nov 2026 08:41 UTC",
                "You will hear again: at noon.",
                "Also told: pager",
                "What this is: Azure refuses to sign.",
                "Owner: lena",
                "Portal",
                "Microsoft's page",
            )
        ]
        assert sorted(places) == places


def test_links_open_the_portal_and_the_vendors_page_and_nothing_else() -> None:
    letter = letter_in(part())
    targets = [f"{PORTAL}/#resource/subscriptions/1/games-eu", "https://vendor.example/page"]
    assert targets == read(letter.html).links
    assert all(target in letter.text for target in targets)


def test_what_is_not_reached_by_https_is_no_link() -> None:
    letter = letter_in(part(problem(1, link="javascript:alert(1)", resource="")))
    assert [] == read(letter.html).links
    assert "javascript:alert(1)" in plain(letter.html)


def test_no_word_of_the_house_is_in_it() -> None:
    told = part(INTENT, problem(1), replace(problem(2), reason=Reason.RESOLVED), replace(problem(3), note="Late."))
    for word in ("look", "shard", "blind", "testimony", "intent", "survey"):
        assert word not in words(told).lower()


def test_how_grave_it_is_is_said_in_words_and_in_colour() -> None:
    letter = letter_in(part(INTENT, problem(1, severity=Severity.WARNING)))
    assert "Critical: " in letter.html
    assert "Warning: " in letter.html
    assert "#d6383d" in letter.html
    assert "#b86e00" in letter.html


def test_only_what_is_critical_is_of_high_importance() -> None:
    def importance(*intents: Intent) -> str | None:
        return letter_in(part(*intents)).headers.get("Importance")

    assert "high" == importance(problem(1, severity=Severity.INFO), INTENT)
    assert None is importance(problem(1, severity=Severity.WARNING))
    assert None is importance(replace(INTENT, reason=Reason.RESOLVED))


def test_nobody_is_away_for_a_machine() -> None:
    headers = letter_in(part()).headers
    assert ("auto-generated", "All") == (headers["Auto-Submitted"], headers["X-Auto-Response-Suppress"])


def test_a_long_line_is_shortened_in_the_subject_only() -> None:
    told = part(problem(1, problem="signing down for " + ", ".join(f"account-{number}" for number in range(40))))
    letter = letter_in(told)
    assert MOST_IN_SUBJECT >= len(letter.subject)
    assert letter.subject.endswith(" ...")
    assert all("account-39" in text.split("Critical:")[0] for text in (letter.text, plain(letter.html)))


def test_five_hundred_problems_are_one_letter() -> None:
    told = part(*(problem(number) for number in range(500)))
    check(told)
    letter = letter_in(told)
    for text in (letter.text, plain(letter.html)):
        assert not [number for number in range(500) if f"Signing is down for account-{number}\n" not in text]


@pytest.mark.parametrize("filling", ["x", "=", "签"])
def test_what_is_too_large_for_one_letter_goes_on_in_the_next(filling: str) -> None:
    many = [problem(number, facts={"Note": f"{number} " + filling * 5_000}) for number in range(100)]
    parts = compose().compose(BATCH, many, {})
    for one in parts:
        check(one)
    letters = [letter_in(one) for one in parts]
    assert all(travelling_bytes(letter.text + letter.html) <= LIMIT_BYTES for letter in letters)
    for number, letter in enumerate(letters, 1):
        assert letter.subject.endswith(f" ({number} of {len(parts)})")
    assert {intent.problem for intent in many} == {name for one in parts for name in one.problems}
    assert len(parts) == len({letter.message_id for letter in letters})


# Threads and headers


def test_the_end_answers_the_letter_that_opened_it() -> None:
    opened = letter_in(part())
    over = part(replace(INTENT, reason=Reason.RESOLVED), threads={INTENT.problem: Thread(opened.message_id)})
    message = message_from_bytes(rfc5322(letter_in(over)), policy=default)
    assert (opened.message_id, opened.message_id) == (message["In-Reply-To"], message["References"])
    assert "In-Reply-To" not in opened.headers


def test_a_letter_about_many_answers_the_first_and_names_the_others() -> None:
    many = [problem(number) for number in range(30)]
    told = part(*many, threads={one.problem: Thread(f"<m-{number}@x.example>") for number, one in enumerate(many)})
    letter = letter_in(told)
    first = message_from_bytes(rfc5322(letter), policy=default)
    assert MOST_REFERENCES == len(letter.references)
    assert "<m-0@x.example>" == letter.references[-1] == first["In-Reply-To"]
    assert list(letter.references) == first["References"].split()


def test_long_names_of_letters_travel_as_they_are() -> None:
    receipt = f"<{BATCH}-1@{'a' * 60}.{'b' * 60}.example>"
    raw = rfc5322(letter_in(part(threads={INTENT.problem: Thread(receipt)})))
    assert f"In-Reply-To: {receipt}\r\n".encode() in raw
    assert f"References: {receipt}\r\n".encode() in raw


def test_a_receipt_that_is_no_message_id_is_left_out() -> None:
    letter = letter_in(part(threads={INTENT.problem: Thread("1700.42\r\nBcc: all@x.example")}))
    assert ("", ()) == (letter.in_reply_to, letter.references)


@pytest.mark.parametrize("name", ["a\r\nBcc: all@x.example", "a\nX: y", "a\rb", "a\u2028b", "a\x00b", "\u202eevil"])
def test_no_name_begins_a_header(name: str) -> None:
    letter = letter_in(part(problem(1, problem=name, what=name)))
    message = message_from_bytes(rfc5322(letter), policy=default)
    assert letter.subject.isprintable()
    assert letter.subject == message["Subject"]
    assert not {"bcc", "x"} & {header.lower() for header in message}
    assert None is judged(letter)


def test_no_name_is_markup() -> None:
    evil = '<script>alert(1)</script><img src=x onerror="a"> & \'"</td>'
    told = part(problem(1, what=evil, problem=evil, facts={evil: evil}, next_step=evil, resource=f'/"onclick="{evil}'))
    check(told)
    assert "<script" not in letter_in(told).html
    assert 3 <= plain(letter_in(told).html).count(evil)


def test_the_same_part_gives_the_same_bytes_under_the_same_name() -> None:
    first, again = (rfc5322(letter_in(part())) for _ in range(2))
    message = message_from_bytes(first, policy=default)
    assert first == again
    assert f"<{BATCH}-1@contoso.example>" == message["Message-ID"]
    assert DECIDED == message["Date"].datetime
    assert f"Countersign <{SENDER}>" == message["From"]


# The way to a mail server


@pytest.mark.parametrize(
    ("demands", "security"),
    [
        (DEMANDS, STARTTLS),
        (replace(DEMANDS, at_once=True), TLS),
        (Demands(), NONE),
    ],
)
async def test_a_letter_arrives_as_it_was_written(demands: Demands, security: str) -> None:
    told = part(problem(1, what="Größe 签名 — €", facts={"Line": "." + "ä" * 2_000}))
    async with server(demands) as (there, book):
        receipt = await mail(smtp(there.port, security=security, user=demands.user)).send(told)
    letter, (arrived,) = letter_in(told), book
    assert receipt == letter.message_id == arrived.headers["message-id"] == arrived.idempotency_key
    assert (letter.subject, list(TO)) == (arrived.body["subject"], arrived.body["to"])
    assert letter.text.splitlines() == arrived.body["text"].splitlines()
    assert letter.html.splitlines() == arrived.body["html"].splitlines()
    assert (TO[0], "mail", False) == (arrived.receiver, arrived.kind, arrived.repeated)


async def test_the_same_letter_twice_is_a_repeat() -> None:
    async with server() as (there, book):
        for _ in range(2):
            await mail(smtp(there.port)).send(part())
    assert [False, True] == [one.repeated for one in book]


async def test_a_server_without_encryption_hears_nothing() -> None:
    async with server(Demands(user=SENDER, password=SECRET)) as (there, book):
        error = await refused(smtp(there.port))
    assert ("The mail server offers no encryption (STARTTLS).", True) == (str(error), error.permanent)
    assert [] == book


async def test_a_certificate_that_is_not_trusted_ends_it() -> None:
    async with server() as (there, book):
        error = await refused(replace(smtp(there.port), context=None))
    assert "The mail server could not be reached: its certificate is not trusted." == str(error)
    assert (False, False, []) == (error.permanent, error.maybe_taken, book)


async def test_what_the_system_trusts_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(contexts().authority)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with server() as (there, book):
        await mail(replace(smtp(there.port), context=None)).send(part())
    assert 1 == len(book)


@pytest.mark.parametrize("security", [NONE, "", "startls"])
async def test_nothing_leaves_the_machine_without_tls(security: str) -> None:
    error = await refused(replace(smtp(25, security=security), host="mail.contoso.example"))
    assert error.permanent


async def test_a_wrong_password_is_said_at_once() -> None:
    async with server() as (there, book):
        error = await refused(smtp(there.port, password=f"{SECRET}-old"))
    assert "The mail server answered 535 to the sign-in." == str(error)
    assert (True, []) == (error.permanent, book)


async def test_a_server_that_knows_no_password_is_said_at_once() -> None:
    async with server(Demands(contexts().server)) as (there, _):
        error = await refused(smtp(there.port))
    assert error.permanent


@pytest.mark.parametrize(
    ("command", "reply", "permanent", "maybe"),
    [
        ("MAIL", "421 4.7.0 later", False, False),
        ("MAIL", "454 4.7.0 later", False, False),
        ("MAIL", "550 5.7.1 never", True, False),
        ("DATA", "421 4.7.0 later", False, False),
        ("DATA", "451 4.3.0 later", False, False),
        ("DATA", "452 4.2.2 full", False, False),
        ("DATA", "552 5.3.4 too large", True, False),
        ("DATA", "554 5.7.1 spam", True, False),
        ("DATA", "299 nonsense", False, True),
    ],
)
async def test_every_answer_means_later_or_never(command: str, reply: str, permanent: bool, maybe: bool) -> None:
    async with server() as (there, _):
        there.fail(command, f"{reply} {SENDER}")
        error = await refused(smtp(there.port))
    assert (permanent, maybe) == (error.permanent, error.maybe_taken)


@pytest.mark.parametrize(("command", "maybe"), [("MAIL", False), (f"RCPT {TO[1]}", False), ("DATA", True)])
async def test_a_lost_connection_leaves_a_doubt_only_after_the_letter_left(command: str, maybe: bool) -> None:
    async with server() as (there, _):
        there.fail(command, "")
        error = await refused(smtp(there.port))
    assert (False, maybe) == (error.permanent, error.maybe_taken)


async def test_nobody_listens() -> None:
    async with server() as (there, _):
        port = there.port
    error = await refused(smtp(port))
    assert ("The mail server could not be reached: no connection.", False) == (str(error), error.permanent)


async def test_a_server_that_says_nothing_is_not_waited_for_longer() -> None:
    silent = await asyncio.get_running_loop().create_server(asyncio.Protocol, HOST, 0)
    async with silent:
        error = await refused(replace(smtp(silent.sockets[0].getsockname()[1]), timeout_seconds=0.2))
        silent.close_clients()
    assert "The mail server could not be reached: no answer in time." == str(error)
    assert (False, False) == (error.permanent, error.maybe_taken)


async def test_taken_for_some_is_an_error_that_is_not_repeated() -> None:
    async with server() as (there, book):
        there.fail(f"RCPT {TO[0]}", f"450 4.2.0 {TO[0]} greylisted")
        error = await refused(smtp(there.port))
    assert "The mail server refused 1 of 2 recipients (450); the others have it." == str(error)
    assert error.permanent
    assert [[TO[1]]] == [one.body["to"] for one in book]


@pytest.mark.parametrize(("replies", "permanent"), [((550, 550), True), ((550, 450), False)])
async def test_refused_for_everybody_is_tried_again_where_that_may_help(
    replies: tuple[int, int], permanent: bool
) -> None:
    async with server() as (there, book):
        for address, reply in zip(TO, replies, strict=True):
            there.fail(f"RCPT {address}", f"{reply} {address} not now")
        error = await refused(smtp(there.port))
    assert (permanent, False, []) == (error.permanent, error.maybe_taken, book)


# Azure Communication Services


@asynccontextmanager
async def service(stand_in: CommunicationEmailStandIn) -> AsyncIterator[tuple[Listening, AiohttpHttp, str]]:
    http = AiohttpHttp()
    try:
        async with listening(stand_in, lambda _: {"error": {"code": "Wrong", "message": SENDER}}) as there:
            yield there, http, f"{there.address}/communication/"
    finally:
        await http.close()


async def test_the_service_gets_the_letter_once_however_often_it_is_tried() -> None:
    stand_in, told = CommunicationEmailStandIn(), part()
    async with service(stand_in) as (there, http, endpoint):
        receipts = [await mail(communication_email(http, endpoint)).send(told) for _ in range(2)]
    letter = letter_in(told)
    (sent,) = stand_in.operations.values()
    assert [letter.message_id] * 2 == receipts
    assert request_of(letter) == sent.request
    assert letter.message_id == sent.request["headers"]["Message-ID"]
    assert 1 == len({one.headers["operation-id"] for one in there.arrived if one.body})


async def test_a_repeat_that_is_refused_for_being_one_was_taken() -> None:
    stand_in, told = CommunicationEmailStandIn(), part()
    async with service(stand_in) as (there, http, endpoint):
        channel = mail(communication_email(http, endpoint))
        await channel.send(told)
        there.fail(409)
        assert letter_in(told).message_id == await channel.send(told)


@pytest.mark.parametrize("status", [400, 409])
async def test_a_refusal_of_what_was_never_taken_is_one(status: int) -> None:
    async with service(CommunicationEmailStandIn()) as (there, http, endpoint):
        there.fail(status)
        with pytest.raises(DeliveryError, match=f"answered {status}") as caught:
            await mail(communication_email(http, endpoint)).send(part())
    assert caught.value.permanent
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        ("Failed", "EmailDroppedAllRecipientsSuppressed", ": every recipient is on its suppression list"),
        ("Failed", f"Something{SECRET}", ""),
        ("Canceled", "", ""),
    ],
)
async def test_an_operation_that_fails_is_an_error(status: str, code: str, reason: str) -> None:
    stand_in = CommunicationEmailStandIn()
    stand_in.will_end(status, code, pending=3)
    async with service(stand_in) as (_, http, endpoint):
        with pytest.raises(DeliveryError) as caught:
            await mail(communication_email(http, endpoint)).send(part())
    assert f"Azure Communication Services did not send it{reason}." == str(caught.value)
    assert caught.value.permanent


async def test_an_operation_that_takes_long_was_accepted() -> None:
    stand_in = CommunicationEmailStandIn()
    stand_in.will_end("Failed", "EmailDropped", pending=1_000)
    async with service(stand_in) as (_, http, endpoint):
        assert letter_in(part()).message_id == await mail(communication_email(http, endpoint)).send(part())
    assert [5] == [operation.asked for operation in stand_in.operations.values()]


async def test_by_identity_a_token_is_asked_for_the_service_alone() -> None:
    tokens = OneToken()
    async with service(CommunicationEmailStandIn()) as (there, http, endpoint):
        await mail(communication_email(http, endpoint, tokens=tokens)).send(part())
    assert {SCOPE} == set(tokens.scopes)
    assert {f"Bearer {SECRET}"} == {one.headers["authorization"] for one in there.arrived}


async def test_with_a_key_every_request_is_signed_and_no_token_asked_for() -> None:
    tokens, stand_in = OneToken(), CommunicationEmailStandIn(key=KEY)
    async with service(stand_in) as (there, http, endpoint):
        await mail(communication_email(http, endpoint, KEY, tokens)).send(part())
    assert [202, 200] == [one.status for one in there.arrived]
    assert [] == tokens.scopes


@pytest.mark.parametrize("key", [base64.b64encode(b"another").decode(), "no key", "===="])
async def test_a_wrong_key_is_said_at_once(key: str) -> None:
    async with service(CommunicationEmailStandIn(key=KEY)) as (_, http, endpoint):
        with pytest.raises(DeliveryError) as caught:
            await mail(communication_email(http, endpoint, key)).send(part())
    assert caught.value.permanent
    assert key not in str(caught.value)


# The stand-in refuses what the service refuses


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"colour": "red"}, "See property 'colour'"),
        ({"senderAddress": f"Countersign <{SENDER}>"}, "See property 'senderAddress'"),
        ({"recipients": {"to": []}}, "See property 'recipients'"),
        ({"recipients": {"to": [{"address": "nobody"}]}}, "See property 'recipients.to.address'"),
        ({"recipients": {"to": [{"address": SENDER}] * 51}}, "more than 50 recipients"),
        ({"content": {"subject": "s"}}, "See property 'content.plainText'"),
        ({"content": {"plainText": "t"}}, "See property 'content'"),
        ({"headers": {"Message-ID": "nothing"}}, "Message-ID is not valid"),
        ({"headers": {"X": "a\r\nBcc: b"}}, "See property 'headers'"),
    ],
)
def test_the_stand_in_names_what_is_wrong(changed: dict[str, object], reason: str) -> None:
    assert reason in str(judged(letter_in(part()), **changed))


@pytest.mark.parametrize(
    ("audience", "given", "version", "operation", "status"),
    [
        ("", "", "2023-03-31", OPERATION, 401),
        ("", "Basic x", "2023-03-31", OPERATION, 401),
        ("https://mail.example", "Bearer x", "2023-03-31", OPERATION, 401),
        ("https://mail.example", f"Bearer {issue('t', 'https://other.example')}", "2023-03-31", OPERATION, 401),
        ("https://mail.example", f"Bearer {issue('t', 'https://mail.example')}", "2023-03-31", OPERATION, 202),
        ("", "Bearer x", "", OPERATION, 400),
        ("", "Bearer x", "2023-03-31", "not-a-guid", 400),
        ("", "Bearer x", "2023-03-31", OPERATION, 202),
    ],
)
def test_the_stand_in_lets_in_whom_the_service_lets_in(
    audience: str, given: str, version: str, operation: str, status: int
) -> None:
    headers = {"authorization": given, "content-type": "application/json", "operation-id": operation}
    raw = json.dumps(request_of(letter_in(part()))).encode()
    arrival = Arrival("POST", "", headers, raw, "/communication/emails:send", {"api-version": version})
    assert status == CommunicationEmailStandIn(audience=audience).judge(arrival).status
