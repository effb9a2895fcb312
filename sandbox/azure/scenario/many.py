"""'And N more': one entry of a scenario written out as many."""

from collections.abc import Iterator
from typing import Any

_IN_TURN = frozenset({"region", "sku"})


def written_out(entries: object) -> list[Any]:
    """Every `{many: {count: 3, name: "team-{n}", ...}}` becomes three entries; everything else stays as it is.

    `{n}` counts from `first` (1); `{k}` counts 1 to `spread` in turn. A list under `region` or `sku` is taken in turn,
    one step every `spread` entries.
    """
    if not isinstance(entries, list):
        raise TypeError("is a list of entries")
    return [made for entry in entries for made in _each(entry)]


def _each(entry: Any) -> Iterator[Any]:
    if not (isinstance(entry, dict) and set(entry) == {"many"}):
        yield entry
        return
    form = dict(entry["many"])
    count, first, spread = int(form.pop("count")), int(form.pop("first", 1)), int(form.pop("spread", 1))
    for index in range(count):
        turn = {"n": first + index, "k": index % spread + 1}
        yield {key: _filled(_chosen(key, value, index // spread), turn) for key, value in form.items()}


def _chosen(key: str, value: Any, index: int) -> Any:
    return value[index % len(value)] if key in _IN_TURN and isinstance(value, list) else value


def _filled(value: Any, turn: dict[str, int]) -> Any:
    if isinstance(value, str):
        return value.format(**turn)
    if isinstance(value, list):
        return [_filled(part, turn) for part in value]
    if isinstance(value, dict):
        return {key: _filled(part, turn) for key, part in value.items()}
    return value
