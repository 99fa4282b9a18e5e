"""Who tends to do what?

Actions by channel, categories by channel, and a test of association for every pair of columns.
The index compares a channel's share of an action with the site's: 100 is average, 120 one fifth
more. Cramér's V says how strong an association is, 0 to 1 (Cramér 1946); a cell is coloured only
where its adjusted residual (Haberman 1973) passes a corrected test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.charts import BarPanel, Bars, Cell, Grid
from growthml.errors import NotEnoughData
from growthml.parts import (
    Answer,
    Campaign,
    Column,
    Context,
    Evidence,
    Facts,
    Finding,
    Options,
    Section,
    Table,
)

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.association import Association

EDGES = (50.0, 67.0, 80.0, 125.0, 150.0, 200.0)
FEWEST_EVENTS = 5
FEWEST_IN_CELL = 20
MOST_ACTIONS = 6
MOST_CATEGORIES = 8
MOST_GRIDS = 2
STRONG = 0.3
"""From this Cramér's V on an association is worth a callout."""


@dataclass(frozen=True)
class Pair:
    """Two columns of one campaign's events, cross-counted and tested."""

    campaign: Campaign
    x: str
    y: str
    rows: Sequence[Any]
    columns: Sequence[Any]
    counts: Sequence[Sequence[int]]
    test: Association
    q_value: float | None = None

    def passes(self, context: Context) -> bool:
        """Whether the two columns depend on each other by more than chance."""
        return self.q_value is not None and self.q_value <= 1 - context.confidence + 1e-12


def compute(facts: Facts, context: Context, options: Options) -> Answer:
    """Actions and categories by channel, every pair tested."""
    actions = _actions_by_channel(facts["actions"], facts["totals"], context)
    if actions.empty:
        raise NotEnoughData("there are no events in any campaign")
    categories = facts.get("categories")
    by_category = None if categories is None else _categories_by_channel(categories, context)
    pairs = _pairs(facts["actions"], categories, context)
    blocks: list[Any] = []
    if chart := _actions_chart(actions, context):
        blocks.append(chart)
    for pair in [p for p in pairs if (p.x, p.y) == ("channel", "category")][:MOST_GRIDS]:
        if grid := _category_grid(pair, context):
            blocks.append(grid)
    blocks += [_associations_table(pairs, context), _actions_table(actions)]
    if categories is not None and by_category is not None:
        blocks += [
            _categories_table(by_category),
            Table(
                id="categories_by_action",
                title="Categories by action",
                frame=_categories_by_action(categories, context),
            ),
        ]
    return Answer(
        headline=_headline(actions, pairs, context),
        blocks=blocks,
        findings=_findings(actions, pairs, context),
        caveats=_caveats(pairs, context),
        definitions=[
            (
                "Index",
                "share of a channel's events that are this action (or category), divided by its"
                " share of all events, x 100",
            ),
            ("Cramér's V", "strength of an association from 0 (none) to 1 (complete)"),
        ],
    )


# -- counting ----------------------------------------------------------------------------------


def _actions_by_channel(
    actions: pd.DataFrame, totals: pd.DataFrame, context: Context
) -> pd.DataFrame:
    frame = _with_index(actions, "action", context)
    users = shape.lookup(totals, ["campaign", "channel"], "n")
    members = [
        users.get((campaign, shape.known(channel)), 0)
        for campaign, channel in zip(frame["campaign"], frame["channel"], strict=True)
    ]
    per_user = [
        events / n if n else None for events, n in zip(frame["events"], members, strict=True)
    ]
    return frame.assign(per_user=per_user)[
        ["campaign", "channel", "action", "events", "users", "share", "per_user", "index"]
    ]


def _categories_by_channel(categories: pd.DataFrame, context: Context) -> pd.DataFrame:
    summed = categories.groupby(["campaign", "channel", "category"], as_index=False, dropna=False)[
        ["events", "responses"]
    ].sum()
    frame = _with_index(summed, "category", context)
    return frame[["campaign", "channel", "category", "events", "responses", "share", "index"]]


