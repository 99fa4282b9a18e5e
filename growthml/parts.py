"""The nouns everyone shares: campaign, context, fact, table, finding, section, answer, run.

Plain data without behaviour to speak of. Nothing here imports pandas, SQLAlchemy or matplotlib,
so that commands that only read the config start fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import BaseModel, ConfigDict

from growthml.theme import OURS, Theme
from growthml.words import _

if TYPE_CHECKING:
    import pandas as pd

    from growthml.charts import Chart, Unit
    from growthml.formats import Formats


class Status(StrEnum):
    """How a section ended. `empty` and `suspicious` are answers too; `failed` is a fault."""

    OK = "ok"
    EMPTY = "empty"
    SUSPICIOUS = "suspicious"
    FAILED = "failed"
    SKIPPED = "skipped"


class Verdict(StrEnum):
    """What a comparison found, read in the metric's own direction."""

    BETTER = "better"
    WORSE = "worse"
    NO_EVIDENCE = "no_evidence"
    NOT_TESTED = "not_tested"


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A group of users as sections see it.

    start, end: its window, [start, end), or None where it is open. colour: its token everywhere.
    periods: over how many periods its users and events are added up; its totals are means of them.
    definition: a digest of what it is and how it is measured, whatever its dates and labels.
    filtered: whether it is cut by anything else than time.
    """

    key: str
    label: str
    source: str
    colour: str
    start: date | None = None
    end: date | None = None
    periods: int = 1
    definition: str = ""
    filtered: bool = False


@dataclass(frozen=True, kw_only=True)
class PastKpi:
    """A metric of one campaign as an earlier run of the same report has it.

    start, end: the campaign's window then. definition: as in Campaign.
    """

    run_id: str
    as_of: date
    campaign: str
    metric: str
    value: float | None
    verdict: str
    definition: str
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """What counts: the response, idle actions, acquisition cost per user by channel, targets.

    orders_alone: whether users are seen only once they respond, as in a table of orders. All of
    them convert then, whatever a campaign does, so that no rate is compared.
    """

    response: str
    idle: frozenset[str]
    costs: Mapping[str, float] = field(default_factory=dict)
    targets: Mapping[str, float] = field(default_factory=dict)
    orders_alone: bool = False


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a section may know besides its facts and options.

    campaigns: the baseline first. as_of: the last day seen. confidence: of every interval.
    allocation: planned share per campaign key, empty when not an experiment. smallest_effect: the
    smallest difference of conversion worth acting on, a fraction. labels: by role (`channel`,
    `action`, `category`, and `campaign`, `metric` for keys of ours), raw value -> word. logs: web
    logs that no campaign is cut from, in the same periods; they are the campaigns of a report that
    has no others. past: what runs of earlier as-of dates found, oldest first.
    """

    campaigns: Sequence[Campaign]
    as_of: date
    timezone: str
    metrics: Metrics
    formats: Formats
    confidence: float = 0.95
    correction: str = "benjamini-hochberg"
    randomised: bool = False
    smallest_effect: float | None = None
    allocation: Mapping[str, float] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    logs: Sequence[Campaign] = ()
    past: Sequence[PastKpi] = ()

    @property
    def baseline(self) -> Campaign:
        """The campaign the others are compared with."""
        return self.campaigns[0]

    @property
    def compared(self) -> Sequence[Campaign]:
        """The campaigns compared with the baseline; may be empty."""
        return self.campaigns[1:]

    @property
    def corrected_by(self) -> str:
        """The correction of p-values as its authors write their names: "Benjamini–Hochberg"."""
        if self.correction == "none":
            return _("no method")
        return self.correction.title().replace("-", "–")

    def label(self, role: str, value: object) -> str:
        """The word a page prints for a raw value of a role, a missing one included."""
        text = _("not known") if value is None or value != value else str(value)
        return self.labels.get(role, {}).get(text, text)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table as a page shows it; the CSV always holds the raw frame.

    name: the frame's column; head: what stands above it; kind: how values print (`text` as they
    are, `date`, `p`, `statistic` (a correlation and its like), `verdict`, or a Unit; `by_unit` by
    the unit in the row's column `unit`, `change` as a signed difference in that unit); role:
    values are labelled by `context.labels[role]`. bar: draw an in-cell bar from 0.
    """

    name: str
    head: str
    kind: Unit | Literal["text", "date", "p", "statistic", "verdict", "by_unit", "change"] = "text"
    role: str = ""
    bar: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of a section: a CSV in the run folder, and what a page shows of it.

    frame: raw values, in a stable order, columns as the contract lists them. columns: what pages
    show; empty means the table is attached only. folded: what a figure unfolds of such a table;
    empty means the frame's own columns. view: the rows as pages show them, where these are not the
    frame's own (campaigns side by side, a total). order: how the rows are ordered, in
    words ("by revenue"). total: the last row is a total, set bold.
    """

    id: str
    title: str
    frame: pd.DataFrame
    columns: Sequence[Column] = ()
    folded: Sequence[Column] = ()
    view: pd.DataFrame | None = None
    order: str = ""
    note: str = ""
    total: bool = False


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Where a finding's numbers stand: a table of the same section and a row's key columns."""

    table: str
    row: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One claim in plain words, with the direction it points and the evidence it stands on.

    heading: <= 30 characters. text: <= 2 sentences with at least one number. weight: 0..1, size
    and certainty together; the front page takes the heaviest. kind `risk` may fill the risk box.
    """

    heading: str
    text: str
    evidence: Evidence
    direction: Literal["better", "worse", "neutral"] = "neutral"
    kind: Literal["finding", "risk"] = "finding"
    weight: float = 0.0
    caveat: str = ""


