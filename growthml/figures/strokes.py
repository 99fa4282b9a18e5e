"""Lines on a sheet, asked many times whether one of them runs through a box."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from growthml.figures.box import Box, Point


class Strokes:
    """The straight pieces of all lines added so far."""

    def __init__(self) -> None:
        self._pieces: list[tuple[Point, Point]] = []
        self._spans = np.empty((0, 2, 2))

    def add(self, line: Sequence[Point]) -> None:
        """A line through these points."""
        self._pieces += pairwise(line)

    def cross(self, box: Box) -> bool:
        """Whether a line runs through the box; only pieces whose own box meets it are followed."""
        if len(self._spans) < len(self._pieces):
            ends = np.asarray(self._pieces)
            self._spans = np.stack((ends.min(axis=1), ends.max(axis=1)), axis=1)
        (low_x, low_y), (high_x, high_y) = self._spans.transpose(1, 2, 0)
        near = np.flatnonzero(
            (high_x >= box.left)
            & (low_x <= box.right)
            & (high_y >= box.top)
            & (low_y <= box.bottom)
        )
        return any(box.meets(*self._pieces[each]) for each in near)
