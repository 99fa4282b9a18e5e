"""Who will respond: how well each model told so, beforehand, and the tables that say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from growthml.models.drivers import Driver, Drivers, said
from growthml.models.propensity import Trial
from growthml.parts import Column, Context, Table
from growthml.words import N_, _

if TYPE_CHECKING:
    import numpy as np

    from growthml.stats.calibration import Calibration
    from growthml.stats.comparison import Comparison
    from growthml.stats.fit_quality import FitQuality
    from growthml.stats.ranking import Auc, Ranking

MODELS = (
    *("campaign", "model", "train_users", "test_users", "base_rate", "roc_auc"),
    *("roc_auc_ci_low", "roc_auc_ci_high", "average_precision", "brier", "log_loss"),
)
CALIBRATION = ("campaign", "model", "bin", "users", "mean_predicted", "observed_rate")
DRIVERS = (
    *("campaign", "model", "feature", "effect", "ci_low", "ci_high"),
    *("p_value", "importance"),
)

CLASSIFIERS = ("dummy", "logistic", "gradient_boosting")
REGRESSORS = ("dummy_spend", "linear", "boosted")
NAMES = {
    "dummy": N_("Everybody alike"),
    "logistic": N_("Logistic regression"),
    "gradient_boosting": N_("Gradient boosting"),
    "dummy_spend": N_("Everybody the mean"),
    "linear": N_("Linear regression"),
    "boosted": N_("Gradient boosting"),
}
SHORT = {"logistic": N_("Logistic"), "gradient_boosting": N_("Gradient")}
"""Names at the end of a curve."""
MOST_SHOWN = 12
FEWEST_DRAWN = 20
"""Below so many test responders no curve is drawn."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A model on the test users. precision: average precision, the base rate by chance."""

    model: str
    ranking: Ranking
    auc: Auc
    precision: float
    calibration: Calibration

    @property
    def helps(self) -> bool:
        """Whether it ranks better than chance, by its interval."""
        return self.auc.ci_low is not None and self.auc.ci_low > 0.5


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """Spend predicted directly. model: the simple one, unless the other is shown to be nearer.

    against: its squared errors less those of the probability times what a responder spends.
    """

    model: str
    against: Comparison

    @property
    def earns(self) -> bool:
        """Whether it is shown to be nearer than probability times worth, and so is used."""
        return self.against.ci_high is not None and self.against.ci_high < 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Answered:
    """One campaign's trial, judged. earns: boosting's AUC less the logistic model's.

    worth: what a responder of the test spent within the horizon on average; None where responses
    have no price, as amounts is.
    """

    trial: Trial
    models: Mapping[str, Judged]
    earns: Comparison
    spend: Mapping[str, FitQuality]
    drivers: Drivers
    worth: float | None = None
    amounts: Amounts | None = None

    @property
    def used(self) -> Judged:
        """The model that is used: the simple one, unless the other is shown to rank better."""
        better = self.earns.ci_low is not None and self.earns.ci_low > 0
        return self.models["gradient_boosting" if better else "logistic"]

    @cached_property
    def chances(self) -> np.ndarray:
        """The test's probabilities, corrected by how it turned out, as those of the list are."""
        from growthml.stats.predictors import recalibrated

        told = self.trial.predicted[self.used.model]
        return recalibrated(told, self.trial.responded)(told)


def judged(trial: Trial, drivers: Drivers, context: Context) -> Answered:
    """Every model's figures on the users it has not seen."""
    from growthml.stats.fit_quality import fit_quality
    from growthml.stats.paired_auc import compare_auc

    responded, predicted = trial.responded, trial.predicted
    width = trial.encoding.matrix(trial.test.head(1)).shape[1]
    revenue = trial.test["revenue"].to_numpy(float)
    spend = {
        name: fit_quality(
            revenue, predicted[name], 0 if name == "dummy_spend" else width, context.confidence
        )
        for name in REGRESSORS
        if name in predicted
    }
    found = Answered(
        trial=trial,
        models={
            name: judged_model(name, predicted[name], responded, context) for name in CLASSIFIERS
        },
        earns=compare_auc(
            predicted["logistic"],
            predicted["gradient_boosting"],
            responded,
            confidence=context.confidence,
        ),
        spend={name: fit for name, fit in spend.items() if fit is not None},
        drivers=drivers,
    )
    if not revenue.sum() > 0:
        return found
    worth = float(revenue.sum()) / trial.responders
    amounts = _amounts(trial, found.chances * worth, context.confidence)
    return replace(found, worth=worth, amounts=amounts)


def _amounts(trial: Trial, expected: np.ndarray, confidence: float) -> Amounts | None:
    from growthml.stats.fit_quality import compare_errors

    if "linear" not in trial.predicted:
        return None
    revenue = trial.test["revenue"].to_numpy(float)
    linear, boosted = trial.predicted["linear"], trial.predicted["boosted"]
    gained = compare_errors(revenue, linear, boosted, confidence)
    model = "boosted" if gained.ci_high is not None and gained.ci_high < 0 else "linear"
    against = compare_errors(revenue, expected, trial.predicted[model].clip(min=0.0), confidence)
    return Amounts(model=model, against=against)


def judged_model(name: str, score: np.ndarray, responded: np.ndarray, context: Context) -> Judged:
    """One model's figures: how it ranks, and how true its probabilities are."""
    from sklearn.metrics import average_precision_score

    from growthml.stats.calibration import calibration
    from growthml.stats.ranking import auc, rank

    ranking = rank(score, responded)
    return Judged(
        model=name,
        ranking=ranking,
        auc=auc(ranking, context.confidence),
        precision=float(average_precision_score(responded, score)),
        calibration=calibration(score, responded, by="users", confidence=context.confidence),
    )


