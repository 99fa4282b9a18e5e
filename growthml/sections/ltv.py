"""What is a user worth, and what will they still bring?

Lifetime value by the plain formula (order value x purchases a month x months with a purchase), by
channel, by category and by both; a forecast of repeat purchases and their value (BG/NBD with
Gamma-Gamma, see `growthml.forecast`); and both against what a user costs to acquire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from growthml import forecast, shape
from growthml.charts import BarPanel, Bars, Cell, Grid
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
    from collections.abc import Sequence

    import pandas as pd

FEWEST_BUYERS = 5
"""Below this many buyers nothing is drawn or ranked."""

FEWEST_USERS = 20
"""Payback is looked for as long as this many users are old enough."""

SHOWN_USERS = 10
LONGEST_TITLE = 80
TOLD = 3
"""So many campaigns are named in one sentence."""
FULL_WIDTH_COLUMNS = 6
GRIDS, GRID_ROWS, GRID_COLUMNS = 2, 8, 8
"""So many grids are drawn, of the channels and categories of most revenue."""

WORTH = (
    "users",
    "buyers",
    "average_order_value",
    "purchases_per_month",
    "retention_months",
    "ltv_per_buyer",
    "ltv_per_user",
)
TOP_USERS = (
    "campaign",
    "rank",
    "user_id",
    "channel",
    "purchases",
    "months",
    "average_order_value",
    "ltv",
    "predicted_purchases",
    "predicted_value",
)
PAYBACK = (
    "campaign",
    "channel",
    "users",
    "cost_per_user",
    "ltv_per_user",
    "ltv_to_cac",
    "payback_month",
    "forecast_per_user",
    "forecast_ltv_to_cac",
)


class LtvOptions(Options):
    """horizons: months ahead. unit: of time in the models. calibration_share: of the history the
    tested model is fitted on. discount: of future value, per month, a fraction."""

    horizons: Annotated[tuple[Annotated[int, Field(ge=1, le=120)], ...], Field(min_length=1)] = (
        3,
        6,
        12,
    )
    unit: forecast.Unit = "week"
    calibration_share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    discount: Annotated[float, Field(ge=0, lt=1)] = 0.0


def compute(facts: Facts, context: Context, options: LtvOptions) -> Answer:
    """Lifetime value so far, the forecast, and both against cost."""
    channels = _worth(facts, "lifetimes", context, "channel")
    if not channels["buyers"].sum():
        raise NotEnoughData(f"nobody has {context.metrics.response} yet")
    demographics = _optional(facts, "lifetimes_by_demographic", context, "channel", "category")
    ahead = forecast.Horizon(
        months=sorted(set(options.horizons)), unit=options.unit, discount=options.discount
    )
    fitted = forecast.fit(facts, context, options.unit)
    expected = forecast.forecast_rows(fitted, facts, context, ahead)
    tracking = forecast.tracking_rows(fitted, facts, options.unit)
    users = forecast.predicted(facts["valuable_users"], fitted, ahead)
    payback = _payback(channels, facts["payback"], expected, context)
    blocks: list[Any] = [_channel_chart(channels, context), *_grids(demographics, context)]
    blocks += [_channel_table(channels), *_category_tables(facts, demographics, context)]
    blocks.append(_payback_table(payback, context))
    blocks.append(forecast.tracking_chart(tracking, context, options.unit))
    blocks += forecast.tables(fitted, expected, tracking, ahead, context)
    blocks.append(_user_table(users, fitted, context))
    return Answer(
        headline=_headline(channels, context),
        blocks=[block for block in blocks if block is not None],
        findings=_findings(channels, demographics, payback, tracking, expected, context),
        caveats=[*forecast.caveats(fitted, tracking, context), *_caveats(channels, context)],
        definitions=_definitions(ahead, context),
    )


# -- counting ----------------------------------------------------------------------------------


def _worth(facts: Facts, fact: str, context: Context, *names: str) -> pd.DataFrame:
    """The plain formula over the buyers counted in `fact`; users as there are in all.

    A channel without a buyer keeps its row where channels are counted, its value per user 0.
    """
    import pandas as pd

    users = _users(facts["payback"])
    counted = {
        (each.campaign, *(shape.known(getattr(each, name)) for name in names)): each
        for each in facts[fact].itertuples()
    }
    keys = list(counted)
    if names == ("channel",):
        keys += [key for key in users if key not in counted and len(key) > 1]
    rows = []
    for key in keys:
        of_channel = "channel" in names
        people = users.get((key[0], key[1]) if of_channel else (key[0],), 0)
        rows.append(
            {
                "campaign": key[0],
                **dict(zip(names, key[1:], strict=True)),
                "users": people,
                **_product(counted.get(key), people),
            }
        )
    frame = pd.DataFrame(rows, columns=["campaign", *names, *WORTH, "purchases", "revenue"])
    place = {campaign.key: number for number, campaign in enumerate(context.campaigns)}
    return (
        frame.assign(place=frame["campaign"].map(place))
        .sort_values(["place", "revenue", *names], ascending=[True, False, *(True for _ in names)])
        .drop(columns="place")
        .reset_index(drop=True)
    )


def _product(counted: Any, users: int) -> dict[str, float | None]:
    """Order value x purchases a month x months, the last two as means over buyers."""
    if counted is None:
        return {"buyers": 0, "purchases": 0, "revenue": 0.0, "ltv_per_user": 0.0}
    value = counted.revenue / counted.purchases
    rate = counted.purchases_per_month / counted.buyers
    months = counted.months / counted.buyers
    return {
        "buyers": counted.buyers,
        "average_order_value": value,
        "purchases_per_month": rate,
        "retention_months": months,
        "ltv_per_buyer": value * rate * months,
        "ltv_per_user": shape.share(value * rate * months * counted.buyers, users),
        "purchases": counted.purchases,
        "revenue": counted.revenue,
    }


def _users(grown: pd.DataFrame) -> dict[tuple[Any, ...], int]:
    """Users by (campaign, channel), and by (campaign,)."""
    found: dict[tuple[Any, ...], int] = {}
    for each in grown[grown["month"].isna()].itertuples():
        for key in ((each.campaign, shape.known(each.channel)), (each.campaign,)):
            found[key] = found.get(key, 0) + int(each.users)
    return found


def _optional(facts: Facts, fact: str, context: Context, *names: str) -> pd.DataFrame | None:
    return _worth(facts, fact, context, *names) if facts.get(fact) is not None else None


def _payback(
    channels: pd.DataFrame, grown: pd.DataFrame, expected: pd.DataFrame, context: Context
) -> pd.DataFrame | None:
    """Value per user over cost per user; None where no costs are configured."""
    import pandas as pd

    if not context.metrics.costs:
        return None
    longest = expected["months"].max() if len(expected) else None
    to_come = shape.lookup(
        expected[expected["months"] == longest], ["campaign", "channel"], "expected_value"
    )
    rows = []
    for each in channels.itertuples():
        channel, cost = shape.known(each.channel), cost_of(each.channel, context)
        more = shape.known(to_come.get((each.campaign, channel)))
        per_user = None if more is None else shape.share(each.revenue + more, each.users)
        rows.append(
            {
                "campaign": each.campaign,
                "channel": channel,
                "users": each.users,
                "cost_per_user": cost,
                "ltv_per_user": each.ltv_per_user,
                "ltv_to_cac": shape.share(each.ltv_per_user, cost),
                "payback_month": _payback_month(grown, each.campaign, channel, cost)
                if each.buyers >= FEWEST_BUYERS
                else None,
                "forecast_per_user": per_user,
                "forecast_ltv_to_cac": None if per_user is None else shape.share(per_user, cost),
            }
        )
    return pd.DataFrame(rows, columns=list(PAYBACK))


def _payback_month(grown: pd.DataFrame, campaign: str, channel: Any, cost: float) -> int | None:
    """The first month of age by whose end a user has brought the cost.

    A month's revenue per user is taken over the users who have lived that month to its end.
    """
    from itertools import accumulate

    from growthml.stats.lifetime_value import payback

    if not cost:
        return None
    same = grown["channel"].isna() if channel is None else grown["channel"] == channel
    mine = grown[(grown["campaign"] == campaign) & same]
    monthly = []
    for month in range(int(mine["age"].max() if len(mine) else 0)):
        old_enough = mine[mine["age"] > month]
        users = int(old_enough["users"].sum())
        if users < FEWEST_USERS:
            break
        monthly.append(float(old_enough[old_enough["month"] == month]["revenue"].sum()) / users)
    return payback(list(accumulate(monthly)), cost)


# -- charts ------------------------------------------------------------------------------------


def _channel_chart(channels: pd.DataFrame, context: Context) -> Bars | None:
    order = shape.order(channels, "channel", "revenue", context)
    if len(order) < 2:
        return None
    shown, formats = order[: shape.MOST_ROWS], context.formats
    found = {
        column: shape.lookup(channels, ["campaign", "channel"], column)
        for column in ("ltv_per_user", "ltv_per_buyer", "buyers")
    }

    def values(column: str, fewest: int) -> list[list[float | None]]:
        return [
            [
                shape.known(found[column].get((c.key, channel)))
                if found["buyers"].get((c.key, channel), 0) >= fewest
                else None
                for channel in shown
            ]
            for c in context.campaigns
        ]

    buyers = [
        formats.join(
            [formats.count(found["buyers"].get((c.key, each), 0)) for c in context.campaigns]
        )
        + " buyers"
        for each in shown
    ]
    costs = [
        f"cost {formats.money(cost_of(each, context))}" if cost_of(each, context) else ""
        for each in shown
    ]
    rows = [context.label("channel", each) for each in shown]
    told = ", ".join(
        f"{row} {formats.join([_or_dash(each[i], context) for each in values('ltv_per_buyer', 1)])}"
        f" ({buyers[i]})"
        for i, row in enumerate(rows[:6])
    )
    left_out = f"; the first {len(shown)} of {len(order)}" if len(order) > len(shown) else ""
    return Bars(
        id="by_channel",
        title=_title(channels, context),
        subtitle=f"Lifetime value so far, {formats.currency}; no bar per buyer below"
        f" {FEWEST_BUYERS} buyers{left_out}",
        alt=f"Bars, lifetime value per buyer: {told}."[:400],
        half=False,
        table="by_channel",
        rows=rows,
        series=shape.series(context),
        panels=[
            BarPanel(title="Per acquired user", values=values("ltv_per_user", 0), notes=costs),
            BarPanel(
                title="Per buyer", values=values("ltv_per_buyer", FEWEST_BUYERS), notes=buyers
            ),
        ],
        unit="money",
    )


def _or_dash(value: float | None, context: Context) -> str:
    return "–" if value is None else context.formats.money(value)


def _grids(demographics: pd.DataFrame | None, context: Context) -> list[Grid]:
    """Channel by category, one grid a campaign, on one scale."""
    if demographics is None or not demographics["ltv_per_user"].max() > 0:
        return []
    rows = shape.order(demographics, "channel", "revenue", context)[:GRID_ROWS]
    columns = shape.order(demographics, "category", "revenue", context)[:GRID_COLUMNS]
    if len(rows) < 2 or len(columns) < 2:
        return []
    ranked = demographics[demographics["buyers"] >= FEWEST_BUYERS]["ltv_per_user"]
    edges = _edges(float(ranked.max())) if len(ranked) and ranked.max() > 0 else []
    return [
        _grid(demographics, campaign, rows, columns, edges, context)
        for campaign in context.campaigns[:GRIDS]
        if (demographics["campaign"] == campaign.key).any()
    ]


def _grid(
    demographics: pd.DataFrame,
    campaign: Campaign,
    rows: Sequence[Any],
    columns: Sequence[Any],
    edges: Sequence[float],
    context: Context,
) -> Grid:
    formats, category = context.formats, context.label("role", "category")
    mine = demographics[demographics["campaign"] == campaign.key]
    worth = shape.lookup(mine, ["channel", "category"], "ltv_per_user")
    buyers = shape.lookup(mine, ["channel", "category"], "buyers")

    def cell(channel: Any, kind: Any) -> Cell:
        value, n = float(worth.get((channel, kind)) or 0.0), int(buyers.get((channel, kind), 0))
        enough = n >= FEWEST_BUYERS
        return Cell(
            text=formats.money(value) if n else "0",
            note=f"n {formats.count(n)}",
            step=sum(value >= edge for edge in edges) if enough else None,
            open=not enough,
        )

    best = _best(demographics, campaign)
    title = f"Value by channel and {category}, {campaign.label}"
    told = f"no cell has {FEWEST_BUYERS} buyers"
    if best is not None:
        told = (
            f"most from {_demographic(best, context)}, {formats.money(best['ltv_per_user'])} a user"
            f" ({formats.count(best['buyers'])} buyers)"
        )
    first = campaign.key == context.baseline.key
    return Grid(
        id="demographic" if first else f"demographic_{campaign.key}",
        title=title[:48],
        subtitle=f"Lifetime value per user of the channel, {formats.currency}; n buyers",
        alt=f"Grid of {len(rows)} channels by {len(columns)} categories, {campaign.label}: {told}.",
        how_to_read=f"Outlined cells have fewer than {FEWEST_BUYERS} buyers." if first else "",
        half=len(columns) <= FULL_WIDTH_COLUMNS,
        table="by_demographic",
        rows=[context.label("channel", each) for each in rows],
        columns=[context.label("category", each).capitalize() for each in columns],
        cells=[[cell(channel, kind) for kind in columns] for channel in rows],
        ramp="sequential",
        edges=edges,
        unit="money",
    )


def _edges(largest: float) -> list[float]:
    """Six edges at equal, round steps, so that the seventh class holds the largest value."""
    from math import floor, log10

    step = largest / 7
    size = 10.0 ** floor(log10(step))
    step = next(each * size for each in (1, 2, 2.5, 5, 10) if each * size >= step)
    return [round(step * number, 10) for number in range(1, 7)]


# -- tables ------------------------------------------------------------------------------------

_FACTORS = (
    Column(name="buyers", head="Buyers", kind="count"),
    Column(name="average_order_value", head="Order value", kind="money"),
    Column(name="purchases_per_month", head="Per month", kind="ratio"),
    Column(name="retention_months", head="Months", kind="ratio"),
    Column(name="ltv_per_buyer", head="Per buyer", kind="money"),
    Column(name="ltv_per_user", head="Per user", kind="money"),
)


def _channel_column(frame: pd.DataFrame) -> list[Column]:
    """The channel's column, where there are channels."""
    if not frame["channel"].notna().any():
        return []
    return [Column(name="channel", head="Channel", role="channel")]


