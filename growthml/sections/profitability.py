"""Who and what is most profitable?

Revenue and profit by channel and by category, the users who spend most, and how unevenly buyers
spend (Lorenz curve and Gini coefficient, Gini 1914). Profit is the value of the responses less the
acquisition cost of every user of the channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.charts import BarPanel, Bars, CurvePanel, Curves, Dot, Line, Reference
from growthml.errors import NotEnoughData
from growthml.metrics import cost_of
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

FEWEST_BUYERS = 10
TOP = 0.2
SHOWN_SPENDERS = 10
ONE_SOURCE = 0.7
"""From this share of revenue on, one channel is a risk."""

BY_CHANNEL = (
    "campaign",
    "channel",
    "users",
    "buyers",
    "purchases",
    "revenue",
    "conversion_rate",
    "average_order_value",
    "revenue_per_user",
    "cost",
    "profit",
    "roi",
)


def compute(facts: Facts, context: Context, options: Options) -> Answer:
    """Money by channel, category and user."""
    spenders = facts["spenders"]
    channels = _by_channel(facts["totals"], context)
    if not channels["purchases"].sum():
        raise NotEnoughData(_no_purchases(channels, context))
    categories = facts.get("category_sales")
    curve = _concentration(facts["concentration"], context)
    blocks: list[Any] = []
    if chart := _channel_chart(channels, context):
        blocks.append(chart)
    if lorenz := _lorenz_chart(curve, channels, context):
        blocks.append(lorenz)
    sales = None if categories is None else _by_category(categories, context)
    if sales is not None and (chart := _category_chart(sales, context)):
        blocks.append(chart)
    blocks.append(_channel_table(channels, context))
    if sales is not None:
        blocks.append(Table(id="by_category", title="Money by category", frame=sales))
    blocks += [_spender_table(spenders, context), _concentration_table(curve)]
    return Answer(
        headline=_headline(channels, context),
        blocks=blocks,
        findings=_findings(channels, curve, sales, context),
        caveats=_caveats(channels, context),
        definitions=[
            ("Profit", "value of the responses less acquisition cost (cost per user x users)"),
            ("ROI", "profit / cost; blank where no cost is configured"),
            ("Gini", "unevenness of spending among buyers: 0 all alike, 1 one buyer has all"),
        ],
    )


def _no_purchases(channels: pd.DataFrame, context: Context) -> str:
    count = context.formats.count
    users = channels.groupby("campaign")["users"].sum()
    listed = ", ".join(f"0 of {count(int(users.get(c.key, 0)))}" for c in context.campaigns)
    where = "either campaign" if len(context.campaigns) == 2 else "any campaign"
    return f"no purchases in {where} ({listed})"


# -- counting ----------------------------------------------------------------------------------


def _by_channel(totals: pd.DataFrame, context: Context) -> pd.DataFrame:
    import pandas as pd

    place = {campaign.key: number for number, campaign in enumerate(context.campaigns)}
    rows = []
    for each in totals.itertuples():
        cost = cost_of(each.channel, context) * each.n
        profit = each.revenue - cost
        rows.append(
            {
                "campaign": each.campaign,
                "channel": shape.known(each.channel),
                "users": each.n,
                "buyers": each.buyers,
                "purchases": each.purchases,
                "revenue": each.revenue,
                "conversion_rate": shape.share(each.buyers, each.n),
                "average_order_value": shape.share(each.revenue, each.purchases),
                "revenue_per_user": shape.share(each.revenue, each.n),
                "cost": cost,
                "profit": profit,
                "roi": shape.share(profit, cost),
                "place": place[each.campaign],
            }
        )
    frame = pd.DataFrame(rows, columns=[*BY_CHANNEL, "place"])
    return (
        frame.sort_values(["place", "revenue", "channel"], ascending=[True, False, True])
        .drop(columns="place")
        .reset_index(drop=True)
    )


def _by_category(categories: pd.DataFrame, context: Context) -> pd.DataFrame:
    place = {campaign.key: number for number, campaign in enumerate(context.campaigns)}
    whole = categories.groupby("campaign")["revenue"].transform("sum")
    return (
        categories.assign(
            share=(categories["revenue"] / whole).where(whole > 0),
            place=categories["campaign"].map(place),
        )
        .sort_values(["place", "revenue", "category"], ascending=[True, False, True])
        .drop(columns="place")
        .reset_index(drop=True)[["campaign", "category", "purchases", "revenue", "share"]]
    )


def _concentration(steps: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Cumulated shares from the highest spender down, one row a step, with the Gini coefficient."""
    import pandas as pd

    frames = []
    for campaign in context.campaigns:
        mine = steps[steps["campaign"] == campaign.key].sort_values("step")
        revenue, buyers = float(mine["revenue"].sum()), int(mine["buyers"].sum())
        if not revenue > 0:
            continue
        gini = float(mine["weighed"].sum()) / (buyers * revenue)
        frames.append(
            pd.DataFrame(
                {
                    "campaign": campaign.key,
                    "user_fraction": mine["buyers"].cumsum() / buyers,
                    "revenue_share": mine["revenue"].cumsum() / revenue,
                    "gini": gini,
                    "buyers": mine["buyers"].cumsum(),
                }
            )
        )
    columns = ["campaign", "user_fraction", "revenue_share", "gini", "buyers"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


# -- charts ------------------------------------------------------------------------------------


def _channel_chart(channels: pd.DataFrame, context: Context) -> Bars | None:
    rows = shape.rows(channels, "channel", "revenue", "channel", context)
    if len(rows.labels) < 2:
        return None
    formats, costs = context.formats, bool(context.metrics.costs)
    revenue = rows.values(channels, "channel", "revenue", context)
    buyers = rows.values(channels, "channel", "buyers", context)
    panels = [BarPanel(title="Revenue" if costs else "", values=revenue)]
    if costs:
        profit = rows.values(channels, "channel", "profit", context)
        panels.append(BarPanel(title="Profit", values=profit))
    else:
        notes = [
            f"{formats.join([formats.count(n) for n in counts])} buyers"
            for counts in zip(*buyers, strict=True)
        ]
        panels = [BarPanel(title="", values=revenue, notes=notes)]
    names = formats.join([c.label for c in context.campaigns])
    what = "Revenue and profit" if costs else "Revenue"
    sizes = formats.join([formats.count(sum(row)) for row in buyers])
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


def _lorenz_chart(curve: pd.DataFrame, channels: pd.DataFrame, context: Context) -> Curves | None:
    buyers = channels.groupby("campaign")["buyers"].sum()
    shown = [c for c in context.campaigns if int(buyers.get(c.key, 0)) >= FEWEST_BUYERS]
    shown = [c for c in shown if (curve["campaign"] == c.key).any()]
    if not shown:
        return None
    formats = context.formats
    tops = {c.key: _share_of_top(curve, c.key) for c in shown}
    styles = dict(zip([c.key for c in context.campaigns], shape.series(context), strict=True))
    lines = [
        Line(
            series=styles[c.key],
            x=[0.0, *curve[curve["campaign"] == c.key]["user_fraction"]],
            y=[0.0, *curve[curve["campaign"] == c.key]["revenue_share"]],
        )
        for c in shown
    ]
    told = ", ".join(f"{c.label} {formats.share(tops[c.key])}" for c in shown)
    ginis = formats.join([formats.statistic(_gini(curve, c.key)) for c in shown])
    sizes = formats.join([formats.count(int(buyers[c.key])) for c in shown])
    return Curves(
        id="concentration",
        title=f"A fifth of buyers bring {formats.share(tops[shown[0].key])} of revenue",
        subtitle=f"Share of revenue; {sizes} buyers, Gini {ginis}",
        alt=f"Lorenz curves, {sizes} buyers: the top fifth bring {told} of revenue; Gini {ginis}.",
        how_to_read="The further a curve bends above the dashed line, the fewer buyers carry the"
        " revenue.",
        table="concentration",
        panels=[
            CurvePanel(
                lines=lines,
                x_axis="share",
                y_unit="share",
                dots=[
                    Dot(
                        x=TOP,
                        y=tops[shown[0].key],
                        label=f"Top fifth: {told}",
                        colour=shown[0].colour,
                    )
                ],
                references=[Reference(kind="diagonal", label="if all spent alike")],
            )
        ],
        height=58.0,
    )


def _share_of_top(curve: pd.DataFrame, key: str) -> float:
    import numpy as np

    mine = curve[curve["campaign"] == key]
    return float(np.interp(TOP, [0.0, *mine["user_fraction"]], [0.0, *mine["revenue_share"]]))


def _gini(curve: pd.DataFrame, key: str) -> float:
    return float(curve[curve["campaign"] == key]["gini"].iloc[0])


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
    place = {campaign.key: number for number, campaign in enumerate(context.campaigns)}
    frame = (
        spenders.assign(place=spenders["campaign"].map(place))
        .sort_values(["place", "rank"])
        .drop(columns="place")
        .reset_index(drop=True)
    )
    view, columns = shape.beside(
        frame[frame["rank"] <= SHOWN_SPENDERS],
        Column(name="rank", head="Rank", kind="count"),
        (
            Column(name="user_id", head="User"),
            Column(name="channel", head="Channel", role="channel"),
            Column(name="revenue", head="Revenue", kind="money"),
        ),
        context,
    )
    more = len(frame) > len(frame[frame["rank"] <= SHOWN_SPENDERS])
    return Table(
        id="top_users",
        title="Highest spenders",
        frame=frame,
        view=view,
        order="by revenue",
        columns=columns,
        note=f"The first {SHOWN_SPENDERS} of each campaign; {len(frame)} rows attached as"
        " profitability.top_users.csv."
        if more
        else "",
    )


def _concentration_table(curve: pd.DataFrame) -> Table:
    return Table(id="concentration", title="Concentration of revenue", frame=curve)


# -- words -------------------------------------------------------------------------------------


def _leader(channels: pd.DataFrame, campaign: Campaign) -> pd.Series[Any] | None:
    mine = channels[channels["campaign"] == campaign.key]
    return mine.iloc[0] if len(mine) and mine["revenue"].sum() > 0 else None


def _leader_share(channels: pd.DataFrame, campaign: Campaign, column: str) -> float:
    mine = channels[channels["campaign"] == campaign.key]
    leader = _leader(channels, campaign)
    return 0.0 if leader is None else float(leader[column]) / float(mine[column].sum())


def _headline(channels: pd.DataFrame, context: Context) -> str:
    leader = _leader(channels, context.baseline)
    formats = context.formats
    if leader is None:
        return f"{context.baseline.label} brought no revenue."
    revenue = float(channels[channels["campaign"] == context.baseline.key]["revenue"].sum())
    if channels["channel"].nunique(dropna=False) < 2:
        return f"{context.baseline.label} brought {formats.money(revenue)}."
    same = all(
        (other := _leader(channels, c)) is not None and other["channel"] == leader["channel"]
        for c in context.compared
    )
    shares = [_leader_share(channels, c, "revenue") for c in context.campaigns]
    name = context.label("channel", leader["channel"])
    if context.compared and same:
        told = formats.join(
            [
                f"{formats.share(share)} of {c.label}"
                for share, c in zip(shares, context.campaigns, strict=True)
            ]
        )
        return f"{name} brings {told} revenue."
    return f"{name} brings {formats.share(shares[0])} of {context.baseline.label} revenue."


def _findings(
    channels: pd.DataFrame,
    curve: pd.DataFrame,
    sales: pd.DataFrame | None,
    context: Context,
) -> list[Finding]:
    findings = []
    if channels["channel"].nunique(dropna=False) > 1:
        findings += _leader_findings(channels, context)
    findings += _loss_findings(channels, context)
    if (curve["campaign"] == context.baseline.key).any():
        findings.append(_concentration_finding(curve, context))
    if sales is not None and len(sales):
        findings += _category_findings(sales, context)
    return findings


def _leader_findings(channels: pd.DataFrame, context: Context) -> list[Finding]:
    formats, leader = context.formats, _leader(channels, context.baseline)
    if leader is None:
        return []
    name = context.label("channel", leader["channel"])
    mine = shape.lookup(channels, ["campaign", "channel"], "purchases")
    buyers = shape.lookup(channels, ["campaign", "channel"], "buyers")
    whole = channels.groupby("campaign")["purchases"].sum()
    channel = shape.known(leader["channel"])
    counted = formats.join(
        [
            f"{formats.count(mine.get((c.key, channel), 0))} of"
            f" {formats.count(int(whole.get(c.key, 0)))} {c.label} purchases"
            for c in context.campaigns
        ]
    )
    share = _leader_share(channels, context.baseline, "purchases")
    evidence = Evidence(
        table="by_channel", row={"campaign": context.baseline.key, "channel": leader["channel"]}
    )
    findings = [
        Finding(
            heading=f"{name} leads sales"[:30],
            text=f"{counted} came from {name}.",
            evidence=evidence,
            weight=0.1 + 0.5 * share,
        )
    ]
    shares = [_share_of(channels, c, channel, "revenue") for c in context.campaigns]
    if min(shares) >= ONE_SOURCE:
        told = formats.join(
            [
                f"{formats.share(each)} of {c.label} revenue"
                f" ({formats.plural(int(buyers.get((c.key, channel), 0)), 'buyer', 'buyers')})"
                for each, c in zip(shares, context.campaigns, strict=True)
            ]
        )
        findings.append(
            Finding(
                heading="One channel",
                text=f"{told} came from {name}. If {name} changes, so does the business.",
                evidence=evidence,
                kind="risk",
                weight=min(shares),
            )
        )
    return findings


def _share_of(channels: pd.DataFrame, campaign: Campaign, channel: Any, column: str) -> float:
    mine = channels[channels["campaign"] == campaign.key]
    whole = float(mine[column].sum())
    part = shape.lookup(mine, ["channel"], column).get((channel,), 0.0)
    return float(part) / whole if whole else 0.0


def _loss_findings(channels: pd.DataFrame, context: Context) -> list[Finding]:
    """Channels that cost more than they brought; sums of what happened, not estimates."""
    if not context.metrics.costs:
        return []
    formats, findings = context.formats, []
    for campaign in context.campaigns:
        mine = channels[(channels["campaign"] == campaign.key) & (channels["profit"] < 0)]
        if mine.empty:
            continue
        listed = formats.join(
            [
                f"{context.label('channel', row.channel)} {formats.money(row.profit)}"
                for row in mine.sort_values("profit").head(4).itertuples()
            ]
        )
        findings.append(
            Finding(
                heading="Channels that lost money",
                text=f"{campaign.label}: {listed}, revenue less acquisition cost.",
                evidence=Evidence(
                    table="by_channel",
                    row={"campaign": campaign.key, "channel": mine.iloc[-1]["channel"]},
                ),
                weight=0.35,
            )
        )
    return findings


def _concentration_finding(curve: pd.DataFrame, context: Context) -> Finding:
    formats = context.formats
    share = _share_of_top(curve, context.baseline.key)
    gini = _gini(curve, context.baseline.key)
    return Finding(
        heading="A fifth of buyers",
        text=f"The highest-spending fifth of {context.baseline.label} buyers bring"
        f" {formats.share(share)} of revenue (Gini {formats.statistic(gini)}).",
        evidence=Evidence(table="concentration", row={"campaign": context.baseline.key}),
        weight=0.1 + 0.3 * gini,
    )


def _category_findings(sales: pd.DataFrame, context: Context) -> list[Finding]:
    mine = sales[sales["campaign"] == context.baseline.key]
    if len(mine) < 2:
        return []
    first, formats = mine.iloc[0], context.formats
    return [
        Finding(
            heading=f"Top {context.label('role', 'category')}"[:30],
            text=f"{context.label('category', first['category']).capitalize()} brought"
            f" {formats.money(first['revenue'])} of {context.baseline.label}'s"
            f" {formats.money(float(mine['revenue'].sum()))}, the most of"
            f" {formats.count(len(mine))}.",
            evidence=Evidence(
                table="by_category",
                row={"campaign": context.baseline.key, "category": first["category"]},
            ),
            weight=0.12,
        )
    ]


def _caveats(channels: pd.DataFrame, context: Context) -> list[str]:
    formats, caveats = context.formats, []
    leader = _leader(channels, context.baseline)
    if leader is not None:
        mine = channels[channels["campaign"] == context.baseline.key]
        buyers = int(mine["buyers"].sum())
        others = buyers - int(leader["buyers"])
        if 0 < others < FEWEST_BUYERS:
            caveats.append(
                f"Only {formats.count(others)} of {formats.count(buyers)}"
                f" {context.baseline.label} buyers came from elsewhere: this sample says nothing"
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
        "by_channel": BY_CHANNEL,
        "by_category": ("campaign", "category", "purchases", "revenue", "share"),
        "top_users": ("campaign", "rank", "user_id", "channel", "purchases", "revenue"),
        "concentration": ("campaign", "user_fraction", "revenue_share"),
    },
    compute=compute,
)
