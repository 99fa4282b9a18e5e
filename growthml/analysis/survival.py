"""Survival by campaign and channel: how long users stay active after they sign up.

Kaplan-Meier's share of users active beyond a day, over the users old enough to have churned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.parts import Campaign, Context

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.survival import Survival

FEWEST_AT_RISK = 20
"""A line ends where fewer users are left."""

FEWEST_LEFT = 5
"""A share beyond a day is printed, with its interval, down to so many users left."""

MOST_LINES = 4

SURVIVAL = ("campaign", "channel", "day", "at_risk", "events", "survival", "ci_low", "ci_high")
STILL_ACTIVE = ("campaign", "channel", "users", "day", "survival", "ci_low", "ci_high", "median")


@dataclass(frozen=True, kw_only=True, eq=False)
class Lines:
    """The curves as drawn: channels with a name of their own, the others as one.

    names: by channel, OTHER among them; curves: by campaign key and channel.
    """

    names: Mapping[Any, str]
    curves: Mapping[tuple[str, Any], Survival]

    def of(self, campaign: Campaign) -> dict[Any, Survival]:
        """A campaign's curves by channel."""
        return {
            channel: each for (key, channel), each in self.curves.items() if key == campaign.key
        }

    def quickest(self, campaign: Campaign, days: int) -> Any:
        """The channel that keeps fewest users up to the last day every channel can be read."""
        mine = self.of(campaign)
        ends = [curve.durations[curve.at_risk >= FEWEST_AT_RISK] for curve in mine.values()]
        day = min([float(each[-1]) for each in ends if len(each)] + [float(days)])

        def share(channel: Any) -> float:
            found = mine[channel].at(day)
            return 1.0 if found is None else found

        return min(mine, key=lambda channel: (share(channel), str(channel)))


def curves_of(followed: pd.DataFrame, context: Context) -> dict[tuple[str, Any], Survival]:
    """A curve a campaign and channel."""
    from growthml.stats.survival import kaplan_meier

    channels = shape.order(followed, "channel", "users", context)
    curves = {}
    for campaign in context.campaigns:
        mine = followed[followed["campaign"] == campaign.key]
        for channel in channels:
            same = shape.having(mine, "channel", channel)
            if len(same):
                curves[campaign.key, channel] = kaplan_meier(
                    same["days"], same["churned"], same["users"], context.confidence
                )
    return curves


def lines_of(followed: pd.DataFrame, context: Context) -> Lines:
    """The largest channels on a line each, the others on one."""
    import pandas as pd

    channels = shape.order(followed, "channel", "users", context)
    names = {each: context.label("channel", each) for each in channels[:MOST_LINES]}
    if len(channels) > MOST_LINES:
        names[shape.OTHER] = shape.name(context, "channel", shape.OTHER, len(channels) - MOST_LINES)
    known = [shape.known(each) for each in followed["channel"]]
    folded = [each if each in names else shape.OTHER for each in known]
    channel = pd.Series(folded, index=followed.index, dtype=object)
    return Lines(names=names, curves=curves_of(followed.assign(channel=channel), context))


def survival_frame(curves: Mapping[tuple[str, Any], Survival]) -> pd.DataFrame:
    """Every step of every curve."""
    import pandas as pd

    frames = [
        pd.DataFrame(
            {
                "campaign": campaign,
                "channel": channel,
                "day": curve.durations.astype(int),
                "at_risk": curve.at_risk.round().astype(int),
                "events": curve.churned.round().astype(int),
                "survival": curve.survival,
                "ci_low": curve.ci_low,
                "ci_high": curve.ci_high,
            },
            columns=list(SURVIVAL),
        )
        for (campaign, channel), curve in curves.items()
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(SURVIVAL))


def still_active(curves: Mapping[tuple[str, Any], Survival], day: int) -> pd.DataFrame:
    """The share of users active beyond a day after sign-up."""
    import pandas as pd

    rows = []
    for (campaign, channel), curve in curves.items():
        known = curve.users_at_risk(day) >= FEWEST_LEFT
        interval = curve.interval_at(day) if known else None
        rows.append(
            {
                "campaign": campaign,
                "channel": channel,
                "users": curve.users,
                "day": day,
                "survival": curve.at(day) if known else None,
                "ci_low": interval.low if interval else None,
                "ci_high": interval.high if interval else None,
                "median": curve.median,
            }
        )
    return pd.DataFrame(rows, columns=list(STILL_ACTIVE))
