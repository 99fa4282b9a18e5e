"""The leaves of a SQLite table: the pages its rows lie in, in the order of their rowids.

A file that is only appended to keeps its leaves byte for byte, but for the last one and new ones
after it. So two states of a table are compared without reading a row; what the bytes mean is
described in https://www.sqlite.org/fileformat2.html, chapter 1.6.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

_FILE_HEADER = 100
_INTERIOR, _LEAF = 0x05, 0x0D
_UTF_8 = 1


class Leaf(NamedTuple):
    """A page of rows. rows: how many; last: the rowid of the last; digest: of its bytes."""

    digest: bytes
    rows: int
    last: int


class Pages:
    """The pages of a SQLite file, mapped into memory; nobody may write it meanwhile."""

    def __init__(self, file: mmap.mmap) -> None:
        self._file = file
        size = int.from_bytes(file[16:18])
        self.size = 65536 if size == 1 else size
        self.usable = self.size - file[20]
        self.utf_8 = int.from_bytes(file[56:60]) in (0, _UTF_8)

    @property
    def longest_row(self) -> int:
        """How many bytes a row may have and lie in its leaf alone, without overflow pages."""
        return self.usable - 35

    def leaves(self, root: int) -> Iterator[Leaf]:
        """The leaves below a table's root page. Raises ValueError for a table without rowids."""
        page = memoryview(self._file)[(root - 1) * self.size : root * self.size]
        start = _FILE_HEADER if root == 1 else 0
        kind, cells = page[start], int.from_bytes(page[start + 3 : start + 5])
        if kind == _LEAF:
            last = _last_rowid(page, start, cells) if cells else 0
            yield Leaf(blake2b(page, digest_size=16).digest(), cells, last)
        elif kind == _INTERIOR:
            for place in range(start + 12, start + 12 + 2 * cells, 2):
                cell = int.from_bytes(page[place : place + 2])
                yield from self.leaves(int.from_bytes(page[cell : cell + 4]))
            yield from self.leaves(int.from_bytes(page[start + 8 : start + 12]))
        else:
            raise ValueError(f"page {root} is not part of a table with rowids")


def _last_rowid(page: memoryview, start: int, cells: int) -> int:
    place = start + 8 + 2 * (cells - 1)
    cell = int.from_bytes(page[place : place + 2])
    _size, after = _varint(page, cell)
    rowid, _after = _varint(page, after)
    return rowid


def _varint(page: memoryview, place: int) -> tuple[int, int]:
    """A whole number of one to nine bytes, and the place after it."""
    value = 0
    for byte in page[place : place + 8]:
        place += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place
    value = value << 8 | page[place]
    return (value - (1 << 64) if value >= 1 << 63 else value), place + 1


def unchanged(before: Sequence[Leaf], now: Sequence[Leaf]) -> int | None:
    """How many leaves at the beginning are as they were, if all but the last are; else None."""
    same = len(before) - 1
    kept = same > 0 and list(now[:same]) == list(before[:same])
    return same if kept else None