def _categories_by_action(categories: pd.DataFrame, context: Context) -> pd.DataFrame:
    summed = categories.groupby(["campaign", "action", "category"], as_index=False)[
        ["events"]
    ].sum()
    frame = _with_index(summed, "category", context, of="action")
    return frame[["campaign", "action", "category", "events", "share", "index"]]


def _with_index(
    frame: pd.DataFrame, column: str, context: Context, of: str = "channel"
) -> pd.DataFrame:
    """Adds share (of the events of each `of`) and index (100 = the campaign's average)."""

    def total(*keys: str) -> pd.Series[float]:
        return frame.groupby(list(keys), dropna=False)["events"].transform("sum")

    share = frame["events"] / total("campaign", of)
    overall = total("campaign", column) / total("campaign")
    place = {campaign.key: number for number, campaign in enumerate(context.campaigns)}
    return (
        frame.assign(share=share, index=share / overall * 100, place=frame["campaign"].map(place))
        .sort_values(["place", of, "events", column], ascending=[True, True, False, True])
        .drop(columns="place")
        .reset_index(drop=True)
    )


def _pairs(actions: pd.DataFrame, categories: pd.DataFrame | None, context: Context) -> list[Pair]:
    """Every pair of columns in every campaign, tested and corrected as one family."""
    from dataclasses import replace

    from growthml.stats.corrections import adjust

    pairs = []
    for campaign in context.campaigns:
        pairs.append(_pair(actions, campaign, "channel", "action"))
        if categories is not None:
            pairs.append(_pair(categories, campaign, "channel", "category"))
            pairs.append(_pair(categories, campaign, "action", "category"))
    q_values = adjust([pair.test.p_value for pair in pairs], context.correction)
    return [replace(pair, q_value=q) for pair, q in zip(pairs, q_values, strict=True)]


def _pair(frame: pd.DataFrame, campaign: Campaign, x: str, y: str) -> Pair:
    from growthml.stats.association import association

    mine = frame[(frame["campaign"] == campaign.key) & frame[x].notna() & frame[y].notna()]
    crossed = mine.pivot_table(
        index=x, columns=y, values="events", aggfunc="sum", fill_value=0, observed=True
    )
    counts = crossed.to_numpy() if len(mine) else [[0]]
    return Pair(
        campaign=campaign,
        x=x,
        y=y,
        rows=list(crossed.index),
        columns=list(crossed.columns),
        counts=[[int(n) for n in row] for row in counts],
        test=association(counts),
    )


# -- charts ------------------------------------------------------------------------------------


def _leading(actions: pd.DataFrame, context: Context) -> dict[Any, tuple[Any, float]]:
    """Each channel's commonest action in the baseline (else in the first campaign that has one)."""
    leading: dict[Any, tuple[Any, float]] = {}
    for campaign in context.campaigns:
        mine = actions[actions["campaign"] == campaign.key]
        for channel, rows in mine.groupby("channel", dropna=False):
            best = rows.sort_values(["share", "action"], ascending=[False, True]).iloc[0]
            leading.setdefault(shape.known(channel), (best["action"], float(best["share"])))
    return leading


def _ordered_actions(actions: pd.DataFrame, context: Context) -> list[Any]:
    """Actions that do something first, idle ones last, each by events."""
    idle = context.metrics.idle
    by_events = shape.order(actions, "action", "events", context)
    return sorted(by_events, key=lambda action: action in idle)


