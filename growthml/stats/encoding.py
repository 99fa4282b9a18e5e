"""Users' columns as numbers a model can take: levels of words, gaps told apart, all in one order.

Learnt on the users a model is fitted on and applied to any others, so that a column means the same
in training, in the test and in the list of whom to mail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from growthml.words import N_

if TYPE_CHECKING:
    import pandas as pd

MOST_LEVELS = 12
"""A column of words keeps so many levels, its commonest; the rest is one level."""
FEWEST_OF_LEVEL = 20
"""A level of fewer users than this is folded into the rest."""
REST = "other"


@dataclass(frozen=True, kw_only=True)
class Words:
    """A column of words. levels: those that get a column each; reference: the level that does not.

    rest: whether some users have a level that is not kept.
    """

    name: str
    reference: str
    levels: Sequence[str]
    rest: bool


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """A column of numbers. fill: what stands for a gap; gaps: whether the gap is a column too.

    logged: enters as log(1 + x), for counts, money and days.
    """

    name: str
    fill: float
    gaps: bool
    logged: bool


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How a frame of users becomes a matrix. dropped: columns left out, and why."""

    words: Sequence[Words]
    numbers: Sequence[Numbers]
    dropped: Mapping[str, str]

    def matrix(self, frame: pd.DataFrame, *, logged: bool = True) -> pd.DataFrame:
        """The users as numbers: one column a number, a gap and a level; never NaN.

        logged: False keeps counts, money and days as they are.
        """
        import pandas as pd

        columns: dict[str, Any] = {}
        for word in self.words:
            columns |= _levels(word, _known(frame, word.name))
        for number in self.numbers:
            values = _as_number(_known(frame, number.name)).to_numpy(float)
            missing = np.isnan(values)
            values = np.where(missing, number.fill, values)
            if number.logged and logged:
                values = np.log1p(np.maximum(values, 0.0))
            columns[number.name] = values
            if number.gaps:
                columns[f"{number.name} unknown"] = missing.astype(float)
        return pd.DataFrame(columns, index=frame.index, dtype=float)

    def without(self, names: Sequence[str], why: str) -> Encoding:
        """The same encoding with some columns left out, for a reason."""
        return Encoding(
            words=[each for each in self.words if each.name not in names],
            numbers=[each for each in self.numbers if each.name not in names],
            dropped={**self.dropped, **dict.fromkeys(names, why)},
        )

    def referring(self, references: Mapping[str, str]) -> Encoding:
        """The same encoding with other reference levels, by column; each is one of its levels."""
        return replace(self, words=[_referring(each, references) for each in self.words])


def _referring(word: Words, references: Mapping[str, str]) -> Words:
    reference = references.get(word.name, word.reference)
    if reference == word.reference:
        return word
    levels = [word.reference, *(level for level in word.levels if level != reference)]
    return replace(word, reference=reference, levels=levels)


def encoding(frame: pd.DataFrame, columns: Sequence[str], counted: Sequence[str]) -> Encoding:
    """How to encode these columns of the users a model is fitted on.

    counted: which of them are counts, money or days, never below 0, and enter as log(1 + x).
    Columns that are empty or hold one value alone are dropped, as are words that hardly repeat.
    """
    words: list[Words] = []
    numbers: list[Numbers] = []
    dropped: dict[str, str] = {}
    for name in columns:
        values = frame[name]
        if values.isna().all():
            dropped[name] = N_("empty")
        elif values.nunique(dropna=False) == 1:
            dropped[name] = N_("the same for everybody")
        elif _is_number(values):
            numbers.append(_numbers(name, _as_number(values), logged=name in counted))
        else:
            found = _words(name, values)
            if found is None:
                dropped[name] = N_("words that hardly repeat")
            else:
                words.append(found)
    return Encoding(words=words, numbers=numbers, dropped=dropped)


def _is_number(values: pd.Series[Any]) -> bool:
    return bool(_as_number(values).notna().sum() == values.notna().sum())


def _as_number(values: pd.Series[Any]) -> pd.Series[float]:
    import pandas as pd

    return pd.to_numeric(values.astype(object), errors="coerce").astype(float)


def _numbers(name: str, values: pd.Series[float], *, logged: bool) -> Numbers:
    return Numbers(
        name=name,
        fill=float(values.median()),
        gaps=bool(values.isna().any()),
        logged=logged,
    )


def _words(name: str, values: pd.Series[Any]) -> Words | None:
    """The commonest levels, the very commonest as reference; ties by name."""
    counted = values.map(_text).value_counts()
    order = sorted(counted.index, key=lambda level: (-int(counted[level]), level))
    kept = [level for level in order if counted[level] >= FEWEST_OF_LEVEL][:MOST_LEVELS]
    if not kept:
        return None
    return Words(name=name, reference=kept[0], levels=kept[1:], rest=len(kept) < len(order))


def _levels(word: Words, values: pd.Series[Any]) -> dict[str, Any]:
    levels = values.map(_text).to_numpy(object)
    found = {f"{word.name}: {level}": (levels == level).astype(float) for level in word.levels}
    if word.rest:
        kept = [word.reference, *word.levels]
        found[f"{word.name}: {REST}"] = (~np.isin(levels.astype(str), kept)).astype(float)
    return found


def levels_of(values: pd.Series[Any]) -> pd.Series[str]:
    """A column of words as its levels, gaps as `unknown`."""
    return values.map(_text)


def _known(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    import pandas as pd

    return frame[name] if name in frame else pd.Series(np.nan, index=frame.index)


def _text(value: Any) -> str:
    return "unknown" if value is None or value != value else str(value)
