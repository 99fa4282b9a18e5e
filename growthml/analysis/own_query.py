"""A query of one's own: what may be said of it in a config, and its rows as pages tell them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import Field, field_validator, model_validator

from growthml import query, shape
from growthml.charts import Unit
from growthml.parts import Column, Context, Options
from growthml.words import _

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal[
    "text", "date", "count", "money", "rate", "share", "ratio", "number", "days", "seconds"
]
ROLES = ("channel", "action", "category")
"""Columns of these names print the labels of the config."""


class ColumnOptions(Options):
    """How pages print a column of the query."""

    head: str = ""
    """What stands above it. Left out: its name in words."""
    kind: Kind | None = None
    """How its values print: `text`, `date`, `count`, `money`, `rate` (a fraction, as per cent),
    `share` (in whole per cent), `ratio`, `number`, `days`, `seconds`. Left out: by its values."""


class CompareOptions(Options):
    """What is compared between the baseline and each campaign: columns of the query."""

    name: str = ""
    """What the measure is called, such as `Refund rate`. Left out: the column's head."""
    successes: str | None = None
    """With `n`: the column that counts who did it. Rates are compared, with Newcombe's interval."""
    n: str | None = None
    """The column that counts how many there were."""
    mean: str | None = None
    """With `sd` and `n`: the column of a mean. Means are compared, with Welch's interval."""
    sd: str | None = None
    """The column of the standard deviation (not of the mean's error)."""
    value: str | None = None
    """A column compared as it is: the difference alone, without an interval."""
    better: Literal["higher", "lower"] = "higher"
    """Which direction is good."""

    @model_validator(mode="after")
    def _is_one_measure(self) -> CompareOptions:
        given = {name for name in ("successes", "n", "mean", "sd", "value") if getattr(self, name)}
        if given not in ({"successes", "n"}, {"mean", "sd", "n"}, {"value"}):
            raise ValueError(
                "name what is compared: successes and n, or mean, sd and n, or value alone"
            )
        return self

    @property
    def column(self) -> str:
        """The column the measure is called after."""
        return cast(str, self.successes or self.mean or self.value)


class ThresholdOptions(Options):
    """A bound on a column of the query."""

    column: str
    """The column."""
    below: float | None = None
    """Crossed by values below this."""
    above: float | None = None
    """Crossed by values above this."""
    alert: bool = True
    """Whether crossing it is an alert, which the exit code and `when: alert` heed, or a finding
    of the section alone."""

    @model_validator(mode="after")
    def _has_a_bound(self) -> ThresholdOptions:
        if self.below is None and self.above is None:
            raise ValueError("needs 'below' or 'above', the bound that is crossed")
        return self


