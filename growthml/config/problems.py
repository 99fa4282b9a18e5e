"""What is wrong with a config, where, and in our own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]
"""The way to a value through keys and list indices."""

CUSTOM = "growthml"
"""The type of errors whose message is already a sentence of ours."""

EXPECTED = "growthml_expected"
"""The type of errors whose message names what was expected."""


@dataclass(frozen=True, order=True)
class Place:
    """Where something is written: a file with line and column (both from 1), or `--set KEY`."""

    origin: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.origin}:{self.line}:{self.column}" if self.line else self.origin


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong; prints as `file:line:column: path: message`."""

    place: Place
    path: str
    message: str

    def __str__(self) -> str:
        said = self.place.origin.removeprefix("--set ") if not self.place.line else ""
        if not self.path or f"{said}.".startswith(f"{self.path}."):
            return f"{self.place}: {self.message}"
        return f"{self.place}: {self.path}: {self.message}"


@dataclass(frozen=True)
class Fault:
    """A problem before its place is looked up: something is wrong with the value at `path`.

    unknown, missing: the key that the mapping at `path` has too much, or lacks. expected: what the
    value should have been. hint: the nearest valid name. on_key: its key is wrong, not the value.
    """

    path: Path
    message: str = ""
    unknown: str = ""
    missing: str = ""
    expected: str = ""
    hint: str = ""
    on_key: bool = False

    def below(self, path: Path) -> Fault:
        """The same fault in something that lies at `path`."""
        return replace(self, path=path + self.path)

    def sentence(self, got: str) -> str:
        """The problem in words; got: the value as a message prints it."""
        if self.unknown:
            return f"unknown key '{self.unknown}'{self.hint}"
        if self.missing:
            return f"missing key '{self.missing}'{self.message}"
        if self.expected:
            return f"expected {self.expected}, got {got}{self.hint}"
        return self.message


def nearest(name: str, names: Iterable[str]) -> str:
    """The name most like this one, whatever its case; empty where none is like it."""
    by_fold = {candidate.casefold(): candidate for candidate in names}
    close = get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[close[0]] if close else ""


def did_you_mean(name: Any, names: Iterable[str]) -> str:
    """The nearest valid name as words in brackets; empty where none is like it."""
    close = nearest(name, names) if isinstance(name, str) else ""
    return f" (did you mean '{close}'?)" if close else ""


def suggestion(name: str, names: Sequence[str]) -> str:
    """The nearest valid name, or all of them where they are few, as words in brackets."""
    close = did_you_mean(name, names)
    if close:
        return close
    return f" (expected {one_of(names)})" if 0 < len(names) <= 12 else ""


def one_of(names: Sequence[str]) -> str:
    """The names as a choice: `a, b or c`."""
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last