@dataclass(frozen=True, kw_only=True)
class KpiRow:
    """One line of the front page's table, formatted; the raw row stands in `summary.kpis`.

    strip: (low, estimate, high) scaled to -1..1 with better to the right, or None.
    """

    metric: str
    campaign: str
    name: str
    baseline: str
    value: str
    change: str
    interval: str
    verdict: Verdict
    strip: tuple[float, float, float] | None = None
    unit: str = ""
    change_unit: str = ""
    target: str = ""
    on_target: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Front:
    """The fifteen-second read: what the front page says.

    hero: (section id, chart id) of the figure it carries, or None. banners: warnings above all.
    """

    verdict: str
    lede: str
    kpis: Sequence[KpiRow]
    coverage: str
    note: str = ""
    hero: tuple[str, str] | None = None
    banners: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a section says. headline: the answer in one sentence (<= 2 lines of print).

    blocks: charts and tables in reading order; neighbouring half charts stand side by side.
    definitions: (term, definition) pairs used, gathered in the appendix. alerts: bounds of the
    section's own that were crossed, a sentence each.
    """

    headline: str
    blocks: Sequence[Chart | Table] = ()
    findings: Sequence[Finding] = ()
    caveats: Sequence[str] = ()
    definitions: Sequence[tuple[str, str]] = ()
    status: Status = Status.OK
    reason: str = ""
    front: Front | None = None
    alerts: Sequence[str] = ()


class Options(BaseModel):
    """Base of a section's options; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Facts = Mapping[str, "pd.DataFrame"]
"""A section's facts by name; every frame has a `campaign` column. A streamed one is read by
`batches`."""


def batches(facts: Facts, name: str) -> Iterable[pd.DataFrame]:
    """A streamed fact in frames of bounded size, in no order; each iteration reads it anew.

    Raises FactError where the engine does.
    """
    return cast("Iterable[pd.DataFrame]", facts[name])


Compute = Callable[[Facts, Context, Any], Answer]


@dataclass(frozen=True, kw_only=True)
class Section:
    """One question the report answers.

    facts: names of the facts it needs; a `?` behind a name marks one it can do without, and options
    fill arguments (`churn:{inactive_days}`, handed over as `churn`). tables: table id ->
    its guaranteed columns. compute: pure; raises NotEnoughData when it cannot answer. pools: its
    facts may be added up over several periods; other sections compare with the latest of them.
    own_facts: `growthml.facts.Fact`s that only this section knows. repeats: it may stand in a
    report several times, under the `id`, title and question of its options. origin, version: the
    file or package it came with, empty for ours; filled in as it is found.
    """

    id: str
    title: str
    question: str
    facts: Sequence[str]
    tables: Mapping[str, Sequence[str]]
    compute: Compute
    options: type[Options] = Options
    pools: bool = False
    own_facts: Sequence[Any] = ()
    repeats: bool = False
    origin: str = ""
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class FactRun:
    """How one fact was counted for one campaign: the SQL that ran, its parameters, its rows."""

    name: str
    campaign: str
    source: str
    dialect: str
    sql: str
    parameters: Mapping[str, Any]
    rows: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class SourceRun:
    """A source as it was read. url: without secrets. rows: by role (users, items, events).

    behind: by how many seconds a replica may have been behind its primary; None if it is none.
    """

    name: str
    url: str
    dialect: str
    rows: Mapping[str, int]
    latest_event: datetime | None
    campaigns: Sequence[str] = ()
    behind: float | None = None


@dataclass(frozen=True, kw_only=True)
class SectionRun:
    """A section as it ended. answer is None unless it could answer; reason says why not."""

    section: Section
    status: Status
    seconds: float
    answer: Answer | None = None
    reason: str = ""
    advice: str = ""
    facts: Sequence[str] = ()


def rows_of(sections: Sequence[SectionRun], section: str, table: str) -> list[dict[str, Any]]:
    """The raw rows of a section's table; none where the section or the table is not there."""
    for part in sections:
        for block in part.answer.blocks if part.answer and part.section.id == section else ():
            if isinstance(block, Table) and block.id == table:
                rows: list[dict[str, Any]] = block.frame.to_dict("records")
                return rows
    return []


@dataclass(frozen=True, kw_only=True)
class Run:
    """Everything one execution found; pages are made from this and nothing else.

    part: the value of `for_each` this run is about, as data have it; empty for all of them.
    alerts: the bounds of the config that were crossed, a sentence each. postmortem: the campaign
    that was measured again and how many days after its end, or None.
    """

    run_id: str
    name: str
    title: str
    context: Context
    sections: Sequence[SectionRun]
    facts: Sequence[FactRun]
    sources: Sequence[SourceRun]
    versions: Mapping[str, str]
    language: str = "en"
    status: Literal["ok", "partial", "held"] = "ok"
    part: str = ""
    alerts: Sequence[str] = ()
    postmortem: tuple[str, int] | None = None
    theme: Theme = OURS
