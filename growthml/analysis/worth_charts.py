"""Lifetime value drawn: bars by channel, and grids of channel by category."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.worth import FEWEST_BUYERS, best
from growthml.analysis.worth_words import demographic, title
from growthml.charts import BarPanel, Bars, Cell, Grid
from growthml.metrics import cost_of
from growthml.parts import Campaign, Context
from growthml.words import _

if TYPE_CHECKING:
    import pandas as pd

FULL_WIDTH_COLUMNS = 6
GRIDS, GRID_ROWS, GRID_COLUMNS = 2, 8, 8
"""So many grids are drawn, of the channels and categories of most revenue."""


def channel_chart(channels: pd.DataFrame, context: Context) -> Bars | None:
    """Value per acquired user and per buyer by channel; None for fewer than two channels."""
    order = shape.order(channels, "channel", "revenue", context)
    if len(order) < 2:
        return None
    shown, formats = order[: shape.MOST_ROWS], context.formats
    found = {
        column: shape.lookup(channels, ["campaign", "channel"], column)
        for column in ("ltv_per_user", "ltv_per_buyer", "buyers")
    }

    def values(column: str, fewest: int) -> list[list[float | None]]:
        return [
            [
                shape.known(found[column].get((c.key, channel)))
                if found["buyers"].get((c.key, channel), 0) >= fewest
                else None
                for channel in shown
            ]
            for c in context.campaigns
        ]

    buyers = [
        _(
            "{counts} buyers",
            counts=formats.join(
                [formats.count(found["buyers"].get((c.key, each), 0)) for c in context.campaigns]
            ),
        )
        for each in shown
    ]
    costs = [
        _("cost {cost}", cost=formats.money(cost_of(each, context)))
        if cost_of(each, context)
        else ""
        for each in shown
    ]
    rows = [context.label("channel", each) for each in shown]
    told = ", ".join(
        f"{row} {formats.join([_or_dash(each[i], context) for each in values('ltv_per_buyer', 1)])}"
        f" ({buyers[i]})"
        for i, row in enumerate(rows[:6])
    )
    left_out = (
        _("; the first {n} of {all}", n=len(shown), all=len(order))
        if len(order) > len(shown)
        else ""
    )
    return Bars(
        id="by_channel",
        title=title(channels, context),
        subtitle=_(
            "Lifetime value so far, {currency}; no bar per buyer below {fewest_buyers}"
            " buyers{left_out}",
            currency=formats.currency,
            fewest_buyers=FEWEST_BUYERS,
            left_out=left_out,
        ),
        alt=_("Bars, lifetime value per buyer: {told}.", told=told)[:400],
        half=False,
        table="by_channel",
        rows=rows,
        series=shape.series(context),
        panels=[
            BarPanel(title=_("Per acquired user"), values=values("ltv_per_user", 0), notes=costs),
            BarPanel(
                title=_("Per buyer"), values=values("ltv_per_buyer", FEWEST_BUYERS), notes=buyers
            ),
        ],
        unit="money",
    )


def _or_dash(value: float | None, context: Context) -> str:
    return "–" if value is None else context.formats.money(value)


def grids(demographics: pd.DataFrame | None, context: Context) -> list[Grid]:
    """Channel by category, one grid a campaign, on one scale; none with one channel or category."""
    if demographics is None or not demographics["ltv_per_user"].max() > 0:
        return []
    rows = shape.order(demographics, "channel", "revenue", context)[:GRID_ROWS]
    columns = shape.order(demographics, "category", "revenue", context)[:GRID_COLUMNS]
    if len(rows) < 2 or len(columns) < 2:
        return []
    ranked = demographics[demographics["buyers"] >= FEWEST_BUYERS]["ltv_per_user"]
    edges = _edges(float(ranked.max())) if len(ranked) and ranked.max() > 0 else []
    return [
        _grid(demographics, campaign, rows, columns, edges, context)
        for campaign in context.campaigns[:GRIDS]
        if (demographics["campaign"] == campaign.key).any()
    ]


def _grid(
    demographics: pd.DataFrame,
    campaign: Campaign,
    rows: Sequence[Any],
    columns: Sequence[Any],
    edges: Sequence[float],
    context: Context,
) -> Grid:
    formats = context.formats
    mine = shape.having(demographics, "campaign", campaign.key)
    worth = shape.lookup(mine, ["channel", "category"], "ltv_per_user")
    buyers = shape.lookup(mine, ["channel", "category"], "buyers")

    def cell(channel: Any, kind: Any) -> Cell:
        value, n = float(worth.get((channel, kind)) or 0.0), int(buyers.get((channel, kind), 0))
        enough = n >= FEWEST_BUYERS
        return Cell(
            text=formats.money(value) if n else "0",
            note=f"n {formats.count(n)}",
            step=sum(value >= edge for edge in edges) if enough else None,
            open=not enough,
        )

    most = best(demographics, campaign)
    heading = _("Value by channel and category, {campaign}", campaign=campaign.label)
    told = _("no cell has {fewest_buyers} buyers", fewest_buyers=FEWEST_BUYERS)
    if most is not None:
        told = _(
            "most from {most}, {ltv_per_user} a user ({buyers} buyers)",
            most=demographic(most, context),
            ltv_per_user=formats.money(most["ltv_per_user"]),
            buyers=formats.count(most["buyers"]),
        )
    first = campaign.key == context.baseline.key
    return Grid(
        id="demographic" if first else f"demographic_{campaign.key}",
        title=heading[:48],
        subtitle=_(
            "Lifetime value per user of the channel, {currency}; n buyers",
            currency=formats.currency,
        ),
        alt=_(
            "Grid of {channels} channels by {categories} categories, {campaign}: {told}.",
            channels=len(rows),
            categories=len(columns),
            campaign=campaign.label,
            told=told,
        ),
        how_to_read=_(
            "Outlined cells have fewer than {fewest_buyers} buyers.", fewest_buyers=FEWEST_BUYERS
        )
        if first
        else "",
        half=len(columns) <= FULL_WIDTH_COLUMNS,
        table="by_demographic",
        rows=[context.label("channel", each) for each in rows],
        columns=[context.label("category", each).capitalize() for each in columns],
        cells=[[cell(channel, kind) for kind in columns] for channel in rows],
        ramp="sequential",
        edges=edges,
        unit="money",
    )


def _edges(largest: float) -> list[float]:
    """Six edges at equal, round steps, so that the seventh class holds the largest value."""
    from math import floor, log10

    step = largest / 7
    size = 10.0 ** floor(log10(step))
    step = next(each * size for each in (1, 2, 2.5, 5, 10) if each * size >= step)
    return [round(step * number, 10) for number in range(1, 7)]
