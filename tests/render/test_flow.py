"""Pages fill up: what fits goes ahead of what does not. Sizes are millimetres."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from growthml.render.drawings import draw_all
from growthml.render.flow import Cursor, Piece, ordered
from growthml.render.pdf import Press
from tests.render import story
from tests.render.story import COHORTS, TENDENCIES

PAGE = 250.0


def set_on(left: float, *blocks: str) -> tuple[str, float]:
    """The order of blocks such as "f80", "t40" and "T150" (a table that may break), and the room
    left behind them."""
    cursor = Cursor(height=PAGE, left=left)
    pieces = [
        Piece(place=n, figure=text[0] == "f", size=float(text[1:]), breakable=text[0] == "T")
        for n, text in enumerate(blocks)
    ]
    return " ".join(blocks[piece.place] for piece in ordered(pieces, cursor)), cursor.left


@pytest.mark.parametrize(
    ("left", "blocks", "order", "then"),
    [
        (200.0, "f80 t40", "f80 t40", 200 - 86 - 46),
        (80.0, "f80 t40", "t40 f80", 250 - 80),  # 34 are left behind the table
        (80.0, "f80 f40", "f80 f40", 250 - 80 - 46),  # figures keep their order
        (80.0, "t90 t40", "t40 t90", 250 - 90),
        (30.0, "f80 t20", "f80 t20", 250 - 80 - 26),  # so little may stay empty
        (80.0, "f90 t90", "f90 t90", 250 - 90 - 96),  # nothing fits
        (80.0, "T150", "T150", 80 + 250 - 156),  # begins here, ends on the next page
        (80.0, "f90 T150", "T150 f90", 80 + 250 - 156 - 96),
    ],
)
def test_a_page_is_filled(left, blocks, order, then):
    assert set_on(left, *blocks.split()) == (order, then)


def test_a_table_goes_ahead_of_a_figure_that_waits_for_the_next_page():
    """Letter has 241 mm: three figures of 57 leave 59, in which a table of 36 stands."""
    pypdf = pytest.importorskip("pypdf")
    figures = [replace(story.CUISINE, id=f"cuisine{n}", title=f"Cuisine {n}") for n in range(7)]
    table = replace(story.BY_CHANNEL, frame=story.BY_CHANNEL.frame.head(2))
    blocks = (*figures, table)
    part = replace(TENDENCIES, answer=replace(TENDENCIES.answer, blocks=blocks))
    run = story.story(part, COHORTS)
    pages = pypdf.PdfReader(io.BytesIO(Press(run, draw_all(run), paper="Letter").report({}))).pages
    text = "".join(page.extract_text() for page in pages)
    places = [text.index(f"Cuisine {n}") for n in range(7)]
    assert places == sorted(places)
    assert text.index(table.title) < places[-1]
