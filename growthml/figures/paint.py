"""Turns a canvas into SVG or PNG with matplotlib's renderers.

The only file that draws with matplotlib. It speaks to the renderers themselves, without Figure,
Axes or pyplot: nothing is kept between drawings, so threads and forks may draw at once, and a
figure costs milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from io import BytesIO, StringIO
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontEntry, FontProperties
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D
from PIL import Image

from growthml import fonts
from growthml.figures import house
from growthml.figures.canvas import Canvas, Disc, Mark, Shape, Words
from growthml.fonts import Weight
from growthml.fonts.machine import font_of
from growthml.palette import light
from growthml.words import has_turned, plain

HASH_SALT = "growthml"
FALLBACK_FAMILY = "DejaVu Sans"
UNKNOWN_GLYPH = "□"
COLOURS = 64
"""In a PNG; edges of text need few, and mail wants small files."""

_NO_TURN = re.compile(r' transform="rotate\(-?0 [^"]*\)"')
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_SIDES = {"start": "left", "middle": "center", "end": "right"}

_new_svg: Any = RendererSVG
_new_agg: Any = RendererAgg


def svg(canvas: Canvas) -> str:
    """The canvas as an SVG document with text as text; equal canvases give equal bytes."""
    _prepare()
    scale = 72 / 25.4
    out = StringIO()
    renderer = _new_svg(canvas.width * scale, canvas.height * scale, out, metadata={"Date": None})
    _paint(canvas, renderer, scale)
    renderer.finalize()
    return _NO_TURN.sub("", _METADATA.sub("", out.getvalue()))


def png(canvas: Canvas, pixels: int, border: int) -> bytes:
    """The canvas as an opaque PNG so many pixels wide, a white border included."""
    _prepare()
    width = pixels - 2 * border
    scale = width / canvas.width
    height = round(canvas.height * scale)
    renderer = _new_agg(width, height, scale * 25.4)
    _paint(canvas, renderer, scale)
    drawn = Image.fromarray(np.asarray(renderer.buffer_rgba()), "RGBA")
    sheet = Image.new("RGB", (pixels, height + 2 * border), light("bg"))
    sheet.paste(drawn, (border, border), drawn)
    out = BytesIO()
    few = sheet.quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


@cache
def _prepare() -> None:
    """Make the fonts known and the settings ours, once a process."""
    known = font_manager.fontManager
    for path in fonts.OURS.values():
        known.addfont(str(path))
    bold = FontEntry(house.fallback(bold=True), name=FALLBACK_FAMILY, weight=600, size="scalable")
    known.ttflist.append(bold)
    mpl.rcParams["text.hinting"] = "none"
    mpl.rcParams["svg.fonttype"] = "none"
    mpl.rcParams["svg.hashsalt"] = HASH_SALT
    mpl.rcParams["font.sans-serif"] = [fonts.FAMILY, FALLBACK_FAMILY]


def _paint(canvas: Canvas, renderer: Any, scale: float) -> None:
    to_page = Affine2D().scale(scale, -scale).translate(0, renderer.height)
    for mark in canvas.marks:
        _put(mark, renderer, to_page)


def _put(mark: Mark, renderer: Any, to_page: Affine2D) -> None:
    match mark:
        case Words():
            _put_words(mark, renderer, to_page)
        case Shape():
            _put_shape(mark, renderer, to_page)
        case Disc():
            _put_disc(mark, renderer, to_page)


def _put_words(words: Words, renderer: Any, to_page: Affine2D) -> None:
    x, y = to_page.transform((words.x, words.y))
    if isinstance(renderer, RendererAgg):
        # A picture knows no anchor.
        x, y = to_page.transform((words.box.left, words.y))
        text, font = _for_machine(words)
    elif has_turned(words.text):
        _put_outlines(words, renderer, to_page)
        return
    else:
        text, font = words.text, _font(fonts.FAMILY, words.weight, words.size)
    pen, anchor = _pen(renderer, words.colour), Text(x, y, ha=_SIDES[words.anchor])
    renderer.draw_text(pen, x, renderer.height - y, text, font, 0, mtext=anchor)


def _for_machine(words: Words) -> tuple[str, FontProperties]:
    """The text as matplotlib itself can draw it, and the fonts of this machine that it needs.

    There is no reader's font to fall back on, and there are no coloured glyphs.
    """
    text = plain(words.text)
    foreign = {char: font_of(char) for char in house.not_ours(text)}
    lost = {char for char, path in foreign.items() if not path or "Color" in path}
    text = "".join(UNKNOWN_GLYPH if char in lost else char for char in text)
    further = dict.fromkeys(path for char, path in foreign.items() if char not in lost)
    family = _family(str(fonts.ttf(words.weight)), words.weight)
    families = tuple(_machine_family(path) for path in further)
    return text, _font(family, words.weight, words.size, families)


def _put_outlines(words: Words, renderer: Any, to_page: Affine2D) -> None:
    """Words as shapes: WeasyPrint sets the text of an SVG letter by letter, from left to right."""
    text, font = _for_machine(words)
    x, y = to_page.transform((words.box.left, words.y))
    outline = TextPath((0, 0), text, size=words.size, prop=font)
    pen = _pen(renderer, "")
    renderer.draw_path(pen, outline, Affine2D().translate(x, y), to_rgb(light(words.colour)))


def _put_shape(shape: Shape, renderer: Any, to_page: Affine2D) -> None:
    pen = _pen(renderer, shape.stroke, shape.thickness, shape.dash)
    fill = (*to_rgb(light(shape.fill)), shape.opacity) if shape.fill else None
    points = [*shape.points, shape.points[0]] if shape.closed else shape.points
    renderer.draw_path(pen, Path(points, closed=shape.closed), to_page, fill)


def _put_disc(disc: Disc, renderer: Any, to_page: Affine2D) -> None:
    pen = _pen(renderer, disc.stroke, disc.thickness)
    place = Affine2D().scale(house.mm(disc.diameter) / 2).translate(disc.x, disc.y) + to_page
    renderer.draw_path(pen, Path.unit_circle(), place, to_rgb(light(disc.fill)))


def _pen(renderer: Any, colour: str, thickness: float = 0.0, dash: Sequence[float] = ()) -> Any:
    pen = renderer.new_gc()
    pen.set_linewidth(thickness)
    pen.set_joinstyle("round")
    if colour:
        pen.set_foreground(light(colour))
    if dash:
        pen.set_dashes(0, list(dash))
    return pen


@cache
def _font(
    family: str, weight: Weight, size: float, further: tuple[str, ...] = ()
) -> FontProperties:
    families = [family, FALLBACK_FAMILY, *further, "sans-serif"]
    return FontProperties(family=families, weight=weight, size=size)


@cache
def _machine_family(path: str) -> str:
    """What matplotlib knows a font of the machine by."""
    entries = [FontEntry(path, name=path, weight=weight, size="scalable") for weight in (400, 600)]
    font_manager.fontManager.ttflist += entries
    return path


@cache
def _family(path: str, weight: Weight) -> str:
    """What matplotlib knows a typeface by: ours by its name, a theme's by its file's."""
    if path == str(fonts.OURS[weight]):
        return fonts.FAMILY
    name = f"{fonts.FAMILY} {path}"
    font_manager.fontManager.ttflist.append(
        FontEntry(path, name=name, weight=weight, size="scalable")
    )
    return name
