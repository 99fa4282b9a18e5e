from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from growthml.stats.paired_auc import compare_auc
from growthml.stats.ranking import auc, rank


def test_a_story_one_can_count() -> None:
    # Two responders, two others. The first score beats 3 of the 4 pairs, the second all 4.
    # Placements of the responders: 1 and 1/2, then 1 and 1; of the others: 1 and 1/2, then 1, 1.
    # Their differences 0 and 1/2 have variance 1/8 on either side; 1/8/2 + 1/8/2 = 1/8.
    found = compare_auc([0.9, 0.4, 0.3, 0.6], [0.9, 0.8, 0.3, 0.2], [1, 1, 0, 0])
    assert found.difference == pytest.approx(0.25)
    assert found.relative_difference == pytest.approx(1 / 3)
    assert found.ci_low == pytest.approx(0.25 - 1.959963984540054 * sqrt(1 / 8))
    assert found.ci_high == pytest.approx(0.25 + 1.959963984540054 * sqrt(1 / 8))
    # z = 0.25 / 0.353553 = 0.70711: two-sided p 0.4795 in a table of the normal distribution.
    assert found.p_value == pytest.approx(0.4795, abs=5e-5)


def test_rows_of_several_users_are_those_users() -> None:
    single = compare_auc(
        [0.9, 0.9, 0.4, 0.4, 0.2], [0.1, 0.1, 0.7, 0.7, 0.3], [1, 0, 1, 0, 0], None
    )
    grouped = compare_auc([0.9, 0.4, 0.2], [0.1, 0.7, 0.3], [1, 1, 0], [2, 2, 1])
    assert grouped == single


def test_the_other_way_round_only_the_sign_changes() -> None:
    first, second, responded = [0.9, 0.4, 0.3, 0.6], [0.9, 0.8, 0.3, 0.2], [1, 1, 0, 0]
    there, back = (
        compare_auc(first, second, responded),
        compare_auc(second, first, responded),
    )
    assert back.difference == pytest.approx(-(there.difference or 0.0))
    assert back.p_value == pytest.approx(there.p_value)


def test_against_a_score_that_says_nothing_it_is_the_test_of_one_area() -> None:
    # A constant score places everybody at a half, so that only the other's variance is left.
    score, responded = [0.9, 0.4, 0.3, 0.6, 0.5], [1, 1, 0, 0, 1]
    one = auc(rank(score, responded))
    found = compare_auc([0.5] * 5, score, responded)
    assert one.value is not None
    assert one.std_error is not None
    assert found.difference == pytest.approx(one.value - 0.5)
    assert found.ci_high == pytest.approx(one.value - 0.5 + 1.959963984540054 * one.std_error)


def test_equal_orders_are_not_tested() -> None:
    found = compare_auc([3, 2, 1, 0], [0.9, 0.5, 0.2, 0.1], [1, 0, 1, 0])
    assert found.difference == 0
    assert found.p_value is None
    assert "alike" in found.reason


@pytest.mark.parametrize("responded", [[1, 0, 0], [1, 1, 0]])
def test_two_users_of_each_kind_are_needed(responded: list[int]) -> None:
    found = compare_auc([3, 2, 1], [1, 2, 3], responded)
    assert found.difference is None
    assert found.reason


def test_one_thread_and_two_give_the_same_to_the_last_digit() -> None:
    random = np.random.default_rng(6)
    responded = (random.random(200_001) < 0.03).astype(float)
    scores = random.random((2, len(responded))) + 0.1 * responded
    found = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            found.append(compare_auc(scores[0], scores[1], responded))
    assert found[0] == found[1]
