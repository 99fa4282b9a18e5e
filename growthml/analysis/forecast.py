"""What buyers are expected to bring: models fitted by campaign, and what they forecast.

How often buyers return is BG/NBD's answer, what a purchase is worth Gamma-Gamma's; both are fitted
from counts the database made, in the time unit the report asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from growthml import shape
from growthml.parts import Campaign, Context, Facts
from growthml.words import N_

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from growthml.stats.bgnbd import BgNbd
    from growthml.stats.gamma_gamma import GammaGamma
    from growthml.stats.not_fitted import NotFitted

    Times = tuple[np.ndarray, np.ndarray, np.ndarray]

Unit = Literal["day", "week"]

DAYS: Mapping[Unit, int] = {"day": 1, "week": 7}
TIME_UNITS: Mapping[Unit, str] = {"day": N_("(time in days)"), "week": N_("(time in weeks)")}
MONTH_DAYS = 365.25 / 12
ALL = "all"
"""Stands for all channels together."""

MODEL = ("campaign", "model", "parameter", "value")
PARAMETERS = (
    *("r", "alpha", "a", "b", "p", "q", "v"),
    *("log_likelihood", "correlation", "users", "repeat_buyers"),
)
FORECAST = (
    *("campaign", "channel", "months"),
    *("expected_purchases", "expected_value", "ci_low", "ci_high"),
)


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
        worth = shape.having(values, "campaign", campaign.key)
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

    mine = shape.having(counted, "campaign", campaign.key)
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


def _parameters(model: Any, unit: Unit) -> dict[str, float | None]:
    found = {name: getattr(model, name) for name in PARAMETERS if hasattr(model, name)}
    if "alpha" in found:
        found["days_per_time_unit"] = DAYS[unit]
    return found


def _standard_errors(model: Any) -> Mapping[str, float]:
    return (model.standard_errors() or {}) if hasattr(model, "standard_errors") else {}


def forecast_rows(
    fitted: Sequence[Fitted], facts: Facts, context: Context, ahead: Horizon
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
        mine = shape.having(counted, "campaign", each.campaign.key)
        parts = [
            (channel, shape.having(mine, "channel", channel))
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
        mine = shape.having(users, "campaign", each.campaign.key)
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
