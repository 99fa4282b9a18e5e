from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from growthml.stats.ranking import auc, kolmogorov_smirnov, rank

# Hanley & McNeil 1982, Radiology 143:29, table I: CT images rated 1 to 5, 51 of them abnormal.
RATING = [1, 2, 3, 4, 5]
ABNORMAL = [3, 2, 2, 11, 33]
NORMAL = [33, 6, 6, 11, 2]
IMAGES = np.add(ABNORMAL, NORMAL)


def test_groups_of_equal_scores_from_the_top() -> None:
    ranking = rank([0.2, 0.9, 0.2, 0.5], [1, 0, 0, 1])
    assert list(ranking.scores) == [0.9, 0.5, 0.2]
    assert list(ranking.users) == [1, 1, 2]
    assert list(ranking.positives) == [0, 1, 1]
    assert ranking.base_rate == 0.5


def test_hanley_and_mcneil() -> None:
    # They print W = 0.893 with a standard error of 0.032 (their formula; DeLong's is close).
    found = auc(rank(RATING, ABNORMAL, IMAGES))
    assert found.value == pytest.approx(0.893, abs=5e-4)
    assert found.std_error == pytest.approx(0.032, abs=1.5e-3)
    assert found.gini == pytest.approx(2 * 0.8931711 - 1, abs=1e-6)


def test_standard_error_by_its_definition() -> None:
    # DeLong et al. 1988: variances of each one's mean win over all of the other kind.
    positives, others = np.repeat(RATING, ABNORMAL), np.repeat(RATING, NORMAL)
    wins = np.sign(positives[:, None] - others[None, :]) / 2 + 0.5
    variance = wins.mean(1).var(ddof=1) / 51 + wins.mean(0).var(ddof=1) / 58
    found = auc(rank(RATING, ABNORMAL, IMAGES))
    assert found.std_error == pytest.approx(np.sqrt(variance))
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert 0 < found.ci_low < found.value < found.ci_high < 1  # type: ignore[operator]


def test_count_the_pairs() -> None:
    # The responder of 9 beats both others; the one of 5 loses to 7 and ties with 5.
    assert auc(rank([9, 7, 5, 5], [1, 0, 1, 0])).value == pytest.approx(2.5 / 4)
    assert kolmogorov_smirnov(rank([9, 7, 5, 5], [1, 0, 1, 0])) == 0.5


def test_all_scores_equal() -> None:
    found = auc(rank([0.3] * 10, [1, 0] * 5))
    assert found.value == 0.5
    assert found.ci_low is None
    assert kolmogorov_smirnov(rank([0.3] * 10, [1, 0] * 5)) == 0


def test_perfect_and_reversed() -> None:
    perfect = auc(rank([4, 3, 2, 1], [1, 1, 0, 0]))
    assert (perfect.value, perfect.ci_low) == (1, None)
    assert perfect.reason == "the ranking is perfect, or its reverse"
    assert auc(rank([4, 3, 2, 1], [0, 0, 1, 1])).value == 0
    assert kolmogorov_smirnov(rank([4, 3, 2, 1], [0, 0, 1, 1])) == 0


def test_one_positive_has_no_interval() -> None:
    found = auc(rank([3, 2, 1], [0, 1, 0]))
    assert (found.value, found.ci_low) == (0.5, None)
    assert found.reason == "fewer than two users of a kind"


@pytest.mark.parametrize(
    ("positives", "reason"), [([0, 0], "nobody responded"), ([1, 1], "everybody responded")]
)
def test_one_kind_only(positives: list[int], reason: str) -> None:
    ranking = rank([0.1, 0.2], positives)
    assert auc(ranking).value is None
    assert auc(ranking).reason == reason
    assert kolmogorov_smirnov(ranking) is None


def test_no_users() -> None:
    ranking = rank([], [])
    assert ranking.base_rate is None
    assert ranking.reason == "no users"
    assert auc(ranking).value is None


def test_impossible_rows() -> None:
    with pytest.raises(ValueError, match="needs a score"):
        rank([float("nan")], [0])
    with pytest.raises(ValueError, match="between 0 and the users"):
        rank([0.5], [3], [2])


def test_bank_marketing(shared: Callable[[str], Path]) -> None:
    expected = json.loads((shared("bank_marketing") / "expected.json").read_text())
    with (shared("bank_marketing") / "data.csv").open(encoding="utf-8") as file:
        rows = [(float(row["score"]), row["y"] in {"1", "yes"}) for row in csv.DictReader(file)]
    ranking = rank(*zip(*rows, strict=True))
    found = auc(ranking)
    assert ranking.base_rate == pytest.approx(expected["counts"]["base_rate"])
    assert (found.value, found.gini) == pytest.approx((expected["auc"], expected["gini"]))
    assert kolmogorov_smirnov(ranking) == pytest.approx(expected["ks"])
