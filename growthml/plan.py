"""From the config and the sections there are to what will run; the only file that knows both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from growthml.config.load import load
from growthml.config.problems import suggestion
from growthml.config.schema import CampaignConfig, Config, MeanOfLast, SectionChoice
from growthml.errors import UsageError
from growthml.facts.relations import Counting, Cut
from growthml.formats import Formats
from growthml.metrics import STANDARD
from growthml.parts import Campaign, Context, Metrics, Options, Section
from growthml.period import Window, previous, resolve, same_last_year
from growthml.sections import all_sections
from growthml.sources.mapping import Mapped

COLOURS = ("new", "c1", "c2", "c3")
UNHEEDED = frozenset(
    {"alerts", "delivery", "extra_sections", "for_each", "max_age", "theme", "wait_for"}
)
SIMULATED_ACTIONS = frozenset({"bought", "like", "share", "nothing"})
CHECKS = {
    "event_before_signup": "event before sign-up",
    "orphan_user": "orphan user",
    "orphan_item": "orphan item",
    "duplicate_event": "duplicate event",
    "missing_time": "missing time",
    "future_event": "future event",
    "unknown_action": "unknown action",
    "missing_channel": "missing channel",
    "nonpositive_price": "no price",
    "stale": "stale",
    "cancelled": "cancelled",
}
"""What pages call the checks of data quality."""


def read_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """The config at `path`, checked against the sections there are; raises ConfigError."""
    sections = all_sections()
    return load(
        path,
        options={name: section.options for name, section in sections.items()},
        overrides=overrides,
        default_sections=list(sections),
    )


def unheeded(config: Config) -> list[str]:
    """Keys of the config that this version reads and does nothing with."""
    found = sorted(UNHEEDED & config.model_fields_set)
    if "xlsx" in config.output.formats:
        found.append("output.formats: xlsx")
    if config.output.history is not None:
        found.append("output.history")
    found += [f"sources.{name}.same_users" for name, s in config.sources.items() if s.same_users]
    return found


def templates(config: Config) -> Path | None:
    """The user's own templates; raises UsageError where that folder is not there."""
    if config.output.templates is None:
        return None
    folder = Path(config.output.templates)
    if not folder.is_dir():
        raise UsageError(
            f"output.templates: there is no folder {folder};"
            " `growthml templates --export DIR` writes one"
        )
    return folder


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
        replace(configured.get(name) or _with_defaults(sections[name]), by_default=False)
        for name in dict.fromkeys(only)
    ]


def _with_defaults(section: Section) -> Chosen:
    try:
        return Chosen(section=section, options=section.options())
    except ValidationError:
        raise UsageError(
            f"--only {section.id}: this section cannot do without options; name it under"
            " `sections` in the config"
        ) from None


def _chosen(section: Section, choice: SectionChoice) -> Chosen:
    options = choice.options
    return Chosen(
        section=section,
        options=section.options.model_validate(options.model_dump()),
        by_default=choice.by_default,
        required=choice.required,
        on_failure=choice.on_failure or ("hold" if choice.required else "partial"),
    )


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One campaign: as sections see it, and how it is cut out of its source.

    log: it is a web log that none of the config's campaigns reads.
    """

    campaign: Campaign
    cut: Cut
    log: bool = False


def campaigns(config: Config, as_of: date, chosen: Sequence[Chosen] | None = None) -> list[Planned]:
    """The campaigns of the report as of a day, the baseline first, then its web logs.

    A baseline that is a period becomes a campaign of its own: the first campaign, cut earlier. A
    log is a campaign under its source's name, cut by the same periods. chosen: the sections that
    will run; logs are not opened for nothing.
    """
    logs = _logs(config, choose(config) if chosen is None else chosen)
    found = _compared(config, config.campaigns, as_of) if config.campaigns else []
    if logs:
        found += [replace(each, log=True) for each in _compared(config, logs, as_of)]
    return found


def _logs(config: Config, chosen: Sequence[Chosen]) -> Mapping[str, CampaignConfig]:
    """By their source's name, the logs that sections with a `source` option read."""
    options = [each.options for each in chosen if "source" in type(each.options).model_fields]
    named = {name for each in options if (name := getattr(each, "source", None))}
    taken = {entry.source for entry in config.campaigns.values()}
    found = (name for name in config.sources if name in named or config.is_traffic(name))
    return {
        name: CampaignConfig(source=name)
        for name in found
        if options and name not in taken and (name in named or not named)
    }


