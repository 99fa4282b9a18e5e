"""A table's raw rows as files: CSV for everybody, Parquet with its types.

CSV is UTF-8 with a header row, raw numbers, ISO dates and `\\n` line ends. Numbers carry 12
significant digits: an engine that sums in parallel may differ in the last of 17, and the same data
must give the same bytes.

A spreadsheet that opens a CSV runs text such as `=HYPERLINK(…)`. Such text, and only such, stands
there behind an apostrophe, as OWASP advises; `unguarded` takes it away again. What reads as a
number does not get one, and Parquet and xlsx hold every text as it is.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from growthml.parts import SectionRun, Table

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*([eE][+-]?\d+)?%?")


def tables_of(sections: Sequence[SectionRun]) -> dict[str, bytes]:
    """Every table of the sections that answered, by `<section>.<table>.csv`."""
    return {f"{name}.csv": csv_of(table) for name, table in _named(sections)}


def kept_of(tables: Mapping[str, bytes], sections: Sequence[SectionRun]) -> dict[str, bytes]:
    """Those among the tables whose sections still have an answer."""
    return {f"{name}.csv": tables[f"{name}.csv"] for name, _ in _named(sections)}


def parquet_of(sections: Sequence[SectionRun]) -> dict[str, bytes]:
    """The same by `<section>.<table>.parquet`, whole numbers, times and missing values typed."""
    return {f"{name}.parquet": _parquet(table.frame) for name, table in _named(sections)}


def guarded_in(sections: Sequence[SectionRun]) -> dict[str, int]:
    """By CSV, how many of its cells stand behind an apostrophe; only those with some."""
    counts = {
        f"{name}.csv": sum(_guarded(table.frame[column])[1] for column in table.frame.columns)
        for name, table in _named(sections)
    }
    return {name: count for name, count in counts.items() if count}


def _named(sections: Sequence[SectionRun]) -> Iterator[tuple[str, Table]]:
    for each in sections:
        for block in each.answer.blocks if each.answer else ():
            if isinstance(block, Table):
                yield f"{each.section.id}.{block.id}", block


def csv_of(table: Table) -> bytes:
    """The table as the run folder keeps it; counts are whole numbers, missing values empty."""
    frame = table.frame.astype(_whole(table))
    frame = frame.assign(**{str(name): _guarded(frame[name])[0] for name in frame.columns})
    frame.columns = [guarded(str(name)) for name in frame.columns]
    # The csv module leaves a carriage return bare, which many readers take for the end of a row.
    quoting = csv.QUOTE_NONNUMERIC if _has_carriage_returns(frame) else csv.QUOTE_MINIMAL
    text: str = frame.to_csv(
        index=False, lineterminator="\n", float_format="%.12g", quoting=quoting
    )
    return text.encode()


def _has_carriage_returns(frame: pd.DataFrame) -> bool:
    return any(
        isinstance(each, str) and "\r" in each
        for name in frame.columns
        if frame[name].dtype.kind not in "ifubmM"
        for each in frame[name]
    )


def _whole(table: Table) -> Mapping[str, str]:
    frame = table.frame
    return {
        column.name: "Int64"
        for column in table.columns
        if column.kind == "count"
        and column.name in frame.columns
        and frame[column.name].dtype.kind == "f"
        and (frame[column.name].dropna() % 1 == 0).all()
    }


# -- text that a spreadsheet would run ---------------------------------------------------------


def is_formula(text: str) -> bool:
    """Whether a spreadsheet that opens a CSV would take the text for a formula."""
    return _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None


def guarded(text: str) -> str:
    """The text as a CSV holds it."""
    return f"'{text}" if is_formula(text) else text


def unguarded(text: str) -> str:
    """The text that `guarded` was given."""
    return text[1:] if text.startswith("'") and is_formula(text[1:]) else text


def _guarded(column: pd.Series[Any]) -> tuple[pd.Series[Any], int]:
    """A column with its formulas behind apostrophes, and how many they are."""
    if column.dtype.kind in "ifubmM":
        return column, 0
    formulas = [isinstance(each, str) and is_formula(each) for each in column]
    if not any(formulas):
        return column, 0
    values = [f"'{each}" if held else each for each, held in zip(column, formulas, strict=True)]
    import pandas as pd

    return pd.Series(values, index=column.index, dtype=column.dtype), sum(formulas)


# -- typed files -------------------------------------------------------------------------------


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with 12 significant digits, as the CSV has them."""
    floats = [name for name in frame.columns if frame[name].dtype.kind == "f"]
    return frame.assign(
        **{str(name): [float(f"{each:.12g}") for each in frame[name]] for name in floats}
    )


def _parquet(frame: pd.DataFrame) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {str(name): _arrow(values) for name, values in rounded(frame).items()}
    content = BytesIO()
    pq.write_table(pa.table(columns), content)
    return content.getvalue()


def _arrow(values: pd.Series[Any]) -> Any:
    """A column of one type; of several, as text."""
    import pyarrow as pa

    try:
        return pa.Array.from_pandas(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        missing = values.isna()
        texts = [None if lost else str(each) for each, lost in zip(values, missing, strict=True)]
        return pa.array(texts, pa.string())
