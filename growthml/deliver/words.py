"""Words of a mail made to fit: cut at a word's end, in short lines, in plain signs."""

from __future__ import annotations

import textwrap

LINE = 72
_PLAIN = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "—": "-",
        "→": "->",
        "←": "<-",
        "×": "x",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "…": "...",
        "·": "-",
        "≥": ">=",
        "≤": "<=",
        "\u202f": " ",
        "\u00a0": " ",
    }
)


def fold(words: str, first: str = "", rest: str = "") -> str:
    """The words in lines of LINE characters, in signs every terminal has."""
    return textwrap.fill(
        plain(words), LINE, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )


def plain(words: str) -> str:
    """The words with typographic signs made plain; letters of any language stay."""
    return " ".join(words.translate(_PLAIN).split())


def shorten(words: str, most: int) -> str:
    """The words cut at a word's end to `most` characters, the cut marked with `…`."""
    words = " ".join(words.split())
    if len(words) <= most:
        return words
    cut = words[:most].rpartition(" ")[0] or words[: most - 1]
    return f"{cut[: most - 1].rstrip(' ,;:.')}…"
