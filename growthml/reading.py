"""The sources a report reads: opened, their tables found, and how far their rows reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from growthml import plan
from growthml.config.schema import Config
from growthml.errors import FactError, MissingFields
from growthml.facts.count import Counts, Reading
from growthml.facts.expressions import instant
from growthml.facts.relations import Relations
from growthml.facts.traffic import ROLES as TRAFFIC
from growthml.facts.view import View
from growthml.lineup import Planned
from growthml.parts import SourceRun
from growthml.sources.log_cache import GLANCE, Logs
from growthml.sources.mapping import Mapped
from growthml.sources.source import Source

_LATEST = {"span": ("last_event", "last_signup"), "traffic_span": ("last",)}
"""By fact: the columns that tell how far its rows reach."""


class OpenSources:
    """The sources of a report's campaigns, open until the `with` block ends.

    Opening raises SourceError where one cannot be reached, and MissingFields with every table and
    column that is not there.

    logs: how far access logs are read; left out, their first lines only, enough for a check.
    copying: whether large SQLite files are copied, which is not worth it for one question.
    """

    def __init__(
        self,
        config: Config,
        planned: Sequence[Planned],
        *,
        logs: Logs = GLANCE,
        copying: bool = True,
    ) -> None:
        self._config = config
        self._planned = planned
        names = dict.fromkeys(each.campaign.source for each in planned)
        with ExitStack() as opening:
            self.sources = {
                name: opening.enter_context(
                    Source(
                        name,
                        config.sources[name],
                        logs=logs,
                        tables=config.schema_of(name).tables if copying else (),
                        sharers=len(names),
                    )
                )
                for name in names
            }
            self.mapped = _mapped(config, self.sources)
            asking = any(each.name == "sql" for each in config.sections)
            self._originals = {
                name: opening.enter_context(Source(name, config.sources[name]))
                for name, source in self.sources.items()
                if asking and source.is_copy
            }
            self._mapped_originals = _mapped(config, self._originals)
            self._open = opening.pop_all()

    def __enter__(self) -> OpenSources:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def readings(
        self, *, seen_until: date, today: date, further: Sequence[Planned] = ()
    ) -> list[Reading]:
        """What facts are counted from: each source with its campaigns.

        seen_until: the last day seen. today: rows of later days lie in the future. further:
        campaigns to be counted along with the report's own.
        """
        counting = plan.counting(self._config, seen_until=seen_until, today=today)
        planned = [*self._planned, *further]
        cuts = {
            name: [each.cut for each in planned if each.campaign.source == name]
            for name in self.sources
        }
        originals = {
            name: Reading(source, Relations(self._mapped_originals[name], cuts[name], counting))
            for name, source in self._originals.items()
        }
        return [
            Reading(
                source,
                Relations(self.mapped[name], cuts[name], counting),
                originals.get(name),
            )
            for name, source in self.sources.items()
            if cuts[name]
        ]

    def channels(self, readings: Sequence[Reading]) -> list[str]:
        """The channels that users of the campaigns came from, by name; raises FactError."""
        counts = Counts()
        counts.count("channels", readings)
        return sorted({str(each) for each in counts["channels"]["channel"].dropna()})

    def latest_day(self, today: date) -> date | None:
        """The day of the latest event, sign-up or hit up to today; None without any.

        None too where it could not be counted; the sections that need that count say why.
        """
        counts, readings = Counts(), self.readings(seen_until=today, today=today)
        for fact in _LATEST:
            counts.count(fact, readings)
        days = (
            each.date()
            for fact, columns in _LATEST.items()
            if fact in counts
            for column in columns
            for each in _moments(counts[fact][column])
        )
        return max(days, default=None)

    def rows_until(self, today: date) -> date:
        """The day of the last event, in a campaign or not, that is not after today.

        Rows after it are the rows after today, and unlike today it stays the same from day to day:
        queries that tell future rows by it, and pages that print them, do so too.
        """
        days = [
            _last_row(source, self.mapped[name], today) for name, source in self.sources.items()
        ]
        return max((day for day in days if day), default=today)


def newest_events(
    config: Config, planned: Sequence[Planned], before: datetime, logs: Logs
) -> dict[str, datetime | None]:
    """By source, its latest event before a moment of the report's clock; opened for that alone.

    None where there is none, or where events have no time.
    """
    with OpenSources(config, planned, logs=logs, copying=False) as opened:
        return {
            name: _latest(source, opened.mapped[name], before)
            for name, source in opened.sources.items()
        }


def _last_row(source: Source, mapped: Mapped, today: date) -> date | None:
    found = _latest(source, mapped, datetime.combine(today + timedelta(days=1), time.min))
    return found.date() if found else None


def _latest(source: Source, mapped: Mapped, before: datetime) -> datetime | None:
    table = mapped.events or mapped.requests
    if table is None or "occurred_at" not in table.fields:
        return None
    occurred = table["occurred_at"]
    last = sa.select(sa.func.max(occurred).label("last")).select_from(table.table)
    try:
        found = source.read(last.where(occurred < instant(before)))
    except FactError:
        return None
    return max(_moments(found["last"]), default=None)


def source_runs(readings: Sequence[Reading], counts: Counts | View) -> list[SourceRun]:
    """How each source was read, for the manifest; without `span` its rows are not known."""
    for fact in _LATEST:
        counts.count(fact, readings)
    return [_source_run(reading, counts) for reading in readings]


def _source_run(reading: Reading, counts: Counts | View) -> SourceRun:
    source = reading.source
    keys = [cut.key for cut in reading.relations.cuts if not cut.part]
    rows: dict[str, int] = {}
    latest = None
    if "span" in counts:
        span = counts["span"]
        mine = span[span["campaign"].isin(keys)]
        rows = {role: int(mine[role].sum()) for role in ("users", "events")}
        latest = max(_moments(mine["last_event"]), default=None)
    if "traffic_span" in counts and reading.relations.mapped.roles & TRAFFIC:
        hits = counts["traffic_span"]
        hits = hits[(hits["source"] == source.name) & hits["campaign"].isin(keys)]
        role = "requests" if reading.relations.mapped.requests is not None else "sessions"
        rows[role] = int(hits["rows"].sum())
        latest = max([*_moments(hits["last"]), *([latest] if latest else [])], default=None)
    return SourceRun(
        name=source.name,
        url=source.url,
        dialect=source.dialect,
        rows=rows,
        latest_event=latest,
        campaigns=keys,
        behind=source.behind,
    )


def _mapped(config: Config, sources: dict[str, Source]) -> dict[str, Mapped]:
    mapped: dict[str, Mapped] = {}
    problems: list[str] = []
    for name, source in sources.items():
        mapped[name], missing = source.map(
            config.schema_of(name),
            stored_zone=config.sources[name].timezone,
            report_zone=config.report.timezone,
        )
        problems += [f"sources.{name}: {problem}" for problem in missing]
        if not missing:
            problems += plan.unknown_filters(config, name, mapped[name])
            problems += plan.unknown_features(config, mapped[name])
    if problems:
        raise MissingFields(problems)
    return mapped


def _moments(column: Any) -> Iterator[datetime]:
    """The times of a column that are there."""
    return (each for each in column if isinstance(each, datetime) and each == each)
