from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from growthml import __version__, plan
from growthml.archive import identity
from growthml.archive.identity import run_id, versions
from tests.sites import config_of

DAY = date(2025, 3, 12)
TABLES = {"summary.kpis.csv": b"metric\n"}


def test_an_id_is_a_day_and_twelve_digits(tmp_path: Path) -> None:
    config = plan.read_config(config_of(tmp_path))
    assert re.fullmatch(r"2025-03-12-[0-9a-f]{12}", run_id(DAY, config, [], TABLES))


def test_an_id_hangs_on_tables_and_config(tmp_path: Path) -> None:
    path = config_of(tmp_path)
    config = plan.read_config(path)
    same = plan.read_config(path, ["output.archive=elsewhere", "max_age=2d"])
    other = plan.read_config(path, ["randomised=true"])
    ours = run_id(DAY, config, [], TABLES)
    assert run_id(DAY, same, [], TABLES) == ours
    ids = {
        ours,
        run_id(DAY, other, [], TABLES),
        run_id(DAY, config, [], {"summary.kpis.csv": b"metric\nusers\n"}),
        run_id(DAY, config, [], {"summary.others.csv": b"metric\n"}),
        run_id(DAY, config, [], {}),
    }
    assert len(ids) == 5


def test_an_id_hangs_on_the_products_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = plan.read_config(config_of(tmp_path))
    ours = run_id(DAY, config, [], TABLES)
    monkeypatch.setattr(identity, "__version__", "999")
    assert run_id(DAY, config, [], TABLES) != ours


def test_versions_name_what_made_the_numbers() -> None:
    found = versions()
    assert found["growthml"] == __version__
    assert {"python", "pandas", "numpy", "scipy", "sqlalchemy", "matplotlib"} <= found.keys()
