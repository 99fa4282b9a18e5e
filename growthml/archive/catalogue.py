"""The index's memory: a row for every run in `index/rows.db`, in leaves of about a hundred.

A leaf is what one page shows: neighbours in the order of their as-of dates. Adding a run changes
its leaf and at most its neighbours, however many runs there are. Every question asked here is
answered by a key, so that none takes longer in a larger archive.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from growthml.archive.rows import Row, series_of

FULL = 150
"""Runs at which a leaf splits."""
TAKEN = 100
"""How many of them, the oldest, the first page then hands to a page of their own."""

_SCHEMA = """
create table if not exists runs (
    seq integer primary key autoincrement,
    report text not null,
    run_id text not null,
    series text not null,
    as_of text not null,
    leaf integer not null,
    sha256 text not null,
    note text not null,
    row text not null,
    unique (report, run_id)
);
create index if not exists runs_by_day on runs (as_of, seq);
create index if not exists runs_by_leaf on runs (leaf, as_of, seq);
create index if not exists runs_by_series on runs (series, as_of, seq);
create index if not exists runs_by_id on runs (run_id);
create table if not exists series (
    name text primary key,
    as_of text not null,
    report text not null
);
create index if not exists series_by_day on series (as_of);
create table if not exists pages (file text primary key, sha256 text not null);
"""

_COLUMNS = "seq, report, run_id, series, as_of, leaf, sha256, note, row"


@dataclass(frozen=True)
class Entry:
    """A run in the catalogue. sha256: of its run.json when it was added. note: what became of it
    (held, sent), or empty."""

    seq: int
    report: str
    run_id: str
    series: str
    as_of: str
    leaf: int
    sha256: str
    note: str
    row: Row


class Catalogue:
    """The rows, inside one transaction; the caller holds the archive's lock."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        try:
            self._database.executescript(_SCHEMA)
            self._database.execute("begin immediate")
        except sqlite3.Error:
            self._database.close()
            raise

    def close(self, *, keep: bool) -> None:
        """End the transaction, and keep what it did or not."""
        self._database.execute("commit" if keep else "rollback")
        self._database.close()

    def get(self, report: str, run_id: str) -> Entry | None:
        """A run's entry."""
        return self._one("report = ? and run_id = ?", report, run_id)

    def named(self, run_id: str) -> list[Entry]:
        """The entries of a run id; more than one only if two reports share it."""
        return self._all("run_id = ?", run_id)

    def insert(self, row: Row, sha256: str, note: str) -> Entry:
        """Add a run to the leaf it belongs to; splits the leaf when it is full."""
        series, as_of = series_of(row), row["as_of"]
        before = self._one("as_of <= ? order by as_of desc, seq desc limit 1", as_of)
        after = before or self._one("as_of > ? order by as_of, seq limit 1", as_of)
        leaf = after.leaf if after else 0
        self._database.execute(
            "insert into runs (report, run_id, series, as_of, leaf, sha256, note, row)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            (row["report"], row["run_id"], series, as_of, leaf, sha256, note, _json(row)),
        )
        self._database.execute(
            "insert into series values (?, ?, ?)"
            " on conflict do update set as_of = max(as_of, excluded.as_of)",
            (series, as_of, row["report"]),
        )
        found = self.get(row["report"], row["run_id"])
        assert found is not None
        return found

    def split(self, leaf: int) -> int | None:
        """Move a full leaf's oldest runs to a new leaf; its number, None if there is room."""
        entries = self.leaf(leaf)
        if len(entries) < FULL:
            return None
        taken = TAKEN if leaf == self.head() else FULL // 2
        (last,) = self._database.execute("select max(leaf) from runs").fetchone()
        new = int(last) + 1
        self._database.executemany(
            "update runs set leaf = ? where seq = ?", [(new, each.seq) for each in entries[-taken:]]
        )
        return new

    def update(self, entry: Entry, *, row: Row, sha256: str, note: str) -> None:
        """Put other words into a run's entry."""
        self._database.execute(
            "update runs set sha256 = ?, note = ?, row = ? where seq = ?",
            (sha256, note, _json(row), entry.seq),
        )

    def remove(self, entry: Entry) -> None:
        """Take a run out."""
        self._database.execute("delete from runs where seq = ?", (entry.seq,))
        last = self._one("series = ? order by as_of desc, seq desc limit 1", entry.series)
        if last is None:
            self._database.execute("delete from series where name = ?", (entry.series,))
        else:
            self._database.execute(
                "update series set as_of = ? where name = ?", (last.as_of, entry.series)
            )

    def leaf(self, leaf: int) -> list[Entry]:
        """A leaf's runs, newest first."""
        return self._all("leaf = ? order by as_of desc, seq desc", leaf)

    def head(self) -> int | None:
        """The leaf of the newest run; None in an empty archive."""
        newest = self.newest()
        return newest.leaf if newest else None

    def newest(self) -> Entry | None:
        """The run with the newest as-of date."""
        return self._one("1 order by as_of desc, seq desc limit 1")

    def latest(self) -> Entry | None:
        """The newest whole report; the newest run where there are only parts of reports."""
        whole = [each for name in self.series(1) for each in self.last_of(name, 1)]
        return next(iter(whole), None) or self.newest()

    def older(self, entry: Entry) -> Entry | None:
        """The run before this one in the order of pages."""
        return self._one(
            "(as_of, seq) < (?, ?) order by as_of desc, seq desc limit 1", entry.as_of, entry.seq
        )

    def newer(self, entry: Entry) -> Entry | None:
        """The run after this one in the order of pages."""
        return self._one(
            "(as_of, seq) > (?, ?) order by as_of, seq limit 1", entry.as_of, entry.seq
        )

    def predecessor(self, entry: Entry) -> Entry | None:
        """The report before this one, of the same series."""
        return self._one(
            "series = ? and (as_of, seq) < (?, ?) order by as_of desc, seq desc limit 1",
            entry.series,
            entry.as_of,
            entry.seq,
        )

    def successor(self, entry: Entry) -> Entry | None:
        """The report after this one, of the same series."""
        return self._one(
            "series = ? and (as_of, seq) > (?, ?) order by as_of, seq limit 1",
            entry.series,
            entry.as_of,
            entry.seq,
        )

    def last_of(self, series: str, most: int) -> list[Entry]:
        """The last reports of a series, oldest first."""
        found = self._all("series = ? order by as_of desc, seq desc limit ?", series, most)
        return found[::-1]

    def series(self, most: int) -> list[str]:
        """The whole reports that are newest, by name."""
        rows = self._database.execute(
            "select name from series where name = report order by as_of desc, name limit ?", (most,)
        )
        return [name for (name,) in rows]

    def clear(self) -> list[Entry]:
        """Take out every run; what there was, oldest first."""
        known = self._all("1 order by as_of, seq")
        self._database.execute("delete from runs")
        self._database.execute("delete from series")
        return known

    def page(self, file: str, sha256: str | None) -> None:
        """Remember what was written into a page; None: it is gone."""
        if sha256 is None:
            self._database.execute("delete from pages where file = ?", (file,))
            return
        self._database.execute("insert or replace into pages values (?, ?)", (file, sha256))

    def pages(self) -> dict[str, str]:
        """Every page's digest, by its name relative to the archive."""
        return dict(self._database.execute("select file, sha256 from pages order by file"))

    def _all(self, where: str, *values: object) -> list[Entry]:
        return [
            _entry(found)
            for found in self._database.execute(
                f"select {_COLUMNS} from runs where {where}", values
            )
        ]

    def _one(self, where: str, *values: object) -> Entry | None:
        return next(iter(self._all(where, *values)), None)


def read(path: Path) -> tuple[list[Entry], dict[str, str]]:
    """All entries, oldest first, and the pages' digests, without touching the file.

    Raises sqlite3.Error when it is no catalogue or an unfinished one.
    """
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        rows = database.execute(f"select {_COLUMNS} from runs order by as_of, seq").fetchall()
        pages = dict(database.execute("select file, sha256 from pages order by file").fetchall())
    finally:
        database.close()
    return [_entry(row) for row in rows], pages


def _entry(found: Sequence[Any]) -> Entry:
    columns = dict(zip(_COLUMNS.split(", "), found, strict=True))
    return Entry(**columns | {"row": json.loads(columns["row"])})


def _json(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, sort_keys=True)
