"""Fixtures every test may ask for: the reference data beside the checkout, and a simulated pair."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from growthml import secrets
from growthml.simulate import Simulated, simulate

REFERENCE = Path(__file__).parents[1] / "../shared/data"


class Pair(NamedTuple):
    """Two campaigns as `growthml demo` compares them, their truth known."""

    baseline: Simulated
    new: Simulated


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test makes the process remember must not be masked in another's output."""
    monkeypatch.setattr(secrets, "_secrets", set())


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """`shared("cdnow")` is that folder of reference data; without it the test is skipped."""

    def folder(name: str) -> Path:
        place = REFERENCE / name
        if not place.is_dir():
            pytest.skip(f"the reference data {name} are not beside this checkout")
        return place

    return folder


@pytest.fixture(scope="session")
def workshop(shared: Callable[[str], Path]) -> Path:
    """The folder of the two campaign databases the project grew out of."""
    return shared("workshop")


@pytest.fixture(scope="session")
def simulated_pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Two SQLite campaigns; in the new one Pinterest users are 1.5 times as likely to buy."""
    folder = tmp_path_factory.mktemp("simulated")
    return Pair(
        baseline=simulate(folder / "campaign-1.db", seed=1),
        new=simulate(folder / "campaign-2.db", seed=2, effects={"PI": 1.5}),
    )
