"""No English reaches a reader but through a catalogue: a whole report in a language of marks.

The made-up language sets every text in «…», but for what fills its places; a word outside of such
marks came from the code as it stands, or was glued on. What is still bare, and where:

    .venv/bin/python -m pytest --runxfail tests/test_no_bare_words.py
"""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterable, Iterator
from datetime import date
from functools import reduce
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel import Locale
from babel.dates import get_month_names
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from growthml import plan, words
from growthml.analysis.traffic_tables import DIRECT, GROUPS
from growthml.facts.networks import NETWORKS
from growthml.parts import Table
from growthml.progress import Progress
from growthml.run import Outcome, run
from growthml.simulate import simulate
from growthml.simulate_web import simulate_web
from growthml.words import DOMAIN

ROOT = Path(__file__).resolve().parents[1]
LOCALE = "eo"
"""A locale that has no catalogue of its own."""

NAMES = {
    *("growthml", "UTC", "sqlite", "USD"),
    *("spring", "summer", "baseline", "new", "Facebook", "Twitter", "Reddit", "Pinterest"),
    *("Benjamini", "Hochberg", "csv", "min", "duckdb"),
}
"""What no language translates, and what the config calls its campaigns and channels."""
CALENDAR = {
    form
    for width in ("wide", "abbreviated")
    for name in get_month_names(width, locale=LOCALE).values()
    for form in (name, name.capitalize())
}
AND = Locale.parse(LOCALE).list_patterns["standard"]["end"]
"""The locale's own words, which are in no catalogue of ours: "kaj" for "and"."""
_PLACE = re.compile(r"\{[^{}]*\}")
_WORD = re.compile(r"[^\W\d_]{3,}")
_CODE = {"pre", "style", "script", "code", "parameters"}
LABEL = "svg text"
_SAID = ("alt", "aria-label", "title", "content", "data-label")


def marked(text: str) -> str:
    """The text in marks, its places outside of them: what fills one has marks of its own."""
    return "«" + _PLACE.sub(r"»\g<0>«", text) + "»"


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A catalogue in which every text of the code stands in marks."""
    extracted: Catalog = runpy.run_path(str(ROOT / ".ci" / "words"))["extracted"]()
    catalogue = Catalog(locale=LOCALE, domain=DOMAIN, charset="utf-8", fuzzy=False)
    for each in extracted:
        if each.id:
            forms = (each.id,) if isinstance(each.id, str) else each.id
            made = tuple(map(marked, forms))
            catalogue.add(each.id, made[0] if isinstance(each.id, str) else made)
    folder = tmp_path_factory.mktemp("locale")
    path = folder / LOCALE / "LC_MESSAGES" / f"{DOMAIN}.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalogue)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words, "FOLDER", folder)
        words._catalogue.cache_clear()
        yield
    words._catalogue.cache_clear()


class Texts(HTMLParser):
    """What a page says: its texts and the attributes that are read out, each with its place."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.said: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in ("meta", "link", "img", "br", "col", "input"):
            self.open.append("parameters" if given.get("class") == "parameters" else tag)
        if tag == "meta" and given.get("name") != "description":
            return
        self.said += [(f"{tag} {name}", given[name] or "") for name in _SAID if given.get(name)]

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() not in (tag, "parameters"):
            pass

    def handle_data(self, data: str) -> None:
        if not data.strip() or _CODE & set(self.open):
            return
        place = " ".join(self.open[-2:])
        if place == LABEL and self.said and self.said[-1][0] == place and cut(self.said[-1][1]):
            data = f"{self.said.pop()[1]} {data}"
        self.said.append((place, data))


def cut(text: str) -> bool:
    """Whether a label of a chart goes on in the next line."""
    return text.count("«") > text.count("»") and not text.endswith("…")


def bare(text: str) -> str:
    """What is left of a text outside of all marks."""
    depth, left = 0, []
    for char in text:
        depth += (char == "«") - (char == "»")
        left.append(char if depth == 0 and char not in "«»" else " ")
    return "".join(left)


def bare_words(page: str, known: set[str], ids: Iterable[str] = ()) -> list[str]:
    """The places of a page where a word stands bare, and what is said there."""
    texts = Texts()
    texts.feed(page)
    found = []
    for place, text in texts.said:
        without = reduce(lambda left, each: left.replace(each, ""), ids, bare(text))
        left = [w for w in _WORD.findall(without) if w not in known]
        if left:
            found.append(f"{place}: {' '.join(left)[:60]!r} in {' '.join(text.split())[:160]!r}")
    return list(dict.fromkeys(found))


