"""Shaping counted rows for pages: orders, lookups, and the tail folded into `Other`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from growthml.charts import Series
from growthml.parts import Column, Context

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 12
"""A chart shows at most this many rows; the rest is one row `Other (n)`."""

OTHER = "\x00other"
"""Stands for the folded tail among raw values."""


def series(context: Context) -> list[Series]:
    """One chart series a campaign, the baseline first."""
    return [Series(label=c.label, colour=c.colour) for c in context.campaigns]


def known(value: Any) -> Any:
    """None for every kind of missing value, the value itself otherwise."""
    return None if value is None or value != value else value


def share(part: float, whole: float) -> float | None:
    """part / whole; None when there is no whole."""
    return part / whole if whole else None


def order(frame: pd.DataFrame, column: str, by: str, context: Context) -> list[Any]:
    """A column's values by the baseline's amount, then by all campaigns', then by name."""
    baseline: dict[Any, float] = {}
    overall: dict[Any, float] = {}
    for campaign, value, amount in zip(frame["campaign"], frame[column], frame[by], strict=True):
        key = known(value)
        overall[key] = overall.get(key, 0.0) + float(amount)
        if campaign == context.baseline.key:
            baseline[key] = baseline.get(key, 0.0) + float(amount)
    return sorted(overall, key=lambda key: (-baseline.get(key, 0.0), -overall[key], str(key)))


def top(values: Sequence[Any], amounts: Mapping[Any, float], most: int = MOST_ROWS) -> list[Any]:
    """The `most` - 1 values with the largest amounts, in the order given; OTHER for the rest."""
    if len(values) <= most:
        return list(values)
    largest = set(sorted(values, key=lambda v: (-amounts.get(v, 0.0), str(v)))[: most - 1])
    return [value for value in values if value in largest] + [OTHER]


def lookup(frame: pd.DataFrame, keys: Sequence[str], value: str) -> dict[tuple[Hashable, ...], Any]:
    """A frame's column by its key columns; missing keys read as None."""
    columns = [[known(each) for each in frame[key]] for key in keys]
    return dict(zip(zip(*columns, strict=True), frame[value], strict=True))


def name(context: Context, role: str, value: Any, folded: int = 0) -> str:
    """The label of a value, or of the folded tail of `folded` values."""
    return f"Other ({folded})" if value == OTHER else context.label(role, value)


@dataclass(frozen=True)
class Rows:
    """A column's values as chart rows: labels, and the raw values each row stands for."""

    labels: Sequence[str]
    members: Sequence[Sequence[Any]]

    def values(
        self, frame: pd.DataFrame, column: str, value: str, context: Context
    ) -> list[list[float]]:
        """`value` summed over each row's members, one list a campaign; 0 where there is nothing."""
        found = lookup(frame, ["campaign", column], value)
        return [
            [float(sum(found.get((c.key, m), 0.0) for m in members)) for members in self.members]
            for c in context.campaigns
        ]


def rows(frame: pd.DataFrame, column: str, by: str, role: str, context: Context) -> Rows:
    """The rows of a chart over `column`: ordered by the baseline's `by`, the tail folded."""
    ordered = order(frame, column, by, context)
    shown = top(ordered, sums(frame, column, by))
    tail = [value for value in ordered if value not in shown]
    return Rows(
        labels=[name(context, role, value, len(tail)) for value in shown],
        members=[tail if value == OTHER else [value] for value in shown],
    )


def sums(frame: pd.DataFrame, column: str, of: str) -> dict[Any, float]:
    """`of` summed by a column's values over all campaigns, missing values under None."""
    found: dict[Any, float] = {}
    for value, amount in zip(frame[column], frame[of], strict=True):
        found[known(value)] = found.get(known(value), 0.0) + float(amount)
    return found


def told(labels: Sequence[str], texts: Sequence[Sequence[str]], context: Context) -> str:
    """The first four rows in words for an alt text: "Facebook 235 and 190, Twitter …"."""
    return ", ".join(
        f"{label} {context.formats.join([each[place] for each in texts])}"
        for place, label in enumerate(labels[:4])
    )


def beside(
    frame: pd.DataFrame, key: Column, values: Sequence[Column], context: Context
) -> tuple[pd.DataFrame, list[Column]]:
    """Campaigns side by side: one row a value of `key`, one column a value column and campaign.

    Rows keep the frame's order. With more than two campaigns the table would grow too wide: the
    frame comes back as it is, its campaign in the first column.
    """
    if len(context.campaigns) > 2:
        return frame, [Column(name="campaign", head="Campaign", role="campaign"), key, *values]
    import pandas as pd

    keys = list(dict.fromkeys(known(each) for each in frame[key.name]))
    data: dict[str, list[Any]] = {key.name: keys}
    columns = [key]
    for value in values:
        found = lookup(frame, ["campaign", key.name], value.name)
        for campaign in context.campaigns:
            name = f"{value.name}@{campaign.key}"
            data[name] = [found.get((campaign.key, each)) for each in keys]
            head = f"{value.head} {campaign.label}" if len(context.campaigns) > 1 else value.head
            columns.append(Column(name=name, head=head, kind=value.kind, role=value.role))
    return pd.DataFrame(data), columns