def _channel_table(channels: pd.DataFrame) -> Table:
    return Table(
        id="by_channel",
        title="Lifetime value by channel",
        frame=channels,
        order="by revenue",
        columns=[
            Column(name="campaign", head="Campaign", role="campaign"),
            *_channel_column(channels),
            *_FACTORS,
        ],
        note="Order value x purchases a month x months with a purchase = value per buyer; a mean of"
        " fewer than 5 buyers says little.",
    )


def _category_tables(
    facts: Facts, demographics: pd.DataFrame | None, context: Context
) -> list[Table]:
    categories = _optional(facts, "lifetimes_by_category", context, "category")
    if categories is None or demographics is None:
        return []
    view, columns = shape.beside(
        categories,
        Column(name="category", head="Category", role="category"),
        (
            Column(name="buyers", head="Buyers", kind="count"),
            Column(name="ltv_per_buyer", head="Per buyer", kind="money"),
            Column(name="ltv_per_user", head="Per user", kind="money"),
        ),
        context,
    )
    return [
        Table(
            id="by_category",
            title="Lifetime value by category",
            frame=categories,
            view=view,
            order="by revenue",
            columns=columns,
        ),
        Table(
            id="by_demographic",
            title="Lifetime value by channel and category",
            frame=demographics,
        ),
    ]


