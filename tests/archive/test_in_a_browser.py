"""The archive's pages in a real Chromium: search, filters, keyboard, widths, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from growthml.archive import index
from tests.archive.shelf import kpis, stored
from tests.archive.test_postmortem import ended
from tests.browser import Page, browser

VISIBLE = (
    "[...document.querySelectorAll('tr[data-facets]')].filter(row => row.offsetParent !== null)"
)
SAID = "document.querySelector('.matches').textContent"
PAGES = (
    "index.html",
    "index/page-0001.html",
    "postmortems/index.html",
    "postmortems/campaigns--new.html",
)
BETTER = "Summer converts better than Spring."


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """250 days: every 25th better, one of another report, and two campaigns' postmortems."""
    found = tmp_path_factory.mktemp("archive")
    for i in range(248):
        day = (date(2013, 6, 1) + timedelta(days=i)).isoformat()
        told = {"sentence": BETTER, "verdict": "better"} if i % 25 == 0 else {}
        report = "retention" if i == 3 else "weekly"
        folder = stored(
            found, day, digits=f"{i:012x}", rows=kpis(50 + i % 20), report=report, **told
        )
        index.add(found, folder, "sent to Zoë" if i == 100 else "")
    for key, label, owner, hoped in (("new", "Summer", "Ana", 0.08), ("fb", "Push", "Bo", 0.2)):
        campaigns = [
            {"key": key, "label": label, "owner": owner, "expected": {"conversion_rate": hoped}}
        ]
        rows = [line.replace(",new,", f",{key},") for line in kpis()]
        where = {"channel": ["FB"]} if key == "fb" else {}
        folder = stored(
            found,
            "2014-04-20",
            digits=("a" if key == "fb" else "b") * 12,
            report="campaigns",
            campaigns=campaigns,
            rows=rows,
            config=ended(key, where=where),
        )
        index.add(found, folder)
    return found


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def page(tab: Page) -> Page:
    """The tab as a reader with a wide light screen has it."""
    tab.size(1280)
    tab.scheme("light")
    tab.scripts(True)
    tab.requests.clear()
    tab.complaints.clear()
    return tab


def visible(page: Page) -> int:
    found: int = page.ask(f"{VISIBLE}.length")
    return found


def test_searching_by_keyboard(archive: Path, page: Page) -> None:
    page.open(archive / "index.html")
    newest = visible(page)
    assert newest == 150 - 100  # the first page once it had handed on its oldest hundred twice
    page.type("/")
    assert page.ask("document.activeElement.name") == "q"
    page.type("zoe")
    page.until(f"{SAID} === '1 of 250 runs match'")
    assert visible(page) == 1
    assert "sent to Zoë" in page.ask(f"{VISIBLE}[0].textContent")
    # The row that was found is the next but three stops of the Tab key, and a link.
    for _ in range(3):
        page.press("Tab", 9)
    link = page.ask("document.activeElement.href || ''")
    while "weekly/2013-09-09" not in link:
        page.press("Tab", 9)
        link = page.ask("document.activeElement.href || ''")
    assert link.endswith("report.html")
    page.ask("document.querySelector('[name=q]').focus()")
    page.press("Escape", 27)
    page.until(f"{SAID} === ''")
    assert visible(page) == newest


@pytest.mark.parametrize(
    ("fragment", "found"),
    [
        ("#verdict=better", 10),
        ("#q=%22converts+better+than%22", 10),
        ("#q=better+summer+worse", 240),
        ("#report=retention", 1),
        ("#report=weekly&verdict=better", 10),
        ("#report=retention&verdict=better", 0),
        ("#q=no+such+words", 0),
    ],
)
def test_filters_reach_runs_of_all_pages(
    archive: Path, page: Page, fragment: str, found: int
) -> None:
    page.open(archive / "index.html", fragment)
    page.until(f"{SAID} === '{found} of 250 runs match'")
    assert visible(page) == found
    assert page.ask("document.querySelector('.matches').getAttribute('aria-live')") == "polite"


def test_choosing_from_a_filter(archive: Path, page: Page) -> None:
    page.open(archive / "index.html")
    page.ask("document.querySelector('[name=verdict]').focus()")
    page.until("document.querySelectorAll('[name=report] option').length === 3")
    options = page.ask("[...document.querySelectorAll('[name=verdict] option')].map(o => o.text)")
    assert options == ["All", "Better", "No evidence"]
    page.type("B")
    page.until(f"{SAID} === '10 of 250 runs match'")
    assert page.ask("location.hash") == "#verdict=better"
    years = page.ask("[...document.querySelectorAll('tr.year')].filter(r => r.offsetParent).length")
    assert years == 2


def test_a_wide_search_shows_the_newest_and_says_so(archive: Path, page: Page) -> None:
    page.open(archive / "index.html", "#q=spring")
    page.until(f"{SAID} === '250 of 250 runs match'")
    assert visible(page) == 250


def test_without_scripts_everything_is_there(archive: Path, page: Page) -> None:
    page.scripts(False)
    page.open(archive / "index.html")
    page.scripts(True)
    assert visible(page) == 50
    assert page.ask("document.querySelector('.filters').offsetParent === null")
    assert page.ask("document.querySelector('a[rel=next]').offsetParent !== null")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_pages_fit_and_keep_to_themselves(
    archive: Path, page: Page, width: int, scheme: str, name: str
) -> None:
    page.size(width)
    page.scheme(scheme)
    page.open(archive / name)
    assert page.ask("document.documentElement.scrollWidth <= innerWidth")
    ground = page.ask("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(22, 27, 34)")
    assert page.ask("document.fonts.check('16px \"Growth Sans\"')")
    # No line of text runs over another in a row.
    squeezed = (
        "[...document.querySelectorAll('td, th')].filter(c => c.scrollWidth > c.clientWidth + 1)"
    )
    assert page.ask(f"{squeezed}.filter(c => c.offsetParent && c.clientWidth > 1).length") == 0
    assert page.complaints == []
    assert {url.partition(":")[0] for url in page.requests} <= {"file", "data", "about"}


def test_where_a_focus_is_can_be_seen(archive: Path, page: Page) -> None:
    page.open(archive / "index.html")
    page.type("/")
    assert page.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press("Tab", 9)
    assert page.ask("document.activeElement.name") == "report"
    assert page.ask("document.activeElement.labels[0].textContent.startsWith('Report')")


@pytest.mark.parametrize(
    ("fragment", "found"),
    [
        ("", ["Push", "Summer"]),
        ("#owner=Ana", ["Summer"]),
        ("#verdict=missed", ["Push"]),
        ("#channel=FB", ["Push"]),
        ("#q=summer", ["Summer"]),
    ],
)
def test_postmortems_are_searched_too(
    archive: Path, page: Page, fragment: str, found: list[str]
) -> None:
    page.open(archive / "postmortems" / "index.html", fragment)
    if fragment:
        page.until(f"{SAID} === '1 of 2 postmortems match'")
    names = page.ask(f"{VISIBLE}.map(row => row.querySelector('a').textContent)")
    assert sorted(names) == found


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_keeps_a_reader_out(
    archive: Path, page: Page, name: str, scheme: str, width: int
) -> None:
    page.size(width)
    page.scheme(scheme)
    page.open(archive / name)
    assert page.barriers() == []
