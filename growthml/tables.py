"""A table's raw rows as CSV bytes: UTF-8, header row, raw numbers, ISO dates, `\\n` line ends.

Numbers carry 12 significant digits: an engine that sums in parallel may differ in the last of 17,
and the same data must give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from growthml.parts import SectionRun, Table


def tables_of(sections: Sequence[SectionRun]) -> dict[str, bytes]:
    """Every table of the sections that answered, by `<section>.<table>.csv`."""
    return {
        f"{each.section.id}.{block.id}.csv": csv_of(block)
        for each in sections
        if each.answer is not None
        for block in each.answer.blocks
        if isinstance(block, Table)
    }


def csv_of(table: Table) -> bytes:
    """The table as the run folder keeps it; counts are whole numbers, missing values empty."""
    frame = table.frame
    whole = {
        column.name: "Int64"
        for column in table.columns
        if column.kind == "count"
        and column.name in frame.columns
        and frame[column.name].dtype.kind == "f"
        and (frame[column.name].dropna() % 1 == 0).all()
    }
    text: str = frame.astype(whole).to_csv(index=False, lineterminator="\n", float_format="%.12g")
    return text.encode()
