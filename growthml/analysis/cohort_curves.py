"""Curves of cohorts pooled by age: retention, and revenue per user so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from growthml import shape
from growthml.analysis.cohorts import NEXT, Cohorts, ages_passed, equal_age, row_of
from growthml.analysis.rates import FEWEST_USERS
from growthml.charts import CurvePanel, Curves, Line
from growthml.parts import Context
from growthml.words import _

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
            _(
                "{retention} in {unit} {month}",
                retention=formats.share(row.retention),
                unit=words.noun,
                month=row.month,
            )
            for row in shown[shown["campaign"] == campaign.key].itertuples()
            if row.month in (1, 3, 6)
        )
        for campaign in context.campaigns
        if (shown["campaign"] == campaign.key).any()
    )
    return Curves(
        id="curves",
        title=_retention_title(shown, cohorts),
        subtitle=_(
            "Users {who}, %, by {units} since {began}",
            who=words.who,
            units=words.units,
            began=words.began,
        ),
        alt=_(
            "Line chart of retention by {units} since {began}, cohorts pooled: {told}.",
            units=words.units,
            began=words.began,
            told=told,
        )[:399],
        how_to_read=_(
            "Each point pools every cohort that has lived that {unit} to its end; shaded:"
            " {confidence} interval. The far end rests on the oldest cohorts alone, and ends where"
            " fewer than {fewest_users} users are left.",
            unit=words.noun,
            confidence=formats.share(context.confidence),
            fewest_users=FEWEST_USERS,
        ),
        table="curve",
        panels=[_panel(shown, "retention", "share", context)],
    )


def _retention_title(shown: pd.DataFrame, cohorts: Cohorts) -> str:
    words, context = cohorts.words, cohorts.context
    if not context.compared:
        first = row_of(shown, context.baseline, NEXT)
        if first is None:
            return _("Retention by {unit}", unit=words.noun)
        return _(
            "{retention} {act} in {unit} {next}",
            retention=context.formats.share(first.retention),
            act=words.act,
            unit=words.noun,
            next=NEXT,
        )[:48]
    if not shown["q_value"].notna().any():
        return _("Retention by {unit}", unit=words.noun)
    ages = ages_passed(shown, context)
    if not ages:
        return _("No evidence that retention differs")
    if len(ages) == 1:
        return _("Retention differs in {unit} {ages}", unit=words.noun, ages=ages[0])
    return _("Retention differs in {n} {units}", n=len(ages), units=words.units)


def _revenue_chart(shown: pd.DataFrame, cohorts: Cohorts) -> Curves:
    words, formats = cohorts.words, cohorts.context.formats
    age, amounts = equal_age(shown, cohorts.context)
    told = formats.join([f"{label} {formats.money(amount)}" for label, amount in amounts])
    label, amount = amounts[0]
    title = _(
        "By {unit} {age} a {label} user had brought {amount}",
        unit=words.noun,
        age=age,
        label=label,
        amount=formats.money(amount),
    )
    return Curves(
        id="revenue",
        title=title
        if len(title) <= 48
        else _("Revenue per user by {unit} {age}", unit=words.noun, age=age),
        subtitle=_(
            "Revenue per user so far, {currency}, by {units} since {began}",
            currency=formats.currency,
            units=words.units,
            began=words.began,
        ),
        alt=_(
            "Line chart of revenue per user, cumulated by {units} since {began}: {told} by {unit}"
            " {age}.",
            unit=words.noun,
            units=words.units,
            began=words.began,
            told=told,
            age=age,
        ),
        how_to_read=_(
            "At every age only cohorts that old count, so a line can fall where a cohort that spent"
            " much is too young for the next age."
        ),
        table="curve",
        panels=[_panel(shown, "cumulative_revenue_per_user", "money", cohorts.context)],
    )
