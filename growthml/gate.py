"""The gate between a finished report and its readers: data too old, alerts, what has changed.

Only clocks and delivery are judged here; what a section's failure does stands in `answers`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from growthml.config.metrics import AlertConfig
from growthml.config.schema import Config
from growthml.lineup import Planned
from growthml.metrics import STANDARD
from growthml.parts import Context, Run, SectionRun, Verdict, rows_of
from growthml.progress import Progress
from growthml.words import N_, _, n_

LONGEST_PAUSE = 60.0
_TESTED = frozenset({Verdict.BETTER, Verdict.WORSE, Verdict.NO_EVIDENCE})


# -- how old the data may be -------------------------------------------------------------------


def waited_for(
    newest: Callable[[], Mapping[str, datetime | None]],
    config: Config,
    planned: Sequence[Planned],
    progress: Progress,
    *,
    now: Callable[[], datetime],
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Why the data are too old, a sentence a source; none where they are young enough.

    newest: by source, its latest event before `now`. With `wait_for` it is asked again and again
    until the data are young enough or the time is up. Without `max_age` nothing is too old.
    """
    if config.max_age is None:
        return []
    started, seen_last = time.monotonic(), ""
    limit = config.wait_for.total_seconds() if config.wait_for else 0.0
    while found := list(_too_old(newest(), config, planned, now())):
        left = limit - (time.monotonic() - started)
        if left <= 0:
            return found
        if found[0] != seen_last:
            progress.say(f"Waiting for younger data: {found[0]}")
        seen_last = found[0]
        sleep(min(left, LONGEST_PAUSE, max(1.0, limit / 20)))
    return []


def _too_old(
    newest: Mapping[str, datetime | None],
    config: Config,
    planned: Sequence[Planned],
    now: datetime,
) -> Iterator[str]:
    assert config.max_age is not None
    for source in _running(config, planned, now):
        latest = newest.get(source)
        if latest is None:
            yield _("{source} has no events before {moment}.", source=source, moment=_instant(now))
        elif now - latest > config.max_age:
            yield _(
                "The newest event of {source} is of {moment}, {age} old; max_age is {limit}.",
                source=source,
                moment=_instant(latest),
                age=_age(now - latest),
                limit=_age(config.max_age),
            )


def _running(config: Config, planned: Sequence[Planned], now: datetime) -> list[str]:
    """The sources of campaigns that go on: one whose own window is over gets no new data."""
    over = {
        key
        for key, entry in config.campaigns.items()
        if entry.window and entry.window.end and entry.window.end <= now.date()
    }
    compared = planned[1:] or planned
    names = [each.campaign.source for each in compared if each.campaign.key not in over]
    return list(dict.fromkeys(names))


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")


