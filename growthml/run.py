"""START HERE: one run of a report, from its config to its readers.

load > plan > read > compute > draw > render > archive > deliver. Every step's product is plain data
for the next one; nothing is written before everything is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from growthml import gate, plan
from growthml.answers import Sight, answers, drawn, overall
from growthml.archive.history import History
from growthml.archive.identity import run_id, versions
from growthml.archive.manifest import manifest
from growthml.archive.shelf import Shelf
from growthml.archive.store import files_of
from growthml.archive.stored import FILE as PAGES
from growthml.archive.stored import stored
from growthml.config.schema import Config
from growthml.config.theme import read_theme
from growthml.config.types import megabytes
from growthml.facts.count import Counts, Reading
from growthml.facts.view import View
from growthml.files import PdfLimits, rendered
from growthml.lineup import Planned, followed
from growthml.parts import Context, Run, SectionRun, Status
from growthml.progress import Progress
from growthml.reading import OpenSources, newest_events, source_runs
from growthml.sources.log_cache import Logs
from growthml.tables import kept_of, tables_of
from growthml.theme import Theme
from growthml.words import _, speaking

if TYPE_CHECKING:
    from growthml.deliver.delivery import Delivery


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run left behind. added: False when the archive held this very run already.

    stale: why its data are too old to be sent, a sentence a source. parts: the reports of
    `for_each`, from the same counts. deliveries: what became of each mail, copy and message.
    """

    run: Run
    folder: Path
    added: bool
    outputs: Sequence[str]
    stale: Sequence[str] = ()
    parts: Sequence[Outcome] = ()
    deliveries: Sequence[Delivery] = ()

    @property
    def held(self) -> bool:
        """Whether readers must not see it: a required section failed, or its data are too old."""
        return self.run.status == "held" or bool(self.stale)

    @property
    def exit_code(self) -> int:
        """0 all well, 1 a section failed or an alert fired, 4 not delivered, 5 held back."""
        codes = [each.exit_code for each in self.parts]
        failed = any(section.status is Status.FAILED for section in self.run.sections)
        codes.append(1 if failed or self.run.status == "partial" or self.run.alerts else 0)
        codes.append(4 if any(each.failed for each in self.deliveries) else 0)
        codes.append(5 if self.held else 0)
        return max(codes)


def run(
    config: Config,
    *,
    as_of: date | None = None,
    only: Sequence[str] = (),
    archive: Path | None = None,
    formats: Sequence[str] | None = None,
    progress: Progress | None = None,
    postmortem: tuple[str, int] | None = None,
    past: History | None = None,
) -> Outcome:
    """Run a report and put it into the archive.

    as_of: the last day seen; left out, the latest day in the data (`period: all`) or today.
    only: the sections to run, all of the config's if empty. archive, formats: instead of the
    config's own. postmortem: a campaign and the days its users are followed beyond its end. past:
    where earlier reports are looked up, the archive's own history if left out. Raises UsageError,
    MissingFields or SourceError before anything is computed, and GrowthError where the archive
    cannot be written; a section that fails is a part of the report.
    """
    with speaking(config.language):
        return _run(
            config,
            as_of=as_of,
            only=only,
            archive=archive,
            formats=formats or config.output.formats,
            progress=progress or Progress(),
            postmortem=postmortem,
            past=past,
        )


