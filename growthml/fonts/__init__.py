"""Growth Sans, the report's typeface, in the two weights the design uses.

It is Source Sans 3 (SIL Open Font License 1.1, text in `OFL.txt`) cut to the characters a report
needs and renamed, because "Source" is a Reserved Font Name. `build.py` makes the files. A theme's
typeface goes by the same name, so that pages and figures need not know of it.
"""

from __future__ import annotations

import atexit
import hashlib
import shutil
from base64 import b64decode
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

from growthml.theme import worn

FAMILY = "Growth Sans"

Weight = Literal[400, 600]

_STYLES: dict[Weight, str] = {400: "Regular", 600: "SemiBold"}


OURS: dict[Weight, Path] = {
    weight: Path(__file__).with_name(f"GrowthSans-{style}.ttf") for weight, style in _STYLES.items()
}
"""The TrueType files of Growth Sans."""


def ttf(weight: Weight) -> Path:
    """The TrueType file of a weight, or the theme's, for drawing and PDF."""
    return _themed(weight) or OURS[weight]


def woff2(weight: Weight) -> Path:
    """The WOFF2 file of a weight, or the theme's as it is, for HTML."""
    return _themed(weight) or OURS[weight].with_suffix(".woff2")


def _themed(weight: Weight) -> Path | None:
    """The theme's own typeface; where it has one weight, that one stands for both."""
    files = worn().fonts
    content = files.get(str(weight)) or next(iter(files.values()), None)
    return _unpacked(content) if content else None


@cache
def _unpacked(content: str) -> Path:
    """The file a stored typeface is read from while the program runs."""
    data = b64decode(content)
    kind = "otf" if data.startswith(b"OTTO") else "ttf"
    path = _folder() / f"{hashlib.sha256(data).hexdigest()[:16]}.{kind}"
    path.write_bytes(data)
    return path


@cache
def _folder() -> Path:
    folder = Path(mkdtemp(prefix="growthml-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