@pytest.fixture(scope="module")
def report(marks: None, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Every section of the demo's report, with a web log beside it and a run before it."""
    folder = tmp_path_factory.mktemp("report")
    simulate(folder / "spring.db", users=3000, seed=1)
    simulate(folder / "summer.db", users=3000, seed=2, effects={"PI": 1.5})
    simulate_web(folder / "w.log", users=600, start=date(2024, 7, 4))
    config = folder / "marks.yml"
    config.write_text(
        f"""
report: {{name: marks, title: "«title»", locale: {LOCALE}}}
sources:
  spring: {{url: "sqlite:///{folder}/spring.db"}}
  summer: {{url: "sqlite:///{folder}/summer.db"}}
  w: {{url: "{folder}/w.log"}}
campaigns:
  baseline: {{source: spring, label: «Spring»}}
  new: {{source: summer, label: «Summer»}}
metrics:
  costs: {{FB: 0.45, TW: 0.25, RE: 0.35, PI: 0.55}}
labels:
  channel: {{FB: «Facebook», TW: «Twitter», RE: «Reddit», PI: «Pinterest»}}
  category:
    {{italian: «i», french: «f», chinese: «c», german: «g», japanese: «j», mexican: «m»,
     vietnamese: «v»}}
  action: {{bought: «buy», like: «like», share: «share», nothing: «nothing»}}
output: {{archive: "{folder}/reports"}}
"""
    )
    read, quiet = plan.read_config(config), Progress(quiet=True)
    run(read, as_of=date(2025, 12, 24), only=["summary"], formats=["html"], progress=quiet)
    return run(read, formats=["html"], progress=quiet)


def ids(report: Outcome) -> list[str]:
    """Names of ours that stand for files, queries and the run, the longest first."""
    sections = report.run.sections
    tables = [
        f"{part.section.id}.{block.id}"
        for part in sections
        for block in (part.answer.blocks if part.answer else ())
    ]
    facts = [fact for part in sections for fact in (*part.facts, *part.section.facts)]
    return sorted({report.run.run_id, *tables, *facts}, key=len, reverse=True)


def known_words(report: Outcome) -> set[str]:
    """Names that are nobody's words, and the locale's own."""
    return {
        *NAMES,
        *CALENDAR,
        *_WORD.findall(" ".join([*report.run.versions, AND, *visited(report)])),
    }


def visited(report: Outcome) -> Iterator[str]:
    """What visitors of the web log sent: pages, hosts and agents, and the networks of hosts."""
    (traffic,) = [part for part in report.run.sections if part.section.id == "traffic"]
    assert traffic.answer is not None
    columns = {"pages": "page", "referrers": "referrer", "bots": "agent"}
    for block in traffic.answer.blocks:
        if isinstance(block, Table) and block.id in columns:
            yield from set(block.frame[columns[block.id]]) - {DIRECT}
    yield from (network for network in NETWORKS if network not in GROUPS)
    yield "w.log"


@pytest.mark.slow
def test_no_word_of_a_report_stands_bare(report: Outcome) -> None:
    page = (report.folder / "report.html").read_text(encoding="utf-8")
    found = bare_words(page, known_words(report), ids(report))
    assert not found, "\n" + "\n".join(found)


def test_what_fills_a_place_stands_outside_of_the_marks() -> None:
    head = marked("{measure}, {unit}").format(measure="Observed rate", unit="%")
    assert bare_words(f"<th>{head}</th>", set()) == [
        "th: 'Observed rate' in '«»Observed rate«, »%«»'"
    ]


def test_a_bare_word_is_found() -> None:
    assert bare_words("<p>«Users of «Spring»» and more</p>", set()) == [
        "p: 'and more' in '«Users of «Spring»» and more'"
    ]
    assert bare_words("<svg><text>«a</text><text>line» more</text></svg>", set()) == [
        "svg text: 'more' in '«a line» more'"
    ]
    assert not bare_words("<p>(churn.tests)</p>", set(), ["churn.tests"])
    assert bare_words('<p title="hello">«hi»</p><pre>SELECT</pre>', set()) == [
        "p title: 'hello' in 'hello'"
    ]