def _actions_chart(actions: pd.DataFrame, context: Context) -> Bars | None:
    channels = shape.order(actions, "channel", "events", context)
    names = _ordered_actions(actions, context)
    if len(channels) < 2 or len(names) < 2:
        return None
    leading = _leading(actions, context)
    channels.sort(key=lambda c: names.index(leading[c][0]))
    events = shape.lookup(actions, ["campaign", "channel", "action"], "events")
    overall = shape.sums(actions, "channel", "events")
    shown = shape.top(channels, overall)
    tail = [c for c in channels if c not in shown]
    panels_of = shape.top(names, shape.sums(actions, "action", "events"), MOST_ACTIONS)
    folded = [a for a in names if a not in panels_of]

    def share(key: str, channel: Any, action: Any) -> float | None:
        of = tail if channel == shape.OTHER else [channel]
        acts = folded if action == shape.OTHER else [action]
        whole = sum(events.get((key, c, a), 0) for c in of for a in names)
        part = sum(events.get((key, c, a), 0) for c in of for a in acts)
        return shape.share(part, whole)

    panels = [
        BarPanel(
            title=shape.name(context, "action", action, len(folded)).capitalize(),
            values=[
                [share(c.key, channel, action) for channel in shown] for c in context.campaigns
            ],
        )
        for action in panels_of
    ]
    rows = [shape.name(context, "channel", channel, len(tail)) for channel in shown]
    return Bars(
        id="actions",
        title=_actions_title(leading, context),
        subtitle=f"Share of each channel's own events, %; {_event_counts(actions, context)} events",
        alt=_actions_alt(rows, panels, context),
        half=False,
        table="actions_by_channel",
        rows=rows,
        series=shape.series(context),
        panels=panels,
        unit="share",
        limit=1.0,
    )


def _event_counts(actions: pd.DataFrame, context: Context) -> str:
    counted = actions.groupby("campaign")["events"].sum()
    return context.formats.join(
        [context.formats.count(int(counted.get(c.key, 0))) for c in context.campaigns]
    )


def _actions_title(leading: Mapping[Any, tuple[Any, float]], context: Context) -> str:
    title = "What users of each channel do"
    if 2 <= len(leading) <= 4 and all(share > 0.5 for _, share in leading.values()):
        listed = ", ".join(
            f"{context.label('channel', channel)} {context.label('action', action)}"
            for channel, (action, _) in leading.items()
        )
        longer = f"Each channel's commonest action: {listed}"
        return longer if len(longer) <= 80 else title
    return title


def _actions_alt(rows: Sequence[str], panels: Sequence[BarPanel], context: Context) -> str:
    formats = context.formats
    phrases = []
    for i, row in enumerate(rows[:4]):
        best = max(panels, key=lambda panel: panel.values[0][i] or 0.0)
        shares = formats.join([formats.share(values[i]) for values in best.values])
        phrases.append(f"{row} {best.title.lower()} {shares}")
    names = ", ".join(c.label for c in context.campaigns)
    return f"Bar panels, share of each channel's events: {'; '.join(phrases)} ({names})."


def _category_grid(pair: Pair, context: Context) -> Grid | None:
    """F3: index per cell, coloured only where the cell's own test passes."""
    if len(pair.rows) < 2 or len(pair.columns) < 2:
        return None
    total = sum(map(sum, pair.counts))
    row_sums = [sum(row) for row in pair.counts]
    column_sums = [sum(row[j] for row in pair.counts) for j in range(len(pair.columns))]
    rows = sorted(range(len(pair.rows)), key=lambda i: -row_sums[i])[: shape.MOST_ROWS]
    columns = sorted(range(len(pair.columns)), key=lambda j: -column_sums[j])[:MOST_CATEGORIES]
    passing = _passing_cells(pair, context)
    cells = []
    lowest: tuple[float, str] | None = None
    highest: tuple[float, str] | None = None
    for i in rows:
        line = []
        for j in columns:
            n = pair.counts[i][j]
            expected = row_sums[i] * column_sums[j] / total
            index = n / expected * 100 if expected else 0.0
            named = (
                f"{context.label('channel', pair.rows[i])},"
                f" {context.label('category', pair.columns[j])}, n {n}"
            )
            lowest = min(lowest or (index, named), (index, named))
            highest = max(highest or (index, named), (index, named))
            coloured = (i, j) in passing and n >= FEWEST_IN_CELL
            line.append(
                Cell(
                    text=context.formats.number(index, 0),
                    note=f"n {context.formats.count(n)}",
                    step=sum(index >= edge for edge in EDGES) if coloured else None,
                )
            )
        cells.append(line)
    formats, test = context.formats, pair.test
    strength = f"Cramér's V {formats.statistic(test.cramers_v)}, p {formats.p(test.p_value)}"
    depends = pair.passes(context)
    title = (
        f"Category depends on channel ({strength})"
        if depends
        else f"No evidence that category depends on channel ({strength})"
    )
    assert lowest is not None
    assert highest is not None
    return Grid(
        id=f"categories_{pair.campaign.key}",
        title=title,
        subtitle=f"{pair.campaign.label}. Index, 100 = average; coloured: differs by more than"
        " chance",
        alt=f"Grid of indices, {len(rows)} channels by {len(columns)} categories,"
        f" {pair.campaign.label}: from {formats.number(lowest[0], 0)} ({lowest[1]}) to"
        f" {formats.number(highest[0], 0)} ({highest[1]});"
        f" {len(passing)} of {len(rows) * len(columns)} differ by more than chance.",
        how_to_read="120 means: one fifth more of this category than the site's average. With n"
        " under 20 an index moves by tens from chance alone.",
        half=False,
        table="categories_by_channel",
        rows=[context.label("channel", pair.rows[i]) for i in rows],
        columns=[context.label("category", pair.columns[j]).capitalize() for j in columns],
        cells=cells,
        ramp="diverging",
        edges=EDGES,
    )