def _payback_table(payback: pd.DataFrame | None, context: Context) -> Table | None:
    if payback is None:
        return None
    forecast_there = payback["forecast_ltv_to_cac"].notna().any()
    values = [
        Column(name="ltv_per_user", head="Per user", kind="money"),
        Column(name="ltv_to_cac", head="LTV : CAC", kind="ratio"),
        Column(name="payback_month", head="Paid in month", kind="count"),
    ]
    if forecast_there and len(context.campaigns) == 1:
        values.append(Column(name="forecast_ltv_to_cac", head="With forecast", kind="ratio"))
    view, columns = shape.beside(
        payback, Column(name="channel", head="Channel", role="channel"), values, context
    )
    return Table(
        id="payback",
        title="Lifetime value against acquisition cost",
        frame=payback,
        view=view,
        order="by revenue",
        columns=columns,
        note=f"No month: not paid back so far, or fewer than {FEWEST_BUYERS} buyers."
        if payback["payback_month"].isna().any()
        else "",
    )


def _user_table(users: pd.DataFrame, fitted: Sequence[forecast.Fitted], context: Context) -> Table:
    place = {campaign.key: number for number, campaign in enumerate(context.campaigns)}
    frame = (
        users.assign(
            average_order_value=users["revenue"] / users["purchases"],
            ltv=users["revenue"],
            place=users["campaign"].map(place),
        )
        .sort_values(["place", "rank"])
        .reset_index(drop=True)[[*TOP_USERS, "p_alive"]]
    )
    values = [
        Column(name="user_id", head="User"),
        *_channel_column(frame),
        Column(name="ltv", head="Value so far", kind="money"),
    ]
    if len(context.campaigns) == 1 and fitted[0].model is not None:
        values.append(Column(name="predicted_purchases", head="Purchases ahead", kind="ratio"))
        values.append(Column(name="predicted_value", head="Value ahead", kind="money"))
    shown = frame[frame["rank"] <= SHOWN_USERS]
    view, columns = shape.beside(
        shown, Column(name="rank", head="Rank", kind="count"), values, context
    )
    return Table(
        id="top_users",
        title="Most valuable users so far",
        frame=frame,
        view=view,
        order="by value",
        columns=columns,
        note=f"The first {SHOWN_USERS} of each campaign; {context.formats.count(len(frame))} rows"
        " attached as ltv.top_users.csv."
        if len(frame) > len(shown)
        else "",
    )


