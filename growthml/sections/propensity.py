"""Who will respond within the next days, whom to reach, and how much will they spend?

Users known by a cut-off are described by what they had done; whether they respond within the
horizon after it is the label. Models learn at one cut-off and are judged at a later one. Odds
ratios come from logistic regression without penalty (Hosmer, Lemeshow & Sturdivant 2013), what
boosting leans on from shuffling (Breiman 2001), intervals of AUC from DeLong et al. 1988.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from growthml.analysis.propensity import (
    CALIBRATION,
    DRIVERS,
    MODELS,
    SPEND,
    Answered,
    calibration_table,
    drivers_table,
    judged,
    models_table,
    spend_table,
)
from growthml.analysis.propensity_charts import curves, driver_charts
from growthml.analysis.propensity_words import (
    RATES,
    caveats,
    findings,
    headline,
    models_note,
    rates_table,
    target_words,
    why_not,
)
from growthml.errors import NotEnoughData
from growthml.models.propensity import Model, NoTrial, Trial, refitted, trial
from growthml.models.targets import TARGETS, Rule, Scorer, Targets, frame, targets
from growthml.parts import Answer, Column, Context, Facts, Options, Section, Table

if TYPE_CHECKING:
    import numpy as np


class PropensityOptions(Options):
    """Options of `propensity`."""

    horizon_days: int = Field(default=90, ge=1, le=3650)
    """How many days ahead responses are predicted; features come from before them."""
    features: tuple[str, ...] = ()
    """Columns of the users table to learn from too: `[users.age, users.country]`. They must have
    been known before the response; one that gives it away is found, named and left out."""
    channels: tuple[str, ...] = ()
    """List only users of these channels. Left out: of all."""
    share: float | None = Field(default=None, gt=0, le=1)
    """List this share of all users. Left out: the share that would have earned most in the test."""
    budget: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """The most that may be spent on contacts."""
    cost_per_contact: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """What reaching one user costs, in place of the channels' acquisition costs."""
    min_expected_value: float | None = Field(default=None, allow_inf_nan=False)
    """List only users expected to bring at least this, the contact's cost taken off."""
    most_targets: int = Field(default=10_000, ge=1, le=1_000_000)
    """How long a campaign's list may be."""


def compute(facts: Facts, context: Context, options: PropensityOptions) -> Answer:
    """Models of every campaign, tried and judged; drivers, amounts, and the list."""
    if "behaviour" not in facts and "outcomes" not in facts:
        raise NotEnoughData(
            "this needs to know when users did what (events.occurred_at), or what came of each"
            " (users.outcomes)",
            missing="events.occurred_at",
        )
    models = _models(facts)
    tried = [trial(facts, campaign, models) for campaign in context.campaigns]
    failed = [each for each in tried if isinstance(each, NoTrial)]
    found = [_answered(each, context) for each in tried if isinstance(each, Trial)]
    if not found:
        reasons = [why_not(each, options.horizon_days, context) for each in failed]
        raise NotEnoughData(f"no model can be tried: {'; '.join(reasons)}")
    shown = [each for each in found if each.trial.campaign in context.compared] or found
    rates = rates_table(found, options.horizon_days, context)
    lists = _lists(facts, found, context, options)
    return Answer(
        headline=headline(shown, context),
        blocks=[
            *(chart for each in shown for chart in curves(each, context)),
            rates,
            *(chart for each in shown for chart in driver_charts(each, context)),
            models_table(found, models_note(found, options.horizon_days, context), context),
            calibration_table(found),
            drivers_table(found, context),
            spend_table(found, context),
            _targets_table(lists, found, context, options),
        ],
        findings=[
            *findings(shown, rates, context),
            *target_words(lists, [each.trial.campaign for each in shown], context),
        ],
        caveats=caveats(found, failed, options.horizon_days, context),
        definitions=[
            (
                "AUC",
                "chance that a responder is ranked above another user: 0.5 by chance, 1 at best",
            ),
            (
                "Average precision",
                "mean share of responders among the users down to each responder; the base rate by"
                " chance",
            ),
            ("Brier score", "mean squared difference of probability and outcome; 0 at best"),
            ("Odds", "responders for each user who did not respond"),
            (
                "R²",
                "1 less squared errors over those of these users' own mean; below 0 the mean"
                " predicts better",
            ),
            (
                "Expected value",
                "probability to respond, times what a responder spent within the horizon, less the"
                " cost of the contact",
            ),
        ],
    )


