"""Put a run's folder in place: whole or not at all, and never changed afterwards."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from growthml.errors import GrowthError


def files_of(folder: Path) -> list[str]:
    """The names of a stored run's files, relative to its folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path.relative_to(folder).as_posix() for path in paths]


def keep(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Write `files` (relative name -> content) as `folder`; False if it is there already.

    The files are written beside it first and renamed into place, so that no reader and no crash
    ever sees half a run. Raises GrowthError when the archive cannot be written.
    """
    if folder.exists():
        return False
    building = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        for name, content in files.items():
            write(building / name, content)
        return _put_in_place(building, folder)
    except OSError as error:
        raise cannot_write(folder, error) from None
    finally:
        shutil.rmtree(building, ignore_errors=True)
        with suppress(OSError):  # A report's folder without any run in it goes too.
            folder.parent.rmdir()


def clear_away(folder: Path) -> None:
    """Delete what was being written as `folder` by somebody who never finished."""
    for building in folder.parent.glob(f".{folder.name}.*"):
        shutil.rmtree(building, ignore_errors=True)


def cannot_write(folder: Path, error: OSError) -> GrowthError:
    """What to say where an archive does not take a run."""
    return GrowthError(
        f"cannot write the run {folder}: {error.strerror}; nothing was added."
        " Choose another archive with --archive, or mend this one"
    )


def write(path: Path, content: bytes) -> None:
    """Write a file and flush it to the disk; raises OSError."""
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
    sync(folder.parent)
    return True


def sync(folder: Path) -> None:
    """Flush a folder's list of names to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
