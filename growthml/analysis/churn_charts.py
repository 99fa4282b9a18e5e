"""Charts of churn: rates by channel and by behaviour, and what differs from the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.churn import Churn, baseline_row, label
from growthml.analysis.rates import FEWEST_USERS
from growthml.charts import BarPanel, Bars, IntervalPanel, IntervalRow, Intervals
from growthml.parts import Campaign, Context, Verdict
from growthml.words import _

if TYPE_CHECKING:
    import pandas as pd


def rate_charts(churn: Churn) -> list[Bars]:
    """Bars by channel and by behaviour, where there are several and enough users."""
    charts: list[Bars] = []
    channels, behaviours = churn.channels, churn.behaviours
    if channels.groupby("campaign")["users"].sum().max() < FEWEST_USERS:
        return charts
    if channels["channel"].nunique(dropna=False) > 1:
        charts.append(_bars("channel", channels, churn))
    if behaviours["behaviour"].nunique() > 1:
        charts.append(_bars("behaviour", behaviours, churn))
    return charts


def _bars(column: str, rates: pd.DataFrame, churn: Churn) -> Bars:
    context, formats = churn.context, churn.context.formats
    rows = shape.rows(rates, column, "users", column, context)
    churned = rows.values(rates, column, "churned", context)
    users = rows.values(rates, column, "users", context)
    labels = [
        label(column, members[0], context) if len(members) == 1 else folded
        for folded, members in zip(rows.labels, rows.members, strict=True)
    ]
    pairs = [list(zip(xs, ns, strict=True)) for xs, ns in zip(churned, users, strict=True)]
    counted = [[shape.part_of(x, n, context) for x, n in each] for each in pairs]
    sizes = formats.join([formats.count(sum(each)) for each in users])
    names = formats.join([campaign.label for campaign in context.campaigns])
    told = {"names": names, "told": shape.told(labels, counted, context)}
    return Bars(
        id=f"{column}s",
        title=_("Churn by channel") if column == "channel" else _("Churn by commonest action"),
        subtitle=_(
            "Silent for more than {days} days, %; {sizes} users", days=churn.days, sizes=sizes
        ),
        alt=(
            _("Bar chart of churn by channel, {names}: {told}.", **told)
            if column == "channel"
            else _("Bar chart of churn by commonest action, {names}: {told}.", **told)
        )[:400],
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
        everyone = _interval_row(whole, _("All users"), before, context)
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
        subtitle=_(
            "Silent for more than {days} days, {campaign} less {baseline}, percentage points",
            days=churn.days,
            campaign=campaign.label,
            baseline=context.baseline.label,
        )[:110],
        alt=_(
            "Interval plot of churn, {campaign} less {baseline} in points: {told}.",
            campaign=campaign.label,
            baseline=context.baseline.label,
            told=told,
        )[:400],
        how_to_read=_(
            "Left of the line fewer users churned. A line that crosses it fits both a rise and a"
            " fall."
        ),
        half=False,
        table="by_channel",
        panels=[
            IntervalPanel(rows=rows, unit="rate", title=_("percentage points")),
            IntervalPanel(rows=[everyone], unit="rate"),
        ],
        lower=_("lower in {campaign}", campaign=campaign.label),
        higher=_("higher in {campaign}", campaign=campaign.label),
    )


def _difference_title(rows: Sequence[IntervalRow], context: Context) -> str:

    passed = [row.name for row in rows if row.verdict in (Verdict.BETTER, Verdict.WORSE)]
    if not passed:
        title = _("No channel's churn shows evidence of a difference")
    else:
        title = _(
            "Churn differs from {baseline}'s: {passed}",
            baseline=context.baseline.label,
            passed=context.formats.join(passed),
        )
    return title if len(title) <= 80 else _("Churn of {n} channels differs", n=len(passed))
