"""Reference figures for the statistics, read once; without the folder their tests are skipped."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from growthml.stats.moments import Moments

Query = Callable[[int, str], Sequence[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def published(shared: Callable[[str], Path]) -> dict[str, Any]:
    """Published figures of A/B tests."""
    return _expected(shared("ab_published"))


@pytest.fixture(scope="session")
def hillstrom(shared: Callable[[str], Path]) -> dict[str, Any]:
    """Expected figures of the e-mail experiment."""
    return _expected(shared("hillstrom"))


@pytest.fixture(scope="session")
def hillstrom_arms(shared: Callable[[str], Path]) -> dict[str, Moments]:
    """Moments of spend, visit and history by arm, from 64,000 rows."""
    columns = ("spend", "visit", "history")
    arms: dict[str, dict[str, list[float]]] = {}
    with (shared("hillstrom") / "data.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            arm = arms.setdefault(row["segment"], {name: [] for name in columns})
            for name in columns:
                arm[name].append(float(row[name]))
    return {name: Moments.of_values(values) for name, values in arms.items()}


@pytest.fixture(scope="session")
def workshop_expected(workshop: Path) -> dict[str, Any]:
    """Expected figures of the two campaign databases."""
    return _expected(workshop)


@pytest.fixture(scope="session")
def workshop_query(workshop: Path) -> Query:
    """`workshop_query(1, sql)` reads the first campaign's database."""

    def rows(campaign: int, sql: str) -> Sequence[tuple[Any, ...]]:
        url = f"{(workshop / f'campaign-{campaign}.db').resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(url, uri=True)) as connection:
            return connection.execute(sql).fetchall()

    return rows


def _expected(folder: Path) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return figures
