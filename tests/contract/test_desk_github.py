"""GitHub Issues: what only this desk has, and a stand-in that refuses what GitHub refuses."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from sandbox.receivers.github.issues import NEW, OLD
from sandbox.receivers.github.refusals import Refused, abuse, too_quickly
from sandbox.receivers.github.repository import PERSON
from sandbox.receivers.github.requests import COMMENTS, ISSUE, ISSUES, LABEL, LABELS, REPO, asked
from sandbox.receivers.github.schema import answer_mistakes
from sandbox.receivers.github.seen import SeenGitHub, html, undone
from sandbox.receivers.github.stand_in import GitHubStandIn
from sandbox.receivers.stand_in import Arrival, Reply
from shared.domain.finding import Severity
from shared.domain.message import Link
from shared.domain.ticket import Status
from shared.domain.ticket_text import Block, Text
from shared.domain.words import plain
from shared.http import Answer
from shared.ports.desk import Draft
from shared.ports.errors import DeliveryError, NotThere
from shared.tickets.github.desk import MOST_IN_BODY, MOST_IN_TITLE, GitHubDesk
from shared.tickets.github.issues import marker_in
from shared.tickets.github.markdown import inline, split, written
from shared.tickets.terms import Terms
from shared.tickets.titles import utf16_units
from tests.contract.desks.case import ASSIGNEE, LAG, OWNER, SECRET, Hands
from tests.contract.desks.github_case import REPOSITORY, TERMS, TOKEN, desk, stand_in

NOW = datetime(2026, 11, 20, 9, 7, 30, 123_456, tzinfo=UTC)
MARKER = "countersign-0123456789abcdef-1"
PORTAL = Link("Portal", "https://portal.example/#@contoso/resource/x?a=1&copy=2")
TEXT: Text = (
    Block(
        "Signing is down",
        ("Next step: ask for a new validation.", "It is 1. in a row."),
        {"Owner": "ana@contoso.example", "Subscription": "Products_EU"},
        ("games-eu/release", "a < b"),
        (PORTAL, Link("Elsewhere", "http://intranet")),
    ),
    Block(lines=("The end.",)),
)
DRAFT = Draft(MARKER, "critical: Account games is suspended", TEXT, Severity.CRITICAL, (OWNER,))
SMALL = Draft(MARKER, "warning: x", (Block(lines=("x",)),), Severity.WARNING)
HERE = f"/repos/{REPOSITORY}"
HOSTILE = (
    "@octocat",
    "(@org/team)",
    "mail ana@contoso.example or mailto:ana@contoso.example",
    "#1 acme/repo#1 GH-1 gh-12 fixes #1",
    "a5c3785ed8d6a35868bc169f07e40e889087fd2e a5c3785 octocat@a5c3785ed8",
    "0f8fad5b-d9cb-469f-a165-70867728950e",
    "GHSA-jfh8-c2jp-5v3q CVE-2021-44228",
    "https://evil.example/x http://evil.example ftp://evil.example www.evil.example WWW.EVIL.EXAMPLE",
    "https://github.com/acme/repo/issues/1",
    "<https://evil.example> [x](https://evil.example) ![x](https://evil.example/x.png) [x]: https://evil.example",
    ":tada: :+1: a:100:b",
    "$x$ $`x`$ $$x$$ cost$ 12",
    "`@octocat` ``#1`` @`octocat`",
    f"{'`' * 100}@octocat{'`' * 99}",
    "[ ] a task",
    "[x] done",
    "[^1] and [^1]: note",
    "> [!NOTE]",
    "# big",
    "1. one",
    "2) two",
    "- a",
    "+ a",
    "---",
    "===",
    "***",
    "```js",
    "~~~",
    "| a | b |",
    "<details><summary>x</summary>",
    "<!-- countersign: countersign-ffffffffffffffff-9 -->",
    "&lt;b&gt; &amp; &copy; &#64;octocat",
    "\\@octocat \\* a\\",
    "_a_ *b* ~c~ __d__ snake_case_name",
    "株式会社テスト@octocat",
)
# What GitHub goes through the text for after the Markdown is done, outside of code and links.
MADE_BY_GITHUB = re.compile(
    r"@[a-z0-9]|#\d|\bgh-\d|\b[0-9a-f]{7,40}\b|://|www\.|mailto:|:[\w+-]+:|\$|\bghsa-|\bcve-\d", re.IGNORECASE
)
OUR_TAGS = {"p", "h3", "strong", "ul", "li", "a", "code"}


class Page(HTMLParser):
    """What a browser would get: tags, addresses, comments, and text in which GitHub looks for references."""

    def __init__(self, markdown: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.comments: list[str] = []
        self.looked_through: list[str] = []
        self._inside: list[str] = []
        self.feed(html(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self._inside.pop()

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        if not {"a", "code"} & set(self._inside):
            self.looked_through.append(data)


@dataclass(slots=True)
class Direct:
    """Straight into a stand-in, without a network; `calls` are method, path and body of what was asked."""

    stand_in: GitHubStandIn
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    instead: list[Answer] = field(default_factory=list)

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        path, _, query = url.removeprefix("https://host").partition("?")
        self.calls.append((method, path.removeprefix("/github"), json.loads(body) if body else None))
        self.headers.append(headers)
        self.queries.append(query)
        if self.instead:
            return self.instead.pop(0)
        asked_with = {name.lower(): value for name, value in headers.items()} | {"host": "host"}
        pairs = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        spoken = {name: value.replace("%3A", ":").replace("%3D", "=") for name, value in pairs.items()}
        reply = self.stand_in.judge(
            Arrival(method, "", asked_with, body or b"", path.replace("%3A", ":").replace("%20", " "), spoken)
        )
        assert reply.reason is None
        return answer_of(reply)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return await self.ask("POST", url, headers, body)

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        return await self.ask("GET", url, headers)

    @property
    def asked(self) -> list[str]:
        return [f"{method} {path.removeprefix(HERE)}".strip() for method, path, _ in self.calls]


def answer_of(reply: Reply) -> Answer:
    late = int(reply.headers.get("retry-after", "0"))
    return Answer(reply.status, "", late, body=json.dumps(reply.body).encode(), headers=dict(reply.headers))


def words(text: str) -> str:
    return " ".join(text.split())


@dataclass(slots=True)
class Place:
    time: Hands
    stand_in: SeenGitHub
    http: Direct
    desk: GitHubDesk

    def settle(self) -> None:
        """Lists know by now."""
        self.time.pass_by(LAG + timedelta(seconds=1))


@pytest.fixture
def place() -> Place:
    time = Hands(NOW)
    there = stand_in(time, LAG)
    http = Direct(there)
    return Place(time, there, http, desk(http, "https://host", TERMS))


# What a person reads.


def test_a_ticket_looks_good() -> None:
    assert [
        "### Signing is down",
        "",
        "**Next step:** ask for a new validation.",
        "",
        "It is 1. in a row.",
        "",
        "- **Owner:** `ana@contoso.example`",
        "- **Subscription:** Products\\_EU",
        "",
        "* games-eu/release",
        "* a &lt; b",
        "",
        "[Portal](<https://portal.example/#@contoso/resource/x?a=1&amp;copy=2>) · Elsewhere: `http://intranet`",
        "",
        "The end.",
    ] == written(TEXT).split("\n")


def test_what_we_write_is_what_github_shows() -> None:
    page = Page(written(TEXT))
    assert ({"p", "h3", "strong", "ul", "li", "a", "code"}, [PORTAL.url], []) == (page.tags, page.links, page.comments)
    assert 2 == html(written(TEXT)).count("<ul>")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_others_wrote_is_more_than_text(hostile: str) -> None:
    link = Link(hostile, "https://ours.example/a(b)?c=`d`&e=\\f<g>|h_i_j*k*")
    text: Text = (Block(hostile, (hostile, f"Next step: {hostile}"), {hostile: hostile}, (hostile,), (link,)),)
    page = Page(written((*text, *text)))
    assert page.tags <= OUR_TAGS
    assert {"https://ours.example/a(b)?c=%60d%60&e=%5Cf%3Cg%3E%7Ch_i_j*k*"} == set(page.links)
    assert [] == page.comments
    assert [] == [said for said in page.looked_through if MADE_BY_GITHUB.search(said)]
    assert 14 == words(undone(written((*text, *text)))).count(words(hostile))


@given(st.text(st.sampled_from("`*_[]()<>!&~|#+-=.:$@\\/ 1aAf0x\n\t\"'^{}é株"), max_size=60) | st.text(max_size=40))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    for block in (Block(text), Block(lines=(text,)), Block(facts={"Name of it": text}), Block(items=(text,))):
        page = Page(written((block,)))
        assert words(plain(text)) == words(undone(written((block,)))).removeprefix("Name of it:").strip()
        assert (set(), [], []) == (page.tags - OUR_TAGS, page.links, page.comments)
        assert [] == [said for said in page.looked_through if MADE_BY_GITHUB.search(said)]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://x.example", "https://x y", "https://株.example", ""])
def test_what_is_no_safe_address_is_text(url: str) -> None:
    page = Page(written((Block(links=(Link("Page", url),)),)))
    assert ([], set()) == (page.links, page.tags - {"p", "code"})


def test_bullets_of_facts_and_items_are_two_lists_and_a_rule_is_no_heading() -> None:
    assert "<h" not in html(written((Block(lines=("a",)), Block(lines=("---",)))))
    assert "**Next\\_step:** `#1`" == written((Block(lines=("Next_step: #1",)),))


@pytest.mark.parametrize("filling", ["x ", "@a ", "🔏", "`@"])
@pytest.mark.parametrize("where", ["heading", "lines", "facts", "names", "items", "links"])
async def test_however_long_it_is_nothing_is_cut_off_and_github_takes_it(
    place: Place, filling: str, where: str
) -> None:
    long = filling * (90_000 // len(filling))
    block = {
        "heading": Block(long, ("x",)),
        "lines": Block("Heading", (long,)),
        "facts": Block(facts={"Name": long, "More": "y"}),
        "names": Block(facts={long: "value"}),
        "items": Block(items=(long,)),
        "links": Block(links=(Link(long, "https://x.example"),)),
    }[where]
    first, *more = place.desk.pieces((block, Block(lines=("The end.",))))
    ticket = await place.desk.open(replace(DRAFT, text=first))
    for number, text in enumerate(more):
        await place.desk.comment(ticket.reference, text, f"k.{number}")
    [seen] = place.stand_in.seen()
    said = "".join([seen.text, *seen.comments])
    bodies = [place.stand_in.issues[0].body, *(comment.body for comment in place.stand_in.issues[0].comments)]
    assert len(long.replace(" ", "")) <= len("".join(said.split()))
    assert said.count(long[0]) >= long.count(long[0])
    assert max(len(body) for body in bodies) <= 65_536
    assert max(len(body.encode()) for body in bodies) <= 262_144
    assert "The end." in said


def test_pieces_are_few_and_each_fits() -> None:
    items = tuple(f"account-{number:05} in @team" for number in range(6_000))
    parts = split((Block("All", ("Line.",), {"A": "b"}, items),), MOST_IN_BODY)
    assert list(items) == [item for text in parts for block in text for item in block.items]
    whole = len(written((Block("All", ("Line.",), {"A": "b"}, items),)))
    assert whole / MOST_IN_BODY <= len(parts) <= whole / MOST_IN_BODY * 1.1 + 1
    assert [] == [text for text in parts if len(written(text)) > MOST_IN_BODY]
    assert "All" == parts[0][0].heading


def test_a_fact_that_goes_on_keeps_its_order() -> None:
    value = " ".join(f"w{number:05}" for number in range(20_000))
    parts = split((Block(facts={"A": value, "B": "c"}, items=("d",), links=(PORTAL,)),), MOST_IN_BODY)
    read = words(" ".join(undone(written(text)) for text in parts))
    assert words(f"A: {value} B: c d Portal") == f"A: {read.replace('A: ', '')}"
    assert PORTAL == parts[-1][-1].links[0]


def test_blocks_that_fit_stay_whole() -> None:
    block = Block("H", ("a " * 15_000,), {"n": "v"}, ("i",))
    parts = split((block,) * 4, MOST_IN_BODY)
    assert [[block] * 2] * 2 == [list(text) for text in parts]


# What GitHub is asked.


async def test_every_field_of_a_new_issue(place: Place) -> None:
    ticket = await place.desk.open(DRAFT)
    [(method, path, body)] = place.http.calls
    assert ("POST", f"{HERE}/issues") == (method, path)
    assert {
        "title": DRAFT.title,
        "body": f"{written(TEXT)}\n\n<!-- countersign: {MARKER} -->",
        "labels": ["countersign", "severity: critical", "signing"],
        "assignees": [ASSIGNEE],
        "milestone": 1,
    } == body
    assert ("1", "#1", f"https://github.com/{REPOSITORY}/issues/1") == (ticket.reference, ticket.name, ticket.url)
    assert ("open", ASSIGNEE, "", NOW.replace(microsecond=0)) == (
        ticket.word,
        ticket.assignee,
        ticket.by,
        ticket.changed,
    )


async def test_who_asks_is_said_in_headers(place: Place) -> None:
    await place.desk.open(DRAFT)
    await place.desk.read("1")
    common = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {TOKEN}",
        "User-Agent": "Countersign",
        "X-GitHub-Api-Version": NEW,
    }
    assert [{**common, "Content-Type": "application/json"}, common] == place.http.headers


async def test_github_enterprise_server_is_asked_in_the_version_that_all_of_them_have(place: Place) -> None:
    http = Direct(place.stand_in, instead=[Answer(404, body=b"{}")])
    with pytest.raises(DeliveryError):
        await replace(place.desk, http=http, address="https://github.contoso.example/api/v3/").open(DRAFT)
    assert (OLD, f"https://github.contoso.example/api/v3{HERE}/issues") == (
        http.headers[0]["X-GitHub-Api-Version"],
        http.calls[0][1],
    )


async def test_a_title_is_one_line_that_fits(place: Place) -> None:
    await place.desk.open(replace(DRAFT, title="a\nb\u2028c"))
    await place.desk.open(replace(DRAFT, title="x" * 256))
    await place.desk.open(replace(DRAFT, title="🔏" * 257))
    titles = [issue.title for issue in place.stand_in.issues]
    assert ["a b c", "x" * 256, "🔏" * 127 + "…"] == titles
    assert max(utf16_units(title) for title in titles) <= MOST_IN_TITLE


async def test_priorities_of_the_installation_and_no_label_twice(place: Place) -> None:
    terms = Terms(labels=("P1", "ops", "ops"), priorities={Severity.CRITICAL: "P1"})
    mine = replace(place.desk, terms=terms)
    await mine.open(DRAFT)
    await mine.open(SMALL)
    assert [("countersign", "P1", "ops"), ("countersign", "severity: warning", "P1", "ops")] == [
        issue.labels for issue in place.stand_in.issues
    ]


@pytest.mark.parametrize(
    ("more", "sent"),
    [
        (["bug", "Countersign", {"name": "OPS"}, {"name": "area", "color": "ff0000"}], ["bug", {"name": "area"}]),
        ("bug", ["bug"]),
        ([], []),
        (None, []),
    ],
)
async def test_labels_in_the_fields_are_added_to_ours(place: Place, more: Any, sent: list[Any]) -> None:
    terms = Terms(labels=("ops",), fields={"labels": more})
    await replace(place.desk, terms=terms).open(DRAFT)
    labels = place.http.calls[0][2]["labels"]
    assert ["countersign", "severity: critical", "ops"] == labels[:3]
    assert sent == [{"name": one["name"]} if isinstance(one, dict) else one for one in labels[3:]]


async def test_what_is_no_label_in_the_fields_is_for_github_to_refuse(place: Place) -> None:
    place.http.instead = [invalid({"resource": "Issue", "field": "labels", "code": "invalid"})]
    with pytest.raises(DeliveryError, match=r"labels is not valid. Look at TICKETS__GITHUB_FIELDS"):
        await replace(place.desk, terms=Terms(fields={"labels": [1, {"color": "red"}]})).open(DRAFT)
    assert ["countersign", "severity: critical", 1, {"color": "red"}] == place.http.calls[0][2]["labels"]


@pytest.mark.parametrize(
    ("fields", "of_nobody"),
    [
        ({"assignee": "lead"}, ["lead"]),
        ({"assignees": ["lead", "deputy"]}, ["lead", "deputy"]),
        ({"assignee": "deputy", "assignees": ["lead"]}, ["lead"]),
        ({"assignee": None, "assignees": []}, None),
    ],
)
async def test_who_is_in_the_fields_gets_what_no_owner_has_an_assignee_for(
    place: Place, fields: dict[str, Any], of_nobody: list[str] | None
) -> None:
    place.stand_in.assignable = (ASSIGNEE, "lead", "deputy")
    mine = replace(place.desk, terms=Terms(assignees={OWNER: ASSIGNEE}, fields=fields))
    await mine.open(DRAFT)
    await mine.open(replace(DRAFT, owners=("somebody@contoso.example",)))
    sent = [body for _, _, body in place.http.calls]
    assert [[ASSIGNEE], of_nobody] == [body.get("assignees") for body in sent]
    assert [] == [body for body in sent if "assignee" in body]
    assert [(ASSIGNEE,), tuple(of_nobody or ())] == [issue.assignees for issue in place.stand_in.issues]


async def test_who_is_in_the_fields_and_cannot_be_assigned_is_left_out(place: Place) -> None:
    await replace(place.desk, terms=Terms(fields={"assignee": "nobody", "milestone": 1})).open(SMALL)
    [issue] = place.stand_in.issues
    assert ((), 1) == (issue.assignees, issue.milestone)


async def test_priorities_that_the_installation_does_not_name_are_the_desks(place: Place) -> None:
    mine = replace(place.desk, terms=Terms(priorities={Severity.CRITICAL: "P1"}))
    await mine.open(DRAFT)
    await mine.set_severity("1", Severity.INFO)
    assert ("countersign", "severity: info") == place.stand_in.issues[0].labels


async def test_an_assignee_is_left_out_and_nothing_else(place: Place) -> None:
    strangers = Terms(assignees={OWNER: "nobody"}, labels=("signing",), fields={"milestone": 1})
    await replace(place.desk, terms=strangers).open(DRAFT)
    first, second = (body for _, _, body in place.http.calls)
    assert {name: value for name, value in first.items() if name != "assignees"} == second
    [issue] = place.stand_in.issues
    assert ((), 1, "signing") == (issue.assignees, issue.milestone, issue.labels[-1])


async def test_every_method_asks_as_little_as_it_can(place: Place) -> None:
    asking = place.http
    await place.desk.open(SMALL)
    await place.desk.read("1")
    await place.desk.comment("1", SMALL.text, "k")
    await place.desk.said("1", "k", NOW)
    await place.desk.set_severity("1", Severity.CRITICAL)
    await place.desk.set_severity("1", Severity.CRITICAL)
    await place.desk.reopen("1")
    await place.desk.close("1")
    await place.desk.close("1")
    await place.desk.check()
    assert [
        "POST /issues",
        "GET /issues/1",
        "POST /issues/1/comments",
        "GET /issues/1/comments",
        "POST /issues/1/labels",
        "DELETE /issues/1/labels/severity%3A%20warning",
        "POST /issues/1/labels",
        "PATCH /issues/1",
        "GET /issues/1",
        "PATCH /issues/1",
        "GET /issues/1",
        "GET",
        "GET /issues",
    ] == asking.asked


# Severity.


async def test_only_our_own_severity_is_taken_off(place: Place) -> None:
    await place.desk.open(SMALL)
    place.stand_in.person_labels("1", "countersign", "Severity: Warning", "severity: info", "bug", "severity: odd")
    await place.desk.set_severity("1", Severity.CRITICAL)
    [issue] = place.stand_in.issues
    assert ("countersign", "bug", "severity: odd", "severity: critical") == issue.labels


async def test_a_label_that_is_gone_already_holds_up_nothing(place: Place) -> None:
    await place.desk.open(SMALL)
    there = [{"name": "severity: critical"}, {"name": "severity: warning"}]
    gone = Answer(404, body=b'{"message": "Label does not exist"}')
    place.http.instead = [Answer(200, body=json.dumps(there).encode()), gone]
    await place.desk.set_severity("1", Severity.CRITICAL)


async def test_where_labels_are_not_for_us_tickets_are_found_all_the_same(place: Place) -> None:
    place.stand_in.may_label = False
    ticket = await place.desk.open(DRAFT)
    place.settle()
    found = await place.desk.find(MARKER, NOW)
    changed = await place.desk.changed(NOW)
    assert ((), MARKER) == (place.stand_in.issues[0].labels, ticket.marker)
    assert [[MARKER], [MARKER]] == [[one.marker for one in tickets] for tickets in (found, changed)]
    with pytest.raises(DeliveryError, match="role Triage") as caught:
        await place.desk.set_severity("1", Severity.INFO)
    assert caught.value.permanent


async def test_a_label_that_a_person_took_off_hides_no_ticket(place: Place) -> None:
    await place.desk.open(replace(SMALL, marker="countersign-ffffffffffffffff-1"))
    await place.desk.open(DRAFT)
    place.stand_in.person_labels("2", "bug")
    place.settle()
    assert ["2"] == [one.reference for one in await place.desk.find(MARKER, NOW)]


async def test_what_happened_to_a_ticket_without_its_label_is_not_missed_for_one_that_has_it(place: Place) -> None:
    await place.desk.open(DRAFT)
    await place.desk.open(replace(SMALL, marker="countersign-ffffffffffffffff-1"))
    place.stand_in.person_labels("1", "bug")
    place.time.pass_by(timedelta(hours=1))
    since = place.time.at
    place.stand_in.person_closes("1", dismissed=True)
    place.stand_in.person_assigns("2", ASSIGNEE)
    place.settle()
    found = await place.desk.changed(since)
    assert [("1", Status.DISMISSED), ("2", Status.OPEN)] == [(one.reference, one.status) for one in found]


async def test_a_double_without_its_label_is_found_beside_one_that_has_it(place: Place) -> None:
    await place.desk.open(DRAFT)
    place.stand_in.may_label = False
    await place.desk.open(DRAFT)
    place.settle()
    found = await place.desk.find(MARKER, NOW)
    assert (["1", "2"], ()) == ([one.reference for one in found], place.stand_in.issues[1].labels)


async def test_one_list_says_it_all_and_no_label_narrows_it(place: Place) -> None:
    await place.desk.find(MARKER, NOW)
    await place.desk.changed(NOW)
    wanted = "state=all&since=2026-11-20T09%3A07%3A29Z&sort=created&direction=asc&per_page=50"
    assert (["GET /issues"] * 2, [wanted] * 2) == (place.http.asked, place.http.queries)


# What people did.


@pytest.mark.parametrize(
    ("how", "status", "word"),
    [
        ("completed", Status.DONE, "closed as completed"),
        ("not_planned", Status.DISMISSED, "closed as not planned"),
        ("duplicate", Status.DISMISSED, "closed as duplicate"),
    ],
)
async def test_how_a_person_closed_it(place: Place, how: str, status: Status, word: str) -> None:
    await place.desk.open(DRAFT)
    if how == "duplicate":
        place.stand_in.person_closes_as_duplicate("1")
    else:
        place.stand_in.person_closes("1", dismissed=how == "not_planned")
    ticket = await place.desk.read("1")
    assert (status, word, PERSON) == (ticket.status, ticket.word, ticket.by)
    await place.desk.close("1")
    assert how == place.stand_in.issues[0].reason


async def test_one_that_is_open_again_has_no_reason_and_nobody_closed_it(place: Place) -> None:
    await place.desk.open(DRAFT)
    await place.desk.close("1")
    await place.desk.reopen("1")
    ticket = await place.desk.read("1")
    assert (Status.OPEN, "open", "") == (ticket.status, ticket.word, ticket.by)


async def test_pull_requests_are_no_tickets(place: Place) -> None:
    await place.desk.open(DRAFT)
    body = place.stand_in.issues[0].body
    place.stand_in.person_opens_pull_request("Fix", body, "countersign")
    place.settle()
    assert ["1"] == [one.reference for one in await place.desk.find(MARKER, NOW)]
    assert ["1"] == [one.reference for one in await place.desk.changed(NOW)]


async def test_issues_of_other_people_are_not_ours(place: Place) -> None:
    await place.desk.open(replace(DRAFT, text=(Block(lines=(f"<!-- countersign: {MARKER} -->",)),), marker="other"))
    place.stand_in.open({"title": "x", "labels": ["countersign"]})
    place.settle()
    assert [] == await place.desk.changed(NOW)
    assert "" == (await place.desk.read("2")).marker


def test_the_marker_is_the_last_one() -> None:
    body = "<!-- countersign: countersign-a -->\r\nx\r\n\r\n<!-- countersign: countersign-b -->\r\n"
    assert ("countersign-b", "", "") == (marker_in(body), marker_in(""), marker_in("<!-- countersign: x -->"))


async def test_what_a_person_said_is_no_key_of_ours(place: Place) -> None:
    await place.desk.open(DRAFT)
    place.stand_in.person_comments("1", "countersign-key: k and &lt;!-- countersign-key: k --&gt;")
    assert not await place.desk.said("1", "k", NOW)
    await place.desk.comment("1", (Block(lines=("<!-- countersign-key: k -->",)),), "other")
    assert not await place.desk.said("1", "k", NOW)


async def test_times_are_whole_seconds_and_nothing_is_missed_for_that(place: Place) -> None:
    await place.desk.open(DRAFT)
    await place.desk.comment("1", SMALL.text, "k")
    place.settle()
    assert 1 == len(await place.desk.find(MARKER, NOW))
    assert 1 == len(await place.desk.changed(NOW))
    assert await place.desk.said("1", "k", NOW)
    assert [] == await place.desk.changed(NOW + timedelta(seconds=1))


# Away, or out of reach.


async def each(place: Place, reference: str) -> list[BaseException]:
    found: list[BaseException] = []
    for asking in (
        place.desk.read(reference),
        place.desk.comment(reference, SMALL.text, "k"),
        place.desk.said(reference, "k", NOW),
        place.desk.set_severity(reference, Severity.INFO),
        place.desk.close(reference),
        place.desk.reopen(reference),
    ):
        with pytest.raises((NotThere, DeliveryError)) as caught:
            await asking
        found.append(caught.value)
    return found


async def test_a_ticket_that_was_transferred_or_never_was_is_not_there(place: Place) -> None:
    await place.desk.open(DRAFT)
    place.stand_in.person_transfers("1")
    assert {NotThere} == {type(error) for error in [*await each(place, "1"), *await each(place, "9")]}


async def test_a_repository_that_moved_is_not_a_ticket_that_is_gone(place: Place) -> None:
    await place.desk.open(DRAFT)
    place.stand_in.renamed = True
    errors = await each(place, "1")
    assert {DeliveryError} == {type(error) for error in errors}
    assert {f"The repository {REPOSITORY} has moved (301): put its new name into TICKETS__GITHUB_REPOSITORY."} == {
        str(error) for error in errors
    }
    with pytest.raises(DeliveryError, match=r"has moved \(307\)") as caught:
        await place.desk.open(DRAFT)
    assert (True, False) == (caught.value.permanent, caught.value.maybe_taken)


async def test_issues_that_are_switched_off_are_not_tickets_that_are_gone(place: Place) -> None:
    await place.desk.open(DRAFT)
    place.stand_in.has_issues = False
    [said] = {str(error) for error in await each(place, "1")}
    assert said.startswith(f"Issues are switched off in {REPOSITORY}, ")
    assert said.endswith("look at the features in the settings of the repository.")
    for asking in (place.desk.open(DRAFT), place.desk.check(), place.desk.changed(NOW)):
        with pytest.raises(DeliveryError, match="Issues are switched off"):
            await asking


async def test_a_repository_that_the_token_may_not_see(place: Place) -> None:
    elsewhere = replace(place.desk, repository="contoso/other")
    for asking in (elsewhere.open(DRAFT), elsewhere.read("1"), elsewhere.check(), elsewhere.find(MARKER, NOW)):
        with pytest.raises(DeliveryError, match=r"no repository contoso/other .*TICKETS__GITHUB_REPOSITORY") as caught:
            await asking
        assert caught.value.permanent


async def test_a_token_that_may_not_see_issues_makes_no_ticket_gone(place: Place) -> None:
    await place.desk.open(DRAFT)
    place.stand_in.may_read = False
    errors = await each(place, "1")
    assert {(DeliveryError, True)} == {(type(error), getattr(error, "permanent", None)) for error in errors}
    assert [] == [str(error) for error in errors if "Issues: read and write" not in str(error)]
    with pytest.raises(DeliveryError, match="Issues: read and write"):
        await place.desk.check()


async def test_a_repository_that_hides_its_list_too_makes_no_ticket_gone(place: Place) -> None:
    hidden = Answer(404, body=b'{"message": "Not Found"}')
    place.http.instead = [hidden, hidden]
    with pytest.raises(DeliveryError, match=r"or not its issues \(404\): .*, with Issues: read and write\.") as caught:
        await place.desk.read("1")
    assert (True, ["GET /issues/1", "GET /issues"]) == (caught.value.permanent, place.http.asked)


@pytest.mark.parametrize("answer", [Answer(502), Answer(0, "no answer in time"), Answer(429)])
async def test_what_cannot_be_confirmed_is_not_gone(place: Place, answer: Answer) -> None:
    place.http.instead = [Answer(404, body=b'{"message": "Not Found"}'), answer]
    with pytest.raises(DeliveryError) as caught:
        await place.desk.read("1")
    assert not caught.value.permanent


async def test_a_token_that_may_not_write(place: Place) -> None:
    place.stand_in.may_write = False
    with pytest.raises(DeliveryError, match=r"Issues: read and write.*interaction limits of the repository or of"):
        await place.desk.open(DRAFT)
    await place.desk.check()


async def test_a_token_that_is_wrong(place: Place) -> None:
    stranger = replace(place.desk, token=SecretStr("github_pat_other"))
    for asking in (stranger.open(DRAFT), stranger.check(), stranger.read("1"), stranger.changed(NOW)):
        with pytest.raises(DeliveryError, match=r"does not accept the token \(401\).*TICKETS__GITHUB_TOKEN"):
            await asking


async def test_an_archived_repository_is_seen_before_there_is_anything_to_tell(place: Place) -> None:
    place.stand_in.archived = True
    with pytest.raises(DeliveryError, match="is archived"):
        await place.desk.check()
    with pytest.raises(DeliveryError, match="what is archived or locked takes nothing"):
        await place.desk.open(DRAFT)


# Rate limits.


async def waits(place: Place, answer: Answer | None = None) -> tuple[float, bool, bool]:
    if answer:
        place.http.instead = [answer]
    with pytest.raises(DeliveryError, match="asks to wait") as caught:
        await place.desk.open(DRAFT)
    assert caught.value.retry_after
    return caught.value.retry_after.total_seconds(), caught.value.permanent, caught.value.maybe_taken


async def test_both_kinds_of_limits_say_how_long(place: Place) -> None:
    place.stand_in.throttle(77)
    assert (77, False, False) == await waits(place)
    place.stand_in.throttle(33, secondary=True)
    assert (33, False, False) == await waits(place)


@pytest.mark.parametrize("worded", [too_quickly(), abuse()])
@pytest.mark.parametrize(("told", "seconds"), [(0, 60), (5, 60), (90, 90)])
async def test_who_makes_too_much_at_once_is_asked_to_wait(
    place: Place, worded: Refused, told: int, seconds: int
) -> None:
    place.stand_in.throttle(told, worded=worded)
    assert (seconds, False, False) == await waits(place)
    assert [] == place.stand_in.issues
    ticket = await place.desk.open(DRAFT)
    place.stand_in.throttle(told, worded=worded)
    with pytest.raises(DeliveryError, match="asks to wait") as caught:
        await place.desk.comment(ticket.reference, SMALL.text, "k")
    assert (False, False) == (caught.value.permanent, caught.value.maybe_taken)


def spoken(message: str, errors: Any) -> bytes:
    return json.dumps({"message": message, "errors": errors}).encode()


SPENT = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795166520", "date": "Fri, 20 Nov 2026 09:00:00 GMT"}
SECONDARY = b'{"message": "You have exceeded a secondary rate limit and have been temporarily blocked."}'


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Answer(403, headers=SPENT), 1_320),
        (Answer(429, headers=SPENT), 1_320),
        (Answer(403, headers={**SPENT, "x-ratelimit-reset": "1"}), 1),
        (Answer(403, headers={**SPENT, "x-ratelimit-reset": "999999999999"}), 86_400),
        (Answer(403, headers={**SPENT, "date": "soon"}), 60),
        (Answer(403, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795166520"}), 60),
        (Answer(403, body=SECONDARY), 60),
        (Answer(403, body=SECONDARY, retry_after_seconds=5), 5),
        (Answer(403, body=spoken("Was submitted too quickly", None)), 60),
        (Answer(403, body=spoken("Validation Failed", ["was submitted too quickly"])), 60),
        (Answer(422, body=spoken("Validation Failed", "was submitted too quickly")), 60),
        (Answer(403, body=spoken("You have triggered an abuse detection mechanism. Please wait.", [])), 60),
        (Answer(422, body=spoken("You have been temporarily blocked from content creation.", [])), 60),
        (Answer(403, body=spoken("was submitted too quickly", []), headers=SPENT), 1_320),
        (Answer(429), 60),
        (Answer(429, headers={**SPENT, "x-ratelimit-reset": "x"}), 60),
    ],
)
async def test_how_long_to_wait(place: Place, answer: Answer, seconds: int) -> None:
    assert (seconds, False, False) == await waits(place, answer)


async def test_what_github_gives_back_of_ours_does_not_ask_to_wait(place: Place) -> None:
    error = {"resource": "Issue", "field": "milestone", "code": "invalid", "value": "was submitted too quickly"}
    place.http.instead = [Answer(422, body=spoken("Validation Failed", [error]), headers=SPENT)]
    with pytest.raises(DeliveryError, match="milestone is not valid") as caught:
        await place.desk.open(SMALL)
    assert caught.value.permanent


# Refusals and odd answers.


def invalid(*errors: Any) -> Answer:
    return Answer(422, body=json.dumps({"message": SECRET, "errors": list(errors)}).encode())


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ([{"resource": "Issue", "field": "milestone", "code": "invalid"}], "milestone is not valid"),
        ([{"resource": "Issue", "field": "title", "code": "missing_field"}], "title is missing"),
        ([{"resource": "Label", "field": "name", "code": "missing"}], "name of Label does not exist"),
        ([{"field": "type", "code": SECRET}, {"field": "body"}], "type is not accepted, body is not accepted"),
        ([{"field": f"x {SECRET}"}, {"field": 1}, {}, "words", None], "it does not say why"),
    ],
)
async def test_it_says_which_field_and_nothing_of_the_bodys(place: Place, errors: list[Any], said: str) -> None:
    place.http.instead = [invalid(*errors)]
    with pytest.raises(DeliveryError) as caught:
        await place.desk.open(SMALL)
    assert (
        f"GitHub does not take it (422): {said}. Look at TICKETS__GITHUB_FIELDS, TICKETS__GITHUB_PRIORITIES and"
        " TICKETS__LABELS."
    ) == str(caught.value)


ODD = (
    b"",
    b"<html><title>Sign in</title></html>",
    b"null",
    b"[]",
    b"[1]",
    b"{}",
    b'{"number": 1}',
    b'{"number": "x", "html_url": null, "state": [], "created_at": 1, "updated_at": "yesterday", "id": {}}',
    b'[{"number": 1}]',
    b'{"number": 1, "html_url": "x", "state": "open", "created_at": "2026-11-20T09:07:00", "updated_at": "2026"}',
    b"[" * 100_000,
    b"\xff\xfe",
)


def asking_all(place: Place) -> Iterator[tuple[str, Any]]:
    yield "open", lambda: place.desk.open(SMALL)
    yield "comment", lambda: place.desk.comment("1", SMALL.text, "k")
    yield "find", lambda: place.desk.find(MARKER, NOW)
    yield "changed", lambda: place.desk.changed(NOW)
    yield "read", lambda: place.desk.read("1")
    yield "said", lambda: place.desk.said("1", "k", NOW)
    yield "set_severity", lambda: place.desk.set_severity("1", Severity.INFO)
    yield "close", lambda: place.desk.close("1")
    yield "reopen", lambda: place.desk.reopen("1")
    yield "check", place.desk.check


@pytest.mark.parametrize("body", ODD)
async def test_a_good_answer_that_says_nothing_is_an_error(place: Place, body: bytes) -> None:
    for name, asking in asking_all(place):
        if body == b"[]" and name not in ("open", "comment", "read", "close", "reopen", "check"):
            continue
        place.http.instead = [Answer(200, body=body)] * 2
        with pytest.raises(DeliveryError, match=r"is not GitHub's API.*TICKETS__GITHUB_ADDRESS") as caught:
            await asking()
        assert (False, name in ("open", "comment")) == (caught.value.permanent, caught.value.maybe_taken)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 407, 410, 422])
async def test_a_refusal_that_is_not_githubs_is_told_apart(place: Place, status: int) -> None:
    for _, asking in asking_all(place):
        place.http.instead = [Answer(status, body=b"<html>x</html>")] * 3
        with pytest.raises(DeliveryError, match=rf"What answered {status} is not GitHub's API") as caught:
            await asking()
        assert (True, False) == (caught.value.permanent, caught.value.maybe_taken)


@pytest.mark.parametrize(
    "answer", [Answer(0, "no connection", left=False), Answer(0, "no answer in time"), Answer(502)]
)
async def test_only_what_creates_leaves_a_doubt(place: Place, answer: Answer) -> None:
    for name, asking in asking_all(place):
        place.http.instead = [answer]
        with pytest.raises(DeliveryError) as caught:
            await asking()
        assert (False, answer.left and name in ("open", "comment")) == (
            caught.value.permanent,
            caught.value.maybe_taken,
        )


# Pages.


async def test_the_token_goes_nowhere_but_to_our_own_address(place: Place) -> None:
    link = {"link": '<https://evil.example/x?page=2>; rel="next", <https://evil.example/x?page=9>; rel="last"'}
    empty = Answer(200, body=b"[]", headers=link)
    place.http.instead = [empty, Answer(200, body=b"[]")]
    assert [] == await place.desk.changed(NOW)
    assert ("page=2", 2) == (place.http.queries[-1], len(place.http.calls))
    assert {f"{HERE}/issues"} == {path for _, path, _ in place.http.calls}


async def test_pages_that_never_end_do(place: Place) -> None:
    again = Answer(200, body=b"[]", headers={"link": '<https://host/x?page=2>; rel="next"'})
    place.http.instead = [again] * 10
    assert not await place.desk.said("1", "k", NOW)
    assert 2 == len(place.http.calls)


async def test_what_stands_on_two_pages_is_one_ticket(place: Place) -> None:
    for number in range(120):
        await place.desk.open(replace(SMALL, marker=f"countersign-{number:016}-1"))
    place.settle()
    found = await place.desk.changed(NOW)
    assert [str(number) for number in range(1, 121)] == [one.reference for one in found]


# The stand-in.


def ask(
    there: GitHubStandIn, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None, **more: str
) -> Reply:
    headers = {"authorization": f"Bearer {TOKEN}", "user-agent": "x", "x-github-api-version": NEW, "host": "host"}
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in more.items()}
    sent = {name: value for name, value in (headers | named).items() if value}
    return there.judge(Arrival(method, "", sent, raw, f"/github{path}", query or {}))


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/issues", b"{", 400),
        ("POST", "/issues", [], 400),
        ("POST", "/issues", {"body": "x"}, 422),
        ("POST", "/issues", {"title": " "}, 422),
        ("POST", "/issues", {"title": ["x"]}, 422),
        ("POST", "/issues", {"title": "x" * 257}, 422),
        ("POST", "/issues", {"title": "x", "body": "x" * 65_537}, 422),
        ("POST", "/issues", {"title": "x", "body": 1}, 422),
        ("POST", "/issues", {"title": "x", "labels": "x"}, 422),
        ("POST", "/issues", {"title": "x", "labels": [1]}, 422),
        ("POST", "/issues", {"title": "x", "labels": ["x" * 51]}, 422),
        ("POST", "/issues", {"title": "x", "labels": [""]}, 422),
        ("POST", "/issues", {"title": "x", "milestone": 2}, 422),
        ("POST", "/issues", {"title": "x", "priority": "high"}, 422),
        ("POST", "/issues", {"title": "x", "labels": [{"name": "x", "colour": "red"}]}, 422),
        ("PATCH", "/issues/1", {"state": "done"}, 422),
        ("PATCH", "/issues/1", {"state": "closed", "state_reason": "fixed"}, 422),
        ("PATCH", "/issues/1", {"title": "other"}, 422),
        ("POST", "/issues/1/comments", {}, 422),
        ("POST", "/issues/1/comments", {"body": "x" * 65_537}, 422),
        ("POST", "/issues/1/comments", {"body": "x", "key": "k"}, 422),
        ("POST", "/issues/1/labels", {"labels": []}, 422),
        ("POST", "/issues/1/labels", {"labels": [None]}, 422),
        ("GET", "/issue", None, 404),
        ("GET", "/issues/x", None, 404),
    ],
)
def test_what_is_malformed_is_refused_with_a_reason(method: str, path: str, body: Any, status: int) -> None:
    there = stand_in(Hands(NOW), LAG)
    ask(there, "POST", f"{HERE}/issues", {"title": "x"})
    before = there.issues
    reply = ask(there, method, f"{HERE}{path}", body)
    assert (status, True, before) == (reply.status, bool(reply.reason), there.issues)
    assert {"message", "documentation_url", "status"} <= reply.body.keys()


@pytest.mark.parametrize(
    "query",
    [
        {"label": "x"},
        {"state": "any"},
        {"per_page": "many"},
        {"since": "yesterday"},
        {"since": "2026-11-20T09:07:00+00:00"},
        {"sort": "number"},
    ],
)
def test_a_query_that_is_malformed_is_refused_with_a_reason(query: dict[str, str]) -> None:
    reply = ask(stand_in(Hands(NOW), LAG), "GET", f"{HERE}/issues", query=query)
    assert (422, True) == (reply.status, bool(reply.reason))


@pytest.mark.parametrize(
    ("headers", "status", "malformed"),
    [
        ({"authorization": ""}, 401, True),
        ({"authorization": "Basic x"}, 401, True),
        ({"authorization": "Bearer other"}, 401, False),
        ({"user_agent": ""}, 403, True),
        ({"x_github_api_version": "2020-01-01"}, 400, True),
        ({"x_github_api_version": ""}, 200, False),
    ],
)
def test_who_asks_is_checked(headers: dict[str, Any], status: int, malformed: bool) -> None:
    reply = ask(stand_in(Hands(NOW), LAG), "GET", HERE, **headers)
    assert (status, malformed) == (reply.status, bool(reply.reason))


def test_nobody_is_assigned_who_may_not_be_and_github_knows_no_keys() -> None:
    there = stand_in(Hands(NOW), LAG)
    there.open({"title": "x"})
    with pytest.raises(ValueError, match="stranger"):
        there.person_assigns("1", "stranger")
    assert None is there.key_of(Arrival("POST", "", {}, b"{}"))


def test_what_is_regular_has_no_reason() -> None:
    there = stand_in(Hands(NOW), LAG)
    there.throttle(5)
    replies = [
        ask(there, "GET", HERE),
        ask(there, "GET", f"{HERE}/issues/7"),
        ask(there, "GET", "/repos/contoso/other"),
        ask(there, "POST", f"{HERE}/issues", {"title": "x", "assignees": ["nobody"]}),
    ]
    assert [(403, None), (404, None), (404, None), (422, None)] == [(one.status, one.reason) for one in replies]


def test_pages_are_as_long_as_githubs() -> None:
    there = stand_in(time := Hands(NOW), LAG)
    for _ in range(250):
        there.open({"title": "x"})
    time.pass_by(LAG)
    sizes = {}
    for asked_for, query in (("", {}), ("7", {"per_page": "7"}), ("500", {"per_page": "500"})):
        reply = ask(there, "GET", f"{HERE}/issues", query=query)
        sizes[asked_for] = len(reply.body)
        assert 'rel="next"' in reply.headers["link"]
    assert {"": 30, "7": 7, "500": 100} == sizes


def test_the_links_of_pages_lead_through_all_of_them() -> None:
    there = stand_in(time := Hands(NOW), LAG)
    for _ in range(250):
        there.open({"title": "x"})
    time.pass_by(LAG)
    numbers: list[int] = []
    path, query = f"{HERE}/issues", {"per_page": "100", "direction": "asc"}
    while path:
        reply = ask(there, "GET", path, query=query)
        numbers += [issue["number"] for issue in reply.body]
        found = re.search(r'<http://host/github([^?]+)\?([^>]+)>; rel="next"', reply.headers.get("link", ""))
        path = found[1] if found else ""
        query = dict(pair.split("=", 1) for pair in found[2].replace("%3D", "=").split("&")) if found else {}
    assert list(range(1, 251)) == numbers


def test_a_list_lags_behind_and_an_issue_does_not() -> None:
    there = stand_in(time := Hands(NOW), LAG)
    there.open({"title": "x"})
    time.pass_by(LAG)
    there.person_closes("1")
    listed = ask(there, "GET", f"{HERE}/issues").body
    assert (["open"], "closed") == (
        [issue["state"] for issue in listed],
        ask(there, "GET", f"{HERE}/issues/1").body["state"],
    )
    time.pass_by(LAG)
    assert ([], 1) == (
        ask(there, "GET", f"{HERE}/issues").body,
        len(ask(there, "GET", f"{HERE}/issues", query={"state": "all"}).body),
    )


def test_without_arguments_it_goes_by_the_clock_on_the_wall() -> None:
    there = GitHubStandIn()
    made = there.open({"title": "x"})
    assert abs(datetime.now(UTC) - made.created) < timedelta(minutes=1)
    assert 200 == ask(there, "GET", HERE, authorization="Bearer any").status
    assert {"/github/"} == {path[:8] for _, path in there.routes}


def conversation(there: GitHubStandIn, version: str) -> Iterator[tuple[str, str, Reply]]:
    """One of each operation, and of each refusal; the path as GitHub describes it."""

    def said(method: str, path: str, body: Any = None) -> tuple[str, str, Reply]:
        arrival = Arrival(method, "", {}, b"", f"/github{path}")
        return method, asked(arrival).path, ask(there, method, path, body, x_github_api_version=version)

    whole = {"title": "x", "body": "y", "labels": ["a", {"name": "b"}], "assignees": [ASSIGNEE], "milestone": 1}
    yield said("GET", HERE)
    yield said("POST", f"{HERE}/issues", whole)
    yield said("POST", f"{HERE}/issues", {"title": "x"})
    yield said("POST", f"{HERE}/issues", {"title": "x", "assignees": ["nobody"]})
    for worded in (too_quickly(), abuse()):
        there.throttle(0, worded=worded)
        yield said("POST", f"{HERE}/issues", {"title": "x"})
    yield said("GET", f"{HERE}/issues/1")
    yield said("POST", f"{HERE}/issues/1/comments", {"body": "y"})
    yield said("GET", f"{HERE}/issues/1/comments")
    yield said("POST", f"{HERE}/issues/1/labels", {"labels": ["c"]})
    yield said("DELETE", f"{HERE}/issues/1/labels/c")
    yield said("DELETE", f"{HERE}/issues/1/labels/c")
    yield said("PATCH", f"{HERE}/issues/1", {"state": "closed"})
    yield said("GET", f"{HERE}/issues/1")
    yield said("PATCH", f"{HERE}/issues/1", {"state": "open"})
    there.person_opens_pull_request("x", "y")
    there.lag = timedelta(0)
    yield said("GET", f"{HERE}/issues")
    there.person_deletes("2")
    yield said("GET", f"{HERE}/issues/2")
    there.person_transfers("1")
    yield said("GET", f"{HERE}/issues/1")
    there.may_write = False
    yield said("POST", f"{HERE}/issues", {"title": "x"})
    there.may_read = False
    yield said("GET", f"{HERE}/issues/3")


def test_what_the_stand_in_says_is_as_github_describes_it() -> None:
    spoken = list(conversation(stand_in(Hands(NOW), LAG), OLD))
    mistakes = [
        (method, path, reply.status, found)
        for method, path, reply in spoken
        if (found := answer_mistakes(method, path, reply.status, reply.body))
    ]
    assert [] == mistakes
    assert {REPO, ISSUES, ISSUE, COMMENTS, LABELS, LABEL} == {path for _, path, _ in spoken}
    assert {200, 201, 301, 403, 404, 410, 422} == {reply.status for _, _, reply in spoken}


def test_the_newer_version_has_no_single_assignee_and_is_else_the_same() -> None:
    older, newer = (list(conversation(stand_in(Hands(NOW), LAG), version)) for version in (OLD, NEW))
    assert [without(reply.body) for _, _, reply in older] == [reply.body for _, _, reply in newer]


def without(body: Any) -> Any:
    if isinstance(body, list):
        return [without(one) for one in body]
    return {name: value for name, value in body.items() if name != "assignee"}


def test_a_word_that_github_leaves_alone_stays_as_it_is() -> None:
    names: Sequence[str] = ("games-eu/release", "12,304", "v1.2.3", "a(b)", "100%", "Products EU", "08:41", "x.y")
    assert list(names) == [inline(name) for name in names]
