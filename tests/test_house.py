"""Guards over the whole house: the arrow of imports, a quick start, pins, and clean files."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from growthml.simulate import simulate

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = ("requirements.txt", "requirements-dev.txt")

# Character classes keep these patterns from finding themselves.
ADDRESSES = (
    r"pypi[.]org",
    r"python[h]osted[.]org",
    r"index[-]url",
    r"find[-]links",
    r"/simpl[e]/",
    r"/wor[k]/[.a-z]",
)

HEAVY = {
    "duckdb",
    "matplotlib",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
    "sqlalchemy",
    "statsmodels",
    "weasyprint",
}
DRAWING = {"matplotlib", "numpy", "pandas", "pyarrow", "sklearn", "weasyprint"}


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def own_files() -> Iterator[Path]:
    """Everything git tracks or would."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed; it lists the project's own files")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("this is not a git checkout")
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            yield ROOT / name


def pins(file: str) -> dict[str, str]:
    """By distribution, its pinned line with the hashes that follow."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return {
        re.split(r"[=\[ ]", line, maxsplit=1)[0]: line
        for line in re.sub(r" \\\n +", " ", text).splitlines()
    }


def names(requirements: list[str]) -> set[str]:
    """The distributions named in a list of requirements, as pins spell them."""
    return {re.split(r"[^\w-]", line, maxsplit=1)[0].lower() for line in requirements}


def test_imports_run_one_way() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_command_starts_without_the_heavy_libraries() -> None:
    loaded = python("import growthml.cli, sys; print(*sys.modules)").split()
    assert HEAVY & set(loaded) == set()


def test_simulating_is_importable_without_the_heavy_libraries() -> None:
    loaded = python("import growthml.simulate, sys; print(*sys.modules)").split()
    assert HEAVY & set(loaded) == set()


@pytest.mark.parametrize("ending", [".db", ".duckdb", ""])
def test_a_check_does_without_the_heavy_libraries(ending: str, tmp_path: Path) -> None:
    place = tmp_path / f"shop{ending}"
    simulate(place, users=20)
    url = {".db": f"sqlite:///{place}", ".duckdb": f"duckdb:///{place}"}.get(ending, str(place))
    config = tmp_path / "growthml.yml"
    config.write_text(
        f"report: {{name: shop}}\nsources: {{shop: {{url: '{url}'}}}}\n"
        "campaigns: {new: {source: shop}}\n"
    )
    check = f"import growthml.cli as c, sys; c.main(['check', {str(config)!r}])"
    told = python(f"{check}; print(*sys.modules)").splitlines()
    assert told[-2].endswith(": good")
    assert DRAWING & set(told[-1].split()) == set()


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = []
    here = [re.escape(f"{place}/") for place in (ROOT, Path.home()) if place != Path("/")]
    pattern = re.compile("|".join([*ADDRESSES, *here]))
    for file in own_files():
        content = file.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode(errors="replace").splitlines(), start=1):
            if match := pattern.search(line):
                found.append(f"{file.relative_to(ROOT)}:{number}: {match[0]}")
    assert found == []


def test_every_module_with_annotations_postpones_them() -> None:
    annotated = (ast.FunctionDef, ast.AsyncFunctionDef, ast.AnnAssign)
    missing = [
        str(file.relative_to(ROOT))
        for file in own_files()
        if file.suffix == ".py"
        and any(isinstance(node, annotated) for node in ast.walk(ast.parse(file.read_bytes())))
        and b"from __future__ import annotations" not in file.read_bytes()
    ]
    assert missing == []


@pytest.mark.parametrize("file", PINS)
def test_every_pin_has_a_version_and_hashes(file: str) -> None:
    for name, line in pins(file).items():
        assert re.match(r"[\w-]+==[\w.]+( ; [^#]+?)?( --hash=sha256:[0-9a-f]{64})+$", line), name


@pytest.mark.parametrize("file", PINS)
def test_every_dependency_is_pinned(file: str) -> None:
    project: dict[str, Any] = PYPROJECT["project"]
    wanted = names(project["dependencies"])
    if file == "requirements-dev.txt":
        wanted |= names(project["optional-dependencies"]["dev"])
        wanted |= names(PYPROJECT["build-system"]["requires"])
    assert wanted - set(pins(file)) == set()


def test_the_gate_installs_what_the_product_runs_on() -> None:
    runtime, everything = (set((ROOT / file).read_text().splitlines()) for file in PINS)
    assert runtime - everything == set()
