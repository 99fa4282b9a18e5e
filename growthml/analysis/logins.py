"""Who will log in again: a model tried on the future, its calibration, and every user's chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from growthml.analysis.propensity import Answered, Judged, judged_model
from growthml.models.drivers import Drivers
from growthml.models.propensity import Model, NoTrial, Trial, encoded, refitted, trial
from growthml.parts import (
    Context,
    Facts,
    batches,
)
from growthml.words import N_

if TYPE_CHECKING:
    import pandas as pd

LOGIN = (
    *("source", "model", "test_users", "base_rate", "roc_auc", "brier"),
    *("roc_auc_ci_low", "roc_auc_ci_high", "mcfadden"),
)
SCORES = ("source", "campaign", "user_id", "probability")
CALIBRATION = ("source", "campaign", "bin", "users", "mean_predicted", "observed_rate")
NAMES = {"dummy": N_("Everybody alike"), "logistic": N_("Logistic regression")}


@dataclass(frozen=True, kw_only=True, eq=False)
class Logins:
    """What was tried and found. days: how long each campaign's log is, by key. horizon: in days."""

    found: Sequence[Answered]
    failed: Sequence[NoTrial]
    scores: pd.DataFrame
    users: int
    mcfadden: dict[str, float | None]
    days: dict[str, int]
    horizon: int


def logins(facts: Facts, context: Context, horizon: int, most_scores: int) -> Logins | None:
    """The models of every campaign, and everybody's chance now; None where nobody logs in."""
    if "logins" not in facts or (facts["logins"].empty and facts["earlier_logins"].empty):
        return _nobody(facts, context, horizon)
    told = {
        "behaviour": _with_missed(facts["logins"]),
        "earlier_behaviour": _with_missed(facts["earlier_logins"]),
    }
    models = _models()
    tried = [trial(told, campaign, models) for campaign in context.campaigns]
    found = [_answered(each, context) for each in tried if isinstance(each, Trial)]
    scores, users = _scores(facts, found, most_scores)
    return Logins(
        found=found,
        failed=[each for each in tried if isinstance(each, NoTrial)],
        scores=scores,
        users=users,
        mcfadden={each.trial.campaign.key: _mcfadden(each.trial) for each in found},
        days=_days(facts),
        horizon=horizon,
    )


def _with_missed(users: pd.DataFrame) -> pd.DataFrame:
    """missed: how many log-ins a user's own pace would have brought since their last one.

    What tells the lapsed from those who never came often: Schmittlein, Morrison & Colombo 1987.
    """
    pace = users["logins"] / users["tenure"].clip(lower=1)
    return users.assign(missed=users["since_login"] * pace)


def _nobody(facts: Facts, context: Context, horizon: int) -> Logins | None:
    """Users who log in, but none of them early enough; None where nobody ever does."""
    import pandas as pd

    if "logins" not in facts or all(batch.empty for batch in batches(facts, "current_logins")):
        return None
    failed = [NoTrial(campaign=each, users=0, responders=0) for each in context.campaigns]
    return Logins(
        found=[],
        failed=failed,
        scores=pd.DataFrame(columns=[*SCORES]),
        users=0,
        mcfadden={},
        days=_days(facts),
        horizon=horizon,
    )


def _models() -> dict[str, Model]:
    from growthml.stats import predictors

    return {
        "dummy": Model(fit=predictors.base_rate),
        "logistic": Model(fit=predictors.calibrated_logistic),
    }


def _answered(tried: Trial, context: Context) -> Answered:
    from growthml.stats.comparison import Comparison

    models: dict[str, Judged] = {
        name: judged_model(name, tried.predicted[name], tried.responded, context) for name in NAMES
    }
    return Answered(
        trial=tried,
        models=models,
        earns=Comparison(),
        spend={},
        drivers=Drivers(odds=(), importances=(), mcfadden=None),
    )


def _mcfadden(tried: Trial) -> float | None:
    """Of the unpenalised model on the test users, on the columns the other one has."""
    from growthml.stats.logit import Logit, logit

    fitted = logit(encoded(tried.test).matrix(tried.test), tried.responded)
    return fitted.mcfadden if isinstance(fitted, Logit) else None


def _days(facts: Facts) -> dict[str, int]:
    span = facts["traffic_span"]
    return {
        str(row["campaign"]): (row["last"] - row["first"]).days + 1
        for row in span.to_dict("records")
        if row["last"] == row["last"]
    }


def _scores(facts: Facts, found: Sequence[Answered], most: int) -> tuple[pd.DataFrame, int]:
    """Every user's probability as of now, the likeliest `most` of a campaign kept."""
    import pandas as pd

    models = _models()
    predict = {
        each.trial.campaign.key: (each.trial, refitted(each.trial, "logistic", models["logistic"]))
        for each in found
    }
    kept: dict[str, pd.DataFrame] = {}
    users = 0
    for batch in batches(facts, "current_logins") if predict else ():
        for key, mine in _with_missed(batch).groupby("campaign", sort=False):
            if key not in predict:
                continue
            tried, model = predict[str(key)]
            users += len(mine)
            rows = pd.DataFrame(
                {
                    "source": tried.campaign.source,
                    "campaign": key,
                    "user_id": mine["user_id"].to_numpy(),
                    "probability": model(tried.encoding.matrix(mine)),
                }
            )
            there = [kept[str(key)], rows] if str(key) in kept else [rows]
            kept[str(key)] = _likeliest(pd.concat(there), most)
    parts = list(kept.values())
    return pd.concat(parts) if parts else pd.DataFrame(columns=[*SCORES]), users


def _likeliest(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    return (
        rows.assign(text=rows["user_id"].astype(str))
        .sort_values(["probability", "text"], ascending=[False, True], kind="stable")
        .head(most)[list(rows.columns)]
    )
