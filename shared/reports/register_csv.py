"""The validation list as CSV: what is exported, filled in with a spreadsheet, and imported again."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.domain.validation import RegisterEntry
from shared.domain.validation_list import ListLine
from shared.testimony import FIELDS, said_by

# For reading only: an import passes over them.
SHOWN = ("subscription_name", "used_by", "missing", "said_by", "said_at", "said_way")
COLUMNS = (*FIELDS, *SHOWN)
SAID_AT = "said_at"  # By this an import knows whether somebody else spoke since the export.
# What a spreadsheet would take for a formula is written behind an apostrophe, which an import takes away again.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
INSIDE, GUARDED = re.compile(r"([;\t\r\n] *)('*[=+\-@])"), re.compile(r"([;\t\r\n] *)'('*[=+\-@])")
NAMING = ("subscription", "validation", "account")
MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LineFault:
    """What is wrong in a file: the line (the first is 1), the column or "", and a part of a sentence about it."""

    line: int
    column: str
    words: str

    @property
    def sentence(self) -> str:
        """line 7, expires: must be a date like 2028-11-19."""
        return f"line {self.line}{f', {self.column}' if self.column else ''}: {self.words}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """Lines that were read, each with its number and only the columns that the file has."""

    lines: Sequence[tuple[int, Mapping[str, str]]]
    faults: Sequence[LineFault]


def written(lines: Sequence[ListLine]) -> str:
    """One line each, with CRLF between, as RFC 4180 and spreadsheets want it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for line in lines:
        writer.writerow({name: _harmless(value) for name, value in _cells(line).items()})
    return text.getvalue()


def sheet_of(content: bytes) -> Sheet:
    """Commas, semicolons or tabs between; UTF-8, with or without a mark at the beginning."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return _refused(line, "", "is not UTF-8: save it as CSV UTF-8")
    header = next(iter(text.splitlines()), "")
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, begins = [], 1
    try:
        for cells in reader:
            rows.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        return _refused(begins, "", f"cannot be read as CSV ({error})")
    return _sheet(rows)


def _sheet(rows: Sequence[tuple[int, Sequence[str]]]) -> Sheet:
    names = [name.strip().lower() for name in rows[0][1]] if rows else []
    unknown = [name for name in names if name not in COLUMNS]
    doubled = sorted({name for name in names if names.count(name) > 1})
    lacking = [name for name in ("subscription", "status") if name not in names]
    if unknown or doubled or lacking or not {"validation", "account"} & set(names):
        return _refused(1, "", _about_header(unknown, doubled, lacking))
    lines: list[tuple[int, Mapping[str, str]]] = []
    faults: list[LineFault] = []
    for begins, cells in rows[1:]:
        if len(cells) > len(names):
            faults.append(LineFault(begins, "", f"has {len(cells)} cells, the first line has {len(names)}"))
        elif any(cell.strip() for cell in cells):
            given = dict(zip(names, (_plain(cell) for cell in cells), strict=False))
            lines.append((begins, {name: value for name, value in given.items() if name in (*FIELDS, SAID_AT)}))
    return Sheet(lines, faults)


def says_nothing(cells: Mapping[str, str]) -> bool:
    """A line that was exported to be filled in, and was not: it only names what it is about."""
    return not any(value.strip() for name, value in cells.items() if name not in (*NAMING, SAID_AT))


def _about_header(unknown: Sequence[str], doubled: Sequence[str], lacking: Sequence[str]) -> str:
    if unknown:
        return f"{', '.join(repr(name) for name in unknown)}: no such column; there are {', '.join(COLUMNS)}"
    if doubled:
        return f"{', '.join(doubled)} stands there twice"
    return f"must name the columns {', '.join(lacking)}" if lacking else "must name the column validation or account"


def _refused(line: int, column: str, words: str) -> Sheet:
    return Sheet((), (LineFault(line, column, words),))


def _cells(line: ListLine) -> dict[str, str]:
    entry = line.entry
    named = {"subscription": line.subscription.id, "validation": line.validation_id, "account": line.account}
    return {
        **(said_by(entry) if entry else named),
        "subscription_name": line.subscription.name,
        "used_by": " ".join(line.used_by),
        "missing": line.missing,
        "said_by": entry.said_by if entry else "",
        "said_at": exported_at(entry) if entry else "",
        "said_way": str(entry.way) if entry else "",
    }


def exported_at(entry: RegisterEntry) -> str:
    """When it was said, as a file has it."""
    return entry.said_at.isoformat()


def _harmless(value: str) -> str:
    """Also behind what another program may take for the end of a cell."""
    inside = INSIDE.sub(r"\1'\2", value)
    return f"'{inside}" if inside.startswith((*FORMULA, "'")) else inside


def _plain(cell: str) -> str:
    inside = cell[1:] if cell.startswith("'") and cell[1:].startswith((*FORMULA, "'")) else cell
    return GUARDED.sub(r"\1\2", inside)