def _run(
    config: Config,
    *,
    as_of: date | None,
    only: Sequence[str],
    archive: Path | None,
    formats: Sequence[str],
    progress: Progress,
    postmortem: tuple[str, int] | None,
    past: History | None,
) -> Outcome:
    started = datetime.now(UTC)
    today = started.astimezone(ZoneInfo(config.report.timezone)).date()
    chosen = plan.choose(config, only)
    templates, theme = plan.templates(config), read_theme(config.theme)
    if "pdf" in formats:
        from growthml.render.pdf import need_pango

        need_pango()
    # Windows hang on the as-of date only where the period does; otherwise the data are asked for
    # their latest day first.
    planned = plan.campaigns(config, as_of or today, chosen)
    if postmortem:
        planned = followed(planned, postmortem[1])
    if unheeded := plan.unheeded(config):
        progress.say(f"This version does nothing with: {', '.join(unheeded)}")

    kept = archive or Path(config.output.archive)
    shelf = Shelf(kept, History(kept, config.output.history))
    shelf.heal()
    past = past or shelf.history
    logs = Logs(cache=kept / ".cache" / "weblog", progress=progress)
    progress.expect(len(chosen) + len(formats) + 2)
    progress.step("Opening sources")
    stale = _too_old(config, planned, as_of, logs, progress)
    with OpenSources(config, planned, logs=logs) as sources:
        if as_of is None:
            as_of = (sources.latest_day(today) if config.period == "all" else None) or today
        rows_until = sources.rows_until(today)
        readings = sources.readings(seen_until=as_of, today=rows_until)
        editions = [_whole(config, planned, chosen, postmortem)]
        if config.for_each and not postmortem:
            editions += plan.parts(config, planned, chosen, sources.channels(readings))
            further = [each for edition in editions[1:] for each in edition.planned]
            readings = sources.readings(seen_until=as_of, today=rows_until, further=further)
        counts = Counts(plan.own_facts(chosen))
        found = [
            _answered(
                edition,
                *(config, counts, readings, as_of, past, templates, theme, progress),
                last=edition is editions[-1],
            )
            for edition in editions
        ]

    def finish(run: Run, tables: Mapping[str, bytes], sections: Sequence[plan.Chosen]) -> Outcome:
        return _kept(
            run, tables, sections, config, shelf, formats, templates, started, progress, stale=stale
        )

    made = [
        finish(run, tables, edition.chosen)
        for (run, tables), edition in zip(found, editions, strict=True)
    ]
    return replace(made[0], parts=made[1:])


def _too_old(
    config: Config,
    planned: Sequence[Planned],
    as_of: date | None,
    logs: Logs,
    progress: Progress,
) -> list[str]:
    """Why the data are too old, waiting for younger ones where the config says so."""
    zone = ZoneInfo(config.report.timezone)

    def now() -> datetime:
        """The clock; of a day that is over, its end."""
        clock = datetime.now(zone).replace(tzinfo=None)
        if as_of is None:
            return clock
        return min(clock, datetime.combine(as_of + timedelta(days=1), datetime.min.time()))

    return gate.waited_for(
        lambda: newest_events(config, planned, now(), logs), config, planned, progress, now=now
    )


def _whole(
    config: Config,
    planned: Sequence[Planned],
    chosen: Sequence[plan.Chosen],
    postmortem: tuple[str, int] | None,
) -> plan.Edition:
    title = config.title
    if postmortem:
        title = _(
            "{report}: {campaign}, {days} days on",
            report=title,
            campaign=config.label_of(postmortem[0]),
            days=postmortem[1],
        )
    return plan.Edition(
        planned=planned,
        name=config.report.name,
        title=title,
        chosen=chosen,
        postmortem=postmortem,
    )


