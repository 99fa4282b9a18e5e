"""The older and the newer model on the same users: which ranks better, and does it help?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.models.order import Ordered, model_name
from growthml.parts import Column, Context, Evidence, Finding, Table
from growthml.words import _

if TYPE_CHECKING:
    from growthml.stats.comparison import Comparison
    from growthml.stats.gains import GainsBin, GainsCurve
    from growthml.stats.ranking import Auc, Ranking
    from growthml.stats.response_model import Scored

WORTH_TELLING = 0.01
"""Two models whose AUCs are nearer than this are no news, however sure the difference."""
GROUPS = 3
"""So many groups are shown where there are too few responders for a curve."""

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
class Model:
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
    older: Model
    newer: Model
    compared: Comparison
    q_value: float | None = None

    @property
    def models(self) -> tuple[Model, Model]:
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


def _model(scored: Scored, context: Context) -> Model:
    from growthml.stats.gains import gains_curve
    from growthml.stats.ranking import auc, rank

    steps = scored.steps()
    ranking = rank(steps["score"], steps["responders"], steps["users"])
    return Model(
        scored=scored,
        ranking=ranking,
        curve=gains_curve(ranking),
        auc=auc(ranking, context.confidence),
        name=model_name(scored, context),
    )


def bins_of(model: Model, bins: int = 10) -> list[GainsBin]:
    """A campaign's users in so many equal groups, from the top of the order down."""
    from growthml.stats import gains

    ranking = model.ranking
    return gains.gains_table(ranking.scores, ranking.positives, ranking.users, bins)


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
    title = _("Older model and newer model")
    if not judged:
        return Table(id="models", title=title, frame=frame[list(MODELS)])
    number = context.formats
    counted = [
        shape.part_of(row.train_responders, row.train_users, context) for row in frame.itertuples()
    ]
    intervals = [
        number.interval(low, high, "number", signed=False)
        for low, high in zip(frame["ci_low"], frame["ci_high"], strict=True)
    ]
    differences = [_difference(row, context) for row in frame.itertuples()]
    return Table(
        id="models",
        title=title,
        frame=frame[list(MODELS)],
        view=frame.assign(counted=counted, interval=intervals, difference=differences),
        columns=[
            *shape.campaign_column(context),
            Column(name="name", head=_("Model")),
            Column(name="counted", head=_("Learnt from responders")),
            Column(name="roc_auc", head=_("AUC"), kind="statistic"),
            Column(
                name="interval",
                head=_("{confidence} interval", confidence=number.share(context.confidence)),
            ),
            Column(name="difference", head=_("Newer less older")),
            Column(name="p_value", head="p", kind="p"),
        ],
        note=_(
            "Both are judged on the same users; a campaign's own model scores each user by a fit"
            " that has not seen them (5 folds)."
        ),
    )


def _difference(row: Any, context: Context) -> str:
    """The newer AUC less the older with its interval, as text; a dash on the older's row."""
    number = context.formats.number
    estimate, low, high = (
        number(each, 3, signed=True)
        for each in (row.auc_difference, row.difference_low, row.difference_high)
    )
    return (
        estimate
        if low == "–"
        else _("{estimate} ({low} to {high})", estimate=estimate, low=low, high=high)
    )


# -- words -------------------------------------------------------------------------------------


def ranking_findings(judged: Sequence[Judged], context: Context) -> list[Finding]:
    """Whether ranking helps, campaign by campaign, and which model ranks better."""
    findings, formats = [], context.formats
    for each in judged:
        older, label = each.older, each.order.campaign.label
        evidence = {"campaign": older.scored.campaign, "model": older.scored.model}
        interval = formats.interval(older.auc.ci_low, older.auc.ci_high, "number", signed=False)
        measured = _(
            "AUC {value}, {interval}", value=formats.statistic(older.auc.value), interval=interval
        )
        if older.helps:
            third = bins_of(older, GROUPS)[0]
            findings.append(
                Finding(
                    heading=_("Ranking users helps"),
                    text=_(
                        "The first third of {label} users in the order of {older} held {positives}"
                        " of {responders} responders ({measured}).",
                        label=label,
                        older=older.name,
                        positives=formats.count(third.positives),
                        responders=formats.count(older.scored.responders),
                        measured=measured,
                    ),
                    evidence=Evidence(table="models", row=evidence),
                    weight=0.3 + 0.4 * ((older.auc.value or 0.5) - 0.5),
                )
            )
        else:
            findings.append(
                Finding(
                    heading=_("Ranking: no evidence"),
                    text=_(
                        "No evidence that {older} ranks {label} users above chance ({measured}).",
                        older=older.name,
                        label=label,
                        measured=measured,
                    ),
                    evidence=Evidence(table="models", row=evidence),
                    weight=0.1,
                )
            )
        findings += _newer_finding(each, context)
    return findings


def _newer_finding(judged: Judged, context: Context) -> list[Finding]:
    difference = judged.compared.difference
    if judged.order.few or not shape.passes(judged.q_value, context):
        return []
    if difference is None or abs(difference) < WORTH_TELLING:
        return []
    formats = context.formats
    older, newer = judged.models
    ahead, behind = (newer, older) if difference > 0 else (older, newer)
    return [
        Finding(
            heading=_("Older and newer model"),
            text=_(
                "{ahead} ranks {campaign} users better than {behind}: AUC {auc} against"
                " {auc_behind} (p {p}).",
                ahead=ahead.name,
                campaign=judged.order.campaign.label,
                behind=behind.name,
                auc=formats.statistic(ahead.auc.value),
                auc_behind=formats.statistic(behind.auc.value),
                p=formats.p(judged.compared.p_value),
            ),
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
        _("Ranking is left out: {reason}.", reason=reason)
        for reason in dict.fromkeys(each.reason for each in orders if each.reason)
    ]
    for each in orders:
        if each.scored and each.few:
            scored = each.scored[0]
            caveats.append(
                _(
                    "Only {part} ranked {campaign} users responded: thirds instead of a curve.",
                    part=shape.part_of(scored.responders, scored.users, context),
                    campaign=each.campaign.label,
                )
            )
    return caveats
