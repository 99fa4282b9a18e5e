"""The profit of reaching a campaign's users from the likeliest down, by one model's order.

Provost & Fawcett 2013, chapters 7 and 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from growthml import shape
from growthml.models.order import model_name
from growthml.parts import Campaign, Column, Context, Table
from growthml.words import _

if TYPE_CHECKING:
    from growthml.stats.profit import CostBenefit, Optimum, ProfitCurve
    from growthml.stats.response_model import Scored

CURVE = ("campaign", "model", "fraction", "users_targeted", "profit")
OPTIMUM = (
    *("campaign", "model", "fraction", "users_targeted", "threshold"),
    *("profit", "profit_if_all", "profit_if_none", "ci_low", "ci_high"),
    *("plateau_low", "plateau_high", "theoretical_threshold"),
)


@dataclass(frozen=True, kw_only=True)
class Profit:
    """One model's profit curve on one campaign. value: of a response, None with a matrix."""

    campaign: Campaign
    scored: Scored
    matrix: CostBenefit
    value: float | None
    curve: ProfitCurve
    best: Optimum
    most: int | None

    @property
    def bound(self) -> bool:
        """Whether the budget does not reach everybody."""
        return self.most is not None and self.most < self.curve.users


def from_to(plateau: tuple[float, float], context: Context) -> str:
    """ "12 to 20 %"."""
    low, high = plateau
    share = context.formats.share
    return _("{low} to {high}", low=share(low, symbol=False), high=share(high))


def limits(best: Optimum, context: Context) -> str:
    """The interval of the best profit, in money."""
    return context.formats.interval(best.ci_low, best.ci_high, "money", signed=False)


def optimum_table(found: Sequence[Profit], tested: str, context: Context) -> Table:
    """The best share of every model, beside everybody and nobody."""
    import pandas as pd

    rows = [
        {
            "campaign": each.campaign.key,
            "model": each.scored.model,
            "fraction": each.best.fraction,
            "users_targeted": each.best.users_targeted,
            "threshold": each.best.threshold,
            "profit": each.best.profit,
            "profit_if_all": each.curve.profit_if_all,
            "profit_if_none": each.curve.profit_if_none,
            "ci_low": each.best.ci_low,
            "ci_high": each.best.ci_high,
            "plateau_low": each.best.plateau[0],
            "plateau_high": each.best.plateau[1],
            "theoretical_threshold": each.matrix.threshold,
            "budget_users": each.most,
        }
        for each in found
    ]
    frame = pd.DataFrame(rows, columns=[*OPTIMUM, "budget_users"])
    view = frame.assign(
        name=[model_name(each.scored, context) for each in found],
        interval=[limits(each.best, context) for each in found],
        as_good=[from_to(each.best.plateau, context) for each in found],
    )
    return Table(
        id="optimum",
        title=_("The best share to reach"),
        frame=frame,
        view=view,
        columns=[
            *shape.campaign_column(context),
            Column(name="name", head=_("Users in the order of")),
            Column(name="fraction", head=_("Best share"), kind="share"),
            Column(name="profit", head=_("Profit"), kind="money"),
            Column(
                name="interval",
                head=_(
                    "{confidence} interval", confidence=context.formats.share(context.confidence)
                ),
            ),
            Column(name="as_good", head=_("As good")),
            Column(name="profit_if_all", head=_("Everybody"), kind="money"),
            Column(name="profit_if_none", head=_("Nobody"), kind="money"),
        ],
        note=_(
            "{tested} A best share is the highest of many: its profit flatters a little.",
            tested=tested,
        ),
    )


def curve_table(found: Sequence[Profit], context: Context) -> Table:
    """Every point of the curves, attached."""
    import pandas as pd

    parts = [
        pd.DataFrame(
            {
                "campaign": each.campaign.key,
                "model": each.scored.model,
                "fraction": each.curve.fractions,
                "users_targeted": each.curve.targeted,
                "profit": each.curve.profits,
                "threshold": each.curve.thresholds,
            }
        )
        for each in found
    ]
    frame = pd.concat(parts, ignore_index=True)
    names = [model_name(each.scored, context) for each in found for _point in each.curve.fractions]
    view = frame.assign(model=names)
    return Table(id="curve", title=_("Profit by share reached"), frame=frame, view=view)
