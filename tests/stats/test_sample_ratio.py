from __future__ import annotations

from typing import Any

import pytest

from growthml.stats.sample_ratio import MINIMUM_USERS, sample_ratio


def test_kohavis_mismatch() -> None:
    """Kohavi, Tang & Xu 2020, chapter 21: 821,588 against 815,482 at 50/50, p = 1.8E-6."""
    found = sample_ratio([821_588, 815_482], [1, 1])
    assert found.chi2 == pytest.approx(22.774, abs=5e-4)
    assert found.p_value == pytest.approx(1.8e-6, abs=5e-8)
    assert found.level == "banner"


def test_published_cases(published: dict[str, Any]) -> None:
    for case in published["srm"]:
        weights = [expected / sum(case["expected"]) for expected in case["expected"]]
        found = sample_ratio(case["counts"], weights)
        assert found.expected == pytest.approx(tuple(case["expected"]))
        if min(case["counts"]) < MINIMUM_USERS:
            assert found.p_value is None
            continue
        assert (found.chi2, found.dof) == (pytest.approx(case["chi2"]), case["df"])
        assert found.p_value == pytest.approx(case["p"])


def test_hillstrom_is_split_in_thirds(hillstrom: dict[str, Any]) -> None:
    expected = hillstrom["srm_equal_thirds"]
    found = sample_ratio(expected["counts"], [1, 1, 1])
    assert found.chi2 == pytest.approx(expected["chi2"])
    assert found.p_value == pytest.approx(expected["p"])
    assert found.level == ""


def test_a_note_comes_before_a_banner() -> None:
    """A split of 450 to 550 has chi² = 100² / 1000 = 10, p 0.0016: a note; 440 to 560 a banner."""
    assert sample_ratio([450, 550], [1, 1]).level == "note"
    assert sample_ratio([440, 560], [1, 1]).level == "banner"
    assert sample_ratio([470, 530], [1, 1]).level == ""


def test_eight_users_an_arm_are_needed() -> None:
    assert sample_ratio([8, 8], [1, 1]).p_value == 1
    found = sample_ratio([7, 30], [1, 1])
    assert (found.p_value, found.level) == (None, "")
    assert found.reason == "an arm has fewer than 8 users"


def test_an_arm_without_weight() -> None:
    found = sample_ratio([10_000, 10_120, 0], [1, 1, 0])
    assert (found.dof, found.chi2) == (1, pytest.approx(120**2 / 20_120))
    with pytest.raises(ValueError, match="check the allocation"):
        sample_ratio([10, 10, 1], [1, 1, 0])
    assert sample_ratio([10, 0], [1, 0]).reason == "fewer than two arms"


def test_impossible_weights_are_refused() -> None:
    with pytest.raises(ValueError, match="2 arms but 1 weights"):
        sample_ratio([10, 10], [1])
    with pytest.raises(ValueError, match="at least 0"):
        sample_ratio([10, 10], [1, -1])
    with pytest.raises(ValueError, match="at least 0"):
        sample_ratio([0, 0], [0, 0])