def _models(facts: Facts) -> dict[str, Model]:
    """What is tried; amounts only where somebody spent anything."""
    from growthml.stats import predictors

    found = {
        "dummy": Model(fit=predictors.base_rate),
        "logistic": Model(fit=predictors.logistic),
        "gradient_boosting": Model(fit=predictors.gradient_boosting),
    }
    labelled = facts["behaviour"] if "behaviour" in facts else facts["outcomes"]
    if labelled["revenue"].fillna(0).abs().sum() > 0:
        found |= {
            "dummy_spend": Model(fit=predictors.base_rate, label="revenue"),
            "linear": Model(fit=predictors.linear, label="revenue"),
            "boosted": Model(fit=predictors.boosted_amount, label="revenue"),
        }
    return found


def _answered(tried: Trial, context: Context) -> Answered:
    from growthml.models.drivers import drivers

    return judged(tried, drivers(tried, context), context)


# -- the list ----------------------------------------------------------------------------------


def _lists(
    facts: Facts, found: Sequence[Answered], context: Context, options: PropensityOptions
) -> dict[str, Targets]:
    """Whom to reach, by campaign; nobody where no model ranks above chance, or all is past."""
    if "current_behaviour" not in facts:
        return {}
    models = _models(facts)
    scorers = {
        each.trial.campaign.key: Scorer(
            encoding=each.trial.encoding,
            predict=refitted(each.trial, each.used.model, models[each.used.model]),
            worth=_worth(each),
            rule=_rule(each, context, options),
        )
        for each in found
        if each.used.helps
    }
    return targets(facts, scorers, context) if scorers else {}


def _worth(each: Answered) -> float | None:
    """What a responder spent within the horizon on average, in the test; None without prices."""
    revenue = float(each.trial.test["revenue"].sum())
    return revenue / each.trial.responders if revenue > 0 else None


def _rule(each: Answered, context: Context, options: PropensityOptions) -> Rule:
    rule = Rule(
        channels=frozenset(options.channels),
        share=options.share or 1.0,
        budget=options.budget,
        cost_per_contact=options.cost_per_contact,
        least=options.min_expected_value,
        most=options.most_targets,
    )
    worth = _worth(each)
    if options.share is not None or worth is None:
        return rule
    costs = rule.cost(each.trial.test["channel"], context)
    return Rule(**{**vars(rule), "share": _best_share(each, worth, costs)})


def _best_share(each: Answered, worth: float, costs: np.ndarray) -> float:
    """The share of users that would have earned most in the test, from the likeliest down."""
    from growthml.stats.profit import CostBenefit, profit_curve

    curve = profit_curve(
        each.trial.predicted[each.used.model],
        each.trial.responded,
        CostBenefit(true_positive=worth - costs, false_positive=-costs),
    )
    assert curve is not None
    return float(curve.fractions[int(curve.profits.argmax())])


def _targets_table(
    lists: dict[str, Targets],
    found: Sequence[Answered],
    context: Context,
    options: PropensityOptions,
) -> Table:
    rows = frame(lists)
    formats, note = context.formats, []
    for each in found:
        listed, label = lists.get(each.trial.campaign.key), each.trial.campaign.label
        if listed is None:
            continue
        worth = _worth(each)
        note.append(
            f"{label}: all {formats.count(listed.users)} users scored as of"
            f" {formats.date(context.as_of)}; {formats.count(listed.wanted)} fit,"
            f" {formats.count(len(listed.rows))} listed"
            + (f"; a responder is worth {formats.money(worth)}." if worth else ".")
        )
    several = len(context.campaigns) > 1
    latest = rows[rows["campaign"] == rows["campaign"].iloc[-1]] if len(rows) else rows
    return Table(
        id="targets",
        title=f"Whom to reach{_of_latest(latest, context) if several else ''}",
        frame=rows,
        view=latest,
        columns=[
            Column(name="rank", head="Rank", kind="count"),
            Column(name="user_id", head="User"),
            Column(name="channel", head="Channel", role="channel"),
            Column(name="probability", head="Will respond", kind="rate"),
            Column(name="expected_value", head="Expected value", kind="money"),
        ]
        if len(rows)
        else (),
        order="by expected value",
        note=" ".join(
            [*note, *(["Probabilities are corrected by how the test turned out."] if note else [])]
        ),
    )


def _of_latest(latest: object, context: Context) -> str:
    import pandas as pd

    assert isinstance(latest, pd.DataFrame)
    return f", {context.label('campaign', latest['campaign'].iloc[0])}" if len(latest) else ""


SECTION = Section(
    id="propensity",
    title="Propensity",
    question="Who will respond next, whom is it worth reaching, and how much will they spend?",
    facts=(
        "earlier_behaviour:{horizon_days}:{features}?",
        "behaviour:{horizon_days}:{features}?",
        "behaviour_names:{horizon_days}?",
        "current_behaviour:{horizon_days}:{features}?",
        "outcomes:{features}?",
    ),
    tables={
        "models": MODELS,
        "calibration": CALIBRATION,
        "drivers": DRIVERS,
        "spend": SPEND,
        "targets": TARGETS,
        "rates": RATES,
    },
    compute=compute,
    options=PropensityOptions,
)
