"""The templates' own bytes, for the run id, and their export to be overridden file by file."""

from __future__ import annotations

from pathlib import Path

from growthml.errors import UsageError
from growthml.render.templates import ours


def template_bytes(folder: Path | None = None) -> dict[str, bytes]:
    """Every template of the pages by its relative name, a user's own in place of ours.

    Those of the mail are left out: how a run is delivered is no part of it.
    """
    found = _files(ours())
    if folder is not None and folder.is_dir():
        found |= _files(folder)
    return {name: content for name, content in found.items() if not name.startswith("email.")}


def export(folder: Path) -> list[str]:
    """Write our templates into a folder; raises UsageError rather than overwrite one."""
    found = _files(ours())
    taken = [name for name in found if (folder / name).exists()]
    if taken:
        raise UsageError(f"{folder / taken[0]} is there already; choose another folder")
    for name, content in found.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return sorted(found)


def _files(folder: Path) -> dict[str, bytes]:
    """A report's templates; the archive's own pages are no part of any run."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != "archive"
    }
