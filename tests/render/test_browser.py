"""The report in a real browser: by keyboard, narrow and wide, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from growthml.render.drawings import draw_all
from growthml.render.html import html
from tests.browser import Page, browser
from tests.render.story import story


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, Path]]:
    folder = tmp_path_factory.mktemp("browser")
    report = folder / "report.html"
    found = story()
    report.write_text(html(found, draw_all(found)), encoding="utf-8")
    with browser(folder / "profile") as page:
        yield page, report


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_scrolls_sideways(opened: tuple[Page, Path], width: int) -> None:
    page, report = opened
    page.size(width)
    page.open(report)
    assert page.ask("document.scrollingElement.scrollWidth") <= width


def test_the_keyboard_leads_past_the_head_and_opens_the_numbers(
    opened: tuple[Page, Path],
) -> None:
    page, report = opened
    page.size(1280)
    page.open(report)
    page.press("Tab", 9)
    assert page.ask("document.activeElement.className") == "skip"
    page.ask("document.querySelector('details > summary').focus()")
    assert not page.ask("document.querySelector('details').open")
    page.type(" ")
    page.until("document.querySelector('details').open")


def test_dark_is_dark_and_light_is_light(opened: tuple[Page, Path]) -> None:
    page, report = opened
    shades = {}
    for scheme in ("light", "dark"):
        page.scheme(scheme)
        page.open(report)
        shades[scheme] = page.ask("getComputedStyle(document.documentElement).backgroundColor")
    assert shades == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 27, 34)"}


def test_the_page_asks_nothing_of_anybody(opened: tuple[Page, Path]) -> None:
    page, report = opened
    page.requests.clear()
    page.complaints.clear()
    page.open(report)
    outside = [each for each in page.requests if not each.startswith(("file:", "data:", "about:"))]
    assert outside == []
    assert page.complaints == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_a_reader_out(opened: tuple[Page, Path], scheme: str, width: int) -> None:
    page, report = opened
    page.size(width)
    page.scheme(scheme)
    page.open(report)
    assert page.barriers() == []


def test_a_page_with_barriers_is_noticed(opened: tuple[Page, Path], tmp_path: Path) -> None:
    page, _ = opened
    bad = tmp_path / "bad.html"
    bad.write_text("<p style='color:#ccc'>pale</p><img src='data:,'>", encoding="utf-8")
    page.open(bad)
    rules = {told.partition(":")[0] for told in page.barriers()}
    assert {"image-alt", "html-has-lang"} <= rules


def test_headings_go_down_one_level_at_a_time(opened: tuple[Page, Path]) -> None:
    page, report = opened
    page.open(report)
    levels = page.ask("[...document.querySelectorAll('h1,h2,h3,h4')].map((h) => +h.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_keyboard_goes_down_the_page_in_reading_order(opened: tuple[Page, Path]) -> None:
    page, report = opened
    page.size(1280)
    page.open(report)
    place = "[...document.querySelectorAll('*')].indexOf(document.activeElement)"
    seen: list[int] = []
    while not seen or seen[-1] > max(seen[:-1], default=-1):
        page.press("Tab", 9)
        seen.append(page.ask(place))
    stops = page.ask("document.querySelectorAll('a[href], summary, [tabindex=\"0\"]').length")
    assert stops - page.ask("document.querySelectorAll('details table').length") <= len(seen)


def test_figures_say_in_words_what_they_show(opened: tuple[Page, Path]) -> None:
    page, report = opened
    page.open(report)
    figures = page.ask(
        "[...document.querySelectorAll('.figure')].map((f) => ["
        "f.querySelector('[role=img]').getAttribute('aria-label'), f.innerText])"
    )
    assert figures
    assert all(len(alt) > 20 for alt, _ in figures)


def test_states_keep_their_words_in_forced_colours(opened: tuple[Page, Path]) -> None:
    page, report = opened
    page.forced_colours(True)
    page.open(report)
    assert page.ask("matchMedia('(forced-colors: active)').matches")
    words = page.ask("[...document.querySelectorAll('.state')].map((s) => s.innerText)")
    assert words
    assert all(any(letter.isalpha() for letter in word) for word in words)
    page.forced_colours(False)
