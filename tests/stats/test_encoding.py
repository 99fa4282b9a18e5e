"""Users' columns as numbers: levels, gaps, and what tells nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from growthml.stats.encoding import MOST_LEVELS, encoding

USERS = pd.DataFrame(
    {
        "channel": ["FB"] * 50 + ["PI"] * 30 + ["TW"] * 3,
        "likes": [0] * 40 + [3] * 43,
        "age": [20.0] * 30 + [np.nan] * 20 + [40.0] * 33,
        "country": ["here"] * 83,
        "note": [None] * 83,
        "nickname": [f"user {n}" for n in range(83)],
    }
)


def test_words_become_levels_against_the_commonest_and_rare_ones_are_folded() -> None:
    found = encoding(USERS, ["channel"], [])
    matrix = found.matrix(pd.DataFrame({"channel": ["FB", "PI", "TW", "new", None]}))
    assert matrix.to_dict("list") == {
        "channel: PI": [0, 1, 0, 0, 0],
        "channel: other": [0, 0, 1, 1, 1],
    }


def test_counts_are_logged_and_gaps_told_apart() -> None:
    found = encoding(USERS, ["likes", "age"], ["likes"])
    new = pd.DataFrame({"likes": [0, 3, 99], "age": [10.0, np.nan, 90.0]})
    assert found.matrix(new).round(6).to_dict("list") == {
        "likes": [0.0, 1.386294, 4.60517],
        "age": [10.0, 40.0, 90.0],
        "age unknown": [0.0, 1.0, 0.0],
    }
    assert found.matrix(new, logged=False)["likes"].tolist() == [0.0, 3.0, 99.0]


def test_columns_that_tell_nothing_are_named() -> None:
    found = encoding(USERS, ["country", "note", "nickname", "likes"], [])
    assert found.dropped == {
        "country": "the same for everybody",
        "note": "empty",
        "nickname": "words that hardly repeat",
    }
    assert [each.name for each in found.numbers] == ["likes"]


def test_thousands_of_levels_become_a_few_columns() -> None:
    words = [f"town {n % 5000}" for n in range(100_000)] + ["capital"] * 500
    matrix = encoding(pd.DataFrame({"town": words}), ["town"], []).matrix(
        pd.DataFrame({"town": ["capital", "town 4999"]})
    )
    assert matrix.shape[1] <= MOST_LEVELS + 1
    assert matrix["town: other"].tolist() == [0.0, 1.0]


def test_truth_values_are_numbers() -> None:
    matrix = encoding(pd.DataFrame({"weekend": [True, False] * 20}), ["weekend"], []).matrix(
        pd.DataFrame({"weekend": [True, False]})
    )
    assert matrix["weekend"].tolist() == [1.0, 0.0]
