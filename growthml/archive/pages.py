"""The index's pages: rows from the catalogue, set by the templates in `templates/archive`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from growthml import words
from growthml.archive.catalogue import Catalogue, Entry
from growthml.archive.sparkline import sparkline, strip
from growthml.render.templates import environment, fill, ours
from growthml.words import N_, _, speaking

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_TRENDS = 12
"""Reports that get a sparkline on the first page."""
REPORTS_A_TREND = 12

VERDICTS = {
    "better": ("●", N_("Better")),
    "worse": ("■", N_("Worse")),
    "no_evidence": ("○", N_("No evidence")),
    "not_tested": ("–", N_("Not tested")),
}
FITS = {
    "fits": ("○", N_("Fits")),
    "beaten": ("●", N_("Beaten")),
    "missed": ("■", N_("Missed")),
    "not_judged": ("–", N_("Not judged")),
    "not_yet": ("–", N_("Not yet")),
}
FACETS = {
    "report": N_("Report"),
    "verdict": N_("Verdict"),
    "owner": N_("Owner"),
    "channel": N_("Channel"),
}
"""What the filters of a page are called."""
STATUSES = {"ok": N_("ok"), "partial": N_("partial"), "held": N_("held")}


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
        why = self.row["reason"] or _("a required section failed")
        return self.entry.note or _("held: {why}", why=why)

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
    def language(self) -> str:
        """The language of the page: that of its newest run."""
        return language_of([each.entry for each in self.lines])

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
    with speaking(language_of(entries)):
        lines = [_line(catalogue, each, scales[each.series]) for each in entries]
    return Leaf(
        lines=lines,
        newer=None if not newer else "" if newer.leaf == head else page_name(newer.leaf),
        newer_days=_span(after),
        older=page_name(older.leaf) if older else None,
        older_days=_span(before),
        older_script=script_name(older.leaf) if older else None,
    )


def first(catalogue: Catalogue, leaf: Leaf, *, postmortems: bool) -> bytes:
    """`index.html`: the newest run, the trends, and the newest leaf."""
    with speaking(leaf.language):
        trends = _trends(catalogue)
    return set_page(
        "archive/index.html.j2",
        leaf.language,
        leaf=leaf,
        latest=catalogue.latest(),
        trends=trends,
        postmortems=postmortems,
        root="",
    )


def older(leaf: Leaf) -> bytes:
    """A page of older runs."""
    return set_page("archive/older.html.j2", leaf.language, leaf=leaf, root="../")


def script(leaf: Leaf) -> bytes:
    """A leaf's rows for the search on the first page, as a script that `file:` pages may load."""
    found = _templates()
    with speaking(leaf.language):
        rows = [
            {
                "year": each.year,
                "facets": each.facets,
                "html": fill(
                    found, "archive/row.html.j2", line=each, statuses=STATUSES, root=""
                ).strip(),
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


def set_page(name: str, language: str, **values: Any) -> bytes:
    """A page of the archive from its template, in a language."""
    with speaking(language):
        return fill(
            _templates(),
            name,
            language=words.language(),
            direction=words.direction(words.language()),
            facets={name: _(word) for name, word in FACETS.items()},
            statuses=STATUSES,
            said=_said(),
            **values,
        ).encode()


def _said() -> dict[str, Any]:
    """What the search of a page says; its script fills the places."""
    judged = (*VERDICTS.items(), *FITS.items())
    return {
        "values": {kind: _(word) for kind, (_mark, word) in judged},
        "all": _("All"),
        "runs": _("{found} of {all} runs match"),
        "postmortems": _("{found} of {all} postmortems match"),
        "cut": _("; the newest {n} older ones are shown"),
        "lost": _("; some older rows could not be loaded"),
    }


def language_of(entries: Sequence[Entry]) -> str:
    """The language of the newest run; entries: newest first."""
    return str(entries[0].row.get("language", "en")) if entries else "en"


def _line(catalogue: Catalogue, entry: Entry, scale: float) -> Line:
    row = entry.row
    mark, name = VERDICTS.get(row["verdict"], ("–", ""))
    word = _(name)
    kind = row["verdict"] or "not_tested"
    if row["status"] == "held":
        kind, mark, word = "not_tested", "–", _("Held")
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
        flags.append(_("postmortem, {days} days on", days=row["postmortem"]))
    before = catalogue.predecessor(entry)
    if before is None:
        return flags
    known = row["definition"] and before.row["definition"]
    if known and row["definition"] != before.row["definition"]:
        flags.append(_("definition changed"))
    elif before.as_of == entry.as_of and _differ(row["conversion"], before.row["conversion"]):
        flags.append(_("restated: was {value}", value=before.row["conversion"]["text"]))
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
                words=_(
                    "Conversion rate in the last {n} reports: {first} at first, {last} at last",
                    n=len(entries),
                    first=texts[0],
                    last=texts[-1],
                ),
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
