"""From the config and the sections there are to what will run; the only file that knows both."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from growthml.analysis.own_query import SqlOptions
from growthml.config.campaigns import CampaignConfig, MeanOfLast
from growthml.config.choice import SectionChoice
from growthml.config.load import extra_sections, load, located
from growthml.config.problems import Fault, suggestion
from growthml.config.schema import Config
from growthml.config.tables import ConstantAction
from growthml.deliver.subject import check_subject
from growthml.errors import UsageError
from growthml.extra import add, facts_of, from_file, with_extra
from growthml.facts import Fact
from growthml.facts.asked import Asked
from growthml.facts.relations import Counting
from growthml.formats import Formats
from growthml.lineup import BEFORE, MEAN, Planned, cut_down, line_up, pooled_baseline
from growthml.metrics import STANDARD
from growthml.parts import Campaign, Context, Metrics, Options, PastKpi, Section
from growthml.sections import all_sections
from growthml.sources.mapping import Mapped
from growthml.words import N_, _

SIMULATED_ACTIONS = frozenset({"bought", "like", "share", "nothing"})
CHECKS = {
    "event_before_signup": N_("event before sign-up"),
    "orphan_user": N_("orphan user"),
    "orphan_item": N_("orphan item"),
    "duplicate_event": N_("duplicate event"),
    "missing_time": N_("missing time"),
    "future_event": N_("future event"),
    "unknown_action": N_("unknown action"),
    "missing_channel": N_("missing channel"),
    "nonpositive_price": N_("no price"),
    "stale": N_("stale"),
    "cancelled": N_("cancelled"),
}
"""What pages call the checks of data quality."""


def read_config(
    path: Path, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> Config:
    """The config at `path`, checked against the sections there are; raises ConfigError, or
    UsageError for a mail's subject that does not work.

    environ: where `${NAME}` is looked up, the process's own environment if None.
    """
    sections = _with_extra(path, overrides)
    config = load(
        path,
        options={name: section.options for name, section in sections.items()},
        overrides=overrides,
        environ=environ,
        default_sections=list(sections),
    )
    if config.delivery.email is not None:
        check_subject(config.delivery.email.subject)
    return config


def _with_extra(path: Path, overrides: Sequence[str]) -> dict[str, Section]:
    """The sections a config may name; a file of its own that is no good is a problem in it."""
    known, faults = with_extra(all_sections()), []
    for index, file in enumerate(extra_sections(path, overrides=overrides)):
        try:
            add(known, from_file(Path(file)))
        except UsageError as error:
            faults.append(Fault(("extra_sections", index), str(error)))
    if faults:
        raise located(path, faults, overrides)
    return known


def unheeded(config: Config) -> list[str]:
    """Keys of the config that this version reads and does nothing with."""
    return [f"sources.{name}.same_users" for name, s in config.sources.items() if s.same_users]


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
    sections = with_extra(all_sections(), config.extra_sections)
    chosen = [_chosen(sections[choice.name], choice) for choice in config.sections]
    if not only:
        return chosen
    configured = {each.section.id: each for each in chosen}
    unknown = [name for name in only if name not in sections and name not in configured]
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
    options = section.options.model_validate(choice.options.model_dump())
    return Chosen(
        section=_named(section, options) if section.repeats else section,
        options=options,
        by_default=choice.by_default,
        required=choice.required,
        on_failure=choice.on_failure or ("hold" if choice.required else "partial"),
    )


def _named(section: Section, options: Any) -> Section:
    """A section that may be repeated, under the names its options give it."""
    question = options.question or section.question
    return replace(section, id=options.id, title=options.named_title, question=question)


def own_facts(chosen: Sequence[Chosen]) -> Mapping[str, Fact | Asked]:
    """The facts that chosen sections bring with them, by name, and the config's own queries."""
    queries = {
        f"sql:{each.options.id}": Asked(texts=each.options.texts, rows=each.options.rows)
        for each in chosen
        if isinstance(each.options, SqlOptions)
    }
    return {**facts_of([each.section for each in chosen]), **queries}


def origins(chosen: Sequence[Chosen]) -> dict[str, str]:
    """By file or package, the version of sections that are not ours."""
    return {each.section.origin: each.section.version for each in chosen if each.section.origin}


def campaigns(config: Config, as_of: date, chosen: Sequence[Chosen] | None = None) -> list[Planned]:
    """The campaigns of the report as of a day, the baseline first, then its web logs.

    A log is a campaign under its source's name, cut by the same periods. chosen: the sections that
    will run; logs are not opened for nothing.
    """
    logs = _logs(config, choose(config) if chosen is None else chosen)
    found = line_up(config, config.campaigns, as_of) if config.campaigns else []
    if logs:
        if isinstance(config.baseline, MeanOfLast):  # What sessions say cannot be added up.
            config = config.model_copy(update={"baseline": BEFORE})
        found += [replace(each, log=True) for each in line_up(config, logs, as_of)]
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


