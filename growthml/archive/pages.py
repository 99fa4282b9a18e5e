"""The index's pages: rows from the catalogue, set by the templates in `templates/archive`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from growthml.archive.catalogue import Catalogue, Entry
from growthml.archive.sparkline import sparkline, strip
from growthml.render.templates import environment, fill, ours

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_TRENDS = 12
"""Reports that get a sparkline on the first page."""
REPORTS_A_TREND = 12

VERDICTS = {
    "better": ("●", "Better"),
    "worse": ("■", "Worse"),
    "no_evidence": ("○", "No evidence"),
    "not_tested": ("–", "Not tested"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """A run as a page shows it. facets: what the page's filters go by."""

    entry: Entry
    year: str
    mark: str
    mark_class: str
    mark_word: str
    strip: Markup
    flags: Sequence[str]
    facets: dict[str, list[str]]

    @property
    def row(self) -> dict[str, Any]:
        """The stored row."""
        return self.entry.row

    @property
    def sentence(self) -> str:
        """The verdict; of a run that was held back, why."""
        if self.row["status"] != "held":
            return str(self.row["sentence"])
        return self.entry.note or f"held: {self.row['reason'] or 'a required section failed'}"

    @property
    def note(self) -> str:
        """What became of the run, where the sentence does not say it."""
        return "" if self.row["status"] == "held" else self.entry.note


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A page's lines, newest first, and the pages beside it. Files are relative to `index/`."""

    lines: Sequence[Line]
    newer: str | None
    newer_days: str
    older: str | None
    older_days: str
    older_script: str | None

    @property
    def years(self) -> list[tuple[str, list[Line]]]:
        """The lines by year."""
        return [(year, list(lines)) for year, lines in groupby(self.lines, lambda each: each.year)]

    @property
    def days(self) -> str:
        """What the page spans."""
        return _span([each.entry for each in self.lines])


@dataclass(frozen=True, kw_only=True)
class Trend:
    """A report's last conversions. latest: its newest run."""

    report: str
    title: str
    latest: Entry
    drawing: Markup
    words: str
    count: int
    last: str


def page_name(leaf: int) -> str:
    """The file of a page of older runs."""
    return f"page-{leaf:04}.html"


def script_name(leaf: int) -> str:
    """The file of a page's rows for the search."""
    return f"page-{leaf:04}.js"


def leaf_view(catalogue: Catalogue, entries: Sequence[Entry]) -> Leaf:
    """A leaf's lines and its neighbours. entries: newest first; none in an empty archive."""
    newer = catalogue.newer(entries[0]) if entries else None
    older = catalogue.older(entries[-1]) if entries else None
    head = catalogue.head()
    before = catalogue.leaf(older.leaf) if older else []
    after = catalogue.leaf(newer.leaf) if newer else []
    scales = _scales(entries)
    return Leaf(
        lines=[_line(catalogue, each, scales[each.series]) for each in entries],
        newer=None if not newer else "" if newer.leaf == head else page_name(newer.leaf),
        newer_days=_span(after),
        older=page_name(older.leaf) if older else None,
        older_days=_span(before),
        older_script=script_name(older.leaf) if older else None,
    )


def first(catalogue: Catalogue, leaf: Leaf, *, postmortems: bool) -> bytes:
    """`index.html`: the newest run, the trends, and the newest leaf."""
    return set_page(
        "archive/index.html.j2",
        leaf=leaf,
        latest=catalogue.latest(),
        trends=_trends(catalogue),
        postmortems=postmortems,
        root="",
    )


def older(leaf: Leaf) -> bytes:
    """A page of older runs."""
    return set_page("archive/older.html.j2", leaf=leaf, root="../")


def script(leaf: Leaf) -> bytes:
    """A leaf's rows for the search on the first page, as a script that `file:` pages may load."""
    found = _templates()
    rows = [
        {
            "year": each.year,
            "facets": each.facets,
            "html": fill(found, "archive/row.html.j2", line=each, root="").strip(),
        }
        for each in leaf.lines
    ]
    document = json.dumps(
        {"older": leaf.older_script, "rows": rows}, separators=(",", ":"), ensure_ascii=False
    )
    return f"growthmlRows({document});\n".encode()