# -- words -------------------------------------------------------------------------------------


def _leader(channels: pd.DataFrame, context: Context) -> pd.Series[Any] | None:
    """The baseline's channel of most revenue that has enough buyers."""
    mine = channels[
        (channels["campaign"] == context.baseline.key) & (channels["buyers"] >= FEWEST_BUYERS)
    ]
    return mine.iloc[0] if len(mine) else None


def _told(channels: pd.DataFrame, channel: Any, context: Context) -> list[str]:
    """ "$18.45 in Spring" for every campaign in which the channel has enough buyers."""
    worth = shape.lookup(channels, ["campaign", "channel"], "ltv_per_buyer")
    buyers = shape.lookup(channels, ["campaign", "channel"], "buyers")
    return [
        f"{context.formats.money(worth[c.key, channel])} in {c.label}"
        for c in context.campaigns
        if buyers.get((c.key, channel), 0) >= FEWEST_BUYERS
    ][:TOLD]


def _buyer(channel: Any, context: Context) -> str:
    name = "" if channel is None else f"{context.label('channel', channel)} "
    return f"{'An' if name[:1] in tuple('AEIOU') else 'A'} {name}buyer"


def _worth_of_leader(channels: pd.DataFrame, context: Context) -> str:
    """ "A Pinterest buyer was worth $18.45 in Spring, $17.20 in Summer", or empty."""
    leader = _leader(channels, context)
    if leader is None:
        return ""
    channel = shape.known(leader["channel"])
    return f"{_buyer(channel, context)} was worth {', '.join(_told(channels, channel, context))}"


