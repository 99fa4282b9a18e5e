"""The machine's own fonts, for what ours lack: Chinese, Arabic, emoji in the names people give.

Asked of fontconfig, which also tells Pango where to look when it sets the PDF. Where there is no
fontconfig, the machine counts as having none.
"""

from __future__ import annotations

import subprocess
from functools import cache


@cache
def font_of(char: str) -> str:
    """The file of a font that has this character; empty where no font does."""
    found = _asked(f":charset={ord(char):x}")
    outlines = [path for path in found if path.endswith((".ttf", ".otf", ".ttc"))]
    return min(outlines, key=lambda path: ("Color" in path, path), default="")


def _asked(pattern: str) -> list[str]:
    try:
        done = subprocess.run(
            ["fc-list", "--format", "%{file}\n", pattern],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.split("\n")
