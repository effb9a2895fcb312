"""Older and newer releases side by side: what is stored keeps its shape, or says that it is newer."""

import hashlib
import json
import pkgutil
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

import pytest

import shared.store
from shared.domain.subscription import Subscription
from shared.store.rows import Row
from shared.store.schema import SCHEMA, SHAPES, Codec, newer

CODEC = Codec[Subscription](Subscription)
OURS = Row("k", CODEC.values(Subscription("1", "Games")))
NEWER = Row("k", {**OURS.values, "schema": SCHEMA + 1})
UNREADABLE = Row("k", {"schema": SCHEMA + 1})


def codecs() -> Iterable[Codec[Any]]:
    """Every one that a module of the store holds."""
    for module in pkgutil.iter_modules(shared.store.__path__, "shared.store."):
        yield from (held for held in vars(import_module(module.name)).values() if isinstance(held, Codec))


def fingerprint(shapes: Iterable[Mapping[str, Any]]) -> str:
    """Of all shapes in one order, each once; words about them do not count."""
    texts = sorted({json.dumps(_without_words(shape), sort_keys=True) for shape in shapes})
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _without_words(shape: Any) -> Any:
    if isinstance(shape, list):
        return [_without_words(inside) for inside in shape]
    if not isinstance(shape, dict):
        return shape
    return {
        name: _without_words(inside)
        for name, inside in shape.items()
        if name not in ("title", "description") or isinstance(inside, dict)
    }


def test_a_stored_type_changes_its_shape_only_with_a_new_schema() -> None:
    found = fingerprint(codec.shape() for codec in codecs())
    assert found == SHAPES, (
        "The shape of a stored type has changed: a release that runs beside this one, or is put back after it, would "
        "misread such rows or cut off what it does not know. In shared/store/schema.py raise SCHEMA by one, unless "
        "that was done since the last release, make sure that this code reads the older shape, and set SHAPES to "
        f'"{found}".'
    )


def test_words_about_a_shape_are_no_part_of_it() -> None:
    plain = {"properties": {"title": {"type": "string"}}}
    told = {"description": "Says what.", "properties": {"title": {"type": "string", "title": "Title"}}}
    assert fingerprint([plain]) == fingerprint([told])
    assert fingerprint([plain]) != fingerprint([{"properties": {"name": {"type": "string"}}}])


def test_a_newer_row_is_read_where_it_can_be_and_skipped_where_it_cannot() -> None:
    assert [False, True, True] == [newer(row) for row in (OURS, NEWER, UNREADABLE)]
    games = Subscription("1", "Games")
    assert [games, games, None] == [CODEC.readable(row) for row in (OURS, NEWER, UNREADABLE)]
    assert [games, games] == CODEC.all_readable([OURS, UNREADABLE, NEWER])


def test_a_row_of_ours_that_is_damaged_is_not_skipped() -> None:
    with pytest.raises(ValueError, match="not complete"):
        CODEC.readable(Row("k", {"schema": SCHEMA}))
