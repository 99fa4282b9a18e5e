"""What the archive's verbs ask of the delivery ledger; nothing where there is none."""

from __future__ import annotations

import sqlite3
from pathlib import Path

PATH = "deliveries/ledger.db"


def digests(archive: Path) -> dict[str, str]:
    """By the name of its file, the SHA-256 of every mail that was written, those sent again
    included. Raises sqlite3.Error for a ledger that cannot be read."""
    found = _ask(archive, "select file, sha256 from history where sha256 <> '' order by number")
    return {str(file): str(sha256) for file, sha256 in found}


def sent_mails(archive: Path) -> set[str]:
    """The names of the files of mails that went out. Raises sqlite3.Error as above."""
    found = _ask(archive, "select distinct file from history where state = 'sent' and file <> ''")
    return {str(file) for (file,) in found}


def sent(archive: Path) -> set[str]:
    """The ids of runs that were sent. Raises sqlite3.Error as above."""
    found = _ask(archive, "select distinct run_id from deliveries where state = 'sent'")
    return {str(run_id) for (run_id,) in found}


def _ask(archive: Path, query: str) -> list[tuple[object, ...]]:
    path = archive / PATH
    if not path.is_file():
        return []
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()
