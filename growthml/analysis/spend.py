"""How much users will spend: how far off predictions are, and what that says."""

from __future__ import annotations

from collections.abc import Sequence

from growthml.analysis.propensity import NAMES, Answered, campaign_column
from growthml.parts import Column, Context, Table

SPEND = ("campaign", "model", "r2", "adjusted_r2", "mae", "rmse", "n")


def spend_table(found: Sequence[Answered], context: Context) -> Table:
    """How far off the predicted amounts are."""
    import pandas as pd

    rows = [
        {
            "campaign": each.trial.campaign.key,
            "model": "dummy" if name == "dummy_spend" else name,
            "r2": quality.r2,
            "adjusted_r2": quality.adjusted_r2,
            "mae": quality.mae,
            "rmse": quality.rmse,
            "n": quality.n,
            "r2_ci_low": quality.r2_low,
            "r2_ci_high": quality.r2_high,
            "name": NAMES[name],
        }
        for each in found
        for name, quality in each.spend.items()
    ]
    frame = pd.DataFrame(rows, columns=[*SPEND, "r2_ci_low", "r2_ci_high", "name"])
    raw = frame.drop(columns="name")
    if not rows:
        return Table(id="spend", title="How much will they spend", frame=raw)
    view = frame.assign(
        interval=[
            context.formats.interval(row.r2_ci_low, row.r2_ci_high, "number", signed=False)
            for row in frame.itertuples()
        ]
    )
    return Table(
        id="spend",
        title="How much will they spend: amounts predicted for users not seen",
        frame=raw,
        view=view,
        columns=[
            *campaign_column(context),
            Column(name="name", head="Model"),
            Column(name="r2", head="R²", kind="statistic"),
            Column(name="interval", head=f"{context.formats.share(context.confidence)} interval"),
            Column(name="adjusted_r2", head="Adjusted R²", kind="statistic"),
            Column(name="mae", head="Mean error", kind="money"),
            Column(name="rmse", head="Root mean square error", kind="money"),
        ],
        note=_spend_note(found, context),
    )


def _spend_note(found: Sequence[Answered], context: Context) -> str:
    """Classification, regression and R², explained on these very numbers."""
    formats, each = context.formats, found[-1]
    linear, label = each.spend.get("linear"), each.trial.campaign.label
    if linear is None or linear.r2 is None:
        return ""
    share = each.trial.responders / len(each.trial.test)
    auc = formats.statistic(each.used.auc.value)
    words = (
        f"Classification asks who responds, and is judged by the order: AUC {auc} on {label}."
        " Regression asks how much, and is judged by the distance: linear regression's R² of"
        f" {formats.statistic(linear.r2)} says that its squared errors are"
        f" {_less(linear.r2, formats.share(abs(linear.r2)))} than if everybody were given these"
        " users' own mean. With"
        f" {formats.rate(share)} responding most amounts are 0, so that a good order and a low R²"
        " go together. R² does not say that a model is right, that a cause was found, or that the"
        " next user is predicted well"
    )
    if linear.adjusted_r2 is not None:
        columns = each.trial.encoding.matrix(each.trial.test.head(1)).shape[1]
        words += (
            f"; adjusted R² ({formats.statistic(linear.adjusted_r2)}) charges for"
            f" {formats.plural(columns, 'column', 'columns')}"
        )
    return f"{words}.{_against(each, context)}"


def _against(each: Answered, context: Context) -> str:
    """Whether amounts predicted directly are nearer than the probability times a mean amount."""
    amounts, formats = each.amounts, context.formats
    if amounts is None or each.worth is None or amounts.against.ci_low is None:
        return ""
    name, p = NAMES[amounts.model], formats.p(amounts.against.p_value)
    other = (
        f"than the probability to respond times {formats.money(each.worth)}, what a responder spent"
        f" (p {p})"
    )
    listed = each.used.helps and each.trial.how != "timeless"
    if amounts.earns:
        return f" {name} comes nearer {other}" + (
            ", and gives the expected values." if listed else "."
        )
    rest = ", which gives the expected values." if listed else "."
    if amounts.against.ci_low > 0:
        return f" {name} lies farther off {other}{rest}"
    return f" No evidence that {name.lower()} comes nearer {other}{rest}"


def _less(r2: float, size: str) -> str:
    return f"{size} smaller" if r2 > 0 else f"{size} larger" if r2 < 0 else "no smaller"
