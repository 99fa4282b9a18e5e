"""Shaping counted rows for pages: orders, lookups, and the tail folded into `Other`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from growthml.charts import Series
from growthml.parts import Campaign, Column, Context
from growthml.words import _, n_

if TYPE_CHECKING:
    import pandas as pd

    from growthml.formats import Formats

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


def part_of(part: float, whole: float, context: Context) -> str:
    """ "3 of 1,000"."""
    return _(
        "{part} of {whole}", part=context.formats.count(part), whole=context.formats.count(whole)
    )


def users_said(n: int, formats: Formats) -> str:
    """ "1,234 users"."""
    return n_("{n} user", "{n} users", n, n=formats.count(n))


def campaign_column(context: Context) -> list[Column]:
    """The campaign's column, where more than one campaign is compared."""
    several = len(context.compared) > 1
    return [Column(name="campaign", head=_("Campaign"), role="campaign")] if several else []


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
    return _("Other ({n})", n=folded) if value == OTHER else context.label(role, value)


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
    return folded(order(frame, column, by, context), sums(frame, column, by), role, context)


def folded(
    ordered: Sequence[Any],
    amounts: Mapping[Any, float],
    role: str,
    context: Context,
    most: int = MOST_ROWS,
) -> Rows:
    """At most `most` rows in the order given, the values with the least amounts folded into one."""
    shown = top(ordered, amounts, most)
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

    Rows keep the frame's order; words of a row that one campaign lacks are blank. With more than
    two campaigns the table would grow too wide: the frame comes back as it is, its campaign in the
    first column.
    """
    if len(context.campaigns) > 2:
        return frame, [Column(name="campaign", head=_("Campaign"), role="campaign"), key, *values]
    import pandas as pd

    keys = list(dict.fromkeys(known(each) for each in frame[key.name]))
    data: dict[str, list[Any]] = {key.name: keys}
    columns = [key]
    for value in values:
        found = lookup(frame, ["campaign", key.name], value.name)
        for campaign in context.campaigns:
            name = f"{value.name}@{campaign.key}"
            missing = "" if value.kind == "text" else None
            data[name] = [found.get((campaign.key, each), missing) for each in keys]
            head = f"{value.head}\n{campaign.label}" if len(context.campaigns) > 1 else value.head
            columns.append(Column(name=name, head=head, kind=value.kind, role=value.role))
    return pd.DataFrame(data), columns


def having(frame: pd.DataFrame, column: str, value: Any) -> pd.DataFrame:
    """The rows whose column holds a value; None finds the rows where it is missing."""
    return frame.loc[[known(each) == value for each in frame[column]]]


def passes(q_value: Any, context: Context) -> bool:
    """Whether a corrected p-value is evidence at the report's confidence; one not tested is not."""
    return known(q_value) is not None and q_value <= 1 - context.confidence + 1e-12


def last_day(campaign: Campaign, context: Context) -> date:
    """The last day seen of a campaign: as-of, or the last one before its window's end."""
    if campaign.end is None:
        return context.as_of
    return min(context.as_of, campaign.end - timedelta(days=1))


def comparison_caveats(context: Context) -> list[str]:
    """What a reader must know wherever campaigns are compared that were not randomised."""
    if context.randomised or not context.compared:
        return []
    return [_("Users were not randomised: a difference may come from time, mix or season.")]


def orders_alone_caveats(context: Context) -> list[str]:
    """What a reader must know where users are seen only once they respond."""
    if not context.metrics.orders_alone:
        return []
    return [
        _(
            "Users are seen only once they did “{action}”: how many did is no measure of a"
            " campaign, so rates are not compared.",
            action=context.label("action", context.metrics.response),
        )
    ]


def arranged(
    frame: pd.DataFrame, by: Sequence[str], context: Context, falling: Sequence[str] = ()
) -> pd.DataFrame:
    """The rows by campaign, the baseline first, then by columns, `falling` ones from the top."""
    place = {campaign.key: number for number, campaign in enumerate(context.campaigns)}
    return (
        frame.assign(place=frame["campaign"].map(place))
        .sort_values(["place", *by], ascending=[True, *(column not in falling for column in by)])
        .drop(columns="place")
        .reset_index(drop=True)
    )


def campaign_label(key: str, context: Context) -> str:
    """What a campaign is called, by its key."""
    return next(each.label for each in context.campaigns if each.key == key)


def per_campaign(values: Mapping[Hashable, float], context: Context) -> str:
    """A count of each campaign in a sentence: "879 and 845"; 0 where a campaign has none."""
    formats = context.formats
    return formats.join([formats.count(values.get(c.key, 0)) for c in context.campaigns])
