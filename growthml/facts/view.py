"""Counts as one report sees them: its own campaigns, under the names it gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from growthml.facts.count import Batches, Counts, Reading
from growthml.parts import FactRun

if TYPE_CHECKING:
    import pandas as pd


class View(Mapping[str, "pd.DataFrame"]):
    """The facts of `counts`, of some of the campaigns they were counted for.

    names: by key of a campaign counted, what it is called here; several may be called the same,
    their rows then follow one another, and only facts that add up make sense. Rows of campaigns
    that are not named are left out, rows of no campaign stay.
    """

    def __init__(self, counts: Counts, names: Mapping[str, str], counted: Iterable[str]) -> None:
        self._counts = counts
        self._names = names
        self._others = frozenset(counted) - set(names)
        self._whole = not self._others and all(key == name for key, name in names.items())

    def __getitem__(self, name: str) -> pd.DataFrame:
        found = self._counts[name]
        if self._whole:
            return found
        if isinstance(found, Batches):
            return cast("pd.DataFrame", _Stream(found, self))
        mine = self.of(found)
        return _spanned(mine) if name == "span" and self._pools else mine

    def __contains__(self, name: object) -> bool:
        return name in self._counts

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    @property
    def runs(self) -> list[FactRun]:
        """How the facts of these campaigns were counted, under the names they have here."""
        return [
            replace(run, campaign=self._names[run.campaign])
            for run in self._counts.runs
            if run.campaign in self._names
        ]

    def count(self, name: str, readings: Sequence[Reading]) -> None:
        """Count one fact, unless that was done already."""
        self._counts.count(name, readings)

    def let_go(self, names: Iterable[str]) -> None:
        """Hold long facts no more that nobody will ask for again."""
        self._counts.let_go(names)

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of a fact that belong here, their campaigns renamed."""
        mine = frame[~frame["campaign"].isin(self._others)]
        return mine.assign(
            campaign=[self._names.get(each, each) for each in mine["campaign"]]
        ).reset_index(drop=True)

    @property
    def _pools(self) -> bool:
        return len(set(self._names.values())) < len(self._names)


class _Stream:
    """A streamed fact's frames, as a view has them."""

    def __init__(self, batches: Batches, view: View) -> None:
        self._batches = batches
        self._view = view

    def __iter__(self) -> Iterator[pd.DataFrame]:
        return (self._view.of(frame) for frame in self._batches)


def _spanned(span: pd.DataFrame) -> pd.DataFrame:
    """One row a campaign: counts added up, from the first to the last moment."""
    rules: dict[str, Any] = {
        name: "min" if name.startswith("first") else "max" if name.startswith("last") else "sum"
        for name in span.columns
        if name not in ("campaign", "source")
    }
    return span.groupby("campaign", sort=False, as_index=False).agg(rules | {"source": "first"})
