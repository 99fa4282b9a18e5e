"""A SQLite file that outgrew itself: its tables copied once into DuckDB, which counts far faster.

The copy is known by the file's fingerprint and made in one read transaction, by Arrow; it is put in
place whole, and made anew after any change of the file. Where the file cannot be copied (a column
that holds numbers and texts, say) SQLite itself is asked, as for small files.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from growthml.progress import Progress

log = logging.getLogger(__name__)

LEAST_BYTES = 64 * 1024 * 1024
"""Smaller files are counted by SQLite in a second or two."""
BATCH_ROWS = "65536"
_VERSION = b"1"


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
    try:
        _copy(path, tables, building)
        if fingerprint(path, tables) != before:
            return False
        building.replace(place)
    finally:
        building.unlink(missing_ok=True)
        Path(f"{building}.wal").unlink(missing_ok=True)
    for old in place.parent.glob(f"{_of_path(path)}-*.duckdb"):
        if old != place:
            old.unlink(missing_ok=True)
    return True


def _copy(path: Path, tables: Sequence[str], building: Path) -> None:
    import adbc_driver_sqlite.dbapi as adbc
    import duckdb

    address = f"{path.absolute().as_uri()}?mode=ro"
    with closing(adbc.connect(address)) as source, duckdb.connect(str(building)) as copy:
        for name in _named(path, tables):
            quoted = '"' + name.replace('"', '""') + '"'
            with closing(source.cursor()) as cursor:
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": BATCH_ROWS})
                cursor.execute(f"SELECT * FROM {quoted}")
                rows: Any = cursor.fetch_record_batch()  # DuckDB finds it by this name
                copy.execute(f"CREATE TABLE {quoted} AS SELECT * FROM rows")
                del rows


def _named(path: Path, tables: Sequence[str]) -> Iterator[str]:
    """The tables and views as the file spells them; those it does not have are not there."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as database:
        query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
        known = {name.casefold(): name for (name,) in database.execute(query)}
    wanted = (table.rpartition(".")[2].casefold() for table in tables)
    return iter([known[name] for name in dict.fromkeys(wanted) if name in known])