def _per_user(channels: pd.DataFrame, channel: Any, context: Context) -> str:
    worth = shape.lookup(channels, ["campaign", "channel"], "ltv_per_user")
    return ", ".join(
        f"{context.formats.money(worth[c.key, channel])} in {c.label}"
        for c in context.campaigns
        if (c.key, channel) in worth
    )


def _per_acquired(channels: pd.DataFrame, channel: Any, context: Context) -> str:
    """The value per user in words, where not every user is a buyer."""
    mine = channels[
        channels["channel"].isna() if channel is None else channels["channel"] == channel
    ]
    if (mine["users"] == mine["buyers"]).all():
        return ""
    return f"; per acquired user that is {_per_user(channels, channel, context)}"


def _title(channels: pd.DataFrame, context: Context) -> str:
    leader = _leader(channels, context)
    if leader is None:
        return "Lifetime value by channel"
    channel = shape.known(leader["channel"])
    name = context.label("channel", channel)
    title = f"{name} brought {_per_user(channels, channel, context)} per acquired user"
    return title if len(title) <= LONGEST_TITLE else "Lifetime value by channel"


def _headline(channels: pd.DataFrame, context: Context) -> str:
    leader = _leader(channels, context)
    if leader is None:
        buyers = int(channels["buyers"].sum())
        return (
            f"Too few buyers to say what one is worth: {context.formats.count(buyers)} in all,"
            f" nowhere {FEWEST_BUYERS} on one channel."
        )
    return f"{_worth_of_leader(channels, context)}."


