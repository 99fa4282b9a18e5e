"""Which campaigns a report lines up: windows, the periods they are compared with, parts, logs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from growthml.config.campaigns import CampaignConfig, MeanOfLast
from growthml.config.schema import Config
from growthml.errors import UsageError
from growthml.facts.relations import Cut
from growthml.parts import Campaign
from growthml.period import Window, last, name_of, parse, previous, resolve, same_last_year
from growthml.words import N_, _

COLOURS = ("new", "c1", "c2", "c3")
_NUMBERS = {
    2: N_("Two"),
    3: N_("Three"),
    4: N_("Four"),
    5: N_("Five"),
    6: N_("Six"),
    8: N_("Eight"),
    12: N_("Twelve"),
}
_MEANS = {
    "day": N_("{n}-day mean"),
    "week": N_("{n}-week mean"),
    "month": N_("{n}-month mean"),
    "quarter": N_("{n}-quarter mean"),
    "year": N_("{n}-year mean"),
    "period": N_("{n}-period mean"),
}
MEAN = "mean_of_last"
BEFORE = "previous_period"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One campaign: as sections see it, and how it is cut out of its source.

    The cut's key tells it apart in the data, the campaign's key is what tables call it. log: it is
    a web log that none of the config's campaigns reads. pooled: it is one of the periods whose
    mean is the baseline. part: the value of `for_each` it is cut down to.
    """

    campaign: Campaign
    cut: Cut
    log: bool = False
    pooled: bool = False
    part: str = ""

    @property
    def alone(self) -> bool:
        """Whether sections that cannot pool periods see it: of those pooled only the latest."""
        return not self.pooled or self.campaign.key == BEFORE


def line_up(config: Config, entries: Mapping[str, CampaignConfig], as_of: date) -> list[Planned]:
    """The campaigns as of a day, the baseline first.

    A baseline that is a period becomes a campaign of its own: the first campaign, cut earlier; a
    mean of periods becomes one for each of them. Raises UsageError where it needs a window and
    there is none.
    """
    window = resolve(config.period, as_of)
    keys = list(entries)
    period = config.baseline if config.baseline_key is None else None
    unbounded = window is None and entries is not config.campaigns
    if period is None or unbounded:
        baseline = config.baseline_key if config.baseline_key in entries else keys[0]
        ordered = [key for key in keys if key == baseline] + [k for k in keys if k != baseline]
        return [
            _planned(config, key, entries[key], window, _colour(place - 1))
            for place, key in enumerate(ordered)
        ]
    first = _planned(config, keys[0], entries[keys[0]], window, "baseline")
    rest = [
        _planned(config, key, entries[key], window, _colour(place))
        for place, key in enumerate(keys)
    ]
    if len(rest) == 1 and entries[keys[0]].label is None:
        rest = [_named(rest[0], config.period, as_of, keys[0])]
    earlier = _earlier(first, period, config.period)
    return [
        *(_named(each, config.period, as_of, each.campaign.label) for each in earlier),
        *rest,
    ]


def _named(planned: Planned, period: str, as_of: date, otherwise: str) -> Planned:
    """The campaign called by its week, month, quarter or year, where its window is one."""
    start, end = planned.cut.start, planned.cut.end
    name = name_of(Window(start, end), period, as_of) if start and end else None
    return replace(planned, campaign=replace(planned.campaign, label=name or otherwise))


def cut_down(planned: Sequence[Planned], part: str) -> list[Planned]:
    """The same campaigns with users of one channel only; none of them a log."""
    return [
        replace(
            each,
            part=part,
            cut=replace(
                each.cut,
                key=f"{each.cut.key}/{part}",
                where={**each.cut.where, "channel": (part,)},
                part=part,
            ),
            campaign=replace(each.campaign, definition=_digest([each.campaign.definition, part])),
        )
        for each in planned
        if not each.log and _holds(each.cut, part)
    ]


FOLLOW_UPS = (30, 60, 90)
"""Days after a campaign's end on which it is measured again."""


def follow_ups(config: Config, today: date) -> list[tuple[str, int, date]]:
    """Campaigns that are over and what is due of them: key, days after the end, as-of date.

    Only campaigns that say what they were for. Raises UsageError where there is none with an end.
    """
    meant = {
        key: entry.window.end
        for key, entry in config.campaigns.items()
        if (entry.hypothesis or entry.expected) and entry.window and entry.window.end
    }
    if not meant:
        raise UsageError(
            "--postmortem needs a campaign with a hypothesis or an expectation, and a window with"
            " an end: campaigns.<key>.window.to"
        )
    return [
        (key, days, as_of)
        for key, end in meant.items()
        for days in FOLLOW_UPS
        if (as_of := end + timedelta(days=days - 1)) <= today
    ]


