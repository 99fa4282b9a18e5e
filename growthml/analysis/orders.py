"""Orders of items: by popularity, by popularity in a user's channel, by a user's taste.

An order gives every user a key for every item, the largest first; equal scores fall back to
popularity, and equal popularity to the item's id, so that no two keys are equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from growthml.stats.taste import DIGITS
from growthml.words import N_

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from growthml.stats.taste import Filter

POPULARITY, IN_CHANNEL = "popularity", "popularity_in_channel"
ITEM_ITEM, FACTORISATION = "item_item", "matrix_factorisation"
NAMES = {
    POPULARITY: N_("Popularity"),
    IN_CHANNEL: N_("Channel popularity"),
    ITEM_ITEM: N_("Taste: items alike"),
    FACTORISATION: N_("Taste: factors"),
}
"""What pages call a method."""
_CELLS_AT_ONCE = 4_000_000
_BELOW_ROUNDING = 0.5 * 10.0**-DIGITS


def by_popularity(points: np.ndarray, fallback: np.ndarray | None = None) -> np.ndarray:
    """Items' keys in (0, 1], the most points first; ties by `fallback` (keys), then by place."""
    second = np.zeros(len(points)) if fallback is None else -fallback
    order = np.lexsort((np.arange(len(points)), second, -np.round(points, DIGITS)))
    keys = np.empty(len(points))
    keys[order] = 1.0 - np.arange(len(points)) / max(1, len(points))
    return keys


@dataclass(frozen=True, kw_only=True, eq=False)
class Order:
    """One method's order of items for users.

    keys: channels by items, popularity; its last row is for users of no channel in it. taste: what
    scores items before popularity does, if anything.
    """

    method: str
    keys: np.ndarray
    taste: Filter | None = None

    def of(self, rows: csr_matrix, channels: np.ndarray) -> np.ndarray:
        """Users by items; keys of `taste` are whole steps of its rounding, popularity less."""
        keys: np.ndarray = self.keys[channels]
        if self.taste is not None:
            keys = self.taste.scores(rows) + keys * _BELOW_ROUNDING
        return keys


def popularity(points: np.ndarray) -> Order:
    """Everybody's order; points: channels by items."""
    keys = by_popularity(points.sum(axis=0))
    return Order(method=POPULARITY, keys=np.tile(keys, (len(points) + 1, 1)))


def in_channel(points: np.ndarray, named: int) -> Order:
    """The first `named` channels' own orders, ties by everybody's; everybody's for the others."""
    everybody = by_popularity(points.sum(axis=0))
    own = [by_popularity(each, everybody) for each in points[:named]]
    others = [everybody] * (len(points) - named + 1)
    return Order(method=IN_CHANNEL, keys=np.stack([*own, *others]))


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """What an order makes of users. ranks: of their targets, from 1; lists: users by k item codes,
    the first first, -1 where there are no more candidates."""

    ranks: np.ndarray
    lists: np.ndarray


def placed(
    order: Order,
    rows: csr_matrix,
    without: csr_matrix,
    channels: np.ndarray,
    targets: np.ndarray,
    k: int,
) -> Placed:
    """Ranks and lists of users, some at a time. without: users by items, what is not shown."""
    ranks, lists = [], []
    for part in parts(rows.shape[0], rows.shape[1]):
        keys = order.of(rows[part], channels[part])
        hide(keys, without[part])
        target = keys[np.arange(len(keys)), targets[part]]
        ranks.append((keys > target[:, None]).sum(axis=1) + 1)
        lists.append(first(keys, k))
    return Placed(ranks=np.concatenate(ranks), lists=np.concatenate(lists))


def parts(users: int, items: int) -> Iterator[slice]:
    """Users some at a time, so that users by items fits a few megabytes."""
    size = max(1, _CELLS_AT_ONCE // max(1, items))
    for start in range(0, users, size):
        yield slice(start, min(users, start + size))


def hide(keys: np.ndarray, without: csr_matrix) -> None:
    """Take items out of the candidates, in place."""
    hidden = without.tocoo()
    keys[hidden.row, hidden.col] = -np.inf


def first(keys: np.ndarray, k: int) -> np.ndarray:
    """By row, the codes of its k largest keys, the largest first; -1 for what is hidden."""
    k = min(k, keys.shape[1])
    best = np.argpartition(-keys, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(keys, best, axis=1), axis=1, kind="stable")
    best = np.take_along_axis(best, order, axis=1)
    found = np.take_along_axis(keys, best, axis=1)
    return np.where(np.isneginf(found), -1, best)
