from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from growthml.deliver import letter as letters
from growthml.deliver.letter import Letter, html, letter, text
from growthml.deliver.words import plain, shorten
from growthml.errors import GrowthError
from growthml.parts import Run, Verdict
from tests.deliver.mailed import quick_story
from tests.render.story import (
    COHORTS,
    KPIS,
    PROFITABILITY,
    SUMMARY,
    TENDENCIES,
    story,
    three_arms,
    with_front,
)


class Tags(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def written(run: Run | None = None, **changes: object) -> Letter:
    said = letter(run or story(), alerts=changes.pop("alerts", ()))  # type: ignore[arg-type]
    return replace(said, unsubscribe="growth@example.com", **changes)  # type: ignore[arg-type]


def words(page: str) -> str:
    """What a page says."""
    text = re.sub(r"<(style|title).*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.fixture(scope="module")
def page() -> str:
    return html(written(), "cid:hero")


def test_the_mail_says_what_the_front_page_says(page: str) -> None:
    said = words(page)
    for each in (
        "No evidence that Summer converts better or worse than Spring.",
        "7.10 % of 845 Summer users bought, against 6.83 % of 879 Spring users",
        "Conversion rate 6.83 % → 7.10 % +0.27 pp −2.1 to +2.7 ○ No evidence",
        "Pinterest is the shop 103 of 111 Spring purchases",
        "▲ Risk: One network 92 % of Spring",
        "Covers 22 Apr 2013 – 20 Apr 2014 (Spring)",
        "Run 2014-04-20-8f3c12ab90de",
    ):
        assert each in said


def test_at_most_six_kpis_and_the_rest_is_counted(page: str) -> None:
    rows = [each for each in Tags(page).of("th") if each.get("scope") == "row"]
    assert len(rows) == 6
    assert "2 more KPIs in the report." in words(page)


def test_each_campaign_keeps_its_best_lines() -> None:
    said = written(three_arms())
    assert [len(group.lines) for group in said.front.groups] == [3, 3]
    assert said.hidden == 2
    page = words(html(said, "cid:hero"))
    assert "Summer against Spring" in page
    assert "Autumn against Spring" in page


def test_the_picture_says_its_numbers_where_it_is_blocked(page: str) -> None:
    (picture,) = Tags(page).of("img")
    assert picture["src"] == "cid:hero"
    assert picture["width"] == "552"
    assert "Facebook likes 92 and 90 %" in str(picture["alt"])


def test_tables_of_layout_say_so_and_the_other_has_scopes(page: str) -> None:
    tags = Tags(page)
    roles = [each.get("role") for each in tags.of("table")]
    assert roles.count(None) == 1
    assert set(roles) == {None, "presentation"}
    assert all(each.get("scope") for each in tags.of("th"))
    assert tags.of("html") == [{"lang": "en"}]


def test_essentials_are_inline_and_the_rest_stays_in_the_head(page: str) -> None:
    head, _, body = page.partition("</head>")
    assert head.count("<style") == 1
    assert "prefers-color-scheme: dark" in head
    assert "max-width: 540px" in head
    assert 'name="color-scheme" content="light dark"' in head
    assert "<style" not in body
    assert all("style" in each for each in Tags(body).of("p"))
    assert "var(--" not in page


def test_a_mail_loads_nothing_and_runs_nothing(page: str) -> None:
    tags = Tags(page)
    assert not [tag for tag, _ in tags.tags if tag in ("script", "link", "iframe", "object")]
    addresses = re.findall(r'(?:src|href|background)="([^"]+)"|url\(([^)]+)\)', page)
    for address in ("".join(each) for each in addresses):
        assert address.startswith(("cid:", "mailto:"))


def test_whatever_the_data_say_is_words_not_markup() -> None:
    evil = '<img src=x onerror=alert(1)>"&'
    run = story(with_front(SUMMARY, verdict=evil, hero=None), PROFITABILITY)
    page = html(written(run), "cid:hero")
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
    assert evil in text(written(run))


def test_an_ordinary_mail_is_small(page: str) -> None:
    assert len(page.encode()) < 30_000


def test_thousands_of_kpis_make_no_long_mail() -> None:
    kpis = [replace(KPIS[0], metric=f"m{n}", name=f"KPI {n}") for n in range(5000)]
    said = written(story(with_front(SUMMARY, kpis=kpis, hero=None)))
    page = html(said, "cid:hero")
    assert len(page.encode()) < 30_000
    assert "4994 more KPIs in the report." in words(page)
    assert "KPI 0" in page


def test_what_is_too_long_gives_way_in_one_order_and_is_refused_in_the_end() -> None:
    long = tuple(replace(row, name="n" * 20_000) for row in KPIS[:6])
    page = html(written(story(with_front(SUMMARY, kpis=long, hero=None), COHORTS)), "cid:hero")
    assert len(page.encode()) <= 90_000
    assert "Few users do anything" not in page
    assert page.count("n" * 20_000) == 3
    endless = story(with_front(SUMMARY, lede="x" * 100_000, hero=None))
    with pytest.raises(GrowthError, match="longer than 90 kB"):
        html(written(endless), "cid:hero")


def test_the_inbox_shows_the_lede_beside_the_subject(page: str) -> None:
    said = written().preheader
    assert len(said) <= 100
    assert said.startswith("7.10")
    assert page.partition("</head>")[2].index(said) < page.partition("</head>")[2].index("<h1")


# -- Text --------------------------------------------------------------------------------------

WORST = story(
    with_front(
        SUMMARY,
        verdict="No evidence that the Midsummer Night campaign converts better or worse than it.",
        lede="word " * 50,
        kpis=[
            *(
                replace(row, name=f"A KPI with a rather long name {n}", interval="−1,000 to +1,000")
                for n, row in enumerate(KPIS)
            )
        ],
        banners=["A sample ratio is off: 879 against 845 users, " * 3] * 5,
    ),
    TENDENCIES,
    PROFITABILITY,
    COHORTS,
    title="A weekly growth report with a title that goes on for quite a while",
)


@pytest.mark.parametrize("run", [story(), three_arms(), WORST, quick_story()])
def test_the_text_is_one_screen(run: Run) -> None:
    said = text(
        written(
            run,
            alerts=["Conversion rate of Summer is 7.10 %, below 8 %."],
            enclosed=["Attached: the whole report (PDF, 1.2 MB), and all KPIs (CSV, 1 kB)."],
        )
    )
    lines = said.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 72
    assert len(said.encode()) <= 4096
    assert "! Conversion rate of Summer is 7.10 %, below 8 %." in lines
    assert run.run_id in said
    assert "Attached: the whole report" in said


def test_the_text_is_a_report() -> None:
    assert text(written(quick_story(), enclosed=["Attached: all KPIs (CSV, 1 kB)."])) == (
        "Weekly growth report, as of 20 Apr 2014\n"
        "\n"
        "No evidence that Summer converts better or worse than Spring.\n"
        "7.10 % of 845 Summer users bought, against 6.83 % of 879 Spring users:\n"
        "+0.27 points, and anything from -2.1 to +2.7 fits the data. This sample\n"
        "could only have shown about 3.5 points or more.\n"
        "\n"
        "Conversion rate   6.83 % -> 7.10 %  +0.27 pp\n"
        "                  -2.1 to +2.7      no evidence\n"
        "Revenue per user  $1.24 -> $1.21    -$0.04\n"
        "                  -0.57 to +0.50    no evidence\n"
        "Activation rate   18.9 % -> 19.1 %  +0.17 pp\n"
        "                  -3.5 to +3.9      no evidence\n"
        "Share rate        5.35 % -> 7.22 %  +1.87 pp\n"
        "                  -0.4 to +4.2      no evidence\n"
        "Users             879 -> 845        -3.9 %\n"
        "Buyers            60 -> 60          0\n"
        "\n"
        "Covers 22 Apr 2013 - 20 Apr 2014 (Spring), 21 Apr 2013 - 20 Apr 2014\n"
        "(Summer), UTC, 1,724 users, 759 events, newest event 20 Apr 2014, 00:02\n"
        "Attached: all KPIs (CSV, 1 kB).\n"
        "Run 2014-04-20-8f3c12ab90de. No more of these: write to\n"
        "growth@example.com\n"
    )


def test_german_nouns_keep_their_capitals_in_text() -> None:
    said = text(written(replace(story(), language="de")))
    assert "Kein Beleg\n" in said
    assert "beleg" not in said


def test_a_state_is_a_word_in_text() -> None:
    kpis = [replace(KPIS[0], verdict=Verdict.WORSE), replace(KPIS[1], verdict=Verdict.BETTER)]
    said = text(written(story(with_front(SUMMARY, kpis=kpis, hero=None))))
    assert re.search(r"-2.1 to \+2.7 +worse\n", said)
    assert re.search(r"-0.57 to \+0.50 +better\n", said)


def test_more_warnings_than_three_are_counted() -> None:
    assert written(WORST).warnings[2] == "3 more warnings stand in the report."
    assert letters.MOST_WARNINGS == 3


@pytest.mark.parametrize(
    ("given", "most", "expected"),
    [
        ("short", 10, "short"),
        ("two words here", 10, "two words…"),
        ("oneverylongword", 6, "oneve…"),
        ("a, b, c", 4, "a…"),
        ("exactly ten", 11, "exactly ten"),
    ],
)
def test_words_are_cut_at_a_words_end(given: str, most: int, expected: str) -> None:
    assert shorten(given, most) == expected
    assert len(shorten(given, most)) <= most


def test_typographic_signs_are_made_plain_and_letters_stay() -> None:
    assert plain("−2.1\u202f% → “Zoë’s” …") == '-2.1 % -> "Zoë\'s" ...'
