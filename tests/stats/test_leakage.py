"""Leaks: named where the published data have them, and not where a predictor is merely strong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from growthml.stats.encoding import encoding
from growthml.stats.leakage import leaks


def found(data: pd.DataFrame, outcome: pd.Series, columns: Sequence[str]) -> list[str]:
    encoded = encoding(data, columns, [])
    matrix = encoded.matrix(data)
    suspects = {
        name: [each for each in matrix.columns if each == name or each.startswith(f"{name}: ")]
        for name in columns
        if name not in encoded.dropped
    }
    return [leak.column for leak in leaks(matrix, outcome.to_numpy(float), suspects)]


@pytest.mark.parametrize(
    ("folder", "outcome", "apart", "leaking"),
    [
        ("bank_marketing", "y", ("score", "customer_id"), ["duration"]),
        ("online_shoppers", "Revenue", (), ["PageValues"]),
        ("hillstrom", "conversion", ("spend",), ["visit"]),
    ],
)
def test_the_leak_of_the_published_data_and_no_other(
    shared: Callable[[str], Path],
    folder: str,
    outcome: str,
    apart: tuple[str, ...],
    leaking: list[str],
) -> None:
    data = pd.read_csv(shared(folder) / "data.csv")
    columns = [name for name in data.columns if name not in (outcome, *apart)]
    responded = data[outcome].isin(["yes", True, 1])
    assert found(data, responded, columns) == leaking


def test_a_copy_of_the_outcome_leaks_and_two_copies_both_do() -> None:
    random = np.random.default_rng(1)
    outcome = pd.Series((random.random(400) < 0.3).astype(int))
    data = pd.DataFrame(
        {"paid": outcome * 5, "thanked": outcome, "age": random.integers(18, 80, 400)}
    )
    assert sorted(found(data, outcome, list(data))) == ["paid", "thanked"]


def test_a_strong_predictor_is_no_leak() -> None:
    # One channel in four buys twenty times as often as the others, as in the made-up food site.
    random = np.random.default_rng(2)
    channel = random.integers(0, 4, 4000)
    bought = pd.Series((random.random(4000) < np.where(channel == 0, 0.24, 0.012)).astype(int))
    data = pd.DataFrame({"from_pinterest": (channel == 0).astype(int), "age": channel * 2 + 20})
    assert found(data, bought, list(data)) == []
