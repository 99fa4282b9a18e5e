"""The machine's own fonts, for what ours lack: Chinese, Arabic, emoji in the names people give.

Asked of fontconfig, which also tells Pango where to look when it sets the PDF. Where there is no
fontconfig, the machine counts as having none.
"""

from __future__ import annotations

import subprocess
import unicodedata
from functools import cache
from importlib.util import find_spec
from pathlib import Path

NO_WIDTH = ("Cf", "Mn", "Me")
"""Kinds of characters that need no glyph of their own."""


def lacking(words: str, typeface: str) -> str:
    """The characters of these words that neither a typeface's file, nor the fallback that
    matplotlib ships, nor the machine has; nothing where there is no fontconfig to ask."""
    if words.isascii() or not (known := _charset(typeface)):
        return ""
    known |= _charset(_fallback())
    return "".join(
        char
        for char in dict.fromkeys(words)
        if ord(char) not in known
        and unicodedata.category(char) not in NO_WIDTH
        and not font_of(char)
    )


def _fallback() -> str:
    found = find_spec("matplotlib")
    package = Path(found.origin).parent if found and found.origin else Path()
    return str(package / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf")


@cache
def _charset(path: str) -> frozenset[int]:
    """The characters of a font's file."""
    ranges = (each.partition("-") for each in _said("fc-query", "%{charset}", path).split())
    return frozenset(
        code
        for first, _, last in ranges
        for code in range(int(first, 16), int(last or first, 16) + 1)
    )


@cache
def font_of(char: str) -> str:
    """The file of a font that has this character; empty where no font does."""
    found = _said("fc-list", "%{file}\n", f":charset={ord(char):x}").split("\n")
    outlines = [path for path in found if path.endswith((".ttf", ".otf", ".ttc"))]
    return min(outlines, key=lambda path: ("Color" in path, path), default="")


def _said(program: str, pattern: str, about: str) -> str:
    """What a program of fontconfig's says; nothing where it is not there or fails."""
    try:
        done = subprocess.run(
            [program, "--format", pattern, about],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout
