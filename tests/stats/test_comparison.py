from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from growthml.stats.comparison import normal_quantile, relative_difference


def test_relative_difference_is_against_the_size_of_the_baseline() -> None:
    assert relative_difference(2.0, 3.0) == 0.5
    assert relative_difference(-2.0, -1.0) == 0.5
    assert relative_difference(0.0, 1.0) is None


def test_the_normal_quantile_of_95_per_cent_is_196() -> None:
    assert normal_quantile(0.95) == pytest.approx(1.959964, abs=1e-6)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95])
def test_a_confidence_outside_0_and_1_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        normal_quantile(confidence)


def test_importing_the_statistics_stays_light() -> None:
    folder = Path(__file__).parents[2] / "growthml/stats"
    modules = [f"growthml.stats.{file.stem}" for file in folder.glob("[!_]*.py")]
    heavy = {"pandas", "statsmodels", "sklearn", "scipy.stats", "scipy.optimize"}
    code = f"import sys, {', '.join(modules)}; print(*sorted({heavy!r} & set(sys.modules)))"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
