"""Is every byte of the archive the one that was put there? One line a problem: what, where, what
to do."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from growthml.archive import catalogue, index, ledger
from growthml.archive.runs import StoredRun, scan
from growthml.archive.store import files_of

_RESTORE = "restore the folder from a copy, or prune the run"
_REINDEX = "run `growthml archive index`"


def problems(archive: Path) -> list[str]:
    """Everything that is wrong, in a stable order; empty when all is well.

    Raises UsageError when there is no such archive.
    """
    shelf = scan(archive)
    runs = sorted(shelf.runs, key=lambda run: str(run.folder))
    found = [*shelf.unreadable]
    for run in runs:
        found += _of_run(run)
    return [*found, *_of_index(archive, runs), *_of_deliveries(archive)]


def _of_run(run: StoredRun) -> Iterator[str]:
    named = {each["file"]: each for each in run.manifest["outputs"]}
    there = set(files_of(run.folder))
    if run.run_id != run.folder.name or run.report != run.folder.parent.name:
        yield f"{run.folder}: holds the run {run.report}/{run.run_id}; put it back in its place"
    for name, each in named.items():
        if name not in there:
            yield f"{run.folder / name}: is missing; {_RESTORE}"
            continue
        content = (run.folder / name).read_bytes()
        if len(content) != each["bytes"]:
            yield (
                f"{run.folder / name}: has {len(content)} bytes and was written with"
                f" {each['bytes']}; {_RESTORE}"
            )
        elif hashlib.sha256(content).hexdigest() != each["sha256"]:
            yield f"{run.folder / name}: is not what was written; {_RESTORE}"
    for name in sorted(there - named.keys() - {"run.json"}):
        yield f"{run.folder / name}: belongs to no run; move it out of the archive"


def _of_index(archive: Path, runs: list[StoredRun]) -> Iterator[str]:
    path = archive / index.ROWS
    if not path.is_file():
        if runs:
            yield f"{path}: is missing, so no run.json can be checked; {_REINDEX}"
        return
    try:
        entries, pages = catalogue.read(path)
    except (sqlite3.Error, ValueError) as error:
        yield f"{path}: cannot be read ({error}); {_REINDEX}"
        return
    stored = {(run.report, run.run_id): run for run in runs}
    indexed = {(each.report, each.run_id): each for each in entries}
    for key, run in stored.items():
        if key not in indexed:
            yield f"{run.folder}: is not in the index; {_REINDEX}"
            continue
        content = (run.folder / "run.json").read_bytes()
        if hashlib.sha256(content).hexdigest() != indexed[key].sha256:
            yield f"{run.folder / 'run.json'}: is not what was written; {_RESTORE}"
    for report, run_id in sorted(indexed.keys() - stored.keys()):
        if not (archive / report / run_id).is_dir():
            yield (
                f"{archive / report / run_id}: is in the index and not there; {_RESTORE}, or"
                f" {_REINDEX} to forget it"
            )
    for name, sha256 in pages.items():
        page = archive / name
        if not page.is_file():
            yield f"{page}: is missing; {_REINDEX}"
        elif hashlib.sha256(page.read_bytes()).hexdigest() != sha256:
            yield f"{page}: is not what was written; {_REINDEX}"


def _of_deliveries(archive: Path) -> Iterator[str]:
    mails = {path.name: path for path in sorted((archive / "deliveries").glob("*.eml"))}
    try:
        known, sent = ledger.digests(archive), ledger.sent_mails(archive)
    except sqlite3.Error as error:
        yield f"{archive / ledger.PATH}: cannot be read ({error}); restore it from a copy"
        return
    for name, path in mails.items():
        if name not in known:
            yield f"{path}: is not in the ledger; move it out of the archive"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != known[name]:
            yield f"{path}: is not what was sent; restore it from a copy"
    # A runner that was killed may have claimed a mail before it was written.
    for name in sorted(sent - mails.keys()):
        yield f"{archive / 'deliveries' / name}: is missing; restore it from a copy"
