from __future__ import annotations

import numpy as np
import pytest

from growthml.stats.bootstrap import band

AT = np.array([0.0])


def share(drawn: np.ndarray) -> np.ndarray:
    return drawn[:, :1] / drawn.sum(axis=1, keepdims=True)


def test_the_band_of_a_share() -> None:
    # 300 of 1,000: 0.3 ± 1.96 sqrt(0.3 x 0.7 / 1000).
    found = band(AT, np.array([300, 700]), share)
    assert found.draws == 1_000
    assert found.low[0] == pytest.approx(0.3 - 0.0284, abs=0.004)
    assert found.high[0] == pytest.approx(0.3 + 0.0284, abs=0.004)


def test_the_same_every_time() -> None:
    first, second = (band(AT, np.array([30, 70]), share) for _ in range(2))
    assert (first.low[0], first.high[0]) == (second.low[0], second.high[0])


def test_many_cells_are_drawn_less_often_and_in_parts() -> None:
    sizes = []

    def counted(drawn: np.ndarray) -> np.ndarray:
        sizes.append(drawn.shape)
        assert (drawn.sum(axis=1) == 60_000).all()
        return share(drawn)

    found = band(AT, np.ones(60_000), counted)
    assert found.draws == sum(draws for draws, _ in sizes) == 333
    assert max(draws * cells for draws, cells in sizes) <= 1_000_000


def test_draws_without_a_curve_are_left_out() -> None:
    def none(drawn: np.ndarray) -> np.ndarray:
        return np.full((len(drawn), 1), np.nan)

    found = band(AT, np.array([3, 7]), none)
    assert found.draws == 0
    assert np.isnan(found.low).all()


def test_confidence_must_be_a_fraction() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        band(AT, np.array([3, 7]), share, confidence=95)
