"""The PDF: one front page, its tables attached, tagged, the same bytes every time."""

from __future__ import annotations

import hashlib
import io
import logging
import sys
from dataclasses import replace
from itertools import pairwise

import pytest

from growthml.errors import GrowthError
from growthml.figures import data_uri
from growthml.parts import Run, Status
from growthml.render import pdf as module
from growthml.render.drawings import draw_all
from growthml.render.pdf import Press
from tests.render import story
from tests.render.story import CHURN, COHORTS, PROFITABILITY, SUMMARY, TENDENCIES

pypdf = pytest.importorskip("pypdf")
pytest.importorskip("weasyprint", exc_type=OSError)


def read(content: bytes):
    return pypdf.PdfReader(io.BytesIO(content))


def words(page) -> str:
    return " ".join(page.extract_text().split())


def summary(run: Run, **options: object):
    return read(Press(run, draw_all(run), **options).summary())


@pytest.fixture(scope="module")
def run() -> Run:
    return story.story(SUMMARY, TENDENCIES, PROFITABILITY, COHORTS, CHURN)


@pytest.fixture(scope="module")
def report(run) -> bytes:
    return Press(run, draw_all(run)).report(story.tables_of(run))


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_eight_kpis_and_a_figure_fit_one_page(paper):
    document = summary(story.story(), paper=paper)
    (page,) = document.pages
    text = words(page)
    assert "No evidence that Summer converts better or worse than Spring." in text
    assert "$1,019" in text  # the last KPI
    assert "Covers 22 Apr 2013" in text
    assert story.ACTIONS.subtitle[:20] in text  # the figure
    width, height = (round(float(side)) for side in page.mediabox[2:])
    assert (width, height) == {"A4": (595, 842), "Letter": (612, 792)}[paper]


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_long_list_of_kpis_gives_way_to_one_page(paper):
    tested = [replace(story.KPIS[0], metric=f"m{n}", name=f"Measure {n}") for n in range(12)]
    totals = [replace(story.KPIS[-1], metric=f"t{n}", name=f"Total {n}") for n in range(30)]
    run = story.story(story.with_front(SUMMARY, kpis=(*tested, *totals)), TENDENCIES)
    (page,) = summary(run, paper=paper).pages
    text = words(page)
    assert "Measure 11" in text
    assert "Total 2" in text
    assert "Total 3" not in text
    assert "27 more in summary.kpis.csv" in text
    assert "Covers 22 Apr 2013" in text


def test_the_report_gives_way_as_its_summary_does():
    totals = [replace(story.KPIS[-1], metric=f"t{n}", name=f"Total {n}") for n in range(40)]
    run = story.story(story.with_front(SUMMARY, kpis=totals), COHORTS)
    first, second, *_ = read(Press(run, draw_all(run)).report({})).pages
    assert "Covers 22 Apr 2013" in words(first)
    assert "1 · Summary" in words(second)


def test_words_without_end_still_fit_one_page():
    endless = "W" * 2000
    long = replace(story.SUMMER, label=endless)
    run = story.story(
        story.with_front(SUMMARY, verdict=endless, lede=endless, coverage=endless),
        context=story.context(story.SPRING, long),
    )
    assert len(summary(run, paper="Letter").pages) == 1


def test_several_campaigns_and_no_summary_have_one_page_too():
    assert len(summary(story.three_arms()).pages) == 1
    failed = replace(SUMMARY, status=Status.FAILED, answer=None, reason="No users.")
    (page,) = summary(story.story(failed, COHORTS)).pages
    assert "This report has no summary" in words(page)


def attached_to(report: bytes) -> dict[str, bytes]:
    return {name: b"".join(parts) for name, parts in read(report).attachments.items()}


def test_every_table_is_attached_as_it_is(run, report):
    attached = attached_to(report)
    del attached["queries.sql"]
    assert attached == story.tables_of(run)
    assert len(attached["profitability.top_users.csv"].splitlines()) == 846


def test_the_sql_is_attached_whole_and_listed_by_its_hash(run, report):
    attached = attached_to(report)["queries.sql"].decode()
    printed = " ".join(words(page) for page in read(report).pages)
    assert run.facts
    for fact in run.facts:
        assert f"{fact.sql.strip()};" in attached
        assert hashlib.sha256(fact.sql.encode()).hexdigest()[:12] in printed
    assert "attached to this PDF as queries.sql" in printed
    assert "SELECT" not in printed


def test_it_is_tagged_titled_and_in_a_language(report):
    document = read(report)
    root = document.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert document.metadata.title == "Weekly growth report, as of 20 Apr 2014"
    metadata = root["/Metadata"].get_data()
    assert b'pdfaid:part="3" pdfaid:conformance="A"' in metadata


def test_every_figure_has_its_alt_text(report, run):
    figures = [tag for tag in _tags(report) if tag["/S"] == "/Figure"]
    alts = {str(tag.get("/Alt", "")) for tag in figures}
    charts = (story.ACTIONS, story.USERS, story.SIGNUPS, story.CUISINE, story.REVENUE)
    assert {chart.alt for chart in charts} <= alts
    assert "" not in alts


