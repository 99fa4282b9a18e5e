"""A large SQLite file is counted in a copy that is never stale and never half there."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from growthml import plan
from growthml.progress import Progress
from growthml.reading import newest_events
from growthml.run import Outcome, run
from growthml.sources import sqlite_cache
from growthml.sources.log_cache import Logs
from growthml.sources.sqlite_cache import copy_of
from tests.sites import write_pair

pytest.importorskip("adbc_driver_sqlite")
duckdb = pytest.importorskip("duckdb")

TABLES = ["Users", "Meal", "Event"]


@pytest.fixture(autouse=True)
def every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_cache, "LEAST_BYTES", 0)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write_pair(tmp_path)
    return tmp_path / "spring.db"


def write(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


def rows(copy: Path | None, query: str) -> Any:
    assert copy is not None
    with duckdb.connect(str(copy), read_only=True) as database:
        return database.execute(query).fetchall()


def test_a_copy_holds_what_the_file_holds(site: Path, tmp_path: Path) -> None:
    copy = copy_of(site, TABLES, tmp_path / "cache")
    query = 'SELECT id, date, "User_Id", "Meal_Id", "Type" FROM "Event" ORDER BY id'
    with closing(sqlite3.connect(site)) as database:
        assert rows(copy, query) == database.execute(query).fetchall()


def test_the_same_state_is_copied_once(site: Path, tmp_path: Path) -> None:
    first = copy_of(site, TABLES, tmp_path / "cache")
    assert first is not None
    made = first.stat().st_mtime_ns
    assert copy_of(site, TABLES, tmp_path / "cache") == first
    assert first.stat().st_mtime_ns == made


@pytest.mark.parametrize(
    "change",
    [
        'INSERT INTO "Event" SELECT id + 99, date, "User_Id", "Meal_Id", "Type" FROM "Event"',
        'UPDATE "Event" SET "Type" = \'like\' WHERE "Type" = \'bought\'',
        'DELETE FROM "Event" WHERE id = 1',
    ],
)
def test_no_change_is_missed(site: Path, tmp_path: Path, change: str) -> None:
    before = copy_of(site, TABLES, tmp_path / "cache")
    write(site, change)
    after = copy_of(site, TABLES, tmp_path / "cache")
    query = 'SELECT "Type" FROM "Event" ORDER BY id'
    with closing(sqlite3.connect(site)) as database:
        assert rows(after, query) == database.execute(query).fetchall()
    assert before is not None
    assert not before.exists()


def test_a_change_of_the_same_size_and_time_is_not_missed(site: Path, tmp_path: Path) -> None:
    before = copy_of(site, TABLES, tmp_path / "cache")
    stat = site.stat()
    write(site, 'UPDATE "Event" SET "Type" = \'like\' WHERE "Type" = \'nope\' OR id = 1')
    write(site, 'UPDATE "Event" SET "Type" = \'bore\' WHERE id = 1')
    os.utime(site, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert site.stat().st_size == stat.st_size
    assert copy_of(site, TABLES, tmp_path / "cache") != before


def test_what_lies_in_the_write_ahead_log_is_seen(site: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(site)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        first = copy_of(site, TABLES, tmp_path / "cache")
        with database:
            database.execute('UPDATE "Event" SET "Type" = \'share\'')
        second = copy_of(site, TABLES, tmp_path / "cache")
        assert first != second
        assert set(rows(second, 'SELECT "Type" FROM "Event"')) == {("share",)}


def test_a_file_that_is_written_while_it_is_copied_is_not_copied(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = sqlite_cache._copy

    def meddled(path: Path, *arguments: Any) -> None:
        copy(path, *arguments)
        time.sleep(0.01)
        write(path, 'DELETE FROM "Event"')

    monkeypatch.setattr(sqlite_cache, "_copy", meddled)
    assert copy_of(site, TABLES, tmp_path / "cache") is None
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_copy_that_fails_leaves_nothing(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sqlite_cache, "_copied", full)
    assert copy_of(site, TABLES, tmp_path / "cache") is None


def test_a_column_of_numbers_and_texts_is_left_to_sqlite(site: Path, tmp_path: Path) -> None:
    write(site, "UPDATE \"Meal\" SET price = 'ten' WHERE id = 2")
    copy = copy_of(site, TABLES, tmp_path / "cache")
    if copy is not None:  # the driver made one kind of the column; then nothing may be lost
        assert [str(price) for (price,) in rows(copy, 'SELECT price FROM "Meal"')] == ["10", "ten"]


def test_small_files_are_not_copied(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_cache, "LEAST_BYTES", 64 * 1024 * 1024)
    assert copy_of(site, TABLES, tmp_path / "cache") is None


def test_asking_how_fresh_the_data_are_copies_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: Any) -> None:
        raise AssertionError("a file was copied")

    config = plan.read_config(write_pair(tmp_path))
    monkeypatch.setattr(sqlite_cache, "_copied", forbidden)
    logs = Logs(cache=tmp_path / "cache" / "weblog")
    newest = newest_events(
        config, plan.campaigns(config, date(2025, 3, 1)), datetime(2025, 3, 1), logs
    )
    assert newest == {"spring": datetime(2025, 2, 12), "summer": datetime(2025, 2, 18)}
    assert not (tmp_path / "cache").exists()


# -- appending ----------------------------------------------------------------------------------

ROWS = 2_000
"""More rows than some leaves hold."""
FIRST = "SELECT note FROM hits WHERE id = 1"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A table that is appended to; its first copy is marked in the first row, which tells whether
    a later copy took it over."""
    path = tmp_path / "log.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE hits (id INTEGER PRIMARY KEY, note TEXT, more TEXT)")
        append(database, 1, ROWS)
    return path


