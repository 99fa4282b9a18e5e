"""START HERE: one run of a report, from its config to a folder in the archive.

load > plan > read > compute > draw > render > archive. Every step's product is plain data for the
next one; nothing is written before everything is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from growthml import plan
from growthml.answers import answers, drawn, overall
from growthml.archive.identity import run_id, versions
from growthml.archive.manifest import manifest
from growthml.archive.store import files_of, keep
from growthml.archive.stored import FILE as PAGES
from growthml.archive.stored import stored
from growthml.config.schema import Config
from growthml.facts.count import Counts
from growthml.parts import Run, Status
from growthml.progress import Progress
from growthml.reading import OpenSources, source_runs
from growthml.sources.log_cache import Logs
from growthml.tables import tables_of

if TYPE_CHECKING:
    from growthml.render.drawings import Drawings


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run left behind. added: False when the archive held this very run already."""

    run: Run
    folder: Path
    added: bool
    outputs: Sequence[str]

    @property
    def exit_code(self) -> int:
        """0 all well, 1 a section failed, 5 the report is held back."""
        if self.run.status == "held":
            return 5
        failed = any(section.status is Status.FAILED for section in self.run.sections)
        return 1 if failed or self.run.status == "partial" else 0


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
    only: the sections to run, all of the config's if empty. archive, formats: instead of the
    config's own. Raises UsageError, MissingFields or SourceError before anything is computed, and
    GrowthError where the archive cannot be written; a section that fails is a part of the report.
    """
    progress = progress or Progress()
    formats = formats or config.output.formats
    started = datetime.now(UTC)
    today = started.astimezone(ZoneInfo(config.report.timezone)).date()
    chosen = plan.choose(config, only)
    templates = plan.templates(config)
    # Windows hang on the as-of date only where the period does; otherwise the data are asked for
    # their latest day first.
    planned = plan.campaigns(config, as_of or today, chosen)
    if unheeded := plan.unheeded(config):
        progress.say(f"This version does nothing with: {', '.join(unheeded)}")

    progress.expect(len(chosen) + len(formats) + 2)
    progress.step("Opening sources")
    kept = archive or Path(config.output.archive)
    logs = Logs(cache=kept / ".cache" / "weblog", progress=progress)
    with OpenSources(config, planned, logs=logs) as sources:
        if as_of is None:
            as_of = (sources.latest_day(today) if config.period == "all" else None) or today
        readings = sources.readings(seen_until=as_of, today=sources.rows_until(today))
        context = plan.context(config, planned, as_of)
        counts = Counts()
        sections = answers(chosen, counts, readings, context, progress)
        read = source_runs(readings, counts)

    tables = tables_of(sections)
    found = Run(
        run_id=run_id(as_of, config, sections, tables, templates),
        name=config.report.name,
        title=config.title,
        context=context,
        sections=sections,
        facts=counts.runs,
        sources=read,
        versions=versions(),
        language=config.report.locale.split("_")[0],
        status=overall(sections, chosen),
    )

    folder = kept / found.name / found.run_id
    if folder.exists():
        return Outcome(run=found, folder=folder, added=False, outputs=files_of(folder))

    progress.step("Drawing figures")
    sections, drawings = drawn(found)
    found = replace(found, sections=sections, status=overall(sections, chosen))
    files = rendered(found, drawings, tables_of(sections), formats, templates, progress)
    files[PAGES] = stored(found)
    files["run.json"] = manifest(found, files, config=config.fingerprint(), started=started)
    added = keep(folder, files)
    return Outcome(run=found, folder=folder, added=added, outputs=files_of(folder))


def rendered(
    found: Run,
    drawings: Drawings,
    tables: Mapping[str, bytes],
    formats: Sequence[str],
    templates: Path | None,
    progress: Progress,
) -> dict[str, bytes]:
    """Every file of the run's folder but the manifest, by its name in it."""
    files = {f"tables/{name}": content for name, content in tables.items()}
    for name, widths in drawings.items():
        widest = widths.get("L") or widths["S"]
        files[f"figures/{name}.svg"] = widest.svg.encode()
    return files | pages(found, drawings, tables, formats, templates, progress)


def pages(
    found: Run,
    drawings: Drawings,
    tables: Mapping[str, bytes],
    formats: Sequence[str],
    templates: Path | None,
    progress: Progress,
) -> dict[str, bytes]:
    """HTML and PDF of a run, as far as `formats` asks for them, by file name."""
    files: dict[str, bytes] = {}
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
