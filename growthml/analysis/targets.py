"""Whom to reach: what each user is expected to bring, how far down to go, and the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from growthml.analysis.propensity import Answered
from growthml.models.propensity import Model, refitted
from growthml.models.targets import Rule, Scorer, Targets, frame, scores_frame, targets
from growthml.parts import Column, Context, Facts, Table
from growthml.words import _

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.predictors import Predict

FIRST = 25
"""As many as a page of the list shows."""


def mailing_lists(
    facts: Facts,
    found: Sequence[Answered],
    models: Mapping[str, Model],
    rule: Rule,
    context: Context,
) -> dict[str, Targets]:
    """Whom to reach, by campaign; nobody where no model ranks above chance, or all is past."""
    if "current_behaviour" not in facts:
        return {}
    scorers = {
        each.trial.campaign.key: _scorer(each, models, rule, context)
        for each in found
        if each.used.helps
    }
    return targets(facts, scorers, context) if scorers else {}


def _scorer(each: Answered, models: Mapping[str, Model], rule: Rule, context: Context) -> Scorer:
    def anew(name: str) -> Predict:
        return refitted(each.trial, name, models[name])

    scorer = Scorer(
        encoding=each.trial.encoding,
        predict=anew(each.used.model),
        amount=anew(each.amounts.model) if each.amounts and each.amounts.earns else None,
        worth=each.worth,
        rule=rule,
    )
    if rule.share is not None or each.worth is None:
        return scorer
    return replace(scorer, rule=replace(rule, share=_best_share(each, scorer, context)))


def _best_share(each: Answered, scorer: Scorer, context: Context) -> float:
    """The share of users that would have earned most in the test, in the order of the list."""
    from growthml.stats.profit import CostBenefit, profit_curve

    assert each.worth is not None
    test = each.trial.test
    amount = each.trial.predicted[each.amounts.model] if scorer.amount and each.amounts else None
    cost = scorer.rule.cost(test["channel"], context)
    brought = each.worth if amount is None else test["revenue"].to_numpy(float)
    curve = profit_curve(
        scorer.values(each.chances, amount, cost),
        each.trial.responded,
        CostBenefit(true_positive=brought - cost, false_positive=-cost),
    )
    assert curve is not None
    return float(curve.fractions[int(curve.profits.argmax())])


# -- tables ------------------------------------------------------------------------------------


def targets_table(
    lists: Mapping[str, Targets], found: Sequence[Answered], context: Context
) -> Table:
    """The list; pages show the first of the latest campaign's."""
    rows = frame(lists)
    several = len(context.campaigns) > 1
    latest = rows[rows["campaign"] == rows["campaign"].iloc[-1]] if len(rows) else rows
    return Table(
        id="targets",
        title=_("Whom to reach{of}", of=_of_latest(latest, context) if several else ""),
        frame=rows,
        view=latest,
        columns=[
            Column(name="rank", head=_("Rank"), kind="count"),
            Column(name="user_id", head=_("User")),
            Column(name="channel", head=_("Channel"), role="channel"),
            Column(name="probability", head=_("Will respond"), kind="rate"),
            Column(name="expected_value", head=_("Expected value"), kind="money"),
        ]
        if len(rows)
        else (),
        order=_("by expected value"),
        note=_note(lists, found, context),
    )


def _of_latest(latest: pd.DataFrame, context: Context) -> str:
    return f", {context.label('campaign', latest['campaign'].iloc[0])}" if len(latest) else ""


def _note(lists: Mapping[str, Targets], found: Sequence[Answered], context: Context) -> str:
    formats, words = context.formats, []
    for each in found:
        listed = lists.get(each.trial.campaign.key)
        if listed is None:
            continue
        words.append(
            _(
                "{campaign}: all {users} users scored as of {as_of}; {wanted} fit, {n}"
                " listed{worth}.",
                campaign=each.trial.campaign.label,
                users=formats.count(listed.users),
                as_of=formats.date(context.as_of),
                wanted=formats.count(listed.wanted),
                n=formats.count(len(listed.rows)),
                worth=_("; a responder is worth {worth}", worth=formats.money(each.worth))
                if each.worth
                else "",
            )
        )
        words.append(_first_of_test(each, context))
    if not words:
        return ""
    words.append(_("Probabilities are corrected by how the test turned out."))
    if not any(listed.rows["cost"].any() for listed in lists.values()):
        words.append(
            _(
                "Contacts cost nothing here, so the list ends only where nobody was left to respond"
                " in the test: give cost_per_contact or share to end it earlier."
            )
        )
    return " ".join(words)


def _first_of_test(each: Answered, context: Context) -> str:
    """How those scored highest in the test fared: high probabilities rest on few users."""
    import numpy as np

    formats = context.formats
    first = np.argsort(-each.chances, kind="stable")[:FIRST]
    expected = float(each.chances[first].sum())
    return _(
        "Of the {n} scored highest in its test {responded} responded, {expected} were expected.",
        n=formats.count(len(first)),
        responded=formats.count(int(each.trial.responded[first].sum())),
        expected=formats.number(expected, 1),
    )


def scores_table(lists: Mapping[str, Targets]) -> Table:
    """How many of all users have which probability; attached."""
    return Table(
        id="scores", title=_("All users by probability to respond"), frame=scores_frame(lists)
    )
