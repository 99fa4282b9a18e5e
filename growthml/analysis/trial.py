"""Filters against popularity on items held out: who is judged, how well, and what beats what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from growthml import shape
from growthml.analysis import orders
from growthml.analysis.orders import FACTORISATION, IN_CHANNEL, ITEM_ITEM, POPULARITY, Order
from growthml.analysis.touches import Catalogue, Touches
from growthml.parts import Campaign, Context
from growthml.words import _, n_

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from growthml.stats.comparison import Comparison
    from growthml.stats.held_out import Split
    from growthml.stats.hits import Estimate
    from growthml.stats.taste import Factors, Filter

FEWEST = 20
"""Fewer users than this to judge by are no trial."""
MOST_JUDGED = 10_000
MOST_TUNED_ON = 2_000
"""The number of factors is chosen on at most so many users."""
SHORT = 5
"""Lists are judged at this length too, if the configured one is longer."""
USUAL_FACTORS = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class Tried:
    """One method's lists of one length. against: the method it was compared with, or nothing."""

    campaign: Campaign
    method: str
    k: int
    users: int
    hit_rate: Estimate
    ndcg: Estimate
    coverage: Estimate
    against: str = ""
    hits: Comparison | None = None
    gain: Comparison | None = None
    q_value: float | None = None

    def beats(self, context: Context) -> bool:
        """Whether it hits more than what it was compared with, by the corrected test."""
        return self._passes(context) and self.difference > 0

    def loses(self, context: Context) -> bool:
        """Whether it hits less than what it was compared with, by the corrected test."""
        return self._passes(context) and self.difference < 0

    @property
    def difference(self) -> float:
        """Its hit rate less that of what it was compared with; 0 if with nothing."""
        return (self.hits.difference or 0.0) if self.hits else 0.0

    def _passes(self, context: Context) -> bool:
        return shape.passes(self.q_value, context)


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """What was tried for one campaign, at each length; or the reason why nothing was.

    judged: how many users could be judged by, of whom `users` in the rows of `tried` were drawn.
    factors: how many the factorisation was given.
    """

    catalogue: Catalogue
    touches: Touches
    k: int
    tried: Sequence[Tried] = ()
    judged: int = 0
    factors: int = 0
    reason: str = ""

    @property
    def campaign(self) -> Campaign:
        """The campaign it is about."""
        return self.catalogue.campaign

    @property
    def rows(self) -> Sequence[Tried]:
        """The methods at the configured length, in the order they were tried."""
        return [each for each in self.tried if each.k == self.k]

    def row(self, method: str) -> Tried:
        """A method at the configured length."""
        return next(each for each in self.rows if each.method == method)

    @property
    def reference(self) -> Tried:
        """The popularity a filter has to beat: the one that hits more."""
        popular = [each for each in self.rows if each.method in (POPULARITY, IN_CHANNEL)]
        return max(
            popular, key=lambda each: (each.hit_rate.value or 0.0, each.method == POPULARITY)
        )

    @property
    def filters(self) -> Sequence[Tried]:
        """The filters at the configured length."""
        return [each for each in self.rows if each.method in (ITEM_ITEM, FACTORISATION)]

    def winner(self, context: Context) -> Tried | None:
        """The filter that beats popularity, the one that hits most; None if none does."""
        beating = [each for each in self.filters if each.beats(context)]
        return max(beating, key=lambda each: each.hit_rate.value or 0.0, default=None)

    def method(self, context: Context) -> str:
        """The method users' lists are made by."""
        if winner := self.winner(context):
            return winner.method
        own = [each for each in self.rows if each.method == IN_CHANNEL]
        return IN_CHANNEL if own and own[0].beats(context) else POPULARITY


def tried(catalogue: Catalogue, touches: Touches, context: Context, k: int, repeats: bool) -> Trial:
    """Try every method on one campaign; comparisons are not corrected yet."""
    from growthml.stats.held_out import NEVER, leave_last_out

    trial = Trial(catalogue=catalogue, touches=touches, k=k)
    if (touches.at == NEVER).all():
        return replace(trial, reason=_("the source does not say when users did what"))
    if len(catalogue.items) <= k:
        reason = n_(
            "a list of {k} would hold all of the {n} item",
            "a list of {k} would hold all of the {n} items",
            len(catalogue.items),
            k=k,
            n=context.formats.count(len(catalogue.items)),
        )
        return replace(trial, reason=reason)
    split = leave_last_out(touches.user, touches.item, touches.at)
    trial = replace(trial, judged=len(split.users))
    if len(split.users) < FEWEST:
        few = shape.part_of(len(split.users), touches.users, context)
        return replace(
            trial,
            reason=_(
                "{few} {campaign} users who did anything came to a new item later; at least"
                " {fewest} are needed to judge by",
                few=few,
                campaign=catalogue.campaign.label,
                fewest=FEWEST,
            ),
        )
    judging = _Judging(trial, _some(split, touches.user, MOST_JUDGED), context, repeats)
    return replace(trial, tried=list(judging.tried()), factors=judging.factors)


def corrected(trials: Sequence[Trial], context: Context) -> list[Trial]:
    """The trials with all of their comparisons corrected as one family."""
    from growthml.stats.corrections import adjust

    tests = [each.hits.p_value if each.hits else None for one in trials for each in one.tried]
    q_values = iter(adjust(tests, context.correction))
    return [
        replace(one, tried=[replace(each, q_value=next(q_values)) for each in one.tried])
        for one in trials
    ]


