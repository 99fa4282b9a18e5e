"""A pair of columns as a grid of indices, coloured only where a cell's own test passes."""

from __future__ import annotations

from collections.abc import Sequence

from growthml import shape
from growthml.analysis.pairs import Pair
from growthml.charts import Cell, Grid
from growthml.parts import Context
from growthml.words import _

EDGES = (50.0, 67.0, 80.0, 125.0, 150.0, 200.0)
FEWEST_IN_CELL = 20
MOST_COLUMNS = 8


def category_grid(pair: Pair, context: Context) -> Grid | None:
    """Categories by channel in one campaign; None below two of either."""
    if len(pair.rows) < 2 or len(pair.columns) < 2:
        return None
    rows = _largest([sum(row) for row in pair.counts], shape.MOST_ROWS)
    columns = _largest([sum(column) for column in zip(*pair.counts, strict=True)], MOST_COLUMNS)
    departures = pair.departures(context)
    formats = context.formats
    return Grid(
        id=f"categories_{pair.campaign.key}",
        title=_title(pair, context),
        subtitle=_(
            "{campaign}. Index, 100 = average; coloured: differs by more than chance",
            campaign=pair.campaign.label,
        ),
        alt=_(
            "Grid of indices, {channels} channels by {categories} categories, {campaign}: {range};"
            " {n} of {all} differ by more than chance.",
            channels=len(rows),
            categories=len(columns),
            campaign=pair.campaign.label,
            range=_range(pair, rows, columns, context),
            n=len(departures),
            all=len(rows) * len(columns),
        ),
        how_to_read=_(
            "120 means: one fifth more of this category than the site's average. With n under 20 an"
            " index moves by tens from chance alone."
        ),
        half=False,
        table="categories_by_channel",
        rows=[context.label("channel", pair.rows[i]) for i in rows],
        columns=[context.label("category", pair.columns[j]).capitalize() for j in columns],
        cells=[
            [
                Cell(
                    text=formats.number(pair.index(i, j), 0),
                    note=f"n {formats.count(pair.counts[i][j])}",
                    step=_step(pair, i, j) if (i, j) in departures else None,
                )
                for j in columns
            ]
            for i in rows
        ],
        ramp="diverging",
        edges=EDGES,
    )


def _largest(sizes: Sequence[int], most: int) -> list[int]:
    """Where the largest sizes stand, the largest first."""
    return sorted(range(len(sizes)), key=lambda place: -sizes[place])[:most]


def _step(pair: Pair, row: int, column: int) -> int | None:
    if pair.counts[row][column] < FEWEST_IN_CELL:
        return None
    return sum(pair.index(row, column) >= edge for edge in EDGES)


def _title(pair: Pair, context: Context) -> str:
    formats, test = context.formats, pair.test
    strength = _(
        "Cramér's V {cramers_v}, p {p}",
        cramers_v=formats.statistic(test.cramers_v),
        p=formats.p(test.p_value),
    )
    if pair.passes(context):
        return _("Category depends on channel ({strength})", strength=strength)
    return _("No evidence that category depends on channel ({strength})", strength=strength)


def _range(pair: Pair, rows: Sequence[int], columns: Sequence[int], context: Context) -> str:
    def named(row: int, column: int) -> str:
        channel = context.label("channel", pair.rows[row])
        category = context.label("category", pair.columns[column])
        return f"{channel}, {category}, n {pair.counts[row][column]}"

    cells = [(pair.index(i, j), named(i, j)) for i in rows for j in columns]
    (low, lowest), (high, highest) = min(cells), max(cells)
    number = context.formats.number
    return _(
        "from {low} ({lowest}) to {high} ({highest})",
        low=number(low, 0),
        lowest=lowest,
        high=number(high, 0),
        highest=highest,
    )
