"""A SQLite file that outgrew itself: its tables copied once into DuckDB, which counts far faster.

The copy is known by the file's fingerprint and made by Arrow; it is put in place whole. When the
file has changed a new one is made, from the old one where rows were only appended to a table, which
its leaves tell. Where the file cannot be copied (a column that holds numbers and texts, say) SQLite
itself is asked, as for small files.
"""

from __future__ import annotations

import hashlib
import logging
import mmap
import os
import secrets
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from growthml.progress import Progress
from growthml.sources.sqlite_leaves import Leaf, Pages, unchanged

log = logging.getLogger(__name__)

LEAST_BYTES = 64 * 1024 * 1024
"""Smaller files are counted by SQLite in a second or two."""
BATCH_ROWS = "65536"
ROWID = "growthml_rowid"
"""Where the copy keeps the rowid of a table that may be appended to."""
_VERSION = b"2"
_LEAVES = "growthml.leaves"


def copy_of(
    path: Path, tables: Sequence[str], cache: Path, progress: Progress | None = None
) -> Path | None:
    """A DuckDB file that holds these tables of the SQLite file as they are now; None where SQLite
    must be asked: a small file, no driver, a table that cannot be copied or was written meanwhile.
    """
    if path.stat().st_size < LEAST_BYTES or not tables or find_spec("adbc_driver_sqlite") is None:
        return None
    try:
        before = fingerprint(path, tables)
        place = cache / f"{_of_path(path)}-{before}.duckdb"
        if place.is_file():
            return place
        if progress is not None:
            progress.say(f"Copying {path.name} into DuckDB, once for this state of the file")
        return place if _copied(path, tables, place, before) else None
    except Exception as error:  # the source itself can still be read
        log.info("no copy of %s: %s: %s", path.name, type(error).__name__, error)
        return None


def fingerprint(path: Path, tables: Sequence[str]) -> str:
    """What the file's state is known by: its size, time and change counter, those of what lies in
    its write-ahead log, and the tables asked for."""
    digest = hashlib.sha256(_VERSION)
    for each in (path, path.with_name(f"{path.name}-wal")):
        with suppress(FileNotFoundError), each.open("rb") as file:
            stat = os.fstat(file.fileno())
            digest.update(f"{stat.st_ino} {stat.st_size} {stat.st_mtime_ns}".encode())
            digest.update(file.read(100))
    digest.update("\0".join(sorted(tables)).encode())
    return digest.hexdigest()[:24]


def _of_path(path: Path) -> str:
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]


def _copied(path: Path, tables: Sequence[str], place: Path, before: str) -> bool:
    """Whether the copy is in place: made of one moment, and of the file as it was and is."""
    place.parent.mkdir(parents=True, exist_ok=True)
    building = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    older = [old for old in place.parent.glob(f"{_of_path(path)}-*.duckdb") if old != place]
    try:
        if older:
            shutil.copyfile(max(older, key=lambda old: old.stat().st_mtime_ns), building)
        _copy(path, tables, building)
        if fingerprint(path, tables) != before:
            return False
        building.replace(place)
    finally:
        building.unlink(missing_ok=True)
        Path(f"{building}.wal").unlink(missing_ok=True)
    for old in older:
        old.unlink(missing_ok=True)
    return True


class Table(NamedTuple):
    """A table or view of the file. root: its first page, 0 for a view; sql: what made it."""

    name: str
    root: int
    sql: str


def _copy(path: Path, tables: Sequence[str], building: Path) -> None:
    """Bring the copy at `building`, new or of an older state, to the file's state."""
    import adbc_driver_sqlite.dbapi as adbc
    import duckdb

    address = f"{path.absolute().as_uri()}?mode=ro"
    found = _named(path, tables)
    with closing(adbc.connect(address)) as source, duckdb.connect(str(building)) as copy:
        copy.execute("CREATE SCHEMA IF NOT EXISTS growthml")
        copy.execute(
            f"CREATE TABLE IF NOT EXISTS {_LEAVES}"
            " (name VARCHAR, sql VARCHAR, digest BLOB, rows BIGINT, last BIGINT)"
        )
        for table in found:
            now = _leaves(path, table)
            same = unchanged(_kept_leaves(copy, table), now)
            if same is None or not _appended(source, copy, table, now[same - 1].last):
                _replaced(source, copy, table, rowid=bool(now))
            _keep_leaves(copy, table, now if _fits(copy, path, table) else [])


def _leaves(path: Path, table: Table) -> list[Leaf]:
    """The leaves of a table; none where they do not tell what its rows are: a view, a table without
    rowids, rows that lie in the write-ahead log."""
    log_size = path.with_name(f"{path.name}-wal")
    if not table.root or (log_size.exists() and log_size.stat().st_size):
        return []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        try:
            return list(Pages(mapped).leaves(table.root))
        except ValueError:
            return []


