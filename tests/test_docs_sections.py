"""The examples of docs/sections-of-your-own.md, run as they stand."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from growthml.cli import main
from growthml.simulate import simulate

ROOT = Path(__file__).parents[1]
DOC = ROOT / "docs" / "sections-of-your-own.md"
EXAMPLES = dict(re.findall(r"```\w+\n# (\S+)\n(.*?)```", DOC.read_text("utf-8"), re.DOTALL))


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the demo's data, small, and the examples; commands run in it."""
    (tmp_path / "data").mkdir()
    for name, seed in (("spring", 1), ("summer", 2)):
        simulate(tmp_path / "data" / f"demo-{name}.db", users=400, seed=seed)
    for name in ("returning.yml", "weekend.yml", "weekend.py"):
        (tmp_path / name).write_text(EXAMPLES[name].lstrip(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(there: Path, table: str) -> list[dict[str, str]]:
    [path] = there.glob(f"reports/*/*/tables/{table}.csv")
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_query(there: Path) -> None:
    assert main(["check", "returning.yml"]) == 0
    assert main(["run", "returning.yml", "--format", "html", "--quiet"]) == 0
    found = rows(there, "returning.rows")
    assert {row["channel"] for row in found} == {"FB", "PI", "RE", "TW"}
    buyers = dict.fromkeys(("baseline", "new"), 0)
    for row in found:
        assert 0 <= int(row["came_back"]) <= int(row["buyers"])
        buyers[row["campaign"]] += int(row["buyers"])
    kpis = rows(there, "summary.kpis")
    told = {row["campaign"]: int(row["value"]) for row in kpis if row["metric"] == "buyers"}
    assert buyers == told
    assert len(rows(there, "returning.comparison")) == 4


def test_the_file(there: Path) -> None:
    assert main(["check", "weekend.yml"]) == 0
    assert main(["run", "weekend.yml", "--format", "html", "--quiet"]) == 0
    found = rows(there, "weekend.share")
    assert [(row["campaign"], row["users"]) for row in found] == [
        ("baseline", "400"),
        ("new", "400"),
    ]
    assert all(0 < float(row["share"]) < 1 for row in found)


def test_the_package(there: Path) -> None:
    source = there / "source"
    (source / "growthml_weekend").mkdir(parents=True)
    (source / "growthml_weekend" / "__init__.py").write_text(EXAMPLES["weekend.py"].lstrip())
    (source / "pyproject.toml").write_text(EXAMPLES["pyproject.toml"])
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    alone = ["--no-index", "--no-deps", "--no-build-isolation", "--target", "installed"]
    subprocess.run([*pip, *alone, str(source)], check=True, cwd=there)
    config = EXAMPLES["weekend.yml"].replace("extra_sections", "# extra_sections")
    (there / "weekend.yml").write_text(config)
    paths = os.pathsep.join([str(ROOT), str(there / "installed")])
    done = subprocess.run(
        [sys.executable, "-m", "growthml", "run", "weekend.yml", "--format", "html", "--quiet"],
        env={**os.environ, "PYTHONPATH": paths},
        cwd=there,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(rows(there, "weekend.share")) == 2
