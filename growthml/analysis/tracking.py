"""How good a forecast is: fitted on the first part of the history, tested on the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from growthml import shape
from growthml.analysis.forecast import DAYS, Fitted, Unit
from growthml.charts import CurvePanel, Curves, Line, Series
from growthml.parts import Campaign, Context, Facts
from growthml.words import _

if TYPE_CHECKING:
    import pandas as pd

TRACKING = ("campaign", "time", "actual", "fitted", "used_in_fitting")
MOST_PANELS = 2


def tracking_rows(fitted: Sequence[Fitted], facts: Facts, unit: Unit) -> pd.DataFrame:
    """Repeat purchases cumulated, counted and as the first part's model expects them.

    Of buyers first seen in that part alone; time runs from the campaign's first purchase.
    """
    import pandas as pd

    days = facts["repeat_tracking"]
    frames = [
        _tracked(each, mine, unit)
        for each in fitted
        if each.tested is not None
        and len(mine := shape.having(days, "campaign", each.campaign.key))
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(TRACKING))


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
        title=_(
            "{campaign}: the model ends {off} the repeat purchases counted",
            campaign=first.label,
            off=error_words(found[first.key], context),
        )[:80],
        subtitle=_(
            "Repeat purchases cumulated by {unit} since the first purchase; fitted on the first"
            " {share} of the time",
            unit=_(unit),
            share=formats.share(_share_fitted(tracking, first)),
        ),
        alt=told[:400],
        how_to_read=_(
            "The dashed line was fitted before the shaded part began: the closer it stays to the"
            " solid one there, the better the forecast."
        ),
        half=False,
        table="tracking",
        panels=[
            _panel(shape.having(tracking, "campaign", each.key), each, len(shown) > 1)
            for each in shown
        ],
        height=52.0,
    )


def _told(campaign: Campaign, tracking: pd.DataFrame, context: Context, unit: Unit) -> str:
    formats, mine = context.formats, shape.having(tracking, "campaign", campaign.key)
    last, cut = mine.iloc[-1], mine[mine["used_in_fitting"]].iloc[-1]
    return _(
        "Line chart, {campaign}, to {unit} {time}: actual {actual}, fitted {fitted} repeat"
        " purchases, hold-out from {unit} {cut}.",
        campaign=campaign.label,
        unit=_(unit),
        time=formats.number(last["time"], 0),
        actual=formats.count(last["actual"]),
        fitted=formats.count(last["fitted"]),
        cut=formats.number(cut["time"], 0),
    )


def _share_fitted(tracking: pd.DataFrame, campaign: Campaign) -> float:
    mine = shape.having(tracking, "campaign", campaign.key)
    return float(mine[mine["used_in_fitting"]]["time"].max() / mine["time"].max())


def error_words(error: float, context: Context) -> str:
    """ "4 % below", "12 % above", or "level with"."""
    if round(abs(error), 2) == 0:
        return _("level with")
    share = context.formats.share(abs(error))
    return _("{share} above", share=share) if error > 0 else _("{share} below", share=share)


def _panel(mine: pd.DataFrame, campaign: Campaign, titled: bool) -> CurvePanel:
    cut = float(mine[mine["used_in_fitting"]]["time"].max())
    return CurvePanel(
        title=campaign.label if titled else "",
        lines=[
            Line(
                series=Series(label=_("Counted"), colour="ink"),
                x=list(mine["time"]),
                y=list(mine["actual"].astype(float)),
                end=_("Counted"),
            ),
            Line(
                series=Series(label=_("Fitted"), colour="new"),
                x=list(mine["time"]),
                y=list(mine["fitted"]),
                end=_("Fitted"),
                dashed=True,
            ),
        ],
        x_axis="number",
        x_unit="count",
        y_unit="count",
        shaded=[(cut, float(mine["time"].max()), _("not used in fitting"))],
    )
