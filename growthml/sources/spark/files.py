"""Parquet and CSV files that lie where a Spark server can read them, as views of one session."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from growthml.errors import SourceError
from growthml.sources.dialects.spark import name as written
from growthml.sources.dialects.spark import text
from growthml.sources.files import kind_of, table_name

_CSV = {"header": "true", "inferSchema": "true"}


def views_of(name: str, path: str, session: Any) -> None:
    """Give a session one view a table found at `path`, a folder or a file as the server sees it.

    Every file is a table, and so is every sub-folder, however Spark divided it. Names that start
    with a dot or an underscore are passed over. Raises SourceError where there is nothing to read.
    """
    tables = _tables(name, path.rstrip("/"), session)
    if not tables:
        raise SourceError(
            f"sources.{name}: the Spark server finds no .parquet or .csv files at {path};"
            " the folder must be one that the server and its workers can read"
        )
    for table, (place, kind) in tables.items():
        options = {"path": place} | (_CSV if kind == "csv" else {})
        given = ", ".join(f"{key} {text(value)}" for key, value in options.items())
        session.sql(f"CREATE TEMPORARY VIEW {written(table)} USING {kind} OPTIONS ({given})")


def _tables(name: str, path: str, session: Any) -> dict[str, tuple[str, str]]:
    """By table: where its file or folder lies, and what its files are."""
    whole = PurePosixPath(path)
    if kind := kind_of(whole):
        return {table_name(whole): (path, kind)}
    tables: dict[str, tuple[str, str]] = {}
    for file in _files(path, session):
        kind = kind_of(file)
        entry = PurePosixPath(file.parts[0])
        if kind is None or any(part.startswith((".", "_")) for part in file.parts):
            continue
        table, place = table_name(entry), f"{path}/{entry}"
        twin = next((there for there in tables if there.casefold() == table.casefold()), None)
        if twin is not None and tables[twin] != (place, kind):
            raise SourceError(
                f"sources.{name}: {tables[twin][0]} and {place} are both the table '{table}', or"
                " hold both .parquet and .csv; a table is one file, or a folder of one kind"
            )
        tables[table] = (place, kind)
    return dict(sorted(tables.items()))


def _files(path: str, session: Any) -> list[PurePosixPath]:
    """Every file below a folder, by its name from there; only their names are read."""
    listed = session.read.format("binaryFile").option("recursiveFileLookup", "true").load(path)
    folder = "/" + path.partition("://")[2].partition("/")[2] if "://" in path else path
    folder = folder.strip("/") + "/"
    found = listed.select("path").toArrow()["path"].to_pylist()
    return [PurePosixPath(str(file).partition(folder)[2]) for file in found]
