"""A sheet in millimetres, y downwards, that remembers what was put on it.

Drawers put marks and words on it by colour token; `paint` turns the sheet into SVG or PNG. Because
the sheet knows the place and size of every word, it can tell what a reader would trip over: text
cut at the edge, text on text, text on a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from growthml.figures import house
from growthml.figures.box import Box, Point
from growthml.figures.strokes import Strokes
from growthml.fonts import Weight

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, kw_only=True)
class Words:
    """One line of text; `y` is its baseline."""

    x: float
    y: float
    text: str
    size: float
    weight: Weight
    colour: str
    anchor: Anchor

    @property
    def box(self) -> Box:
        """What the text covers."""
        width = house.text_width(self.text, self.size, self.weight)
        left = self.x - {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        em = house.mm(self.size)
        return Box(left, self.y - house.RISE * em, left + width, self.y + house.DROP * em)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A line through points, or an area if it has a fill."""

    points: Sequence[Point]
    fill: str = ""
    opacity: float = 1.0
    stroke: str = ""
    thickness: float = 0.0
    dash: Sequence[float] = ()
    closed: bool = False


@dataclass(frozen=True, kw_only=True)
class Disc:
    """A filled circle; `diameter` in points, with a ring if it has a stroke."""

    x: float
    y: float
    diameter: float
    fill: str
    stroke: str = ""
    thickness: float = 0.0

    @property
    def box(self) -> Box:
        """What the dot covers."""
        radius = house.mm(self.diameter + self.thickness) / 2
        return Box(self.x - radius, self.y - radius, self.x + radius, self.y + radius)


Mark = Words | Shape | Disc


class Canvas:
    """A sheet of a fixed width in mm; its height is set when the drawer knows it."""

    def __init__(self, width: float) -> None:
        self.width = width
        self.height = 0.0
        self.marks: list[Mark] = []
        self.complaints: list[str] = []
        self._lines = Strokes()
        self._edges = Strokes()

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = house.TEXT,
        weight: Weight = 400,
        colour: str = "ink",
        anchor: Anchor = "start",
    ) -> Words | None:
        """Put a line of text with its baseline at y; None for no words."""
        text = house.clean(words)
        if not text:
            return None
        placed = Words(x=x, y=y, text=text, size=size, weight=weight, colour=colour, anchor=anchor)
        self.marks.append(placed)
        return placed

    def text_middle(
        self,
        x: float,
        y: float,
        lines: str | Sequence[str],
        *,
        size: float = house.TEXT,
        weight: Weight = 400,
        colour: str = "ink",
        anchor: Anchor = "start",
    ) -> None:
        """Put one or more lines of text, their block centred at height y."""
        rows = [lines] if isinstance(lines, str) else list(lines)
        step = house.line_height(size)
        baseline = y + house.mm(size * house.CAP) / 2 - step * (len(rows) - 1) / 2
        for index, row in enumerate(rows):
            self.text(
                x,
                baseline + index * step,
                row,
                size=size,
                weight=weight,
                colour=colour,
                anchor=anchor,
            )

    def rectangle(
        self,
        left: float,
        top: float,
        width: float,
        height: float,
        *,
        fill: str = "",
        stroke: str = "",
        thickness: float = 0.0,
    ) -> None:
        """Put a rectangle, filled or outlined."""
        corners = [
            (left, top),
            (left + width, top),
            (left + width, top + height),
            (left, top + height),
        ]
        self.marks.append(
            Shape(points=corners, fill=fill, stroke=stroke, thickness=thickness, closed=True)
        )

    def line(
        self,
        points: Iterable[Point],
        *,
        colour: str,
        thickness: float = house.LINE,
        dash: Sequence[float] = (),
        clear: bool = True,
    ) -> None:
        """Put a line; `clear`: no text may stand on it."""
        points = list(points)
        self.marks.append(Shape(points=points, stroke=colour, thickness=thickness, dash=dash))
        if clear:
            self._lines.add(points)

    def area(self, points: Iterable[Point], *, fill: str, opacity: float = 1.0) -> None:
        """Put a filled area without outline; text rather stands beside it."""
        points = list(points)
        self.marks.append(Shape(points=points, fill=fill, opacity=opacity, closed=True))
        self._edges.add([*points, points[0]])

    def disc(self, x: float, y: float, *, colour: str, diameter: float = house.DOT) -> None:
        """Put a filled dot."""
        self.marks.append(Disc(x=x, y=y, diameter=diameter, fill=colour))

    def ring(self, x: float, y: float, *, colour: str, diameter: float = house.DOT) -> None:
        """Put a hollow dot."""
        stroke = house.INTERVAL
        self.marks.append(
            Disc(x=x, y=y, diameter=diameter - stroke, fill="bg", stroke=colour, thickness=stroke)
        )

    def complain(self, fault: str) -> None:
        """Note something a drawer could not do as the design asks."""
        self.complaints.append(fault)

    def free(self, box: Box, within: Box, *, off_areas: bool, margin: float = 0.35) -> bool:
        """Whether a text could stand here without touching a line, a dot or another text.

        off_areas: nor the edge of an area.
        """
        wide = Box(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin)
        return (
            box.inside(within)
            and not any(wide.overlaps(words.box) for words in self._words())
            and not any(wide.overlaps(dot.box) for dot in self.marks if isinstance(dot, Disc))
            and not self._lines.cross(wide)
            and not (off_areas and self._edges.cross(wide))
        )

    def faults(self) -> tuple[str, ...]:
        """What is wrong with the layout, each in words; empty when all is well."""
        sheet = Box(0.0, 0.0, self.width, self.height)
        placed = [(words, words.box) for words in self._words()]
        faults = list(self.complaints)
        for index, (words, box) in enumerate(placed):
            faults += [
                f"glyph U+{ord(char):04X} {char} is not in the fonts: {words.text!r}"
                for char in house.missing(words.text)
            ]
            if not box.inside(sheet):
                faults.append(f"text leaves the canvas: {words.text!r}")
            faults += [
                f"text overlaps text: {words.text!r} and {other.text!r}"
                for other, place in placed[index + 1 :]
                if box.overlaps(place)
            ]
            if self._lines.cross(_core(words)):
                faults.append(f"text stands on a line: {words.text!r}")
        return tuple(dict.fromkeys(faults))

    def _words(self) -> list[Words]:
        return [mark for mark in self.marks if isinstance(mark, Words)]


def _core(words: Words) -> Box:
    """The ink of a text, without the room above and below it."""
    box = words.box
    return Box(box.left, words.y - house.mm(words.size * house.CAP), box.right, words.y)
