from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from growthml.stats.concentration import concentration


def test_four_users_by_hand() -> None:
    """1, 2, 3, 4: the mean absolute difference is 1.25, the mean 2.5, so Gini = 0.25."""
    found = concentration([2, 4, 1, 3])
    assert found.gini == pytest.approx(0.25)
    assert found.fractions == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert found.shares == pytest.approx([0, 0.4, 0.7, 0.9, 1])
    assert found.share_of_top(0.25) == pytest.approx(0.4)
    assert found.share_of_top(0.125) == pytest.approx(0.2)


def test_all_alike_and_one_has_all() -> None:
    assert concentration([3, 3, 3]).gini == pytest.approx(0)
    assert concentration([0, 0, 0, 9]).gini == pytest.approx(3 / 4)
    assert concentration([5]).gini == pytest.approx(0)


def test_groups_of_equal_users_are_their_users() -> None:
    one_by_one = concentration([8, 2, 2, 2, 0, 0])
    grouped = concentration([0, 6, 8, 0], counts=[2, 3, 1, 0])
    # Gini by hand: pairs differ by 6 x3, 8 x2, 2 x6 = 46; 2 x 46 / 36 / (2 x 14 / 6) = 0.5476.
    assert one_by_one.gini == pytest.approx(46 / 84)
    assert grouped.gini == pytest.approx(46 / 84)
    assert grouped.fractions == pytest.approx([0, 1 / 6, 4 / 6, 1])
    assert grouped.shares == pytest.approx([0, 8 / 14, 1, 1])


@pytest.mark.parametrize(
    ("values", "reason"),
    [([], "no users"), ([0, 0], "the total is 0"), ([3, -1], "a user's total is negative")],
)
def test_no_curve(values: list[float], reason: str) -> None:
    found = concentration(values)
    assert (found.gini, found.share_of_top(0.2), len(found.shares)) == (None, None, 0)
    assert found.reason == reason


@pytest.mark.parametrize(("campaign", "top"), [(1, 0.44), (2, 0.45)])
def test_workshop_revenue(
    campaign: int, top: float, workshop_query: Callable[[int, str], Any]
) -> None:
    """The top 12 of 60 buyers bring 44 and 45 % of revenue; Gini 0.35 both."""
    rows = workshop_query(
        campaign,
        "select sum(m.price) from Event e join Meal m on m.id = e.Meal_Id "
        "where e.Type = 'bought' group by e.User_Id",
    )
    found = concentration([revenue for (revenue,) in rows])
    assert len(rows) == 60
    assert found.gini == pytest.approx(0.35, abs=0.005)
    assert found.share_of_top(0.2) == pytest.approx(top, abs=0.005)
