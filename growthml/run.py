"""START HERE: one run of a report, from its config to a folder in the archive.

load > plan > read > compute > draw > render > archive. Every step's product is plain data for the
next one; nothing is written before everything is made.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import ZoneInfo

from growthml import __version__, plan
from growthml.archive.manifest import manifest
from growthml.archive.store import keep, run_id
from growthml.config.schema import Config
from growthml.errors import FactError, GrowthError, MissingFields, NotEnoughData
from growthml.facts.count import Counts, Reading
from growthml.facts.relations import Relations
from growthml.parts import (
    Answer,
    Context,
    Facts,
    Run,
    SectionRun,
    SourceRun,
    Status,
    Table,
)
from growthml.progress import Progress
from growthml.secrets import redact
from growthml.sources.source import Source
from growthml.tables import csv_of

log = logging.getLogger(__name__)

FORMATS = ("html", "pdf")
_VERSIONED = ("pandas", "numpy", "scipy", "SQLAlchemy", "duckdb", "matplotlib", "weasyprint")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run left behind. added: False when the archive held this very run already."""

    run: Run
    folder: Path
    added: bool
    outputs: Sequence[str]

    @property
    def exit_code(self) -> int:
        """0 all well, 1 a section failed, 5 the gate held the report back."""
        if self.run.status == "held":
            return 5
        failed = any(section.status is Status.FAILED for section in self.run.sections)
        return 1 if failed else 0