def _passing_cells(pair: Pair, context: Context) -> set[tuple[int, int]]:
    """Cells whose adjusted residual passes after correction over all cells of the table."""
    from growthml.stats.corrections import adjust

    if not pair.passes(context):
        return set()
    places = [(i, j) for i in range(len(pair.rows)) for j in range(len(pair.columns))]
    p_values = [_two_sided(float(pair.test.residuals[i][j])) for i, j in places]
    q_values = adjust(p_values, context.correction)
    limit = 1 - context.confidence
    return {
        place for place, q in zip(places, q_values, strict=True) if q is not None and q <= limit
    }


def _two_sided(z: float) -> float | None:
    return None if z != z else erfc(abs(z) / sqrt(2))


# -- tables ------------------------------------------------------------------------------------


def _associations_table(pairs: Sequence[Pair], context: Context) -> Table:
    import pandas as pd

    rows = [
        {
            "campaign": pair.campaign.key,
            "x": pair.x,
            "y": pair.y,
            "n": pair.test.n,
            "chi2": pair.test.chi2,
            "dof": pair.test.dof,
            "p_value": pair.test.p_value,
            "q_value": pair.q_value,
            "cramers_v": pair.test.cramers_v,
            "expected_min": pair.test.expected_min,
            "method": pair.test.method or pair.test.reason,
        }
        for pair in pairs
    ]
    return Table(
        id="associations",
        title="Which columns go together",
        frame=pd.DataFrame(rows),
        columns=(
            Column(name="campaign", head="Campaign", role="campaign"),
            Column(name="x", head="Column", role="role"),
            Column(name="y", head="With", role="role"),
            Column(name="n", head="Events", kind="count"),
            Column(name="chi2", head="Chi-square", kind="number"),
            Column(name="cramers_v", head="Cramér's V", kind="statistic"),
            Column(name="p_value", head="p", kind="p"),
            Column(name="q_value", head="q", kind="p"),
        ),
        note=f"q: p corrected by {context.correction} over all rows.",
    )


def _actions_table(actions: pd.DataFrame) -> Table:
    return Table(id="actions_by_channel", title="Actions by channel", frame=actions)


def _categories_table(categories: pd.DataFrame) -> Table:
    return Table(id="categories_by_channel", title="Categories by channel", frame=categories)


# -- words -------------------------------------------------------------------------------------


def _headline(actions: pd.DataFrame, pairs: Sequence[Pair], context: Context) -> str:
    tested = [
        p for p in pairs if (p.x, p.y) == ("channel", "action") and p.test.p_value is not None
    ]
    if not tested:
        return "Too few channels or actions to say who tends to do what."
    passed = [p for p in tested if p.passes(context)]
    if not passed:
        return "No evidence that what users do depends on the channel they came from."
    everywhere = len(passed) == len(context.campaigns)
    where = (
        ""
        if len(context.campaigns) == 1
        else (", in both campaigns" if len(passed) == 2 and everywhere else "")
    )
    if not where and len(context.campaigns) > 1:
        where = f", in {context.formats.join([p.campaign.label for p in passed])}"
    if all((p.test.cramers_v or 0.0) >= STRONG for p in passed):
        return f"Each channel's users lean towards an action of their own{where}."
    return f"What users do depends a little on the channel they came from{where}."


