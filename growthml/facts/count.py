"""Count facts: each once per source, for all campaigns of that source together."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.sql.selectable import Select, TextualSelect

from growthml.errors import FactError, GrowthError, place_in
from growthml.facts import FACTS, Fact
from growthml.facts.asked import Asked
from growthml.facts.asked import statement as asked_statement
from growthml.facts.relations import Relations
from growthml.parts import FactRun
from growthml.secrets import redact
from growthml.sources.source import Source

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

LONG = 10_000
"""From how many rows on a fact weighs in memory."""


@dataclass(frozen=True)
class Reading:
    """A source and the campaigns to be counted in it.

    original: the same as its own engine reads it, where `source` is a copy. A query of the user's
    own is written for that.
    """

    source: Source
    relations: Relations
    original: Reading | None = None

    @cached_property
    def kept(self) -> Relations:
        """The same relations, those that many facts read kept in the engine where it can."""
        plain, source = self.relations, self.source
        if not source.keeps:
            return plain
        return Relations(plain.mapped, plain.cuts, plain.counting, source.keep, source.inlines)


class Counts(Mapping[str, "pd.DataFrame"]):
    """Facts by name; one that could not be counted raises its reason when it is asked for.

    Every frame says in `source` where a row was counted, for rows that belong to no campaign.
    """

    def __init__(self, more: Mapping[str, Fact | Asked] | None = None) -> None:
        """more: facts besides `FACTS`, by name; queries by name and argument."""
        self.runs: list[FactRun] = []
        self._more = more or {}
        self._frames: dict[str, pd.DataFrame] = {}
        self._errors: dict[str, GrowthError] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name in self._errors:
            raise self._errors[name]
        return self._frames[name]

    def __contains__(self, name: object) -> bool:
        return name in self._frames

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def count(self, name: str, readings: Sequence[Reading]) -> None:
        """Count one fact, unless that was done already; a streamed one only once it is read."""
        import pandas as pd

        if name in self._frames or name in self._errors:
            return
        base = name.partition(":")[0]
        fact = self._more.get(name) or self._more.get(base) or FACTS[base]
        readings = fit(fact, readings)
        frames = []
        try:
            if isinstance(fact, Asked):
                answers = [self._ask(fact, name, each.original or each) for each in readings]
                self._frames[name] = pd.concat(answers, ignore_index=True)
                return
            if fact.streamed:
                batches = Batches(fact, name, readings, self.runs)
                self._frames[name] = cast("pd.DataFrame", batches)
                return
            for reading in readings:
                frames.append(self._count_in(fact, name, reading))
        except GrowthError as error:
            self._errors[name] = error
            return
        except Exception as error:
            log.debug("fact %s", name, exc_info=True)
            place = "" if isinstance(fact, Asked) else place_in(error, fact.query)
            told = f"{type(error).__name__}: {error}{f', at {place}' if place else ''}"
            reason = f"the fact '{name}' has a fault of its own: {told}"
            self._errors[name] = FactError(redact(reason))
            return
        filled = [frame for frame in frames if len(frame)] or frames[:1]
        self._frames[name] = pd.concat(filled, ignore_index=True)

    def let_go(self, names: Iterable[str]) -> None:
        """Hold long facts no more that nobody will ask for again; they are there, without rows."""
        for name in names:
            frame = self._frames.get(name)
            if frame is not None and not isinstance(frame, Batches) and len(frame) > LONG:
                self._frames[name] = frame.iloc[:0].copy()

    def _ask(self, asked: Asked, name: str, reading: Reading) -> pd.DataFrame:
        """The rows of a query of the user's own, campaign after campaign, one more than allowed."""
        import pandas as pd

        source, frames = reading.source, [pd.DataFrame({"campaign": []}, dtype="str")]
        text = asked.text_for(source.name, source.dialect)
        for cut in reading.relations.cuts:
            if not asked.concerns(cut, text):
                continue
            statement = asked_statement(text, reading.relations, cut)
            started = time.perf_counter()
            frame = source.ask(statement, asked.rows + 1)
            seconds = time.perf_counter() - started
            if "campaign" in frame:
                raise FactError("the query may not call a column 'campaign'; that is added to it")
            self.runs.append(_run(name, reading, statement, cut.key, len(frame), seconds))
            frames.append(frame.assign(campaign=cut.key))
        filled = [frame for frame in frames if len(frame)] or frames[-1:]
        return pd.concat(filled, ignore_index=True)

    def _count_in(self, fact: Fact, name: str, reading: Reading) -> pd.DataFrame:
        # What is told is the whole statement, whatever of it the engine keeps already.
        statement = asked = _statement(fact, name, reading.relations)
        started = time.perf_counter()
        if reading.source.keeps:
            asked = _statement(fact, name, reading.kept)
        frame = reading.source.read(asked)
        seconds = time.perf_counter() - started
        self.runs += _runs(name, reading, statement, frame["campaign"].value_counts(), seconds)
        return frame.assign(source=reading.source.name)


class Batches:
    """A streamed fact: iterating reads it, source after source, in frames of bounded size.

    Rows come in no order, and every iteration reads anew. Raises FactError where an engine does,
    and NotEnoughData at once where the schema lacks a field.
    """

    def __init__(
        self, fact: Fact, name: str, readings: Sequence[Reading], runs: list[FactRun]
    ) -> None:
        self._fact = fact
        self._name = name
        self._statements = [(each, _statement(fact, name, each.relations)) for each in readings]
        self._runs = runs

    def __iter__(self) -> Iterator[pd.DataFrame]:
        for reading, statement in self._statements:
            rows: Counter[str] = Counter()
            seconds, started = 0.0, time.perf_counter()
            asked = _statement(self._fact, self._name, reading.kept)
            for frame in reading.source.batches(asked):
                seconds += time.perf_counter() - started
                rows.update(frame["campaign"].value_counts().to_dict())
                yield frame.assign(source=reading.source.name)
                started = time.perf_counter()
            self._record(_runs(self._name, reading, statement, rows, seconds))

    def _record(self, runs: Sequence[FactRun]) -> None:
        known = {(run.name, run.campaign) for run in self._runs}
        self._runs += [run for run in runs if (run.name, run.campaign) not in known]


def fit(fact: Fact | Asked, readings: Sequence[Reading]) -> Sequence[Reading]:
    """The sources a fact is counted in."""
    fit = [each for each in readings if fact.roles & each.relations.mapped.roles]
    return fit or readings


def _statement(fact: Fact, name: str, relations: Relations) -> Select[Any]:
    # A fact may take arguments behind its name: `churn:90`.
    _, *arguments = name.split(":")
    return fact.query(relations, *arguments)


def _runs(
    name: str,
    reading: Reading,
    statement: Select[Any],
    rows: Mapping[str, int] | pd.Series[Any],
    seconds: float,
) -> list[FactRun]:
    return [
        _run(name, reading, statement, cut.key, int(rows.get(cut.key, 0)), seconds)
        for cut in reading.relations.cuts
    ]


def _run(
    name: str,
    reading: Reading,
    statement: Select[Any] | TextualSelect,
    campaign: str,
    rows: int,
    seconds: float,
) -> FactRun:
    source = reading.source
    sql, parameters = source.sql(statement)
    return FactRun(
        name=name,
        campaign=campaign,
        source=source.name,
        dialect=source.dialect,
        sql=sql,
        parameters={key: _plain(value) for key, value in parameters.items()},
        rows=rows,
        seconds=seconds,
    )


def _plain(value: Any) -> Any:
    """A parameter as a manifest prints it: times as ISO text."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else value
