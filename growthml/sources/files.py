"""CSV and Parquet files, and folders of them, as tables of an in-memory DuckDB.

A file `Users.csv` is the table `Users`. In a folder every file is a table of its own, and every
sub-folder is one table made of the files in it. Names that start with a dot are passed over.
"""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any

from growthml.errors import SourceError

_SUFFIXES = {
    ".parquet": "parquet",
    ".csv.gz": "csv",
    ".tsv.gz": "csv",
    ".csv": "csv",
    ".tsv": "csv",
}


def is_file_source(url: str) -> bool:
    """Whether `url` is a path to files rather than a database URL."""
    return "://" not in url


def _suffix(path: PurePath) -> str:
    return next((suffix for suffix in _SUFFIXES if path.name.lower().endswith(suffix)), "")


def kind_of(path: PurePath) -> str | None:
    """`parquet` or `csv` by the file's name; None if it is neither.

    >>> kind_of(Path("orders.2024.CSV.gz"))
    'csv'
    """
    return _SUFFIXES.get(_suffix(path))


def table_name(path: PurePath) -> str:
    """The table a file becomes: its name without the suffix that says what it is.

    >>> table_name(Path("orders.2024.csv.gz"))
    'orders.2024'
    """
    return path.name[: len(path.name) - len(_suffix(path))]


def views_of(name: str, path: Path, duck: Any) -> None:
    """Give DuckDB connection `duck` one view a table found at `path`.

    Raises SourceError when there is nothing to read there, two files are the same table, or a
    file cannot be read.
    """
    tables = _tables(name, path)
    if not tables:
        raise SourceError(
            f"sources.{name}: no .parquet, .csv or .log files at {path}"
            if path.exists()
            else f"sources.{name}: there is no file or folder {path}"
            " (relative paths start in the folder the command runs in)"
        )
    for table, files in tables.items():
        try:
            _read(duck, files).create_view(table)
        except Exception as error:  # DuckDB's errors have no common base but this
            first_line = str(error).splitlines()[0]
            raise SourceError(
                f"sources.{name}: cannot read the table '{table}' from"
                f" {files[0]}: {first_line}; open the file and mend it, or take it out of the"
                " folder"
            ) from None


def _tables(name: str, path: Path) -> dict[str, list[Path]]:
    if path.is_file():
        return {table_name(path): [path]} if kind_of(path) else {}
    tables: dict[str, list[Path]] = {}
    for entry in sorted(path.glob("[!.]*")):
        files = sorted(entry.rglob("[!.]*")) if entry.is_dir() else [entry]
        files = [file for file in files if kind_of(file)]
        if files:
            table = entry.name if entry.is_dir() else table_name(entry)
            _refuse_twins(name, table, tables, files)
            tables[table] = files
    return tables


def _refuse_twins(name: str, table: str, tables: dict[str, list[Path]], files: list[Path]) -> None:
    twin = next((there for there in tables if there.casefold() == table.casefold()), None)
    if twin is not None:
        raise SourceError(
            f"sources.{name}: {tables[twin][0].name} and {files[0].name} are both the table"
            f" '{table}'; rename one, or put the parts of one table into a folder of that name"
        )
    if len({kind_of(file) for file in files}) > 1:
        raise SourceError(
            f"sources.{name}: the folder '{table}' is one table, but holds both .parquet and .csv"
        )


def _read(duck: Any, files: list[Path]) -> Any:
    names = [str(file) for file in files]
    if kind_of(files[0]) == "parquet":
        return duck.read_parquet(names, union_by_name=len(names) > 1)
    return duck.read_csv(names, sample_size=-1, union_by_name=len(names) > 1)
