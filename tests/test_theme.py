"""A report's own look, on its pages: colours, typeface, logo, paper."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from fontTools.ttLib import TTFont

from growthml import plan
from growthml.archive.stored import load_run
from growthml.cli import main
from growthml.palette import PALETTE
from growthml.progress import Progress
from growthml.run import Outcome, run
from tests.sites import write_pair

pypdf = pytest.importorskip("pypdf")

WINE, DOT = "#990033", '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
SERIF = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSerif.ttf"


@pytest.fixture(scope="module")
def themed(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("themed")
    (folder / "logo.svg").write_text(DOT)
    config = write_pair(folder)
    with config.open("a") as file:
        file.write(
            f"theme: {{logo: {folder}/logo.svg, colours: {{new: '{WINE}'}},"
            f" fonts: {{regular: {SERIF}}}, paper: Letter}}\n"
        )
    return run(plan.read_config(config, ["output.formats=[html, pdf]"]), progress=Progress())


def test_the_page_has_the_themes_colours_font_and_logo(themed: Outcome) -> None:
    html = (themed.folder / "report.html").read_text()
    assert f"--new:{WINE};" in html
    assert "data:font/ttf;base64," in html
    assert "data:font/woff2" not in html
    assert 'class="logo"><img src="data:image/svg+xml;base64,' in html


def test_figures_are_drawn_in_the_themes_colours(themed: Outcome) -> None:
    drawn = [path.read_text() for path in (themed.folder / "figures").glob("*.svg")]
    assert any(WINE in svg for svg in drawn)
    assert not any(PALETTE["new"].light in svg for svg in drawn)


def test_the_pdf_is_set_on_the_themes_paper_in_its_typeface(themed: Outcome) -> None:
    document = pypdf.PdfReader(io.BytesIO((themed.folder / "report.pdf").read_bytes()))
    page = document.pages[0]
    assert [round(float(side)) for side in page.mediabox[2:]] == [612, 792]
    sizes = {
        TTFont(io.BytesIO(file.get_object().get_data()))["head"].unitsPerEm
        for font in page["/Resources"]["/Font"].values()
        for file in [_file_of(font.get_object())]
    }
    assert sizes == {2048}  # DejaVu's grid; Growth Sans has 1,000 units


def _file_of(font: Any) -> Any:
    (descendant,) = font["/DescendantFonts"]
    descriptor = descendant.get_object()["/FontDescriptor"].get_object()
    return descriptor.get("/FontFile2") or descriptor["/FontFile3"]


def test_a_stored_run_keeps_its_look(themed: Outcome, tmp_path: Path) -> None:
    assert load_run(themed.folder).theme == themed.run.theme
    out = tmp_path / "again"
    assert main(["render", str(themed.folder), "--out", str(out), "--quiet"]) == 0
    for name in ("report.html", "report.pdf", "summary.pdf"):
        assert (out / name).read_bytes() == (themed.folder / name).read_bytes()


def test_another_look_is_another_run(tmp_path: Path) -> None:
    config = write_pair(tmp_path)
    ids = {
        run(plan.read_config(config, settings), progress=Progress(quiet=True)).run.run_id
        for settings in ([], ["theme.colours={new: '#990033'}"], ["theme.paper=Letter"])
    }
    assert len(ids) == 3


def test_a_run_without_a_theme_stores_none(tmp_path: Path) -> None:
    outcome = run(plan.read_config(write_pair(tmp_path)), progress=Progress(quiet=True))
    assert b"Theme" not in gzip.decompress((outcome.folder / "pages.json.gz").read_bytes())
