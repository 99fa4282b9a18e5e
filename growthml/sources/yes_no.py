"""Whether something is so, told in words: `yes` and `no`, `true` and `false`, `ja` and `nein`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

_YES = ("yes", "y", "true", "t", "ja", "j")
_NO = ("no", "n", "false", "f", "nein")


def tells(values: Iterable[Any]) -> bool:
    """Whether all values are such words, and there are some."""
    seen = list(values)
    return bool(seen) and all(
        isinstance(value, str) and value.strip().casefold() in (*_YES, *_NO) for value in seen
    )


def counted(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """1 for yes, 0 for no, NULL for anything else."""
    word = sa.func.lower(sa.func.trim(column))
    return sa.case((word.in_(_YES), 1), (word.in_(_NO), 0))
