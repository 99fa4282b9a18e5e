"""A model of who responds, learnt on one campaign and used to put another's users in order.

A logistic regression with a ridge penalty of 1 on standardised features. Counts,
money and days enter as log(1 + x); channels with few users, or not there in training, are one
channel. Rows stand for groups of users with equal features: users, responders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from growthml.stats.ridge_logit import ridge_logit

if TYPE_CHECKING:
    import pandas as pd

    Numbers = np.ndarray[Any, Any]

FEWEST = 10
"""Fewer responders (or others) than this are not learnt from and not judged by."""
FEWEST_OF_CHANNEL = 20
FOLDS = 5
SCORE_PLACES = 6
"""Scores that agree to this many decimals are tied."""
MOST_STEPS = 1_000
"""With more distinct scores than this, neighbours are tied in as many steps of equal users."""

ACTION = "times "
"""Stands before an action's name in the column that counts it."""


def named(features: pd.DataFrame, actions: pd.DataFrame) -> pd.DataFrame:
    """The facts `features` and `feature_actions` as one frame: a column an action, by its name.

    Campaigns may differ in which actions they have; one that is not there was done 0 times.
    """
    import pandas as pd

    counted = [name for name in features.columns if str(name).startswith("action_")]
    names = sorted(actions["action"].unique())
    parts = []
    for campaign, mine in features.groupby("campaign", sort=False):
        placed = actions[actions["campaign"] == campaign]
        columns = {
            f"{ACTION}{action}": mine[f"action_{place}"]
            for place, action in zip(placed["place"], placed["action"], strict=True)
        }
        absent = {f"{ACTION}{name}": 0 for name in names}
        parts.append(mine.drop(columns=counted).assign(**{**absent, **columns}))
    if not parts:
        return features.drop(columns=counted)
    rows = pd.concat(parts, ignore_index=True)
    # Engines differ in how they sort words and NULL; folds are dealt in this order.
    keys = [name for name in rows.columns if name not in ("population", "users", "responders")]
    return rows.sort_values(keys, kind="stable", ignore_index=True)


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A campaign's users as a model puts them in order.

    trained_on: the campaign learnt from; its own means cross-fitted: every user is scored by a
    model that has not seen them. rows: channel, score (probability to respond, 0..1), users,
    responders; one row a group of equal users.
    """

    campaign: str
    model: str
    trained_on: str
    train_users: int
    train_responders: int
    rows: pd.DataFrame

    @property
    def users(self) -> int:
        """How many users are put in order."""
        return int(self.rows["users"].sum())

    @property
    def responders(self) -> int:
        """How many of them responded."""
        return int(self.rows["responders"].sum())

    def steps(self) -> pd.DataFrame:
        """channel, score, users, responders; one row a score and channel, the highest first.

        Of more than MOST_STEPS scores neighbours are tied, and share their mean score.
        """
        rows = self.rows
        if rows["score"].nunique() > MOST_STEPS:
            rows = rows.sort_values("score", ascending=False, kind="stable")
            above = rows["users"].cumsum() - rows["users"]
            step = above.groupby(rows["score"]).transform("min") * MOST_STEPS // self.users
            summed = (rows["score"] * rows["users"]).groupby(step).sum()
            rows = rows.assign(score=step.map(summed / rows["users"].groupby(step).sum()))
        return (
            rows.groupby(["score", "channel"], dropna=False, as_index=False)
            .sum()
            .sort_values("score", ascending=False, kind="stable")
            .reset_index(drop=True)
        )


def scored(known: pd.DataFrame, baseline: str, campaign: str) -> list[Scored]:
    """A campaign in the order of `logistic`, learnt on the baseline, and of `logistic_new`,
    cross-fitted on the campaign itself. For the baseline alone `logistic` is cross-fitted.

    Both hold the same users in the same rows. Check `enough` before.
    """
    rows = known[known["campaign"] == campaign].reset_index(drop=True)
    fresh = _cross_fitted(rows)
    if campaign == baseline:
        return [_scored(campaign, "logistic", rows, fresh)]
    taught = known[known["campaign"] == baseline].reset_index(drop=True)
    scores = fit(taught).score(rows)[fresh["row"].to_numpy()]
    return [
        _scored(campaign, "logistic", taught, fresh.assign(score=scores)),
        _scored(campaign, "logistic_new", rows, fresh),
    ]


def enough(known: pd.DataFrame, campaign: str) -> bool:
    """Whether a campaign can be learnt from and judged by: FEWEST users of either kind."""
    mine = known[known["campaign"] == campaign]
    users, responders = int(mine["users"].sum()), int(mine["responders"].sum())
    return min(responders, users - responders) >= FEWEST


def _scored(campaign: str, model: str, taught: pd.DataFrame, rows: pd.DataFrame) -> Scored:
    return Scored(
        campaign=campaign,
        model=model,
        trained_on=str(taught["campaign"].iloc[0]),
        train_users=int(taught["users"].sum()),
        train_responders=int(taught["responders"].sum()),
        rows=rows.assign(score=rows["score"].round(SCORE_PLACES)).drop(columns="row"),
    )


@dataclass(frozen=True)
class ResponseModel:
    """A fitted model: the features it knows, how they are scaled, and their weights."""

    channels: Sequence[str]
    columns: Sequence[str]
    centre: Numbers
    scale: Numbers
    weights: Numbers
    intercept: float

    def score(self, rows: pd.DataFrame) -> Numbers:
        """The probability to respond of each row's users, 0..1."""
        from scipy.special import expit

        design = (_design(rows, self.channels, self.columns) - self.centre) / self.scale
        return np.asarray(expit(design @ self.weights + self.intercept))


