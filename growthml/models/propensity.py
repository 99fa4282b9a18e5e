"""Models tried on users they have not seen: who is learnt from, who is judged, and how it went.

Two cut-offs lie a horizon apart. Models learn what users known by the earlier one did within a
horizon and are judged on the later one, so that the test lies wholly in the future of what was
learnt. Where history is too short for that, users are dealt to folds, each scored by models that
have not seen them; the page says which it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from growthml.parts import Campaign, Facts
from growthml.words import N_

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from growthml.stats.encoding import Encoding
    from growthml.stats.leakage import Leak
    from growthml.stats.predictors import Fit, Predict

FEWEST = 10
"""Fewer responders (or others) than this are not learnt from and not judged by."""
FOLDS = 5
DID, SINCE, KIND = "did ", "days since ", "kind "
"""Stand before an action's or a category's name in the columns that tell of it."""
COUNTED = (
    *("tenure", "idle_days", "categories", "spend", "visits", "visit_seconds"),
    *("logins", "requests", "days_seen"),
)
LABEL = ("responded", "revenue")


@dataclass(frozen=True, kw_only=True)
class Model:
    """What is tried: how it is fitted, and to which label, `responded` or `revenue`."""

    fit: Fit
    label: Literal["responded", "revenue"] = "responded"


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """One campaign's models on users they have not seen.

    how: the test lies in the `future`, or in `folds`, or in folds of a table without `times`.
    train, test: the users learnt from and judged, a row each (the same ones in folds). predicted:
    by model, a probability (or an amount) for each test user. encoding: of the columns.
    """

    campaign: Campaign
    how: Literal["future", "folds", "timeless"]
    train: pd.DataFrame
    test: pd.DataFrame
    encoding: Encoding
    leaks: Sequence[Leak]
    predicted: Mapping[str, np.ndarray]
    population: int

    @property
    def responded(self) -> np.ndarray:
        """Whether each test user responded, 0 or 1."""
        responded: np.ndarray = self.test["responded"].to_numpy(float)
        return responded

    @property
    def responders(self) -> int:
        """How many test users responded."""
        return int(self.test["responded"].sum())


@dataclass(frozen=True, kw_only=True)
class NoTrial:
    """A campaign no model can be tried on: how many of its users responded, of how many.

    featureless: enough did, but nothing is known of them to learn from.
    """

    campaign: Campaign
    users: int
    responders: int
    timeless: bool = False
    featureless: bool = False


def behaviour(facts: Facts, name: str) -> pd.DataFrame:
    """A fact of users' behaviour with its actions and categories by name, ordered by user."""
    return named(facts[name], facts.get("behaviour_names"))


