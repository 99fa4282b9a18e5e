"""What a report says of the forecast: its tables, what is to come, and what is thin about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from growthml import shape
from growthml.analysis.forecast import ALL, Fitted, Unit, model_rows
from growthml.analysis.tracking import error_words, errors
from growthml.parts import Column, Context, Evidence, Finding, Table

if TYPE_CHECKING:
    import pandas as pd

POOR = 0.25
"""A forecast further off than this in its test is no basis for a plan."""


def tables(
    fitted: Sequence[Fitted],
    expected: pd.DataFrame,
    tracking: pd.DataFrame,
    unit: Unit,
    context: Context,
) -> list[Table]:
    """What pages show of the forecast, and the models and curves attached."""
    model = model_rows(fitted, unit)
    found = [Table(id="model", title="Models", frame=model)]
    if len(expected):
        found.insert(0, _forecast_table(expected, context))
    if len(tracking):
        found.append(Table(id="tracking", title="Repeat purchases by time", frame=tracking))
    return found


def _forecast_table(expected: pd.DataFrame, context: Context) -> Table:
    several = expected["channel"].nunique(dropna=False) > 2
    total, longest = expected["channel"] == ALL, expected["months"] == expected["months"].max()
    view = expected.assign(
        channel=[
            "All channels" if each == ALL else context.label("channel", each)
            for each in expected["channel"]
        ]
    )[total | longest if several else total]
    return Table(
        id="forecast",
        title="Expected of the buyers so far",
        frame=expected,
        view=view,
        order="by buyers",
        columns=[
            Column(name="campaign", head="Campaign", role="campaign"),
            *([Column(name="channel", head="Channel")] if several else []),
            Column(name="buyers", head="Buyers", kind="count"),
            Column(name="months", head="Months", kind="count"),
            Column(name="expected_purchases", head="Purchases", kind="count"),
            Column(name="ci_low", head="from", kind="count"),
            Column(name="ci_high", head="to", kind="count"),
            Column(name="expected_value", head="Value", kind="money"),
        ],
        note="Repeat purchases (days with one) of today's buyers in so many months, with"
        f" {context.formats.share(context.confidence)} prediction intervals; buyers still to come"
        " are not in it.",
    )


def findings(expected: pd.DataFrame, tracking: pd.DataFrame, context: Context) -> list[Finding]:
    """What the buyers so far will still bring, one finding a campaign that has a forecast."""
    formats, off = context.formats, errors(tracking)
    found = []
    for campaign in context.campaigns:
        mine = expected[(expected["campaign"] == campaign.key) & (expected["channel"] == ALL)]
        if mine.empty:
            continue
        last = mine.iloc[-1]
        value = shape.known(last["expected_value"])
        worth = "" if value is None else f" worth {formats.money(value)}"
        interval = (
            ""
            if shape.known(last["ci_low"]) is None
            else f" ({formats.count(last['ci_low'])} to {formats.count(last['ci_high'])})"
        )
        tested = (
            f" Fitted on the first part of the history alone, the model ends"
            f" {error_words(off[campaign.key], context)} the count."
            if campaign.key in off
            else ""
        )
        found.append(
            Finding(
                heading="Purchases to come",
                text=f"{campaign.label}'s {formats.count(last['buyers'])} buyers are expected to"
                f" make {formats.count(last['expected_purchases'])} repeat purchases{interval}"
                f"{worth} in the next {formats.count(last['months'])} months.{tested}",
                evidence=Evidence(
                    table="forecast",
                    row={
                        "campaign": campaign.key,
                        "channel": ALL,
                        "months": int(last["months"]),
                    },
                ),
                weight=0.3 if abs(off.get(campaign.key, 1.0)) <= POOR else 0.1,
            )
        )
    return found


def caveats(fitted: Sequence[Fitted], tracking: pd.DataFrame, context: Context) -> list[str]:
    """What is thin about the forecast: too few repeat buyers, a failed test, no dropout."""
    off, found = errors(tracking), _too_few(fitted, context)
    for each in fitted:
        if abs(off.get(each.campaign.key, 0.0)) > POOR:
            found.append(
                f"{each.campaign.label}: the forecast failed its test, ending"
                f" {error_words(off[each.campaign.key], context)} the count; nothing should be"
                " planned on it."
            )
        found += _warnings(each, context)
    return found


def _too_few(fitted: Sequence[Fitted], context: Context) -> list[str]:
    from growthml.stats.not_fitted import FEWEST_REPEAT_BUYERS

    count = context.formats.count
    lacking = [each for each in fitted if each.model is None]
    found = []
    if lacking:
        counted = context.formats.join(
            [
                f"{count(each.repeats.repeat_buyers)}"
                f"{' repeat buyers' if place == 0 else ''} in {each.campaign.label}"
                for place, each in enumerate(lacking)
            ]
        )
        found.append(
            f"Too little data for a forecast: {counted}, at least {count(FEWEST_REPEAT_BUYERS)}"
            " needed."
        )
    for each in fitted:
        if each.model is not None and each.tested is None:
            found.append(
                f"{each.campaign.label}: the forecast is not tested, since only"
                f" {count(each.calibration.repeat_buyers)} of its buyers came back in the first"
                f" part of the history, at least {count(FEWEST_REPEAT_BUYERS)} needed."
            )
    return found


def _warnings(fitted: Fitted, context: Context) -> list[str]:
    if fitted.model is None:
        return []
    number, label, found = context.formats.number, fitted.campaign.label, []
    if fitted.model.warnings:
        unknown = f"(a = {number(fitted.model.a)}, b = {number(fitted.model.b)})"
        what = "" if fitted.model.dropout else f"dropout cannot be identified {unknown}: "
        found.append(f"{label}: {what}{'; '.join(fitted.model.warnings)}.")
    found += [f"{label}: {warning}." for warning in getattr(fitted.values, "warnings", ())]
    if fitted.value_model is None:
        reason = getattr(fitted.values, "reason", "")
        found.append(f"{label}: no value is forecast" + (f" ({reason})." if reason else "."))
    return found