def append(database: sqlite3.Connection, first: int, last: int) -> None:
    numbers = range(first, last + 1)
    database.executemany(
        "INSERT INTO hits (id, note) VALUES (?, ?)", [(n, f"n{n}") for n in numbers]
    )


def marked(path: Path, cache: Path) -> None:
    copy = copy_of(path, ["hits"], cache)
    with duckdb.connect(str(copy)) as database:
        database.execute("UPDATE hits SET note = 'marked' WHERE id = 1")


def noted(path: Path, copy: Path | None) -> None:
    """All rows but the marked one are the file's."""
    query = "SELECT id, note, more FROM hits WHERE id > 1 ORDER BY id"
    with closing(sqlite3.connect(path)) as database:
        assert rows(copy, query) == database.execute(query).fetchall()


def test_rows_that_were_appended_are_all_that_is_copied(log: Path, tmp_path: Path) -> None:
    marked(log, tmp_path / "cache")
    for time_of in range(1, 4):
        with closing(sqlite3.connect(log)) as database, database:
            append(database, ROWS * time_of + 1, ROWS * (time_of + 1))
        copy = copy_of(log, ["hits"], tmp_path / "cache")
        assert rows(copy, FIRST) == [("marked",)]
        noted(log, copy)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE hits SET note = 'new' WHERE id = 7",
        "DELETE FROM hits WHERE id = 7",
        "INSERT INTO hits (id, note) VALUES (-1, 'earlier')",
        "ALTER TABLE hits ADD COLUMN lang TEXT DEFAULT 'en'",
        "DELETE FROM hits WHERE id > 9",
    ],
)
def test_another_change_copies_everything(log: Path, tmp_path: Path, change: str) -> None:
    marked(log, tmp_path / "cache")
    with closing(sqlite3.connect(log)) as database, database:
        append(database, ROWS + 1, ROWS + 9)
        database.execute(change)
    copy = copy_of(log, ["hits"], tmp_path / "cache")
    assert rows(copy, FIRST) == [("n1",)]
    noted(log, copy)