def _demographic(row: pd.Series[Any], context: Context) -> str:
    channel = context.label("channel", row["channel"])
    return f"{channel} x {context.label('category', row['category']).capitalize()}"


def _best(demographics: pd.DataFrame, campaign: Campaign) -> pd.Series[Any] | None:
    """The cell of most value per user among those with enough buyers."""
    mine = demographics[
        (demographics["campaign"] == campaign.key) & (demographics["buyers"] >= FEWEST_BUYERS)
    ]
    return mine.loc[mine["ltv_per_user"].idxmax()] if len(mine) else None


def _findings(
    channels: pd.DataFrame,
    demographics: pd.DataFrame | None,
    payback: pd.DataFrame | None,
    tracking: pd.DataFrame,
    expected: pd.DataFrame,
    context: Context,
) -> list[Finding]:
    findings = [*_worth_finding(channels, context)]
    if demographics is not None:
        findings += _demographic_finding(demographics, context)
    if payback is not None:
        findings += _payback_findings(payback, context)
    return findings + forecast.findings(expected, tracking, context)


def _worth_finding(channels: pd.DataFrame, context: Context) -> list[Finding]:
    leader = _leader(channels, context)
    if leader is None:
        return []
    channel, formats = shape.known(leader["channel"]), context.formats
    buyers = shape.lookup(channels, ["campaign", "channel"], "buyers")
    sizes = formats.join(
        [f"{formats.count(buyers.get((c.key, channel), 0))} {c.label}" for c in context.campaigns]
    )
    return [
        Finding(
            heading="Value of a buyer",
            text=f"{_worth_of_leader(channels, context)} (means over {sizes} buyers)"
            f"{_per_acquired(channels, channel, context)}.",
            evidence=Evidence(
                table="by_channel", row={"campaign": context.baseline.key, "channel": channel}
            ),
            weight=0.3,
        )
    ]


def _demographic_finding(demographics: pd.DataFrame, context: Context) -> list[Finding]:
    best, formats = _best(demographics, context.baseline), context.formats
    if best is None:
        return []
    others = shape.lookup(demographics, ["campaign", "channel", "category"], "ltv_per_user")
    compared = [
        f"{formats.money(value)} in {c.label}"
        for c in context.campaigns
        if (value := others.get((c.key, best["channel"], best["category"]))) is not None
    ]
    return [
        Finding(
            heading="Most valuable demographic",
            text=f"{_demographic(best, context)} brought the most per user of its channel:"
            f" {formats.join(compared)}.",
            evidence=Evidence(
                table="by_demographic",
                row={
                    "campaign": context.baseline.key,
                    "channel": best["channel"],
                    "category": best["category"],
                },
            ),
            weight=0.2,
        )
    ]


