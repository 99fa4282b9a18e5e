"""How alike items are, by the users they share.

Matrices are users by items (scipy.sparse); an entry is how much a user's actions on an item
weigh, 1 where nothing is weighed. Products are taken some columns at a time, so that memory does
not grow with the square of the items.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csc_matrix, csr_matrix

MOST_NEIGHBOURS = 50
"""An item is scored by so many of the items most like it (Deshpande & Karypis 2004)."""
SHRINKAGE = 10
"""A similarity seen in n users counts n / (n + SHRINKAGE) of itself (Bell & Koren 2007)."""
_CELLS_AT_ONCE = 4_000_000


def cosine(both: float, first: float, second: float) -> float:
    """both / sqrt(first x second), 0..1: users of both items, of the first, of the second."""
    return both / sqrt(first * second)


def jaccard(both: float, first: float, second: float) -> float:
    """both / (first + second - both), 0..1: the share of either item's users who have both."""
    return both / (first + second - both)


def association_lift(both: float, first: float, second: float, users: float) -> float:
    """both x users / (first x second): how many times as often as by chance; 1 is chance."""
    return both * users / (first * second)


def item_pairs(matrix: csr_matrix, fewest: int, most: int) -> pd.DataFrame:
    """The `most` pairs of items most alike by cosine of their users, ties by position.

    item_a < item_b (positions), both, users_a, users_b, cosine, jaccard, lift; only pairs that at
    least `fewest` users have both of.
    """
    import pandas as pd

    seen = _binary(matrix)
    users = np.asarray(seen.sum(axis=0)).ravel()
    found = []
    for start, block in _products(seen):
        block = block.tocoo()
        a, b, both = block.row, block.col + start, block.data
        kept = (a < b) & (both >= fewest)
        a, b, both = a[kept], b[kept], both[kept]
        alike = both / np.sqrt(users[a] * users[b])
        best = np.lexsort((b, a, -alike))[:most]
        found.append(np.column_stack((a[best], b[best], both[best])))
    rows = np.concatenate(found).astype(int) if found else np.empty((0, 3), dtype=int)
    n = matrix.shape[0]
    frame = pd.DataFrame(
        [
            {
                "item_a": int(a),
                "item_b": int(b),
                "both": int(both),
                "users_a": int(users[a]),
                "users_b": int(users[b]),
                "cosine": cosine(both, users[a], users[b]),
                "jaccard": jaccard(both, users[a], users[b]),
                "lift": association_lift(both, users[a], users[b], n),
            }
            for a, b, both in rows
        ],
        columns=["item_a", "item_b", "both", "users_a", "users_b", "cosine", "jaccard", "lift"],
    )
    order = ["cosine", "item_a", "item_b"]
    return frame.sort_values(order, ascending=[False, True, True]).head(most).reset_index(drop=True)


def neighbours(
    matrix: csr_matrix, most: int = MOST_NEIGHBOURS, shrinkage: float = SHRINKAGE
) -> csc_matrix:
    """Items by items: column i holds the `most` items most like item i, 0 elsewhere.

    Cosine of the weighed columns, shrunk by the number of users both are seen in. An item is not
    its own neighbour. Ties at the last place all stay.
    """
    from scipy.sparse import csc_matrix, diags, hstack

    if not matrix.shape[1]:
        return csc_matrix((0, 0))
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel())
    scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    seen = _binary(matrix)
    columns = []
    for (start, weighed), (_, both) in zip(_products(matrix), _products(seen), strict=True):
        width = weighed.shape[1]
        alike = diags(scale) @ weighed @ diags(scale[start : start + width])
        both = both.copy()
        both.data = both.data / (both.data + shrinkage)
        columns.append(_largest(alike.multiply(both).tocsc(), start, most))
    return hstack(columns).tocsc()


def _binary(matrix: csr_matrix) -> csr_matrix:
    seen = matrix.copy()
    seen.data = np.ones_like(seen.data)
    return seen


def _products(matrix: csr_matrix) -> Iterator[tuple[int, csc_matrix]]:
    """The items' inner products, some columns at a time, with the first column's position."""
    items = matrix.shape[1]
    width = max(1, _CELLS_AT_ONCE // max(1, items))
    transposed, by_column = matrix.T.tocsr(), matrix.tocsc()
    for start in range(0, items, width):
        yield start, (transposed @ by_column[:, start : start + width]).tocsc()


def _largest(block: csc_matrix, start: int, most: int) -> csc_matrix:
    """Of each column the `most` largest entries, without the diagonal."""
    columns = np.repeat(np.arange(block.shape[1]), np.diff(block.indptr))
    block.data[block.indices == columns + start] = 0.0
    for place in range(block.shape[1]):
        values = block.data[block.indptr[place] : block.indptr[place + 1]]
        if len(values) > most:
            values[values < np.partition(values, -most)[-most]] = 0.0
    block.eliminate_zeros()
    return block
