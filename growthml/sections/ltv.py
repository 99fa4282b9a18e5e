"""What is a user worth, and what will they still bring?

Lifetime value by the plain formula (order value x purchases a month x months with a purchase), by
channel, by category and by both; a forecast of repeat purchases and their value (BG/NBD with
Gamma-Gamma, see `growthml.analysis.forecast`); and both against what a user costs to acquire.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from growthml import shape
from growthml.analysis import forecast, forecast_words, payback, worth_words
from growthml.analysis.tracking import tracking_chart, tracking_rows
from growthml.analysis.worth import FEWEST_BUYERS, WORTH, worth
from growthml.analysis.worth_charts import channel_chart, grids
from growthml.errors import NotEnoughData
from growthml.parts import Answer, Column, Context, Facts, Options, Section, Table
from growthml.words import N_, _

if TYPE_CHECKING:
    import pandas as pd

SHOWN_USERS = 10
TOP_USERS = (
    *("campaign", "rank", "user_id", "channel", "purchases", "months", "average_order_value"),
    *("ltv", "predicted_purchases", "predicted_value"),
)


class LtvOptions(Options):
    """Options of `ltv`."""

    horizons: Annotated[tuple[Annotated[int, Field(ge=1, le=120)], ...], Field(min_length=1)] = (
        3,
        6,
        12,
    )
    """How many months ahead the forecast looks."""
    unit: forecast.Unit = "week"
    """The unit of time the models are fitted in; their parameters hang on it."""
    calibration_share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """The share of the history that the tested model is fitted on; the rest is held out."""
    discount: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """What future value loses per month, as a fraction: 0.01 is one per cent."""


def compute(facts: Facts, context: Context, options: LtvOptions) -> Answer:
    """Lifetime value so far, the forecast, and both against cost."""
    channels = worth(facts, "lifetimes", context, "channel")
    if not channels["buyers"].sum():
        raise NotEnoughData(_("nobody has {response} yet", response=context.metrics.response))
    demographics = _optional(facts, "lifetimes_by_demographic", context, "channel", "category")
    ahead = forecast.Horizon(
        months=sorted(set(options.horizons)), unit=options.unit, discount=options.discount
    )
    fitted = forecast.fit(facts, context, options.unit)
    expected = forecast.forecast_rows(fitted, facts, context, ahead)
    tracking = tracking_rows(fitted, facts, options.unit)
    users = forecast.predicted(facts["valuable_users"], fitted, ahead)
    paid = payback.payback(channels, facts["payback"], expected, context)
    blocks: list[Any] = [channel_chart(channels, context), *grids(demographics, context)]
    blocks += [_channel_table(channels), *_category_tables(facts, demographics, context)]
    blocks.append(None if paid is None else payback.table(paid, context))
    blocks.append(tracking_chart(tracking, context, options.unit))
    blocks += forecast_words.tables(fitted, expected, tracking, options.unit, context)
    blocks.append(_user_table(users, fitted, context))
    return Answer(
        headline=worth_words.headline(channels, context),
        blocks=[block for block in blocks if block is not None],
        findings=[
            *worth_words.leader_finding(channels, context),
            *(
                []
                if demographics is None
                else worth_words.demographic_finding(demographics, context)
            ),
            *([] if paid is None else payback.findings(paid, context)),
            *forecast_words.findings(expected, tracking, context),
        ],
        caveats=[*forecast_words.caveats(fitted, tracking, context), *_caveats(channels, context)],
        definitions=_definitions(ahead, context),
    )


def _optional(facts: Facts, fact: str, context: Context, *names: str) -> pd.DataFrame | None:
    return worth(facts, fact, context, *names) if facts.get(fact) is not None else None


# -- tables --------------------------------------------------------------------------------------


def _factors() -> list[Column]:
    return [
        Column(name="buyers", head=_("Buyers"), kind="count"),
        Column(name="average_order_value", head=_("Order value"), kind="money"),
        Column(name="purchases_per_month", head=_("Per month"), kind="ratio"),
        Column(name="retention_months", head=_("Months"), kind="ratio"),
        Column(name="ltv_per_buyer", head=_("Per buyer"), kind="money"),
        Column(name="ltv_per_user", head=_("Per user"), kind="money"),
    ]


def _channel_column(frame: pd.DataFrame) -> list[Column]:
    """The channel's column, where there are channels."""
    if not frame["channel"].notna().any():
        return []
    return [Column(name="channel", head=_("Channel"), role="channel")]


def _channel_table(channels: pd.DataFrame) -> Table:
    return Table(
        id="by_channel",
        title=_("Lifetime value by channel"),
        frame=channels,
        order=_("by revenue"),
        columns=[
            Column(name="campaign", head=_("Campaign"), role="campaign"),
            *_channel_column(channels),
            *_factors(),
        ],
        note=_(
            "Order value x purchases a month x months with a purchase = value per buyer; a mean of"
            " fewer than 5 buyers says little."
        ),
    )


