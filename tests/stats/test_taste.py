from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from growthml.stats.taste import Factors, factorised, item_item

# Five users have items 0 to 3, three users items 4 to 7: two tastes and nothing else.
TWO_TASTES = csr_matrix(np.array([[1] * 4 + [0] * 4] * 5 + [[0] * 4 + [1] * 4] * 3, dtype=float))
NEWCOMER = csr_matrix(np.array([[1, 0, 0, 0, 0, 0, 0, 0]], dtype=float))


def fitted(matrix: csr_matrix, most: int = 64) -> Factors:
    found = factorised(matrix, most)
    assert found is not None
    return found


def test_two_tastes_are_two_factors_each_of_their_own_items() -> None:
    # The singular vectors are a half on four items each: 1/2 x 1/2 from item 0 to its fellows.
    found = fitted(TWO_TASTES)
    assert found.vectors.shape == (8, 2)
    assert found.scores(NEWCOMER)[0] == pytest.approx([0, 0.25, 0.25, 0.25, 0, 0, 0, 0])


def test_neighbours_are_those_who_share_users() -> None:
    # Fellows have cosine 1, seen in five users: 5 / 15 of it.
    found = item_item(TWO_TASTES).scores(NEWCOMER)[0]
    assert found == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3, 0, 0, 0, 0], abs=1e-8)


def test_an_item_does_not_vouch_for_itself() -> None:
    alone = csr_matrix(np.eye(6))
    assert (item_item(alone).scores(alone) == 0).all()
    assert fitted(TWO_TASTES).scores(NEWCOMER)[0, 0] == 0


def test_who_did_nothing_has_no_taste() -> None:
    nobody = csr_matrix((1, 8))
    assert (item_item(TWO_TASTES).scores(nobody) == 0).all()
    assert (fitted(TWO_TASTES).scores(nobody) == 0).all()


def test_factors_that_the_data_cannot_tell_apart_are_not_cut_between() -> None:
    # Two tastes of five users each have one singular value: one of them alone would be arbitrary.
    even = csr_matrix(np.array([[1] * 4 + [0] * 4] * 5 + [[0] * 4 + [1] * 4] * 5, dtype=float))
    assert fitted(even).vectors.shape[1] == 2
    assert factorised(even, 1) is None


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (4, 4)])
def test_too_few_users_or_items_make_no_factors(shape: tuple[int, int]) -> None:
    assert factorised(csr_matrix(shape)) is None


def test_the_same_data_give_the_same_scores() -> None:
    dense = np.random.default_rng(3).random((200, 40)) < 0.1
    matrix = csr_matrix(dense.astype(float))
    first, second = fitted(matrix, 8), fitted(matrix, 8)
    assert (first.scores(matrix) == second.scores(matrix)).all()
