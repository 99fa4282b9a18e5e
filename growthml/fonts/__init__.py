"""Growth Sans, the report's typeface, in the two weights the design uses.

It is Source Sans 3 (SIL Open Font License 1.1, text in `OFL.txt`) cut to the characters a report
needs and renamed, because "Source" is a Reserved Font Name. `build.py` makes the files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

FAMILY = "Growth Sans"

Weight = Literal[400, 600]

_STYLES: dict[Weight, str] = {400: "Regular", 600: "SemiBold"}


def ttf(weight: Weight) -> Path:
    """The TrueType file of a weight, for drawing and PDF."""
    return _file(weight, "ttf")


def woff2(weight: Weight) -> Path:
    """The WOFF2 file of a weight, for HTML."""
    return _file(weight, "woff2")


def _file(weight: Weight, kind: str) -> Path:
    return Path(__file__).with_name(f"GrowthSans-{_STYLES[weight]}.{kind}")
