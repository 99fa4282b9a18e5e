from __future__ import annotations

from pathlib import Path

import pytest

from growthml.archive import runs
from growthml.errors import GrowthError, UsageError
from tests.archive.shelf import stored

FIRST, SECOND, OTHER = "1" * 12, "2" * 12, "3" * 12


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Two weeks of one report and one of another."""
    stored(tmp_path, "2014-04-13", digits=FIRST)
    stored(tmp_path, "2014-04-20", digits=SECOND)
    stored(tmp_path, "2014-04-27", digits=OTHER, report="retention")
    return tmp_path


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (f"2014-04-13-{FIRST}", FIRST),
        (f"weekly/2014-04-13-{FIRST}", FIRST),
        ("weekly", SECOND),
        ("weekly/latest", SECOND),
        ("latest", OTHER),
    ],
)
def test_a_run_is_found_by_what_people_call_it(archive: Path, wanted: str, found: str) -> None:
    assert runs.find(archive, wanted).run_id.endswith(found)
    assert runs.find(archive, str(archive / "weekly" / f"2014-04-13-{FIRST}")).as_of == "2014-04-13"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("weakly", "Did you mean weekly"),
        (f"2014-04-13-{FIRST[:-1]}2", f"Did you mean 2014-04-13-{FIRST}"),
        ("../etc", "there is no run"),
        ("weekly/nothing", "there is no run"),
        ("zzz", "growthml archive list"),
    ],
)
def test_an_unknown_run_is_an_error_that_helps(archive: Path, wanted: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        runs.find(archive, wanted)


def test_an_archive_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no archive"):
        runs.every(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="holds no runs"):
        runs.find(tmp_path, "latest")


def test_runs_are_told_newest_first_and_foreign_folders_left_alone(archive: Path) -> None:
    half = archive / "weekly" / f".2014-05-04-{FIRST}.0a1b"
    half.mkdir()
    (half / "report.html").write_text("half")
    (archive / "weekly" / "notes").mkdir()
    (archive / "deliveries").mkdir()
    assert [run.as_of for run in runs.every(archive)] == ["2014-04-27", "2014-04-20", "2014-04-13"]


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"run_id": "x"}'])
def test_a_run_that_cannot_be_read_is_named(archive: Path, content: bytes | None) -> None:
    path = archive / "weekly" / f"2014-04-13-{FIRST}" / "run.json"
    path.unlink() if content is None else path.write_bytes(content)
    shelf = runs.scan(archive)
    assert len(shelf.runs) == 2
    assert len(shelf.unreadable) == 1
    assert str(path.parent) in shelf.unreadable[0]
    with pytest.raises(GrowthError, match=path.parent.name):
        runs.read(path.parent)


def test_kpis_are_read_as_they_were_written(archive: Path) -> None:
    run = runs.find(archive, "weekly")
    rate = run.kpi("conversion_rate", "new")
    assert rate is not None
    assert (rate.successes, rate.n, rate.verdict) == (60, 845, "no_evidence")
    assert rate.number("ci_low") == -0.021
    assert rate.number("q_value") is None
    users = run.kpi("users", "new")
    assert users is not None
    assert (users.value, users.successes, users.is_total) == (845, None, True)
    assert run.kpi("conversion_rate", "other") is None


def test_the_latest_is_a_whole_report_not_one_of_its_channels(archive: Path) -> None:
    stored(archive, "2014-05-04", digits="4" * 12)
    stored(archive, "2014-05-04", digits="5" * 12, slice="FB", started="2014-05-04 09:00")
    assert runs.find(archive, "latest").run_id.endswith("4" * 12)
    assert [run.part for run in runs.every(archive)[:2]] == ["FB", ""]


def test_a_postmortem_is_the_latest_only_where_there_is_no_report(tmp_path: Path) -> None:
    told = {"campaign": "new", "days": 30}
    stored(tmp_path, "2014-05-20", digits="7" * 12, postmortem=told)
    assert runs.find(tmp_path, "latest").postmortem == 30
    stored(tmp_path, "2014-04-20", digits="8" * 12)
    assert runs.find(tmp_path, "weekly").run_id.endswith("8" * 12)
