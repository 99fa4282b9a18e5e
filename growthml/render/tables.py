"""A table as a page shows it: formatted, labelled, capped, aligned on the decimal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from growthml.formats import DASH
from growthml.parts import Column, Context, Table, Verdict
from growthml.render.words import STATES
from growthml.words import N_, _, language, n_

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS = 8
DIGIT_WIDTH, POINT_WIDTH = 0.497, 0.249
"""Of Growth Sans, in em."""
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_LABELLED = {"channel", "action", "category"}
_FRACTIONS = ("rate", "share", "retention")
_WORDS = {"text", "date", "verdict"}
_MIXED = {"by_unit", "change"}
"""Kinds whose unit stands in each row."""
_RANGES = "interval"
"""Columns of this name hold "0.2 to 0.4": words that align as numbers do."""
_WHOLE_FROM = 100
"""Below this largest value a column of fractions keeps a decimal: 0.4 beside 10 is not 0."""
_LONGEST = 34
_CROWDED = 26
"""The most characters of a column of words where numbers would have too little room."""
_ENDS = 4
_HALF, _FULL = 82.5, 170.0
_MM_PER_CHARACTER = 1.7


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell. pad: space after it, in em, that brings the decimal points of a column into line.

    bar: 0..1 of the column's largest value, or None; colour: the bar's token; state: of a verdict.
    """

    text: str
    pad: float = 0.0
    bar: float | None = None
    colour: str = "new"
    state: str = ""


@dataclass(frozen=True, kw_only=True)
class Head:
    """What stands above a column. width: its share of the table in per cent."""

    text: str
    numeric: bool
    bar: bool
    width: float


@dataclass(frozen=True, kw_only=True)
class TableView:
    """A table ready to print. millimetres: its width on paper, half or full; characters: its
    least width on a screen; notes: what to say under it."""

    anchor: str
    name: str
    title: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str]
    total: bool
    millimetres: float
    characters: int

    @property
    def long(self) -> bool:
        """Whether it may be broken between pages."""
        return len(self.rows) > 12

    @property
    def groups(self) -> Sequence[Sequence[Sequence[Cell]]]:
        """The rows as a page's end may part them: of a long table at least four at either side."""
        rows = self.rows
        return [rows[:_ENDS], rows[_ENDS:-_ENDS], rows[-_ENDS:]] if self.long else [rows]


def table_view(section: str, table: Table, context: Context, cap: int) -> TableView:
    """The table as a page shows it, at most `cap` rows and eight columns.

    A table without columns to show or unfold is shown whole, its columns read from the frame.
    """
    name = f"{section}.{table.id}"
    columns = _saying(table, table.columns or table.folded or columns_of(table.frame))
    shown, note = _capped(table, name, cap, context)
    cells = [_cells(shown, column, context) for column in columns[:MOST_COLUMNS]]
    heads = _heads(columns[:MOST_COLUMNS], cells, context)
    characters = sum(_widths(columns[:MOST_COLUMNS], heads, cells))
    notes = [note, table.note]
    if len(columns) > MOST_COLUMNS:
        more = len(columns) - MOST_COLUMNS
        notes.append(
            n_(
                "{n} more column in {table}.csv.",
                "{n} more columns in {table}.csv.",
                more,
                n=more,
                table=name,
            )
        )
    if any(cell.text == DASH for column in cells for cell in column):
        notes.append(_("– not applicable or not tested."))
    return TableView(
        anchor=f"table-{slug(name)}",
        name=name,
        title=table.title,
        heads=heads,
        rows=[list(row) for row in zip(*cells, strict=True)],
        notes=[text for text in notes if text],
        total=table.total,
        millimetres=_HALF if characters * _MM_PER_CHARACTER <= _HALF else _FULL,
        characters=characters,
    )


def _saying(table: Table, columns: Sequence[Column]) -> Sequence[Column]:
    """Without channels, actions and categories that are "not known" in every row."""
    frame = table.frame if table.view is None else table.view
    return [
        each
        for each in columns
        if not (each.role and len(frame) and each.name in frame and frame[each.name].isna().all())
    ]


