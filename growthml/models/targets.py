"""Whom to reach: every user scored as of now, in batches, and the best of them kept.

Only the list is held in memory, never the users; how many there are, and how likely each is to
respond, is counted beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from growthml.metrics import cost_of
from growthml.models.propensity import named
from growthml.parts import Context, Facts, batches

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from growthml.stats.encoding import Encoding
    from growthml.stats.predictors import Predict

PLACES = 6
BANDS = 20
SCORES = ("campaign", "probability_from", "probability_to", "users", "expected_responders")
TARGETS = ("campaign", "rank", "user_id", "channel", "probability", "expected_value")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Who may be listed, and how many.

    channels: only these; empty for all. share: of all users scored; None for the share that would
    have earned most in the test. budget: for contacts in all.
    cost_per_contact: in place of what the channel costs. least: the smallest expected value.
    most: the length of a list at most.
    """

    channels: frozenset[str]
    share: float | None
    budget: float | None
    cost_per_contact: float | None
    least: float | None
    most: int

    def cost(self, channels: pd.Series[str], context: Context) -> np.ndarray:
        """What reaching each user costs."""
        import numpy as np

        if self.cost_per_contact is not None:
            return np.full(len(channels), self.cost_per_contact)
        return np.array([cost_of(each, context) for each in channels], dtype=float)


@dataclass(frozen=True, kw_only=True, eq=False)
class Scorer:
    """A campaign's model, ready for users: how they are encoded, what each is expected to spend.

    amount: predicts what a user spends; None where that is the probability times `worth`, the money
    a responder spends within the horizon, itself None where responses have no price.
    """

    encoding: Encoding
    predict: Predict
    amount: Predict | None
    worth: float | None
    rule: Rule

    def values(
        self, probability: np.ndarray, amount: np.ndarray | None, cost: np.ndarray
    ) -> np.ndarray:
        """What users are expected to spend, less what reaching them costs; NaN without prices."""
        import numpy as np

        worth = np.nan if self.worth is None else self.worth
        spent = probability * worth if amount is None else np.maximum(amount, 0.0)
        return np.asarray(np.round(spent - cost, PLACES))


@dataclass(frozen=True, kw_only=True, eq=False)
class Targets:
    """A campaign's list. users: scored in all; wanted: how many the rule would list without `most`;
    expected: how many responders the model expects among all users. scores: of all users, how many
    have a probability in each of BANDS bands of equal width, and how many responders are expected
    of them."""

    rows: pd.DataFrame
    users: int
    wanted: int
    expected: float
    scores: pd.DataFrame


def targets(facts: Facts, scorers: Mapping[str, Scorer], context: Context) -> dict[str, Targets]:
    """The lists of all campaigns that have a model, from one pass over `current_behaviour`."""
    import pandas as pd

    names = facts.get("behaviour_names")
    best: dict[str, pd.DataFrame] = {}
    tallies = {key: Tally() for key in scorers}
    for batch in batches(facts, "current_behaviour"):
        for campaign, mine in batch.groupby("campaign", sort=False):
            key = str(campaign)
            if key not in scorers:
                continue
            scored = _scored(named(mine, names), scorers[key], context)
            allowed = scored[_allowed(scored, scorers[key].rule)]
            tallies[key].add(scored["probability"].to_numpy(float), len(allowed))
            kept = [best[key], allowed] if key in best else [allowed]
            best[key] = _ordered(pd.concat(kept)).head(scorers[key].rule.most)
    return {
        key: _listed(best[key], tallies[key], scorers[key].rule) for key in scorers if key in best
    }


class Tally:
    """How many users were scored, how many of them fit the rule, and their scores in bands."""

    def __init__(self) -> None:
        self.fit = 0
        self.users = [0] * BANDS
        self.responders = [0.0] * BANDS

    def add(self, probability: np.ndarray, fit: int) -> None:
        """Count a batch of users."""
        import numpy as np

        band = np.minimum((probability * BANDS).astype(int), BANDS - 1)
        self.fit += fit
        for place in range(BANDS):
            mine = probability[band == place]
            self.users[place] += len(mine)
            # Whole millionths add up to the same in any order; users come in none.
            self.responders[place] += float(np.rint(mine * 10**PLACES).sum())

    def frame(self) -> pd.DataFrame:
        """A row a band, the highest first."""
        import pandas as pd

        return pd.DataFrame(
            {
                "probability_from": [place / BANDS for place in range(BANDS)],
                "probability_to": [(place + 1) / BANDS for place in range(BANDS)],
                "users": self.users,
                "expected_responders": [each / 10**PLACES for each in self.responders],
            }
        ).iloc[::-1]


def _scored(users: pd.DataFrame, scorer: Scorer, context: Context) -> pd.DataFrame:
    import pandas as pd

    matrix = scorer.encoding.matrix(users)
    probability = scorer.predict(matrix)
    amount = scorer.amount(matrix) if scorer.amount else None
    cost = scorer.rule.cost(users["channel"], context)
    return pd.DataFrame(
        {
            "user_id": users["user_id"].to_numpy(),
            "channel": users["channel"].to_numpy(object),
            "probability": probability,
            "expected_value": scorer.values(probability, amount, cost),
            "cost": cost,
        }
    )


def _allowed(scored: pd.DataFrame, rule: Rule) -> pd.Series[bool]:
    allowed = scored["probability"] >= 0
    if rule.channels:
        allowed &= scored["channel"].astype(str).isin(rule.channels)
    if rule.least is not None:
        allowed &= scored["expected_value"] >= rule.least
    return allowed


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """The highest expected value first, then the likeliest, then by id."""
    return rows.assign(text=rows["user_id"].astype(str)).sort_values(
        ["expected_value", "probability", "text"], ascending=[False, False, True], kind="stable"
    )[list(rows.columns)]


def _listed(rows: pd.DataFrame, tally: Tally, rule: Rule) -> Targets:
    users = sum(tally.users)
    wanted = tally.fit if rule.share is None else min(tally.fit, round(rule.share * users))
    if rule.budget is not None:
        # Without a cost nothing limits; a list cut at `most` may hide how far the budget reaches.
        affordable = int((rows["cost"].cumsum() <= rule.budget + 1e-9).sum())
        wanted = min(wanted, affordable) if affordable < len(rows) else wanted
    scores = tally.frame()
    return Targets(
        rows=rows.head(min(wanted, rule.most)).reset_index(drop=True),
        users=users,
        wanted=wanted,
        expected=float(scores["expected_responders"].sum()),
        scores=scores,
    )


def frame(found: Mapping[str, Targets]) -> pd.DataFrame:
    """The lists of all campaigns, ranks from 1."""
    return _of_all(
        {
            key: each.rows.assign(rank=range(1, len(each.rows) + 1))
            for key, each in found.items()
            if len(each.rows)
        },
        TARGETS,
    )


def scores_frame(found: Mapping[str, Targets]) -> pd.DataFrame:
    """All users of all campaigns by score."""
    return _of_all({key: each.scores for key, each in found.items()}, SCORES)


def _of_all(parts: Mapping[str, pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    if not parts:
        return pd.DataFrame(columns=list(columns))
    told = [part.assign(campaign=key) for key, part in parts.items()]
    return pd.concat(told, ignore_index=True)[list(columns)]
