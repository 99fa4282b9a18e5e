"""The report in a real browser: by keyboard, narrow and wide, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
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