def fitted(method: str, matrix: csr_matrix, factors: int) -> Filter | None:
    """The filter of a method; None for popularity, or where there is nothing to fit."""
    from growthml.stats import taste

    if method == ITEM_ITEM:
        return taste.item_item(matrix)
    return taste.factorised(matrix, factors) if method == FACTORISATION else None


def _some(split: Split, rows: np.ndarray, most: int) -> Split:
    """The split of a seeded draw of its users, if they are too many."""
    from growthml.stats.bootstrap import SEED

    if len(split.users) <= most:
        return split
    draw = np.random.default_rng(SEED).choice(len(split.users), size=most, replace=False)
    return split.of(split.users[np.sort(draw)], rows)


class _Judging:
    """One campaign's users before their held-out item, and every method's lists for them."""

    def __init__(self, trial: Trial, split: Split, context: Context, repeats: bool) -> None:
        self.trial, self.split, self.context = trial, split, context
        found, items = trial.touches, len(trial.catalogue.items)
        self.matrix = found.matrix(items, split.kept)
        bought = found.responses(items, split.kept)
        self.hidden = (bought * 0 if repeats else bought)[split.users]
        self.hidden.eliminate_zeros()
        self.channels = found.user_channel[split.users]
        self.points = trial.catalogue.points.copy()
        gone = ~split.kept
        np.subtract.at(self.points, (found.channel[gone], found.item[gone]), found.weight[gone])
        self.factors = 0

    def tried(self) -> Iterator[Tried]:
        """Popularity first, then the filters against the better of the popularities."""
        found = {POPULARITY: self._placed(orders.popularity(self.points))}
        named = len(self.trial.catalogue.named)
        popular = {POPULARITY: orders.popularity(self.points)}
        if named > 1:
            popular[IN_CHANNEL] = orders.in_channel(self.points, named)
            found[IN_CHANNEL] = self._placed(popular[IN_CHANNEL])
        best = max(found, key=lambda name: (self._hits(found[name].ranks), name == POPULARITY))
        against = dict.fromkeys((ITEM_ITEM, FACTORISATION), best) | {IN_CHANNEL: POPULARITY}
        for method, taste in self._filters():
            order = Order(method=method, keys=popular[best].keys, taste=taste)
            found[method] = self._placed(order)
        for method, placed in found.items():
            other = against.get(method, "")
            for k in self._lengths():
                yield self._tried(method, k, placed, other, found[other].ranks if other else None)

    def _lengths(self) -> list[int]:
        k = self.trial.k
        return [SHORT, k] if k > SHORT else [k]

    def _hits(self, ranks: np.ndarray) -> int:
        return int((ranks <= self.trial.k).sum())

    def _placed(self, order: Order) -> orders.Placed:
        rows, targets = self.matrix[self.split.users], self.split.targets
        return orders.placed(order, rows, self.hidden, self.channels, targets, self.trial.k)

    def _filters(self) -> Iterator[tuple[str, Filter]]:
        from growthml.stats import taste

        yield ITEM_ITEM, taste.item_item(self.matrix)
        factors = taste.factorised(self.matrix)
        if factors is not None:
            self.factors = self._number(factors.vectors.shape[1])
            yield FACTORISATION, factors.first(self.factors)

    def _number(self, most: int) -> int:
        """How many factors place the item before the held-out one best, by NDCG."""
        from growthml.stats.held_out import leave_last_out
        from growthml.stats.hits import gains
        from growthml.stats.taste import FACTORS, factorised

        found, rows = self.trial.touches, np.flatnonzero(self.split.kept)
        user, item = found.user[rows], found.item[rows]
        inner = _some(leave_last_out(user, item, found.at[rows]), user, MOST_TUNED_ON)
        kept = np.zeros(len(found.user), dtype=bool)
        kept[rows[inner.kept]] = True
        matrix = found.matrix(len(self.trial.catalogue.items), kept)
        factors: Factors | None = factorised(matrix)
        if len(inner.users) < FEWEST or factors is None:
            return min(most, USUAL_FACTORS)
        keys = orders.popularity(self.points).keys
        scored = {}
        for number in [n for n in FACTORS if n <= most] or [most]:
            order = Order(method=FACTORISATION, keys=keys, taste=factors.first(number))
            placed = orders.placed(
                order,
                matrix[inner.users],
                matrix[inner.users] * 0,
                found.user_channel[inner.users],
                inner.targets,
                self.trial.k,
            )
            scored[number] = round(float(gains(placed.ranks, self.trial.k).mean()), 8)
        return max(scored, key=lambda number: (scored[number], -number))

    def _tried(
        self, method: str, k: int, placed: orders.Placed, against: str, other: np.ndarray | None
    ) -> Tried:
        from growthml.stats import hits

        confidence = self.context.confidence
        other = other if k == self.trial.k else None
        return Tried(
            campaign=self.trial.campaign,
            method=method,
            k=k,
            users=len(placed.ranks),
            hit_rate=hits.hit_rate(placed.ranks, k, confidence),
            ndcg=hits.ndcg(placed.ranks, k, confidence),
            coverage=hits.coverage(
                placed.lists[:, :k], len(self.trial.catalogue.items), confidence
            ),
            against=against if other is not None else "",
            hits=None if other is None else hits.compare_hits(other, placed.ranks, k, confidence),
            gain=None if other is None else hits.compare_ndcg(other, placed.ranks, k, confidence),
        )
