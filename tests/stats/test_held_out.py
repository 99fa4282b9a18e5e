from __future__ import annotations

import numpy as np

from growthml.stats.held_out import NEVER, Split, leave_last_out

# user, item, when, whether it may be learnt from
STORY = (
    (0, 3, 10, True),
    (0, 5, 20, False),  # the newest item: it came first at 20
    (0, 3, 30, False),  # an old item again, but later than that
    (1, 1, 10, True),
    (1, 7, 20, False),
    (1, 4, 20, False),  # at one instant with 7, and the smaller code
    (2, 6, 10, True),  # one item only: nobody to judge by
    (3, 1, NEVER, True),  # at an unknown time: before everything
    (3, 2, 5, False),
    (4, 8, 10, True),  # two items, at one instant: nothing is known before
    (4, 9, 10, True),
)
USERS, ITEMS, TIMES, KEPT = (np.array(column) for column in zip(*STORY, strict=True))


def split() -> Split:
    return leave_last_out(USERS, ITEMS, TIMES)


def test_the_newest_item_is_held_out_and_all_that_came_with_it_or_later() -> None:
    found = split()
    assert found.users.tolist() == [0, 1, 3]
    assert found.targets.tolist() == [5, 4, 2]
    assert found.kept.tolist() == KEPT.tolist()


def test_the_order_of_the_rows_does_not_matter() -> None:
    order = np.random.default_rng(1).permutation(len(USERS))
    found = leave_last_out(USERS[order], ITEMS[order], TIMES[order])
    assert found.targets.tolist() == [5, 4, 2]
    assert found.kept.tolist() == KEPT[order].tolist()


def test_who_is_not_judged_is_learnt_from_whole() -> None:
    found = split().of(np.array([1]), USERS)
    assert (found.users.tolist(), found.targets.tolist()) == ([1], [4])
    assert found.kept.tolist() == [True] * 4 + [False] * 2 + [True] * 5


def test_nobody_is_split_into_nothing() -> None:
    none = np.array([], dtype=np.int64)
    assert leave_last_out(none, none, none).users.tolist() == []
