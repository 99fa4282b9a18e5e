"""How much users will spend: how far off predictions are, and what that says."""

from __future__ import annotations

from collections.abc import Sequence

from growthml.analysis.propensity import NAMES, Answered, campaign_column
from growthml.parts import Column, Context, Table
from growthml.words import _, n_, within

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
            "name": _(NAMES[name]),
        }
        for each in found
        for name, quality in each.spend.items()
    ]
    frame = pd.DataFrame(rows, columns=[*SPEND, "r2_ci_low", "r2_ci_high", "name"])
    raw = frame.drop(columns="name")
    if not rows:
        return Table(id="spend", title=_("How much will they spend"), frame=raw)
    view = frame.assign(
        interval=[
            context.formats.interval(row.r2_ci_low, row.r2_ci_high, "number", signed=False)
            for row in frame.itertuples()
        ]
    )
    return Table(
        id="spend",
        title=_("How much will they spend: amounts predicted for users not seen"),
        frame=raw,
        view=view,
        columns=[
            *campaign_column(context),
            Column(name="name", head=_("Model")),
            Column(name="r2", head=_("R²"), kind="statistic"),
            Column(
                name="interval",
                head=_(
                    "{confidence} interval", confidence=context.formats.share(context.confidence)
                ),
            ),
            Column(name="adjusted_r2", head=_("Adjusted R²"), kind="statistic"),
            Column(name="mae", head=_("Mean error"), kind="money"),
            Column(name="rmse", head=_("Root mean square error"), kind="money"),
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
    words = _(
        "Classification asks who responds, and is judged by the order: AUC {auc} on {label}."
        " Regression asks how much, and is judged by the distance: linear regression's R² of"
        " {r2} says that its squared errors are {less} than if everybody were given these users'"
        " own mean. With {share} responding most amounts are 0, so that a good order and a low"
        " R² go together. R² does not say that a model is right, that a cause was found, or"
        " that the next user is predicted well",
        auc=auc,
        label=label,
        r2=formats.statistic(linear.r2),
        less=_less(linear.r2, formats.share(abs(linear.r2))),
        share=formats.rate(share),
    )
    if linear.adjusted_r2 is not None:
        columns = each.trial.encoding.matrix(each.trial.test.head(1)).shape[1]
        words += n_(
            "; adjusted R² ({adjusted_r2}) charges for {n} column",
            "; adjusted R² ({adjusted_r2}) charges for {n} columns",
            columns,
            adjusted_r2=formats.statistic(linear.adjusted_r2),
            n=formats.count(columns),
        )
    return f"{words}.{_against(each, context)}"


def _against(each: Answered, context: Context) -> str:
    """Whether amounts predicted directly are nearer than the probability times a mean amount."""
    amounts, formats = each.amounts, context.formats
    if amounts is None or each.worth is None or amounts.against.ci_low is None:
        return ""
    name, p = _(NAMES[amounts.model]), formats.p(amounts.against.p_value)
    other = _(
        "than the probability to respond times {worth}, what a responder spent (p {p})",
        worth=formats.money(each.worth),
        p=p,
    )
    listed = each.used.helps and each.trial.how != "timeless"
    if amounts.earns:
        told = {"model": name, "other": other}
        if listed:
            return _(" {model} comes nearer {other}, and gives the expected values.", **told)
        return _(" {model} comes nearer {other}.", **told)
    rest = _(", which gives the expected values.") if listed else "."
    if amounts.against.ci_low > 0:
        return _(" {model} lies farther off {other}{rest}", model=name, other=other, rest=rest)
    return _(
        " No evidence that {model} comes nearer {other}{rest}",
        model=within(name),
        other=other,
        rest=rest,
    )


def _less(r2: float, size: str) -> str:
    return (
        _("{size} smaller", size=size)
        if r2 > 0
        else _("{size} larger", size=size)
        if r2 < 0
        else _("no smaller")
    )
