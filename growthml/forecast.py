"""What buyers are expected to bring: models fitted by campaign, their forecasts, and their error.

How often buyers return is BG/NBD's answer, what a purchase is worth Gamma-Gamma's; both are fitted
from counts the database made, in the time unit the report asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from growthml import shape
from growthml.charts import CurvePanel, Curves, Line, Series
from growthml.parts import Campaign, Column, Context, Evidence, Facts, Finding, Table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from growthml.stats.bgnbd import BgNbd
    from growthml.stats.gamma_gamma import GammaGamma
    from growthml.stats.not_fitted import NotFitted

    Times = tuple[np.ndarray, np.ndarray, np.ndarray]

Unit = Literal["day", "week"]

DAYS: Mapping[Unit, int] = {"day": 1, "week": 7}
MONTH_DAYS = 365.25 / 12
ALL = "all"
"""Stands for all channels together."""

MODEL = ("campaign", "model", "parameter", "value")
FORECAST = (
    "campaign",
    "channel",
    "months",
    "expected_purchases",
    "expected_value",
    "ci_low",
    "ci_high",
)
TRACKING = ("campaign", "time", "actual", "fitted", "used_in_fitting")
MOST_PANELS = 2
POOR = 0.25
"""A forecast further off than this in its test is no basis for a plan."""


@dataclass(frozen=True, kw_only=True)
class Horizon:
    """How far ahead, and in which unit of time. discount: of value, per month, a fraction."""

    months: Sequence[int]
    unit: Unit
    discount: float = 0.0

    @property
    def month(self) -> float:
        """A month, a twelfth of 365.25 days, in the unit of time."""
        return MONTH_DAYS / DAYS[self.unit]


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """One campaign's models. calibration: fitted on the first part of the history alone."""

    campaign: Campaign
    repeats: BgNbd | NotFitted
    values: GammaGamma | NotFitted
    calibration: BgNbd | NotFitted

    @property
    def model(self) -> BgNbd | None:
        """How often buyers return, or None where there was too little data."""
        from growthml.stats.bgnbd import BgNbd

        return self.repeats if isinstance(self.repeats, BgNbd) else None

    @property
    def value_model(self) -> GammaGamma | None:
        """What a purchase is worth, or None without a mean over all buyers."""
        from growthml.stats.gamma_gamma import GammaGamma

        found = self.values if isinstance(self.values, GammaGamma) else None
        return found if found and found.population_mean is not None else None

    @property
    def tested(self) -> BgNbd | None:
        """The model of the first part of the history, or None where that was too little."""
        from growthml.stats.bgnbd import BgNbd

        return self.calibration if isinstance(self.calibration, BgNbd) else None


def fit(facts: Facts, context: Context, unit: Unit) -> list[Fitted]:
    """The models of every campaign, the baseline's first."""
    from growthml.stats import gamma_gamma

    values = facts["repeat_values"]
    fitted = []
    for campaign in context.campaigns:
        worth = values[values["campaign"] == campaign.key]
        fitted.append(
            Fitted(
                campaign=campaign,
                repeats=_repeats(facts["repeat_purchases"], campaign, unit),
                values=gamma_gamma.fit(worth["frequency"], worth["mean_value"], worth["buyers"]),
                calibration=_repeats(facts["calibration_purchases"], campaign, unit),
            )
        )
    return fitted


def _repeats(counted: pd.DataFrame, campaign: Campaign, unit: Unit) -> BgNbd | NotFitted:
    from growthml.stats import bgnbd

    mine = counted[counted["campaign"] == campaign.key]
    keys = ["frequency", "recency", "age"]
    mine = mine.groupby(keys, as_index=False)["buyers"].sum()
    return bgnbd.fit(*_times(mine, unit), mine["buyers"])


def _times(rows: pd.DataFrame, unit: Unit) -> Times:
    days = DAYS[unit]
    return (
        rows["frequency"].to_numpy(float),
        rows["recency"].to_numpy(float) / days,
        rows["age"].to_numpy(float) / days,
    )


# -- tables ------------------------------------------------------------------------------------


