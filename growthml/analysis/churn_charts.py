"""Charts of churn: rates by channel and by behaviour, and what differs from the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.churn import Churn, baseline_row, label
from growthml.analysis.rates import FEWEST_USERS
from growthml.charts import BarPanel, Bars, IntervalPanel, IntervalRow, Intervals
from growthml.parts import Campaign, Context, Verdict

if TYPE_CHECKING:
    import pandas as pd


def rate_charts(churn: Churn) -> list[Bars]:
    """Bars by channel and by behaviour, where there are several and enough users."""
    charts: list[Bars] = []
    channels, behaviours = churn.channels, churn.behaviours
    if channels.groupby("campaign")["users"].sum().max() < FEWEST_USERS:
        return charts
    if channels["channel"].nunique(dropna=False) > 1:
        charts.append(_bars("channel", churn.context.label("role", "channel"), channels, churn))
    if behaviours["behaviour"].nunique() > 1:
        charts.append(_bars("behaviour", "commonest action", behaviours, churn))
    return charts


def _bars(column: str, by: str, rates: pd.DataFrame, churn: Churn) -> Bars:
    context, formats = churn.context, churn.context.formats
    rows = shape.rows(rates, column, "users", column, context)
    churned = rows.values(rates, column, "churned", context)
    users = rows.values(rates, column, "users", context)
    labels = [
        label(column, members[0], context) if len(members) == 1 else folded
        for folded, members in zip(rows.labels, rows.members, strict=True)
    ]
    pairs = [list(zip(xs, ns, strict=True)) for xs, ns in zip(churned, users, strict=True)]
    counted = [[f"{formats.count(x)} of {formats.count(n)}" for x, n in each] for each in pairs]
    sizes = formats.join([formats.count(sum(each)) for each in users])
    names = formats.join([campaign.label for campaign in context.campaigns])
    return Bars(
        id=f"{column}s",
        title=f"Churn by {by}",
        subtitle=f"Silent for more than {churn.days} days, %; {sizes} users",
        alt=f"Bar chart of churn by {by}, {names}: {shape.told(labels, counted, context)}."[:400],
        table=f"by_{column}",
        rows=labels,
        series=shape.series(context),
        panels=[
            BarPanel(title="", values=[[shape.share(x, n) for x, n in each] for each in pairs])
        ],
        unit="share",
        limit=1.0,
    )


def difference_charts(churn: Churn) -> list[Intervals]:
    """One chart a compared campaign: churn by channel less the baseline's, all users last."""
    context, overall, channels = churn.context, churn.overall, churn.channels
    before, charts = next(overall.itertuples()), []
    for campaign in context.compared:
        mine = channels[channels["campaign"] == campaign.key]
        rows = [
            _interval_row(row, context.label("channel", row.channel), base, context)
            for row in mine.head(shape.MOST_ROWS).itertuples()
            if (base := baseline_row(channels, "channel", row.channel, context)) is not None
        ]
        whole = next(overall[overall["campaign"] == campaign.key].itertuples())
        everyone = _interval_row(whole, "All users", before, context)
        if everyone.estimate is not None and len(rows) > 1:
            charts.append(_intervals(campaign, rows, everyone, churn))
    return charts


def _interval_row(row: Any, name: str, base: Any, context: Context) -> IntervalRow:
    formats = context.formats
    left = f"{formats.rate(base.churn_rate)} → {formats.rate(row.churn_rate)}"
    if shape.known(row.p_value) is None:
        return IntervalRow(
            name=name, estimate=None, low=None, high=None, left=left, verdict=row.verdict
        )
    interval = formats.interval(row.difference_ci_low, row.difference_ci_high, "rate")
    return IntervalRow(
        name=name,
        estimate=row.difference,
        low=row.difference_ci_low,
        high=row.difference_ci_high,
        left=left,
        right=f"{formats.points(row.difference)} ({interval})",
        verdict=row.verdict,
    )


def _intervals(
    campaign: Campaign, rows: Sequence[IntervalRow], everyone: IntervalRow, churn: Churn
) -> Intervals:
    context = churn.context
    told = ", ".join(f"{row.name} {row.right}" for row in [*rows[:4], everyone] if row.right)
    extra = "" if len(context.compared) == 1 else f"_{campaign.key}"
    return Intervals(
        id=f"differences{extra}",
        title=_difference_title(rows, context),
        subtitle=f"Silent for more than {churn.days} days, {campaign.label} less"
        f" {context.baseline.label}, percentage points"[:110],
        alt=f"Interval plot of churn, {campaign.label} less {context.baseline.label} in points:"
        f" {told}."[:400],
        how_to_read="Left of the line fewer users churned. A line that crosses it fits both a rise"
        " and a fall.",
        half=False,
        table="by_channel",
        panels=[
            IntervalPanel(rows=rows, unit="rate", title="percentage points"),
            IntervalPanel(rows=[everyone], unit="rate"),
        ],
        lower=f"lower in {campaign.label}",
        higher=f"higher in {campaign.label}",
    )


def _difference_title(rows: Sequence[IntervalRow], context: Context) -> str:
    by = context.label("role", "channel")
    passed = [row.name for row in rows if row.verdict in (Verdict.BETTER, Verdict.WORSE)]
    if not passed:
        title = f"No {by}'s churn shows evidence of a difference"
    else:
        title = f"Churn differs from {context.baseline.label}'s: {context.formats.join(passed)}"
    return title if len(title) <= 80 else f"Churn of {len(passed)} {by}s differs"
