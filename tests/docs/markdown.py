"""What stands in a Markdown file: its links, its headings, its commands."""

from __future__ import annotations

import re
from pathlib import Path

from docs.generator.markdown import anchor

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")


def broken_links(path: Path) -> list[str]:
    """Links of a page to files or headings that are not there."""
    text = path.read_text(encoding="utf-8")
    found = []
    for target in _LINK.findall(_CODE.sub("``", _FENCE.sub("", text))):
        name, _, heading = target.partition("#")
        if "://" in name:
            continue
        there = (path.parent / name).resolve() if name else path
        if not there.exists() or (heading and heading not in _anchors(there)):
            found.append(f"{path.name}: {target}")
    return sorted(set(found))


def _anchors(path: Path) -> set[str]:
    lines = _FENCE.sub("", path.read_text(encoding="utf-8")).splitlines()
    return {anchor(line.lstrip("# ").strip()) for line in lines if line.startswith("#")}


def blocks(path: Path, kind: str) -> list[str]:
    """The fenced blocks of a kind (`sh`, `yaml`), in their order."""
    text = path.read_text(encoding="utf-8")
    return [body for name, body in _FENCE.findall(text) if name == kind]
