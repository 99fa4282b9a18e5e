"""One writer at a time for what the runs of an archive share; a lock dies with its process."""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from growthml.archive.store import sync, write

INDEX = "index"
"""The folder, in the archive, of all that the index consists of besides its first page."""


@contextmanager
def locked(archive: Path) -> Iterator[None]:
    """Hold the archive's lock; waits for whoever has it."""
    folder = archive / INDEX
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def put(path: Path, content: bytes, *, durable: bool = False, unlocked: bool = False) -> None:
    """Write a file so that every reader sees the old one or the new one, whole.

    durable: it must outlast a power cut. unlocked: others may write it at the same time. What a
    killed writer left beside it is overwritten by the next, unless it was unlocked.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4) if unlocked else 'new'}")
    try:
        if durable:
            write(temporary, content)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(content)
        temporary.replace(path)
        if durable:
            sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)
