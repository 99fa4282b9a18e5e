"""Profit by the share of users reached, drawn: the curves, the best share, everybody and nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from growthml.analysis.profit import Profit, from_to, limits
from growthml.charts import CurvePanel, Curves, Dot, Line, Reference, Series
from growthml.models.order import model_name
from growthml.parts import Context

if TYPE_CHECKING:
    from growthml.stats.profit import ProfitCurve

NEAR = 0.08
"""Levels nearer to the best profit than this part of the curve's span share its label."""


def profit_chart(found: Sequence[Profit], context: Context) -> Curves:
    """All models of one campaign, the first with its band, its best share and its plateau."""
    first, formats, campaign = found[0], context.formats, found[0].campaign
    colours = ("baseline", campaign.colour) if len(found) > 1 else (campaign.colour,)
    lines = [
        _line(each, colour, context, band=each is first)
        for each, colour in zip(found, colours, strict=True)
    ]
    best, curve = first.best, first.curve
    plateau = best.plateau
    shaded = []
    if best.users_targeted and plateau[1] - plateau[0] > 0.01:
        shaded = [
            (plateau[0], plateau[1], f"anything from {from_to(plateau, context)} does as well")
        ]
    levels = {"everybody": curve.profit_if_all, "nobody": curve.profit_if_none}
    near = _near(best.profit, levels, curve)
    return Curves(
        id="curve" if len(context.compared) < 2 else f"curve_{campaign.key}",
        title=_title(first, context),
        subtitle=f"Profit by share of users reached, {formats.currency};"
        f" {formats.count(curve.users)} {campaign.label} users,"
        f" {formats.count(first.scored.responders)} responders"[:110],
        alt=f"Profit curve, {model_name(first.scored, context)}: highest at"
        f" {formats.share(best.fraction)} of {campaign.label} users, {formats.money(best.profit)}"
        f" ({limits(best, context)}); everybody {formats.money(curve.profit_if_all)}, nobody"
        f" {formats.money(curve.profit_if_none)}."[:400],
        how_to_read="Users are reached from the likeliest down: where the curve turns, the next"
        " user costs more than they bring. The shade around it is the"
        f" {formats.share(context.confidence)} range had other users come.",
        half=False,
        table="curve",
        panels=[
            CurvePanel(
                lines=lines,
                x_axis="share",
                y_unit="money",
                dots=[
                    Dot(
                        x=best.fraction,
                        y=best.profit,
                        label=f"best: {formats.share(best.fraction)},"
                        f" {formats.money(best.profit)} ({limits(best, context)})"
                        + "".join(f"; {whom} {formats.money(levels[whom])}" for whom in near),
                        colour=colours[0],
                    )
                ],
                references=[
                    Reference(
                        kind="horizontal", at=at, label="" if whom in near else f"mail {whom}"
                    )
                    for whom, at in levels.items()
                ],
                shaded=shaded,
            )
        ],
        height=60.0,
    )


def _near(profit: float, levels: dict[str, float], curve: ProfitCurve) -> list[str]:
    """The levels so near the best profit that their labels would stand on its own."""
    span = float(curve.profits.max() - curve.profits.min())
    return [whom for whom, at in levels.items() if abs(at - profit) <= NEAR * span]


def _line(each: Profit, colour: str, context: Context, *, band: bool) -> Line:
    import numpy as np

    from growthml.stats.profit import SHARES

    curve = each.curve
    x = np.union1d(curve.fractions, SHARES)
    around = curve.band(x, context.confidence) if band else None
    name = model_name(each.scored, context)
    return Line(
        series=Series(label=name, colour=colour),
        x=x.tolist(),
        y=np.interp(x, curve.fractions, curve.profits).tolist(),
        low=around.low.tolist() if around else (),
        high=around.high.tolist() if around else (),
        end=name,
    )


def _title(first: Profit, context: Context) -> str:
    best = first.best
    if not best.users_targeted:
        return "No share pays: mail nobody"
    if best.ci_low <= first.curve.profit_if_none:
        return "No evidence that mailing any share earns more than mailing nobody"
    if best.fraction == 1.0:
        return "Mailing everybody earns most"
    share = context.formats.share(best.fraction)
    if first.bound:
        return f"Within the budget, mailing the likeliest {share} earns most"
    return f"Mailing the likeliest {share} earns most"
