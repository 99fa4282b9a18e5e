"""What a page carries inside itself: colour tokens, typefaces and drawings."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from growthml import fonts
from growthml.figures import inline
from growthml.palette import shades

if TYPE_CHECKING:
    from growthml.figures import Drawing

_NAMESPACES = (
    ' xmlns="http://www.w3.org/2000/svg"',
    ' xmlns:xlink="http://www.w3.org/1999/xlink"',
)


def light_tokens() -> str:
    """The palette's light values as CSS custom properties."""
    return "".join(f"--{token}:{shade.light};" for token, shade in shades().items())


def dark_tokens() -> str:
    """The palette's dark values as CSS custom properties."""
    return "".join(f"--{token}:{shade.dark};" for token, shade in shades().items())


def screen_fonts() -> str:
    """`@font-face` rules for HTML; what Growth Sans lacks falls back to the reader's fonts."""
    weights: tuple[fonts.Weight, ...] = (400, 600)
    return "".join(_rule(fonts.FAMILY, each, _data_uri(fonts.woff2(each))) for each in weights)


FONT_SCHEME = "growthml-font"
"""Our typefaces as the PDF's style sheet names them: `growthml-font:GrowthSans-Regular.ttf`."""


def print_fonts() -> str:
    """`@font-face` rules for PDF, DejaVu included, so that no font of the machine is needed.

    The files stay outside of the text: half a second goes by while a parser reads past them.
    """
    return "".join(
        _rule(family, weight, f"{FONT_SCHEME}:{path.name}") for family, weight, path in _faces()
    )


def print_font(name: str) -> bytes:
    """The typeface of that file name; raises KeyError where the PDF has no such one."""
    return {path.name: path for _, _, path in _faces()}[name].read_bytes()


def _faces() -> tuple[tuple[str, int, Path], ...]:
    folder = _dejavu()
    return (
        (fonts.FAMILY, 400, fonts.ttf(400)),
        (fonts.FAMILY, 600, fonts.ttf(600)),
        ("DejaVu Sans", 400, folder / "DejaVuSans.ttf"),
        ("DejaVu Sans", 600, folder / "DejaVuSans-Bold.ttf"),
        ("DejaVu Sans Mono", 400, folder / "DejaVuSansMono.ttf"),
    )


def drawing_inline(drawing: Drawing, prefix: str) -> Markup:
    """A drawing as an element of an HTML page, in the page's colours.

    HTML gives an `svg` its namespace itself, so the file names no address at all.
    """
    svg = inline(drawing.svg, prefix)
    for namespace in _NAMESPACES:
        svg = svg.replace(namespace, "", 1)
    return Markup(svg)


def _rule(family: str, weight: int, address: str) -> str:
    return (
        f'@font-face{{font-family:"{family}";font-weight:{weight};font-display:swap;'
        f'src:url("{address}")}}'
    )


@cache
def _data_uri(path: Path) -> str:
    kind = path.suffix.removeprefix(".")
    return f"data:font/{kind};base64,{b64encode(path.read_bytes()).decode()}"


def _dejavu() -> Path:
    """The folder of the DejaVu files, which travel with matplotlib."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("matplotlib is not installed; `pip install growthml` brings it")
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