def test_headings_go_down_one_level_at_a_time(report):
    levels = [int(tag["/S"][2:]) for tag in _tags(report) if tag["/S"] in LEVELS]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_table_says_which_cells_are_heads(report):
    tables = [tag for tag in _tags(report) if tag["/S"] == "/Table"]
    assert tables
    for table in tables:
        rows = [tag for tag in _below(table) if tag["/S"] == "/TR"]
        cells = [[tag["/S"] for tag in _below(row)] for row in rows]
        assert all(set(row) & {"/TH", "/TD"} for row in cells)
        assert any("/TH" in row for row in cells)


LEVELS = tuple(f"/H{level}" for level in range(1, 7))


def _tags(report):
    """Every tag of a document, in reading order."""
    return list(_below(read(report).trailer["/Root"]["/StructTreeRoot"]))


def _below(node):
    """The tags below one; numbers and references to what is drawn are none."""
    found = node.get("/K", [])
    for each in found if isinstance(found, list) else [found]:
        child = each.get_object()
        if isinstance(child, dict) and "/S" in child:
            yield child
            yield from _below(child)


def test_pages_are_numbered_and_named(report):
    pages = read(report).pages
    for number, page in enumerate(pages, start=1):
        text = words(page)
        assert f"{number} / {len(pages)}" in text
        assert "growthml · run 2014-04-20-8f3c12ab90de" in text
        assert ("Summer against Spring · as of 20 Apr 2014" in text) is (number > 1)


def test_bookmarks_name_the_sections(report):
    front, inside = read(report).outline
    assert front.title == "Weekly growth report"
    assert [mark.title for mark in inside] == [
        "1 · Summary",
        "2 · Tendencies",
        "3 · Profitability",
        "4 · Cohorts",
        "5 · Churn",
        "Appendix",
    ]


def test_only_our_fonts_are_used_and_all_are_embedded(report):
    fonts = {}
    for page in read(report).pages:
        for font in page["/Resources"]["/Font"].values():
            (descendant,) = font.get_object()["/DescendantFonts"]
            descriptor = descendant.get_object()["/FontDescriptor"]
            name = str(font.get_object()["/BaseFont"]).partition("+")[2]
            fonts[name] = any(key.startswith("/FontFile") for key in descriptor)
    assert all(fonts.values())
    assert {name for name in fonts if not name.startswith(("Growth-Sans", "DejaVu"))} == set()


def test_tables_are_cut_at_twenty_five_rows(report):
    text = " ".join(words(page) for page in read(report).pages)
    assert "Top 25 of 845 by revenue; all rows attached as profitability.top_users.csv" in text
    assert "user-25" in text
    assert "user-26" not in text


def test_a_failed_section_has_its_box(report):
    text = " ".join(words(page) for page in read(report).pages)
    assert "Churn is missing from this report" in text
    assert "What to do: Ask the owner of the source" in text


def test_the_same_run_gives_the_same_bytes(run, report):
    assert Press(run, draw_all(run)).report(story.tables_of(run)) == report


def test_a_figure_without_alt_text_fails_the_build():
    silent = replace(story.USERS, alt=" ")
    run = story.story(replace(TENDENCIES, answer=replace(TENDENCIES.answer, blocks=(silent,))))
    with pytest.raises(GrowthError, match=r"figure tendencies\.users has no alt text"):
        Press(run, draw_all(run)).report({})


def test_a_templates_image_without_alt_text_does_too(tmp_path):
    drawing = draw_all(story.story(TENDENCIES))["tendencies.users"]["S"]
    image = f'<div><img src="{data_uri(drawing.svg)}"></div>'
    run = story.story(COHORTS)
    with pytest.raises(GrowthError, match='Image "data:…" has no required alt description'):
        Press(run, {}, templates=_with_running(tmp_path, image)).summary()


def _with_running(folder, text):
    """A user's templates whose running header is `text`."""
    (folder / "parts").mkdir()
    (folder / "parts" / "running.html.j2").write_text(text)
    return folder


@pytest.mark.parametrize("url", ["file:///etc/hostname", "http://localhost/x.png", "//localhost/x"])
def test_a_template_can_load_nothing_from_outside(tmp_path, url):
    templates = _with_running(tmp_path, f'<div><img src="{url}" alt="x"></div>')
    with pytest.raises(GrowthError, match=r"load nothing from outside|the PDF has faults"):
        Press(story.story(COHORTS), {}, templates=templates).summary()


@pytest.mark.parametrize("url", ["file:///etc/hostname", "http://localhost/", "ftp://localhost/"])
def test_the_fetcher_opens_data_only(url):
    with pytest.raises(ValueError, match="disallowed protocol"):
        module._fetcher().fetch(url)
    assert module._fetcher().fetch("data:text/plain,abc").read() == b"abc"


def test_a_link_to_nowhere_fails_the_build(tmp_path):
    templates = _with_running(tmp_path, '<p><a href="#nowhere">x</a></p>')
    with pytest.raises(GrowthError, match="nowhere"):
        Press(story.story(COHORTS), {}, templates=templates).summary()


def test_harmless_notes_on_css_do_not():
    with module._watched():
        logging.getLogger("weasyprint").warning("Ignored `colour: red`, unknown property.")


def test_without_pango_the_error_says_what_to_install(monkeypatch):
    class Broken:
        def find_spec(self, name, *_):
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.delitem(sys.modules, "weasyprint")
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(GrowthError, match=r"apt-get install libpango-1\.0-0"):
        Press(story.story(COHORTS), {}).summary()
