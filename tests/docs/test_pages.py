"""Every page of the documentation, the README included: its links and its configs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.markdown import broken_links

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_its_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [
        path for path in sorted((ROOT / "docs").rglob("*.md")) if "decisions" not in path.parts
    ]
    names = [path.relative_to(ROOT / "docs").as_posix() for path in pages]
    assert [name for name in names if name != "README.md" and f"]({name})" not in index] == []
