"""Markdown, as far as the reference needs it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

NOTE = "<!-- Made from the code by `make docs`; what is written here by hand is overwritten. -->"


def page(title: str, *blocks: str) -> str:
    """A whole page: its heading, and blocks apart by an empty line."""
    return "\n\n".join([NOTE, f"# {title}", *(block for block in blocks if block)]) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; nothing where there are no rows."""
    lines = [" | ".join(_cell(each) for each in row) for row in rows]
    if not lines:
        return ""
    ruler = " | ".join("---" for _ in heads)
    return "\n".join(f"| {line} |" for line in [" | ".join(heads), ruler, *lines])


def _cell(text: str) -> str:
    return flat(text).replace("|", "\\|")


def flat(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


def anchor(heading: str) -> str:
    """What a link to a heading ends in, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def link(text: str, heading: str, file: str = "") -> str:
    """A link to a heading of this page, or of another."""
    return f"[{text}]({file}#{anchor(heading)})"


def code(value: str) -> str:
    """As it is typed."""
    return f"`{value}`"


def either(words: Sequence[str]) -> str:
    """`a`, `b` or `c`."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
