"""CSV and Parquet files, and folders of them, as tables of an in-memory DuckDB.

A file `Users.csv` is the table `Users`. In a folder every file is a table of its own, and every
sub-folder is one table made of the files in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from growthml.errors import SourceError

_SUFFIXES = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".csv.gz": "csv",
    ".tsv": "csv",
    ".tsv.gz": "csv",
}


def is_file_source(url: str) -> bool:
    """Whether `url` is a path to files rather than a database URL."""
    return "://" not in url and not url.endswith(":memory:")


def kind_of(path: Path) -> str | None:
    """`parquet` or `csv` by the file's name; None if it is neither."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    return _SUFFIXES.get("".join(suffixes)) or _SUFFIXES.get("".join(suffixes[-1:]))


def table_name(path: Path) -> str:
    """The table a file becomes: its name up to the first suffix that says what it is."""
    name = path.name
    for suffix in sorted(_SUFFIXES, key=len, reverse=True):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def views_of(name: str, path: Path, duck: Any) -> None:
    """Give DuckDB connection `duck` one view a table found at `path`.

    Raises SourceError when there is nothing to read there, or a file cannot be read.
    """
    tables = _tables(path)
    if not tables:
        raise SourceError(
            f"sources.{name}: no .parquet or .csv files at {path}"
            if path.exists()
            else f"sources.{name}: there is no file or folder {path}"
            " (relative paths start in the folder the command runs in)"
        )
    for table, files in tables.items():
        try:
            _read(duck, files).create_view(table)
        except Exception as error:
            raise SourceError(f"sources.{name}: cannot read {files[0]}: {error}") from None


def _tables(path: Path) -> dict[str, list[Path]]:
    if path.is_file():
        return {table_name(path): [path]} if kind_of(path) else {}
    tables: dict[str, list[Path]] = {}
    for entry in sorted(path.glob("*")):
        if entry.is_dir():
            files = [file for file in sorted(entry.rglob("*")) if kind_of(file)]
            if files:
                tables[entry.name] = files
        elif kind_of(entry):
            tables.setdefault(table_name(entry), []).append(entry)
    return tables


def _read(duck: Any, files: list[Path]) -> Any:
    names = [str(file) for file in files]
    if kind_of(files[0]) == "parquet":
        return duck.read_parquet(names, union_by_name=len(names) > 1)
    return duck.read_csv(names, sample_size=-1, union_by_name=len(names) > 1)
