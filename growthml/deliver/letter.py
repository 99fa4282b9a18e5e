"""What a mail says: the front page once more, shortened, and the figure as a picture.

A letter is the same for every reader of a run. It is written twice: as HTML that stays under what
mail programs cut off, and as plain text of one screen.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import css_inline
from markupsafe import Markup

from growthml.deliver.words import LINE, fold, plain, shorten
from growthml.errors import GrowthError
from growthml.figures import draw, png
from growthml.render.drawings import widths
from growthml.render.dress import printed_as
from growthml.render.figure import charts_of
from growthml.render.front import FrontPage, KpiGroup, KpiLine, front_page, hero_chart
from growthml.render.places import places_of
from growthml.render.templates import environment, fill
from growthml.theme import Theme, dressed
from growthml.words import n_, speaking, within

if TYPE_CHECKING:
    from jinja2 import Environment

    from growthml.figures import Drawing
    from growthml.figures.house import Width
    from growthml.parts import Run
    from growthml.render.drawings import Drawings

MOST_BYTES = 90_000
"""Of the HTML; Gmail cuts off what comes after about 102 KB."""
MOST_PICTURE = 60_000
MOST_LINES = 24
MOST_KPIS = 6
MOST_WARNINGS = 3
_PREHEADER = 100


@dataclass(frozen=True, kw_only=True)
class Hero:
    """The figure as a picture. alt: its numbers, so that a blocked picture loses nothing."""

    title: str
    subtitle: str
    alt: str
    png: bytes


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A run as its mail tells it.

    warnings: what stands above all. hidden: KPI lines left out. enclosed: sentences on what is
    attached. link: where the report is read online, or empty. unsubscribe: who is written to.
    """

    language: str
    theme: Theme
    name: str
    report: str
    as_of: str
    run_id: str
    warnings: Sequence[str]
    front: FrontPage
    hero: Hero | None
    hidden: int = 0
    enclosed: Sequence[str] = ()
    link: str = ""
    unsubscribe: str = ""

    @property
    def preheader(self) -> str:
        """What an inbox shows beside the subject."""
        return shorten(self.front.lede, _PREHEADER)

    @property
    def logo(self) -> tuple[str, bytes] | None:
        """The theme's logo, its kind and bytes; none where it is an SVG, which mail programs do not
        show."""
        head, _comma, content = self.theme.logo.partition(";base64,")
        kind = head.removeprefix("data:image/")
        return (kind, b64decode(content)) if kind in ("png", "jpeg") else None

    def holding(self, kpis: int, callouts: int) -> Letter:
        """The letter with at most that many KPI lines, tested ones first, and callouts."""
        groups = _first(self.front.groups, kpis)
        before = sum(len(group.lines) for group in self.front.groups)
        left = before - sum(len(group.lines) for group in groups)
        front = replace(self.front, groups=groups, callouts=self.front.callouts[:callouts])
        return replace(self, front=front, hidden=self.hidden + left)


def letter(run: Run, *, alerts: Sequence[str] = (), link: str = "", picture: bool = True) -> Letter:
    """The letter of a run. alerts: sentences that come first. link: to the report online.

    picture: draws the one figure it shows. Raises GrowthError for a figure without alt text.
    """
    with printed_as(run):
        return _letter(run, alerts=alerts, link=link, picture=picture)


def _letter(run: Run, *, alerts: Sequence[str], link: str, picture: bool) -> Letter:
    drawings = DrawnOnDemand(run)
    front = replace(front_page(run, places_of(run), drawings), hero=None)
    warnings = [*alerts, *front.banners]
    if len(warnings) > MOST_WARNINGS:
        more = len(warnings) - MOST_WARNINGS + 1
        warnings[MOST_WARNINGS - 1 :] = [
            n_(
                "{n} more warning stands in the report.",
                "{n} more warnings stand in the report.",
                more,
                n=more,
            )
        ]
    written = Letter(
        language=run.language,
        theme=run.theme,
        name=run.name,
        report=run.title,
        as_of=run.context.formats.date(run.context.as_of),
        run_id=run.run_id,
        warnings=warnings,
        front=front,
        hero=_hero(run, drawings) if picture else None,
        link=link,
    )
    return written.holding(MOST_KPIS, len(front.callouts))


def _hero(run: Run, drawings: Drawings) -> Hero | None:
    found = hero_chart(run, places_of(run), drawings)
    if found is None:
        return None
    _, chart = found
    drawn = png(chart, run.context.formats)
    if len(drawn) > MOST_PICTURE:
        drawn = png(chart, run.context.formats, pixels=736)
    return Hero(title=chart.title, subtitle=chart.subtitle, alt=chart.alt, png=drawn)


