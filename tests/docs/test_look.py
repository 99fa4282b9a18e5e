"""The page on a look of one's own: its theme is one, and its template does what it says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from growthml import fonts
from growthml.cli import main
from tests.docs.markdown import blocks
from tests.sites import write_pair

pytestmark = pytest.mark.slow
LOOK = Path(__file__).parents[2] / "docs" / "look.md"
FOOT = "Example Ltd, for internal use · run "
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two tiny databases, a config, and the files the page's theme names."""
    monkeypatch.chdir(tmp_path)
    write_pair(tmp_path, sections=["summary"])
    brand = tmp_path / "brand"
    brand.mkdir()
    (brand / "logo.svg").write_text(LOGO, encoding="utf-8")
    for name, ours in (("Regular", "Regular"), ("Bold", "SemiBold")):
        font = Path(fonts.__file__).parent / f"GrowthSans-{ours}.ttf"
        shutil.copyfile(font, brand / f"Brand-{name}.ttf")
    return tmp_path


def test_its_theme_is_worn_by_the_page(place: Path) -> None:
    theme, _ = blocks(LOOK, "yaml")
    config = place / "report.yml"
    config.write_text(config.read_text(encoding="utf-8") + theme, encoding="utf-8")
    assert main(["run", str(config), "--quiet"]) == 0
    (page,) = place.glob("reports/tiny/*/report.html")
    html = page.read_text(encoding="utf-8")
    assert "#7a1f5c" in html
    assert '<html lang="de">' in html


def test_its_template_wins_over_ours_and_the_others_stay(place: Path) -> None:
    export, again = (block.split()[1:] for block in blocks(LOOK, "sh"))
    assert main(export) == 0
    exported = place / "templates"
    kept = exported / "parts" / "running.html.j2"
    for path in [path for path in exported.rglob("*") if path.is_file() and path != kept]:
        path.unlink()
    (own,) = blocks(LOOK, "jinja")
    kept.write_text(own, encoding="utf-8")
    _, output = blocks(LOOK, "yaml")
    config = place / "report.yml"
    assert yaml.safe_load(output) == {"output": {"templates": "templates"}}
    assert main(["run", str(config), "--quiet", "--set", "output.templates=templates"]) == 0
    assert main([*again, "--format", "pdf", "--quiet"]) == 0
    assert FOOT in text_of(place / "tried" / "report.pdf")


def text_of(pdf: Path) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(pdf).pages)