def shown(value: Any) -> str:
    """A value as a message prints it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= 40 else f"'{value[:37]}...'"
    return str(value)


def faults_of(
    error: ValidationError, model: type[BaseModel], data: Any, also: Sequence[str] = ()
) -> list[Fault]:
    """The validator's errors as ours: one for each place, in our words.

    also: keys that may stand beside the model's own.

    A value that fits no branch of a union gives one fault, naming all that would have fitted; an
    unknown key that is a misspelling of a missing one gives one fault too.
    """
    faults = [_fault(details, model, data, also) for details in error.errors(include_url=False)]
    return _one_for_each_place([fault for fault in faults if not _is_misspelt(fault, faults)])


def _is_misspelt(missing: Fault, faults: Sequence[Fault]) -> bool:
    """Whether the key is there after all, under a name that is nearly right."""
    return bool(missing.missing) and any(
        fault.path == missing.path and nearest(fault.unknown, [missing.missing])
        for fault in faults
        if fault.unknown
    )


def _one_for_each_place(faults: Sequence[Fault]) -> list[Fault]:
    kept: dict[tuple[Path, str, str], Fault] = {}
    for fault in faults:
        if fault.expected and any(_lies_within(other, fault.path) for other in faults):
            continue
        key = (fault.path, fault.unknown, fault.missing)
        first = kept.setdefault(key, fault)
        if first.expected and fault.expected and fault.expected not in first.expected:
            both = f"{first.expected} or {fault.expected}"
            kept[key] = replace(first, expected=both, hint=first.hint or fault.hint)
    return list(kept.values())


def _lies_within(fault: Fault, path: Path) -> bool:
    deeper = len(fault.path) > len(path) or fault.unknown or fault.missing
    return bool(deeper) and fault.path[: len(path)] == path


def _fault(details: ErrorDetails, model: type[BaseModel], data: Any, also: Sequence[str]) -> Fault:
    loc, kind = details["loc"], details["type"]
    path = _path(loc, data)
    if kind == "missing":
        return Fault(path, missing=str(loc[-1]))
    if kind == "extra_forbidden":
        owner = _model_at(model, loc[:-1])
        names = [*keys_of(owner), *also] if owner else []
        key = str(loc[-1])
        return Fault(path[:-1], unknown=key, hint=suggestion(key, names))
    on_key = loc[-1:] == ("[key]",)
    context = details.get("ctx", {})
    if kind == CUSTOM:
        return Fault(path, str(context["message"]), on_key=on_key)
    if kind == EXPECTED:
        return Fault(path, expected=details["msg"])
    if kind in ("value_error", "assertion_error"):
        return Fault(path, str(context["error"]), on_key=on_key)
    expected, valid = _expected(kind, context)
    hint = did_you_mean(details["input"], valid)
    if kind == "string_type" and isinstance(details["input"], bool | date):
        hint = "; put it in quotes"
    return Fault(path, expected=expected, hint=hint, on_key=on_key)


def _path(loc: Sequence[str | int], data: Any) -> Path:
    """The part of a validator's location that is in the data; the rest names union branches."""
    path: list[str | int] = []
    for step in loc:
        inside = (isinstance(data, dict) and step in data) or (
            isinstance(data, list | tuple) and isinstance(step, int) and step < len(data)
        )
        if inside:
            path.append(step)
            data = data[step]
    return tuple(path)


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys a mapping of this model may have, as they are written."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(annotation: Any, loc: Sequence[str | int]) -> type[BaseModel] | None:
    """The model that the validator's location leads to, if it is one."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _model_at(arguments[0], loc)
    if origin in (Union, UnionType):
        found = (_model_at(branch, rest) for rest in (loc[1:], loc) for branch in arguments)
        return next((model for model in found if model), None)
    if origin is not None and loc:
        return _model_at(arguments[-1] if len(arguments) == 2 else arguments[0], loc[1:])
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return None
    if not loc:
        return annotation
    for name, field in annotation.model_fields.items():
        if loc[0] == (field.alias or name):
            return _model_at(field.annotation, loc[1:])
    return None


_EXPECTED = {
    "string_type": "text",
    "string_too_short": "text that is not empty",
    "string_pattern_mismatch": "text of the form {pattern}",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "too_short": "at least {min_length} entry",
    "too_long": "at most {max_length} entries",
    "dict_type": "a mapping (key: value)",
    "mapping_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "date_type": "a day such as 2025-04-21",
    "date_parsing": "a day such as 2025-04-21",
    "date_from_datetime_parsing": "a day such as 2025-04-21",
    "date_from_datetime_inexact": "a day such as 2025-04-21",
    "none_required": "nothing",
}


def _expected(kind: str, context: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    """What would have fitted, in words, and the valid names where there is a list of them."""
    if kind in ("literal_error", "enum"):
        names = re.findall(r"'([^']*)'", str(context["expected"]))
        return (one_of(names) if names else str(context["expected"])), names
    bounds = {name: f"{bound:g}" for name, bound in context.items() if isinstance(bound, float)}
    return _EXPECTED.get(kind, "another kind of value").format(**{**context, **bounds}), ()
