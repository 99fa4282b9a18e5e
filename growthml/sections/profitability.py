"""Who and what is most profitable?

Revenue and profit by channel and by category (`growthml.analysis.earnings`), the users who spend
most, and how unevenly buyers spend (`growthml.analysis.concentration`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from growthml import shape
from growthml.analysis import concentration, earnings
from growthml.analysis.earnings_findings import findings
from growthml.charts import BarPanel, Bars
from growthml.errors import NotEnoughData
from growthml.parts import Answer, Column, Context, Facts, Options, Section, Table

if TYPE_CHECKING:
    import pandas as pd

FEWEST_ELSEWHERE = 10
"""With fewer buyers on all other channels together, these say nothing."""
SHOWN_SPENDERS = 10


def compute(facts: Facts, context: Context, options: Options) -> Answer:
    """Money by channel, category and user."""
    channels = earnings.by_channel(facts["totals"], context)
    if not channels["purchases"].sum():
        raise NotEnoughData(_no_purchases(channels, context))
    categories = facts.get("category_sales")
    sales = None if categories is None else earnings.by_category(categories, context)
    curve = concentration.curve(facts["concentration"], context)
    buyers = shape.sums(channels, "campaign", "buyers")
    charts = [
        _channel_chart(channels, context),
        concentration.lorenz_chart(curve, buyers, context),
        None if sales is None else _category_chart(sales, context),
    ]
    tables = [
        _channel_table(channels, context),
        None if sales is None else Table(id="by_category", title="Money by category", frame=sales),
        _spender_table(facts["spenders"], context),
        Table(id="concentration", title="Concentration of revenue", frame=curve),
    ]
    return Answer(
        headline=_headline(channels, context),
        blocks=[block for block in (*charts, *tables) if block is not None],
        findings=findings(channels, curve, sales, context),
        caveats=_caveats(channels, context),
        definitions=[
            ("Profit", "value of the responses less acquisition cost (cost per user x users)"),
            ("ROI", "profit / cost; blank where no cost is configured"),
            ("Gini", "unevenness of spending among buyers: 0 all alike, 1 one buyer has all"),
        ],
    )


def _no_purchases(channels: pd.DataFrame, context: Context) -> str:
    users = shape.sums(channels, "campaign", "users")
    count = context.formats.count
    listed = ", ".join(f"0 of {count(users.get(c.key, 0))}" for c in context.campaigns)
    where = "either campaign" if len(context.campaigns) == 2 else "any campaign"
    return f"no purchases in {where} ({listed})"


# -- charts ------------------------------------------------------------------------------------


def _channel_chart(channels: pd.DataFrame, context: Context) -> Bars | None:
    rows = shape.rows(channels, "channel", "revenue", "channel", context)
    if len(rows.labels) < 2:
        return None
    formats, costs = context.formats, bool(context.metrics.costs)
    revenue = rows.values(channels, "channel", "revenue", context)
    buyers = rows.values(channels, "channel", "buyers", context)
    if costs:
        profit = rows.values(channels, "channel", "profit", context)
        panels = [
            BarPanel(title="Revenue", values=revenue),
            BarPanel(title="Profit", values=profit),
        ]
    else:
        notes = [
            f"{formats.join([formats.count(n) for n in counts])} buyers"
            for counts in zip(*buyers, strict=True)
        ]
        panels = [BarPanel(title="", values=revenue, notes=notes)]
    names = formats.join([c.label for c in context.campaigns])
    what = "Revenue and profit" if costs else "Revenue"
    sizes = shape.per_campaign(shape.sums(channels, "campaign", "buyers"), context)
    money = [[formats.money(x) for x in row] for row in revenue]
    return Bars(
        id="revenue",
        title=f"{rows.labels[0]} earns {money[0][0]} of"
        f" {context.baseline.label}'s {formats.money(sum(revenue[0]))}"[:80],
        subtitle=f"{what} by channel, {formats.currency}; {sizes} buyers",
        alt=f"Bar chart of revenue by channel, {names}: {shape.told(rows.labels, money, context)}.",
        half=not costs,
        table="by_channel",
        rows=rows.labels,
        series=shape.series(context),
        panels=panels,
        unit="money",
    )


def _category_chart(sales: pd.DataFrame, context: Context) -> Bars | None:
    rows = shape.rows(sales, "category", "revenue", "category", context)
    if len(rows.labels) < 2:
        return None
    formats = context.formats
    values = rows.values(sales, "category", "revenue", context)
    money = [[formats.money(x) for x in row] for row in values]
    labels = [label.capitalize() for label in rows.labels]
    names = formats.join([c.label for c in context.campaigns])
    return Bars(
        id="categories",
        title=f"Revenue by {context.label('role', 'category')}",
        subtitle=f"Revenue, {formats.currency}; by {context.baseline.label}'s revenue",
        alt=f"Bar chart of revenue by category, {names}: {shape.told(labels, money, context)}.",
        table="by_category",
        rows=labels,
        series=shape.series(context),
        panels=[BarPanel(title="", values=values)],
        unit="money",
    )


# -- tables ------------------------------------------------------------------------------------


def _channel_table(channels: pd.DataFrame, context: Context) -> Table:
    money = "profit" if context.metrics.costs else "revenue_per_user"
    head = "Profit" if context.metrics.costs else "Per user"
    view, columns = shape.beside(
        channels,
        Column(name="channel", head="Channel", role="channel"),
        (
            Column(name="conversion_rate", head="Conversion", kind="rate"),
            Column(name="revenue", head="Revenue", kind="money"),
            Column(name=money, head=head, kind="money"),
        ),
        context,
    )
    return Table(
        id="by_channel",
        title="Money by channel",
        frame=channels,
        view=view,
        order="by revenue",
        columns=columns,
    )


def _spender_table(spenders: pd.DataFrame, context: Context) -> Table:
    frame = shape.arranged(spenders, ["rank"], context)
    shown = frame[frame["rank"] <= SHOWN_SPENDERS]
    view, columns = shape.beside(
        shown,
        Column(name="rank", head="Rank", kind="count"),
        (
            Column(name="user_id", head="User"),
            Column(name="channel", head="Channel", role="channel"),
            Column(name="revenue", head="Revenue", kind="money"),
        ),
        context,
    )
    return Table(
        id="top_users",
        title="Highest spenders",
        frame=frame,
        view=view,
        order="by revenue",
        columns=columns,
        note=f"The first {SHOWN_SPENDERS} of each campaign; {len(frame)} rows attached as"
        " profitability.top_users.csv."
        if len(frame) > len(shown)
        else "",
    )


# -- words -------------------------------------------------------------------------------------


def _headline(channels: pd.DataFrame, context: Context) -> str:
    formats, baseline = context.formats, context.baseline
    leader = earnings.leader(channels, baseline)
    if leader is None:
        return f"{baseline.label} brought no revenue."
    if channels["channel"].nunique(dropna=False) < 2:
        revenue = shape.sums(channels, "campaign", "revenue")[baseline.key]
        return f"{baseline.label} brought {formats.money(revenue)}."
    name = context.label("channel", leader.channel)
    shares = [
        f"{formats.share(own.share)} of {campaign.label}"
        for campaign in context.campaigns
        if (own := earnings.leader(channels, campaign)) and own.channel == leader.channel
    ]
    if context.compared and len(shares) == len(context.campaigns):
        return f"{name} brings {formats.join(shares)} revenue."
    return f"{name} brings {formats.share(leader.share)} of {baseline.label} revenue."


def _caveats(channels: pd.DataFrame, context: Context) -> list[str]:
    baseline, caveats = context.baseline, []
    leader = earnings.leader(channels, baseline)
    buyers = int(shape.sums(channels, "campaign", "buyers").get(baseline.key, 0))
    if leader is not None and 0 < buyers - leader.buyers < FEWEST_ELSEWHERE:
        caveats.append(
            f"Only {shape.part_of(buyers - leader.buyers, buyers, context)}"
            f" {baseline.label} buyers came from elsewhere: this sample says nothing"
            " about buyers on other channels."
        )
    if not context.metrics.costs:
        caveats.append("No acquisition costs are configured: profit equals revenue.")
    return caveats


SECTION = Section(
    id="profitability",
    title="Profitability",
    question="Who and what is most profitable, and did it change?",
    facts=("spenders", "totals", "concentration", "category_sales?"),
    tables={
        "by_channel": earnings.BY_CHANNEL,
        "by_category": earnings.BY_CATEGORY,
        "top_users": ("campaign", "rank", "user_id", "channel", "purchases", "revenue"),
        "concentration": concentration.COLUMNS,
    },
    compute=compute,
)