def shared() -> dict[str, bytes]:
    """The style and the script that all of the archive's pages share, by file name."""
    return dict(_shared())


@cache
def _shared() -> tuple[tuple[str, bytes], ...]:
    found = _templates()
    style = fill(found, "archive/archive.css.j2")
    return (
        ("archive.css", style.encode()),
        ("archive.js", (ours() / "archive" / "archive.js").read_bytes()),
    )


@cache
def _templates() -> Environment:
    return environment()


def set_page(name: str, **values: Any) -> bytes:
    """A page of the archive from its template."""
    return fill(_templates(), name, verdicts=VERDICTS, **values).encode()


def _line(catalogue: Catalogue, entry: Entry, scale: float) -> Line:
    row = entry.row
    mark, word = VERDICTS.get(row["verdict"], ("–", ""))
    kind = row["verdict"] or "not_tested"
    if row["status"] == "held":
        kind, mark, word = "not_tested", "–", "Held"
    return Line(
        entry=entry,
        year=entry.as_of[:4],
        mark=mark,
        mark_class=kind.replace("_", "-"),
        mark_word=word,
        strip=strip(row["conversion"], row["verdict"], scale),
        flags=_flags(catalogue, entry),
        facets={
            "report": [row["report"]],
            "verdict": [row["verdict"]] if row["verdict"] else [],
            "owner": row["owners"],
            "channel": [row["channel"]] if row["channel"] else [],
        },
    )


def _flags(catalogue: Catalogue, entry: Entry) -> list[str]:
    """What a reader must know before comparing a run with the one before it."""
    row, flags = entry.row, []
    if row["postmortem"] is not None:
        flags.append(f"postmortem, {row['postmortem']} days on")
    before = catalogue.predecessor(entry)
    if before is None:
        return flags
    known = row["definition"] and before.row["definition"]
    if known and row["definition"] != before.row["definition"]:
        flags.append("definition changed")
    elif before.as_of == entry.as_of and _differ(row["conversion"], before.row["conversion"]):
        flags.append(f"restated: was {before.row['conversion']['text']}")
    return flags


def _differ(now: dict[str, Any] | None, then: dict[str, Any] | None) -> bool:
    return bool(now and then and now["text"] != then["text"])


def _scales(entries: Sequence[Entry]) -> dict[str, float]:
    """Half the width of the strips of each series: the widest limit on the page and some air."""
    widest: dict[str, float] = dict.fromkeys((each.series for each in entries), 0.0)
    for each in entries:
        conversion = each.row["conversion"] or {}
        limits = [abs(conversion.get(limit) or 0.0) for limit in ("low", "high")]
        widest[each.series] = max(widest[each.series], *limits)
    return {series: limit * 1.1 for series, limit in widest.items()}


def _trends(catalogue: Catalogue) -> list[Trend]:
    found = []
    for series in catalogue.series(MOST_TRENDS):
        entries = catalogue.last_of(series, REPORTS_A_TREND)
        if sum(each.row["conversion"] is not None for each in entries) < 2:
            continue
        points = [(each.row["conversion"], each.row["definition"]) for each in entries]
        latest = entries[-1]
        texts = [each.row["conversion"]["text"] for each in entries if each.row["conversion"]]
        found.append(
            Trend(
                report=latest.report,
                title=latest.row["title"],
                latest=latest,
                drawing=sparkline(points),
                words=f"Conversion rate in the last {len(entries)} reports:"
                f" {texts[0]} at first, {texts[-1]} at last",
                count=len(entries),
                last=texts[-1],
            )
        )
    return found


def _span(entries: Sequence[Entry]) -> str:
    """What runs span, in words; entries newest first."""
    if not entries:
        return ""
    first, last = entries[-1].row["date"], entries[0].row["date"]
    return first if first == last else f"{first} – {last}"
