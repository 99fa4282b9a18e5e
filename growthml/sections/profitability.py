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
from growthml.words import N_, _

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
        None
        if sales is None
        else Table(id="by_category", title=_("Money by category"), frame=sales),
        _spender_table(facts["spenders"], context),
        Table(id="concentration", title=_("Concentration of revenue"), frame=curve),
    ]
    return Answer(
        headline=_headline(channels, context),
        blocks=[block for block in (*charts, *tables) if block is not None],
        findings=findings(channels, curve, sales, context),
        caveats=_caveats(channels, context),
        definitions=[
            (
                _("Profit"),
                _("value of the responses less acquisition cost (cost per user x users)"),
            ),
            (_("ROI"), _("profit / cost; blank where no cost is configured")),
            (_("Gini"), _("unevenness of spending among buyers: 0 all alike, 1 one buyer has all")),
        ],
    )


def _no_purchases(channels: pd.DataFrame, context: Context) -> str:
    users = shape.sums(channels, "campaign", "users")
    listed = ", ".join(shape.part_of(0, users.get(c.key, 0), context) for c in context.campaigns)
    if len(context.campaigns) == 2:
        return _("no purchases in either campaign ({listed})", listed=listed)
    return _("no purchases in any campaign ({listed})", listed=listed)


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
            BarPanel(title=_("Revenue"), values=revenue),
            BarPanel(title=_("Profit"), values=profit),
        ]
    else:
        notes = [
            _("{counts} buyers", counts=formats.join([formats.count(n) for n in counts]))
            for counts in zip(*buyers, strict=True)
        ]
        panels = [BarPanel(title="", values=revenue, notes=notes)]
    names = formats.join([c.label for c in context.campaigns])

    sizes = shape.per_campaign(shape.sums(channels, "campaign", "buyers"), context)
    money = [[formats.money(x) for x in row] for row in revenue]
    return Bars(
        id="revenue",
        title=_(
            "{channel} earns {money} of {baseline}'s {revenue}",
            channel=rows.labels[0],
            money=money[0][0],
            baseline=context.baseline.label,
            revenue=formats.money(sum(revenue[0])),
        )[:80],
        subtitle=_(
            "Revenue and profit by channel, {currency}; {sizes} buyers",
            currency=formats.currency,
            sizes=sizes,
        )
        if costs
        else _(
            "Revenue by channel, {currency}; {sizes} buyers",
            currency=formats.currency,
            sizes=sizes,
        ),
        alt=_(
            "Bar chart of revenue by channel, {names}: {told}.",
            names=names,
            told=shape.told(rows.labels, money, context),
        ),
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
        title=_("Revenue by category"),
        subtitle=_(
            "Revenue, {currency}; by {baseline}'s revenue",
            currency=formats.currency,
            baseline=context.baseline.label,
        ),
        alt=_(
            "Bar chart of revenue by category, {names}: {told}.",
            names=names,
            told=shape.told(labels, money, context),
        ),
        table="by_category",
        rows=labels,
        series=shape.series(context),
        panels=[BarPanel(title="", values=values)],
        unit="money",
    )


# -- tables ------------------------------------------------------------------------------------


def _channel_table(channels: pd.DataFrame, context: Context) -> Table:
    title = _("Money by channel")
    if not channels["channel"].notna().any():
        return Table(id="by_channel", title=title, frame=channels)
    money = "profit" if context.metrics.costs else "revenue_per_user"
    head = _("Profit") if context.metrics.costs else _("Per user")
    view, columns = shape.beside(
        channels,
        Column(name="channel", head=_("Channel"), role="channel"),
        (
            Column(name="conversion_rate", head=_("Conversion"), kind="rate"),
            Column(name="revenue", head=_("Revenue"), kind="money"),
            Column(name=money, head=head, kind="money"),
        ),
        context,
    )
    return Table(
        id="by_channel",
        title=title,
        frame=channels,
        view=view,
        order=_("by revenue"),
        columns=columns,
    )


def _spender_table(spenders: pd.DataFrame, context: Context) -> Table:
    frame = shape.arranged(spenders, ["rank"], context)
    shown = frame[frame["rank"] <= SHOWN_SPENDERS]
    view, columns = shape.beside(
        shown,
        Column(name="rank", head=_("Rank"), kind="count"),
        (
            Column(name="user_id", head=_("User")),
            Column(name="channel", head=_("Channel"), role="channel"),
            Column(name="revenue", head=_("Revenue"), kind="money"),
        ),
        context,
    )
    return Table(
        id="top_users",
        title=_("Highest spenders"),
        frame=frame,
        view=view,
        order=_("by revenue"),
        columns=columns,
        note=_(
            "The first {shown} of each campaign; {n} rows attached as {file}.",
            shown=SHOWN_SPENDERS,
            n=len(frame),
            file="profitability.top_users.csv",
        )
        if len(frame) > len(shown)
        else "",
    )


# -- words -------------------------------------------------------------------------------------


def _headline(channels: pd.DataFrame, context: Context) -> str:
    formats, baseline = context.formats, context.baseline
    leader = earnings.leader(channels, baseline)
    if leader is None:
        return _("{baseline} brought no revenue.", baseline=baseline.label)
    if channels["channel"].nunique(dropna=False) < 2:
        revenue = shape.sums(channels, "campaign", "revenue")[baseline.key]
        return _(
            "{baseline} brought {revenue}.", baseline=baseline.label, revenue=formats.money(revenue)
        )
    name = context.label("channel", leader.channel)
    shares = [
        _("{share} of {campaign}", share=formats.share(own.share), campaign=campaign.label)
        for campaign in context.campaigns
        if (own := earnings.leader(channels, campaign)) and own.channel == leader.channel
    ]
    if context.compared and len(shares) == len(context.campaigns):
        return _("{channel} brings {shares} revenue.", channel=name, shares=formats.join(shares))
    return _(
        "{channel} brings {share} of {baseline} revenue.",
        channel=name,
        share=formats.share(leader.share),
        baseline=baseline.label,
    )


def _caveats(channels: pd.DataFrame, context: Context) -> list[str]:
    baseline, caveats = context.baseline, []
    leader = earnings.leader(channels, baseline)
    buyers = int(shape.sums(channels, "campaign", "buyers").get(baseline.key, 0))
    if leader is not None and 0 < buyers - leader.buyers < FEWEST_ELSEWHERE:
        caveats.append(
            _(
                "Only {part} {baseline} buyers came from elsewhere: this sample says nothing about"
                " buyers on other channels.",
                part=shape.part_of(buyers - leader.buyers, buyers, context),
                baseline=baseline.label,
            )
        )
    if not context.metrics.costs:
        caveats.append(_("No acquisition costs are configured: profit equals revenue."))
    return caveats


SECTION = Section(
    id="profitability",
    title=N_("Profitability"),
    question=N_("Who and what is most profitable, and did it change?"),
    facts=("spenders", "totals", "concentration", "category_sales?"),
    tables={
        "by_channel": earnings.BY_CHANNEL,
        "by_category": earnings.BY_CATEGORY,
        "top_users": ("campaign", "rank", "user_id", "channel", "purchases", "revenue"),
        "concentration": concentration.COLUMNS,
    },
    compute=compute,
)
