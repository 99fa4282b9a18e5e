from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from growthml import cli
from growthml.archive import index
from tests.archive.shelf import rate, stored

ROOT = Path(__file__).parents[2]
THEN, NOW = f"2014-04-13-{'1' * 12}", f"2014-04-20-{'2' * 12}"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """48 of 80 converted in the first week, 56 of 70 in the second."""
    for run_id, x, n in ((THEN, 48, 80), (NOW, 56, 70)):
        rows = [rate("conversion_rate", "new", x, n)]
        folder = stored(tmp_path, run_id[:10], digits=run_id[11:], rows=rows)
        index.announce(tmp_path, folder)
        index.add(tmp_path, folder)
    return tmp_path


@pytest.fixture
def says(archive: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """`says("list")` is that verb's exit code and what it prints."""

    def call(verb: str, *arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = cli.main(["archive", verb, *arguments, "--archive", str(archive)])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return call


def document(told: tuple[int, str]) -> Any:
    return json.loads(told[1])


def test_list_is_newest_first(says: Any) -> None:
    code, out = says("list")
    assert code == 0
    head, first, second = out.splitlines()
    assert head.split() == ["Report", "Run", "Status", "Verdict"]
    assert NOW in first
    assert THEN in second
    found = document(says("list", "--json"))
    assert [each["run_id"] for each in found["runs"]] == [NOW, THEN]
    assert found["unreadable"] == []
    assert says("list", "--report", "monthly")[1] == "no runs\n"


def test_show_tells_a_run(says: Any, archive: Path) -> None:
    code, out = says("show", "latest")
    assert code == 0
    assert "Weekly, as of 20 Apr 2014" in out
    assert "No evidence that Summer converts better or worse than Spring." in out
    assert "80.0\u202f%" in out
    assert str(archive / "weekly" / NOW / "report.pdf") in out
    assert document(says("show", THEN, "--json"))["as_of"] == "2014-04-13"


def test_compare_prints_what_moved(says: Any) -> None:
    code, out = says("compare", THEN, NOW)
    assert code == 0
    row = next(line for line in out.splitlines() if line.startswith("conversion_rate"))
    # Newcombe 1998, Statistics in Medicine 17:873, table II, contrast (a), method 10.
    assert row.replace("\u202f", " ").split("  ")[:2] == ["conversion_rate", "new"]
    assert "+20.00 pp" in row
    assert "+5.2 to +33.4" in row
    assert row.endswith("up")
    assert "the same people are counted" in out
    found = document(says("compare", THEN, NOW, "--json"))
    assert found["metrics"][0]["low"] == pytest.approx(0.0524, abs=5e-5)
    assert found["comparable"] is True


def test_verify_is_1_when_a_byte_changed(says: Any, archive: Path) -> None:
    assert says("verify") == (0, f"{archive}: 2 runs, all well\n")
    page = archive / "weekly" / THEN / "report.html"
    page.write_bytes(page.read_bytes().replace(b"<p>", b"<b>"))
    code, out = says("verify")
    assert code == 1
    assert f"{page}: is not what was written" in out
    assert document(says("verify", "--json"))["exit_code"] == 1


def test_prune_deletes_only_when_told_to(says: Any, archive: Path) -> None:
    code, out = says("prune", "--keep", "1")
    assert code == 0
    assert f"would delete weekly/{THEN}" in out
    assert (archive / "weekly" / THEN).is_dir()
    assert document(says("prune", "--keep", "1", "--json"))["deleted"] is False
    assert f"deleted weekly/{THEN}" in says("prune", "--keep", "1", "--yes")[1]
    assert not (archive / "weekly" / THEN).exists()
    assert says("prune", "--keep", "1")[1] == "nothing to prune\n"
    assert says("verify")[0] == 0


def test_index_makes_the_page_anew(says: Any, archive: Path) -> None:
    (archive / "index.html").unlink()
    code, out = says("index")
    assert code == 0
    # Made-up runs hold no pages to read the history from: that is told, and stops nothing.
    first, *left_out = out.splitlines()
    assert first == f"{archive / 'index.html'}: 2 runs"
    assert [line.partition(":")[0] for line in left_out] == ["not in the history"] * 2
    assert (archive / "index.html").is_file()
    assert document(says("index", "--json"))["runs"] == 2


@pytest.mark.parametrize(
    "arguments",
    [("show", "nothing"), ("compare", "latest", "nothing"), ("prune",), ("prune", "--keep", "-1")],
)
def test_what_is_wrong_with_the_command_is_2(says: Any, arguments: tuple[str, ...]) -> None:
    assert says(*arguments)[0] == 2


def test_an_archive_that_is_not_there_is_2(tmp_path: Path) -> None:
    for verb in ("list", "verify", "index"):
        assert cli.main(["archive", verb, "--archive", str(tmp_path / "nowhere")]) == 2


@pytest.mark.parametrize(
    "arguments",
    [("list",), ("show", "latest"), ("compare", THEN, NOW), ("verify",), ("prune", "--keep", "1")],
)
def test_the_verbs_load_no_heavy_library(archive: Path, arguments: tuple[str, ...]) -> None:
    code = (
        "import sys; from growthml.cli import main; main(sys.argv[1:]);"
        "print(sorted({'pandas', 'matplotlib', 'weasyprint', 'sklearn', 'statsmodels', 'duckdb',"
        " 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "archive", *arguments, "--archive", str(archive)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
