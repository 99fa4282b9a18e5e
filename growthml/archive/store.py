"""Put a run's folder in place: whole or not at all, and never changed afterwards."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from growthml.errors import GrowthError


def run_id(as_of: date, ingredients: Iterable[bytes]) -> str:
    """`<as-of date>-<12 hex digits>`, the digits a SHA-256 over what was computed, in order."""
    digest = hashlib.sha256()
    for ingredient in ingredients:
        digest.update(len(ingredient).to_bytes(8, "big"))
        digest.update(ingredient)
    return f"{as_of.isoformat()}-{digest.hexdigest()[:12]}"


def keep(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Write `files` (relative name -> content) as `folder`; False if it is there already.

    The files are written beside it first and renamed into place, so that no reader and no crash
    ever sees half a run. Raises GrowthError when the archive cannot be written.
    """
    if folder.exists():
        return False
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise GrowthError(f"cannot write to the archive {folder.parent}: {error.strerror}") from None
    try:
        for name, content in files.items():
            _write(building / name, content)
        building.chmod(0o755)
        return _put_in_place(building, folder)
    except OSError as error:
        raise GrowthError(f"cannot write the run {folder}: {error.strerror}") from None
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _put_in_place(building: Path, folder: Path) -> bool:
    try:
        building.rename(folder)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            return False
        raise
    _sync(folder.parent)
    return True


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