def run(
    config: Config,
    *,
    as_of: date | None = None,
    only: Sequence[str] = (),
    archive: Path | None = None,
    formats: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Run a report and put it into the archive.

    as_of: the last day seen; left out, the latest day in the data (`period: all`) or today.
    Raises MissingFields, SourceError or UsageError before anything is computed; a section that
    fails is a visible part of the report instead.
    """
    progress = progress or Progress()
    chosen = plan.choose(config, only)
    today = datetime.now(ZoneInfo(config.report.timezone)).date()

    with ExitStack() as open_sources:
        # Windows hang on the as-of date only where the period does, so that the data can be asked
        # for their latest day before it is settled.
        progress.step("Opening sources")
        planned = plan.campaigns(config, as_of or today)
        sources = open_all(config, planned, open_sources)
        mapped = map_all(config, sources)

        def readings(seen_until: date) -> list[Reading]:
            counting = plan.counting(config, seen_until=seen_until, today=today)
            return [
                Reading(source, Relations(mapped[name], cuts, counting))
                for name, source in sources.items()
                if (cuts := [p.cut for p in planned if p.campaign.source == name])
            ]

        if as_of is None:
            as_of = today if config.period != "all" else latest_day(readings(today)) or today
        context = plan.context(config, planned, as_of)
        counts = Counts()
        read = readings(as_of)
        progress.expect(2 * len(chosen) + 4)
        sections = [answer(each, counts, read, context, progress) for each in chosen]
        counts.count("span", read)
        source_runs = [source_run(reading, counts) for reading in read]

    sections = [each for each in sections if each is not None]
    tables = tables_of(sections)
    found = Run(
        run_id=run_id(as_of, ingredients(config, tables)),
        name=config.report.name,
        title=config.title,
        context=context,
        sections=sections,
        facts=counts.runs,
        sources=source_runs,
        versions=versions(),
        language=config.report.locale.split("_")[0],
        status=status_of(sections, chosen),
    )
    return archived(found, tables, config, archive, formats, progress)


# -- reading -----------------------------------------------------------------------------------


def open_all(
    config: Config, planned: Sequence[plan.Planned], stack: ExitStack
) -> dict[str, Source]:
    """The sources that campaigns are read from, open until the stack closes."""
    names = dict.fromkeys(each.campaign.source for each in planned)
    return {name: stack.enter_context(Source(name, config.sources[name])) for name in names}


def map_all(config: Config, sources: Mapping[str, Source]) -> dict[str, plan.Mapped]:
    """Each source's tables by our names; raises MissingFields with all that is not there."""
    problems: list[str] = []
    mapped = {}
    for name, source in sources.items():
        found, missing = source.map(
            config.schema_of(name),
            stored_zone=config.sources[name].timezone,
            report_zone=config.report.timezone,
        )
        mapped[name] = found
        problems += [f"sources.{name}: {problem}" for problem in missing]
        if not missing:
            problems += plan.unknown_filters(config, name, found)
    if problems:
        raise MissingFields(problems)
    return mapped


def latest_day(readings: Sequence[Reading]) -> date | None:
    """The date of the latest event or sign-up of any campaign; None without any."""
    counts = Counts()
    counts.count("span", readings)
    span = counts["span"]
    seen = [
        moment.date()
        for column in ("last_event", "last_signup")
        for moment in span[column]
        if isinstance(moment, datetime) and moment == moment
    ]
    return max(seen, default=None)


def source_run(reading: Reading, counts: Counts) -> SourceRun:
    """How a source was read, for the manifest."""
    keys = [cut.key for cut in reading.relations.cuts]
    rows: dict[str, int] = {}
    latest: datetime | None = None
    try:
        span = counts["span"]
        mine = span[span["campaign"].isin(keys)]
        rows = {"users": int(mine["users"].sum()), "events": int(mine["events"].sum())}
        seen = [m for m in mine["last_event"] if isinstance(m, datetime) and m == m]
        latest = max(seen, default=None)
    except GrowthError as error:
        log.warning("rows of source %s are not known: %s", reading.source.name, error)
    return SourceRun(
        name=reading.source.name,
        url=reading.source.url,
        dialect=reading.source.dialect,
        rows=rows,
        latest_event=latest,
        campaigns=keys,
    )


# -- computing ---------------------------------------------------------------------------------


def answer(
    chosen: plan.Chosen,
    counts: Counts,
    readings: Sequence[Reading],
    context: Context,
    progress: Progress,
) -> SectionRun | None:
    """Run one section; None when nobody asked for it and its fields are not mapped."""
    section = chosen.section
    progress.step(f"{section.title}: counting")
    started = time.perf_counter()
    names = [name.removesuffix("?") for name in section.facts]
    for name in names:
        counts.count(name, readings)
    used = [name for name in names if name in counts]

    def ended(status: Status, answer: Answer | None = None, reason: str = "", advice: str = ""):  # type: ignore[no-untyped-def]
        return SectionRun(
            section=section,
            status=status,
            seconds=time.perf_counter() - started,
            answer=answer,
            reason=redact(reason),
            advice=advice,
            facts=used,
        )

    try:
        facts = asked(section.facts, counts)
        found = section.compute(facts, context, chosen.options)
    except NotEnoughData as error:
        if chosen.by_default and error.missing:
            return None
        return ended(Status.EMPTY, reason=str(error), advice=advice_on(error))
    except FactError as error:
        progress.say(f"{section.title} failed: {redact(str(error))}")
        return ended(Status.FAILED, reason=str(error), advice="Run the report again once it is mended.")
    except Exception as error:
        log.debug("section %s", section.id, exc_info=True)
        reason = f"{type(error).__name__}: {error}"
        progress.say(f"{section.title} failed: {redact(reason)}")
        return ended(
            Status.FAILED,
            reason=f"an error in the section itself ({reason})",
            advice="All other sections are complete. Run with --verbose for the details and"
            " report them.",
        )
    return ended(found.status, answer=found, reason=found.reason)


def asked(names: Sequence[str], counts: Counts) -> Facts:
    """The facts a section asked for; optional ones (`name?`) only where they could be counted."""
    return {
        bare: counts[bare]
        for name in names
        if (bare := name.removesuffix("?")) == name or bare in counts
    }


def advice_on(error: NotEnoughData) -> str:
    """What to do about a section without data."""
    if error.missing:
        return f"Map {error.missing} under `schema` in the config, or leave the section out."
    return ""


def status_of(sections: Sequence[SectionRun], chosen: Sequence[plan.Chosen]) -> str:
    """held, partial or ok: whether a section failed, and what the config wants done then."""
    policy = {each.section.id: each for each in chosen}
    status = "ok"
    for each in sections:
        rule = policy[each.section.id]
        failed = each.status is Status.FAILED or (rule.required and each.status is Status.EMPTY)
        if failed and rule.required and rule.on_failure == "hold":
            return "held"
        if failed and rule.on_failure != "skip":
            status = "partial"
    return status


# -- keeping -----------------------------------------------------------------------------------


def tables_of(sections: Sequence[SectionRun]) -> dict[str, bytes]:
    """Every table as CSV, by `<section>.<table>.csv`."""
    return {
        f"{each.section.id}.{block.id}.csv": csv_of(block)
        for each in sections
        if each.answer is not None
        for block in each.answer.blocks
        if isinstance(block, Table)
    }


def ingredients(config: Config, tables: Mapping[str, bytes]) -> list[bytes]:
    """What a run id is made of: version, config, templates, tables."""
    from growthml.render.sources import template_bytes

    config_text = json.dumps(config.fingerprint(), sort_keys=True, default=str)
    parts = [__version__.encode(), config_text.encode()]
    for name, content in sorted(template_bytes(config.output.templates).items()):
        parts += [name.encode(), content]
    for name, content in sorted(tables.items()):
        parts += [name.encode(), content]
    return parts


def versions() -> dict[str, str]:
    """growthml, Python and the libraries that numbers and pages depend on."""
    found = {"growthml": __version__, "python": ".".join(map(str, sys.version_info[:3]))}
    for name in _VERSIONED:
        try:
            found[name.lower()] = version(name)
        except PackageNotFoundError:
            continue
    return found


def archived(
    found: Run,
    tables: Mapping[str, bytes],
    config: Config,
    archive: Path | None,
    formats: Sequence[str] | None,
    progress: Progress,
) -> Outcome:
    """Draw and render the run, and put it in place; a run that is there already stays as it is."""
    root = archive or Path(config.output.archive)
    folder = root / found.name / found.run_id
    if folder.exists():
        progress.finish()
        held = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
        return Outcome(run=found, folder=folder, added=False, outputs=held)
    files = rendered(found, tables, config, formats or config.output.formats, progress)
    files["run.json"] = manifest(found, files, config=config.fingerprint())
    added = keep(folder, files)
    progress.finish()
    return Outcome(run=found, folder=folder, added=added, outputs=sorted(files))


def rendered(
    found: Run,
    tables: Mapping[str, bytes],
    config: Config,
    formats: Sequence[str],
    progress: Progress,
) -> dict[str, bytes]:
    """Every file of the run's folder but the manifest."""
    from growthml.render.drawings import draw_all

    progress.step("Drawing figures")
    drawings = draw_all(found)
    templates = Path(config.output.templates) if config.output.templates else None
    files = {f"tables/{name}": content for name, content in tables.items()}
    for name, widths in drawings.items():
        drawing = widths.get("L") or widths["S"]
        files[f"figures/{name}.svg"] = drawing.svg.encode()
        for fault in drawing.faults:
            log.warning("figure %s: %s", name, fault)
    if "html" in formats:
        from growthml.render.html import html

        progress.step("Setting the HTML page")
        files["report.html"] = html(found, drawings, templates).encode()
    if "pdf" in formats:
        from growthml.render.pdf import pdf, summary_pdf

        progress.step("Setting the PDF")
        files["report.pdf"] = pdf(found, drawings, tables, templates)
        files["summary.pdf"] = summary_pdf(found, drawings, templates)
    return files


__all__ = ["Outcome", "replace", "run"]
