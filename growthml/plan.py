"""From the config and the sections there are to what will run; the only file that knows both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from growthml.config.load import load
from growthml.config.problems import suggestion
from growthml.config.schema import Config, MeanOfLast, SectionChoice
from growthml.errors import UsageError
from growthml.facts.relations import Counting, Cut
from growthml.formats import Formats
from growthml.parts import Campaign, Context, Metrics, Options, Section
from growthml.period import Window, previous, resolve, same_last_year
from growthml.sources.mapping import Mapped
from growthml.sections import all_sections

COLOURS = ("new", "c1", "c2", "c3")


def read_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """The config at `path`, checked against the sections there are; raises ConfigError."""
    sections = all_sections()
    return load(
        path,
        options={name: section.options for name, section in sections.items()},
        overrides=overrides,
        default_sections=list(sections),
    )


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A section with the options it runs with. by_default: nobody asked for it by name."""

    section: Section
    options: Options
    by_default: bool = False
    required: bool = False
    on_failure: str = "partial"


def choose(config: Config, only: Sequence[str] = ()) -> list[Chosen]:
    """The sections to run, in order; raises UsageError when `only` names one that is not there."""
    sections = all_sections()
    chosen = [_chosen(sections[choice.name], choice) for choice in config.sections]
    if not only:
        return chosen
    configured = {each.section.id: each for each in chosen}
    unknown = [name for name in only if name not in sections]
    if unknown:
        raise UsageError(
            f"--only {unknown[0]}: there is no such section; there are {', '.join(sections)}"
        )
    return [
        replace(
            configured.get(name) or Chosen(section=sections[name], options=sections[name].options()),
            by_default=False,
        )
        for name in dict.fromkeys(only)
    ]


def _chosen(section: Section, choice: SectionChoice) -> Chosen:
    options = choice.options
    return Chosen(
        section=section,
        options=section.options.model_validate(options.model_dump()),
        by_default=choice.by_default,
        required=choice.required,
        on_failure=choice.on_failure,
    )


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One campaign: as sections see it, and how it is cut out of its source."""

    campaign: Campaign
    cut: Cut


def campaigns(config: Config, as_of: date) -> list[Planned]:
    """The campaigns of the report as of a day, the baseline first.

    A baseline that is a period becomes a campaign of its own: the first campaign, cut earlier.
    """
    window = resolve(config.period, as_of)
    keys = list(config.campaigns)
    period = config.baseline if config.baseline_key is None else None
    if isinstance(period, MeanOfLast):
        raise UsageError(
            "baseline: {mean_of_last: n} is not available in this version; use previous_period"
        )
    if period is None:
        baseline = config.baseline_key
        ordered = [key for key in keys if key == baseline] + [k for k in keys if k != baseline]
        return [
            _planned(config, key, window, "baseline" if place == 0 else COLOURS[(place - 1) % 4])
            for place, key in enumerate(ordered)
        ]
    first = _planned(config, keys[0], window, "baseline")
    earlier = _earlier(first, str(period), config.period)
    rest = [_planned(config, k, window, COLOURS[n % 4]) for n, k in enumerate(keys)]
    return [earlier, *rest]


def _planned(config: Config, key: str, window: Window | None, colour: str) -> Planned:
    entry = config.campaigns[key]
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
        ),
        cut=Cut(key=key, start=start, end=end, population=entry.population, where=entry.where),
    )


def _earlier(first: Planned, baseline: str, period: str) -> Planned:
    start, end = first.cut.start, first.cut.end
    if start is None or end is None:
        raise UsageError(f"baseline {baseline} needs a period or a window with both ends")
    shift = previous if baseline == "previous_period" else same_last_year
    label = "Period before" if baseline == "previous_period" else "A year before"
    window = shift(Window(start, end), period)
    return Planned(
        campaign=replace(
            first.campaign, key=baseline, label=label, start=window.start, end=window.end
        ),
        cut=replace(first.cut, key=baseline, start=window.start, end=window.end),
    )


def excludes_overlap(config: Config) -> bool:
    """Whether users of several campaigns are left out: by choice, or in an experiment."""
    return config.overlap == "exclude" or (config.overlap is None and config.randomised)


def counting(config: Config, *, seen_until: date, today: date) -> Counting:
    """What counts, for the facts."""
    metrics = config.metrics
    known = frozenset({metrics.response, *metrics.idle, *config.labels.action})
    if config.schema_ is None and not any(s.schema_ for s in config.sources.values()):
        known |= {"bought", "like", "share", "nothing"}
    elif not config.labels.action:
        known = frozenset()
    return Counting(
        response=metrics.response,
        idle=frozenset(metrics.idle),
        value=metrics.value if isinstance(metrics.value, str) else float(metrics.value),  # type: ignore[arg-type]
        seen_until=seen_until,
        today=today,
        exclude_overlap=excludes_overlap(config),
        known_actions=known,
    )


def context(config: Config, planned: Sequence[Planned], as_of: date) -> Context:
    """What sections may know of the config."""
    metrics = config.metrics
    return Context(
        campaigns=[each.campaign for each in planned],
        as_of=as_of,
        timezone=config.report.timezone,
        metrics=Metrics(
            response=metrics.response,
            idle=frozenset(metrics.idle),
            costs=dict(metrics.costs),
            targets=dict(metrics.targets),
        ),
        formats=Formats(locale=config.report.locale, currency=config.report.currency),
        confidence=config.statistics.confidence,
        correction=config.statistics.correction,
        randomised=config.randomised,
        smallest_effect=config.statistics.smallest_effect,
        allocation=dict(config.allocation),
        labels=_labels(config, planned),
    )


def _labels(config: Config, planned: Sequence[Planned]) -> Mapping[str, Mapping[str, str]]:
    from growthml.metrics import STANDARD

    labels = config.labels
    return {
        "channel": dict(labels.channel),
        "action": dict(labels.action),
        "category": dict(labels.category),
        "campaign": {each.campaign.key: each.campaign.label for each in planned},
        "metric": {metric.id: metric.name for metric in STANDARD},
        "check": _check_labels(),
    }


def _check_labels() -> dict[str, str]:
    names = (
        "event_before_signup",
        "orphan_user",
        "orphan_item",
        "duplicate_event",
        "missing_time",
        "future_event",
        "unknown_action",
        "missing_channel",
        "nonpositive_price",
        "stale",
        "cancelled",
    )
    words = {"event_before_signup": "event before sign-up", "nonpositive_price": "no price"}
    return {name: words.get(name, name.replace("_", " ")) for name in names}


def unknown_filters(config: Config, source: str, mapped: Mapped) -> list[str]:
    """Filters of a source's campaigns that name a column the source does not have."""
    problems = []
    for key, entry in config.campaigns.items():
        if entry.source != source:
            continue
        for name in entry.where:
            role, _, column = name.partition(".")
            table = {"users": mapped.users, "events": mapped.events}.get(role)
            if column and table is None:
                problems.append(f"campaigns.{key}.where.{name}: the schema maps no table '{role}'")
            elif column and table is not None and column not in table.columns:
                problems.append(
                    f"campaigns.{key}.where.{name}: there is no column '{column}'"
                    f"{suggestion(column, list(table.columns))}"
                )
    return problems
