"""Heatmaps: rectangles with their number inside, coloured only where a step is given.

A grid too wide for its sheet is turned (rows become columns) or, if that does not fit either, cut
into blocks of columns one below the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from growthml.charts import Cell, Grid
from growthml.figures import house
from growthml.figures.canvas import Canvas
from growthml.formats import Formats
from growthml.palette import ON

GAP = 0.8
PAD = 0.9
NAME_SHARE = 0.3
LEAD_GAP = 3.0
NARROWEST, WIDEST = 3.0, 40.0
LONGEST_HEAD = 16.0
HEAD_LINES = 3
NOTE_BELOW = 6.4
"""From this row height on a note stands under its number, below it beside."""
LOWEST = 4.4
ROW_TURNED = 8.0
TOP = 0.5
BLOCK_GAP = 4.0
KEY_GAP, KEY_HEIGHT, KEY_CLASS = 3.0, 2.6, 8.0

_RAMPS = {"diverging": "div", "sequential": "seq"}


@dataclass(frozen=True)
class _Table:
    """The grid as it will stand. lead: text columns at the left; top: text rows above the cells."""

    rows: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Sequence[Cell | None]]
    row_height: float
    lead: Sequence[tuple[str, Sequence[str]]] = ()
    top: Sequence[tuple[str, Sequence[str]]] = ()

    @property
    def noted(self) -> bool:
        """Whether any cell has a note."""
        return any(cell.note for row in self.cells for cell in row if cell)

    def turned(self) -> _Table:
        """Rows as columns."""
        cells = [[row[column] for row in self.cells] for column in range(len(self.columns))]
        height = max(self.row_height, ROW_TURNED) if self.noted else self.row_height
        return _Table(self.columns, self.rows, cells, height, lead=self.top, top=self.lead)

    def part(self, start: int, stop: int) -> _Table:
        """Some of the columns, with the rows that have anything in them."""
        kept = [index for index, row in enumerate(self.cells) if any(row[start:stop])]
        return replace(
            self,
            rows=[self.rows[index] for index in kept],
            columns=self.columns[start:stop],
            cells=[self.cells[index][start:stop] for index in kept],
            lead=[(head, [texts[index] for index in kept]) for head, texts in self.lead],
            top=[(head, texts[start:stop]) for head, texts in self.top],
        )


def lay_out(chart: Grid, formats: Formats, width: float, narrow: bool) -> Canvas:
    """Put a grid on a canvas of this width in mm."""
    canvas = Canvas(width)
    table = _Table(chart.rows, chart.columns, chart.cells, chart.row_height, lead=chart.lead)
    if not _fits(table, width) and _fits(table.turned(), width):
        table = table.turned()
    if not narrow:
        table = _on_page(table)
    left = _left(table, width)
    cell, blocks = _blocks(table, width - left)
    y = TOP
    for block in blocks:
        y = _draw_block(canvas, block, _RAMPS[chart.ramp], left, cell, y) + BLOCK_GAP
    y -= BLOCK_GAP + GAP
    if chart.edges and any(cell and cell.step is not None for row in chart.cells for cell in row):
        y = _draw_key(canvas, chart, formats, left, y + KEY_GAP)
    canvas.height = y + TOP
    return canvas


def _on_page(table: _Table) -> _Table:
    """The table with rows no higher than a printed page has room for."""
    step = house.line_height(house.TEXT)
    heads = HEAD_LINES * step + PAD + len(table.top) * (step + PAD)
    key = KEY_GAP + KEY_HEIGHT + house.line_height(house.NOTE)
    room = (house.TALLEST - heads - key - 2 * TOP) / len(table.rows)
    lowest = NOTE_BELOW if table.noted else LOWEST
    return replace(table, row_height=min(table.row_height, max(room, lowest)))


def _blocks(table: _Table, room: float) -> tuple[float, Sequence[_Table]]:
    """The width of a cell, and the table in as many blocks as its columns need."""
    count = len(table.columns)
    at_once = max(1, min(count, int((room + GAP) / (_needed(table) + GAP))))
    blocks = -(-count // at_once)
    size = -(-count // blocks)
    cell = min(WIDEST, (room + GAP) / size - GAP)
    if blocks == 1:
        return cell, [table]
    return cell, [table.part(start, start + size) for start in range(0, count, size)]


def _fits(table: _Table, width: float) -> bool:
    needed = len(table.columns) * (_needed(table) + GAP) - GAP
    return needed <= width - _left(table, width)


def _needed(table: _Table) -> float:
    """The narrowest cell that holds every text of the table."""
    beside = table.row_height < NOTE_BELOW
    cells = max(
        (_cell_width(cell, beside) for row in table.cells for cell in row if cell), default=0.0
    )
    tops = max((house.widest(texts, house.TEXT) for _, texts in table.top), default=0.0)
    words = [word for head in table.columns for word in house.clean(head).split()]
    heads = min(house.widest(words, house.TEXT), LONGEST_HEAD)
    return max(NARROWEST, cells + 2 * PAD, tops + PAD, heads + PAD)


def _cell_width(cell: Cell, beside: bool) -> float:
    text = house.text_width(house.clean(cell.text), house.NUMBER, 600)
    note = house.text_width(house.clean(cell.note), house.NOTE)
    return text + PAD + note if beside and note else max(text, note)


def _left(table: _Table, width: float) -> float:
    """Where the cells begin."""
    names = [*table.rows, *(head for head, _ in table.top)]
    leads = sum(_lead_width(head, texts) + LEAD_GAP for head, texts in table.lead)
    return min(house.widest(names, house.TEXT), NAME_SHARE * width) + leads + 2 * PAD


def _lead_width(head: str, texts: Sequence[str]) -> float:
    return max(house.widest([head], house.NOTE), house.widest(texts, house.TEXT))


def _draw_block(
    canvas: Canvas, table: _Table, ramp: str, left: float, cell: float, top: float
) -> float:
    """Draw heads, names and cells from `top` down; the height at which it ends."""
    y = _draw_heads(canvas, table, left, cell, top)
    for head, texts in table.top:
        y = _draw_top_row(canvas, head, texts, left, cell, y)
    for index in range(len(table.rows)):
        _draw_name(canvas, table, index, left, y + (table.row_height - GAP) / 2)
        for column, content in enumerate(table.cells[index]):
            if content:
                x = left + column * (cell + GAP)
                _draw_cell(canvas, content, ramp, (x, y), (cell, table.row_height - GAP))
        y += table.row_height
    return y


def _draw_heads(canvas: Canvas, table: _Table, left: float, cell: float, top: float) -> float:
    heads = [house.wrap(head, cell - 0.2, house.TEXT, lines=HEAD_LINES) for head in table.columns]
    step = house.line_height(house.TEXT)
    bottom = top + max(map(len, heads), default=1) * step
    for column, lines in enumerate(heads):
        middle = left + column * (cell + GAP) + cell / 2
        y = bottom - len(lines) * step / 2
        canvas.text_middle(middle, y, lines, anchor="middle")
    x = left - 2 * PAD
    for head, texts in reversed(table.lead):
        canvas.text_middle(
            x, bottom - step / 2, head, size=house.NOTE, colour="muted", anchor="end"
        )
        x -= _lead_width(head, texts) + LEAD_GAP
    return bottom + PAD


def _draw_top_row(
    canvas: Canvas, head: str, texts: Sequence[str], left: float, cell: float, top: float
) -> float:
    step = house.line_height(house.TEXT)
    y = top + step / 2
    name = house.wrap(head, left - 2 * PAD, house.NOTE, lines=1)
    canvas.text_middle(0, y, name, size=house.NOTE, colour="muted")
    for column, text in enumerate(texts):
        middle = left + column * (cell + GAP) + cell / 2
        canvas.text_middle(middle, y, text, anchor="middle", colour="muted")
    return top + step + PAD


def _draw_name(canvas: Canvas, table: _Table, row: int, left: float, y: float) -> None:
    x = left - 2 * PAD
    for head, texts in reversed(table.lead):
        canvas.text_middle(x, y, texts[row], anchor="end")
        x -= _lead_width(head, texts) + LEAD_GAP
    lines = 2 if table.row_height >= 2 * house.line_height(house.TEXT) else 1
    wrapped = house.wrap(table.rows[row], x + 0.01, house.TEXT, lines=lines)
    canvas.text_middle(0 if table.lead else x, y, wrapped, anchor="start" if table.lead else "end")


def _draw_cell(
    canvas: Canvas, cell: Cell, ramp: str, corner: tuple[float, float], size: tuple[float, float]
) -> None:
    (left, top), (width, height) = corner, size
    ground = "panel" if cell.step is None else f"{ramp}-{cell.step}"
    if cell.open:
        inset = house.mm(house.HAIRLINE) / 2
        canvas.rectangle(
            left + inset,
            top + inset,
            width - 2 * inset,
            height - 2 * inset,
            stroke="axis",
            thickness=house.HAIRLINE,
        )
        text = note = "ink"
    else:
        canvas.rectangle(left, top, width, height, fill=ground)
        text = ON[ground]
        note = "muted" if cell.step is None else text
    _write(canvas, cell, (left + width / 2, top + height / 2), height, text, note)


def _write(
    canvas: Canvas,
    cell: Cell,
    middle: tuple[float, float],
    height: float,
    text: str,
    note: str,
) -> None:
    x, y = middle
    if not cell.note:
        canvas.text_middle(
            x, y, cell.text, size=house.NUMBER, weight=600, colour=text, anchor="middle"
        )
    elif height >= NOTE_BELOW - GAP:
        canvas.text_middle(
            x, y - 1.25, cell.text, size=house.NUMBER, weight=600, colour=text, anchor="middle"
        )
        canvas.text_middle(x, y + 1.6, cell.note, size=house.NOTE, colour=note, anchor="middle")
    else:
        start = x - _cell_width(cell, beside=True) / 2
        canvas.text_middle(start, y, cell.text, size=house.NUMBER, weight=600, colour=text)
        beside = start + house.text_width(house.clean(cell.text), house.NUMBER, 600) + PAD
        canvas.text_middle(beside, y, cell.note, size=house.NOTE, colour=note)


def _draw_key(canvas: Canvas, chart: Grid, formats: Formats, left: float, top: float) -> float:
    """The strip of classes with the edges between them; the height at which it ends."""
    labels = [formats.short(edge, chart.unit) for edge in chart.edges]
    room = (canvas.width - 0.5) / (len(labels) + 1)
    width = min(max(KEY_CLASS, house.widest(labels, house.NOTE) + 1.5), room)
    left = max(0.0, min(left, canvas.width - width * (len(labels) + 1)))
    for step in range(len(labels) + 1):
        ground = f"{_RAMPS[chart.ramp]}-{step}"
        canvas.rectangle(left + step * width, top, width, KEY_HEIGHT, fill=ground)
    baseline = top + KEY_HEIGHT + house.line_height(house.NOTE)
    for index, label in enumerate(labels, start=1):
        canvas.text(
            left + index * width,
            baseline,
            label,
            size=house.NOTE,
            colour="muted",
            anchor="middle",
        )
    return baseline + house.mm(house.NOTE) * house.DROP
