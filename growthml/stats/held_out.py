"""Leave-last-out: what a recommender is judged by, a thing a user did later than what it knows.

Of each user the newest item, the one touched for the first time last, is held out, and what the
user did then or later is not learnt from. Rows are touches: user, item (codes from 0), time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEVER = np.iinfo(np.int64).min
"""A time that is not known: before everything else."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """users: who can be judged, ascending; targets: the item held out of each.

    kept: by row, whether it may be learnt from.
    """

    users: np.ndarray
    targets: np.ndarray
    kept: np.ndarray

    def of(self, users: np.ndarray, row_users: np.ndarray) -> Split:
        """The split of some of its users; all rows of the others may be learnt from."""
        chosen = np.isin(self.users, users)
        kept = self.kept | ~np.isin(row_users, users)
        return Split(users=self.users[chosen], targets=self.targets[chosen], kept=kept)


def leave_last_out(users: np.ndarray, items: np.ndarray, at: np.ndarray) -> Split:
    """Hold out each user's newest item, of several at one instant the one with the smallest code.

    at: int64, in any unit, NEVER where not known. Users of whom nothing earlier is known cannot be
    judged; all of their rows are kept.
    """
    first, seen = _first_touches(users, items, at)
    newest = np.full(users.max(initial=-1) + 1, NEVER)
    np.maximum.at(newest, seen[:, 0], first)
    oldest = np.full(len(newest), np.iinfo(np.int64).max)
    np.minimum.at(oldest, seen[:, 0], first)
    judged = oldest < newest
    last = judged[seen[:, 0]] & (first == newest[seen[:, 0]])
    # Rows are in order of user and item: the first of a user's has the smallest code.
    who, place = np.unique(seen[last, 0], return_index=True)
    kept = ~judged[users] | (at < newest[users])
    return Split(users=who, targets=seen[last, 1][place], kept=kept)


def _first_touches(
    users: np.ndarray, items: np.ndarray, at: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """When each user touched each item first, and (user, item) of it, in their order."""
    order = np.lexsort((at, items, users))
    pairs = np.column_stack((users[order], items[order]))
    fresh = np.ones(len(pairs), dtype=bool)
    fresh[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    return at[order][fresh], pairs[fresh]
