"""Segments: who behaves alike, how large each group is in every campaign, and what it brings.

Users who never did anything active are a segment by definition. The others are clustered by how
often they did each action, all campaigns together, so that a segment means the same in each. What
they spent follows from what they bought, and tells what a segment is worth, not who is in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from growthml.parts import Campaign, Column, Context, Facts, Table
from growthml.words import _

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from growthml.stats.clusters import Choice

SELECTION = ("campaign", "k", "silhouette")
PROFILES = ("campaign", "segment", "name", "users", "share")
NEVER = 0
"""The number of the segment of users who never did anything."""
CHANNEL_SHARE, CHANNEL_TIMES = 0.5, 1.3
"""A channel names a segment that it fills to half, and 1.3 times as much as the site."""
HARDLY, MOSTLY = 0.02, 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Segments:
    """The users of all campaigns, sorted into segments.

    rows: of equal users, with `segment`, `users` and `campaign`. behaviours: columns that count.
    choice: of k, None where too few are active. names: by segment. population: users by campaign,
    of whom `rows` may hold a sample.
    """

    rows: pd.DataFrame
    behaviours: Sequence[str]
    choice: Choice | None
    names: Mapping[int, str]
    population: Mapping[str, int]

    @property
    def found(self) -> bool:
        """Whether there is structure among the active."""
        return self.choice is not None and self.choice.k is not None

    def users(self, campaign: Campaign | None = None, segment: int | None = None) -> int:
        """How many users, of a campaign or a segment if these are given."""
        rows = self.rows
        if campaign is not None:
            rows = rows[rows["campaign"] == campaign.key]
        if segment is not None:
            rows = rows[rows["segment"] == segment]
        return int(rows["users"].sum())


def segments(facts: Facts, context: Context) -> Segments:
    """The users of `features:0`, clustered if there is structure."""
    import numpy as np

    from growthml.stats import clusters
    from growthml.stats.response_model import ACTION, named

    rows = named(facts["features"], facts["feature_actions"])
    actions = [name for name in rows.columns if str(name).startswith(ACTION)]
    active = [name for name in actions if name.removeprefix(ACTION) not in context.metrics.idle]
    spent = ["spend"] if rows["spend"].abs().sum() > 0 else []
    acts = (rows[active] > 0).any(axis=1).to_numpy()
    matrix, weights = rows.loc[acts, active].to_numpy(float), _weights(rows[acts], context)
    there = weights.sum(axis=0) > 0
    idle = _weights(rows[~acts], context).sum(axis=0)
    choice = clusters.choose(matrix, weights[:, there], idle[there]) if acts.any() else None
    segment = np.where(acts, NEVER + 1, NEVER)
    if choice is not None and choice.k is not None:
        fitted = clusters.fit(matrix, weights, choice.k)
        segment[acts] = fitted.labels(matrix) + NEVER + 1
    rows = rows.assign(segment=segment)
    population = rows.groupby("campaign")["population"].max()
    found = Segments(
        rows=rows,
        behaviours=[*active, *spent],
        choice=choice,
        names={},
        population={str(key): int(n) for key, n in population.items()},
    )
    return replace(found, names=_names(found, context))


def _weights(rows: pd.DataFrame, context: Context) -> np.ndarray:
    """How many users a row stands for, a column a campaign."""
    import numpy as np

    return np.column_stack(
        [rows["users"].where(rows["campaign"] == c.key, 0) for c in context.campaigns]
    ).astype(float)


def numbers(found: Segments) -> list[int]:
    """The segments there are, the never active last."""
    there = sorted(int(each) for each in found.rows["segment"].unique())
    return [*(each for each in there if each != NEVER), *(each for each in there if each == NEVER)]


def mean(rows: pd.DataFrame, column: str) -> float | None:
    """The mean of a column over users; None without users."""
    users = rows["users"].sum()
    return float((rows[column] * rows["users"]).sum() / users) if users else None


# -- names -------------------------------------------------------------------------------------


def _names(found: Segments, context: Context) -> dict[int, str]:
    names: dict[int, str] = {NEVER: _("Never active")}
    if not found.found:
        return names | {NEVER + 1: _("Active")}
    active = found.rows[found.rows["segment"] != NEVER]
    for number in [each for each in numbers(found) if each != NEVER]:
        name = _name(active[active["segment"] == number], active, found, context)
        same = sum(other == name or other.startswith(f"{name} (") for other in names.values())
        names[number] = f"{name} ({same + 1})" if same else name
    return names


def _name(mine: pd.DataFrame, active: pd.DataFrame, found: Segments, context: Context) -> str:
    """ "Reddit users who “share”, never “buy”"."""
    from growthml.stats.response_model import ACTION

    doers = {
        name.removeprefix(ACTION): (_doing(mine, name), _times(mine, active, name))
        for name in found.behaviours
        if name.startswith(ACTION)
    }
    main = max(doers, key=lambda action: (doers[action][0] > MOSTLY, doers[action][1], action))
    does = [_("“{name}”", name=context.label("action", main))]
    does += [
        _("“{name}”", name=context.label("action", action))
        for action, (share, times) in doers.items()
        if action != main and share > MOSTLY and times > 1
    ]
    channel, listed = _channel(mine, active, context), context.formats.join(does[:3])
    words = (
        _("{channel} users who {does}", channel=channel, does=listed)
        if channel
        else _("users who {does}", does=listed)
    )
    response = context.metrics.response
    if response in doers and response != main and doers[response][0] < HARDLY:
        words += _(", never “{action}”", action=context.label("action", response))
    return f"{words[:1].upper()}{words[1:]}"


def _doing(rows: pd.DataFrame, column: str) -> float:
    """The share of users who did it at all."""
    return float(rows.loc[rows[column] > 0, "users"].sum() / rows["users"].sum())


def _times(mine: pd.DataFrame, active: pd.DataFrame, column: str) -> float:
    site = mean(active, column)
    return (mean(mine, column) or 0.0) / site if site else 0.0


def _channel(mine: pd.DataFrame, active: pd.DataFrame, context: Context) -> str:
    counted = mine.groupby("channel")["users"].sum().sort_values(ascending=False, kind="stable")
    if counted.empty:
        return ""
    top = counted.index[0]
    share = counted.iloc[0] / mine["users"].sum()
    site = active.loc[active["channel"] == top, "users"].sum() / active["users"].sum()
    named = share >= CHANNEL_SHARE and share >= CHANNEL_TIMES * site
    return context.label("channel", top) if named else ""


# -- tables ------------------------------------------------------------------------------------


def selection_table(found: Segments, context: Context) -> Table:
    """The silhouette at every k, by campaign; attached."""
    import pandas as pd

    choice = found.choice
    rows: list[dict[str, Any]] = []
    if choice is not None:
        there = [c.key for c in context.campaigns if _active(found, c)]
        rows = [
            {
                "campaign": campaign,
                "k": k,
                "silhouette": silhouette,
                "overall": overall,
                "reference_low": low,
                "reference_high": high,
                "chosen": k == choice.k,
                "stability": choice.stability,
            }
            for campaign, silhouettes in zip(there, choice.by_group, strict=True)
            for k, silhouette, overall, low, high in zip(
                choice.ks,
                silhouettes,
                choice.silhouettes,
                choice.reference_low,
                choice.reference_high,
                strict=True,
            )
        ]
    extra = ("overall", "reference_low", "reference_high", "chosen", "stability")
    frame = pd.DataFrame(rows, columns=[*SELECTION, *extra])
    return Table(id="selection", title=_("Silhouette by number of segments"), frame=frame)


def _active(found: Segments, campaign: Campaign) -> int:
    rows = found.rows
    return int(
        rows.loc[(rows["campaign"] == campaign.key) & (rows["segment"] != NEVER), "users"].sum()
    )


def profiles(found: Segments, context: Context) -> pd.DataFrame:
    """Every segment in every campaign: sizes with intervals, means, money, the change of share."""
    import pandas as pd

    from growthml.stats.corrections import adjust
    from growthml.stats.proportions import compare_proportions, wilson

    rows = []
    base = context.baseline
    for campaign in context.campaigns:
        mine = found.rows[found.rows["campaign"] == campaign.key]
        users, revenue = found.users(campaign), float((mine["spend"] * mine["users"]).sum())
        for number in numbers(found):
            part = mine[mine["segment"] == number]
            n = int(part["users"].sum())
            spent = float((part["spend"] * part["users"]).sum())
            interval = wilson(n, users, context.confidence) if users else None
            change = (
                compare_proportions(
                    found.users(base, number), found.users(base), n, users, context.confidence
                )
                if campaign is not base and users and found.users(base)
                else None
            )
            rows.append(
                {
                    "campaign": campaign.key,
                    "segment": number,
                    "name": found.names[number],
                    "users": n,
                    "share": n / users if users else None,
                    "share_ci_low": interval.low if interval else None,
                    "share_ci_high": interval.high if interval else None,
                    **{_column(name): mean(part, name) for name in found.behaviours},
                    "days_since_active": mean(part.dropna(subset=["idle_days"]), "idle_days"),
                    "revenue_per_user": spent / n if n else None,
                    "revenue_share": spent / revenue if revenue else None,
                    "share_difference": change.difference if change else None,
                    "difference_low": change.ci_low if change else None,
                    "difference_high": change.ci_high if change else None,
                    "p_value": change.p_value if change else None,
                }
            )
    frame = pd.DataFrame(rows)
    return frame.assign(q_value=adjust(list(frame["p_value"]), context.correction))


def _column(behaviour: str) -> str:
    return behaviour.replace(" ", "_")


def profiles_table(frame: pd.DataFrame, found: Segments, context: Context) -> Table:
    """Sizes and worth side by side; what each segment does stands in the figure."""
    import pandas as pd

    formats = context.formats
    view: list[dict[str, Any]] = []
    for number in numbers(found):
        row: dict[str, Any] = {"name": found.names[number]}
        mine = frame[frame["segment"] == number].set_index("campaign")
        for campaign in context.campaigns:
            one = mine.loc[campaign.key]
            row[f"users@{campaign.key}"] = one["users"]
            row[f"share@{campaign.key}"] = one["share"]
            row[f"revenue@{campaign.key}"] = one["revenue_per_user"]
            row["change"] = "–"
            if one["share_difference"] == one["share_difference"]:
                interval = formats.interval(one["difference_low"], one["difference_high"], "rate")
                row["change"] = f"{formats.points(one['share_difference'])} ({interval})"
        view.append(row)
    columns = [Column(name="name", head=_("Segment"))]
    for campaign in context.campaigns[:2]:
        label = f" {campaign.label}" if len(context.campaigns) > 1 else ""
        columns += [
            Column(name=f"users@{campaign.key}", head=_("Users") + label, kind="count"),
            Column(name=f"share@{campaign.key}", head=_("Share") + label, kind="rate"),
        ]
        if "spend" in found.behaviours:
            columns.append(
                Column(
                    name=f"revenue@{campaign.key}",
                    head=_("Per user") + label,
                    kind="money",
                )
            )
    if len(context.campaigns) == 2:
        columns.append(Column(name="change", head=_("Change of share, pp")))
    note = _(
        "Shares of all users; changes corrected by {correction} over the segments.",
        correction=context.corrected_by,
    )
    if len(context.campaigns) > 2:
        note += _(" The other campaigns stand in the attached table.")
    return Table(
        id="profiles",
        title=_("How many they are and what they bring"),
        frame=frame,
        view=pd.DataFrame(view),
        columns=columns,
        order=_("by size, the never active last"),
        note=note if len(context.campaigns) > 1 else "",
    )
