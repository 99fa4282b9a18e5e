"""How many responders the first tenth, fifth … of a ranking hold: drawn, and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from growthml import shape
from growthml.charts import CurvePanel, Curves, Dot, Line, Reference, Series
from growthml.models.judged import GROUPS, Judged, Model, bins_of
from growthml.parts import Column, Context, Table
from growthml.words import _

FIRST = 0.1
"""The share of users whose gain is told in words: the first tenth."""
CURVE_FROM = 0.05
"""The lift of fewer users than this is noise, and not drawn."""

GAINS = (
    "campaign",
    "model",
    "bin",
    "users",
    "responders",
    "response_rate",
    "lift",
    "cumulative_users",
    "cumulative_gain",
    "cumulative_lift",
)


def gains_chart(judged: Judged, context: Context) -> Curves:
    """F9: gains and lift of both models with their bands, in two panels."""
    formats, campaign = context.formats, judged.order.campaign
    styles = [
        Series(label=model.name, colour=colour)
        for model, colour in zip(judged.models, ("baseline", campaign.colour), strict=True)
    ]
    gains = [
        _gains_line(model, style, context)
        for model, style in zip(judged.models, styles, strict=True)
    ]
    lifts = [_lift_line(line) for line in gains]
    perfect = judged.older.curve.perfect
    best = Line(
        series=Series(label=_("perfect"), colour="muted"),
        x=[x for x, _ in perfect],
        y=[y for _, y in perfect],
        end=_("perfect"),
    )
    older = judged.older
    first = older.curve.gain_at(FIRST)
    one = campaign if len(context.compared) > 1 else None
    aucs = formats.join([formats.statistic(model.auc.value) for model in judged.models])
    return Curves(
        id="gains" if one is None else f"gains_{campaign.key}",
        title=_gains_title(judged, context),
        subtitle=_(
            "{responders} responders among {users} {campaign} users, by share of users from the"
            " top",
            responders=formats.count(older.scored.responders),
            users=formats.count(older.scored.users),
            campaign=campaign.label,
        )[:110],
        alt=_(
            "Gains and lift curves, {campaign} users: the first tenth in the order of {older} hold"
            " {share} of {responders} responders, of {newer} {other}, at random {first}; AUC"
            " {aucs}.",
            campaign=campaign.label,
            older=older.name,
            share=formats.share(first),
            responders=formats.count(older.scored.responders),
            newer=judged.newer.name,
            other=formats.share(judged.newer.curve.gain_at(FIRST)),
            first=formats.share(FIRST),
            aucs=aucs,
        )[:400],
        how_to_read=_(
            "Go down the list from the top: the higher the curve above the dashed line, the more"
            " responders are reached early. The shade is the {confidence} range had other users"
            " come.",
            confidence=formats.share(context.confidence),
        ),
        half=False,
        table="gains",
        panels=[
            CurvePanel(
                title=_("Responders reached"),
                lines=[*gains, best],
                x_axis="share",
                y_unit="share",
                dots=[
                    Dot(
                        x=FIRST,
                        y=first or 0.0,
                        label=_(
                            "first {first}: {share}",
                            first=formats.share(FIRST),
                            share=formats.share(first),
                        ),
                        colour="baseline",
                    )
                ],
                references=[Reference(kind="diagonal", label=_("at random"))],
            ),
            CurvePanel(
                title=_("Response rate, times the average"),
                lines=lifts,
                x_axis="share",
                y_unit="ratio",
                references=[Reference(kind="horizontal", at=1.0, label=_("at random"))],
            ),
        ],
        height=58.0,
    )


def _gains_line(model: Model, style: Series, context: Context) -> Line:
    """Gain by share of users, every distinct score a point, with its band."""
    import numpy as np

    from growthml.stats.gains import FRACTIONS, gains_band

    x = np.union1d(model.curve.fractions, FRACTIONS)
    band = gains_band(model.ranking, x, context.confidence)
    assert band is not None
    return Line(
        series=style,
        x=x.tolist(),
        y=np.interp(x, model.curve.fractions, model.curve.gains).tolist(),
        low=band.low.tolist(),
        high=band.high.tolist(),
        end=style.label,
    )


def _lift_line(gains: Line) -> Line:
    """The same points as gain over share of users, from CURVE_FROM on."""
    import numpy as np

    x = np.asarray(gains.x, dtype=float)
    drawn = x >= CURVE_FROM

    def over_share(values: Sequence[float | None]) -> list[float]:
        return [float(each) for each in np.asarray(values, dtype=float)[drawn] / x[drawn]]

    return Line(
        series=gains.series,
        x=x[drawn].tolist(),
        y=over_share(gains.y),
        low=over_share(gains.low),
        high=over_share(gains.high),
    )


def _gains_title(judged: Judged, context: Context) -> str:
    label = judged.order.campaign.label
    if not judged.older.helps:
        return _(
            "No evidence that {older} ranks {label} users above chance",
            older=judged.older.name,
            label=label,
        )[:80]
    first = context.formats.share(judged.older.curve.gain_at(FIRST))
    title = _(
        "The first tenth by {older} holds {first} of {label}'s responders",
        older=judged.older.name,
        first=first,
        label=label,
    )
    return (
        title
        if len(title) <= 80
        else _("The first tenth holds {first} of the responders", first=first)
    )


def gains_table(judged: Sequence[Judged], tested: str, context: Context) -> Table:
    """Tenths of the users by rank; pages show thirds where few responded."""
    import pandas as pd

    rows = [
        {
            "campaign": each.order.campaign.key,
            "model": model.scored.model,
            "bin": row.bin,
            "users": row.users,
            "responders": row.positives,
            "response_rate": row.rate,
            "lift": row.lift,
            "cumulative_users": row.cumulative_users,
            "cumulative_gain": row.cumulative_gain,
            "cumulative_lift": row.cumulative_lift,
            "ks": row.ks,
            "score_low": row.score_low,
            "score_high": row.score_high,
        }
        for each in judged
        for model in each.models
        for row in bins_of(model)
    ]
    frame = pd.DataFrame(rows, columns=[*GAINS, "ks", "score_low", "score_high"])
    title = _("Responders by rank")
    if not judged:
        return Table(id="gains", title=title, frame=frame)
    several = len(context.compared) > 1
    older = judged[0].older.name
    return Table(
        id="gains",
        title=title,
        frame=frame,
        view=pd.DataFrame([row for each in judged for row in _rank_rows(each, context)]),
        columns=[
            *shape.campaign_column(context),
            Column(name="group", head=_("Users, from the top")),
            Column(name="users", head=_("Users"), kind="count"),
            Column(name="old_responders", head=_("Responders, {older}", older=older), kind="count"),
            Column(name="old_lift", head=_("Lift"), kind="ratio"),
            Column(
                name="new_responders",
                head=_("Responders, own model")
                if several
                else _("Responders, {newer}", newer=judged[0].newer.name),
                kind="count",
            ),
            Column(name="new_lift", head=_("Lift"), kind="ratio"),
        ],
        order=_("by score"),
        note=_("Lift: response rate over the average's. {tested}", tested=tested),
    )


def _rank_rows(judged: Judged, context: Context) -> list[dict[str, Any]]:
    """Tenths of the users, or thirds where few responded, both models side by side."""
    bins = GROUPS if judged.order.few else 10
    names = (_("first third"), _("second third"), _("last third"))
    older, newer = (bins_of(model, bins) for model in judged.models)
    share, total = context.formats.share, judged.older.scored.users
    return [
        {
            "campaign": judged.order.campaign.key,
            "group": names[place]
            if bins == GROUPS
            else _(
                "{low} to {high}",
                low=share(place / bins, symbol=False),
                high=share(old.cumulative_users / total),
            ),
            "users": old.users,
            "old_responders": old.positives,
            "old_lift": old.lift,
            "new_responders": new.positives,
            "new_lift": new.lift,
        }
        for place, (old, new) in enumerate(zip(older, newer, strict=True))
    ]
