"""The validation list as a file: what is written is read again, and what is wrong is said by line and column."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.domain.subscription import Subscription
from shared.domain.validation import ApplicantKind, RegisterEntry, ValidationStatus, Way
from shared.domain.validation_list import ListLine
from shared.reports.register_csv import COLUMNS, SAID_AT, Sheet, says_nothing, sheet_of, written
from shared.testimony import FIELDS, said_by

OWNER = Subscription("3c0e8f52-74d5-4a1b-92cf-8f6d4b309c32", "Games")
ID = "4931e07a-52c8-4d6f-9b13-6a0c8e7d2f95"


def line(**parts: Any) -> ListLine:
    entry = RegisterEntry(
        OWNER.id, ID, ValidationStatus.COMPLETED, "ana", datetime(2026, 11, 20, tzinfo=UTC), Way.PERSON, **parts
    )
    return ListLine(OWNER, ID, entry.account, entry, ("games/release",))


def sentences(content: str | bytes) -> list[str]:
    given = content.encode() if isinstance(content, str) else content
    return [fault.sentence for fault in sheet_of(given).faults]


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"expires": date(2028, 2, 29), "kind": ApplicantKind.ORGANISATION, "attempts_used": 0, "email_verified": False},
        {"organisation": '株式会社 "テスト", GmbH', "note": "two\nlines; with, all\tsigns"},
        {"note": "=HYPERLINK(1)", "owner": "+49 89 1", "contact": "@kim", "organisation": "'quoted"},
        {"note": "'=already"},
    ],
)
def test_what_is_exported_is_imported_unchanged(parts: dict[str, Any]) -> None:
    one = line(**parts)
    assert one.entry
    [(number, cells)] = sheet_of(written([one]).encode("utf-8-sig")).lines
    assert (2, {**said_by(one.entry), SAID_AT: "2026-11-20T00:00:00+00:00"}) == (number, cells)


@pytest.mark.parametrize("hostile", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(hostile: str) -> None:
    assert f"'{hostile}"[:2] in written([line(note=hostile)])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_of_the_usual_delimiters_will_do(delimiter: str) -> None:
    text = f"Subscription,Validation,Status,Expires\n{OWNER.id},{ID},Completed,2028-11-19\n".replace(",", delimiter)
    assert Sheet(
        [(2, {"subscription": OWNER.id, "validation": ID, "status": "Completed", "expires": "2028-11-19"})], []
    ) == sheet_of(text.encode())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "line 1: must name the columns subscription, status"),
        ("subscription,status\n", "line 1: must name the column validation or account"),
        (
            "subscription,status,validation,expiry\n",
            f"line 1: 'expiry': no such column; there are {', '.join(COLUMNS)}",
        ),
        ("subscription,status,status,account\n", "line 1: status stands there twice"),
        ("subscription,status,account\na,b,c,d\n", "line 2: has 4 cells, the first line has 3"),
        ("subscription,status,account\n\na,b,c\na,b,c,d\n", "line 4: has 4 cells, the first line has 3"),
        ('subscription,status,account\na,b,"c\n', "line 2: cannot be read as CSV (unexpected end of data)"),
        (b"subscription,status,account\na,b,M\xfcller\n", "line 2: is not UTF-8: save it as CSV UTF-8"),
    ],
)
def test_what_is_wrong_is_said_by_line(content: str | bytes, said: str) -> None:
    assert [said] == sentences(content)


def test_lines_are_numbered_as_an_editor_numbers_them() -> None:
    text = 'subscription,status,account,note\na,b,c,"one\ntwo"\nd,e,f,\n'
    assert [2, 4] == [number for number, _ in sheet_of(text.encode()).lines]


def test_a_line_to_be_filled_in_says_nothing_yet() -> None:
    empty = ListLine(OWNER, ID, used_by=("games/release",), missing="the expiry date")
    [(_, cells)] = sheet_of(written([empty]).encode()).lines
    assert says_nothing(cells)
    assert not says_nothing({**cells, "status": "Completed"})
    assert {*FIELDS, SAID_AT} == set(cells)


@pytest.mark.parametrize("note", ["a;=1+1;", "x;  =HYPERLINK(1)", "one\n- two\n- three", "a;'=1", "a\t@b", "'a;''-b"])
def test_what_another_separator_would_make_a_formula_is_guarded_and_read_as_it_was(note: str) -> None:
    text = written([line(note=note)])
    assert not any(f"{separator}{sign}" in text for separator in ";\t" for sign in "=+-@")
    assert note == sheet_of(text.encode()).lines[0][1]["note"]
