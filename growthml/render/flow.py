"""No half-empty pages: where a block does not fit, a later one that does goes first.

As in LaTeX, figures keep their order. Tables are looked up, not read through, so they may go ahead
of whatever waits for the next page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from growthml.render.page import Block, Page, SectionPage

PX_PER_MM = 96 / 25.4
GAP, TAIL_GAP, PART_GAP = 6.0, 3.0, 12.0
"""Millimetres above a block, above a section's last words, and above a section."""
PART_NEEDS = 75.0
"""A section starts a new page unless this much is left, as `.part::before` in print.css has it."""
LEAST = 40.0
"""What a page may leave empty without anything being moved, and the least of a table to begin."""


@dataclass
class Cursor:
    """Where the next thing is set: millimetres left on a page of `height`."""

    height: float
    left: float

    def fits(self, size: float) -> bool:
        """Whether something of this size still stands on the page."""
        return size <= self.left

    def set(self, size: float, gap: float = 0.0) -> None:
        """Sets it here, or on the next page, and on as many more as it takes."""
        if self.fits(gap + size):
            self.left -= gap + size
        else:
            self.left = self.height - size % self.height

    def run_on(self, size: float, gap: float) -> None:
        """Sets what may be broken: it begins here, and goes on on the next page."""
        self.left -= gap + size
        while self.left < 0:
            self.left += self.height

    def start_part(self) -> None:
        """Goes to where a section begins."""
        if self.fits(PART_GAP + PART_NEEDS):
            self.left -= PART_GAP
        else:
            self.left = self.height


@dataclass(frozen=True)
class Piece:
    """A block to be set, in millimetres."""

    place: int
    figure: bool
    size: float
    breakable: bool

    def stays(self, cursor: Cursor) -> bool:
        """Whether it can be set, or begun, where the cursor is."""
        return cursor.fits(GAP + self.size) or (self.breakable and cursor.fits(GAP + LEAST))


def ordered(pieces: Sequence[Piece], cursor: Cursor) -> list[Piece]:
    """The pieces in the order in which they fill the pages; moves the cursor behind them."""
    waiting, done = list(pieces), []
    while waiting:
        first = waiting[0]
        if not first.stays(cursor) and cursor.left > LEAST:
            first = next((each for each in _free(waiting) if each.stays(cursor)), first)
        waiting.remove(first)
        done.append(first)
        if first.breakable and first.stays(cursor):
            cursor.run_on(first.size, GAP)
        else:
            cursor.set(first.size, GAP)
    return done


def _free(waiting: Sequence[Piece]) -> list[Piece]:
    """What may come next: every table, and the first figure."""
    figures = [each for each in waiting if each.figure]
    return [each for each in waiting if not each.figure or each is figures[0]]


def flowed(view: Page, document: Any) -> Page:
    """The page with the blocks of its sections in the order that fills the paper.

    document: the page as WeasyPrint has laid it out in its present order.
    """
    sizes = _sizes(document.pages)
    height = max(_spans(document.pages, "main"))
    cursor = Cursor(height=height, left=height)
    sections = [_flowed(section, sizes, cursor) for section in view.sections]
    return view if sections == list(view.sections) else replace(view, sections=sections)


def _flowed(section: SectionPage, sizes: dict[str, float], cursor: Cursor) -> SectionPage:
    if section.blocks or cursor.left < cursor.height:
        cursor.start_part()
    cursor.set(sizes.get(f"{section.anchor}-head", 0.0))
    pieces = [_piece(place, block, sizes) for place, block in enumerate(section.blocks)]
    blocks = [section.blocks[piece.place] for piece in ordered(pieces, cursor)]
    cursor.run_on(sizes.get(f"{section.anchor}-tail", 0.0), TAIL_GAP)
    return replace(section, blocks=blocks)


def _piece(place: int, block: Block, sizes: dict[str, float]) -> Piece:
    table = block.table
    return Piece(
        place=place,
        figure=table is None,
        size=sizes[block.anchor],
        breakable=table is not None and table.long,
    )


def _sizes(pages: Sequence[Any]) -> dict[str, float]:
    """The height of everything that can be linked to, over all pages it stands on."""
    sizes: dict[str, float] = {}
    for page in pages:
        for name, (_left, top, _right, bottom) in page.anchors.items():
            sizes[name] = sizes.get(name, 0.0) + (bottom - top) / PX_PER_MM
    return sizes


def _spans(pages: Sequence[Any], name: str) -> Iterable[float]:
    """The height of one thing on each page."""
    for page in pages:
        if name in page.anchors:
            _left, top, _right, bottom = page.anchors[name]
            yield (bottom - top) / PX_PER_MM