def _findings(actions: pd.DataFrame, pairs: Sequence[Pair], context: Context) -> list[Finding]:
    findings = []
    lean = [p for p in pairs if (p.x, p.y) == ("channel", "action") and p.passes(context)]
    if lean:
        findings.append(_lean_finding(actions, lean, context))
    for x, y in (("channel", "category"), ("action", "category")):
        tested = [p for p in pairs if (p.x, p.y) == (x, y) and p.test.p_value is not None]
        if tested:
            findings.append(_pair_finding(tested, context))
    return findings


def _lean_finding(actions: pd.DataFrame, lean: Sequence[Pair], context: Context) -> Finding:
    formats = context.formats
    leading = list(_leading(actions, context).items())[:4]
    listed = ", ".join(
        f"{context.label('channel', channel)} “{context.label('action', action)}”"
        f" {formats.share(share)}"
        for channel, (action, share) in leading
    )
    strength = formats.join([formats.statistic(pair.test.cramers_v) for pair in lean])
    strongest = max(pair.test.cramers_v or 0.0 for pair in lean)
    return Finding(
        heading="Each channel has its action",
        text=f"Of each channel's events, {context.baseline.label}: {listed}"
        f" (Cramér's V {strength}).",
        evidence=Evidence(
            table="associations",
            row={"campaign": lean[0].campaign.key, "x": "channel", "y": "action"},
        ),
        weight=0.2 + 0.5 * strongest,
    )


def _pair_finding(tested: Sequence[Pair], context: Context) -> Finding:
    formats, first = context.formats, tested[0]
    x, y = context.label("role", first.x), context.label("role", first.y)
    passed = [pair for pair in tested if pair.passes(context)]
    strongest = max((pair.test.cramers_v or 0.0 for pair in passed), default=0.0)
    measured = formats.join(
        [
            f"{pair.campaign.label} V {formats.statistic(pair.test.cramers_v)},"
            f" p {formats.p(pair.test.p_value)}"
            for pair in (passed or tested)
        ]
    )
    claim = f"{y} depends on {x}" if passed else f"No evidence that {y} depends on {x}"
    return Finding(
        heading=f"{y} by {x}".capitalize()[:30],
        text=f"{claim[0].upper()}{claim[1:]} ({measured}).",
        evidence=Evidence(
            table="associations",
            row={"campaign": first.campaign.key, "x": first.x, "y": first.y},
        ),
        weight=0.2 + 0.5 * strongest if passed else 0.05,
    )


def _caveats(pairs: Sequence[Pair], context: Context) -> list[str]:
    caveats = [
        "Several events can come from one user; the tests treat them as independent, so"
        " their p-values are too small."
    ]
    small = [pair for pair in pairs if pair.test.small]
    if small:
        listed = context.formats.join(
            list(dict.fromkeys(f"{p.x} with {p.y} in {p.campaign.label}" for p in small))
        )
        caveats.append(f"Small counts: the p-value of {listed} is simulated.")
    return caveats


SECTION = Section(
    id="tendencies",
    title="Tendencies",
    question="Who tends to do what?",
    facts=("actions", "totals", "categories?"),
    tables={
        "actions_by_channel": (
            "campaign",
            "channel",
            "action",
            "events",
            "users",
            "share",
            "per_user",
            "index",
        ),
        "categories_by_channel": (
            "campaign",
            "channel",
            "category",
            "events",
            "responses",
            "share",
            "index",
        ),
        "categories_by_action": ("campaign", "action", "category", "events", "share", "index"),
        "associations": (
            "campaign",
            "x",
            "y",
            "n",
            "chi2",
            "dof",
            "p_value",
            "q_value",
            "cramers_v",
        ),
    },
    compute=compute,
)