def _category_tables(
    facts: Facts, demographics: pd.DataFrame | None, context: Context
) -> list[Table]:
    categories = _optional(facts, "lifetimes_by_category", context, "category")
    if categories is None or demographics is None:
        return []
    view, columns = shape.beside(
        categories,
        Column(name="category", head=_("Category"), role="category"),
        (
            Column(name="buyers", head=_("Buyers"), kind="count"),
            Column(name="ltv_per_buyer", head=_("Per buyer"), kind="money"),
            Column(name="ltv_per_user", head=_("Per user"), kind="money"),
        ),
        context,
    )
    return [
        Table(
            id="by_category",
            title=_("Lifetime value by category"),
            frame=categories,
            view=view,
            order=_("by revenue"),
            columns=columns,
        ),
        Table(
            id="by_demographic",
            title=_("Lifetime value by channel and category"),
            frame=demographics,
        ),
    ]


def _user_table(users: pd.DataFrame, fitted: Sequence[forecast.Fitted], context: Context) -> Table:
    values = users.assign(
        average_order_value=users["revenue"] / users["purchases"], ltv=users["revenue"]
    )
    frame = shape.arranged(values, ["rank"], context)[[*TOP_USERS, "p_alive"]]
    columns = [
        Column(name="user_id", head=_("User")),
        *_channel_column(frame),
        Column(name="ltv", head=_("Value so far"), kind="money"),
    ]
    if len(context.campaigns) == 1 and fitted[0].model is not None:
        columns.append(Column(name="predicted_purchases", head=_("Purchases ahead"), kind="ratio"))
        columns.append(Column(name="predicted_value", head=_("Value ahead"), kind="money"))
    shown = frame[frame["rank"] <= SHOWN_USERS]
    view, columns = shape.beside(
        shown, Column(name="rank", head=_("Rank"), kind="count"), columns, context
    )
    return Table(
        id="top_users",
        title=_("Most valuable users so far"),
        frame=frame,
        view=view,
        order=_("by value"),
        columns=columns,
        note=_(
            "The first {shown} of each campaign; {n} rows attached as {file}.",
            shown=SHOWN_USERS,
            n=context.formats.count(len(frame)),
            file="ltv.top_users.csv",
        )
        if len(frame) > len(shown)
        else "",
    )


# -- words ---------------------------------------------------------------------------------------


def _caveats(channels: pd.DataFrame, context: Context) -> list[str]:
    formats = context.formats
    caveats = [
        _(
            "Value is counted up to {as_of}: users who came late have had less time to buy.",
            as_of=formats.date(context.as_of),
        )
    ]
    for campaign in context.campaigns:
        thin = shape.having(channels, "campaign", campaign.key)
        thin = thin[thin["buyers"].between(1, FEWEST_BUYERS - 1)]
        if len(thin):
            listed = formats.join(
                [
                    f"{context.label('channel', each.channel)} {formats.count(each.buyers)}"
                    for each in thin.head(4).itertuples()
                ]
            )
            caveats.append(
                _(
                    "{campaign}, buyers by channel: {listed}. Their value per buyer is no basis for"
                    " a ranking.",
                    campaign=campaign.label,
                    listed=listed,
                )
            )
    return caveats + shape.comparison_caveats(context)


def _definitions(ahead: forecast.Horizon, context: Context) -> list[tuple[str, str]]:
    units = _(forecast.TIME_UNITS[ahead.unit])
    return [
        (
            _("Lifetime value"),
            _(
                "order value (revenue / purchases) x purchases per calendar month with one x"
                " calendar months with one, the last two as means over buyers; per user: times"
                " buyers / users; of one user: the revenue so far"
            ),
        ),
        (_("LTV : CAC"), _("lifetime value per user / acquisition cost per user")),
        (
            _("Payback month"),
            _(
                "first month of age (30.4 days) by whose end a user has brought the acquisition"
                " cost; each month's revenue per user is that of the users who have lived it"
            ),
        ),
        (
            _("Forecast"),
            _(
                "BG/NBD for repeat purchase days {units}, Gamma-Gamma for their value,"
                " discounted by {discount} a month; a month is 30.4375 days",
                units=units,
                discount=context.formats.rate(ahead.discount),
            )
            if ahead.discount
            else _(
                "BG/NBD for repeat purchase days {units}, Gamma-Gamma for their value,"
                " not discounted; a month is 30.4375 days",
                units=units,
            ),
        ),
    ]


SECTION = Section(
    id="ltv",
    title=N_("Lifetime value"),
    question=N_("What is a user worth, and what will they still bring?"),
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