def named(users: pd.DataFrame, names: pd.DataFrame | None) -> pd.DataFrame:
    """Users with a column an action (`did like`, `days since like`) and a category (`kind thai`).

    Campaigns may differ in what they have; what is not there was done 0 times.
    """
    import pandas as pd

    if names is not None:
        users = pd.concat(
            [_named(mine, names[names["campaign"] == key]) for key, mine in _parts(users)]
        )
        for column in [each for each in users.columns if str(each).startswith((DID, KIND))]:
            users[column] = users[column].fillna(0)
    order = users["user_id"].astype(str).to_numpy()
    return users.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def _parts(users: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    found = [(str(key), mine) for key, mine in users.groupby("campaign", sort=True)]
    return found or [("", users)]


def _named(users: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    called: dict[str, str] = {}
    for kind, place, name in zip(names["kind"], names["place"], names["name"], strict=True):
        if kind == "action":
            called |= {f"action_{place}": f"{DID}{name}", f"since_{place}": f"{SINCE}{name}"}
        else:
            called[f"category_{place}"] = f"{KIND}{name}"
    places = [
        column
        for column in users.columns
        if str(column).startswith(("action_", "since_", "category_")) and column not in called
    ]
    return users.drop(columns=places).rename(columns=called)


def columns_of(users: pd.DataFrame) -> list[str]:
    """What models may learn from: everything told of a user but the label and who it is."""
    apart = {"campaign", "user_id", "population", "source", *LABEL}
    return [str(name) for name in users.columns if name not in apart]


def is_counted(column: str) -> bool:
    """Whether a column is a count, money or days, and enters a model as log(1 + x)."""
    return column in COUNTED or column.startswith((DID, SINCE, KIND))


def enough(users: pd.DataFrame) -> bool:
    """Whether users can be learnt from and judged by: FEWEST of either kind."""
    responders = int(users["responded"].sum())
    return min(responders, len(users) - responders) >= FEWEST


def trial(facts: Facts, campaign: Campaign, models: Mapping[str, Model]) -> Trial | NoTrial:
    """The models of a campaign, tried on what is there; or how far that falls short."""
    later, earlier, timeless = _users(facts, campaign)
    failed = NoTrial(
        campaign=campaign,
        users=len(later),
        responders=int(later["responded"].sum()),
        timeless=timeless,
    )
    if not enough(later):
        return failed
    future = earlier is not None and enough(earlier)
    train = earlier if future and earlier is not None else later
    found = _leaks(train)
    columns = encoded(train, [leak.column for leak in found])
    if not columns.words and not columns.numbers:
        return replace(failed, featureless=True)
    if future:
        predicted = _predicted(columns, train, later, models)
    else:
        predicted = _cross_fitted(columns, later, models)
    return Trial(
        campaign=campaign,
        how="future" if future else "timeless" if timeless else "folds",
        train=train,
        test=later,
        encoding=columns,
        leaks=found,
        predicted=predicted,
        population=int(later["population"].max()),
    )


def refitted(trial: Trial, name: str, model: Model) -> Predict:
    """A model learnt anew from the users of the later cut-off, the newest whose future is known.

    Its probabilities are corrected by how those of the trial turned out.
    """
    from growthml.stats.predictors import recalibrated

    users = trial.test
    predict = model.fit(trial.encoding.matrix(users), users[model.label].to_numpy(float))
    if model.label == "revenue":
        return predict
    correct = recalibrated(trial.predicted[name], trial.responded)
    return lambda matrix: correct(predict(matrix))


def _users(facts: Facts, campaign: Campaign) -> tuple[pd.DataFrame, pd.DataFrame | None, bool]:
    """The users of the later and the earlier cut-off, and whether nothing says when."""

    def mine(users: pd.DataFrame) -> pd.DataFrame:
        return users[users["campaign"] == campaign.key].reset_index(drop=True)

    if "behaviour" not in facts:
        return mine(named(facts["outcomes"], None)), None, True
    earlier = mine(behaviour(facts, "earlier_behaviour")) if "earlier_behaviour" in facts else None
    return mine(behaviour(facts, "behaviour")), earlier, False


def encoded(users: pd.DataFrame, leaking: Sequence[str] = ()) -> Encoding:
    """How these users become numbers, leaking columns left out."""
    from growthml.stats.encoding import encoding

    columns = columns_of(users)
    found = encoding(users, columns, [name for name in columns if is_counted(name)])
    return found.without(leaking, N_("known only with the outcome"))


def _leaks(users: pd.DataFrame) -> list[Leak]:
    """The leaking columns. Only those of the user's own table are suspected: the rest is counted
    before the cut-off."""
    from growthml.stats.leakage import leaks

    matrix = encoded(users).matrix(users)
    suspects = {
        name: told
        for name in columns_of(users)
        if name.startswith("users.")
        and (told := [each for each in matrix.columns if _tells_of(each, name)])
    }
    return leaks(matrix, users["responded"].to_numpy(float), suspects) if suspects else []


def _tells_of(column: str, name: str) -> bool:
    return column == name or column.startswith((f"{name}: ", f"{name} unknown"))


def _predicted(
    columns: Encoding, train: pd.DataFrame, test: pd.DataFrame, models: Mapping[str, Model]
) -> dict[str, np.ndarray]:
    known, unseen = columns.matrix(train), columns.matrix(test)
    return {
        name: model.fit(known, train[model.label].to_numpy(float))(unseen)
        for name, model in models.items()
    }


def _cross_fitted(
    columns: Encoding, users: pd.DataFrame, models: Mapping[str, Model]
) -> dict[str, np.ndarray]:
    """Each user predicted by models fitted on the other folds; responders are dealt evenly."""
    import numpy as np

    matrix, fold = columns.matrix(users), folds(users)
    predicted: dict[str, Any] = {name: np.empty(len(users)) for name in models}
    for number in range(FOLDS):
        rest, held = fold != number, fold == number
        for name, model in models.items():
            amount = users[model.label].to_numpy(float)
            predicted[name][held] = model.fit(matrix[rest], amount[rest])(matrix[held])
    return predicted


def folds(users: pd.DataFrame) -> np.ndarray:
    """The fold of each user, 0 to FOLDS - 1: dealt in turn, responders and others apart."""
    import numpy as np

    fold = np.empty(len(users), dtype=int)
    fold[np.argsort(users["responded"].to_numpy(), kind="stable")] = np.arange(len(users)) % FOLDS
    return fold
