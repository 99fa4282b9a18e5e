"""A rectangle on a sheet."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]

_TOUCH = 0.05  # boxes may touch by this many mm


@dataclass(frozen=True)
class Box:
    """A rectangle in mm."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box, slack: float = _TOUCH) -> bool:
        """Whether the two share more than a seam."""
        return (
            self.left + slack < other.right
            and other.left + slack < self.right
            and self.top + slack < other.bottom
            and other.top + slack < self.bottom
        )

    def inside(self, other: Box, slack: float = _TOUCH) -> bool:
        """Whether it lies wholly within the other."""
        return (
            self.left >= other.left - slack
            and self.top >= other.top - slack
            and self.right <= other.right + slack
            and self.bottom <= other.bottom + slack
        )

    def meets(self, start: Point, end: Point) -> bool:
        """Whether the straight piece from start to end runs through it."""
        (x0, y0), (x1, y1) = start, end
        if max(x0, x1) < self.left or min(x0, x1) > self.right:
            return False
        if max(y0, y1) < self.top or min(y0, y1) > self.bottom:
            return False
        enter, leave = 0.0, 1.0
        for origin, step, low, high in (
            (x0, x1 - x0, self.left, self.right),
            (y0, y1 - y0, self.top, self.bottom),
        ):
            if step == 0:
                continue
            near, far = sorted(((low - origin) / step, (high - origin) / step))
            enter, leave = max(enter, near), min(leave, far)
        return enter <= leave
