"""Profit by the share of users reached, drawn: the curves, the best share, everybody and nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from growthml.analysis.profit import Profit, from_to, limits
from growthml.charts import CurvePanel, Curves, Dot, Line, Reference, Series
from growthml.models.order import model_name
from growthml.parts import Context
from growthml.words import _

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
            (
                plateau[0],
                plateau[1],
                _("anything from {span} does as well", span=from_to(plateau, context)),
            )
        ]
    levels = {_("everybody"): curve.profit_if_all, _("nobody"): curve.profit_if_none}
    near = _near(best.profit, levels, curve)
    return Curves(
        id="curve" if len(context.compared) < 2 else f"curve_{campaign.key}",
        title=_title(first, context),
        subtitle=_(
            "Profit by share of users reached, {currency}; {users} {campaign} users, {responders}"
            " responders",
            currency=formats.currency,
            users=formats.count(curve.users),
            campaign=campaign.label,
            responders=formats.count(first.scored.responders),
        )[:110],
        alt=_(
            "Profit curve, {model}: highest at {fraction} of {campaign} users, {profit}"
            " ({interval}); everybody {profit_if_all}, nobody {profit_if_none}.",
            model=model_name(first.scored, context),
            fraction=formats.share(best.fraction),
            campaign=campaign.label,
            profit=formats.money(best.profit),
            interval=limits(best, context),
            profit_if_all=formats.money(curve.profit_if_all),
            profit_if_none=formats.money(curve.profit_if_none),
        )[:400],
        how_to_read=_(
            "Users are reached from the likeliest down: where the curve turns, the next user costs"
            " more than they bring. The shade around it is the {confidence} range had other users"
            " come.",
            confidence=formats.share(context.confidence),
        ),
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
                        label=_(
                            "best: {fraction}, {profit} ({interval})",
                            fraction=formats.share(best.fraction),
                            profit=formats.money(best.profit),
                            interval=limits(best, context),
                        )
                        + "".join(f"; {whom} {formats.money(levels[whom])}" for whom in near),
                        colour=colours[0],
                    )
                ],
                references=[
                    Reference(
                        kind="horizontal",
                        at=at,
                        label="" if whom in near else _("mail {whom}", whom=whom),
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
        return _("No share pays: mail nobody")
    if best.ci_low <= first.curve.profit_if_none:
        return _("No evidence that mailing any share earns more than mailing nobody")
    if best.fraction == 1.0:
        return _("Mailing everybody earns most")
    share = context.formats.share(best.fraction)
    if first.bound:
        return _("Within the budget, mailing the likeliest {share} earns most", share=share)
    return _("Mailing the likeliest {share} earns most", share=share)
