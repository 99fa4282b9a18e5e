"""Rows of a query whose types nobody declared, as a frame of numbers, times, dates and text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def told_plainly(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> pd.DataFrame:
    """The rows with one type a column: int64, float64, datetime64[us], date objects or str."""
    import pandas as pd

    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pd.DataFrame(
        {name: _column(values) for name, values in zip(names, columns, strict=True)}
    )


def _column(values: Sequence[Any]) -> pd.Series[Any]:
    import pandas as pd

    known = [value for value in values if value is not None]
    if known and all(isinstance(value, int | float | Decimal) for value in known):
        whole = all(isinstance(value, int) and abs(value) < 2**63 for value in known)
        if whole and len(known) == len(values):
            return pd.Series(values, dtype="int64")
        return pd.Series([None if each is None else float(each) for each in values], dtype=float)
    if known and all(isinstance(value, datetime) for value in known):
        wall = [each and each.replace(tzinfo=None) for each in values]
        return pd.Series(wall, dtype="datetime64[us]")
    if known and all(isinstance(value, date) for value in known):
        return pd.Series(values, dtype="object")
    return pd.Series([_text(value) for value in values], dtype="str")


def _text(value: Any) -> str | None:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return None if value is None else str(value)