class SqlOptions(Options):
    """Options of `sql`."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    """Names the section, its tables and files: lower-case letters, digits and `_`."""
    title: str = ""
    """What pages call it. Left out: the id in words."""
    question: str = ""
    """The question it answers."""
    query: str | dict[str, str]
    """One SELECT in the source's dialect; or several by dialect (`sqlite`, `duckdb`, `postgresql`,
    `mysql`) or by source. It may name `:campaign`, `:window_from`, `:window_to` and `:as_of`, and
    read `report_users` (user_id, channel, signed_up_at). It runs once for each campaign."""
    chart: Literal["bar", "line", "interval", "none"] = "none"
    """What is drawn of it: `bar` (y by x), `line` (y over x, dates or numbers), `interval` (the
    differences of `compare`, or y with `low` and `high`), or `none`."""
    x: str | None = None
    """The column that names a row. Left out: the first of text or dates."""
    y: str | None = None
    """The column that is drawn. Left out: the first of numbers."""
    low: str | None = None
    """For `interval`: the column of the lower limit."""
    high: str | None = None
    """For `interval`: the column of the upper limit."""
    columns: dict[str, ColumnOptions] = Field(default_factory=dict)
    """How columns print: `{refunded: {head: Refunded, kind: money}}`."""
    compare: CompareOptions | None = None
    """What is compared between campaigns. Left out: nothing."""
    thresholds: tuple[ThresholdOptions, ...] = ()
    """Bounds on columns: `[{column: refund_rate, above: 0.05}]`."""
    rows: int = Field(default=1000, ge=1, le=100_000)
    """How many rows of a campaign are kept; the report says where there were more."""

    @field_validator("query")
    @classmethod
    def _only_reads(cls, written: str | dict[str, str]) -> str | dict[str, str]:
        if not written:
            raise ValueError("the query is empty")
        texts = {"": written} if isinstance(written, str) else written
        for key, text in texts.items():
            if said := query.fault(text):
                raise ValueError(f"{key}: {said}" if key else said)
        return written

    @model_validator(mode="after")
    def _can_be_drawn(self) -> SqlOptions:
        if self.chart == "interval" and not self.compare and not (self.low and self.high):
            raise ValueError("chart: interval needs 'compare', or 'low' and 'high'")
        return self

    @property
    def texts(self) -> dict[str, str]:
        """The query by source or dialect; under "" where there is one for all."""
        return {"": self.query} if isinstance(self.query, str) else self.query

    @property
    def reads_users(self) -> bool:
        """Whether it asks who the campaign's users are; filters and parts need that."""
        return all(map(query.reads_users, self.texts.values()))

    @property
    def heeds_window(self) -> bool:
        """Whether it asks for the campaign's window, or for its users."""
        return self.reads_users or all(map(query.heeds_window, self.texts.values()))

    @property
    def named_title(self) -> str:
        """What pages call the section."""
        return self.title or in_words(self.id)

    def named_columns(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The columns that options name, each with the option's path."""
        for name in ("x", "y", "low", "high"):
            if getattr(self, name):
                yield (name,), getattr(self, name)
        for name in self.columns:
            yield ("columns", name), name
        for name in ("successes", "n", "mean", "sd", "value"):
            if self.compare and getattr(self.compare, name):
                yield ("compare", name), getattr(self.compare, name)
        for place, each in enumerate(self.thresholds):
            yield ("thresholds", place, "column"), each.column


def in_words(name: str) -> str:
    """A column's name as a heading: "refund_rate" is "Refund rate"."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of a query of one's own, the campaign first, as far as they are kept.

    cut: the campaigns that had more.
    """

    frame: pd.DataFrame
    cut: Sequence[str]
    options: SqlOptions
    context: Context

    @property
    def names(self) -> list[str]:
        """The query's own columns."""
        return [str(name) for name in self.frame.columns if name != "campaign"]

    def is_number(self, name: str) -> bool:
        """Whether a column holds numbers."""
        return self.frame[name].dtype.kind in "if"

    @cached_property
    def x(self) -> str | None:
        """The column that names a row; None where a campaign has one unnamed row."""
        return self.options.x or next((e for e in self.names if not self.is_number(e)), None)

    @cached_property
    def y(self) -> str | None:
        """The column that is drawn; None without numbers."""
        numbers = [each for each in self.names if self.is_number(each) and each != self.x]
        return self.options.y or next(iter(numbers), None)

    def head(self, name: str) -> str:
        """What a column is called."""
        chosen = self.options.columns.get(name)
        return chosen.head if chosen and chosen.head else in_words(name)

    def kind(self, name: str) -> Kind:
        """How a column's values print."""
        chosen = self.options.columns.get(name)
        if chosen and chosen.kind:
            return chosen.kind
        dtype = self.frame[name].dtype.kind
        if dtype == "f":
            return "rate" if name.endswith(("_rate", "_share")) else "number"
        if dtype == "i":
            return "count"
        dated = dtype == "M" or (known := self.frame[name].dropna()).map(_is_date).all()
        return "date" if dtype == "M" or (dated and len(known)) else "text"

    def unit(self, name: str) -> Unit:
        """The unit of a column of numbers."""
        kind = self.kind(name)
        return "number" if kind in ("text", "date") else cast(Unit, kind)

    def value(self, value: Any, name: str) -> str:
        """A value of a column as a sentence prints it."""
        return self.context.formats.value(shape.known(value), self.unit(name))

    def label(self, value: Any) -> str:
        """What a row is called."""
        known, role = shape.known(value), self.x if self.x in ROLES else ""
        if known is not None and self.x and self.kind(self.x) == "date" and not role:
            return self.context.formats.date(known)
        return self.context.label(role or "", known)

    def columns(self) -> list[Column]:
        """All of them as a table shows them, the campaign first."""
        campaign = Column(name="campaign", head=_("Campaign"), role="campaign")
        found = [
            Column(
                name=name,
                head=self.head(name),
                kind=self.kind(name),
                role=name if name in ROLES else "",
            )
            for name in self.names
        ]
        return [*([campaign] if len(self.context.campaigns) > 1 else []), *found]

    def keys(self) -> list[Any]:
        """What names the rows, in the order the query gave them; [None] where nothing does."""
        return [None] if self.x is None else list(dict.fromkeys(map(shape.known, self.named)))

    @property
    def named(self) -> Sequence[Any]:
        """Of every row what names it."""
        return [None] * len(self.frame) if self.x is None else list(self.frame[self.x])

    @cached_property
    def by_key(self) -> dict[tuple[str, Any], dict[str, Any]]:
        """The rows by campaign and what names them; the first where a name comes twice."""
        found: dict[tuple[str, Any], dict[str, Any]] = {}
        for name, row in zip(self.named, self.frame.to_dict("records"), strict=True):
            found.setdefault((row["campaign"], shape.known(name)), dict(row))
        return found

    @property
    def unique(self) -> bool:
        """Whether every row of a campaign has a name of its own."""
        return len(self.by_key) == len(self.frame)


def _is_date(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)