def _answered(
    edition: plan.Edition,
    config: Config,
    counts: Counts,
    readings: Sequence[Reading],
    as_of: date,
    history: History,
    templates: Path | None,
    theme: Theme,
    progress: Progress,
    *,
    last: bool,
) -> tuple[Run, Mapping[str, bytes]]:
    """One report's sections, computed from what is counted for all, and their tables as CSV."""
    counted = [cut.key for reading in readings for cut in reading.relations.cuts]
    past = history.before(edition.name, as_of)

    def sight(*, pooling: bool) -> tuple[View, Context]:
        view = View(counts, plan.names(edition.planned, pooling=pooling), counted)
        context = plan.context(config, edition.planned, as_of, past=past, pooling=pooling)
        return view, context

    pooled, alone = sight(pooling=True), sight(pooling=False)
    sections = answers(
        edition.chosen, Sight(pooled=pooled, alone=alone), readings, progress, last=last
    )
    tables = tables_of(sections)
    view, context = pooled
    origins = plan.origins(edition.chosen)
    about = [
        *edition.about,
        theme.digest,
        *(f"section of {name}: {origins[name]}" for name in origins),
    ]
    found = Run(
        run_id=run_id(as_of, config, sections, tables, templates, about),
        name=edition.name,
        title=edition.title,
        context=context,
        sections=sections,
        facts=view.runs,
        sources=source_runs(readings, view),
        versions=versions() | origins,
        language=config.language,
        status=overall(sections, edition.chosen),
        part=edition.part,
        alerts=gate.alerts(config, sections, context),
        postmortem=edition.postmortem,
        theme=theme,
    )
    return found, tables


def _kept(
    found: Run,
    tables: Mapping[str, bytes],
    chosen: Sequence[plan.Chosen],
    config: Config,
    shelf: Shelf,
    formats: Sequence[str],
    templates: Path | None,
    started: datetime,
    progress: Progress,
    *,
    stale: Sequence[str],
) -> Outcome:
    """The run drawn, set and put into the archive, unless it is there."""
    folder = shelf.place(found)
    outcome = Outcome(run=found, folder=folder, added=False, outputs=(), stale=stale)
    if folder.exists():
        shelf.heal()
        return replace(outcome, outputs=files_of(folder))
    progress.step("Drawing figures")
    sections, drawings = drawn(found)
    found = replace(found, sections=sections, status=overall(sections, chosen))
    files = rendered(
        found, drawings, kept_of(tables, sections), formats, templates, progress, _limits(config)
    )
    files[PAGES] = stored(found)
    files["run.json"] = manifest(found, files, config=config.fingerprint(), started=started)
    added = shelf.add(found, files, note=_note(found, stale))
    return replace(outcome, run=found, added=added, outputs=files_of(folder))


def _limits(config: Config) -> PdfLimits:
    output = config.output
    return PdfLimits(output.pdf_timeout.total_seconds(), megabytes(output.pdf_memory))


def _note(found: Run, stale: Sequence[str]) -> str:
    """What the archive's index says of a run that is held back."""
    if stale:
        return _("held (not sent): {why}", why=" ".join(stale))
    if found.status != "held":
        return ""
    failed = [_reason(each) for each in found.sections if each.status is not Status.OK]
    return _("held (not sent): {why}", why="; ".join(failed))


def _reason(section: SectionRun) -> str:
    return f"{_(section.section.title)} {section.status}"


# -- to its readers ----------------------------------------------------------------------------


def send(
    outcome: Outcome,
    config: Config,
    *,
    archive: Path | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Deliver a finished run and its parts as the config says, or tell why they are held back."""
    from growthml.archive import index
    from growthml.deliver.hold import hold
    from growthml.deliver.post import deliver, period_of

    kept = archive or Path(config.output.archive)
    found = outcome.run
    period = period_of(config, found.context.as_of)
    part = found.part or None
    if outcome.stale and found.status != "held":
        done = hold(
            " ".join(outcome.stale),
            config,
            archive=kept,
            period=period,
            advice=_("Run the report again when the data have come, or raise max_age."),
            slice=part,
            progress=progress,
        )
    else:
        done = deliver(
            found,
            outcome.folder,
            config,
            archive=kept,
            period=period,
            alerts=found.alerts,
            changed=gate.changed(found),
            slice=part,
            progress=progress,
        )
    if not outcome.held and any(each.failed for each in done):
        index.note(kept, found.run_id, _("not delivered to everybody"))
    parts = [send(each, config, archive=archive, progress=progress) for each in outcome.parts]
    return replace(outcome, deliveries=done, parts=parts)
