from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from growthml import plan
from growthml.archive import index
from growthml.archive.history import FILE, History
from growthml.archive.shelf import Shelf
from growthml.config.url import Url
from growthml.errors import GrowthError
from growthml.parts import Run
from growthml.progress import Progress
from growthml.run import Outcome, run
from growthml.secrets import remember
from tests.sites import write_pair

LATER = date(2025, 12, 31)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    config = write_pair(tmp_path_factory.mktemp("history"), sections=["summary"])
    return run(plan.read_config(config), progress=Progress(quiet=True))


def at(found: Run, as_of: date, run_id: str = "") -> Run:
    """The same run, as of another day."""
    name = run_id or f"{as_of}-{'a' * 12}"
    return replace(found, context=replace(found.context, as_of=as_of), run_id=name)


@pytest.fixture(params=["beside the archive", "sqlite", "duckdb", "a file"])
def history(tmp_path: Path, request: pytest.FixtureRequest) -> History:
    match request.param:
        case "sqlite":
            return History(tmp_path, Url(f"sqlite:///{tmp_path / 'kpis.sqlite'}"))
        case "duckdb":
            return History(tmp_path, Url(f"duckdb:///{tmp_path / 'kpis.duckdb'}"))
        case "a file":
            return History(tmp_path, Url(str(tmp_path / "deep" / "down" / "kpis.db")))
        case _:
            return History(tmp_path)


def test_what_was_added_is_found_before_later_days(history: History, outcome: Outcome) -> None:
    assert history.before("tiny", LATER) == []
    assert history.add(outcome.run)
    found = {(each.campaign, each.metric): each for each in history.before("tiny", LATER)}
    assert found["new", "users"].value == 5
    assert found["baseline", "revenue"].value == 30
    assert found["new", "conversion_rate"].verdict == "no_evidence"
    assert found["new", "users"].run_id == outcome.run.run_id
    assert found["new", "users"].as_of == date(2025, 2, 18)
    assert history.before("tiny", date(2025, 2, 18)) == []
    assert history.before("another", LATER) == []


def test_a_run_is_added_once(history: History, outcome: Outcome) -> None:
    assert history.add(outcome.run)
    assert not history.add(outcome.run)
    once = len(history.before("tiny", LATER))
    assert once == len({(e.campaign, e.metric) for e in history.before("tiny", LATER)})


def test_of_a_day_that_was_run_again_the_last_run_counts(
    history: History, outcome: Outcome
) -> None:
    day = date(2025, 3, 3)
    history.add(at(outcome.run, day, f"{day}-{'b' * 12}"))
    history.add(at(outcome.run, date(2025, 3, 10)))
    history.add(at(outcome.run, day, f"{day}-{'0' * 12}"))
    runs = list(dict.fromkeys(each.run_id for each in history.before("tiny", LATER)))
    assert runs == [f"{day}-{'0' * 12}", f"2025-03-10-{'a' * 12}"]


def test_postmortems_are_no_part_of_it(history: History, outcome: Outcome) -> None:
    assert not history.add(replace(outcome.run, postmortem=("new", 30)))
    assert history.before("tiny", LATER) == []


def test_it_is_made_anew_from_the_stored_runs(outcome: Outcome) -> None:
    archive = outcome.folder.parents[1]
    before = History(archive).before("tiny", LATER)
    (archive / FILE).unlink()
    assert History(archive).rebuild([outcome.folder]) == 1
    assert History(archive).before("tiny", LATER) == before


def test_a_history_that_cannot_be_used_is_said_without_its_password(
    tmp_path: Path, outcome: Outcome
) -> None:
    remember("canary-1a2b3c")
    for url in (
        "postgresql+nodriver://app:canary-1a2b3c@localhost/kpis",
        f"sqlite:///{tmp_path}/not/there/canary-1a2b3c.db",
    ):
        with pytest.raises(GrowthError, match="the history of runs cannot be used") as caught:
            History(tmp_path, Url(url)).add(outcome.run)
        assert "canary-1a2b3c" not in str(caught.value)


def test_a_broken_file_names_the_remedy(tmp_path: Path, outcome: Outcome) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database, though it is a file" * 40)
    with pytest.raises(GrowthError, match="growthml archive index"):
        History(tmp_path).before("tiny", LATER)


def test_a_broken_run_that_was_announced_stops_no_other(tmp_path: Path, outcome: Outcome) -> None:
    archive = tmp_path / "reports"
    broken = archive / "tiny" / f"2025-01-01-{'0' * 12}"
    index.announce(archive, broken)
    shutil.copytree(outcome.folder, broken)
    (broken / "pages.json.gz").write_bytes(b"half a file")
    shelf = Shelf(archive, History(archive))
    shelf.heal()
    files = {
        path.relative_to(outcome.folder).as_posix(): path.read_bytes()
        for path in outcome.folder.rglob("*")
        if path.is_file()
    }
    assert shelf.add(outcome.run, files)
    assert {each.run_id for each in History(archive).before("tiny", LATER)} == {outcome.run.run_id}