def model_rows(fitted: Sequence[Fitted], unit: Unit) -> pd.DataFrame:
    """Parameters of every model; where none was fitted, only how many buyers there were."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for each in fitted:
        named = {
            "bg_nbd": each.repeats,
            "gamma_gamma": each.values,
            "bg_nbd_calibration": each.calibration,
        }
        for name, model in named.items():
            errors = _standard_errors(model)
            rows += [
                {
                    "campaign": each.campaign.key,
                    "model": name,
                    "parameter": parameter,
                    "value": value,
                    "std_error": errors.get(parameter),
                }
                for parameter, value in _parameters(model, unit).items()
            ]
    return pd.DataFrame(rows, columns=[*MODEL, "std_error"])


_PARAMETERS = ("r", "alpha", "a", "b", "p", "q", "v", "log_likelihood", "correlation")


def _parameters(model: Any, unit: Unit) -> dict[str, float | None]:
    found = {name: getattr(model, name) for name in _PARAMETERS if hasattr(model, name)}
    found |= {
        name: getattr(model, name) for name in ("users", "repeat_buyers") if hasattr(model, name)
    }
    if "alpha" in found:
        found["days_per_time_unit"] = DAYS[unit]
    return found


def _standard_errors(model: Any) -> Mapping[str, float]:
    return (model.standard_errors() or {}) if hasattr(model, "standard_errors") else {}


def forecast_rows(
    fitted: Sequence[Fitted],
    facts: Facts,
    context: Context,
    ahead: Horizon,
) -> pd.DataFrame:
    """Purchases and their value expected of each channel's buyers in the months to come.

    The interval is of the purchases, a prediction interval. `all` stands for all channels.
    """
    import pandas as pd

    counted = facts["repeat_purchases"]
    rows: list[dict[str, Any]] = []
    for each in fitted:
        if each.model is None:
            continue
        mine = counted[counted["campaign"] == each.campaign.key]
        parts = [
            (
                channel,
                mine[mine["channel"].isna() if channel is None else mine["channel"] == channel],
            )
            for channel in shape.order(mine, "channel", "buyers", context)
        ]
        for channel, part in [*parts, (ALL, mine)]:
            for months in ahead.months:
                rows.append(
                    {
                        "campaign": each.campaign.key,
                        "channel": channel,
                        "months": months,
                        **_expected(each, part, months, ahead, context.confidence),
                    }
                )
    return pd.DataFrame(rows, columns=[*FORECAST, "buyers"])


def _expected(
    fitted: Fitted, buyers: pd.DataFrame, months: int, ahead: Horizon, confidence: float
) -> dict[str, float | int | None]:
    assert fitted.model is not None
    times, number = _times(buyers, ahead.unit), buyers["buyers"].to_numpy(float)
    found = fitted.model.forecast(months * ahead.month, *times, number, confidence)
    # The value of a purchase is linear in a buyer's mean, so the mean of the means will do.
    value = _value(fitted, times, buyers["mean_values"].to_numpy(float) / number, months, ahead)
    return {
        "expected_purchases": found.total,
        "expected_value": None if value is None else float(number @ value),
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "buyers": int(number.sum()),
    }


def _value(
    fitted: Fitted, times: Times, means: np.ndarray, months: int, ahead: Horizon
) -> np.ndarray | None:
    from growthml.stats.lifetime_value import residual_value

    if fitted.model is None or fitted.value_model is None:
        return None
    worth = fitted.value_model.expected_value(times[0], means)
    return residual_value(
        fitted.model, worth, *times, step=ahead.month, steps=months, discount=ahead.discount
    )


def predicted(users: pd.DataFrame, fitted: Sequence[Fitted], ahead: Horizon) -> pd.DataFrame:
    """The users with predicted_purchases, predicted_value and p_alive, None where not fitted.

    Of the longest horizon; p_alive is 1 for buyers of one purchase day, of whom the model says
    nothing.
    """
    import pandas as pd

    months, parts = max(ahead.months), []
    for each in fitted:
        mine = _of(users, each.campaign)
        found: dict[str, Any] = dict.fromkeys(
            ("predicted_purchases", "predicted_value", "p_alive"), float("nan")
        )
        if each.model is not None:
            times = _times(mine, ahead.unit)
            means = mine["mean_value"].fillna(0.0).to_numpy(float)
            found["predicted_purchases"] = each.model.expected_purchases(
                months * ahead.month, *times
            )
            for name, values in (
                ("predicted_value", _value(each, times, means, months, ahead)),
                ("p_alive", each.model.p_alive(*times)),
            ):
                found[name] = float("nan") if values is None else values
        parts.append(mine.assign(**found))
    return pd.concat(parts, ignore_index=True)


def tables(
    fitted: Sequence[Fitted],
    expected: pd.DataFrame,
    tracking: pd.DataFrame,
    ahead: Horizon,
    context: Context,
) -> list[Table]:
    """What pages show of the forecast, and the models and curves attached."""
    model = model_rows(fitted, ahead.unit)
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


# -- tracking ----------------------------------------------------------------------------------


def tracking_rows(fitted: Sequence[Fitted], facts: Facts, unit: Unit) -> pd.DataFrame:
    """Repeat purchases cumulated, counted and as the first part's model expects them.

    Of buyers first seen in that part alone; time runs from the campaign's first purchase.
    """
    import pandas as pd

    frames = [
        _tracked(each, mine, unit)
        for each in fitted
        if each.tested is not None and len(mine := _of(facts["repeat_tracking"], each.campaign))
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(TRACKING))


def _of(frame: pd.DataFrame, campaign: Campaign) -> pd.DataFrame:
    return frame[frame["campaign"] == campaign.key]


def _tracked(fitted: Fitted, days: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    assert fitted.tested is not None
    length, cut, end = DAYS[unit], int(days["cut"].iloc[0]), int(days["end"].iloc[0])
    at = np.unique([*range(0, end + 1, length), cut, end])
    days = days.sort_values("day")
    before = np.searchsorted(days["day"].to_numpy(), at, side="right")
    actual = np.concatenate([[0], days["repeats"].cumsum()])[before]
    came = days[days["new_buyers"] > 0]
    ages = (cut - came["day"].to_numpy(float)) / length
    return pd.DataFrame(
        {
            "campaign": fitted.campaign.key,
            "time": at / length,
            "actual": actual,
            "fitted": fitted.tested.tracking(at / length, ages, came["new_buyers"]),
            "used_in_fitting": at <= cut,
        }
    )


def errors(tracking: pd.DataFrame) -> dict[str, float]:
    """By campaign, how far the fitted curve ends above (+) or below the counted one, a fraction."""
    last = tracking.groupby("campaign").last()
    return {
        str(key): float(row["fitted"] / row["actual"]) - 1
        for key, row in last.iterrows()
        if row["actual"] > 0
    }


def tracking_chart(tracking: pd.DataFrame, context: Context, unit: Unit) -> Curves | None:
    """Counted and fitted repeat purchases, the hold-out shaded; None where nothing was fitted."""
    found = errors(tracking)
    shown = [each for each in context.campaigns if each.key in found][:MOST_PANELS]
    if not shown:
        return None
    formats, first = context.formats, shown[0]
    told = " ".join(_told(each, tracking, context, unit) for each in shown)
    return Curves(
        id="tracking",
        title=f"{first.label}: the model ends {error_words(found[first.key], context)}"
        " the repeat purchases counted"[:80],
        subtitle=f"Repeat purchases cumulated by {unit} since the first purchase;"
        f" fitted on the first {formats.share(_share_fitted(tracking, first))} of the time",
        alt=told[:400],
        how_to_read="The dashed line was fitted before the shaded part began: the closer it stays"
        " to the solid one there, the better the forecast.",
        half=False,
        table="tracking",
        panels=[_panel(_of(tracking, each), each, len(shown) > 1) for each in shown],
        height=52.0,
    )


def _told(campaign: Campaign, tracking: pd.DataFrame, context: Context, unit: Unit) -> str:
    formats, mine = context.formats, _of(tracking, campaign)
    last, cut = mine.iloc[-1], mine[mine["used_in_fitting"]].iloc[-1]
    return (
        f"Line chart, {campaign.label}, to {unit} {formats.number(last['time'], 0)}: actual"
        f" {formats.count(last['actual'])}, fitted {formats.count(last['fitted'])} repeat"
        f" purchases, hold-out from {unit} {formats.number(cut['time'], 0)}."
    )


def _share_fitted(tracking: pd.DataFrame, campaign: Campaign) -> float:
    mine = _of(tracking, campaign)
    return float(mine[mine["used_in_fitting"]]["time"].max() / mine["time"].max())


def error_words(error: float, context: Context) -> str:
    """ "4 % below", "12 % above", or "level with"."""
    if round(abs(error), 2) == 0:
        return "level with"
    return f"{context.formats.share(abs(error))} {'above' if error > 0 else 'below'}"


def _panel(mine: pd.DataFrame, campaign: Campaign, titled: bool) -> CurvePanel:
    cut = float(mine[mine["used_in_fitting"]]["time"].max())
    return CurvePanel(
        title=campaign.label if titled else "",
        lines=[
            Line(
                series=Series(label="Counted", colour="ink"),
                x=list(mine["time"]),
                y=list(mine["actual"].astype(float)),
                end="Counted",
            ),
            Line(
                series=Series(label="Fitted", colour="new"),
                x=list(mine["time"]),
                y=list(mine["fitted"]),
                end="Fitted",
                dashed=True,
            ),
        ],
        x_axis="number",
        x_unit="count",
        y_unit="count",
        shaded=[(cut, float(mine["time"].max()), "not used in fitting")],
    )


# -- words -------------------------------------------------------------------------------------


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
