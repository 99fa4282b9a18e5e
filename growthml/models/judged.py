"""The older and the newer model on the same users: which ranks better, and what ranking gains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from growthml.charts import CurvePanel, Curves, Dot, Line, Reference, Series
from growthml.models.order import Ordered, model_name
from growthml.parts import Column, Context, Evidence, Finding, Table

if TYPE_CHECKING:
    from growthml.stats.comparison import Comparison
    from growthml.stats.gains import GainsBin, GainsCurve
    from growthml.stats.ranking import Auc, Ranking
    from growthml.stats.response_model import Scored

FIRST = 0.1
"""The share of users whose gain is told in words: the first tenth."""
CURVE_FROM = 0.05
"""The lift of fewer users than this is noise, and not drawn."""
WORTH_TELLING = 0.01
"""Two models whose AUCs are nearer than this are no news, however sure the difference."""
GROUPS = 3
"""So many groups are shown where there are too few responders for a curve."""

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
MODELS = (
    "campaign",
    "model",
    "trained_on",
    "train_users",
    "train_responders",
    "users",
    "responders",
    "roc_auc",
    "ci_low",
    "ci_high",
    "auc_difference",
    "difference_low",
    "difference_high",
    "p_value",
    "q_value",
)


@dataclass(frozen=True, kw_only=True)
class _Model:
    """One model's order of a campaign's users, and how good it is."""

    scored: Scored
    ranking: Ranking
    curve: GainsCurve
    auc: Auc
    name: str

    @property
    def helps(self) -> bool:
        """Whether it ranks better than chance, by its interval."""
        return self.auc.ci_low is not None and self.auc.ci_low > 0.5


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The older and the newer model on one campaign, compared on the same users."""

    order: Ordered
    older: _Model
    newer: _Model
    compared: Comparison
    q_value: float | None = None

    @property
    def models(self) -> tuple[_Model, _Model]:
        """Both, the older first."""
        return self.older, self.newer


def judge(orders: Sequence[Ordered], context: Context) -> list[Judged]:
    """Both models of every campaign that has them, the comparisons corrected as one family."""
    from dataclasses import replace

    from growthml.stats.corrections import adjust

    judged = [_judged(each, context) for each in orders if each.scored]
    q_values = adjust([each.compared.p_value for each in judged], context.correction)
    return [replace(each, q_value=q) for each, q in zip(judged, q_values, strict=True)]


def _judged(order: Ordered, context: Context) -> Judged:
    from growthml.stats.paired_auc import compare_auc

    older, newer = (_model(each, context) for each in order.scored)
    rows = older.scored.rows
    return Judged(
        order=order,
        older=older,
        newer=newer,
        compared=compare_auc(
            rows["score"],
            newer.scored.rows["score"],
            rows["responders"],
            rows["users"],
            context.confidence,
        ),
    )


def _model(scored: Scored, context: Context) -> _Model:
    from growthml.stats.gains import gains_curve
    from growthml.stats.ranking import auc, rank

    steps = scored.steps()
    ranking = rank(steps["score"], steps["responders"], steps["users"])
    return _Model(
        scored=scored,
        ranking=ranking,
        curve=gains_curve(ranking),
        auc=auc(ranking, context.confidence),
        name=model_name(scored, context),
    )


def _bins(model: _Model, bins: int = 10) -> list[GainsBin]:
    from growthml.stats import gains

    ranking = model.ranking
    return gains.gains_table(ranking.scores, ranking.positives, ranking.users, bins)


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
        series=Series(label="perfect", colour="muted"),
        x=[x for x, _ in perfect],
        y=[y for _, y in perfect],
        end="perfect",
    )
    older = judged.older
    first = older.curve.gain_at(FIRST)
    one = campaign if len(context.compared) > 1 else None
    aucs = " and ".join(formats.statistic(model.auc.value) for model in judged.models)
    return Curves(
        id="gains" if one is None else f"gains_{campaign.key}",
        title=_gains_title(judged, context),
        subtitle=f"{formats.count(older.scored.responders)} responders among"
        f" {formats.count(older.scored.users)} {campaign.label} users, by share of users from the"
        " top"[:110],
        alt=f"Gains and lift curves, {campaign.label} users: the first tenth in the order of"
        f" {older.name} hold {formats.share(first)} of {formats.count(older.scored.responders)}"
        f" responders, of {judged.newer.name}"
        f" {formats.share(judged.newer.curve.gain_at(FIRST))}, at random"
        f" {formats.share(FIRST)}; AUC {aucs}."[:400],
        how_to_read="Go down the list from the top: the higher the curve above the dashed line,"
        " the more responders are reached early. The shade is the"
        f" {formats.share(context.confidence)} range had other users come.",
        half=False,
        table="gains",
        panels=[
            CurvePanel(
                title="Responders reached",
                lines=[*gains, best],
                x_axis="share",
                y_unit="share",
                dots=[
                    Dot(
                        x=FIRST,
                        y=first or 0.0,
                        label=f"first {formats.share(FIRST)}: {formats.share(first)}",
                        colour="baseline",
                    )
                ],
                references=[Reference(kind="diagonal", label="at random")],
            ),
            CurvePanel(
                title="Response rate, times the average",
                lines=lifts,
                x_axis="share",
                y_unit="ratio",
                references=[Reference(kind="horizontal", at=1.0, label="at random")],
            ),
        ],
        height=58.0,
    )


