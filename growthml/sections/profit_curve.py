"""How many users is it worth reaching, and what does stopping there earn?

Users are put in the order of a response model, and the profit of reaching them is added up from
the top down: Provost & Fawcett 2013, chapters 7 and 8. Worths come from the option `matrix`, or
from the mean value of a response and the channels' acquisition costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from growthml.analysis.profit import CURVE, OPTIMUM, Profit, curve_table, limits, optimum_table
from growthml.analysis.profit_charts import profit_chart
from growthml.errors import NotEnoughData
from growthml.metrics import cost_of, sums
from growthml.models.order import how_tested, ordered
from growthml.parts import (
    Answer,
    Campaign,
    Context,
    Evidence,
    Facts,
    Finding,
    Options,
    Section,
)
from growthml.words import N_, _

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.profit import CostBenefit
    from growthml.stats.response_model import Scored


class Matrix(BaseModel):
    """What one user is worth, in money, by whether they are reached and would respond.

    Costs are negative: a contact that brings nothing is `false_positive: -0.5`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    true_positive: float
    false_positive: float
    false_negative: float = 0.0
    true_negative: float = 0.0


class ProfitOptions(Options):
    """Options of `profit_curve`."""

    horizon_days: int = Field(default=90, ge=1, le=3650)
    """How many days of responses the model predicts; features come from before them."""
    matrix: Matrix | None = None
    """What each outcome is worth, costs negative: `{true_positive: 4, false_positive: -5}`. Left
    out: a response is worth the mean response, a contact costs what its channel does."""
    budget: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """The most that may be spent on contacts."""
    cost_per_contact: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """What reaching one user costs, in place of the channels' acquisition costs."""


def compute(facts: Facts, context: Context, options: ProfitOptions) -> Answer:
    """Profit by share of users reached, for every model of every campaign."""
    campaigns = list(context.compared) or [context.baseline]
    orders = ordered(facts, campaigns, context, options.horizon_days)
    ranked = [each for each in orders if each.scored]
    if not ranked:
        raise NotEnoughData(_("no model can put users in order: {reason}", reason=orders[0].reason))
    found = [
        _profit(each.campaign, scored, facts["totals"], context, options)
        for each in ranked
        for scored in each.scored
    ]
    firsts = [each for each in found if each.scored.model == "logistic"]
    used = dict.fromkeys([context.baseline, *(each.campaign for each in ranked)])
    tested = how_tested(facts, list(used), context, options.horizon_days)
    charts = [
        profit_chart([other for other in found if other.campaign == each.campaign], context)
        for each in firsts
    ]
    return Answer(
        headline=_headline(firsts, context),
        blocks=[*charts, optimum_table(found, tested, context), curve_table(found, context)],
        findings=[_finding(each, context) for each in firsts],
        caveats=[
            *dict.fromkeys(_worth_words(each, context, options) for each in firsts),
            *_budget_words(firsts, context, options),
            _(
                "Every response of a user who is reached counts as earned, though some come"
                " unasked: what reaching adds, only a test with a control group can show."
            ),
            *(
                _(
                    "{campaign} is left out: {reason}.",
                    campaign=each.campaign.label,
                    reason=each.reason,
                )
                for each in orders
                if each.reason
            ),
        ],
        definitions=[
            (
                _("Profit of a share"),
                _(
                    "value of the responders reached less the cost of everyone reached; the users"
                    " not reached count with their own worth, 0 unless the matrix says otherwise"
                ),
            )
        ],
    )


# -- counting ----------------------------------------------------------------------------------


def _profit(
    campaign: Campaign,
    scored: Scored,
    totals: pd.DataFrame,
    context: Context,
    options: ProfitOptions,
) -> Profit:
    from growthml.stats.profit import profit_curve

    steps = scored.steps()
    value = None if options.matrix else _mean_value(totals, campaign, context)
    costs = _costs(steps, context, options)
    matrix = _matrix(value, costs, options)
    curve = profit_curve(steps["score"], steps["responders"], matrix, steps["users"])
    assert curve is not None
    most = _affordable(steps, costs, options)
    return Profit(
        campaign=campaign,
        scored=scored,
        matrix=matrix,
        value=value,
        curve=curve,
        best=curve.optimum(most, context.confidence),
        most=most,
    )


def _mean_value(totals: pd.DataFrame, campaign: Campaign, context: Context) -> float:
    """What one response of a campaign was worth on average, in money."""
    found = sums(totals, None, context)[campaign.key]
    if found.revenue is None or not found.purchases:
        raise NotEnoughData(
            _(
                "responses have no price here; say what a contact is worth with the option matrix,"
                " such as {true_positive: 4, false_positive: -1}"
            )
        )
    return found.revenue / found.purchases


def _costs(steps: pd.DataFrame, context: Context, options: ProfitOptions) -> list[float]:
    """What reaching one user of each row costs, at least 0."""
    if options.cost_per_contact is not None:
        return [options.cost_per_contact] * len(steps)
    if options.matrix is not None:
        return [max(0.0, -options.matrix.false_positive)] * len(steps)
    return [cost_of(channel, context) for channel in steps["channel"]]


def _matrix(value: float | None, costs: Sequence[float], options: ProfitOptions) -> CostBenefit:
    from growthml.stats.profit import CostBenefit

    if options.matrix is not None:
        return CostBenefit(**options.matrix.model_dump())
    assert value is not None
    if len(set(costs)) == 1:
        return CostBenefit(true_positive=value - costs[0], false_positive=-costs[0])
    return CostBenefit(
        true_positive=[value - cost for cost in costs], false_positive=[-cost for cost in costs]
    )


