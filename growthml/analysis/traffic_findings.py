"""What web traffic says, in words: headline, findings, caveats, and a front page of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.traffic import METRICS, Measure, Traffic, passed
from growthml.analysis.traffic_tables import network_name
from growthml.parts import Campaign, Evidence, Finding, Front, KpiRow, Verdict
from growthml.words import _, isolated, n_, within

if TYPE_CHECKING:
    import pandas as pd

LONGEST_TENTH = 0.1
MUCH_OF_BOTS = 0.05
MUCH_UNREAD = 0.01
MUCH_FAILED = 0.05
FRONT = ("duration_mean", "bounce_rate", "pages_per_session", "duration_median")
TOTALS = ("sessions", "visitors", "page_views", "requests")


def headline(traffic: Traffic) -> str:
    """The answer in one sentence."""
    context = traffic.context
    if not context.compared:
        return f"{_typical(traffic, context.baseline)}."
    campaign = context.compared[-1]
    mean = _value(traffic, campaign, "duration_mean")
    before = _value(traffic, context.baseline, "duration_mean")
    return _(
        "Visits last {mean} on average in {campaign}, against {before} in {baseline}; {changes}.",
        mean=mean,
        campaign=campaign.label,
        before=before,
        baseline=context.baseline.label,
        changes=_changes(traffic),
    )


def _changes(traffic: Traffic) -> str:
    names = dict.fromkeys(within(_(METRICS[row.metric].name)) for row in passed(traffic))
    tested = traffic.summary["p_value"].notna().any()
    if names:
        return _("changed: {names}", names=traffic.context.formats.join(list(names)))
    return _("no evidence of a change") if tested else _("too few visits to compare")


def _typical(traffic: Traffic, campaign: Campaign) -> str:
    mean = _value(traffic, campaign, "duration_mean")
    if traffic.measure(campaign, "duration_mean").value is None:
        visits = int(traffic.value(campaign, "sessions"))
        return n_(
            "{n} visit; how long they last is not in the data",
            "{n} visits; how long they last is not in the data",
            visits,
            n=traffic.context.formats.count(visits),
        )
    half = _value(traffic, campaign, "duration_median")
    return (
        _("The mean visit lasts {mean}, but half of them end within {half}", mean=mean, half=half)
        if (traffic.value(campaign, "duration_median") < traffic.value(campaign, "duration_mean"))
        else _("The mean visit lasts {mean}, half of them end within {half}", mean=mean, half=half)
    )


def _value(traffic: Traffic, campaign: Campaign, metric: str) -> str:
    return traffic.context.formats.value(
        traffic.measure(campaign, metric).value, METRICS[metric].unit
    )


def _limits(traffic: Traffic, measure: Measure, metric: str) -> str:
    if measure.limits is None:
        return ""
    found = traffic.context.formats.interval(
        measure.limits.low, measure.limits.high, METRICS[metric].unit, signed=False
    )
    return f" ({found})"


# -- findings ------------------------------------------------------------------------------------


def findings(traffic: Traffic, networks: pd.DataFrame) -> list[Finding]:
    """Changes that passed their test, the average and what it hides, networks, faults."""
    newest = traffic.context.campaigns[-1]
    found = [
        *(_change(row, traffic) for row in passed(traffic)),
        _average(traffic, newest),
        _network(networks, newest, traffic),
        _bots(traffic, newest),
        _failed(traffic, newest),
        _unread(traffic, newest),
    ]
    return [finding for finding in found if finding is not None]


def _change(row: Any, traffic: Traffic) -> Finding:
    metric, formats = METRICS[row.metric], traffic.context.formats
    new = shape.campaign_label(row.campaign, traffic.context)
    name, difference = _(metric.name), formats.difference(row.difference, metric.unit)
    if metric.unit == "rate":
        difference = _("{effect} points", effect=difference)
    interval = formats.interval(row.difference_ci_low, row.difference_ci_high, metric.unit)
    return Finding(
        heading=(
            _("{metric} up", metric=name) if row.difference > 0 else _("{metric} down", metric=name)
        )[:30],
        text=_(
            "{metric} was {value} in {new} against {baseline_value} in {baseline}: {effect}"
            " ({interval}).",
            metric=name,
            value=formats.value(row.value, metric.unit),
            new=new,
            baseline_value=formats.value(row.baseline_value, metric.unit),
            baseline=traffic.context.baseline.label,
            effect=difference,
            interval=interval,
        ),
        evidence=Evidence(table="summary", row={"campaign": row.campaign, "metric": row.metric}),
        direction="better" if row.verdict == Verdict.BETTER else "worse",
        weight=0.65,
    )


def _average(traffic: Traffic, campaign: Campaign) -> Finding | None:
    formats, lengths = traffic.context.formats, traffic.durations[campaign.key]
    mean = traffic.measure(campaign, "duration_mean")
    held = lengths.held_by_longest(LONGEST_TENTH)
    if not mean.value or held is None:
        return None
    half = _value(traffic, campaign, "duration_median")
    zero = formats.share(traffic.value(campaign, "zero_length_share"))
    return Finding(
        heading=_("What the average hides"),
        text=_(
            "The mean visit is {mean}{limits}, the median {half}. The longest tenth of visits"
            " holds {held} of all time, and {zero} have no length at all.",
            mean=_value(traffic, campaign, "duration_mean"),
            limits=_limits(traffic, mean, "duration_mean"),
            half=half,
            held=formats.share(held),
            zero=zero,
        ),
        evidence=Evidence(
            table="summary", row={"campaign": campaign.key, "metric": "duration_mean"}
        ),
        weight=0.55,
    )


def _network(networks: pd.DataFrame, campaign: Campaign, traffic: Traffic) -> Finding | None:
    mine = networks[networks["campaign"] == campaign.key]
    outside = mine[~mine["network"].isin(["direct", "internal"])]
    if not len(outside):
        return None
    first, formats = next(outside.itertuples()), traffic.context.formats
    name = network_name(first.network)
    direct = mine.loc[mine["network"] == "direct", "sessions"].sum()
    return Finding(
        heading=_("Where visits come from"),
        text=_(
            "{network} brought {sessions} visits ({share}), the most of any network; {direct} came"
            " without one.",
            network=name[:1].upper() + name[1:],
            sessions=formats.count(first.sessions),
            share=formats.share(first.share),
            direct=formats.count(direct),
        ),
        evidence=Evidence(
            table="networks", row={"campaign": campaign.key, "network": first.network}
        ),
        weight=0.35,
    )


def _bots(traffic: Traffic, campaign: Campaign) -> Finding | None:
    bots, people = (traffic.value(campaign, name) for name in ("bot_requests", "requests"))
    if not bots or bots < MUCH_OF_BOTS * (bots + people):
        return None
    formats = traffic.context.formats
    return Finding(
        heading=_("Bots in the log"),
        text=_(
            "{bots} requests of {campaign} named a bot as their user agent. Bots that hide their"
            " name still count as people.",
            bots=formats.count(bots),
            campaign=campaign.label,
        ),
        evidence=Evidence(
            table="summary", row={"campaign": campaign.key, "metric": "bot_requests"}
        ),
        weight=0.3,
    )


def _failed(traffic: Traffic, campaign: Campaign) -> Finding | None:
    statuses = traffic.facts.get("traffic_statuses")
    if statuses is None:
        return None
    mine = statuses[(statuses["campaign"] == campaign.key) & statuses["status"].notna()]
    total = int(mine["requests"].sum())
    failed = mine[mine["status"] >= 400]
    count = int(failed["requests"].sum())
    if not total or count < MUCH_FAILED * total:
        return None
    formats = traffic.context.formats
    worst = max(failed.itertuples(), key=lambda row: (row.requests, -row.status))
    return Finding(
        heading=_("Requests that failed"),
        text=_(
            "{count} of {total} requests ({share}) ended in an error, most of them with status"
            " {status} ({requests}).",
            count=formats.count(count),
            total=formats.count(total),
            share=formats.share(count / total),
            status=f"{worst.status:.0f}",
            requests=formats.count(worst.requests),
        ),
        evidence=Evidence(table="statuses", row={"campaign": campaign.key, "status": worst.status}),
        direction="worse",
        kind="risk",
        weight=0.5,
    )


def _unread(traffic: Traffic, campaign: Campaign) -> Finding | None:
    unread = traffic.value(campaign, "malformed_lines")
    lines = unread + sum(traffic.value(campaign, name) for name in ("requests", "bot_requests"))
    if not unread or unread < MUCH_UNREAD * lines:
        return None
    return Finding(
        heading=_("Lines that could not be read"),
        text=_(
            "{unread} lines of the log could not be read and are in no figure.",
            unread=traffic.context.formats.count(unread),
        ),
        evidence=Evidence(
            table="summary", row={"campaign": campaign.key, "metric": "malformed_lines"}
        ),
        direction="worse",
        kind="risk",
        weight=0.6,
    )


# -- caveats and definitions ---------------------------------------------------------------------


def caveats(traffic: Traffic, options: Any) -> list[str]:
    """Only those the data call for."""
    context, formats = traffic.context, traffic.context.formats
    newest = context.campaigns[-1]
    told = []
    zero = traffic.measure(newest, "zero_length_share")
    if zero.value:
        told.append(
            _(
                "{value} of visits have no length because nothing was asked for after their first"
                " moment; they are in the mean as 0, so the mean is too low.",
                value=formats.share(zero.value),
            )
        )
    if options.visitor in ("ip", "ip_agent") and traffic.measure(newest, "requests").value:
        told.append(
            _(
                "Visitors are told apart by address and browser: people behind one address with"
                " the same browser count as one."
            )
            if options.visitor == "ip_agent"
            else _(
                "Visitors are told apart by address: people behind one address with the same"
                " browser count as one."
            )
        )
    unread = traffic.value(newest, "malformed_lines")
    if unread:
        told.append(
            n_(
                "{n} line of the log could not be read; the table says why.",
                "{n} lines of the log could not be read; the table says why.",
                int(unread),
                n=formats.count(unread),
            )
        )
    if context.compared:
        told.append(
            _(
                "Periods were not randomised, and visits of one visitor count as independent: a"
                " difference may come from time, mix or season, and intervals are somewhat too"
                " narrow."
            )
        )
    return told


def definitions(traffic: Traffic, options: Any) -> list[tuple[str, str]]:
    """The terms used."""
    gap = traffic.context.formats.number(options.gap_minutes)
    hits = _("requests") if options.hits == "all" else _("page views")
    more = f", {options.bot_words}" if options.bot_words else ""
    return [
        (
            _("Visit"),
            _(
                "{hits} of one visitor with no more than {gap} minutes between one and the next; it"
                " is cut at the ends of the window and nowhere else",
                hits=hits,
                gap=gap,
            ),
        ),
        (
            _("Visit time"),
            _("last request less first request, in whole seconds; 0 for a single one"),
        ),
        (_("Bounce"), _("a visit of a single one of its {hits}", hits=hits)),
        (
            _("Page view"),
            _(
                "a GET answered with status 200 or 304 for a path that is no asset (style, script,"
                " picture, font, film, archive, feed)"
            ),
        ),
        (
            _("Bot"),
            _(
                "a user agent that holds bot, crawl, spider, slurp, feed, fetch, monitor, curl,"
                " wget, python, java/ or libwww{more}; left out",
                more=more,
            )
            if options.bots == "exclude"
            else _(
                "a user agent that holds bot, crawl, spider, slurp, feed, fetch, monitor, curl,"
                " wget, python, java/ or libwww{more}; counted like everybody",
                more=more,
            ),
        ),
        (
            _("Interval of the mean visit"),
            _(
                "bootstrap over visits (1,000 draws, percentile limits); of a difference of means:"
                " Welch's t; of rates: Wilson and Newcombe"
            ),
        ),
    ]


# -- the front page of a report on logs alone ----------------------------------------------------


def front(traffic: Traffic) -> Front:
    """The fifteen-second read where the report has no campaigns of users."""
    context = traffic.context
    shown = context.compared or context.campaigns
    level = context.formats.share(context.confidence)
    return Front(
        verdict=_verdict(traffic),
        lede=_lede(traffic),
        kpis=[row for campaign in shown for row in _kpis(traffic, campaign)],
        coverage=_coverage(traffic),
        note=_(
            "Intervals ({level}) are of the differences; totals are not tested. pp = percentage"
            " points.",
            level=level,
        )
        if context.compared
        else _("Intervals ({level}) are of the values; nothing is compared.", level=level),
        hero=("traffic", "trend" if "traffic_days" in traffic.facts else "duration"),
    )


def _verdict(traffic: Traffic) -> str:
    context = traffic.context
    if not context.compared:
        return _(
            "Visits of {baseline}: nothing to compare them with.", baseline=context.baseline.label
        )[:80]
    name = context.compared[0].label if len(context.compared) == 1 else _("any period")
    old = context.baseline.label
    if not traffic.summary["p_value"].notna().any():
        return _("Too few visits to compare {name} with {old}.", name=name, old=old)
    found = {row.metric: row for row in passed(traffic)}
    if len(context.compared) > 1:
        return (
            _(
                "Visits differ from {old} in {n} of {all} figures.",
                old=old,
                n=len(found),
                all=len(METRICS),
            )
            if found
            else _("No evidence that visits differ from {old}.", old=old)
        )
    if "duration_mean" in found:
        if found["duration_mean"].difference > 0:
            return _("Visits last longer in {name} than in {old}.", name=name, old=old)
        return _("Visits last shorter in {name} than in {old}.", name=name, old=old)
    if found:
        names = [within(_(METRICS[metric].name)) for metric in found]
        told = context.formats.join(names)
        return _(
            "{metrics} changed from {old} to {name}.",
            metrics=told[:1].upper() + told[1:],
            old=old,
            name=name,
        )
    return _("No evidence that visits changed from {old} to {name}.", old=old, name=name)


def _lede(traffic: Traffic) -> str:
    context, formats = traffic.context, traffic.context.formats
    told = []
    for campaign in context.campaigns:
        sessions = int(traffic.value(campaign, "sessions"))
        visits = n_("{n} visit", "{n} visits", sessions, n=formats.count(sessions))
        people = int(traffic.value(campaign, "visitors"))
        by = (
            n_(" by {n} visitor", " by {n} visitors", people, n=formats.count(people))
            if people
            else ""
        )
        mean = traffic.measure(campaign, "duration_mean")
        length = (
            _(
                ", {mean} on average{limits}",
                mean=_value(traffic, campaign, "duration_mean"),
                limits=_limits(traffic, mean, "duration_mean"),
            )
            if mean.value is not None
            else ""
        )
        told.append(f"{isolated(campaign.label)}: {visits}{by}{length}.")
    return " ".join(told)


def _kpis(traffic: Traffic, campaign: Campaign) -> list[KpiRow]:
    has = [m for m in (*FRONT, *TOTALS) if traffic.measure(campaign, m).value is not None]
    most = 8 // max(1, len(traffic.context.compared))
    return [_kpi(traffic, campaign, metric) for metric in has[: max(2, most)]]


def _kpi(traffic: Traffic, campaign: Campaign, name: str) -> KpiRow:
    context, formats, metric = traffic.context, traffic.context.formats, METRICS[name]
    row, unit = traffic.row(campaign, name), metric.unit
    alone = campaign.key == context.baseline.key
    before = row.value if alone else row.baseline_value
    tested = shape.known(row.p_value) is not None
    change, interval, strip = "–", "–", None
    if alone:
        interval = formats.interval(row.ci_low, row.ci_high, unit, signed=False)
    elif tested:
        change = formats.difference(row.difference, unit)
        interval = formats.interval(row.difference_ci_low, row.difference_ci_high, unit)
        strip = _strip(row, metric.higher_is_better is not False)
    elif unit == "count" and before:
        change = formats.relative(row.value / before - 1)
    sign = formats.unit_sign(unit) if unit in ("rate", "seconds") else ""
    return KpiRow(
        metric=name,
        campaign=campaign.key,
        name=_(metric.name),
        baseline=formats.value(before, unit, symbol=False),
        value=formats.value(row.value, unit, symbol=False),
        unit=sign,
        change=change,
        change_unit="pp" if tested and unit == "rate" else "",
        interval=interval,
        verdict=Verdict(row.verdict),
        strip=strip,
    )


def _strip(row: Any, higher_is_better: bool) -> tuple[float, float, float]:
    scale = 1.1 * max(abs(row.difference_ci_low), abs(row.difference_ci_high)) or 1.0
    sign = 1 if higher_is_better else -1
    ends = (row.difference_ci_low, row.difference_ci_high)
    low, high = sorted(sign * each / scale for each in ends)
    return low, sign * row.difference / scale, high


def _coverage(traffic: Traffic) -> str:
    context, formats = traffic.context, traffic.context.formats
    spans, counted = [], traffic.facts.get("traffic_span")
    for row in counted.itertuples() if counted is not None else []:
        if shape.known(row.first) is not None:
            label = shape.campaign_label(row.campaign, context)
            spans.append(f"{formats.dates(row.first, row.last)} ({label})")
    dates = f"{', '.join(spans)}, {context.timezone}" if spans else _("no dates in the data")
    visits = sum(traffic.value(campaign, "sessions") for campaign in context.campaigns)
    pieces = [dates, n_("{n} visit", "{n} visits", int(visits), n=formats.count(int(visits)))]
    bots = sum(traffic.value(campaign, "bot_requests") for campaign in context.campaigns)
    unread = max(traffic.value(campaign, "malformed_lines") for campaign in context.campaigns)
    if bots:
        pieces.append(
            n_("{n} request of bots", "{n} requests of bots", int(bots), n=formats.count(bots))
        )
    if unread:
        pieces.append(
            n_(
                "{n} line not readable",
                "{n} lines not readable",
                int(unread),
                n=formats.count(unread),
            )
        )
    if context.compared:
        pieces.append(_("a difference is not proof of cause"))
    return " · ".join(pieces)
