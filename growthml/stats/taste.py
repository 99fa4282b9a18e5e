"""What a user may like, told from what they did: collaborative filters on implicit feedback.

A filter is fitted to a matrix of users by items (scipy.sparse, an entry the weight of what a user
did to an item) and scores every item for rows of such a matrix, which may be of users it has
never seen. An item never vouches for itself: its score comes from the user's other items.
Scores are 0 (nothing speaks for it) or above, rounded to DIGITS so that they are the same
everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from growthml.stats.bootstrap import SEED
from growthml.stats.similarity import neighbours

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix, csr_matrix

DIGITS = 8
MOST_FACTORS = 64
FACTORS = (8, 16, 32, 64)
"""How many factors may be tried."""
TIED = 1e-6
"""Singular values nearer than this (relatively) are one: factors are never cut between them."""


class Filter(Protocol):
    """Scores items for users."""

    def scores(self, rows: csr_matrix) -> np.ndarray:
        """Users by items, >= 0: how much what a user did speaks for an item."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class ItemItem:
    """Neighbours of items: Sarwar et al. 2001; Deshpande & Karypis 2004.

    similarity: items by items, as `similarity.neighbours` makes it. A score is the mean similarity
    of an item to what the user did, weighed by it: 0..1.
    """

    similarity: csc_matrix

    def scores(self, rows: csr_matrix) -> np.ndarray:
        """Users by items, 0..1."""
        return _scaled(np.asarray((rows @ self.similarity).todense()), rows)


@dataclass(frozen=True, kw_only=True, eq=False)
class Factors:
    """PureSVD: the users' rows projected on the first singular vectors (Cremonesi et al. 2010).

    vectors: items by factors, orthonormal columns, the largest singular value first.
    """

    vectors: np.ndarray

    def scores(self, rows: csr_matrix) -> np.ndarray:
        """Users by items, >= 0."""
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            projected = (rows @ self.vectors) @ self.vectors.T
        own = rows.multiply((self.vectors * self.vectors).sum(axis=1)).tocoo()
        projected[own.row, own.col] -= own.data
        return _scaled(projected, rows)

    def first(self, number: int) -> Factors:
        """The same with fewer factors."""
        return Factors(vectors=self.vectors[:, :number])


def item_item(matrix: csr_matrix) -> ItemItem:
    """Fit the neighbours of items."""
    return ItemItem(similarity=neighbours(matrix))


def factorised(matrix: csr_matrix, most: int = MOST_FACTORS) -> Factors | None:
    """Fit at most `most` factors; None where users or items are too few for any.

    ARPACK on the sparse matrix, converged, from one start, on one thread. Factors that the data
    leave undetermined (singular value 0) are left out.
    """
    from scipy.sparse.linalg import svds
    from threadpoolctl import threadpool_limits

    wanted = min(most + 1, min(matrix.shape) - 1)
    if wanted < 1 or not matrix.nnz:
        return None
    start = np.random.default_rng(SEED).uniform(size=min(matrix.shape))
    with threadpool_limits(1):
        _, values, vectors = svds(matrix.astype(float), k=wanted, v0=start)
    order = np.argsort(-values, kind="stable")
    values, vectors = values[order], vectors[order].T
    number = min(most, int((values > values[0] * TIED).sum()))
    while 0 < number < len(values) and values[number - 1] <= values[number] * (1 + TIED):
        number -= 1
    return Factors(vectors=vectors[:, :number]) if number else None


def _scaled(scores: np.ndarray, rows: csr_matrix) -> np.ndarray:
    weights = np.asarray(rows.sum(axis=1)).reshape(-1, 1)
    scaled = np.divide(scores, weights, out=np.zeros_like(scores, dtype=float), where=weights > 0)
    found: np.ndarray = np.maximum(np.round(scaled, DIGITS), 0.0)
    return found
