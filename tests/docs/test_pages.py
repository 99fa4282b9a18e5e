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


def test_the_sample_a_visitor_opens_is_there_and_small() -> None:
    sample = ROOT / "reports" / "sample"
    assert (sample / "report.html").is_file()
    assert 0 < (sample / "report.pdf").stat().st_size < 1024 * 1024
    pictures = sorted((ROOT / "docs" / "pictures").glob("*.png"))
    assert len(pictures) == 3
    assert [path.name for path in pictures if path.stat().st_size >= 150_000] == []
