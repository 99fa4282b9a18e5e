"""Queries of one's own, prepared but not run: what `check` finds wrong with them before Monday."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from growthml.analysis.own_query import SqlOptions
from growthml.config.problems import Fault, Path, suggestion
from growthml.config.schema import Config
from growthml.errors import FactError, GrowthError
from growthml.facts.asked import Asked, prepared
from growthml.facts.count import Reading, fit


def faults(config: Config, readings: Sequence[Reading]) -> Iterator[Fault]:
    """What the sources say against the config's queries, and columns that a query does not have.

    Each query is told to every source it would run in, where it brings no rows.
    """
    for place, choice in enumerate(config.sections):
        if choice.name == "sql":
            options = SqlOptions.model_validate(choice.options.model_dump())
            yield from _faults(options, ("sections", place, "sql"), readings)


def _faults(options: SqlOptions, path: Path, readings: Sequence[Reading]) -> Iterator[Fault]:
    asked = Asked(texts=options.texts, rows=options.rows)
    for reading in fit(asked, readings):
        source, cut = reading.source, reading.relations.cuts[0]
        try:
            text = asked.text_for(source.name, source.dialect)
        except FactError as error:
            yield Fault((*path, "query"), str(error))
            continue
        try:
            found = source.ask(prepared(text, reading.relations, cut), 1)
        except GrowthError as error:
            key = next(key for key, each in options.texts.items() if each == text)
            yield Fault((*path, "query", key) if key else (*path, "query"), str(error))
            continue
        columns = list(map(str, found.columns))
        for option, name in options.named_columns():
            if name not in columns:
                hint = suggestion(name, columns)
                message = f"the query has no column '{name}' in '{source.name}'{hint}"
                yield Fault((*path, *option), message)
