"""report.xlsx: every table of a run on a sheet of its own, behind a first sheet that lists them.

Cells hold raw values, as the CSV does, and print by the kind of their column. Text is text: nothing
in it is ever a formula or a link. The same run gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from growthml.formats import Formats
from growthml.parts import Run, Section, SectionRun, Table
from growthml.render.tables import columns_of
from growthml.tables import is_formula, rounded
from growthml.words import _, n_

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_048_575
"""What a sheet holds below its head."""
LONGEST_NAME = 31
LONGEST_TEXT = 32_767
LARGEST_WHOLE = 10**15
"""A spreadsheet keeps 15 digits; a longer number is an id, and stays whole as text."""

_NUMBERS: Mapping[str, str] = {
    "count": "#,##0",
    "rate": "0.00%",
    "share": "0%",
    "ratio": "0.00",
    "statistic": "0.00",
    "p": "0.0000",
    "days": "#,##0.0",
    "seconds": "#,##0.0",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm:ss",
}
_IN_ROWS_UNIT = frozenset({"by_unit", "change"})
_OF_UNIT = frozenset({"value", "baseline_value", "difference", "ci_low", "ci_high", "target"})
_WIDTHS = (9, 48)
_LOOKED_AT = 200
"""Rows whose texts decide how wide a column is."""


@dataclass(frozen=True)
class Sheet:
    """A table and the sheet it stands on."""

    name: str
    section: Section
    table: Table

    @property
    def left_out(self) -> int:
        """How many of its rows no sheet can hold."""
        return max(0, len(self.table.frame) - MOST_ROWS)


def workbook(run: Run) -> bytes:
    """All tables of a run as one workbook."""
    from xlsxwriter import Workbook

    content = BytesIO()
    # One row at a time is held, so that a table of a million users does not fill the memory.
    with Workbook(content, {"constant_memory": True}) as book:
        as_of = run.context.as_of
        book.set_properties({"title": run.title, "created": datetime(as_of.year, as_of.month, 1)})
        styles = Styles(book, run.context.formats)
        found = list(sheets(run.sections))
        _list(book.add_worksheet(_("Tables")), found, run, styles)
        for sheet in found:
            _fill(book.add_worksheet(sheet.name), sheet.table, styles)
    return content.getvalue()


def sheets(sections: Sequence[SectionRun]) -> Iterator[Sheet]:
    """The tables in the report's order, each with a sheet's name that no other has."""
    taken: set[str] = set()
    for part in sections:
        for block in part.answer.blocks if part.answer else ():
            if isinstance(block, Table):
                name = _free(f"{part.section.id}.{block.id}", taken)
                taken.add(name.casefold())
                yield Sheet(name, part.section, block)


def _free(name: str, taken: set[str]) -> str:
    """The name as a sheet may have it, numbered where its beginning is taken."""
    short, number = name[:LONGEST_NAME], 1
    while short.casefold() in taken:
        number += 1
        short = f"{name[: LONGEST_NAME - len(f'~{number}')]}~{number}"
    return short


class Styles:
    """How cells print, each format made once."""

    def __init__(self, book: Workbook, formats: Formats) -> None:
        self._book = book
        self._numbers = {**_NUMBERS, "money": formats.money_pattern()}
        self._made: dict[str, Format | None] = {"text": None, "number": None}
        self.head = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.link = book.get_default_url_format()
        self.quoted = book.add_format({"quote_prefix": True})

    def of(self, kind: str) -> Format | None:
        """The format of a kind of value; None where the spreadsheet's own will do."""
        if kind not in self._made:
            pattern = self._numbers.get(kind)
            made = self._book.add_format({"num_format": pattern}) if pattern else None
            self._made[kind] = made
        return self._made[kind]


# -- sheets ------------------------------------------------------------------------------------