def test_rows_taken_from_the_end_are_gone(log: Path, tmp_path: Path) -> None:
    marked(log, tmp_path / "cache")
    write(log, f"DELETE FROM hits WHERE id > {ROWS - 2}")
    copy = copy_of(log, ["hits"], tmp_path / "cache")
    assert rows(copy, "SELECT max(id) FROM hits") == [(ROWS - 2,)]
    noted(log, copy)


def test_a_column_that_is_filled_for_the_first_time_is_a_text(log: Path, tmp_path: Path) -> None:
    marked(log, tmp_path / "cache")
    write(log, f"INSERT INTO hits VALUES ({ROWS + 1}, 'last', '0012')")
    copy = copy_of(log, ["hits"], tmp_path / "cache")
    assert rows(copy, f"SELECT more FROM hits WHERE id = {ROWS + 1}") == [("0012",)]


def test_rows_too_long_for_their_leaf_are_compared_by_reading_them(
    log: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(log)) as database, database:
        database.execute("UPDATE hits SET note = ? WHERE id = 7", ["a" * 9_000])
    marked(log, tmp_path / "cache")
    with closing(sqlite3.connect(log)) as database, database:
        database.execute("UPDATE hits SET note = ? WHERE id = 7", ["a" * 8_999 + "b"])
    noted(log, copy_of(log, ["hits"], tmp_path / "cache"))


def test_views_and_tables_without_rowids_are_copied_too(log: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(log)) as database, database:
        database.execute("CREATE VIEW late AS SELECT id FROM hits WHERE id > 1990")
        database.execute("CREATE TABLE plain (code TEXT PRIMARY KEY) WITHOUT ROWID")
        database.execute("INSERT INTO plain VALUES ('a')")
    copy = copy_of(log, ["late", "plain"], tmp_path / "cache")
    assert rows(copy, "SELECT count(*), min(code) FROM late, plain") == [(10, "a")]


# -- a report -----------------------------------------------------------------------------------


def reported(config: Path, *settings: str) -> Outcome:
    return run(plan.read_config(config, settings), progress=Progress(quiet=True))


def tables(outcome: Outcome) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (outcome.folder / "tables").iterdir()}


def test_a_report_says_the_same_with_the_copy_and_without(tmp_path: Path) -> None:
    config = write_pair(tmp_path, sections=None)
    plainly = ["sources.spring.cache=false", "sources.summer.cache=false"]
    without = reported(config, *plainly, f"output.archive={tmp_path / 'without'}")
    copied = reported(config)
    assert {each.dialect for each in without.run.sources} == {"sqlite"}
    assert {each.dialect for each in copied.run.sources} == {"duckdb"}
    assert tables(copied) == tables(without)
    assert copied.run.run_id == without.run.run_id
    kept = list((tmp_path / "reports" / ".cache" / "sqlite").glob("*.duckdb"))
    assert len(kept) == 2


def test_a_query_of_the_users_own_reads_the_file_and_all_else_its_copy(tmp_path: Path) -> None:
    # strftime takes its arguments in SQLite's order; DuckDB would refuse them.
    text = (
        "select strftime('%m', signed_up_at) as month, count(*) as n from report_users group by 1"
    )
    config = write_pair(tmp_path, sections=["summary", {"sql": {"id": "own", "query": text}}])
    outcome = reported(config)
    assert {each.dialect for each in outcome.run.sources} == {"duckdb"}
    told = tables(outcome)["own.rows.csv"].decode().splitlines()
    assert [line.split(",")[-3:] for line in told[1:]] == [
        ["baseline", "01", "3"],
        ["baseline", "02", "1"],
        ["new", "01", "3"],
        ["new", "02", "2"],
    ]
    dialects = {each.name: each.dialect for each in outcome.run.facts}
    assert dialects.pop("sql:own") == "sqlite"
    assert set(dialects.values()) == {"duckdb"}
