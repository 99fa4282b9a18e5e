"""Apache and Nginx access logs, common or combined, parsed in blocks of bounded size.

Python cuts the bytes at newlines and makes them text; DuckDB takes the lines apart, a column at a
time. A line is split at its quotes, so that the few patterns that remain are short and cheap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

PARSER = 2
"""Goes up whenever the same bytes would be read otherwise; caches of older parsers are left."""

LONGEST_LINE = 64 * 1024
"""Bytes; servers refuse requests long before, so a longer line is no request."""

SAMPLE = 200
"""Characters kept of a malformed line."""

_BLOCK = 16 * 1024 * 1024
_LINES = 16_384
"""Lines in a batch; DuckDB gives each core a batch of its own."""

_CONTROL = bytes(each for each in range(32) if each not in b"\t\n") + b"\x7f"
_CONTROLS = re.compile(b"[" + re.escape(_CONTROL) + b"]")
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"

_HEAD = r"^(?:[\w.-]+:\d+ )?(\S+) \S+ (\S.*?) \[([^\]]*)\] $"
"""Address, user and time, after the host of a log of several (`%v:%p`)."""

_ANSWER = r"^ (\d{3}) (\d+|-)(?: |$)"
_REQUEST = r"^([A-Z][A-Z_-]{0,31}) (\S.*?)(?: (HTTP/[\d.]+))?$"

# Escaped quotes and backslashes become control characters, which no text has left, until the line
# is split. An agent without its closing quote is one a server cut off: the line counts, but who
# asked is not known.
_PARSE = r"""
WITH split AS (
    SELECT line, text, string_split(
        CASE WHEN contains(text, '\')
            THEN replace(replace(text, '\\', chr(2)), '\"', chr(1)) ELSE text END, '"') AS parts
    FROM (SELECT line, rtrim(ended, chr(10)) AS text FROM lines)
    WHERE trim(text) <> ''
), matched AS (
    SELECT line, text, parts, len(parts) AS n,
        regexp_extract(parts[1], $head, ['ip', 'user', 'at']) AS head,
        regexp_extract(parts[3], $answer, ['status', 'bytes']) AS answer,
        regexp_extract(parts[2], $request, ['method', 'path', 'protocol']) AS request
    FROM split
), told AS (
    SELECT *, try_strptime(head.at, '%d/%b/%Y:%H:%M:%S %z')::TIMESTAMP AS occurred_at,
        CASE
            WHEN strlen(text) > $longest THEN 'longer than ' || $longest || ' bytes'
            WHEN head.ip = '' OR coalesce(answer.status, '') = '' THEN
                CASE WHEN contains(text, $unknown) THEN 'binary bytes'
                    WHEN n % 2 = 0 THEN 'unbalanced quotes' ELSE 'no access log line' END
            WHEN n NOT IN (3, 6) AND (n % 2 = 0 OR n = 5 OR parts[5] <> ' '
                OR NOT (parts[7] = '' OR starts_with(parts[7], ' '))) THEN 'unbalanced quotes'
            WHEN occurred_at IS NULL THEN 'impossible time'
        END AS reason
    FROM matched
)
SELECT occurred_at, nullif(head.ip, '') AS ip, nullif(nullif(head.user, '-'), '""') AS user_id,
    nullif(request.method, '') AS method,
    nullif(whole(CASE WHEN request.method = '' THEN parts[2] ELSE request.path END), '-') AS path,
    nullif(request.protocol, '') AS protocol,
    try_cast(answer.status AS INTEGER) AS status, try_cast(answer.bytes AS BIGINT) AS bytes,
    nullif(nullif(whole(parts[4]), '-'), '') AS referrer,
    nullif(nullif(CASE WHEN n <> 6 THEN whole(parts[6]) END, '-'), '') AS agent,
    line, reason,
    CASE WHEN reason IS NOT NULL
        THEN regexp_replace(left(text, $sample), '[\p{C}\p{Zl}\p{Zp}]', $unknown, 'g') END AS sample
FROM told ORDER BY line
"""

_WHOLE = r"""CREATE MACRO whole(part) AS replace(replace(part, chr(1), '"'), chr(2), '\')"""


class Parser:
    """Takes the lines of one log file apart; `threads` of DuckDB's. Use as a context manager."""

    def __init__(self, *, threads: int | None = None) -> None:
        import duckdb

        config: dict[str, Any] = {"memory_limit": "512MB", "autoinstall_known_extensions": "false"}
        if threads is not None:
            config["threads"] = threads
        self._duck = duckdb.connect(":memory:", config=config)
        self._duck.execute("SET TimeZone = 'UTC'")
        self._duck.execute(_WHOLE)

    def __enter__(self) -> Parser:
        return self

    def __exit__(self, *_: object) -> None:
        self._duck.close()

    def parse(self, read: Callable[[int], bytes]) -> Iterator[pa.Table]:
        """The lines of what `read(size)` returns, in order, a table a block.

        Columns: occurred_at (UTC), ip, user_id, method, path, protocol, status, bytes, referrer,
        agent, line (from 1), reason and sample. `reason` is NULL for a request; else the line is
        malformed, says why, and shows its beginning in printable characters. `-` is NULL. A
        request that is no HTTP stands whole in `path`, its method NULL. Empty lines are counted in
        `line` and otherwise passed over.
        """
        before = 0
        for block in _blocks(read):
            lines = _lines(_clean(block), before)
            before += lines.num_rows
            yield self._taken_apart(lines)

    def _taken_apart(self, lines: pa.Table) -> pa.Table:
        self._duck.register("lines", lines)
        try:
            return self._duck.execute(
                _PARSE,
                {
                    "head": _HEAD,
                    "answer": _ANSWER,
                    "request": _REQUEST,
                    "longest": LONGEST_LINE,
                    "unknown": _UNKNOWN,
                    "sample": SAMPLE,
                },
            ).to_arrow_table()
        finally:
            self._duck.unregister("lines")


def _blocks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Whole lines, about a block at a time; one too long is cut, and stays too long.

    An empty line where there is nothing, so that there is always a table.
    """
    rest, empty = b"", True
    while data := read(_BLOCK):
        empty = False
        end = data.rfind(b"\n") + 1
        if end:
            yield rest + data[:end]
            rest = data[end:]
        else:
            rest += data
        rest = rest[: LONGEST_LINE + 1]
    if rest or empty:
        yield rest + b"\n"


def _clean(block: bytes) -> bytes:
    """The block as UTF-8 without control characters; what is neither becomes U+FFFD."""
    if b"\r\n" in block:
        block = block.replace(b"\r\n", b"\n")
    if len(block.translate(None, _CONTROL)) < len(block):
        block = _CONTROLS.sub(_UNKNOWN.encode(), block)
    if block.isascii():
        return block
    try:
        block.decode()
    except UnicodeDecodeError:
        return block.decode(errors="replace").encode()
    return block


def _lines(block: bytes, before: int) -> pa.Table:
    """One row a line: its number and its text up to its newline, which is not copied."""
    import numpy as np
    import pyarrow as pa

    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
    offsets = np.concatenate(([0], ends + 1)).astype(np.int32)
    text = pa.Array.from_buffers(
        pa.string(), len(ends), [None, pa.py_buffer(offsets), pa.py_buffer(block)]
    )
    number = pa.array(np.arange(before + 1, before + len(ends) + 1))
    whole = pa.table({"line": number, "ended": text})
    return pa.Table.from_batches(whole.to_batches(max_chunksize=_LINES), whole.schema)
