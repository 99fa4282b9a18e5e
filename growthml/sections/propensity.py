"""Who will respond within the next days, whom to reach, and how much will they spend?

Users known by a cut-off are described by what they had done; whether they respond within the
horizon after it is the label. Models learn at one cut-off and are judged at a later one. Odds
ratios come from logistic regression without penalty (Hosmer, Lemeshow & Sturdivant 2013), what
boosting leans on from shuffling (Breiman 2001), intervals of AUC from DeLong et al. 1988.
"""

from __future__ import annotations

from pydantic import Field

from growthml.analysis.propensity import (
    CALIBRATION,
    DRIVERS,
    MODELS,
    Answered,
    calibration_table,
    drivers_table,
    judged,
    models_table,
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
from growthml.analysis.spend import SPEND, spend_table
from growthml.analysis.targets import mailing_lists, scores_table, targets_table
from growthml.errors import NotEnoughData
from growthml.models.propensity import Model, NoTrial, Trial, trial
from growthml.models.targets import SCORES, TARGETS, Rule
from growthml.parts import Answer, Context, Facts, Options, Section
from growthml.words import N_, _


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
            _(
                "this needs to know when users did what (events.occurred_at), or what came of each"
                " (users.outcomes)"
            ),
            missing="events.occurred_at",
        )
    models = _models(facts)
    tried = [trial(facts, campaign, models) for campaign in context.campaigns]
    failed = [each for each in tried if isinstance(each, NoTrial)]
    found = [_answered(each, context) for each in tried if isinstance(each, Trial)]
    if not found:
        reasons = [why_not(each, options.horizon_days, context) for each in failed]
        raise NotEnoughData(_("no model can be tried: {reasons}", reasons="; ".join(reasons)))
    shown = [each for each in found if each.trial.campaign in context.compared] or found
    rates = rates_table(found, options.horizon_days, context)
    lists = mailing_lists(facts, found, models, _rule(options), context)
    return Answer(
        headline=headline(shown, context),
        blocks=[
            *(chart for each in shown for chart in curves(each, context)),
            rates,
            *(chart for each in shown for chart in driver_charts(each, context)),
            models_table(found, models_note(found, options.horizon_days, context), context),
            calibration_table(found, context),
            drivers_table(found, context),
            spend_table(found, context),
            targets_table(lists, found, context),
            scores_table(lists),
        ],
        findings=[
            *findings(shown, rates, context),
            *target_words(lists, [each.trial.campaign for each in shown], context),
        ],
        caveats=caveats(found, failed, options.horizon_days, context),
        definitions=[
            (
                _("AUC"),
                _("chance that a responder is ranked above another user: 0.5 by chance, 1 at best"),
            ),
            (
                _("Average precision"),
                _(
                    "mean share of responders among the users down to each responder; the base rate"
                    " by chance"
                ),
            ),
            (_("Brier score"), _("mean squared difference of probability and outcome; 0 at best")),
            (_("Odds"), _("responders for each user who did not respond")),
            (
                _("R²"),
                _(
                    "1 less squared errors over those of these users' own mean; below 0 the mean"
                    " predicts better"
                ),
            ),
            (
                _("Expected value"),
                _(
                    "probability to respond, times what a responder spent within the horizon (or"
                    " the amount predicted, where that is shown to be nearer), less the cost of the"
                    " contact"
                ),
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


def _rule(options: PropensityOptions) -> Rule:
    return Rule(
        channels=frozenset(options.channels),
        share=options.share,
        budget=options.budget,
        cost_per_contact=options.cost_per_contact,
        least=options.min_expected_value,
        most=options.most_targets,
    )


def _answered(tried: Trial, context: Context) -> Answered:
    from growthml.models.drivers import drivers

    return judged(tried, drivers(tried, context), context)


SECTION = Section(
    id="propensity",
    title=N_("Propensity"),
    question=N_("Who will respond next, whom is it worth reaching, and how much will they spend?"),
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
        "scores": SCORES,
        "rates": RATES,
    },
    compute=compute,
    options=PropensityOptions,
)
