"""Tables of web traffic: pages, referrers, networks, days, hours, statuses, bots, faulty lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.traffic import METRICS, Traffic, durations_of
from growthml.parts import Column, Context, Table
from growthml.words import N_, _

if TYPE_CHECKING:
    import pandas as pd

PAGES = (
    *("source", "campaign", "page", "requests", "sessions", "visitors", "bounce_rate"),
    *("entries", "exits"),
)
REFERRERS = (
    *("source", "campaign", "referrer", "requests", "sessions", "visitors", "bounce_rate"),
    "network",
)
NETWORKS = (
    *("source", "campaign", "network", "sessions", "share", "bounce_rate"),
    *("duration_mean", "ci_low", "ci_high", "duration_median"),
)
DIRECT = "direct"
NO_HOST = "no host"
OWN = {DIRECT: N_("direct"), "internal": N_("internal"), NO_HOST: N_("no host")}
"""Networks and referrers that are none: what pages call them."""
GROUPS = {"search": N_("search engines"), "other": N_("other sites")}
"""Networks of many hosts: what pages call them."""
WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
LONGEST = 72
"""Characters of a path or an agent that a page shows; the CSV has them all."""

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def shown(text: Any) -> str:
    """Whatever a visitor sent as one line of bounded length; it is escaped where it is set."""
    line = _UNSEEN.sub("·", "" if shape.known(text) is None else str(text))
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def summary_table(traffic: Traffic) -> Table:
    """Every metric with its interval; campaigns compared in rows of the compared one."""
    context, formats = traffic.context, traffic.context.formats
    view = traffic.summary[traffic.summary["value"].notna()]
    if context.compared:
        view = view[view["campaign"] != context.baseline.key]
    limits = zip(view["ci_low"], view["ci_high"], view["unit"], strict=True)
    changes = zip(view["difference_ci_low"], view["difference_ci_high"], view["unit"], strict=True)
    view = view.assign(
        name=[_(METRICS[metric].name) for metric in view["metric"]],
        interval=[formats.interval(low, high, unit, signed=False) for low, high, unit in limits],
        change_interval=[formats.interval(low, high, unit) for low, high, unit in changes],
    )
    level = _("{confidence} interval", confidence=formats.share(context.confidence))
    columns = [Column(name="name", head=_("Metric")), *shape.campaign_column(context)]
    if context.compared:
        new = _("Value") if len(context.compared) > 1 else context.compared[0].label
        columns += [
            Column(name="baseline_value", head=context.baseline.label, kind="by_unit"),
            Column(name="value", head=new, kind="by_unit"),
            Column(name="difference", head=_("Difference"), kind="change"),
            Column(name="change_interval", head=level),
            Column(name="q_value", head="q", kind="p"),
            Column(name="verdict", head=_("Verdict"), kind="verdict"),
        ]
    else:
        columns += [
            Column(name="value", head=_("Value"), kind="by_unit"),
            Column(name="interval", head=level),
            Column(name="n", head=_("Visits"), kind="count"),
        ]
    return Table(
        id="summary",
        title=_("Traffic in numbers"),
        frame=traffic.summary,
        view=view,
        columns=columns,
        note=_(
            "Fewer bounces, longer visits and more pages read as better. q: p corrected by"
            " {correction}.",
            correction=context.corrected_by,
        )
        if context.compared
        else _(
            "The mean's interval is a bootstrap over visits, that of the median and of the"
            " percentile lies between two visits by rank; the log scale leaves visits of 0 s out."
        ),
    )


def pages_table(traffic: Traffic) -> Table:
    """The pages asked for most."""
    frame = _with_rate(traffic.facts.get("traffic_pages"), "entries", PAGES)
    return _ranked("pages", _("Pages asked for most"), frame, "page", _("Page"), traffic)


def referrers_table(traffic: Traffic) -> Table:
    """The hosts that refer most; a visit belongs to the referrer of its first request."""
    frame = _with_rate(traffic.facts.get("traffic_referrers"), "sessions", REFERRERS)
    named = [DIRECT if shape.known(each) is None else each or NO_HOST for each in frame["referrer"]]
    frame = frame.assign(referrer=named)
    return _ranked(
        "referrers", _("Where requests come from"), frame, "referrer", _("Referrer"), traffic
    )


def _with_rate(frame: pd.DataFrame | None, whole: str, columns: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    if frame is None:
        return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})
    parts = zip(frame["bounced"], frame[whole], strict=True)
    rated = frame.assign(bounce_rate=[shape.share(part, n) for part, n in parts])
    return rated[list(columns)]


def _ranked(
    name: str, title: str, frame: pd.DataFrame, key: str, head: str, traffic: Traffic
) -> Table:
    context = traffic.context
    counts = [
        Column(name="requests", head=_("Requests"), kind="count"),
        Column(name="sessions", head=_("Visits"), kind="count"),
    ]
    alone = [Column(name="visitors", head=_("Visitors"), kind="count")]
    known = [
        column
        for column in counts + (alone if not context.compared else [])
        if frame[column.name].notna().any()
    ]
    told = frame.assign(**{key: [shown(_named(each, OWN)) for each in frame[key]]})
    told = told.drop_duplicates(["campaign", key])
    view, columns = shape.beside(
        told,
        Column(name=key, head=head),
        [*known, Column(name="bounce_rate", head=_("Bounces"), kind="rate")],
        context,
    )

    return Table(
        id=name,
        title=title,
        frame=frame,
        view=view,
        columns=columns if len(frame) else (),
        order=_("by requests"),
        note=_("Bounces: share of the visits that began there that were a single request.")
        if key == "page"
        else _("Bounces: share of the visits that were a single request."),
    )


# -- networks ------------------------------------------------------------------------------------


def networks_frame(traffic: Traffic) -> pd.DataFrame:
    """Visits by the network that brought them, and how long they lasted."""
    import pandas as pd

    rows = []
    frame = traffic.facts["traffic_durations"]
    for campaign in traffic.context.campaigns:
        mine = frame[(frame["campaign"] == campaign.key) & frame["network"].notna()]
        total = int(mine["sessions"].sum())
        for network, group in mine.groupby("network"):
            lengths = durations_of(group)
            limits = lengths.mean_interval(traffic.context.confidence)
            visits = int(group["sessions"].sum())
            judged = group[group["bounced"].notna()]
            bounced = int(judged.loc[judged["bounced"] == 1, "sessions"].sum())
            rows.append(
                {
                    "source": campaign.source,
                    "campaign": campaign.key,
                    "network": network,
                    "sessions": visits,
                    "share": visits / total,
                    "bounce_rate": shape.share(bounced, int(judged["sessions"].sum())),
                    "duration_mean": lengths.mean,
                    "ci_low": limits.low if limits else None,
                    "ci_high": limits.high if limits else None,
                    "duration_median": lengths.quantile(0.5),
                }
            )
    found = pd.DataFrame(rows, columns=list(NETWORKS))
    return shape.arranged(found, ["sessions", "network"], traffic.context, falling=["sessions"])


def network_name(network: str) -> str:
    """What a page calls a network."""
    return _named(network, OWN | GROUPS)


def _named(value: str, words: Mapping[str, str]) -> str:
    return _(words[value]) if value in words else value


def networks_table(frame: pd.DataFrame, context: Context) -> Table:
    """The networks side by side."""
    formats = context.formats
    limits = zip(frame["ci_low"], frame["ci_high"], strict=True)
    told = frame.assign(
        interval=[formats.interval(low, high, "seconds", signed=False) for low, high in limits],
        network=[network_name(each) for each in frame["network"]],
    )
    values = [
        Column(name="sessions", head=_("Visits"), kind="count"),
        Column(name="bounce_rate", head=_("Bounces"), kind="rate"),
        Column(name="duration_mean", head=_("Mean"), kind="seconds"),
    ]
    if not context.compared:
        interval = _("{confidence} interval", confidence=formats.share(context.confidence))
        values += [
            Column(name="interval", head=interval),
            Column(name="duration_median", head=_("Median"), kind="seconds"),
        ]
    view, columns = shape.beside(told, Column(name="network", head=_("Network")), values, context)
    return Table(
        id="networks",
        title=_("Visits by network"),
        frame=frame,
        view=view,
        columns=columns if len(frame) else (),
        order=_("by visits"),
        note=_(
            "The referrer of a visit's first request. Internal: the site itself, a visit that went"
            " on after the gap; direct: no referrer."
        ),
    )


# -- the rest ------------------------------------------------------------------------------------


def small_tables(traffic: Traffic) -> list[Table]:
    """Days, hours, statuses, bots and lines that could not be read: those that were counted."""
    context = traffic.context
    found = [
        _plain(traffic, "traffic_statuses", "statuses", _("HTTP status codes"), _STATUS),
        _plain(traffic, "traffic_bots", "bots", _("Bots that ask for most"), _BOTS),
        _plain(
            traffic, "traffic_malformed", "malformed", _("Lines that could not be read"), _LINES
        ),
        _folded(_plain(traffic, "traffic_days", "trend", _("Visits by day"), ()), _DAYS),
        _folded(
            _plain(traffic, "traffic_hours", "hours", _("Visits by weekday and hour"), ()), _HOURS
        ),
    ]
    several = [Column(name="campaign", head=_("Campaign"), role="campaign")]
    return [
        table if len(context.campaigns) < 2 else _with_campaign(table, several)
        for table in found
        if table is not None
    ]


_STATUS = (
    Column(name="status", head=N_("Status")),
    Column(name="requests", head=N_("Requests"), kind="count"),
    Column(name="bot_requests", head=N_("Of bots"), kind="count"),
)
_BOTS = (
    Column(name="agent", head=N_("User agent")),
    Column(name="requests", head=N_("Requests"), kind="count"),
)
_LINES = (
    Column(name="reason", head=N_("Reason")),
    Column(name="lines", head=N_("Lines"), kind="count"),
    Column(name="sample", head=N_("Such as")),
)

_DAYS = (
    Column(name="day", head=N_("Day"), kind="date"),
    Column(name="sessions", head=N_("Visits"), kind="count"),
    Column(name="visitors", head=N_("Visitors"), kind="count"),
    Column(name="page_views", head=N_("Page views"), kind="count"),
)
_HOURS = (
    Column(name="weekday", head=N_("Weekday")),
    Column(name="hour", head=N_("Hour"), kind="count"),
    Column(name="sessions", head=N_("Visits"), kind="count"),
)


def _plain(
    traffic: Traffic, fact: str, name: str, title: str, columns: Sequence[Column]
) -> Table | None:
    frame = traffic.facts.get(fact)
    if frame is None or not len(frame):
        return None
    frame = frame[
        ["source", "campaign", *(c for c in frame.columns if c not in ("source", "campaign"))]
    ].drop(columns=["place", "of"], errors="ignore")
    words = [column.name for column in columns if column.kind == "text"]
    told = frame.assign(**{word: [shown(each) for each in frame[word]] for word in words})
    return Table(
        id=name,
        title=title,
        frame=frame,
        view=told,
        columns=[replace(column, head=_(column.head)) for column in columns],
        order=_("by requests") if fact == "traffic_bots" else "",
    )


def _with_campaign(table: Table, first: Sequence[Column]) -> Table:
    if table.folded:
        return replace(table, folded=[*first, *table.folded])
    return replace(table, columns=[*first, *table.columns]) if table.columns else table


def _folded(table: Table | None, columns: Sequence[Column]) -> Table | None:
    """The table behind a chart, its weekdays by name."""
    if table is None:
        return None
    view = table.frame
    if "weekday" in view:
        view = view.assign(weekday=[_(WEEKDAYS[day - 1]) for day in view["weekday"]])
    told = [replace(column, head=_(column.head)) for column in columns]
    return replace(table, view=view, folded=told)
