"""Words inside a pair of axes: they look for a place where nothing else stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from growthml.figures import house
from growthml.figures.box import Box, Point
from growthml.figures.canvas import Anchor, Canvas
from growthml.fonts import Weight


@dataclass(frozen=True)
class Spot:
    """A place for a block of text: x by its anchor, y its middle."""

    x: float
    y: float
    anchor: Anchor


@dataclass(frozen=True)
class Label:
    """A block of text in one style."""

    lines: Sequence[str]
    size: float = house.VALUE
    weight: Weight = 400
    colour: str = "muted"

    @property
    def height(self) -> float:
        """Its height in mm."""
        return (len(self.lines) - 1) * house.line_height(self.size) + house.mm(self.size)

    def box(self, spot: Spot) -> Box:
        """What it would cover at a spot."""
        width = house.widest(self.lines, self.size, self.weight)
        left = spot.x - {"start": 0.0, "middle": width / 2, "end": width}[spot.anchor]
        return Box(left, spot.y - self.height / 2, left + width, spot.y + self.height / 2)


def put(canvas: Canvas, label: Label, spots: Iterable[Spot], within: Box) -> Spot | None:
    """Put a label at the first free spot, beside coloured areas if it can be.

    If no spot is free it stands at the first of all, and the canvas's faults will tell.
    """
    spots = list(spots)
    if not any(label.lines):
        return None
    spot = next(
        (
            spot
            for off_areas in (True, False)
            for spot in spots
            if canvas.free(label.box(spot), within, off_areas=off_areas)
        ),
        spots[0],
    )
    canvas.text_middle(
        spot.x,
        spot.y,
        label.lines,
        size=label.size,
        weight=label.weight,
        colour=label.colour,
        anchor=spot.anchor,
    )
    return spot


def around(x: float, y: float, label: Label) -> Iterator[Spot]:
    """Spots about a dot, the nearest first."""
    half = label.height / 2
    for distance in (1.8, 3.5, 6.0, 9.0, 13.0, 18.0, 24.0, 31.0, 39.0):
        aslant = distance * 0.7
        yield Spot(x + distance, y, "start")
        yield Spot(x + aslant, y + aslant + half, "start")
        yield Spot(x + aslant, y - aslant - half, "start")
        yield Spot(x, y - distance - half, "middle")
        yield Spot(x, y + distance + half, "middle")
        yield Spot(x - aslant, y - aslant - half, "end")
        yield Spot(x - aslant, y + aslant + half, "end")
        yield Spot(x - distance, y, "end")


def along(start: Point, end: Point, label: Label) -> Iterator[Spot]:
    """Spots beside a line, from its end backwards, first on its lower or right-hand side."""
    (x0, y0), (x1, y1) = start, end
    level, upright = abs(y1 - y0) < 0.1, abs(x1 - x0) < 0.1
    aside = label.height / 2 + 0.6
    width = house.widest(label.lines, label.size, label.weight)
    for part in range(20):
        share = 0.97 - part * 0.05
        x, y = x0 + (x1 - x0) * share, y0 + (y1 - y0) * share
        if level:
            yield Spot(x, y - aside, "end")
            yield Spot(x, y + aside, "end")
        elif upright:
            yield Spot(x + 1.0, y, "start")
            yield Spot(x - 1.0, y, "end")
        else:
            slope = abs((y1 - y0) / (x1 - x0))
            reach = 0.6 + aside / max(slope, 0.2)
            yield Spot(x + reach, y, "start")
            yield Spot(x - reach, y, "end")
    if level:
        yield Spot(min(x0, x1) + width, y0 - aside, "end")


def inside(box: Box, label: Label) -> Iterator[Spot]:
    """Spots in a span, from the top down."""
    middle = (box.left + box.right) / 2
    y = box.top + label.height / 2 + 0.8
    while y + label.height / 2 < box.bottom:
        yield Spot(middle, y, "middle")
        yield Spot(box.left + 0.8, y, "start")
        yield Spot(box.right - 0.8, y, "end")
        y += 2.0