def followed(planned: Sequence[Planned], days: int) -> list[Planned]:
    """The same users, followed so many days beyond the end of their window, where it has one."""
    return [
        each
        if each.cut.end is None
        else replace(
            each,
            cut=replace(each.cut, until=each.cut.end + timedelta(days=days)),
            campaign=replace(
                each.campaign,
                end=each.cut.end + timedelta(days=days),
                definition=_digest([each.campaign.definition, days]),
            ),
        )
        for each in planned
    ]


def pooled_baseline(planned: Sequence[Planned], period: str) -> Campaign | None:
    """The mean of the pooled periods as one campaign; None where none are pooled."""
    periods = [each.campaign for each in planned if each.pooled]
    if not periods:
        return None
    starts = [each.start for each in periods if each.start]
    ends = [each.end for each in periods if each.end]
    return replace(
        periods[-1],
        key=MEAN,
        label=_mean(len(periods), _unit(period)),
        start=min(starts),
        end=max(ends),
        periods=len(periods),
    )


def _mean(n: int, unit: str) -> str:
    return _(_MEANS[unit], n=_(_NUMBERS[n]) if n in _NUMBERS else n)


def _colour(place: int) -> str:
    return "baseline" if place < 0 else COLOURS[place % len(COLOURS)]


def _holds(cut: Cut, part: str) -> bool:
    """Whether a campaign's own filter lets users of a channel in."""
    wanted = cut.where.get("channel")
    return not isinstance(wanted, tuple) or part in map(str, wanted)


def _planned(
    config: Config, key: str, entry: CampaignConfig, window: Window | None, colour: str
) -> Planned:
    start, end = (window.start, window.end) if window else (None, None)
    if entry.window is not None:
        start, end = entry.window.start, entry.window.end
    return Planned(
        campaign=Campaign(
            key=key,
            label=entry.label or key,
            source=entry.source,
            colour=colour,
            start=start,
            end=end,
            definition=definition(config, entry),
            filtered=bool(entry.where),
        ),
        cut=Cut(key=key, start=start, end=end, population=entry.population, where=entry.where),
    )


def _earlier(first: Planned, baseline: str | MeanOfLast, period: str) -> list[Planned]:
    start, end = first.cut.start, first.cut.end
    name = MEAN if isinstance(baseline, MeanOfLast) else baseline
    if start is None or end is None:
        raise UsageError(f"baseline {name} needs a period or a window with both ends")
    window = Window(start, end)
    if isinstance(baseline, MeanOfLast):
        windows = last(baseline.mean_of_last, window, period)
        return [
            _shifted(first, each, _nth(place), _label(place), pooled=True)
            for place, each in zip(range(len(windows), 0, -1), windows, strict=True)
        ]
    if baseline == BEFORE:
        return [_shifted(first, previous(window, period), BEFORE, _("Period before"))]
    return [_shifted(first, same_last_year(window, period), baseline, _("A year before"))]


def _shifted(
    first: Planned, window: Window, key: str, label: str, *, pooled: bool = False
) -> Planned:
    start, end = window.start, window.end
    return Planned(
        campaign=replace(first.campaign, key=key, label=label, start=start, end=end),
        cut=replace(first.cut, key=key, start=start, end=end),
        pooled=pooled,
    )


def _nth(place: int) -> str:
    return BEFORE if place == 1 else f"{BEFORE}_{place}"


def _label(place: int) -> str:
    return _("Period before") if place == 1 else _("{n} periods before", n=place)


def _unit(period: str) -> str:
    """What one of a period is called: week, or period where it is made of several."""
    if period == "all":
        return "period"
    count, unit = parse(period)
    return unit if count == 1 else "period"


# -- what makes two numbers comparable ---------------------------------------------------------


def definition(config: Config, entry: CampaignConfig) -> str:
    """A digest of all that decides what a campaign's numbers mean, but for its dates and labels."""
    plain = config.fingerprint()
    metrics = {key: each for key, each in plain["metrics"].items() if key != "targets"}
    return _digest(
        [
            config.sources[entry.source].url.stored(),
            config.schema_of(entry.source).model_dump(mode="json"),
            entry.model_dump(mode="json", include={"where", "population"}),
            metrics,
            plain["overlap"],
            config.report.currency,
            config.report.timezone,
        ]
    )


def _digest(parts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]
