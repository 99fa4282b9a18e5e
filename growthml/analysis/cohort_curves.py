"""Curves of cohorts pooled by age: retention, and revenue per user so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from growthml import shape
from growthml.analysis.cohorts import NEXT, Cohorts, ages_passed, equal_age, row_of
from growthml.analysis.rates import FEWEST_USERS
from growthml.charts import CurvePanel, Curves, Line
from growthml.parts import Context

if TYPE_CHECKING:
    import pandas as pd


def curve_charts(cohorts: Cohorts) -> list[Curves]:
    """Retention where a campaign has two ages to draw, and revenue where there is any."""
    shown = cohorts.readable
    if not shown["active_users"].sum() or shown.groupby("campaign").size().max() < 2:
        return []
    charts = [_retention_chart(shown, cohorts)]
    if len(money := cohorts.earning):
        charts.append(_revenue_chart(money, cohorts))
    return charts


def _panel(
    shown: pd.DataFrame, value: str, unit: Literal["share", "money"], context: Context
) -> CurvePanel:
    lines = []
    for campaign, series in zip(context.campaigns, shape.series(context), strict=True):
        mine = shown[shown["campaign"] == campaign.key]
        if mine.empty:
            continue
        banded = unit == "share"
        last = context.formats.value(mine[value].iloc[-1], unit)
        lines.append(
            Line(
                series=series,
                x=[float(age) for age in mine["month"]],
                y=[float(y) for y in mine[value]],
                low=[float(y) for y in mine["ci_low"]] if banded else (),
                high=[float(y) for y in mine["ci_high"]] if banded else (),
                end=f"{series.label} {last}",
            )
        )
    return CurvePanel(lines=lines, x_axis="number", x_unit="count", y_unit=unit)


def _retention_chart(shown: pd.DataFrame, cohorts: Cohorts) -> Curves:
    words, context, formats = cohorts.words, cohorts.context, cohorts.context.formats
    told = "; ".join(
        f"{campaign.label} "
        + ", ".join(
            f"{formats.share(row.retention)} in {words.unit} {row.month}"
            for row in shown[shown["campaign"] == campaign.key].itertuples()
            if row.month in (1, 3, 6)
        )
        for campaign in context.campaigns
        if (shown["campaign"] == campaign.key).any()
    )
    return Curves(
        id="curves",
        title=_retention_title(shown, cohorts),
        subtitle=f"Users who {words.act}, %, by {words.unit}s since {words.began}",
        alt=f"Line chart of retention by {words.unit}s since {words.began}, cohorts pooled:"
        f" {told}."[:399],
        how_to_read=f"Each point pools every cohort that has lived that {words.unit} to its end;"
        f" shaded: {formats.share(context.confidence)} interval. The far end rests on the oldest"
        f" cohorts alone, and ends where fewer than {FEWEST_USERS} users are left.",
        table="curve",
        panels=[_panel(shown, "retention", "share", context)],
    )


def _retention_title(shown: pd.DataFrame, cohorts: Cohorts) -> str:
    words, context = cohorts.words, cohorts.context
    if not context.compared:
        first = row_of(shown, context.baseline, NEXT)
        if first is None:
            return f"Retention by {words.unit}"
        return f"{context.formats.share(first.retention)} {words.act} in {words.unit} {NEXT}"[:48]
    if not shown["q_value"].notna().any():
        return f"Retention by {words.unit}"
    ages = ages_passed(shown, context)
    if not ages:
        return "No evidence that retention differs"
    if len(ages) == 1:
        return f"Retention differs in {words.unit} {ages[0]}"
    return f"Retention differs in {len(ages)} {words.unit}s"


def _revenue_chart(shown: pd.DataFrame, cohorts: Cohorts) -> Curves:
    words, formats = cohorts.words, cohorts.context.formats
    age, amounts = equal_age(shown, cohorts.context)
    told = formats.join([f"{label} {formats.money(amount)}" for label, amount in amounts])
    label, amount = amounts[0]
    title = f"By {words.unit} {age} a {label} user had brought {formats.money(amount)}"
    return Curves(
        id="revenue",
        title=title if len(title) <= 48 else f"Revenue per user by {words.unit} {age}",
        subtitle=f"Revenue per user so far, {formats.currency}, by {words.unit}s since"
        f" {words.began}",
        alt=f"Line chart of revenue per user, cumulated by {words.unit}s since {words.began}:"
        f" {told} by {words.unit} {age}.",
        how_to_read="At every age only cohorts that old count, so a line can fall where a cohort"
        " that spent much is too young for the next age.",
        table="curve",
        panels=[_panel(shown, "cumulative_revenue_per_user", "money", cohorts.context)],
    )
