"""Access logs as tables: each file parsed once, into a Parquet file named by its content.

`requests` holds occurred_at (UTC), ip, user_id, method, path, protocol, status, bytes, referrer,
agent, file and line; `malformed` the file, line, reason and sample of every line that is none. A
renamed or rotated file is known by what is in it. The cache may be deleted at any time.
"""

from __future__ import annotations

import gzip
import os
import secrets
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from growthml.config.url import log_files
from growthml.errors import SourceError
from growthml.progress import Progress
from growthml.sources.weblog import PARSER, Parser

if TYPE_CHECKING:
    import pyarrow as pa

_GLANCE = 256 * 1024
_CHUNK = 4 * 1024 * 1024
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, kw_only=True)
class Logs:
    """How access logs are read. cache: the folder of what was parsed before; None: nothing is
    parsed but each file's first lines."""

    cache: Path | None = None
    progress: Progress | None = None


GLANCE = Logs()
"""Each file's first lines: enough to see that it is a log and to map its columns."""


def log_views(name: str, path: Path, duck: Any, logs: Logs, *, threads: int | None = None) -> None:
    """Give DuckDB connection `duck` the tables `requests` and `malformed` of the logs at `path`.

    Raises SourceError when a file cannot be read or is a broken gzip, the cache cannot be
    written, or there are lines but no request among them.
    """
    import duckdb

    if not path.exists():
        raise SourceError(
            f"sources.{name}: there is no file or folder {path}"
            " (relative paths start in the folder the command runs in)"
        )
    requests: Any = None
    malformed: Any = None
    with Parser(threads=threads) as parser:
        for file in log_files(path):
            with _readable(name, file):
                lines = _relation(file, duck, logs, parser)
            named = duckdb.ConstantExpression(file.name).alias("file")
            good = lines.filter("reason IS NULL").select(
                duckdb.StarExpression(exclude=["line", "reason", "sample"]), named, "line"
            )
            bad = lines.filter("reason IS NOT NULL").select(named, "line", "reason", "sample")
            requests = good if requests is None else requests.union(good)
            malformed = bad if malformed is None else malformed.union(bad)
    requests.create_view("requests")
    malformed.create_view("malformed")
    first = malformed.order("file, line").fetchone()
    if first is not None and requests.limit(1).fetchone() is None:
        raise SourceError(
            f"sources.{name}: {path} holds no line of an access log; {first[0]}, line {first[1]}:"
            f" {first[2]}; expected the common or combined format of Apache and Nginx"
        )


def _relation(file: Path, duck: Any, logs: Logs, parser: Parser) -> Any:
    if logs.cache is None:
        return duck.from_arrow(_first_lines(file, parser))
    return duck.read_parquet(str(cached(file, logs.cache, parser, logs.progress)))


@contextmanager
def _readable(name: str, file: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(
            f"sources.{name}: {file} is no whole gzip file ({error}); copy it again, or take it"
            " out of the folder. Nothing of it was kept"
        ) from None
    except OSError as error:
        raise SourceError(
            f"sources.{name}: cannot read the log {file}: {error.strerror or error}"
            f"{f' ({error.filename})' if error.filename else ''}"
        ) from None


def _first_lines(file: Path, parser: Parser) -> pa.Table:
    """The lines that are whole within the first bytes; all where there are no more."""
    import pyarrow as pa

    with _Raw(file) as raw, _plain(raw) as plain:
        start = plain.read(_GLANCE)
        if len(start) == _GLANCE:
            start = start[: start.rfind(b"\n") + 1] or start
    parts = iter((start, b""))
    return pa.concat_tables(parser.parse(lambda _: next(parts)))


def cached(file: Path, cache: Path, parser: Parser, progress: Progress | None = None) -> Path:
    """The Parquet file of what `file` holds, parsed now unless the cache has it already.

    A log that is still written to is read up to where it ended when it was opened. The Parquet
    file is written under another name and renamed when whole, so that none is ever half there and
    two runs at once do no harm.
    """
    with _Raw(file) as raw:
        digest = sha256()
        while chunk := raw.read(_CHUNK):
            digest.update(chunk)
        kept = cache / f"{digest.hexdigest()}.v{PARSER}.parquet"
        if kept.is_file():
            return kept
        raw.rewind()
        if progress is not None:
            progress.say(f"Reading {raw.name}, {raw.size / 1e6:,.0f} MB, for the first time")
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = cache / f".{secrets.token_hex(8)}.partial"
        try:
            with _plain(raw) as plain:
                _write(unfinished, parser, plain.read, lambda: _say(progress, raw))
            if raw.digest() != digest.hexdigest():
                raise OSError(None, "it was changed while it was read; run again", str(file))
            unfinished.replace(kept)
        finally:
            unfinished.unlink(missing_ok=True)
    return kept


def _write(
    unfinished: Path, parser: Parser, read: Callable[[int], bytes], after_each: Callable[[], None]
) -> None:
    import pyarrow.parquet as pq

    tables = parser.parse(read)
    first = next(tables)
    with pq.ParquetWriter(unfinished, first.schema, compression="zstd") as writer:
        for table in chain((first,), tables):
            writer.write_table(table)
            after_each()


def _say(progress: Progress | None, raw: _Raw) -> None:
    if progress is not None:
        done, size = raw.position / 1e6, raw.size / 1e6
        progress.within(f"Reading {raw.name}: {done:,.0f} of {size:,.0f} MB")


class _Raw:
    """A file's bytes up to where it ended when it was opened, hashed as they are read."""

    def __init__(self, file: Path) -> None:
        self.name = file.name
        self._file = file.open("rb")
        self.size = os.fstat(self._file.fileno()).st_size
        self.rewind()

    def __enter__(self) -> _Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def rewind(self) -> None:
        """Back to the first byte, with nothing hashed."""
        self._file.seek(0)
        self.position = 0
        self._hash = sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`."""
        left = self.size - self.position
        chunk = self._file.read(left if size < 0 else min(size, left))
        self.position += len(chunk)
        self._hash.update(chunk)
        return chunk

    def digest(self) -> str:
        """The hash of what was read since the last rewind."""
        return self._hash.hexdigest()

    def starts_with(self, magic: bytes) -> bool:
        """Whether the file does; for one that was not read from yet."""
        found = self._file.read(len(magic)) == magic
        self._file.seek(self.position)
        return found


@contextmanager
def _plain(raw: _Raw) -> Iterator[IO[bytes] | _Raw]:
    """The bytes themselves, or what they unpack to: a gzip is known by how it begins."""
    if not raw.starts_with(_GZIP):
        yield raw
        return
    with gzip.GzipFile(fileobj=raw, mode="rb") as unpacked:  # type: ignore[call-overload]
        yield unpacked
