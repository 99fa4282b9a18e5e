"""Count facts: each once per source, for all campaigns of that source together."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from growthml.errors import FactError, GrowthError
from growthml.facts import FACTS
from growthml.facts.relations import Relations
from growthml.parts import FactRun
from growthml.secrets import redact
from growthml.sources.source import Source

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """A source and the campaigns to be counted in it."""

    source: Source
    relations: Relations


class Counts(Mapping[str, "pd.DataFrame"]):
    """Facts by name; one that could not be counted raises its reason when it is asked for.

    Every frame says in `source` where a row was counted, for rows that belong to no campaign.
    """

    def __init__(self) -> None:
        self.runs: list[FactRun] = []
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
        """Count one fact, unless that was done already."""
        import pandas as pd

        if name in self._frames or name in self._errors:
            return
        frames = []
        try:
            for reading in readings:
                frames.append(self._count_in(name, reading))
        except GrowthError as error:
            self._errors[name] = error
            return
        except Exception as error:
            log.debug("fact %s", name, exc_info=True)
            reason = f"the fact '{name}' has a fault of its own: {type(error).__name__}: {error}"
            self._errors[name] = FactError(redact(reason))
            return
        filled = [frame for frame in frames if len(frame)] or frames[:1]
        self._frames[name] = pd.concat(filled, ignore_index=True)

    def _count_in(self, name: str, reading: Reading) -> pd.DataFrame:
        source, relations = reading.source, reading.relations
        # A fact may take arguments behind its name: `churn:90`.
        base, *arguments = name.split(":")
        statement = FACTS[base].query(relations, *arguments)
        sql, parameters = source.sql(statement)
        started = time.perf_counter()
        frame = source.read(statement)
        seconds = time.perf_counter() - started
        rows = frame["campaign"].value_counts()
        for cut in relations.cuts:
            self.runs.append(
                FactRun(
                    name=name,
                    campaign=cut.key,
                    source=source.name,
                    dialect=source.dialect,
                    sql=sql,
                    parameters={key: _plain(value) for key, value in parameters.items()},
                    rows=int(rows.get(cut.key, 0)),
                    seconds=seconds,
                )
            )
        return frame.assign(source=source.name)


def _plain(value: Any) -> Any:
    """A parameter as a manifest prints it: times as ISO text."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else value
