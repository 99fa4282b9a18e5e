"""The mail opened in a real browser: narrow and wide, light and dark, with pictures and without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from growthml import palette
from growthml.deliver.letter import embedded, html, letter
from growthml.parts import Run, Verdict
from tests.browser import Page, browser
from tests.render.story import (
    KPIS,
    PROFITABILITY,
    SPRING,
    SUMMARY,
    SUMMER,
    TENDENCIES,
    context,
    story,
    three_arms,
    with_front,
)

LONG = "Wintersonderschlussverkaufsaktionskampagne"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


def long_labels() -> Run:
    kpis = [replace(row, name=f"{row.name} of the {LONG}", verdict=Verdict.WORSE) for row in KPIS]
    campaigns = context(replace(SPRING, label=LONG), replace(SUMMER, label=f"{LONG}II"))
    return story(
        with_front(SUMMARY, kpis=kpis, verdict=f"{LONG} converts better."),
        TENDENCIES,
        PROFITABILITY,
        context=campaigns,
    )


def write(folder: Path, run: Run, *, pictures: bool = True) -> Path:
    """The mail's body as a file; without pictures, as a client that blocks them shows it."""
    said = letter(run, alerts=["Conversion of Summer fell below 8 %: it is 7.10 %."])
    assert said.hero is not None
    hero = embedded(said.hero.png) if pictures else "cid:blocked"
    path = folder / "mail.html"
    path.write_text(html(replace(said, unsubscribe="growth@example.com"), hero), encoding="utf-8")
    return path


@pytest.mark.parametrize("pictures", [True, False])
@pytest.mark.parametrize("width", [320, 390, 700])
@pytest.mark.parametrize("run", [story, three_arms, long_labels])
def test_nothing_scrolls_sideways(
    page: Page, tmp_path: Path, run: object, width: int, pictures: bool
) -> None:
    page.size(width)
    page.open(write(tmp_path, run(), pictures=pictures))  # type: ignore[operator]
    assert page.ask("document.scrollingElement.scrollWidth") <= width
    assert page.ask("document.querySelector('.frame').offsetWidth") <= 600


@pytest.mark.parametrize("width", [320, 390])
def test_a_client_that_drops_the_head_shows_a_narrow_mail_too(
    page: Page, tmp_path: Path, width: int
) -> None:
    path = write(tmp_path, story())
    text = path.read_text(encoding="utf-8")
    start, end = text.index("<style"), text.index("</style>")
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    page.size(width)
    page.open(path)
    assert page.ask("document.scrollingElement.scrollWidth") <= width


def test_nothing_is_fetched_and_nothing_is_wrong(page: Page, tmp_path: Path) -> None:
    page.requests.clear()
    page.complaints.clear()
    page.size(700)
    path = write(tmp_path, story())
    page.open(path)
    fetched = [each for each in page.requests if not each.startswith(("data:", "about:"))]
    assert fetched == [path.resolve().as_uri()]
    assert page.complaints == []


COLOURS = """[...document.querySelectorAll('p, h1, h2, th, td, a, span')]
.filter(each => each.offsetParent && each.textContent.trim())
.map(each => getComputedStyle(each).color)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 700])
def test_every_word_can_be_read_in_light_and_dark(
    page: Page, tmp_path: Path, scheme: str, width: int
) -> None:
    page.size(width)
    page.scheme(scheme)
    page.open(write(tmp_path, long_labels()))
    ground = _luminance(page.ask("getComputedStyle(document.body).backgroundColor"))
    assert page.ask("getComputedStyle(document.body).backgroundColor") == _rgb(
        getattr(palette, scheme)("bg")
    )
    for colour in set(page.ask(COLOURS)):
        low, high = sorted((ground, _luminance(colour)))
        assert (high + 0.05) / (low + 0.05) >= 4.5, colour
    page.scheme("light")


def test_on_a_narrow_screen_rows_are_blocks_and_name_both_campaigns(
    page: Page, tmp_path: Path
) -> None:
    page.size(320)
    page.open(write(tmp_path, story()))
    row = page.ask("document.querySelectorAll('.kpis tr')[1].innerText")
    assert " ".join(row.split()) == (
        "Conversion rate 6.83 % → 7.10 % +0.27 pp −2.1 to +2.7 ○ No evidence"
    )
    assert page.ask("document.querySelector('.narrow').innerText") == (
        "Spring → Summer, change with 95\u202f% interval"
    )
    page.size(700)
    assert page.ask("document.querySelector('.narrow').offsetParent === null")


def _rgb(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of `rgb(r, g, b)`."""
    parts = [int(part) / 255 for part in colour[4:-1].split(",")]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("run", [story, three_arms, long_labels])
def test_nothing_keeps_a_reader_out(page: Page, tmp_path: Path, run: object, scheme: str) -> None:
    page.size(700)
    page.scheme(scheme)
    page.open(write(tmp_path, run()))  # type: ignore[operator]
    assert page.barriers() == []
