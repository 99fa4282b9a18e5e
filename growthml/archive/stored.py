"""A run's pages as data: all that HTML, PDF and mail are made from, so that they can be made again.

`pages.json.gz` holds the run's dataclasses, field by field, under their names; nothing in it is
ever executed. Clocks are left out: the same answers give the same bytes.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from growthml import charts, parts
from growthml.errors import GrowthError
from growthml.formats import Formats
from growthml.parts import Answer, Run, Section, Status, Verdict
from growthml.secrets import masked
from growthml.theme import Theme

if TYPE_CHECKING:
    import pandas as pd

FILE = "pages.json.gz"
SCHEMA_VERSION = 1
_KIND = "$"


def stored(run: Run) -> bytes:
    """The run as `pages.json.gz` holds it; known secrets are masked outside of tables."""
    document = {"schema_version": SCHEMA_VERSION, "run": _encoded(_without_clocks(run))}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


def load_run(folder: Path) -> Run:
    """The run that was stored in `folder`, as it was but for its clocks.

    Raises GrowthError where there is none, or one that this version cannot read.
    """
    path = folder / FILE
    try:
        document = json.loads(gzip.decompress(path.read_bytes()))
    except FileNotFoundError:
        raise GrowthError(
            f"{folder} holds no {FILE}: it is no run, or one of a version that kept no pages"
        ) from None
    except (OSError, EOFError, ValueError) as error:
        raise GrowthError(
            f"{path} cannot be read ({error}); `growthml archive verify` says what else is broken"
        ) from None
    if document.get("schema_version") != SCHEMA_VERSION:
        raise GrowthError(f"{path} was written by another version of growthml; use that version")
    try:
        return cast(Run, _decoded(document["run"]))
    except (KeyError, TypeError, ValueError) as error:
        raise GrowthError(
            f"{path} cannot be read ({type(error).__name__}: {error}); it was changed after the"
            " run, or written by another version of growthml"
        ) from error


def _without_clocks(run: Run) -> Run:
    """What pages need and no more: neither clocks nor the reports before."""
    return replace(
        run,
        context=replace(run.context, past=()),
        sections=[replace(section, seconds=0.0) for section in run.sections],
        facts=[replace(fact, seconds=0.0) for fact in run.facts],
    )


# -- values to JSON ----------------------------------------------------------------------------


def _encoded(value: Any) -> Any:
    match value:
        case None | bool():
            return value
        case Enum():
            return {_KIND: type(value).__name__, "value": value.value}
        case str():
            return masked(value)
        case Section():
            return _section(value)
        case datetime() | date() | int() | float():
            return _scalar(value)
        case tuple():
            return {_KIND: "tuple", "items": [_encoded(each) for each in value]}
        case frozenset():
            return {_KIND: "frozenset", "items": [_encoded(each) for each in sorted(value)]}
        case list():
            return [_encoded(each) for each in value]
        case Mapping():
            return {
                _KIND: "dict",
                "items": [[_encoded(key), _encoded(each)] for key, each in value.items()],
            }
    if is_dataclass(value) and type(value).__name__ in _CLASSES:
        return _fields(value)
    if hasattr(value, "dtypes"):
        return _frame(value)
    if hasattr(value, "tolist"):
        return _encoded(value.tolist())
    raise TypeError(f"a run holds a {type(value).__name__}, which cannot be stored")


def _section(section: Section) -> dict[str, Any]:
    """What pages say of a section; what it computes is code, not data."""
    return {
        _KIND: "Section",
        "id": section.id,
        "title": section.title,
        "question": section.question,
        "facts": list(section.facts),
    }


def _fields(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {_KIND: type(value).__name__}
    for each in fields(value):
        held = getattr(value, each.name)
        default = each.default
        left_out = default is not MISSING and (held is default or (_empty(held) and default == ()))
        if not left_out:
            found[each.name] = _encoded(held)
    return found


def _empty(held: Any) -> bool:
    return isinstance(held, tuple) and not held


def _scalar(value: Any) -> Any:
    """A number or a time; a missing one keeps its kind."""
    if isinstance(value, datetime):
        if value != value:
            return {_KIND: "nat"}
        kind = "timestamp" if hasattr(value, "nanosecond") else "datetime"
        return {_KIND: kind, "value": value.isoformat()}
    if isinstance(value, date):
        return {_KIND: "date", "value": value.isoformat()}
    if isinstance(value, float) and not abs(value) < float("inf"):
        return {_KIND: "float", "value": repr(float(value))}
    return float(value) if isinstance(value, float) else int(value)


def _frame(frame: pd.DataFrame) -> dict[str, Any]:
    return {
        _KIND: "frame",
        "rows": len(frame),
        "columns": [
            [str(name), str(frame[name].dtype), [_cell(each) for each in frame[name].tolist()]]
            for name in frame.columns
        ],
    }


def _cell(value: Any) -> Any:
    """A value of a table; text is data there, and stands in the CSV as well."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return value
    if type(value).__name__ == "NAType":
        return {_KIND: "na"}
    return _encoded(value)


# -- and back ----------------------------------------------------------------------------------


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    if not isinstance(value, dict):
        return value
    kind = value[_KIND]
    if kind in _CLASSES:
        return _built(_CLASSES[kind], value)
    return _READERS[kind](value)


def _built(kind: type[Any], value: Mapping[str, Any]) -> Any:
    known = {each.name for each in fields(kind)}
    return kind(**{name: _decoded(each) for name, each in value.items() if name in known})


def _no_computing(*_: object) -> Answer:
    raise GrowthError("a stored run cannot compute its sections again; run its report")


def _section_of(value: Mapping[str, Any]) -> Section:
    return Section(
        id=value["id"],
        title=value["title"],
        question=value["question"],
        facts=tuple(value["facts"]),
        tables={},
        compute=_no_computing,
    )


def _timestamp(value: Mapping[str, Any]) -> Any:
    import pandas as pd

    return pd.Timestamp(value["value"])


def _nat(_: Mapping[str, Any]) -> Any:
    import pandas as pd

    return pd.NaT


def _na(_: Mapping[str, Any]) -> Any:
    import pandas as pd

    return pd.NA


def _frame_of(value: Mapping[str, Any]) -> pd.DataFrame:
    import pandas as pd

    index = pd.RangeIndex(value["rows"])
    columns = {
        name: pd.Series(_cells(held), index=index, dtype=dtype)
        for name, dtype, held in value["columns"]
    }
    return pd.DataFrame(columns, index=index)


def _cells(held: Sequence[Any]) -> list[Any]:
    return [_decoded(each) if isinstance(each, dict | list) else each for each in held]


_CLASSES: Mapping[str, type[Any]] = {"Formats": Formats, "Theme": Theme} | {
    name: kind
    for module in (parts, charts)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and is_dataclass(kind) and kind is not Section
}

_READERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "Section": _section_of,
    "Status": lambda value: Status(value["value"]),
    "Verdict": lambda value: Verdict(value["value"]),
    "tuple": lambda value: tuple(_decoded(value["items"])),
    "frozenset": lambda value: frozenset(_decoded(value["items"])),
    "dict": lambda value: {_decoded(key): _decoded(each) for key, each in value["items"]},
    "datetime": lambda value: datetime.fromisoformat(value["value"]),
    "date": lambda value: date.fromisoformat(value["value"]),
    "timestamp": _timestamp,
    "nat": _nat,
    "na": _na,
    "float": lambda value: float(value["value"]),
    "frame": _frame_of,
}