def _affordable(steps: pd.DataFrame, costs: Sequence[float], options: ProfitOptions) -> int | None:
    """How many users from the top the budget reaches; None without one.

    Where contacts cost alike a budget ends between users, else at a whole score.
    """
    from growthml.stats.profit import affordable

    if options.budget is None:
        return None
    if len(set(costs)) == 1:
        return affordable(options.budget, costs[0])
    spent = (steps["users"] * costs).groupby(-steps["score"]).sum().cumsum()
    reached = steps["users"].groupby(-steps["score"]).sum().cumsum()
    return int(reached[spent <= options.budget].max() if (spent <= options.budget).any() else 0)


# -- words ------------------------------------------------------------------------------------


def _headline(firsts: Sequence[Profit], context: Context) -> str:
    if len(firsts) > 1:
        told = [
            _(
                "{fraction} of {campaign}",
                fraction=context.formats.share(each.best.fraction),
                campaign=each.campaign.label,
            )
            for each in firsts
        ]
        return _("The best share of users to mail: {told}.", told=context.formats.join(told))
    first = firsts[0]
    best, label = first.best, first.campaign.label
    if not best.users_targeted:
        return _(
            "No share of {label} users would have paid for being mailed: mail nobody.", label=label
        )
    money = f"{context.formats.money(best.profit)} ({limits(best, context)})"
    if best.ci_low <= first.curve.profit_if_none:
        return _(
            "No evidence that mailing any share of {label} users pays: at best {money}, with"
            " the likeliest {fraction}.",
            label=label,
            money=money,
            fraction=context.formats.share(best.fraction),
        )
    named = {"label": label, "share": context.formats.share(best.fraction), "money": money}
    if best.fraction == 1.0:
        return _("Mailing all {label} users would have earned most: {money}.", **named)
    if first.bound:
        return _(
            "Mailing the likeliest {share} of {label} users would have earned most within the"
            " budget: {money}.",
            **named,
        )
    return _(
        "Mailing the likeliest {share} of {label} users would have earned most: {money}.", **named
    )


def _finding(each: Profit, context: Context) -> Finding:
    formats, best, curve = context.formats, each.best, each.curve
    evidence = Evidence(
        table="optimum", row={"campaign": each.campaign.key, "model": each.scored.model}
    )
    against = _(
        "everybody {profit_if_all}, nobody {profit_if_none}",
        profit_if_all=formats.money(curve.profit_if_all),
        profit_if_none=formats.money(curve.profit_if_none),
    )
    if not best.users_targeted:
        return Finding(
            heading=_("No share pays"),
            text=_(
                "Mailing any share of {campaign} users would have lost money: {against}.",
                campaign=each.campaign.label,
                against=against,
            ),
            evidence=evidence,
            weight=0.4,
        )
    pays = best.ci_low > max(curve.profit_if_all, curve.profit_if_none)
    return Finding(
        heading=_("Whom to mail"),
        text=_(
            "The likeliest {fraction} of {campaign} users would have earned {profit} ({interval});"
            " {against}.",
            fraction=formats.share(best.fraction),
            campaign=each.campaign.label,
            profit=formats.money(best.profit),
            interval=limits(best, context),
            against=against,
        ),
        evidence=evidence,
        weight=0.45 if pays else 0.15,
    )


def _worth_words(each: Profit, context: Context, options: ProfitOptions) -> str:
    money = context.formats.money
    if options.matrix is not None:
        worths = options.matrix
        return _(
            "Worths as configured: a responder who is reached {true_positive}, another user"
            " reached {false_positive}, a responder missed {false_negative}, another user left"
            " alone {true_negative}.",
            true_positive=money(worths.true_positive),
            false_positive=money(worths.false_positive),
            false_negative=money(worths.false_negative),
            true_negative=money(worths.true_negative),
        )
    value = _(
        "No matrix is configured: a response is worth {value}, the mean of {campaign}",
        value=money(each.value),
        campaign=each.campaign.label,
    )
    if options.cost_per_contact is not None:
        return _(
            "{value}, and a contact costs {cost_per_contact}.",
            value=value,
            cost_per_contact=money(options.cost_per_contact),
        )
    costs = {name: cost for name, cost in context.metrics.costs.items() if cost}
    if not costs:
        return _(
            "{value}, and a contact costs nothing, so that reaching more never loses.", value=value
        )
    listed = context.formats.join(
        [f"{context.label('channel', name)} {money(cost)}" for name, cost in costs.items()][:6]
    )
    return _(
        "{value}, and a contact costs what acquiring a user of the channel does ({listed}).",
        value=value,
        listed=listed,
    )


def _budget_words(firsts: Sequence[Profit], context: Context, options: ProfitOptions) -> list[str]:
    formats = context.formats
    return [
        _(
            "The budget of {budget} reaches {most} of {users} {campaign} users.",
            budget=formats.money(options.budget),
            most=formats.count(each.most),
            users=formats.count(each.curve.users),
            campaign=each.campaign.label,
        )
        for each in firsts
        if each.bound
    ]


SECTION = Section(
    id="profit_curve",
    title=N_("Profit curve"),
    question=N_("How many users is it worth reaching, and what does stopping there earn?"),
    facts=("totals", "features:{horizon_days}:", "feature_actions:{horizon_days}"),
    tables={"curve": CURVE, "optimum": OPTIMUM},
    compute=compute,
    options=ProfitOptions,
)
