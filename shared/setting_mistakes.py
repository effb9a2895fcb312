"""What is wrong with app settings, in one plain sentence each that does not show a value."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pydantic_core import ErrorDetails

NEAR = 0.9
FAR = 0.6


@dataclass(frozen=True, slots=True)
class Mistake:
    """One wrong setting; `beside` names others that it does not go together with, and that are not in force either."""

    name: str
    sentence: str
    beside: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of which the default is in force."""
        return (self.name, *self.beside)


# What pydantic says, in plain words; what is not here is a refusal of ours, which is plain already.
WORDS = {
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number",
    "int_from_float": "must be a whole number",
    "decimal_type": "must be a number",
    "decimal_parsing": "must be a number",
    "finite_number": "must be a number",
    "string_too_long": "must be shorter",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
}


def mistake_of(error: ErrorDetails) -> Mistake:
    """From pydantic's own account of it."""
    name = str(error["loc"][0])
    plain = WORDS.get(error["type"])
    words = plain.format(**error.get("ctx", {})) if plain else error["msg"].removeprefix("Value error, ")
    return Mistake(name, f"{name}: {words}.")


def unknown(environment: Mapping[str, str], known: Collection[str], sections: Sequence[str]) -> tuple[Mistake, ...]:
    """Names that begin like ours and are not, or are all but one of ours, with the nearest known one."""
    found = []
    for name in sorted(set(environment) - set(known)):
        ours = "__" in name and name.partition("__")[0].upper() in sections
        near = difflib.get_close_matches(name.upper(), known, n=1, cutoff=FAR if ours else NEAR)
        if ours or near:
            hint = f"did you mean {near[0]}?" if near else "nothing in this release reads it."
            found.append(Mistake(name, f"{name} is not a setting of Countersign: {hint}"))
    return tuple(found)