# -- tables ------------------------------------------------------------------------------------


def models_table(found: Sequence[Answered], note: str, context: Context) -> Table:
    """All models side by side."""
    import pandas as pd

    rows = [
        {
            "campaign": each.trial.campaign.key,
            "model": name,
            "train_users": len(each.trial.train),
            "test_users": len(each.trial.test),
            "base_rate": each.trial.responders / len(each.trial.test),
            "roc_auc": model.auc.value,
            "roc_auc_ci_low": model.auc.ci_low,
            "roc_auc_ci_high": model.auc.ci_high,
            "average_precision": model.precision,
            "brier": model.calibration.brier,
            "log_loss": model.calibration.log_loss,
            "ece": model.calibration.ece,
            "tested": each.trial.how,
            "used": model is each.used,
        }
        for each in found
        for name, model in each.models.items()
    ]
    frame = pd.DataFrame(rows, columns=[*MODELS, "ece", "tested", "used"])
    view = frame.assign(
        name=[
            _("{model} (used)", model=_(NAMES[row.model])) if row.used else _(NAMES[row.model])
            for row in frame.itertuples()
        ],
        interval=[
            context.formats.interval(
                row.roc_auc_ci_low, row.roc_auc_ci_high, "number", signed=False
            )
            for row in frame.itertuples()
        ],
    )
    return Table(
        id="models",
        title=_("Three models on users they have not seen"),
        frame=frame,
        view=view,
        columns=[
            *campaign_column(context),
            Column(name="name", head=_("Model")),
            Column(name="roc_auc", head=_("AUC"), kind="statistic"),
            Column(
                name="interval",
                head=_(
                    "{confidence} interval", confidence=context.formats.share(context.confidence)
                ),
            ),
            Column(name="average_precision", head=_("Average precision"), kind="statistic"),
            Column(name="brier", head=_("Brier score"), kind="number"),
            Column(name="log_loss", head=_("Log loss"), kind="number"),
        ],
        note=note,
    )


def calibration_table(found: Sequence[Answered], context: Context) -> Table:
    """Predicted and observed, bin by bin; attached."""
    import pandas as pd

    rows = [
        {
            "campaign": each.trial.campaign.key,
            "model": name,
            "bin": row.bin,
            "users": row.users,
            "mean_predicted": row.mean_predicted,
            "observed_rate": row.observed_rate,
            "ci_low": row.ci_low,
            "ci_high": row.ci_high,
        }
        for each in found
        for name, model in each.models.items()
        for row in model.calibration.bins
    ]
    frame = pd.DataFrame(rows, columns=[*CALIBRATION, "ci_low", "ci_high"])
    return calibration_folded(
        Table(id="calibration", title=_("Predicted and observed"), frame=frame), context
    )


def calibration_folded(table: Table, context: Context) -> Table:
    """A table of bins as its chart unfolds it: models by name, rates with their interval."""
    frame, formats = table.frame, context.formats
    limits = zip(frame["ci_low"], frame["ci_high"], strict=True)
    view = frame.assign(
        interval=[formats.interval(low, high, "rate", signed=False) for low, high in limits]
    )
    columns = [
        *campaign_column(context),
        Column(name="bin", head=_("Bin"), kind="count"),
        Column(name="users", head=_("Users"), kind="count"),
        Column(name="mean_predicted", head=_("Mean predicted"), kind="rate"),
        Column(name="observed_rate", head=_("Observed rate"), kind="rate"),
        Column(
            name="interval",
            head=_("{confidence} interval", confidence=formats.share(context.confidence)),
        ),
    ]
    if "model" in frame:
        view = view.assign(model=[_(NAMES[name]) for name in frame["model"]])
        columns.insert(-5, Column(name="model", head=_("Model")))
    return replace(table, view=view, folded=columns)


def drivers_table(found: Sequence[Answered], context: Context) -> Table:
    """Odds ratios and importances; attached, the figures show the first of them."""
    import pandas as pd

    rows = [
        {
            "campaign": each.trial.campaign.key,
            "model": driver.model,
            "feature": driver.feature,
            "effect": driver.effect,
            "ci_low": driver.ci_low,
            "ci_high": driver.ci_high,
            "p_value": driver.p_value,
            "importance": driver.importance,
            "q_value": driver.q_value,
            "unit": driver.unit,
            "reason": driver.reason,
        }
        for each in found
        for driver in (*each.drivers.odds, *each.drivers.importances)
    ]
    frame = pd.DataFrame(rows, columns=[*DRIVERS, "q_value", "unit", "reason"])
    view = frame.assign(
        model=[_(NAMES[name]) for name in frame["model"]],
        feature=[said(name, context) for name in frame["feature"]],
        reason=[_(reason) for reason in frame["reason"]],
    )
    return Table(id="drivers", title=_("What goes with responding"), frame=frame, view=view)


def campaign_column(context: Context) -> list[Column]:
    several = len(context.campaigns) > 1
    return [Column(name="campaign", head=_("Campaign"), role="campaign")] if several else []


def shown_odds(each: Answered) -> list[Driver]:
    """The odds ratios a figure shows: the strongest, by distance from 1, then those not told."""
    from math import log

    told = [driver for driver in each.drivers.odds if driver.effect]
    untold = [driver for driver in each.drivers.odds if not driver.effect]
    order = sorted(told, key=lambda driver: (-abs(log(driver.effect or 1.0)), driver.feature))
    return [*order, *untold][:MOST_SHOWN]


def feature_words(driver: Driver, context: Context) -> str:
    """A driver's column in words, its unit included."""
    return said(driver.feature, context, driver.unit)


def used_by(found: Sequence[Answered]) -> dict[str, Any]:
    """By campaign, the model used."""
    return {each.trial.campaign.key: each.used.model for each in found}
