"""What the archive's verbs ask of the delivery ledger; nothing where there is none."""

from __future__ import annotations

import sqlite3
from pathlib import Path

PATH = "deliveries/ledger.db"


def digests(archive: Path) -> dict[str, str]:
    """By message id, the SHA-256 of the mail that was sent. Raises sqlite3.Error for a ledger
    that cannot be read."""
    found = _ask(archive, "select message_id, sha256 from deliveries where sha256 is not null")
    return {str(message): str(sha256) for message, sha256 in found}


def sent_mails(archive: Path) -> set[str]:
    """The message ids of mails that went out. Raises sqlite3.Error as above."""
    found = _ask(archive, "select message_id from deliveries where state = 'sent'")
    return {str(message) for (message,) in found}


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
