"""The archive's static page, kept up run by run: adding one costs the same among 10 and 10,000.

`index.html` shows the newest runs, `index/page-*.html` the older ones; `index/rows.db` remembers.
A run is announced before its folder is put in place and the announcement is taken back once its
row is written, so that whoever adds next heals what a crash left out. Reports that are added again
change nothing.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from growthml.archive import catalogue, lock, pages, postmortem
from growthml.archive.catalogue import Catalogue, Entry
from growthml.archive.lock import INDEX, locked
from growthml.archive.rows import row_of
from growthml.archive.runs import RUN_ID, StoredRun, check, read, scan
from growthml.archive.store import clear_away
from growthml.errors import GrowthError

ROWS = f"{INDEX}/rows.db"
PENDING = f"{INDEX}/pending"
ABANDONED = 3600
"""Seconds after which an announced run that never came is forgotten."""


def announce(archive: Path, folder: Path, note: str = "") -> None:
    """Say that a run is about to be put in place as `folder`; `add` takes it back."""
    marker = {"report": folder.parent.name, "run_id": folder.name, "note": note}
    lock.put(
        _marker(archive, folder.parent.name, folder.name),
        _json(marker),
        durable=True,
        unlocked=True,
    )


def add(archive: Path, folder: Path, note: str = "") -> None:
    """Put a stored run into the index and onto its campaigns' postmortems, and any other run that
    was announced and is in place.

    note: what became of it, such as "held: data 3 days old (not sent)". Adding a run again changes
    nothing. Raises GrowthError when the run or the index cannot be read.
    """
    run = read(folder)
    with _open(archive) as index:
        index.add(run, note)
        index.heal()


def withdraw(archive: Path, folder: Path) -> None:
    """Take an announcement back: the run could not be put in place."""
    marker = _marker(archive, folder.parent.name, folder.name)
    marker.unlink(missing_ok=True)
    with suppress(OSError):  # An archive without any run in it stays as it was.
        marker.parent.rmdir()
        marker.parent.parent.rmdir()


def announced(archive: Path) -> list[tuple[Path, str]]:
    """The folders, there or not, of runs that were announced and have no row yet; their notes."""
    markers = [_announced(each) for each in sorted((archive / PENDING).glob("*.json"))]
    return [
        (archive / found["report"] / found["run_id"], str(found.get("note", "")))
        for found in markers
        if found
    ]


def note(archive: Path, run_id: str, text: str) -> None:
    """Say what became of a run, in place of what was said before; an unknown run is no error."""
    with _open(archive) as index:
        index.heal()
        for entry in index.catalogue.named(run_id):
            index.update(entry, note=text)


def remove(archive: Path, runs: Iterable[StoredRun]) -> None:
    """Take runs out of the index, once their folders are gone."""
    with _open(archive) as index:
        for run in runs:
            index.remove(run.report, run.run_id)


def rebuild(archive: Path) -> int:
    """Make the index and the postmortems anew from the stored runs; how many there are.

    What the old index knew of a run (its note, its manifest's digest) is kept where it can be read,
    so that a manifest changed since does not pass as genuine.
    """
    check(archive)
    try:
        catalogue.read(archive / ROWS)
    except (sqlite3.Error, ValueError):
        with locked(archive):
            for file in (archive / INDEX).glob("rows.db*"):
                file.unlink()
    with _open(archive) as index:
        shelf = scan(archive)
        known = {(each.report, each.run_id): each for each in index.clear()}
        for run in reversed(shelf.runs):
            before = known.get((run.report, run.run_id))
            index.place(run, before.note if before else "", before.sha256 if before else None)
        index.heal()
        index.dirty = True
        postmortem.retake(archive, shelf.runs[::-1], index.put)
    return len(shelf.runs)


@contextmanager
def _open(archive: Path) -> Iterator[_Index]:
    """The index, locked and inside one transaction; its pages are written before that ends."""
    try:
        with locked(archive):
            index = _Index(archive)
            done = False
            try:
                yield index
                index.write()
                done = True
            finally:
                index.catalogue.close(keep=done)
            index.forget()
    except sqlite3.Error as error:
        raise GrowthError(
            f"{archive / ROWS}: {error}; `growthml archive index` makes the index anew"
        ) from None
    except OSError as error:
        raise GrowthError(
            f"cannot write the archive's index in {archive}: {error.strerror}; mend this and run"
            " `growthml archive index`"
        ) from None


class _Index:
    """One opening of the index. touched: the leaves whose pages must be written; dirty: the first
    page must be, whatever it shows."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive
        self.catalogue = Catalogue(archive / ROWS)
        self.touched: set[int] = set()
        self.dirty = False
        self._head = self.catalogue.head()
        self._done: list[Path] = []

    def add(self, run: StoredRun, text: str) -> None:
        """A run's row, and what it measured of its campaigns."""
        first = not (self.archive / postmortem.OVERVIEW).is_file()
        if postmortem.take(self.archive, [run], self.put) and first:
            self.dirty = True
        self.place(run, text)

    def place(self, run: StoredRun, text: str, sha256: str | None = None) -> None:
        """A run's row. sha256: of its manifest as it was, if that is known already."""
        marker = _marker(self.archive, run.report, run.run_id)
        announced = marker.is_file()
        self._done += [marker] if announced else []
        sha256 = sha256 or hashlib.sha256((run.folder / "run.json").read_bytes()).hexdigest()
        known = self.catalogue.get(run.report, run.run_id)
        if known is not None:
            # What was announced has just been written, perhaps in the place of a deleted run.
            self.update(known, sha256=sha256 if announced else known.sha256, note=text)
            if not (self.archive / "index.html").is_file():
                self.touched.add(known.leaf)
            return
        entry = self.catalogue.insert(row_of(run), sha256, text)
        self._touch(entry)
        self._split(entry.leaf)

    def update(self, entry: Entry, *, note: str = "", sha256: str = "") -> None:
        """Change what is said of a run; saying nothing leaves it as it is."""
        note, sha256 = note or entry.note, sha256 or entry.sha256
        if (note, sha256) == (entry.note, entry.sha256):
            return
        self.catalogue.update(entry, row=entry.row, sha256=sha256, note=note)
        self.touched.add(entry.leaf)

    def remove(self, report: str, run_id: str) -> None:
        """Take a run out."""
        entry = self.catalogue.get(report, run_id)
        if entry is not None:
            self._touch(entry)
            self.catalogue.remove(entry)

    def clear(self) -> list[Entry]:
        """Forget every run and every page; what was known."""
        known = self.catalogue.clear()
        for name in self.catalogue.pages():
            self.catalogue.page(name, None)
        for file in (self.archive / INDEX).glob("page-*"):
            file.unlink()
        return known

    def heal(self) -> None:
        """Add the runs that were announced, are in place and have no row yet."""
        for marker in sorted((self.archive / PENDING).glob("*.json")):
            if marker in self._done:
                continue
            found = _announced(marker)
            folder = self.archive / found["report"] / found["run_id"] if found else None
            run = _readable(folder) if folder is not None and folder.is_dir() else None
            if run is not None:
                self.add(run, str(found.get("note", "")))
            elif _age(marker) > ABANDONED:
                if folder is not None:
                    clear_away(folder)
                self._done.append(marker)
        left_over = (self.archive / PENDING).glob(".*")
        self._done += [path for path in left_over if _age(path) > ABANDONED]

    def write(self) -> None:
        """Write every page that is not as it should be, the first page last."""
        if not self.touched and not self.dirty:
            return
        head = self.catalogue.head()
        if head != self._head:
            self.touched |= {each for each in (head, self._head) if each is not None}
        for name, content in pages.shared().items():
            self.put(f"{INDEX}/{name}", content)
        for leaf in sorted(self.touched, key=lambda leaf: (leaf == head, leaf)):
            self._write_leaf(leaf, head)
        # The trends and the newest run stand on the first page, whichever leaf changed.
        if head not in self.touched:
            self._write_leaf(head, head)

    def forget(self) -> None:
        """Take back the announcements of all that now has a row."""
        for marker in self._done:
            marker.unlink(missing_ok=True)

    def _touch(self, entry: Entry) -> None:
        """A run's page, that of the report after it, and the pages linked to its own."""
        after = self.catalogue.successor(entry)
        self.touched |= {entry.leaf} | ({after.leaf} if after else set())
        runs = self.catalogue.leaf(entry.leaf)
        if entry.seq in (runs[0].seq, runs[-1].seq):
            self._touch_neighbours(entry.leaf)

    def _touch_neighbours(self, leaf: int) -> None:
        runs = self.catalogue.leaf(leaf)
        beside = (self.catalogue.newer(runs[0]), self.catalogue.older(runs[-1]))
        self.touched |= {each.leaf for each in beside if each}

    def _split(self, leaf: int) -> None:
        new = self.catalogue.split(leaf)
        if new is not None:
            self.touched |= {leaf, new}
            self._touch_neighbours(new)

    def _write_leaf(self, leaf: int | None, head: int | None) -> None:
        names = [] if leaf is None else [pages.page_name(leaf), pages.script_name(leaf)]
        entries = [] if leaf is None else self.catalogue.leaf(leaf)
        if leaf is not None and not entries:
            for name in names:
                self._drop(f"{INDEX}/{name}")
            return
        view = pages.leaf_view(self.catalogue, entries)
        if leaf != head:
            self.put(f"{INDEX}/{names[1]}", pages.script(view))
            self.put(f"{INDEX}/{names[0]}", pages.older(view))
            return
        postmortems = (self.archive / postmortem.OVERVIEW).is_file()
        self.put("index.html", pages.first(self.catalogue, view, postmortems=postmortems))
        for name in names:
            self._drop(f"{INDEX}/{name}")

    def put(self, name: str, content: bytes) -> None:
        """Write a file of the archive and remember its digest."""
        path = self.archive / name
        if not path.is_file() or path.read_bytes() != content:
            lock.put(path, content, durable=name.endswith(".json"))
        self.catalogue.page(name, hashlib.sha256(content).hexdigest())

    def _drop(self, name: str) -> None:
        (self.archive / name).unlink(missing_ok=True)
        self.catalogue.page(name, None)


def _marker(archive: Path, report: str, run_id: str) -> Path:
    return archive / PENDING / f"{report}--{run_id}.json"


def _announced(marker: Path) -> dict[str, Any]:
    """What a marker says; empty for a file that is none."""
    with suppress(OSError, ValueError):
        found = json.loads(marker.read_bytes())
        named = isinstance(found, dict) and RUN_ID.fullmatch(str(found.get("run_id")))
        if named and "/" not in str(found.get("report")):
            return dict(found)
    return {}


def _readable(folder: Path) -> StoredRun | None:
    """The run in a folder; None for a broken one, which `growthml archive verify` tells of."""
    with suppress(GrowthError):
        return read(folder)
    return None


def _age(marker: Path) -> float:
    with suppress(OSError):
        return time.time() - marker.stat().st_mtime
    return 0.0


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
