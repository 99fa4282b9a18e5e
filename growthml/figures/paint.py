"""Turns a canvas into SVG or PNG with matplotlib's renderers.

The only file that draws with matplotlib. It speaks to the renderers themselves, without Figure,
Axes or pyplot: no global state, so threads and forks may draw at once, and a figure costs
milliseconds.
"""

from __future__ import annotations

import re
from functools import cache
from io import BytesIO, StringIO
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D
from PIL import Image

from growthml import fonts
from growthml.figures import house
from growthml.figures.canvas import Canvas, Disc, Mark, Shape, Words
from growthml.figures.palette import light
from growthml.fonts import Weight

HASH_SALT = "growthml"
UNKNOWN_GLYPH = "□"

_ANCHORS = {"start": "left", "middle": "center", "end": "right"}
_NO_TURN = re.compile(r' transform="rotate\(-0 [^"]*\)"')
_SURPLUS = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)


def svg(canvas: Canvas) -> str:
    """The canvas as an SVG document; equal canvases give equal bytes."""
    _prepare()
    scale = 72 / 25.4
    width, height = canvas.width * scale, canvas.height * scale
    out = StringIO()
    renderer = RendererSVG(width, height, out, metadata={"Date": None})
    _paint(canvas, renderer, scale, height)
    renderer.finalize()
    document = _SURPLUS.sub("", out.getvalue())
    return _NO_TURN.sub("", document)


def png(canvas: Canvas, pixels: int, border: int) -> bytes:
    """The canvas as an opaque PNG so many pixels wide, a white border included."""
    _prepare()
    scale = (pixels - 2 * border) / canvas.width
    width, height = pixels - 2 * border, round(canvas.height * scale)
    renderer = RendererAgg(width, height, scale * 25.4)
    _paint(canvas, renderer, scale, height)
    drawn = Image.fromarray(np.asarray(renderer.buffer_rgba()), "RGBA")
    sheet = Image.new("RGB", (pixels, height + 2 * border), light("bg"))
    sheet.paste(drawn, (border, border), drawn)
    out = BytesIO()
    sheet.save(out, "PNG", optimize=True)
    return out.getvalue()


@cache
def _prepare() -> None:
    """Make the fonts known and the settings ours, once a process."""
    for weight in (400, 600):
        font_manager.fontManager.addfont(fonts.ttf(weight))  # type: ignore[arg-type]
    mpl.rcParams["svg.fonttype"] = "none"
    mpl.rcParams["svg.hashsalt"] = HASH_SALT
    mpl.rcParams["font.sans-serif"] = [fonts.FAMILY, "DejaVu Sans"]


def _paint(canvas: Canvas, renderer: RendererBase, scale: float, height: float) -> None:
    to_page = Affine2D().scale(scale, -scale).translate(0, height)
    for mark in canvas.marks:
        _put(mark, renderer, to_page)


def _put(mark: Mark, renderer: RendererBase, to_page: Affine2D) -> None:
    match mark:
        case Words():
            _put_words(mark, renderer, to_page)
        case Shape():
            _put_shape(mark, renderer, to_page)
        case Disc():
            _put_disc(mark, renderer, to_page)


def _put_words(words: Words, renderer: RendererBase, to_page: Affine2D) -> None:
    text = words.text
    if isinstance(renderer, RendererAgg):  # a picture has no other font to fall back on
        text = "".join(UNKNOWN_GLYPH if char in house.missing(text) else char for char in text)
    x, y = to_page.transform((words.x, words.y))
    if isinstance(renderer, RendererAgg):
        x -= (words.x - words.box.left) * to_page.get_matrix()[0, 0]
        y = renderer.height - y
    else:
        y = renderer.height - y
    font = _font(words.weight, words.size)
    anchor = Text(x, renderer.height - y, ha=_ANCHORS[words.anchor])
    renderer.draw_text(_pen(renderer, words.colour), x, y, text, font, 0, mtext=anchor)


def _put_shape(shape: Shape, renderer: RendererBase, to_page: Affine2D) -> None:
    pen = _pen(renderer, shape.stroke, shape.thickness, shape.dash)
    fill = (*to_rgb(light(shape.fill)), shape.opacity) if shape.fill else None
    points = [*shape.points, shape.points[0]] if shape.closed else shape.points
    renderer.draw_path(pen, Path(points, closed=shape.closed), to_page, fill)


def _put_disc(disc: Disc, renderer: RendererBase, to_page: Affine2D) -> None:
    pen = _pen(renderer, disc.stroke, disc.thickness)
    radius = house.mm(disc.diameter) / 2
    place = Affine2D().scale(radius).translate(disc.x, disc.y) + to_page
    renderer.draw_path(pen, Path.unit_circle(), place, to_rgb(light(disc.fill)))


def _pen(renderer: RendererBase, colour: str, thickness: float = 0.0, dash: Any = ()) -> Any:
    pen = renderer.new_gc()
    pen.set_linewidth(thickness)
    pen.set_joinstyle("round")
    if colour:
        pen.set_foreground(light(colour))
    if dash:
        pen.set_dashes(0, list(dash))
    return pen


@cache
def _font(weight: Weight, size: float) -> FontProperties:
    return FontProperties(
        family=[fonts.FAMILY, "DejaVu Sans", "sans-serif"], weight=weight, size=size
    )
