"""What a ticket in Jira says: a document that is valid by Atlassian's own schema, complete, and inert."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.receivers.jira import documents
from shared.domain.message import Link
from shared.domain.ticket_text import Block, Text
from shared.tickets.jira.adf import document, encoded
from shared.tickets.jira.desk import MOST_BYTES
from shared.tickets.pieces import pieces as parted
from tests.contract.test_desks import HOSTILE

# Nodes that show their text and do nothing else: no mention, no card, no picture, no macro, no emoji, no date.
INERT = {
    *("doc", "heading", "paragraph", "text", "bulletList", "listItem"),
    *("table", "tableRow", "tableHeader", "tableCell"),
}


def pieces(text: Text) -> Sequence[Text]:
    return parted(text, MOST_BYTES, lambda part: len(encoded(document(part))))


def parsed(text: Text) -> dict[str, Any]:
    """As Jira gets it, by Atlassian's own schema."""
    found: dict[str, Any] = json.loads(encoded(document(text)))
    documents.check(found, "description", "test")
    return found


@pytest.mark.parametrize("hostile", [*HOSTILE, "javascript:alert(1)", "a\nb\u2028c\x00d\u202ee", '"\\'])
def test_what_others_wrote_is_text_and_nothing_else(hostile: str) -> None:
    ours = Link(hostile, "https://x.example")
    text: Text = (
        Block(hostile, (f"Next step: {hostile}",), {hostile: hostile}, (hostile,), (ours,)),
        Block(links=(Link("Not ours", hostile), Link("Plain", "http://plain.example"))),
    )
    found = parsed(text)
    marks = list(documents.marks(found))
    kinds = {node["type"] for node in documents.walk(found)}
    assert [] == sorted(kinds - INERT)
    assert {"strong", "link"} == {mark["type"] for mark in marks}
    assert ["https://x.example"] == [mark["attrs"]["href"] for mark in marks if mark["type"] == "link"]
    assert "Plain: http://plain.example" in documents.words(found)


def test_a_ticket_reads_well() -> None:
    text: Text = (
        Block(
            "Worse",
            ("Next step: ask.", ""),
            {"Owner": "", "Profile": "a"},
            ("b",),
            (Link("Portal", "https://p.example"),),
        ),
    )
    found = parsed(text)
    assert ["heading", "paragraph", "table", "bulletList", "paragraph"] == [node["type"] for node in found["content"]]
    assert "Worse\nNext step: ask.\nOwner\n\nProfile\na\nb\nPortal" == documents.words(found)
    assert [{"type": "strong"}] == found["content"][1]["content"][0]["marks"]


@pytest.mark.parametrize("text", [(), (Block(),), (Block(lines=("",), items=("", " ")),)])
def test_nothing_is_an_empty_document(text: Text) -> None:
    assert [] == parsed(text)["content"]
    assert [text] == list(pieces(text))


def every(text: Text) -> str:
    return "".join("".join(documents.words(parsed(piece)).split()) for piece in pieces(text))


@pytest.mark.parametrize("letter", ["x", "株", "🔑", '"', "\\", "é "])
def test_the_longest_words_fit_and_are_complete(letter: str) -> None:
    long = letter * 40_000
    text: Text = (Block(long, (long,), {"n": long}, (long, long), (Link(long, "https://u.test"),)),)
    found = pieces(text)
    assert [] == [piece for piece in found if len(encoded(document(piece))) > MOST_BYTES]
    assert 6 * 40_000 == every(text).count(letter.strip())


def test_a_name_or_an_address_that_is_too_long_is_parted_as_well() -> None:
    address = f"https://{'z' * 50_000}"
    text: Text = (Block(facts={"q" * 9_000: "v" * 70_000, "k": "w"}), Block(links=(Link("t", address),)))
    assert [] == [piece for piece in pieces(text) if len(encoded(document(piece))) > MOST_BYTES]
    assert 70_000 == every(text).count("v")
    assert 9_000 <= every(text).count("q")
    assert 50_000 == every(text).count("z")


def test_what_is_empty_takes_no_room_and_gives_none() -> None:
    text: Text = (Block("h", ("",) * 2_000, {}, ("", " ") * 2_000), Block(lines=("x" * 20_000,) * 2))
    found = pieces(text)
    assert [] == [piece for piece in found if len(encoded(document(piece))) > MOST_BYTES]
    assert 40_000 == every(text).count("x")


def test_pieces_are_few() -> None:
    items = tuple(f"games-eu/profile-{number:05}" for number in range(3_000))
    text: Text = (Block("All of them", items=items),)
    found = pieces(text)
    least = len(encoded(document(text))) / MOST_BYTES
    assert len(found) <= least + 1
    assert items == tuple(item for piece in found for block in piece for item in block.items)
    assert ["All of them", ""] == [found[0][0].heading, found[1][0].heading]


BLOCKS = st.builds(
    Block,
    st.text(max_size=20),
    st.lists(st.text(max_size=60).map(lambda line: line * 150), max_size=4).map(tuple),
    st.dictionaries(st.text(max_size=20), st.text(max_size=60).map(lambda line: line * 150), max_size=4),
    st.lists(st.text(max_size=60).map(lambda line: line * 150), max_size=4).map(tuple),
    st.just((Link("Portal", "https://p.example"),)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(BLOCKS, max_size=6).map(tuple))
def test_whatever_is_said_fits_and_is_a_document(text: Text) -> None:
    for piece in pieces(text):
        assert len(encoded(parsed(piece))) <= MOST_BYTES