def _kept_leaves(copy: Any, table: Table) -> list[Leaf]:
    query = f"SELECT digest, rows, last FROM {_LEAVES} WHERE name = ? AND sql = ? ORDER BY rowid"
    return [Leaf(*row) for row in copy.execute(query, [table.name, table.sql]).fetchall()]


def _keep_leaves(copy: Any, table: Table, leaves: Sequence[Leaf]) -> None:
    import pyarrow as pa

    copy.execute(f"DELETE FROM {_LEAVES} WHERE name = ?", [table.name])
    if leaves:
        kept = pa.table({name: [getattr(leaf, name) for leaf in leaves] for name in Leaf._fields})
        copy.register("kept_leaves", kept)
        copy.execute(
            f"INSERT INTO {_LEAVES} SELECT ?, ?, digest, rows, last FROM kept_leaves",
            [table.name, table.sql],
        )
        copy.unregister("kept_leaves")


def _replaced(source: Any, copy: Any, table: Table, *, rowid: bool) -> None:
    """The whole table, copied."""
    quoted = _quoted(table.name)
    also = f", {_rowid_of(table)} AS {ROWID}" if rowid else ""
    _stream(
        source,
        copy,
        f"SELECT *{also} FROM {quoted}",
        f"CREATE OR REPLACE TABLE {quoted} AS SELECT * FROM rows",
    )


def _appended(source: Any, copy: Any, table: Table, last: int) -> bool:
    """Whether the rows after `last` could be put in the place of those the copy has after it.

    They cannot where the driver makes another kind of a column than it did before.
    """
    quoted, rowid = _quoted(table.name), _rowid_of(table)
    _stream(
        source,
        copy,
        f"SELECT *, {rowid} AS {ROWID} FROM {quoted} WHERE {rowid} > {last}",
        "CREATE OR REPLACE TEMPORARY TABLE further AS SELECT * FROM rows",
    )
    kinds = "SELECT column_name, column_type FROM (DESCRIBE {})"
    known = copy.execute(kinds.format(quoted)).fetchall()
    new = copy.execute(kinds.format("further")).fetchall()
    other = [name for (name, kind), before in zip(new, known, strict=True) if kind != before[1]]
    filled = " OR ".join(f"{_quoted(name)} IS NOT NULL" for name in other) or "FALSE"
    if copy.execute(f"SELECT count(*) FROM further WHERE {filled}").fetchone() != (0,):
        return False
    copy.execute(f"DELETE FROM {quoted} WHERE {ROWID} > {last}")
    copy.execute(f"INSERT INTO {quoted} SELECT * FROM further")
    return True


def _stream(source: Any, copy: Any, query: str, into: str) -> None:
    with closing(source.cursor()) as cursor:
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": BATCH_ROWS})
        cursor.execute(query)
        rows: Any = cursor.fetch_record_batch()  # DuckDB finds it by this name
        copy.execute(into)
        del rows


def _fits(copy: Any, path: Path, table: Table) -> bool:
    """Whether every row lies in its leaf alone, so that the leaves say all of them."""
    described = f"SELECT column_name, column_type FROM (DESCRIBE {_quoted(table.name)})"
    columns = copy.execute(described).fetchall()
    texts = [
        f"coalesce({'strlen' if kind == 'VARCHAR' else 'octet_length'}({_quoted(name)}), 0)"
        for name, kind in columns
        if kind in ("VARCHAR", "BLOB")
    ]
    query = f"SELECT max({' + '.join(texts) or 0}) FROM {_quoted(table.name)}"
    (longest,) = copy.execute(query).fetchone()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        pages = Pages(mapped)
        # A number takes up to eight bytes, and what says a column's kind up to nine.
        return pages.utf_8 and (longest or 0) + 18 * (1 + len(columns)) <= pages.longest_row


def _rowid_of(table: Table) -> str:
    """One of SQLite's three names of the rowid that the table's own columns do not take."""
    return next(name for name in ("rowid", "_rowid_", "oid") if name not in table.sql.casefold())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _named(path: Path, tables: Sequence[str]) -> list[Table]:
    """The tables and views as the file spells them; those it does not have are not there."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as database:
        query = (
            "SELECT name, coalesce(rootpage, 0), sql FROM sqlite_master"
            " WHERE type IN ('table', 'view')"
        )
        known = {row[0].casefold(): Table(*row) for row in database.execute(query)}
    wanted = (table.rpartition(".")[2].casefold() for table in tables)
    return [known[name] for name in dict.fromkeys(wanted) if name in known]
