"""A table's raw rows as CSV bytes: UTF-8, header row, raw numbers, ISO dates, `\\n` line ends."""

from __future__ import annotations

from growthml.parts import Table


def csv_of(table: Table) -> bytes:
    """The table as the run folder keeps it; counts are whole numbers, missing values empty."""
    counts = {column.name for column in table.columns if column.kind == "count"}
    frame = table.frame
    whole = {
        name: "Int64"
        for name in counts.intersection(frame.columns)
        if frame[name].dtype.kind == "f" and (frame[name].dropna() % 1 == 0).all()
    }
    text: str = frame.astype(whole).to_csv(index=False, lineterminator="\n")
    return text.encode()