def _payback_findings(payback: pd.DataFrame, context: Context) -> list[Finding]:
    formats, findings = context.formats, []
    for campaign in context.campaigns:
        mine = payback[(payback["campaign"] == campaign.key) & payback["ltv_to_cac"].notna()]
        if mine.empty:
            continue
        paid, lost = mine[mine["ltv_to_cac"] >= 1], mine[mine["ltv_to_cac"] < 1]
        parts = [
            f"{context.label('channel', each.channel)} {formats.ratio(each.ltv_to_cac)}"
            + (
                f" (paid back in month {formats.count(each.payback_month)})"
                if shape.known(each.payback_month)
                else ""
            )
            for each in (*paid.itertuples(), *lost.itertuples())
        ]
        findings.append(
            Finding(
                heading="Value against cost",
                text=f"{campaign.label}, value so far per unit of acquisition cost:"
                f" {formats.join(parts[:5])}.",
                evidence=Evidence(table="payback", row={"campaign": campaign.key}),
                weight=0.25,
            )
        )
    return findings


def _caveats(channels: pd.DataFrame, context: Context) -> list[str]:
    formats = context.formats
    caveats = [
        f"Value is counted up to {formats.date(context.as_of)}: users who came late have had less"
        " time to buy."
    ]
    for campaign in context.campaigns:
        thin = channels[
            (channels["campaign"] == campaign.key)
            & (channels["buyers"] > 0)
            & (channels["buyers"] < FEWEST_BUYERS)
        ]
        if len(thin):
            listed = formats.join(
                [
                    f"{context.label('channel', each.channel)} {formats.count(each.buyers)}"
                    for each in thin.head(4).itertuples()
                ]
            )
            caveats.append(
                f"{campaign.label}, buyers by channel: {listed}. Their value per buyer is no basis"
                " for a ranking."
            )
    if context.compared and not context.randomised:
        caveats.append("Users were not randomised: a difference may come from time, mix or season.")
    return caveats


def _definitions(ahead: forecast.Horizon, context: Context) -> list[tuple[str, str]]:
    discount = (
        f"discounted by {context.formats.rate(ahead.discount)} a month"
        if ahead.discount
        else "not discounted"
    )
    return [
        (
            "Lifetime value",
            "order value (revenue / purchases) x purchases per calendar month with one x calendar"
            " months with one, the last two as means over buyers; per user: times buyers / users;"
            " of one user: the revenue so far",
        ),
        ("LTV : CAC", "lifetime value per user / acquisition cost per user"),
        (
            "Payback month",
            "first month of age (30.4 days) by whose end a user has brought the acquisition cost;"
            " each month's revenue per user is that of the users who have lived it",
        ),
        (
            "Forecast",
            f"BG/NBD for repeat purchase days (time in {ahead.unit}s), Gamma-Gamma for their value,"
            f" {discount}; a month is 30.4375 days",
        ),
    ]


SECTION = Section(
    id="ltv",
    title="Lifetime value",
    question="What is a user worth, and what will they still bring?",
    facts=(
        "lifetimes",
        "lifetimes_by_category?",
        "lifetimes_by_demographic?",
        "valuable_users",
        "repeat_purchases",
        "repeat_values",
        "calibration_purchases:{calibration_share}",
        "repeat_tracking:{calibration_share}",
        "payback",
    ),
    tables={
        "by_channel": ("campaign", "channel", *WORTH),
        "by_category": ("campaign", "category", *WORTH),
        "by_demographic": ("campaign", "channel", "category", *WORTH),
        "top_users": TOP_USERS,
        "model": forecast.MODEL,
    },
    compute=compute,
    options=LtvOptions,
)
