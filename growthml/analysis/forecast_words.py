"""What a report says of the forecast: its tables, what is to come, and what is thin about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from growthml import shape
from growthml.analysis.forecast import ALL, Fitted, Unit, model_rows
from growthml.analysis.tracking import error_words, errors
from growthml.parts import Column, Context, Evidence, Finding, Table
from growthml.words import _

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
    found = [Table(id="model", title=_("Models"), frame=model)]
    if len(expected):
        found.insert(0, _forecast_table(expected, context))
    if len(tracking):
        found.append(Table(id="tracking", title=_("Repeat purchases by time"), frame=tracking))
    return found


def _forecast_table(expected: pd.DataFrame, context: Context) -> Table:
    several = expected["channel"].nunique(dropna=False) > 2
    total, longest = expected["channel"] == ALL, expected["months"] == expected["months"].max()
    view = expected.assign(
        channel=[
            _("All channels") if each == ALL else context.label("channel", each)
            for each in expected["channel"]
        ]
    )[total | longest if several else total]
    return Table(
        id="forecast",
        title=_("Expected of the buyers so far"),
        frame=expected,
        view=view,
        order=_("by buyers"),
        columns=[
            Column(name="campaign", head=_("Campaign"), role="campaign"),
            *([Column(name="channel", head=_("Channel"))] if several else []),
            Column(name="buyers", head=_("Buyers"), kind="count"),
            Column(name="months", head=_("Months"), kind="count"),
            Column(name="expected_purchases", head=_("Purchases"), kind="count"),
            Column(name="ci_low", head=_("from"), kind="count"),
            Column(name="ci_high", head=_("to"), kind="count"),
            Column(name="expected_value", head=_("Value"), kind="money"),
        ],
        note=_(
            "Repeat purchases (days with one) of today's buyers in so many months, with"
            " {confidence} prediction intervals; buyers still to come are not in it.",
            confidence=context.formats.share(context.confidence),
        ),
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
        worth = "" if value is None else _(" worth {value}", value=formats.money(value))
        interval = (
            ""
            if shape.known(last["ci_low"]) is None
            else _(
                " ({ci_low} to {ci_high})",
                ci_low=formats.count(last["ci_low"]),
                ci_high=formats.count(last["ci_high"]),
            )
        )
        tested = (
            _(
                " Fitted on the first part of the history alone, the model ends {off} the count.",
                off=error_words(off[campaign.key], context),
            )
            if campaign.key in off
            else ""
        )
        found.append(
            Finding(
                heading=_("Purchases to come"),
                text=_(
                    "{campaign}'s {buyers} buyers are expected to make {expected_purchases} repeat"
                    " purchases{interval}{worth} in the next {months} months.{tested}",
                    campaign=campaign.label,
                    buyers=formats.count(last["buyers"]),
                    expected_purchases=formats.count(last["expected_purchases"]),
                    interval=interval,
                    worth=worth,
                    months=formats.count(last["months"]),
                    tested=tested,
                ),
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
                _(
                    "{campaign}: the forecast failed its test, ending {off} the count; nothing"
                    " should be planned on it.",
                    campaign=each.campaign.label,
                    off=error_words(off[each.campaign.key], context),
                )
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
                _(
                    "{n} in {campaign}",
                    n=count(each.repeats.repeat_buyers),
                    campaign=each.campaign.label,
                )
                if place
                else _(
                    "{n} repeat buyers in {campaign}",
                    n=count(each.repeats.repeat_buyers),
                    campaign=each.campaign.label,
                )
                for place, each in enumerate(lacking)
            ]
        )
        found.append(
            _(
                "Too little data for a forecast: {counted}, at least {fewest} needed.",
                counted=counted,
                fewest=count(FEWEST_REPEAT_BUYERS),
            )
        )
    for each in fitted:
        if each.model is not None and each.tested is None:
            found.append(
                _(
                    "{campaign}: the forecast is not tested, since only {repeat_buyers} of its"
                    " buyers came back in the first part of the history, at least"
                    " {fewest} needed.",
                    campaign=each.campaign.label,
                    repeat_buyers=count(each.calibration.repeat_buyers),
                    fewest=count(FEWEST_REPEAT_BUYERS),
                )
            )
    return found


def _warnings(fitted: Fitted, context: Context) -> list[str]:
    if fitted.model is None:
        return []
    number, label, found = context.formats.number, fitted.campaign.label, []
    if fitted.model.warnings:
        told = "; ".join(_(warning) for warning in fitted.model.warnings)
        if not fitted.model.dropout:
            told = _(
                "dropout cannot be identified (a = {a}, b = {b}): {told}",
                a=number(fitted.model.a),
                b=number(fitted.model.b),
                told=told,
            )
        found.append(f"{label}: {told}.")
    found += [f"{label}: {warning}." for warning in getattr(fitted.values, "warnings", ())]
    if fitted.value_model is None:
        reason = getattr(fitted.values, "reason", "")
        found.append(
            _("{label}: no value is forecast ({reason}).", label=label, reason=_(reason))
            if reason
            else _("{label}: no value is forecast.", label=label)
        )
    return found