def _gains_line(model: _Model, style: Series, context: Context) -> Line:
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
        return f"No evidence that {judged.older.name} ranks {label} users above chance"[:80]
    first = context.formats.share(judged.older.curve.gain_at(FIRST))
    title = f"The first tenth by {judged.older.name} holds {first} of {label}'s responders"
    return title if len(title) <= 80 else f"The first tenth holds {first} of the responders"


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
        for row in _bins(model)
    ]
    frame = pd.DataFrame(rows, columns=[*GAINS, "ks", "score_low", "score_high"])
    title = "Responders by rank"
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
            *([Column(name="campaign", head="Campaign", role="campaign")] if several else []),
            Column(name="group", head="Users, from the top"),
            Column(name="users", head="Users", kind="count"),
            Column(name="old_responders", head=f"Responders, {older}", kind="count"),
            Column(name="old_lift", head="Lift", kind="ratio"),
            Column(
                name="new_responders",
                head="Responders, own model" if several else f"Responders, {judged[0].newer.name}",
                kind="count",
            ),
            Column(name="new_lift", head="Lift", kind="ratio"),
        ],
        order="by score",
        note=f"Lift: response rate over the average's. {tested}",
    )


def _rank_rows(judged: Judged, context: Context) -> list[dict[str, Any]]:
    """Tenths of the users, or thirds where few responded, both models side by side."""
    bins = GROUPS if judged.order.few else 10
    names = ("first third", "second third", "last third")
    older, newer = (_bins(model, bins) for model in judged.models)
    share, total = context.formats.share, judged.older.scored.users
    return [
        {
            "campaign": judged.order.campaign.key,
            "group": names[place]
            if bins == GROUPS
            else f"{share(place / bins, symbol=False)} to {share(old.cumulative_users / total)}",
            "users": old.users,
            "old_responders": old.positives,
            "old_lift": old.lift,
            "new_responders": new.positives,
            "new_lift": new.lift,
        }
        for place, (old, new) in enumerate(zip(older, newer, strict=True))
    ]


def models_table(judged: Sequence[Judged], context: Context) -> Table:
    """How well each model ranks, and the newer less the older."""
    import pandas as pd

    rows = []
    for each in judged:
        for model in each.models:
            newer, compared, scored = model is each.newer, each.compared, model.scored
            rows.append(
                {
                    "campaign": scored.campaign,
                    "model": scored.model,
                    "trained_on": scored.trained_on,
                    "train_users": scored.train_users,
                    "train_responders": scored.train_responders,
                    "users": scored.users,
                    "responders": scored.responders,
                    "roc_auc": model.auc.value,
                    "ci_low": model.auc.ci_low,
                    "ci_high": model.auc.ci_high,
                    "auc_difference": compared.difference if newer else None,
                    "difference_low": compared.ci_low if newer else None,
                    "difference_high": compared.ci_high if newer else None,
                    "p_value": compared.p_value if newer else None,
                    "q_value": each.q_value if newer else None,
                    "name": model.name,
                }
            )
    frame = pd.DataFrame(rows, columns=[*MODELS, "name"])
    title = "Older model and newer model"
    if not judged:
        return Table(id="models", title=title, frame=frame[list(MODELS)])
    number = context.formats
    counted = [
        f"{_of(row.train_responders, row.train_users, context)}" for row in frame.itertuples()
    ]
    intervals = [
        number.interval(low, high, "number", signed=False)
        for low, high in zip(frame["ci_low"], frame["ci_high"], strict=True)
    ]
    differences = [_difference(row, context) for row in frame.itertuples()]
    several = len(context.compared) > 1
    return Table(
        id="models",
        title=title,
        frame=frame[list(MODELS)],
        view=frame.assign(counted=counted, interval=intervals, difference=differences),
        columns=[
            *([Column(name="campaign", head="Campaign", role="campaign")] if several else []),
            Column(name="name", head="Model"),
            Column(name="counted", head="Learnt from responders"),
            Column(name="roc_auc", head="AUC", kind="statistic"),
            Column(name="interval", head=f"{number.share(context.confidence)} interval"),
            Column(name="difference", head="Newer less older"),
            Column(name="p_value", head="p", kind="p"),
        ],
        note="Both are judged on the same users; a campaign's own model scores each user by a fit"
        " that has not seen them (5 folds).",
    )


