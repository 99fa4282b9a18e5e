"""Where do users come from?

What stands here is printed by `growthml sections my_section`: say what is counted and how.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from pydantic import Field

from growthml import shape
from growthml.charts import BarPanel, Bars
from growthml.errors import NotEnoughData
from growthml.facts import Fact
from growthml.parts import (
    Answer,
    Column,
    Context,
    Evidence,
    Facts,
    Finding,
    Options,
    Section,
    Table,
)


class MySectionOptions(Options):
    """Options of `my_section`."""

    fewest: int = Field(default=1, ge=1)
    """Channels of fewer users, in all campaigns together, are left out."""


def users_of_channels(relations: Any) -> Any:
    """The fact: one SELECT for all campaigns, its first column `campaign`, small in its result.

    relations.users: one row a user and campaign (user_id, channel, signed_up_at); relations.events:
    one row an action (user_id, action, occurred_at, category, value …).
    """
    users = relations.users
    group = (users.c.campaign, users.c.channel)
    return sa.select(*group, sa.func.count().label("users")).group_by(*group).order_by(*group)


def compute(facts: Facts, context: Context, options: MySectionOptions) -> Answer:
    """The answer, from the facts and nothing else: no files, no clock, no chance."""
    counted = facts["my_section_users"]
    together = counted.groupby("channel", dropna=False)["users"].transform("sum")
    counted = counted[together >= options.fewest].reset_index(drop=True)
    if counted.empty:
        raise NotEnoughData(f"no channel has {options.fewest} users or more")
    everybody = counted.groupby("campaign")["users"].transform("sum")
    frame = counted[["campaign", "channel", "users"]].assign(share=counted["users"] / everybody)
    largest = frame.loc[frame["share"].idxmax()]
    channel = context.label("channel", largest["channel"])
    campaign = context.label("campaign", largest["campaign"])
    said = f"{context.formats.share(largest['share'])} of {campaign} users came from {channel}"
    rows = shape.rows(frame, "channel", "users", "channel", context)
    shares = rows.values(frame, "channel", "share", context)
    texts = [[context.formats.share(each) for each in one] for one in shares]
    return Answer(
        headline=f"{said}.",
        blocks=[
            Bars(
                id="channels",
                title=said,
                subtitle="Share of a campaign's users by channel",
                alt=f"Bars of the share of users by channel: "
                f"{shape.told(rows.labels, texts, context)}.",
                rows=rows.labels,
                series=shape.series(context),
                panels=[BarPanel(title="Users", values=shares)],
                unit="share",
                table="by_channel",
            ),
            Table(
                id="by_channel",
                title="Users by channel",
                frame=frame,
                columns=[
                    Column(name="campaign", head="Campaign", role="campaign"),
                    Column(name="channel", head="Channel", role="channel"),
                    Column(name="users", head="Users", kind="count"),
                    Column(name="share", head="Share", kind="share"),
                ],
            ),
        ],
        findings=[
            Finding(
                heading="Largest channel",
                text=f"{said}.",
                evidence=Evidence(
                    table="by_channel",
                    row={"campaign": largest["campaign"], "channel": largest["channel"]},
                ),
                weight=0.1,
            )
        ],
        definitions=[("Share of users", "users of a channel out of a campaign's users")],
    )


SECTION = Section(
    id="my_section",
    title="My section",
    question="Where do users come from?",
    facts=("my_section_users",),
    tables={"by_channel": ("campaign", "channel", "users", "share")},
    compute=compute,
    options=MySectionOptions,
    own_facts=(
        Fact(
            name="my_section_users",
            says="users of a campaign by channel",
            query=users_of_channels,
        ),
    ),
)
