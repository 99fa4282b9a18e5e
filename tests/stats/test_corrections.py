from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from growthml.stats.corrections import METHODS, adjust

# Benjamini & Hochberg 1995, section 3.2.
FIFTEEN = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
    0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "rejected"), [("benjamini-hochberg", 4), ("bonferroni", 3), ("holm", 3)]
)
def test_rejections_as_published(method: str, rejected: int) -> None:
    assert sum(q <= 0.05 for q in adjust(FIFTEEN, method)) == rejected


def test_the_fourth_and_fifth_of_fifteen() -> None:
    q = adjust(FIFTEEN)
    assert q[3] == pytest.approx(0.0095 * 15 / 4)
    assert q[4] == pytest.approx(0.0201 * 15 / 5)


@pytest.mark.parametrize(
    ("method", "figures"),
    [
        ("benjamini-hochberg", "bh_adjusted"),
        ("holm", "holm_adjusted"),
        ("bonferroni", "bonferroni_adjusted"),
    ],
)
def test_adjusted_values(method: str, figures: str, published: dict[str, Any]) -> None:
    reference = published["benjamini_hochberg_1995"]
    found = adjust(reference["p_values"], method)
    assert found == pytest.approx(reference[figures])


def test_hillstrom(hillstrom: dict[str, Any]) -> None:
    found = adjust(hillstrom["bh"]["p"])
    assert found == pytest.approx(hillstrom["bh"]["adjusted"])


@pytest.mark.parametrize(
    ("method", "theirs"),
    [("benjamini-hochberg", "fdr_bh"), ("holm", "holm"), ("bonferroni", "bonferroni")],
)
def test_unordered_values_agree_with_statsmodels(method: str, theirs: str) -> None:
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(7).uniform(size=40) ** 3
    p[5] = p[6]
    assert adjust(list(p), method) == pytest.approx(list(multipletests(p, method=theirs)[1]))


def test_untested_rows_stay_empty_and_do_not_count() -> None:
    assert adjust([0.04, None, 0.02, float("nan")], "bonferroni") == [0.08, None, 0.04, None]


@pytest.mark.parametrize("method", METHODS)
def test_few_values(method: str) -> None:
    assert adjust([], method) == []
    assert adjust([None], method) == [None]
    assert adjust([0.03], method) == [0.03]


def test_none_leaves_p_values_alone() -> None:
    assert adjust([0.5, 0.01], "none") == [0.5, 0.01]


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="use one of benjamini-hochberg, holm, bonferroni, none"):
        adjust([0.5], "bh")
    with pytest.raises(ValueError, match=r"1\.5 is not a p-value"):
        adjust([1.5])
