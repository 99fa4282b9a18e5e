"""Pairs of columns of the events, cross-counted and tested for association.

Cramér's V says how strong an association is, 0 to 1 (Cramér 1946); a cell departs from the average
where its adjusted residual (Haberman 1973) passes a corrected test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import erfc, sqrt
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.parts import Campaign, Context
from growthml.words import N_

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.association import Association

COLUMNS = ("campaign", "x", "y", "n", "chi2", "dof", "p_value", "q_value", "cramers_v")


@dataclass(frozen=True)
class Pair:
    """Two columns of one campaign's events. counts: events by value of x, then of y.

    q_value: corrected over all pairs of the report; None where the pair was not tested.
    """

    campaign: Campaign
    x: str
    y: str
    rows: Sequence[Any]
    columns: Sequence[Any]
    counts: Sequence[Sequence[int]]
    test: Association
    q_value: float | None = None

    @property
    def strength(self) -> float:
        """Cramér's V; 0 where the pair was not tested."""
        return self.test.cramers_v or 0.0

    def passes(self, context: Context) -> bool:
        """Whether the two columns depend on each other by more than chance."""
        return shape.passes(self.q_value, context)

    def index(self, row: int, column: int) -> float:
        """A cell's events against those expected without association, 100 being as many."""
        of_row, of_column = sum(self.counts[row]), sum(each[column] for each in self.counts)
        expected = of_row * of_column / self.test.n
        return (shape.share(self.counts[row][column], expected) or 0.0) * 100

    def departures(self, context: Context) -> set[tuple[int, int]]:
        """The cells that differ by more than chance, corrected over all cells of the pair."""
        from growthml.stats.corrections import adjust

        if not self.passes(context):
            return set()
        cells = [(i, j) for i in range(len(self.rows)) for j in range(len(self.columns))]
        p_values = [_two_sided(float(self.test.residuals[i][j])) for i, j in cells]
        q_values = adjust(p_values, context.correction)
        return {cell for cell, q in zip(cells, q_values, strict=True) if shape.passes(q, context)}


def _two_sided(z: float) -> float | None:
    return None if z != z else erfc(abs(z) / sqrt(2))


def pairs(actions: pd.DataFrame, categories: pd.DataFrame | None, context: Context) -> list[Pair]:
    """Every pair of columns in every campaign, tested and corrected as one family."""
    from growthml.stats.corrections import adjust

    channel, action, category = N_("channel"), N_("action"), N_("category")
    found = []
    for campaign in context.campaigns:
        found.append(_pair(actions, campaign, channel, action))
        if categories is not None:
            found.append(_pair(categories, campaign, channel, category))
            found.append(_pair(categories, campaign, action, category))
    q_values = adjust([pair.test.p_value for pair in found], context.correction)
    return [replace(pair, q_value=q) for pair, q in zip(found, q_values, strict=True)]


def _pair(events: pd.DataFrame, campaign: Campaign, x: str, y: str) -> Pair:
    from growthml.stats.association import association

    mine = events[(events["campaign"] == campaign.key) & events[x].notna() & events[y].notna()]
    crossed = mine.pivot_table(
        index=x, columns=y, values="events", aggfunc="sum", fill_value=0, observed=True
    )
    counts = crossed.to_numpy() if len(mine) else [[0]]
    return Pair(
        campaign=campaign,
        x=x,
        y=y,
        rows=list(crossed.index),
        columns=list(crossed.columns),
        counts=[[int(n) for n in row] for row in counts],
        test=association(counts),
    )


def between(found: Sequence[Pair], x: str, y: str) -> list[Pair]:
    """The pairs of two columns that could be tested, one a campaign."""
    return [p for p in found if (p.x, p.y) == (x, y) and p.test.p_value is not None]


def frame(found: Sequence[Pair]) -> pd.DataFrame:
    """One row a pair; figures are empty where it was not tested, and `method` says why."""
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "campaign": pair.campaign.key,
                "x": pair.x,
                "y": pair.y,
                "n": pair.test.n,
                "chi2": pair.test.chi2,
                "dof": pair.test.dof,
                "p_value": pair.test.p_value,
                "q_value": pair.q_value,
                "cramers_v": pair.test.cramers_v,
                "expected_min": pair.test.expected_min,
                "method": pair.test.method or pair.test.reason,
            }
            for pair in found
        ]
    )
