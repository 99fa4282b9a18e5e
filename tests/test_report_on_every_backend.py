"""One report, the same tables wherever the data are kept."""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from growthml import plan
from growthml.progress import Progress
from growthml.run import run
from growthml.simulate import simulate
from tests.backends import BACKENDS, Table, write
from tests.sites import config_of

KINDS = {
    "Users": {
        "id": "BIGINT",
        "date": "TIMESTAMP",
        "Campaign_ID": "VARCHAR",
        "Created_Date": "TIMESTAMP",
    },
    "Meal": {"id": "BIGINT", "Type": "VARCHAR", "date": "TIMESTAMP", "price": "BIGINT"},
    "Event": {
        "id": "BIGINT",
        "date": "TIMESTAMP",
        "User_Id": "BIGINT",
        "Meal_Id": "BIGINT",
        "Type": "VARCHAR",
    },
}
SERVERS_AND_DUCKDB = [name for name in BACKENDS if name in ("duckdb", "postgresql", "mariadb")]


def tables_of(path: Path) -> list[Table]:
    """The rows of a simulated site, times as times."""

    def value(kind: str, found: Any) -> Any:
        return datetime.fromisoformat(found) if kind == "TIMESTAMP" and found else found

    with closing(sqlite3.connect(path)) as database:
        return [
            Table(
                name=name,
                columns=kinds,
                key="id",
                rows=[
                    [value(kind, found) for kind, found in zip(kinds.values(), row, strict=True)]
                    for row in database.execute(f'SELECT * FROM "{name}" ORDER BY id')
                ],
            )
            for name, kinds in KINDS.items()
        ]


def reported(folder: Path, urls: dict[str, str]) -> dict[str, str]:
    """Every table of the report with all its sections, by file name."""
    folder.mkdir(exist_ok=True)
    config = config_of(
        folder, sections=None, sources={name: {"url": url} for name, url in urls.items()}
    )
    outcome = run(plan.read_config(config), progress=Progress(quiet=True))
    return {path.name: path.read_text() for path in sorted((outcome.folder / "tables").iterdir())}


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("sites")
    found = {name: folder / f"{name}.db" for name in ("spring", "summer")}
    for seed, path in enumerate(found.values(), start=1):
        simulate(path, users=300, events=1_500, seed=seed)
    return found


@pytest.fixture(scope="module")
def expected(sites: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    urls = {name: f"sqlite:///{path}" for name, path in sites.items()}
    return reported(tmp_path_factory.mktemp("sqlite"), urls)


@pytest.mark.slow
@pytest.mark.parametrize("backend", SERVERS_AND_DUCKDB)
def test_a_report_has_the_same_tables(
    backend: str, sites: dict[str, Path], expected: dict[str, str], tmp_path: Path
) -> None:
    urls = {}
    for name, path in sites.items():
        (tmp_path / name).mkdir()
        urls[name] = write(backend, tmp_path / name, tables_of(path))
    found = reported(tmp_path / "report", urls)
    assert found.keys() == expected.keys()
    assert len(found) > 40
    for name, text in expected.items():
        alike(cells(found[name]), cells(text), name)


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def alike(found: list[list[str]], expected: list[list[str]], name: str) -> None:
    """Words and whole numbers are the same; of others an engine's last digits may differ."""
    assert len(found) == len(expected), name
    for mine, its in zip(found, expected, strict=True):
        for one, other in zip(mine, its, strict=True):
            if one != other:
                assert "." in one + other, (name, mine, its)
                assert float(one) == pytest.approx(float(other), rel=1e-9), (name, mine, its)