def slug(text: str) -> str:
    """A piece of an anchor: lower-case letters and digits, anything else a hyphen."""
    return "-".join(
        "".join(c if c.isascii() and c.isalnum() else " " for c in text).split()
    ).lower()


def columns_of(frame: pd.DataFrame) -> list[Column]:
    """The columns of a frame, their kinds told by their names and types."""
    return [
        Column(
            name=str(name),
            head=_(str(name).replace("_", " ").capitalize()),
            kind="date" if _are_days(frame[name]) else _kind_of(str(name), str(dtype)),
            role=str(name) if name in _LABELLED else "",
        )
        for name, dtype in frame.dtypes.items()
    ]


def _are_days(column: pd.Series[Any]) -> bool:
    """Whether a column holds dates, or texts that are ISO dates, and nothing else."""
    if column.dtype.kind in "ifubmM" or column.isna().all():
        return False
    return all(
        _ISO.fullmatch(each) if isinstance(each, str) else isinstance(each, date)
        for each in column.dropna()
    )


def _kind_of(name: str, dtype: str) -> Any:
    if name == "verdict":
        return "verdict"
    if dtype.startswith("datetime"):
        return "date"
    if dtype.lower().startswith(("int", "uint")):
        return "count"
    if not dtype.lower().startswith("float"):
        return "text"
    if name in ("p_value", "q_value"):
        return "p"
    return "rate" if name.endswith(_FRACTIONS) else "number"


HEADS = (
    N_("At risk"),
    N_("Bin"),
    N_("Chosen"),
    N_("Ci high"),
    N_("Ci low"),
    N_("Cohort"),
    N_("Cohort users"),
    N_("Day"),
    N_("Effect"),
    N_("Feature"),
    N_("Fraction"),
    N_("Importance"),
    N_("Mean predicted"),
    N_("Month"),
    N_("Observed rate"),
    N_("Overall"),
    N_("P value"),
    N_("Partial"),
    N_("Period"),
    N_("Purchases per month"),
    N_("Reference high"),
    N_("Reference low"),
    N_("Responses"),
    N_("Retention months"),
    N_("Revenue share"),
    N_("Stability"),
    N_("Threshold"),
    N_("Unbounded users"),
    N_("User fraction"),
    N_("Users targeted"),
)
"""Heads of tables that are shown with the columns of their files, to be found by translators."""


_CAPPED = {
    (True, True): N_(
        "Top {room} in each campaign, of {count} {order}; all rows attached as {table}.csv"
    ),
    (True, False): N_("Top {room} of {count} {order}; all rows attached as {table}.csv"),
    (False, True): N_(
        "First {room} in each campaign, of {count}; all rows attached as {table}.csv"
    ),
    (False, False): N_("First {room} of {count}; all rows attached as {table}.csv"),
}
"""What is left out, by whether rows have an order ("by revenue") and are shown by campaign."""


def _ordered(order: str) -> str:
    """ "by users" for "users" too, as a section of one's own may have it."""
    bare = language() == "en" and not order.startswith("by ")
    return f"by {order}" if bare else order


