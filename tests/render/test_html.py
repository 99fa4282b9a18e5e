"""The HTML report: one file, escaped, readable at every width, with links that lead somewhere."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest

from growthml.errors import GrowthError, UsageError
from growthml.parts import Run, Status
from growthml.render.drawings import draw_all
from growthml.render.html import html
from tests.render import story
from tests.render.story import CHURN, COHORTS, LTV, PROFITABILITY, SUMMARY, TENDENCIES

EVIL = "<script>alert(1)</script>\"'&</style>"


def rendered(run: Run, **options: object) -> str:
    return html(run, draw_all(run), **options)


@pytest.fixture(scope="module")
def text() -> str:
    return rendered(story.story(SUMMARY, TENDENCIES, PROFITABILITY, COHORTS, CHURN, LTV))


def test_nothing_is_loaded_from_outside(text):
    assert "http:" not in text
    assert "https:" not in text
    assert not re.findall(r"""(?:src|href|url\()\s*=?\s*["']?(?!#|data:)[^"'\s]*//""", text)
    assert set(re.findall(r"url\(\"?(data:|#|[^\"]{8})", text)) <= {"data:", "#"}
    for tag in ("<link", "<script", "<iframe", "@import"):
        assert tag not in text


def test_ids_are_unique_and_links_lead_somewhere(text):
    ids = Counter(re.findall(r'\bid="([^"]*)"', text))
    assert [name for name, n in ids.items() if n > 1] == []
    references = re.findall(r'(?:href="#|aria-labelledby="|url\(#)([^")]*)', text)
    assert references
    assert [name for name in references if name not in ids] == []


def test_the_page_can_be_walked_without_seeing_it(text):
    assert '<html lang="en">' in text
    assert "<title>Weekly growth report, as of 20 Apr 2014</title>" in text
    assert (
        text.index('class="skip" href="#main"') < text.index("<nav") < text.index('<main id="main"')
    )
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", text)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip([0, *levels], levels, strict=False))
    assert ":focus-visible" in text
    assert re.search(r'<div class="drawing wide" role="img" aria-label="Four bar panels', text)
    cells = re.findall(r"<th\b[^>]*>", text)
    assert [cell for cell in cells if "scope=" not in cell] == []


def test_wide_figures_are_there_twice_and_half_figures_once(text):
    assert len(re.findall('class="drawing wide"', text)) == 4  # three figures and the front page's
    assert len(re.findall('class="drawing narrow"', text)) == 4
    assert len(re.findall('class="drawing narrow only"', text)) == 4


def test_colours_are_tokens(text):
    body = text[text.index("<body") :]
    assert re.findall(r"#[0-9a-f]{6}\b", body) == []
    assert "@media screen and (prefers-color-scheme: dark)" in text
    assert "@media print" in text


def test_the_numbers_of_a_figure_unfold_or_are_linked(text):
    assert "<details><summary>Show the numbers</summary>" in text
    assert '<a href="#table-profitability-by-channel">The numbers</a>' in text


def test_long_tables_are_cut_at_fifty_rows(text):
    assert "Top 50 of 845 by revenue; all rows attached as profitability.top_users.csv" in text
    assert "user-50<" in text
    assert "user-51<" not in text


def test_sections_and_appendix_lead_to_each_other(text):
    assert 'appendix <a href="#appendix-a2">A2</a>, <a href="#appendix-a3">A3</a>' in text
    assert 'Used by <a href="#section-1-summary">1 · Summary</a>' in text
    assert text.count("-- user_totals") == 1  # both campaigns ran the same statement
    assert "Spring and Summer · sqlite · rows: Spring 8, Summer 8" in text
    assert "Parameters: as_of = 2014-04-20" in text
    assert "2014-04-20-8f3c12ab90de" in text


def test_a_failed_section_says_what_why_and_what_to_do(text):
    assert "Churn is missing from this report" in text
    assert "Why: The table of visits could not be read." in text
    assert "What to do: Ask the owner of the source for access to it." in text
    assert "Lifetime value: not enough data for an answer" in text


def test_a_reader_never_sees_a_stack_trace():
    reason = 'Lost the source.\nTraceback (most recent call last):\n  File "run.py", line 3'
    text = rendered(story.story(SUMMARY, replace(CHURN, reason=reason)))
    assert "Why: Lost the source.<" in text
    assert "Traceback" not in text


def test_a_doubtful_section_keeps_its_answer_under_a_warning():
    doubtful = replace(COHORTS, status=Status.SUSPICIOUS, reason="Half the rows are gone.")
    text = rendered(story.story(SUMMARY, doubtful))
    assert "Why: Half the rows are gone." in text
    assert "About one user in ten" in text


def test_skipped_sections_are_told_in_the_appendix_only():
    skipped = replace(CHURN, status=Status.SKIPPED, reason="Left out by --only.")
    text = rendered(story.story(SUMMARY, skipped))
    assert "<strong>Left out: Churn</strong> Left out by --only." in text
    assert "section-2-churn" not in text


def test_data_quality_stands_in_the_appendix():
    quality = replace(
        COHORTS, section=story.section("data_quality", "Data quality", "Is it sound?")
    )
    text = rendered(story.story(quality, SUMMARY))
    assert text.index('id="appendix"') < text.index('id="data-quality"')
    assert "1 · Summary" in text


def test_hostile_words_are_words():
    answer = replace(
        PROFITABILITY.answer,
        headline=EVIL,
        blocks=(
            replace(story.USERS, title=EVIL, subtitle=EVIL, alt=EVIL),
            replace(story.BY_CHANNEL, title=EVIL, note=EVIL),
        ),
        findings=(story.finding(EVIL, EVIL, 0.9),),
        caveats=(EVIL,),
        definitions=((EVIL, EVIL),),
    )
    hostile = replace(
        PROFITABILITY,
        section=replace(PROFITABILITY.section, id=f"x{EVIL}", title=EVIL, question=EVIL),
        answer=answer,
    )
    campaign = replace(story.SUMMER, label=EVIL)
    run = story.story(
        story.with_front(SUMMARY, verdict=EVIL, lede=EVIL, coverage=EVIL, banners=(EVIL,)),
        hostile,
        replace(CHURN, reason=EVIL),
        title=EVIL,
        context=replace(story.context(story.SPRING, campaign), labels={"channel": {"PI": EVIL}}),
        facts=[story.fact(EVIL, "new", EVIL)],
    )
    text = rendered(run)
    assert "<script" not in text
    assert text.count("</style>") == 1
    assert "onload=" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;" in text


def test_the_same_run_gives_the_same_text():
    assert rendered(story.story()) == rendered(story.story())


def test_nothing_that_varies_from_run_to_run_is_printed():
    slower = [replace(fact, seconds=9.75) for fact in story.story().facts]
    assert rendered(story.story(facts=slower)) == rendered(story.story())


def test_a_users_template_wins_file_by_file(tmp_path):
    (tmp_path / "screen.css").write_text("/* mine */")
    text = rendered(story.story(COHORTS), templates=tmp_path)
    assert "/* mine */" in text
    assert "About one user in ten" in text


def test_a_faulty_template_is_named_with_its_line(tmp_path):
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "front.html.j2").write_text("<p>fine</p>\n{{ front.vredict }}\n")
    with pytest.raises(GrowthError, match=r"front\.html\.j2, line 2: .*vredict"):
        rendered(story.story(COHORTS), templates=tmp_path)


def test_a_missing_template_folder_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no template folder"):
        rendered(story.story(COHORTS), templates=tmp_path / "none")
