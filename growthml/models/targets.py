"""Whom to reach: every user scored as of now, in batches, and the best of them kept.

Only the list is held in memory, never the users; how many there are is counted beside it.
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

TARGETS = ("campaign", "rank", "user_id", "channel", "probability", "expected_value")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Who may be listed, and how many.

    channels: only these; empty for all. share: of all users scored. budget: for contacts in all.
    cost_per_contact: in place of what the channel costs. least: the smallest expected value.
    most: the length of a list at most.
    """

    channels: frozenset[str]
    share: float
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
    """A campaign's model, ready for users: how they are encoded, and what a responder is worth.

    worth: money per responder within the horizon; None where responses have no price.
    """

    encoding: Encoding
    predict: Predict
    worth: float | None
    rule: Rule


@dataclass(frozen=True, kw_only=True, eq=False)
class Targets:
    """A campaign's list. users: scored in all; wanted: how many the rule would list without `most`;
    expected: how many responders the model expects among all users."""

    rows: pd.DataFrame
    users: int
    wanted: int
    expected: float


def targets(facts: Facts, scorers: Mapping[str, Scorer], context: Context) -> dict[str, Targets]:
    """The lists of all campaigns that have a model, from one pass over `current_behaviour`."""
    import pandas as pd

    names = facts.get("behaviour_names")
    best: dict[str, pd.DataFrame] = {}
    users, fit_for, expected = (dict.fromkeys(scorers, 0.0) for _ in range(3))
    for batch in batches(facts, "current_behaviour"):
        for key, mine in batch.groupby("campaign", sort=False):
            campaign = str(key)
            if campaign not in scorers:
                continue
            scored = _scored(named(mine, names), scorers[campaign], context)
            users[campaign] += len(scored)
            expected[campaign] += float(scored["probability"].sum())
            allowed = scored[_allowed(scored, scorers[campaign].rule)]
            fit_for[campaign] += len(allowed)
            kept = [best[campaign], allowed] if campaign in best else [allowed]
            best[campaign] = _ordered(pd.concat(kept)).head(scorers[campaign].rule.most)
    return {
        campaign: _listed(
            best[campaign],
            int(users[campaign]),
            int(fit_for[campaign]),
            expected[campaign],
            scorers[campaign].rule,
        )
        for campaign in scorers
        if campaign in best
    }


def _scored(users: pd.DataFrame, scorer: Scorer, context: Context) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    probability = scorer.predict(scorer.encoding.matrix(users))
    cost = scorer.rule.cost(users["channel"], context)
    worth = np.nan if scorer.worth is None else scorer.worth
    return pd.DataFrame(
        {
            "user_id": users["user_id"].to_numpy(),
            "channel": users["channel"].to_numpy(object),
            "probability": probability,
            "expected_value": np.round(probability * worth - cost, 6),
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


def _listed(rows: pd.DataFrame, users: int, fit_for: int, expected: float, rule: Rule) -> Targets:
    wanted = min(fit_for, round(rule.share * users))
    if rule.budget is not None:
        # Without a cost nothing limits; a list cut at `most` may hide how far the budget reaches.
        affordable = int((rows["cost"].cumsum() <= rule.budget + 1e-9).sum())
        wanted = min(wanted, affordable) if affordable < len(rows) else wanted
    chosen = rows.head(min(wanted, rule.most)).reset_index(drop=True)
    return Targets(rows=chosen, users=users, wanted=wanted, expected=expected)


def frame(found: Mapping[str, Targets], columns: Sequence[str] = TARGETS) -> pd.DataFrame:
    """The lists of all campaigns, ranks from 1."""
    import pandas as pd

    parts = [
        each.rows.assign(campaign=key, rank=range(1, len(each.rows) + 1))
        for key, each in found.items()
        if len(each.rows)
    ]
    if not parts:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(parts, ignore_index=True)[list(columns)]
