from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from growthml.stats.association import association

SQL = {
    "channel|type": ("u.Campaign_ID", "e.Type"),
    "channel|category": ("u.Campaign_ID", "m.Type"),
    "type|category": ("e.Type", "m.Type"),
}


def crossed(counts: dict[tuple[str, str], int]) -> np.ndarray:
    rows = sorted({row for row, _ in counts})
    columns = sorted({column for _, column in counts})
    return np.array([[counts.get((row, column), 0) for column in columns] for row in rows])


def test_independent() -> None:
    found = association([[10, 20], [20, 40]])
    assert (found.n, found.dof) == (90, 1)
    assert found.chi2 == pytest.approx(0, abs=1e-12)
    assert found.cramers_v == pytest.approx(0, abs=1e-6)
    assert found.p_value == pytest.approx(1)
    assert found.residuals == pytest.approx(np.zeros((2, 2)), abs=1e-6)
    assert found.expected_min == 10


def test_a_perfect_association_by_hand() -> None:
    """20 and 20 on the diagonal: every cell is 10 off an expected 10, so chi² = 40, V = 1."""
    found = association([[20, 0], [0, 20]])
    assert found.chi2 == pytest.approx(40)
    assert found.cramers_v == pytest.approx(1)
    # 10 / sqrt(10 x 1/2 x 1/2) = sqrt(40)
    root = np.sqrt(40)
    assert found.residuals == pytest.approx(np.array([[root, -root], [-root, root]]))


def test_rs_smokers() -> None:
    """R: prop.test(c(83, 90, 129, 70), c(86, 93, 136, 82)): 12.6 with df 3, p = 0.005585."""
    smokers, patients = np.array([83, 90, 129, 70]), np.array([86, 93, 136, 82])
    found = association(np.array([smokers, patients - smokers]))
    assert found.chi2 == pytest.approx(12.600411, abs=1e-6)
    assert found.dof == 3
    assert found.p_value == pytest.approx(0.005585, abs=5e-7)


def test_residuals_of_two_columns_square_to_chi2() -> None:
    """In a 2 x 2 table every adjusted residual is ± sqrt(chi²) (Haberman 1973)."""
    found = association([[56, 14], [48, 32]])
    assert found.chi2 is not None
    assert found.residuals**2 == pytest.approx(np.full((2, 2), found.chi2))


def test_empty_rows_and_columns_are_left_out() -> None:
    found = association([[20, 0, 0], [0, 0, 20], [0, 0, 0]])
    assert (found.dof, found.chi2) == (1, pytest.approx(40))
    assert np.isnan(found.residuals[2]).all()
    assert np.isnan(found.residuals[:, 1]).all()
    assert found.residuals[0, 0] == pytest.approx(np.sqrt(40))


@pytest.mark.parametrize("table", [[[5, 3]], [[5], [3]], [[5, 3], [0, 0]], [[0, 0], [0, 0]]])
def test_one_row_or_column_is_no_association(table: list[list[int]]) -> None:
    found = association(table)
    assert (found.chi2, found.p_value, found.cramers_v) == (None, None, None)
    assert found.n == sum(map(sum, table))
    assert found.reason == "fewer than two groups have counts"


@pytest.mark.parametrize(
    ("columns", "small"),
    [
        ([20, 20, 20, 20, 8], False),  # a fifth of the expected counts is 4: just enough
        ([20, 20, 20, 8, 8], True),  # two fifths are below 5
        ([20] * 9 + [1], True),  # a tenth, but it is 0.5
    ],
)
def test_cochrans_rule(columns: list[int], small: bool) -> None:
    half = np.array(columns) // 2
    assert association([half, np.array(columns) - half]).small is small


def test_small_counts_have_a_simulated_p_value() -> None:
    """The lady tasting tea: 34 of 70 tables are as far from independence."""
    found = association([[3, 1], [1, 3]])
    assert found.method == "chi-square, 9,999 simulated tables"
    assert found.p_value == pytest.approx(34 / 70, abs=0.02)
    assert found.p_value == association([[3, 1], [1, 3]]).p_value


def test_a_simulated_p_value_is_never_zero() -> None:
    found = association([[4, 0, 0, 0], [0, 4, 0, 0], [0, 0, 4, 0], [0, 0, 0, 4]])
    assert found.small
    assert found.p_value == pytest.approx(1 / 10_000)


def test_impossible_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="rows by columns"):
        association([1, 2, 3])
    with pytest.raises(ValueError, match="at least 0"):
        association([[1, -1], [2, 3]])
    with pytest.raises(ValueError, match="at least 0"):
        association([[1, np.nan], [2, 3]])


@pytest.mark.parametrize("pair", SQL)
@pytest.mark.parametrize(("campaign", "arm"), [(1, "baseline"), (2, "new")])
def test_workshop(
    pair: str,
    campaign: int,
    arm: str,
    workshop_expected: dict[str, Any],
    workshop_query: Callable[[int, str], Any],
) -> None:
    x, y = SQL[pair]
    rows = workshop_query(
        campaign,
        f"select {x}, {y}, count(*) from Event e join Users u on u.id = e.User_Id "
        "join Meal m on m.id = e.Meal_Id group by 1, 2",
    )
    found = association(crossed({(x, y): n for x, y, n in rows}))
    expected = workshop_expected[arm]["associations"][pair]
    assert (found.dof, found.small) == (expected["dof"], False)
    assert found.chi2 == pytest.approx(expected["chi2"])
    assert found.p_value == pytest.approx(expected["p"], rel=1e-6)
    assert found.cramers_v == pytest.approx(expected["cramers_v"])


def test_workshop_mix_of_channels(workshop_expected: dict[str, Any]) -> None:
    arms = [workshop_expected[arm]["users_by_channel"] for arm in ("baseline", "new")]
    found = association([[arm[channel] for channel in ("FB", "PI", "RE", "TW")] for arm in arms])
    expected = workshop_expected["comparison"]["channel_mix"]
    assert (found.dof, found.n) == (expected["dof"], 1724)
    assert found.chi2 == pytest.approx(expected["chi2"])
    assert found.p_value == pytest.approx(expected["p"])