def _list(page: Worksheet, found: Sequence[Sheet], run: Run, styles: Styles) -> None:
    """The first sheet: what the others hold."""
    page.write_string(0, 0, run.title, styles.title)
    page.write_string(1, 0, _("As of {day}", day=run.context.formats.date(run.context.as_of)))
    heads = (_("Sheet"), _("Table"), _("Section"), _("Rows"), _("Note"))
    for column, head in enumerate(heads):
        page.write_string(3, column, head, styles.head)
    for line, sheet in enumerate(found, start=4):
        page.write_url(line, 0, f"internal:'{sheet.name}'!A1", styles.link, sheet.name)
        _text(page, line, 1, sheet.table.title, styles)
        _text(page, line, 2, sheet.section.title, styles)
        page.write_number(line, 3, len(sheet.table.frame), styles.of("count"))
        _text(page, line, 4, _note(sheet, run.context.formats), styles)
    page.freeze_panes(4, 0)
    for column, width in enumerate((34, 44, 22, 10, 60)):
        page.set_column(column, column, width)


def _note(sheet: Sheet, formats: Formats) -> str:
    if not sheet.left_out:
        return sheet.table.note
    return n_(
        "{n} row more than a sheet can hold; the CSV has it.",
        "{n} rows more than a sheet can hold; the CSV has them.",
        sheet.left_out,
        n=formats.count(sheet.left_out),
    )


def _fill(page: Worksheet, table: Table, styles: Styles) -> None:
    frame = rounded(table.frame).head(MOST_ROWS)
    names = [str(name) for name in frame.columns]
    kinds = _kinds(table)
    units = frame["unit"].tolist() if "unit" in names else []
    for column, name in enumerate(names):
        _text(page, 0, column, name, styles, styles.head)
    for line, row in enumerate(frame.itertuples(index=False, name=None), start=1):
        for column, value in enumerate(row):
            kind = kinds[column]
            if kind in _IN_ROWS_UNIT:
                kind = str(units[line - 1])
            _cell(page, line, column, value, kind, styles)
    page.freeze_panes(1, 0)
    if len(frame):
        page.autofilter(0, 0, len(frame), len(names) - 1)
    for column, name in enumerate(names):
        shown = [name, *map(_shown, frame.iloc[:_LOOKED_AT, column].tolist())]
        width = max(map(len, shown)) + 2
        page.set_column(column, column, min(max(width, _WIDTHS[0]), _WIDTHS[1]))


def _kinds(table: Table) -> list[str]:
    """The kind of each column of the frame: as pages show it, else by its name and values."""
    known = {each.name: str(each.kind) for each in table.columns if each.kind != "text"}
    by_unit = "unit" in table.frame
    return [
        "by_unit" if by_unit and each.name in _OF_UNIT else known.get(each.name, str(each.kind))
        for each in columns_of(table.frame)
    ]


def _shown(value: Any) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else str(value).partition("\n")[0]


# -- cells -------------------------------------------------------------------------------------


def _cell(page: Worksheet, line: int, column: int, value: Any, kind: str, styles: Styles) -> None:
    """A value as what it is; a missing one leaves its cell empty."""
    if value is None or value != value or type(value).__name__ == "NAType":
        return
    if isinstance(value, bool):
        page.write_boolean(line, column, value)
    elif isinstance(value, datetime):
        midnight = value.time() == datetime.min.time()
        style = styles.of("date" if midnight and kind == "date" else "moment")
        page.write_datetime(line, column, value.replace(tzinfo=None), style)
    elif isinstance(value, date):
        page.write_datetime(line, column, value, styles.of("date"))
    elif isinstance(value, int | float) and math.isfinite(value) and _fits(value):
        page.write_number(line, column, value, styles.of(kind))
    else:
        _text(page, line, column, str(value), styles)


def _fits(value: float) -> bool:
    return isinstance(value, float) or abs(value) < LARGEST_WHOLE


def _text(
    page: Worksheet,
    line: int,
    column: int,
    text: str,
    styles: Styles,
    style: Format | None = None,
) -> None:
    """Text that stays text, also where somebody edits the cell: it is marked as quoted."""
    if len(text) > LONGEST_TEXT:
        text = f"{text[: LONGEST_TEXT - 1]}…"
    page.write_string(line, column, text, style or (styles.quoted if is_formula(text) else None))
