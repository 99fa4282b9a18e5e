"""Concentration: how unevenly buyers spend (Lorenz curve and Gini coefficient, Gini 1914)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.charts import CurvePanel, Curves, Dot, Line, Reference
from growthml.parts import Context
from growthml.words import _, isolated

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("campaign", "user_fraction", "revenue_share")
TOP = 0.2
FEWEST_BUYERS = 10


def curve(steps: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Cumulated shares from the highest spender down, one row a step, with the Gini coefficient.

    Campaigns without revenue have no rows.
    """
    import pandas as pd

    frames = []
    for campaign in context.campaigns:
        mine = steps[steps["campaign"] == campaign.key].sort_values("step")
        revenue, buyers = float(mine["revenue"].sum()), int(mine["buyers"].sum())
        if not revenue > 0:
            continue
        frames.append(
            pd.DataFrame(
                {
                    "campaign": campaign.key,
                    "user_fraction": mine["buyers"].cumsum() / buyers,
                    "revenue_share": mine["revenue"].cumsum() / revenue,
                    "gini": float(mine["weighed"].sum()) / (buyers * revenue),
                    "buyers": mine["buyers"].cumsum(),
                }
            )
        )
    if not frames:
        return pd.DataFrame(columns=[*COLUMNS, "gini", "buyers"])
    return pd.concat(frames, ignore_index=True)


def share_of_top(curve: pd.DataFrame, campaign: str) -> float:
    """The part of revenue that the highest-spending fifth of a campaign's buyers bring, 0 to 1."""
    import numpy as np

    return float(np.interp(TOP, *_points(curve, campaign)))


def gini(curve: pd.DataFrame, campaign: str) -> float:
    """The Gini coefficient of a campaign's buyers: 0 all alike, towards 1 one buyer has all."""
    return float(curve[curve["campaign"] == campaign]["gini"].iloc[0])


def lorenz_chart(
    curve: pd.DataFrame, buyers: Mapping[Any, float], context: Context
) -> Curves | None:
    """The curves of the campaigns with ten buyers or more; None where there is none."""
    drawn = set(curve["campaign"])
    shown = [
        (campaign, style)
        for campaign, style in zip(context.campaigns, shape.series(context), strict=True)
        if campaign.key in drawn and buyers.get(campaign.key, 0) >= FEWEST_BUYERS
    ]
    if not shown:
        return None
    formats = context.formats
    first = share_of_top(curve, shown[0][0].key)
    lines = []
    for campaign, style in shown:
        x, y = _points(curve, campaign.key)
        lines.append(Line(series=style, x=x, y=y))
    told = ", ".join(
        f"{isolated(c.label)} {formats.share(share_of_top(curve, c.key))}" for c, _ in shown
    )
    ginis = formats.join([formats.statistic(gini(curve, c.key)) for c, _ in shown])
    sizes = formats.join([formats.count(buyers[c.key]) for c, _ in shown])
    return Curves(
        id="concentration",
        title=_("A fifth of buyers bring {first} of revenue", first=formats.share(first)),
        subtitle=_("Share of revenue; {sizes} buyers, Gini {ginis}", sizes=sizes, ginis=ginis),
        alt=_(
            "Lorenz curves, {sizes} buyers: the top fifth bring {told} of revenue; Gini {ginis}.",
            sizes=sizes,
            told=told,
            ginis=ginis,
        ),
        how_to_read=_(
            "The further a curve bends above the dashed line, the fewer buyers carry the revenue."
        ),
        table="concentration",
        panels=[
            CurvePanel(
                lines=lines,
                x_axis="share",
                y_unit="share",
                dots=[
                    Dot(
                        x=TOP,
                        y=first,
                        label=_("Top fifth: {told}", told=told),
                        colour=shown[0][0].colour,
                    ),
                ],
                references=[Reference(kind="diagonal", label=_("if all spent alike"))],
            )
        ],
        height=58.0,
    )


def _points(curve: pd.DataFrame, campaign: str) -> tuple[list[float], list[float]]:
    mine = curve[curve["campaign"] == campaign]
    return [0.0, *mine["user_fraction"]], [0.0, *mine["revenue_share"]]
