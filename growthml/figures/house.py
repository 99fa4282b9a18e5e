"""The house style: sizes, and how wide words are.

Lengths are millimetres, type and stroke sizes points. Words are measured with the shipped fonts, so
that margins hold what they must hold before anything is drawn.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from math import isfinite
from typing import Any, Literal, TypeGuard

from growthml import fonts
from growthml.fonts import Weight
from growthml.fonts.machine import NO_WIDTH, font_of

Width = Literal["L", "S"]

WIDTH_MM: dict[Width, float] = {"L": 170.0, "S": 82.5}
TALLEST = 110.0
"""Nothing on a printed page that must not break is taller than this."""

MM_PER_PT = 25.4 / 72

TEXT = 8.0
VALUE = 7.0
NOTE = 6.5
NUMBER = 8.5

LINE = 1.8
INTERVAL = 1.5
HAIRLINE = 0.5
REFERENCE = 0.7
DOT = 5.0

CAP = 0.66
"""Height of a capital or digit, in em."""
RISE, DROP = 0.72, 0.2
"""What a line of text needs above and below its baseline, in em."""
LEADING = 1.2
ELLIPSIS = "…"

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")
_BREAK = re.compile(r"(?<=-)(?=\w)| +")
_UNKNOWN_EM = 1.4  # an emoji, the widest of what other fonts may fill in


def known(value: float | None) -> TypeGuard[float]:
    """Whether there is a finite number to draw."""
    return value is not None and isfinite(value)


def clean(words: str) -> str:
    """The words as one line that any SVG reader accepts."""
    return _UNPRINTABLE.sub(" ", words).strip()


def mm(points: float) -> float:
    """A size in points as millimetres."""
    return points * MM_PER_PT


def line_height(size: float) -> float:
    """The distance of two baselines in mm."""
    return mm(size * LEADING)


def text_width(words: str, size: float, weight: Weight = 400) -> float:
    """The width of one line of text in mm; a glyph of another font is guessed."""
    return _ems(words, str(fonts.ttf(weight)), weight) * mm(size)


@lru_cache(maxsize=8192)
def _ems(words: str, font: str, weight: Weight) -> float:
    foreign = not_ours(words)
    known = "".join(char for char in words if char not in foreign)
    guessed = sum(_foreign_em(char) for char in words if char in foreign)
    return _advance(known, font, weight) + guessed


def _foreign_em(char: str) -> float:
    """How wide a glyph is in whatever font fills it in: an ideograph is square."""
    kind = unicodedata.category(char)
    if kind in NO_WIDTH:
        return 0.0
    square = unicodedata.east_asian_width(char) in ("W", "F") and kind != "So"
    return 1.0 if square else _UNKNOWN_EM


def missing(words: str) -> str:
    """The characters of these words that no font of ours or of the machine holds, each once."""
    return "".join(
        char
        for char in not_ours(words)
        if unicodedata.category(char) not in NO_WIDTH and not font_of(char)
    )


def not_ours(words: str) -> str:
    """The characters of these words that neither Growth Sans nor its fallback holds, each once."""
    if words.isascii():
        return ""
    font = str(fonts.ttf(400))
    return "".join(dict.fromkeys(char for char in words if ord(char) not in _known(font)))


def widest(texts: Sequence[str], size: float, weight: Weight = 400) -> float:
    """The width in mm of the widest of these texts, 0 for none."""
    return max((text_width(clean(text), size, weight) for text in texts), default=0.0)


def wrap(
    words: str, width: float, size: float, weight: Weight = 400, lines: int = 2
) -> tuple[str, ...]:
    """The words in at most so many lines of a width in mm; what is too much ends in an ellipsis."""
    words = clean(words)
    if text_width(words, size, weight) <= width or not words:
        return (words,)
    rows: list[str] = []
    rest = words
    while rest and len(rows) < lines - 1:
        row, rest = _first_line(rest, width, size, weight)
        rows.append(row)
    if rest:
        rows.append(_cut(rest, width, size, weight))
    return tuple(rows)


def _first_line(words: str, width: float, size: float, weight: Weight) -> tuple[str, str]:
    ends = [match.start() for match in _BREAK.finditer(words)] + [len(words)]
    fitting = [end for end in ends if text_width(words[:end], size, weight) <= width]
    end = fitting[-1] if fitting else _longest(words, width, size, weight)
    return words[:end].rstrip(), words[end:].strip()


def _cut(words: str, width: float, size: float, weight: Weight) -> str:
    if text_width(words, size, weight) <= width:
        return words
    room = width - text_width(ELLIPSIS, size, weight)
    return words[: _longest(words, room, size, weight)].rstrip() + ELLIPSIS


def _longest(words: str, width: float, size: float, weight: Weight) -> int:
    """How many characters fit, at least one."""
    short, long = 1, len(words)
    while short < long:
        middle = (short + long + 1) // 2
        if text_width(words[:middle], size, weight) <= width:
            short = middle
        else:
            long = middle - 1
    return short


def fallback(*, bold: bool = False) -> str:
    """The file of the fallback font, DejaVu Sans, which matplotlib ships."""
    import matplotlib as mpl

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return f"{mpl.get_data_path()}/fonts/ttf/{name}"


@cache
def _known(path: str) -> frozenset[int]:
    font, rest = (_font((each,)) for each in (path, fallback()))
    return frozenset(font.get_charmap()) | frozenset(rest.get_charmap())


def _advance(words: str, path: str, weight: Weight) -> float:
    from matplotlib.ft2font import LoadFlags

    font = _font((path, fallback(bold=weight == 600)))
    font.set_size(100, 72)
    font.set_text(words, 0.0, flags=LoadFlags.NO_HINTING)
    width: float = font.get_width_height()[0] / 64 / 100
    return width


def _font(paths: tuple[str, ...]) -> Any:
    from matplotlib.font_manager import get_font  # keeps one font object per thread

    return get_font(paths)
