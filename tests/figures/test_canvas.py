"""What the layout check sees, and what it lets pass."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from growthml.figures.box import Box
from growthml.figures.canvas import Canvas
from growthml.figures.paint import svg
from growthml.figures.strokes import Strokes


@pytest.fixture
def canvas() -> Canvas:
    sheet = Canvas(50.0)
    sheet.height = 20.0
    return sheet


def test_words_with_room_are_well(canvas: Canvas) -> None:
    canvas.text(2, 5, "one")
    canvas.text(2, 9, "two")
    canvas.line([(0, 15), (50, 15)], colour="new")
    assert canvas.faults() == ()


@pytest.mark.parametrize(
    ("x", "y", "anchor"), [(-1, 5, "start"), (49, 5, "start"), (5, 1, "start"), (5, 20, "end")]
)
def test_words_over_the_edge_are_told(canvas: Canvas, x: float, y: float, anchor: str) -> None:
    canvas.text(x, y, "Pinterest", anchor=anchor)  # type: ignore[arg-type]
    assert canvas.faults() == ("text leaves the canvas: 'Pinterest'",)


def test_words_on_words_are_told(canvas: Canvas) -> None:
    canvas.text(2, 5, "one")
    canvas.text(3, 6, "two")
    assert canvas.faults() == ("text overlaps text: 'one' and 'two'",)


def test_words_on_a_line_are_told(canvas: Canvas) -> None:
    canvas.text(10, 10, "label")
    canvas.line([(0, 0), (11, 9.5), (50, 0)], colour="new")
    assert canvas.faults() == ("text stands on a line: 'label'",)


def test_hairlines_may_pass_under_words(canvas: Canvas) -> None:
    canvas.text(10, 10, "label")
    canvas.line([(0, 9.5), (50, 9.5)], colour="grid", clear=False)
    assert canvas.faults() == ()


def test_empty_words_put_nothing(canvas: Canvas) -> None:
    assert canvas.text(5, 5, " \n") is None
    assert canvas.marks == []


@pytest.mark.parametrize(
    ("line", "crossed"),
    [
        ([(0, 0), (10, 10)], True),
        ([(0, 5), (10, 5)], True),
        ([(5, 0), (5, 10)], True),
        ([(4.5, 4.5), (5.5, 5.5)], True),
        ([(0, 0), (10, 0)], False),
        ([(0, 7), (7, 14)], False),
        ([(0, 9), (3, 3), (9, 0)], False),
    ],
)
def test_lines_know_the_box_they_cross(line: list[tuple[float, float]], crossed: bool) -> None:
    strokes = Strokes()
    assert not strokes.cross(Box(4, 4, 6, 6))
    strokes.add([(20, 20), (30, 30)])
    assert not strokes.cross(Box(4, 4, 6, 6))
    strokes.add(line)
    assert strokes.cross(Box(4, 4, 6, 6)) is crossed


def test_words_from_right_to_left_are_drawn_as_shapes(canvas: Canvas) -> None:
    canvas.text(2, 5, "Spring")
    canvas.text(2, 10, "אביב")
    canvas.text(2, 15, "ربيع")
    drawn = ElementTree.fromstring(svg(canvas))
    spoken = "".join(drawn.itertext())
    assert "Spring" in spoken
    assert "אביב" not in spoken
    assert "ربيع" not in spoken
    assert len(drawn.findall(".//{*}text")) == 1
    assert len(drawn.findall(".//{*}path")) == 2
