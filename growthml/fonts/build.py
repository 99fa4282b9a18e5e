"""Makes the Growth Sans files from Source Sans 3: `python -m growthml.fonts.build [FOLDER]`.

Needs `fontpkg-source-sans-3` and `fonttools[woff]`. The published font is variable and opens at
weight 200; drawing libraries ignore its axis, so each weight becomes a static font of its own.
The same input gives the same bytes.
"""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

from growthml.fonts import _STYLES, FAMILY, Weight, ttf, woff2

PACKAGE = "fontpkg_source_sans_3"
SOURCE = "files/SourceSans3[wght].ttf"
LICENCE = "OFL.txt"

CHARACTERS = (
    range(0x0020, 0x0180),  # Latin, Latin-1, Latin Extended-A
    range(0x0192, 0x0193),  # florin
    range(0x02C6, 0x02DE),  # spacing accents
    range(0x0370, 0x0530),  # Greek, Cyrillic
    range(0x1E80, 0x1E86),  # Welsh
    range(0x2000, 0x2070),  # spaces, dashes, quotes, bullets
    range(0x2070, 0x20D0),  # raised and lowered digits, currency signs
    range(0x2116, 0x2123),  # numero, trade mark
    range(0x2190, 0x2200),  # arrows
    range(0x2200, 0x2300),  # mathematical operators
    range(0x25A0, 0x2600),  # shapes
)
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl"]

_FAMILY_ID, _STYLE_ID, _UNIQUE_ID, _FULL_ID, _POSTSCRIPT_ID = 1, 2, 3, 4, 6
_KEPT_NAME_IDS = (0, 5, 8, 9, 11, 12, 13, 14)  # copyright, version, makers, licence


def build(folder: Path) -> None:
    """Write both weights as TTF and WOFF2, and the licence, into a folder."""
    package = files(PACKAGE)
    for weight in _STYLES:
        font = _static(str(package / SOURCE), weight)
        font.save(folder / ttf(weight).name)
        font.flavor = "woff2"
        font.save(folder / woff2(weight).name)
    licence = (package / "LICENSE").read_bytes().replace(b"\r\n", b"\n")
    (folder / LICENCE).write_bytes(licence)


def _static(source: str, weight: Weight) -> TTFont:
    variable = TTFont(source, recalcTimestamp=False)
    font = instantiateVariableFont(variable, {"wght": weight})
    options = Options(layout_features=FEATURES, hinting=False, name_IDs=["*"], notdef_outline=True)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[point for block in CHARACTERS for point in block])
    subsetter.subset(font)
    _rename(font, weight)
    return font


def _rename(font: TTFont, weight: Weight) -> None:
    style = _STYLES[weight]
    postscript = f"{FAMILY.replace(' ', '')}-{style}"
    table = font["name"]
    table.names = [record for record in table.names if record.nameID in _KEPT_NAME_IDS]
    for name_id, text in {
        _FAMILY_ID: FAMILY,
        _STYLE_ID: style,
        _UNIQUE_ID: postscript,
        _FULL_ID: f"{FAMILY} {style}",
        _POSTSCRIPT_ID: postscript,
    }.items():
        table.setName(text, name_id, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