def _age(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    if hours < 1:
        minutes = round(hours * 60)
        return n_("{n} minute", "{n} minutes", minutes, n=minutes)
    if hours < 72:
        return n_("{n} hour", "{n} hours", round(hours), n=round(hours))
    days = round(hours / 24)
    return n_("{n} day", "{n} days", days, n=days)


# -- alerts ------------------------------------------------------------------------------------


def alerts(config: Config, sections: Sequence[SectionRun], context: Context) -> list[str]:
    """The bounds of the config and of its sections that were crossed, a sentence each; what cannot
    be told, too."""
    named = [said for alert in config.alerts for said in _alert(alert, sections, context)]
    return named + [said for each in sections if each.answer for said in each.answer.alerts]


def _alert(alert: AlertConfig, sections: Sequence[SectionRun], context: Context) -> Iterator[str]:
    table = ("profitability", "by_channel") if alert.channel else ("summary", "kpis")
    rows = rows_of(sections, *table)
    watched = [alert.campaign] if alert.campaign else [each.key for each in context.compared]
    watched = watched or [context.baseline.key]
    seen = False
    for row in rows:
        mine = row["campaign"] in watched and alert.channel in (None, "all", row.get("channel"))
        value = _value(alert, row) if mine else None
        if value is None:
            continue
        seen = True
        yield from _crossed(alert, row, value, _compared(alert, row, rows, context), context)
    if not seen:
        name = ".".join(table)
        if alert.channel:
            yield _(
                "The alert on {metric} of {channel} cannot be told: {table} has no such number.",
                metric=alert.metric,
                channel=alert.channel,
                table=name,
            )
        else:
            yield _(
                "The alert on {metric} cannot be told: {table} has no such number.",
                metric=alert.metric,
                table=name,
            )


def _value(alert: AlertConfig, row: Mapping[str, Any]) -> float | None:
    if alert.channel is None:
        found = row["value"] if row["metric"] == alert.metric else None
    else:
        found = row.get(alert.metric)
    return None if found is None or found != found else float(found)


def _compared(
    alert: AlertConfig,
    row: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    context: Context,
) -> float | None:
    """What `falls_by` and `rises_by` compare with."""
    if alert.against == "last_report":
        past = [
            each.value
            for each in context.past
            if (each.campaign, each.metric) == (row["campaign"], alert.metric)
        ]
        return past[-1] if past else None
    if alert.channel is None:
        found = row.get("baseline_value")
        return None if found is None or found != found else float(found)
    baseline = context.baseline.key
    for other in rows:
        if other["campaign"] == baseline and other["channel"] == row["channel"]:
            return _value(alert, other)
    return None


def _crossed(
    alert: AlertConfig,
    row: Mapping[str, Any],
    value: float,
    before: float | None,
    context: Context,
) -> Iterator[str]:
    standard = next((each for each in STANDARD if each.id == alert.metric), None)
    unit, name = (standard.unit, standard.name) if standard else ("rate", _rate(alert, context))
    show = context.formats.value
    of = f"{context.label('campaign', row['campaign'])}"
    if alert.channel is not None:
        channel = context.label("channel", row["channel"])
        of = _("{channel} in {campaign}", channel=channel, campaign=of)
    said = {"metric": name, "of": of, "value": show(value, unit)}
    if alert.below is not None and value < alert.below:
        yield _(
            "{metric} of {of} is {value}, below {bound}.", **said, bound=show(alert.below, unit)
        )
    if alert.above is not None and value > alert.above:
        yield _(
            "{metric} of {of} is {value}, above {bound}.", **said, bound=show(alert.above, unit)
        )
    if not before:
        return
    change = value / before - 1
    told = _MOVED["last_report" if alert.against == "last_report" else "baseline"]
    said |= {"before": show(before, unit), "change": context.formats.share(abs(change))}
    if alert.falls_by is not None and change <= -alert.falls_by:
        yield _(told[0], **said)
    if alert.rises_by is not None and change >= alert.rises_by:
        yield _(told[1], **said)


_MOVED = {
    "last_report": (
        N_("{metric} of {of} is {value}, {before} in the report before: it fell by {change}."),
        N_("{metric} of {of} is {value}, {before} in the report before: it rose by {change}."),
    ),
    "baseline": (
        N_("{metric} of {of} is {value}, {before} in the baseline: it fell by {change}."),
        N_("{metric} of {of} is {value}, {before} in the baseline: it rose by {change}."),
    ),
}
"""What an alert on a change says, by what it compares with: of a fall, and of a rise."""


def _rate(alert: AlertConfig, context: Context) -> str:
    """What the rate of an action is called."""
    action = alert.metric.removesuffix("_rate")
    return _("{action} rate", action=context.label("action", action).capitalize())


# -- what has changed --------------------------------------------------------------------------


def changed(run: Run) -> bool:
    """Whether a test says something else than in the report before; the first report is news."""
    past = run.context.past
    if not past:
        return True
    last = past[-1].run_id
    before = {(e.campaign, e.metric): e.verdict for e in past if e.run_id == last}
    now = {
        (row["campaign"], row["metric"]): str(row["verdict"])
        for row in rows_of(run.sections, "summary", "kpis")
    }
    tested = {str(each) for each in _TESTED}
    return any(
        verdict != before.get(key)
        for key, verdict in now.items()
        if verdict in tested or before.get(key) in tested
    )