def _compared(config: Config, entries: Mapping[str, CampaignConfig], as_of: date) -> list[Planned]:
    window = resolve(config.period, as_of)
    keys = list(entries)
    period = config.baseline if config.baseline_key is None else None
    if isinstance(period, MeanOfLast):
        raise UsageError(
            "baseline: {mean_of_last: n} is not available in this version; use previous_period"
        )
    unbounded = window is None and entries is not config.campaigns
    if period is None or unbounded:
        baseline = config.baseline_key if config.baseline_key in entries else keys[0]
        ordered = [key for key in keys if key == baseline] + [k for k in keys if k != baseline]
        return [
            _planned(
                key, entries[key], window, "baseline" if place == 0 else COLOURS[(place - 1) % 4]
            )
            for place, key in enumerate(ordered)
        ]
    first = _planned(keys[0], entries[keys[0]], window, "baseline")
    earlier = _earlier(first, str(period), config.period)
    rest = [_planned(k, entries[k], window, COLOURS[n % 4]) for n, k in enumerate(keys)]
    return [earlier, *rest]


def _planned(key: str, entry: CampaignConfig, window: Window | None, colour: str) -> Planned:
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


def counting(config: Config, *, seen_until: date, today: date) -> Counting:
    """What counts, for the facts. seen_until: the last day seen; today: later rows are future."""
    metrics = config.metrics
    return Counting(
        response=metrics.response,
        idle=frozenset(metrics.idle),
        value=metrics.value if isinstance(metrics.value, str) else float(metrics.value),
        seen_until=seen_until,
        today=today,
        exclude_overlap=config.excludes_overlap,
        known_actions=_known_actions(config),
    )


def _known_actions(config: Config) -> frozenset[str]:
    """The actions the config speaks of; empty, so that any will do, where it cannot know them."""
    named = {config.metrics.response, *config.metrics.idle, *config.labels.action}
    if config.schema_ is None and not any(each.schema_ for each in config.sources.values()):
        return SIMULATED_ACTIONS | named
    return frozenset(named) if config.labels.action else frozenset()


def context(config: Config, planned: Sequence[Planned], as_of: date) -> Context:
    """What sections may know of the config."""
    metrics = config.metrics
    logs = [each.campaign for each in planned if each.log]
    return Context(
        campaigns=[each.campaign for each in planned if not each.log] or logs,
        logs=logs,
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
    labels = config.labels
    return {
        "channel": dict(labels.channel),
        "action": dict(labels.action),
        "category": dict(labels.category),
        "campaign": {each.campaign.key: each.campaign.label for each in planned},
        "metric": {metric.id: metric.name for metric in STANDARD},
        "check": CHECKS,
    }


def unknown_features(config: Config, mapped: Mapped) -> list[str]:
    """Features that sections name (`users.age`) and the users table does not have."""
    columns = list(mapped.users.columns) if mapped.users else []
    named = [
        (choice.name, feature)
        for choice in config.sections
        for feature in getattr(choice.options, "features", ())
    ]
    problems = []
    for section, feature in named:
        role, _, column = feature.partition(".")
        if role != "users" or not column:
            problems.append(
                f"sections.{section}.features: '{feature}' is no column of the users table; write"
                " users.<column>"
            )
        elif column not in columns:
            problems.append(
                f"sections.{section}.features: there is no column '{column}' in the users table"
                f"{suggestion(column, columns)}"
            )
    return problems


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