def _difference(row: Any, context: Context) -> str:
    """The newer AUC less the older with its interval, as text; a dash on the older's row."""
    number = context.formats.number
    estimate, low, high = (
        number(each, 3, signed=True)
        for each in (row.auc_difference, row.difference_low, row.difference_high)
    )
    return estimate if low == "–" else f"{estimate} ({low} to {high})"


# -- words -------------------------------------------------------------------------------------


def ranking_findings(judged: Sequence[Judged], context: Context) -> list[Finding]:
    """Whether ranking helps, campaign by campaign, and which model ranks better."""
    findings, formats = [], context.formats
    for each in judged:
        older, label = each.older, each.order.campaign.label
        evidence = {"campaign": older.scored.campaign, "model": older.scored.model}
        interval = formats.interval(older.auc.ci_low, older.auc.ci_high, "number", signed=False)
        measured = f"AUC {formats.statistic(older.auc.value)}, {interval}"
        if older.helps:
            third = _bins(older, GROUPS)[0]
            findings.append(
                Finding(
                    heading="Ranking users helps",
                    text=f"The first third of {label} users in the order of {older.name} held"
                    f" {formats.count(third.positives)} of"
                    f" {formats.count(older.scored.responders)} responders ({measured}).",
                    evidence=Evidence(table="models", row=evidence),
                    weight=0.3 + 0.4 * ((older.auc.value or 0.5) - 0.5),
                )
            )
        else:
            findings.append(
                Finding(
                    heading="Ranking: no evidence",
                    text=f"No evidence that {older.name} ranks {label} users above chance"
                    f" ({measured}).",
                    evidence=Evidence(table="models", row=evidence),
                    weight=0.1,
                )
            )
        findings += _newer_finding(each, context)
    return findings


def _newer_finding(judged: Judged, context: Context) -> list[Finding]:
    difference = judged.compared.difference
    q_value = judged.q_value
    if judged.order.few or q_value is None or q_value > 1 - context.confidence:
        return []
    if difference is None or abs(difference) < WORTH_TELLING:
        return []
    formats = context.formats
    older, newer = judged.models
    ahead, behind = (newer, older) if difference > 0 else (older, newer)
    return [
        Finding(
            heading="Older and newer model",
            text=f"{ahead.name} ranks {judged.order.campaign.label} users better than"
            f" {behind.name}: AUC {formats.statistic(ahead.auc.value)} against"
            f" {formats.statistic(behind.auc.value)} (p {formats.p(judged.compared.p_value)}).",
            evidence=Evidence(
                table="models",
                row={"campaign": newer.scored.campaign, "model": newer.scored.model},
            ),
            weight=0.2,
        )
    ]


def ranking_caveats(orders: Sequence[Ordered], context: Context) -> list[str]:
    """Campaigns without a ranking and why, and those with too few responders for a curve."""
    caveats = [
        f"Ranking is left out: {reason}."
        for reason in dict.fromkeys(each.reason for each in orders if each.reason)
    ]
    for each in orders:
        if each.scored and each.few:
            scored = each.scored[0]
            caveats.append(
                f"Only {_of(scored.responders, scored.users, context)} ranked"
                f" {each.campaign.label} users responded: thirds instead of a curve."
            )
    return caveats


def _of(part: int, whole: int, context: Context) -> str:
    return f"{context.formats.count(part)} of {context.formats.count(whole)}"