def fit(rows: pd.DataFrame) -> ResponseModel:
    """Learn from rows of users, responders and features. Needs users of both kinds."""
    return _fit(rows, rows["responders"].to_numpy(float), _others(rows))


def _fit(rows: pd.DataFrame, responders: Numbers, others: Numbers) -> ResponseModel:
    """Learn from rows with these many users of each kind, which may be fewer than all."""
    users = responders + others
    channels = _common_channels(rows, users)
    columns = [name for name in rows.columns if str(name).startswith(ACTION)]
    design = _design(rows, channels, columns)
    centre = np.average(design, axis=0, weights=users)
    spread = np.sqrt(np.average((design - centre) ** 2, axis=0, weights=users))
    scale = np.where(spread > 1e-12, spread, 1.0)
    weights, intercept = ridge_logit((design - centre) / scale, responders, users)
    return ResponseModel(channels, columns, centre, scale, weights, intercept)


def _cross_fitted(rows: pd.DataFrame) -> pd.DataFrame:
    """Every user scored by a model fitted on the other folds; one line a row and fold."""
    import pandas as pd

    responders = _dealt(rows["responders"].to_numpy(int))
    others = _dealt(_others(rows).astype(int))
    parts = []
    for fold in range(FOLDS):
        rest = [each.sum(axis=1) - each[:, fold] for each in (responders, others)]
        scores = _fit(rows, *(each.astype(float) for each in rest)).score(rows)
        held = responders[:, fold] + others[:, fold]
        place = np.flatnonzero(held)
        parts.append(
            pd.DataFrame(
                {
                    "row": place,
                    "channel": rows["channel"].to_numpy(object)[place],
                    "score": scores[place],
                    "users": held[place],
                    "responders": responders[place, fold],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _dealt(counts: Numbers) -> Numbers:
    """Users dealt to the folds in turn: counts by row and fold.

    Rows come in the order of their features, so that folds resemble one another; folds that
    differ would rank users by what was left out, which is their own response (Forman & Scholz
    2010, SIGKDD Explorations 12:49).
    """
    owner = np.repeat(np.arange(len(counts)), counts)
    fold = np.arange(len(owner)) % FOLDS
    dealt = np.bincount(owner * FOLDS + fold, minlength=len(counts) * FOLDS)
    return np.asarray(dealt.reshape(len(counts), FOLDS))


def _others(rows: pd.DataFrame) -> Numbers:
    return np.asarray(rows["users"] - rows["responders"], dtype=float)


def _common_channels(rows: pd.DataFrame, users: Numbers) -> list[str]:
    counted: Mapping[Any, float] = (
        rows.assign(learnt=users).groupby("channel")["learnt"].sum().to_dict()
    )
    return sorted(str(name) for name, n in counted.items() if n >= FEWEST_OF_CHANNEL)


def _design(rows: pd.DataFrame, channels: Sequence[str], columns: Sequence[str]) -> Numbers:
    """Features as numbers: one column a channel, a quantity and an action."""

    def logged(values: Any) -> Numbers:
        return np.asarray(np.log1p(np.maximum(np.asarray(values, dtype=float), 0.0)))

    zeros = np.zeros(len(rows))
    never = rows["idle_days"].isna().to_numpy()
    idle = rows["idle_days"].where(~rows["idle_days"].isna(), rows["tenure"])
    quantities = [rows["tenure"], idle, rows["spend"].round(2), rows["categories"]]
    parts = [
        *((rows["channel"] == name).to_numpy(float) for name in channels),
        never.astype(float),
        *map(logged, quantities),
        *(logged(rows[name]) if name in rows else zeros for name in columns),
    ]
    return np.column_stack(parts)