def _capped(table: Table, name: str, cap: int, context: Context) -> tuple[pd.DataFrame, str]:
    """The rows to show and the sentence that says what is left out; a total always stays."""
    frame = table.frame if table.view is None else table.view
    if len(frame) <= cap:
        return frame, ""
    total = frame.tail(1) if table.total else frame.tail(0)
    body = frame.head(len(frame) - len(total))
    room = cap - len(total)
    each = False
    if "campaign" in body and body["campaign"].nunique() > 1:
        per_campaign = max(1, room // body["campaign"].nunique())
        top = body.groupby("campaign", sort=False, dropna=False).head(per_campaign)
        room, each = per_campaign, True
    else:
        top = body.head(room)
    sentence = _(
        _CAPPED[bool(table.order), each],
        room=room,
        count=context.formats.count(len(body)),
        order=_ordered(table.order),
        table=name,
    )
    index = list(top.index) + list(total.index)
    return frame.loc[index] if frame.index.is_unique else top, sentence


def _cells(frame: pd.DataFrame, column: Column, context: Context) -> list[Cell]:
    values = frame[column.name].tolist()
    known = [not missing for missing in frame[column.name].isna().tolist()]
    if column.kind in _WORDS:
        pairs = zip(values, known, strict=True)
        return [
            _word(value, column, context) if ok else _absent(column, context) for value, ok in pairs
        ]
    found = [v if ok else None for v, ok in zip(values, known, strict=True)]
    if column.kind in _MIXED:
        return _mixed(found, frame["unit"].tolist(), column, context)
    texts = _numbers(found, column, context, beside=_beside(frame, column))
    cells = [
        Cell(text=text, pad=pad) for text, pad in zip(texts, _pads(texts, context), strict=True)
    ]
    return _with_bars(cells, values, known, frame, context) if column.bar else cells


def _mixed(
    values: Sequence[Any], units: Sequence[Any], column: Column, context: Context
) -> list[Cell]:
    """Numbers of several units in one column, each printed whole, its unit behind it."""
    formats = context.formats
    if column.kind == "by_unit":
        return [
            Cell(text=formats.value(value, unit)) for value, unit in zip(values, units, strict=True)
        ]
    return [
        Cell(text=_change(value, unit, context)) for value, unit in zip(values, units, strict=True)
    ]


def _change(value: Any, unit: Any, context: Context) -> str:
    text = context.formats.difference(value, unit)
    sign = context.formats.unit_sign(unit, difference=True)
    points = unit in ("rate", "share") and text not in (DASH, "0")
    return f"{text}\u202f{sign}" if points else text


def _absent(column: Column, context: Context) -> Cell:
    """A missing value: a word where the column has words of its own, else a dash."""
    return Cell(text=context.label(column.role, None) if column.role else DASH)


def _word(value: Any, column: Column, context: Context) -> Cell:
    if column.kind == "verdict":
        state = STATES[Verdict(value)]
        return Cell(text=f"{state.mark} {state.word}", state=state.css)
    if column.kind == "date":
        day = date.fromisoformat(value[:10]) if isinstance(value, str) else value
        return Cell(text=context.formats.date(day))
    if column.name == "campaign":
        return Cell(text=campaign_label(value, context))
    if isinstance(value, bool):
        return Cell(text=_("yes") if value else _("no"))
    return Cell(text=context.label(column.role, value) if column.role else str(value))


def campaign_label(key: object, context: Context) -> str:
    """The label of a campaign's key, the key itself where there is no such campaign."""
    return next((c.label for c in context.campaigns if c.key == key), str(key))


def _base(column: Column) -> str:
    """A column's name without the campaign it is of: "interval" of "interval@spring"."""
    return column.name.partition("@")[0]


def _beside(frame: pd.DataFrame, column: Column) -> list[Any]:
    """The values of a column of every campaign, where campaigns stand side by side."""
    beside = f"{_base(column)}@"
    found = "@" in column.name
    others = [name for name in frame.columns if found and str(name).startswith(beside)]
    return [value for name in others for value in frame[name].dropna().tolist()]


def _numbers(
    values: Sequence[Any], column: Column, context: Context, beside: Sequence[Any] = ()
) -> list[str]:
    """A column's numbers with equal decimals, those that its largest value prints with, or the
    largest of the columns beside it."""
    formats = context.formats
    unit = column.kind
    if unit == "p":
        return [formats.p(value) for value in values]
    if unit == "statistic":
        return [formats.statistic(value) for value in values]
    if unit in ("count", "days"):
        return [formats.value(value, unit) for value in values]
    known = [value for value in (*values, *beside) if value is not None]
    if not known:
        return [DASH] * len(values)
    places = _places(formats.value(max(known, key=abs), unit), _point(context))  # type: ignore[arg-type]
    if unit in ("rate", "share"):
        return [formats.rate(value, symbol=False, places=places) for value in values]
    if all(float(value).is_integer() for value in known):
        places = 0 if unit == "number" else places
    elif unit in ("number", "ratio") and max(map(abs, known)) < _WHOLE_FROM:
        places = max(places, 1)
    return [formats.number(value, places) for value in values]


def _point(context: Context) -> str:
    """The locale's decimal separator."""
    return context.formats.number(0.5, 1)[1]


def _places(text: str, point: str) -> int:
    """The decimals a printed number has."""
    _, found, tail = text.rpartition(point)
    digits = "".join(c for c in tail if c.isdigit())
    return len(digits) if found else 0


def _pads(texts: Sequence[str], context: Context) -> list[float]:
    """The space each text lacks to the longest decimals of its column."""
    point = _point(context)
    places = [0 if text == DASH else _places(text, point) for text in texts]
    most = max(places, default=0)
    return [
        round((most - has) * DIGIT_WIDTH + (POINT_WIDTH if most and not has else 0), 3)
        if text != DASH
        else 0.0
        for text, has in zip(texts, places, strict=True)
    ]


def _with_bars(
    cells: Sequence[Cell],
    values: Sequence[Any],
    known: Sequence[bool],
    frame: pd.DataFrame,
    context: Context,
) -> list[Cell]:
    largest = max((v for v, ok in zip(values, known, strict=True) if ok), default=0)
    colours = {campaign.key: campaign.colour for campaign in context.campaigns}
    keys = frame["campaign"].tolist() if "campaign" in frame else [None] * len(cells)
    return [
        replace(cell, bar=max(0.0, float(value) / float(largest)), colour=colours.get(key, "new"))
        if ok and largest > 0
        else cell
        for cell, value, ok, key in zip(cells, values, known, keys, strict=True)
    ]


def _heads(
    columns: Sequence[Column], cells: Sequence[Sequence[Cell]], context: Context
) -> list[Head]:
    heads = [
        Head(
            text=_with_unit(column, context),
            numeric=column.kind not in _WORDS or _base(column).endswith(_RANGES),
            bar=column.bar,
            width=0.0,
        )
        for column in columns
    ]
    widths = _widths(columns, heads, cells)
    return [
        replace(head, width=round(100 * width / sum(widths), 2))
        for head, width in zip(heads, widths, strict=True)
    ]


def _with_unit(column: Column, context: Context) -> str:
    if column.kind in _WORDS | _MIXED | {"p", "statistic"}:
        return column.head
    sign = context.formats.unit_sign(column.kind)  # type: ignore[arg-type]
    if not sign or sign in column.head:
        return column.head
    return _("{measure},\u00a0{unit}", measure=column.head, unit=sign)


def _widths(
    columns: Sequence[Column], heads: Sequence[Head], cells: Sequence[Sequence[Cell]]
) -> list[int]:
    """Characters each column asks for: its longest text, or the longest word of its head.

    Long texts give way, and get what the page has left over.
    """
    widths, wanted = [], []
    for column, head, texts in zip(columns, heads, cells, strict=True):
        longest = max((len(cell.text) + round(2 * cell.pad) for cell in texts), default=0)
        word = max((len(part) for part in head.text.split()), default=0)
        asked = max(longest, word, len(head.text) // 2)
        wanted.append(asked + 3)
        widths.append(min(_LONGEST, asked) + 3 + 12 * column.bar)
    if sum(widths) * _MM_PER_CHARACTER > _FULL:
        widths = [
            min(width, _CROWDED) if column.kind == "text" else width
            for width, column in zip(widths, columns, strict=True)
        ]
    return _spread(widths, wanted)


def _spread(widths: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """The widths, those that gave way widened by what a full table has left over."""
    spare = max(0, int(_FULL / _MM_PER_CHARACTER) - sum(widths))
    lacks = [max(0, want - width) for width, want in zip(widths, wanted, strict=True)]
    part = min(1.0, spare / sum(lacks)) if any(lacks) else 0.0
    return [width + int(lack * part) for width, lack in zip(widths, lacks, strict=True)]
