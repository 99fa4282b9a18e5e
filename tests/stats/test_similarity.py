from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from growthml.stats import similarity
from growthml.stats.similarity import (
    association_lift,
    cosine,
    item_pairs,
    jaccard,
    neighbours,
)

# Four users, three items. Items 0 and 1 share users 0 and 1; item 2 shares user 2 with item 0.
FEW = csr_matrix(np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1], [1, 0, 0]], dtype=float))


def test_a_pair_one_can_count() -> None:
    # 2 users of both, 4 of one, 9 of the other, 36 in all: 2/6, 2/11, 72/36.
    assert cosine(2, 4, 9) == pytest.approx(1 / 3)
    assert jaccard(2, 4, 9) == pytest.approx(2 / 11)
    assert association_lift(2, 4, 9, 36) == pytest.approx(2.0)


def test_pairs_come_by_cosine_with_their_users() -> None:
    found = item_pairs(FEW, fewest=1, most=10).to_dict("records")
    assert [(row["item_a"], row["item_b"], row["both"]) for row in found] == [(0, 1, 2), (0, 2, 1)]
    first = found[0]
    assert (first["users_a"], first["users_b"]) == (4, 2)
    assert first["cosine"] == pytest.approx(2 / 8**0.5)
    assert first["jaccard"] == pytest.approx(2 / 4)
    assert first["lift"] == pytest.approx(1.0)


def test_a_pair_of_too_few_users_is_none() -> None:
    assert list(item_pairs(FEW, fewest=2, most=10)["both"]) == [2]
    assert len(item_pairs(FEW, fewest=3, most=10)) == 0


def test_what_a_user_did_weighs_in_the_neighbours_not_in_the_pairs() -> None:
    weighed = FEW.copy()
    weighed[0, 0] = 3.0
    # Lengths sqrt(9 + 1 + 1 + 1) and sqrt(2); the product 3 + 1.
    found = neighbours(weighed, shrinkage=0).toarray()
    assert found[1, 0] == found[0, 1] == pytest.approx(4 / (12**0.5 * 2**0.5))
    assert item_pairs(weighed, 1, 1)["cosine"].item() == pytest.approx(2 / 8**0.5)


def test_a_similarity_seen_in_few_users_is_shrunk() -> None:
    # Seen in 2 users, and 10 are added: 2/12 of it is left.
    found = neighbours(FEW, shrinkage=10).toarray()
    assert found[0, 1] == pytest.approx(2 / 8**0.5 * 2 / 12)
    assert found.diagonal().tolist() == [0, 0, 0]


def test_of_many_neighbours_the_nearest_stay() -> None:
    assert neighbours(FEW, most=1, shrinkage=0).toarray()[:, 0].nonzero()[0].tolist() == [1]


def test_taking_some_columns_at_a_time_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    dense = np.random.default_rng(7).random((40, 12)) < 0.3
    matrix = csr_matrix(dense.astype(float))
    whole = neighbours(matrix).toarray(), item_pairs(matrix, 1, 9)
    monkeypatch.setattr(similarity, "_CELLS_AT_ONCE", 36)
    assert (neighbours(matrix).toarray() == whole[0]).all()
    assert item_pairs(matrix, 1, 9).equals(whole[1])


class Retail(NamedTuple):
    matrix: csr_matrix
    codes: list[str]
    expected: Any


@pytest.fixture(scope="module")
def retail(shared: Callable[[str], Path]) -> Retail:
    """Customers by the 921 stock codes with at least 100 buyers, as the reference was counted."""
    folder = shared("online_retail")
    buyers: dict[str, set[str]] = defaultdict(set)
    with gzip.open(folder / "data.csv.gz", "rt", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            sold = float(line["quantity"]) > 0 and float(line["unit_price"]) > 0
            if sold and line["customer_id"] and not line["invoice_no"].startswith("C"):
                buyers[line["stock_code"]].add(line["customer_id"])
    codes = sorted(code for code, people in buyers.items() if len(people) >= 100)
    people = sorted({person for code in codes for person in buyers[code]})
    place = {person: row for row, person in enumerate(people)}
    cells = [
        (place[person], column) for column, code in enumerate(codes) for person in buyers[code]
    ]
    rows, columns = zip(*cells, strict=True)
    matrix = csr_matrix((np.ones(len(cells)), (rows, columns)), shape=(len(people), len(codes)))
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return Retail(matrix, codes, expected["item_similarity"])


def test_online_retail_pairs(retail: Retail) -> None:
    assert len(retail.codes) == retail.expected["n_items"]
    pairs = item_pairs(retail.matrix, fewest=1, most=100).to_dict("records")
    # The reference lists, by cosine, the pairs that bring an item not listed yet.
    listed: set[int] = set()
    fresh = []
    for row in pairs:
        if not {row["item_a"], row["item_b"]} <= listed:
            fresh.append(row)
        listed |= {row["item_a"], row["item_b"]}
    for row, pair in zip(fresh, retail.expected["top_pairs"], strict=False):
        assert retail.codes[row["item_a"]] == pair["item_a"]
        assert retail.codes[row["item_b"]] == pair["item_b"]
        counts = (row["both"], row["users_a"], row["users_b"])
        assert counts == (pair["both"], pair["n_a"], pair["n_b"])
        assert row["cosine"] == pytest.approx(pair["cosine"], rel=1e-12)
        assert row["jaccard"] == pytest.approx(pair["jaccard"], rel=1e-12)
        users = retail.matrix.shape[0]
        chance = pair["n_a"] * pair["n_b"] / users
        assert row["lift"] == pytest.approx(pair["both"] / chance, rel=1e-12)


def test_online_retail_neighbours(retail: Retail) -> None:
    wanted = retail.expected["neighbours_of_most_bought"]
    column = neighbours(retail.matrix, shrinkage=0)[:, retail.codes.index(wanted["item"])]
    alike = column.toarray().ravel()
    nearest = np.argsort(-alike, kind="stable")[: len(wanted["neighbours"])]
    assert [retail.codes[place] for place in nearest] == [row[0] for row in wanted["neighbours"]]
    assert alike[nearest] == pytest.approx([row[1] for row in wanted["neighbours"]], rel=1e-12)