def context(
    config: Config,
    planned: Sequence[Planned],
    as_of: date,
    *,
    past: Sequence[PastKpi] = (),
    pooling: bool = True,
) -> Context:
    """What sections may know of the config.

    pooling: whether a mean of periods is the baseline; otherwise it is the latest of them.
    """
    metrics = config.metrics
    logs = [each.campaign for each in planned if each.log]
    mean = pooled_baseline(planned, config.period) if pooling else None
    others = [
        each.campaign
        for each in planned
        if not each.log and (not each.pooled if mean else each.alone)
    ]
    return Context(
        campaigns=[mean, *others] if mean else others or logs,
        logs=logs,
        as_of=as_of,
        timezone=config.report.timezone,
        metrics=Metrics(
            response=metrics.response,
            idle=frozenset(metrics.idle),
            costs=dict(metrics.costs),
            targets=dict(metrics.targets),
            orders_alone=_orders_alone(config, planned),
        ),
        formats=Formats(locale=config.report.locale, currency=config.report.currency),
        confidence=config.statistics.confidence,
        correction=config.statistics.correction,
        randomised=config.randomised,
        smallest_effect=config.statistics.smallest_effect,
        allocation=dict(config.allocation),
        labels=_labels(config, [*(each.campaign for each in planned), *([mean] if mean else [])]),
        past=past,
    )


def _orders_alone(config: Config, planned: Sequence[Planned]) -> bool:
    """Whether the users of all campaigns are known by their responses alone."""
    schemas = [config.schema_of(each.campaign.source) for each in planned if not each.log]
    only = [
        each.users is None
        and each.events is not None
        and isinstance(each.events.action, ConstantAction)
        and each.events.action.constant == config.metrics.response
        for each in schemas
    ]
    return bool(only) and all(only)


@dataclass(frozen=True, kw_only=True)
class Edition:
    """One report to be made from what was counted: the whole, or one part of `for_each`."""

    planned: Sequence[Planned]
    name: str
    title: str
    part: str = ""
    chosen: Sequence[Chosen] = field(default_factory=list)
    postmortem: tuple[str, int] | None = None

    @property
    def about(self) -> list[str]:
        """What tells its run apart from others of the same config."""
        days = [f"postmortem {self.postmortem}"] if self.postmortem else []
        return [*([f"part {self.part}"] if self.part else []), *days]


def parts(
    config: Config,
    planned: Sequence[Planned],
    chosen: Sequence[Chosen],
    values: Sequence[str],
) -> list[Edition]:
    """A report for each value of `for_each`: the same campaigns cut down to it.

    Sections that read web logs are left out, visitors have no channel of ours; and queries that do
    not ask who a campaign's users are, which would say the same in every part.
    """
    mine = [each for each in chosen if _has_parts(each.options)]
    names = _part_names(config.report.name, values)
    return [
        Edition(
            planned=cut,
            name=names[value],
            title=f"{config.title}: {config.labels.channel.get(value, value)}",
            part=value,
            chosen=mine,
        )
        for value in values
        if (cut := cut_down(planned, value)) and mine
    ]


def _has_parts(options: Options) -> bool:
    if isinstance(options, SqlOptions):
        return options.reads_users
    return "source" not in type(options).model_fields


def _part_names(report: str, values: Sequence[str]) -> dict[str, str]:
    """The folder of each part; values that look alike in a file name are told apart by a digest."""
    plain = {value: re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-") for value in values}
    taken = Counter(plain.values())
    return {
        value: f"{report}--{name}"
        if name and taken[name] == 1
        else f"{report}--{name or 'part'}-{sha256(value.encode()).hexdigest()[:8]}"
        for value, name in plain.items()
    }


def names(planned: Sequence[Planned], *, pooling: bool) -> dict[str, str]:
    """What a view calls the campaigns that were counted, by the key they were counted under."""
    if pooling:
        return {each.cut.key: MEAN if each.pooled else each.campaign.key for each in planned}
    return {each.cut.key: each.campaign.key for each in planned if each.alone}


def _labels(config: Config, campaigns: Sequence[Campaign]) -> Mapping[str, Mapping[str, str]]:
    labels = config.labels
    return {
        "channel": dict(labels.channel),
        "action": dict(labels.action),
        "category": dict(labels.category),
        "campaign": {each.key: each.label for each in campaigns},
        "metric": {metric.id: metric.name for metric in STANDARD},
        "check": {check: _(name) for check, name in CHECKS.items()},
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
        role, column = feature.partition(".")[::2]
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
            role, column = name.partition(".")[::2]
            table = {"users": mapped.users, "events": mapped.events}.get(role)
            if column and table is None:
                problems.append(f"campaigns.{key}.where.{name}: the schema maps no table '{role}'")
            elif column and table is not None and column not in table.columns:
                problems.append(
                    f"campaigns.{key}.where.{name}: there is no column '{column}'"
                    f"{suggestion(column, list(table.columns))}"
                )
    return problems