class DrawnOnDemand(Mapping[str, "Mapping[Width, Drawing]"]):
    """Every figure of a run by `<section>.<chart>`, drawn when it is asked for."""

    def __init__(self, run: Run) -> None:
        self._charts = {
            f"{part.section.id}.{chart.id}": chart
            for part in run.sections
            for chart in charts_of(part)
        }
        self._formats = run.context.formats
        self._drawn: dict[str, Mapping[Width, Drawing]] = {}

    def __getitem__(self, name: str) -> Mapping[Width, Drawing]:
        if name not in self._drawn:
            chart = self._charts[name]
            self._drawn[name] = {
                width: draw(chart, self._formats, width) for width in widths(chart)
            }
        return self._drawn[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._charts)

    def __len__(self) -> int:
        return len(self._charts)


# -- HTML --------------------------------------------------------------------------------------


def html(written: Letter, hero: str, templates: Path | None = None, *, logo: str = "") -> str:
    """The letter as HTML, its styles inlined. hero, logo: addresses of pictures, such as `cid:…`.

    What does not fit MOST_BYTES gives way: callouts, then KPI lines. Raises GrowthError where even
    that is not enough, or for a template that does not work.
    """
    with speaking(written.language), dressed(written.theme):
        return _html(written, {"hero": hero, "logo": logo}, environment(templates))


def _html(written: Letter, pictures: Mapping[str, str], found: Environment) -> str:
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False)
    for kpis, callouts in ((MOST_KPIS, 3), (MOST_KPIS, 0), (3, 0), (0, 0)):
        shown = written.holding(kpis, callouts)
        with speaking(written.language):
            text = fill(found, "email.html.j2", letter=shown, **pictures)
        page: str = inliner.inline(text)
        if len(page.encode()) <= MOST_BYTES:
            return page
    raise GrowthError(
        f"the mail of {written.report!r} is longer than {MOST_BYTES // 1000} kB even without KPIs"
        " and callouts, and mail programs would cut it off: shorten the campaigns' labels"
    )


# -- Text --------------------------------------------------------------------------------------

_FITS = ((6, 3), (6, 2), (6, 1), (4, 1), (3, 1), (2, 1), (2, 0), (1, 0), (0, 0))


def text(written: Letter, templates: Path | None = None) -> str:
    """The letter as plain text, at most MOST_LINES lines of LINE characters.

    What does not fit gives way, callouts and KPI lines before all else.
    """
    found = environment(templates)
    found.globals |= {"fold": fold, "kpis": _kpi_lines, "coverage": _coverage}
    lines: list[str] = []
    for kpis, callouts in _FITS:
        shown = written.holding(kpis, callouts)
        with speaking(written.language):
            lines = _tidy(str(fill(found, "email.txt.j2", letter=shown)))
        if len(lines) <= MOST_LINES:
            break
    # The last lines say where the report is and how to get no more of it.
    kept = [*lines[: MOST_LINES - 4], *lines[-4:]] if len(lines) > MOST_LINES else lines
    return "\n".join(kept) + "\n"


def _tidy(text: str) -> list[str]:
    """Its lines, none too long, never two empty ones in a row."""
    squeezed = re.sub(r"\n{3,}", "\n\n", text.strip())
    return [line.rstrip()[:LINE] if "://" not in line else line for line in squeezed.split("\n")]


def _kpi_lines(front: FrontPage) -> list[str]:
    lines: list[str] = []
    every = [line for group in front.groups for line in group.lines]
    if not every:
        return lines
    name = min(max(len(line.row.name) for line in every), 26) + 2
    values = max(len(_values(line, front)) for line in every)
    values = max([values, *(len(plain(line.row.interval)) for line in every)]) + 2
    for group in front.groups:
        if group.head and group.lines:
            lines.append(f"{plain(group.head)}:")
        for line in group.lines:
            row = line.row
            change = plain(f"{row.change} {row.change_unit}") if front.compared else ""
            first = f"{plain(row.name)[: name - 2]:{name}}{_values(line, front):{values}}{change}"
            lines.append(first.rstrip())
            if line.tested and front.compared:
                interval = plain(row.interval)
                lines.append(f"{'':{name}}{interval:{values}}{within(line.state.word)}")
    return [*lines, ""]


def _values(line: KpiLine, front: FrontPage) -> str:
    row = line.row
    unit = f" {row.unit}" if row.unit else ""
    before, after = f"{row.baseline}{unit}", f"{row.value}{unit}"
    return plain(f"{before} → {after}" if front.compared else before)


def _coverage(front: FrontPage) -> str:
    """As much of the coverage line as two lines of text hold."""
    said = ""
    for part in front.coverage.split(" · "):
        longer = f"{said}, {part}" if said else part
        if said and len(longer) > 2 * LINE - 10:
            break
        said = longer
    return said


def _first(groups: Sequence[KpiGroup], most: int) -> list[KpiGroup]:
    """The first lines of each group, `most` in all; groups in the end without lines go."""
    shown = [group for group in groups if group.lines][:most]
    share, more = divmod(most, len(shown)) if shown else (0, 0)
    return [
        replace(group, lines=group.lines[: share + (place < more)])
        for place, group in enumerate(shown)
    ]


def embedded(picture: bytes) -> Markup:
    """A picture as a `data:` URI, for looking at a mail in a browser."""
    return Markup(f"data:image/png;base64,{b64encode(picture).decode()}")
