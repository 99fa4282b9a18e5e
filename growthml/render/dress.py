"""How a run is printed: in its language, in its look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from growthml.theme import dressed
from growthml.words import speaking

if TYPE_CHECKING:
    from growthml.parts import Run


@contextmanager
def printed_as(run: Run) -> Iterator[None]:
    """What is drawn and set within is this run's."""
    with speaking(run.language), dressed(run.theme):
        yield
