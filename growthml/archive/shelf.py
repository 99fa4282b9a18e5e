"""Where finished runs go: their folder, the history, the index with its postmortems; in that order.

A run is announced first. Whoever is cut short leaves the announcement behind, and the next one to
come puts the rest in place: a run is in the archive with all that belongs to it, or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from growthml.archive import index
from growthml.archive.history import History
from growthml.archive.store import cannot_write, keep
from growthml.archive.stored import load_run
from growthml.errors import GrowthError
from growthml.parts import Run


class Shelf:
    """An archive that takes runs."""

    def __init__(self, archive: Path, history: History) -> None:
        self.archive = archive
        self.history = history

    def place(self, run: Run) -> Path:
        """The folder of a run."""
        return self.archive / run.name / run.run_id

    def add(self, run: Run, files: Mapping[str, bytes], *, note: str = "") -> bool:
        """Put a run in place with all that belongs to it; False when it was there already.

        note: what the index says of it. Raises GrowthError where the archive cannot be written.
        """
        folder = self.place(run)
        try:
            index.announce(self.archive, folder, note)
        except OSError as error:
            raise cannot_write(folder, error) from None
        try:
            added = keep(folder, files)
        except Exception:
            index.withdraw(self.archive, folder)
            raise
        self._enter(folder, run, note)
        return added

    def heal(self) -> None:
        """Finish what others who were cut short left behind.

        A run that cannot be read stays announced: `growthml archive verify` tells of it.
        """
        for folder, note in index.announced(self.archive):
            if folder.is_dir():
                with suppress(GrowthError):
                    self._enter(folder, load_run(folder), note)

    def _enter(self, folder: Path, run: Run, note: str) -> None:
        self.history.add(run)
        index.add(self.archive, folder, note)
