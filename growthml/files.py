"""The files of a run's folder but its manifest: tables, figures, HTML, PDF and workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from growthml.parts import Run
from growthml.progress import Progress
from growthml.tables import parquet_of

if TYPE_CHECKING:
    from growthml.render.drawings import Drawings


@dataclass(frozen=True)
class PdfLimits:
    """What setting the PDF may take: seconds, and megabytes beyond what the run has itself."""

    seconds: float = 600.0
    megabytes: float = 4096.0


def rendered(
    found: Run,
    drawings: Drawings,
    tables: Mapping[str, bytes],
    formats: Sequence[str],
    templates: Path | None,
    progress: Progress,
    limits: PdfLimits,
) -> dict[str, bytes]:
    """Every file of the run's folder but the manifest, by its name in it."""
    files = {f"tables/{name}": content for name, content in tables.items()}
    for name, widths in drawings.items():
        widest = widths.get("L") or widths["S"]
        files[f"figures/{name}.svg"] = widest.svg.encode()
    return files | pages(found, drawings, tables, formats, templates, progress, limits)


def pages(
    found: Run,
    drawings: Drawings,
    tables: Mapping[str, bytes],
    formats: Sequence[str],
    templates: Path | None,
    progress: Progress,
    limits: PdfLimits,
) -> dict[str, bytes]:
    """HTML, PDF, workbook and typed tables of a run, as far as `formats` asks, by file name.

    The PDF is set by a process of its own, which is stopped at its limits. Raises GrowthError.
    """
    files: dict[str, bytes] = {}
    printing = None
    if "pdf" in formats:
        from growthml.render.apart import Apart

        printing = Apart(
            lambda: _printed(found, drawings, tables, templates),
            seconds=limits.seconds,
            megabytes=limits.megabytes,
            what="setting the PDF",
            help_="raise output.pdf_timeout or output.pdf_memory, or choose --format html",
        )
    if "html" in formats:
        from growthml.render.html import html

        progress.step("Setting the HTML page")
        files["report.html"] = html(found, drawings, templates).encode()
    if "xlsx" in formats:
        from growthml.render.xlsx import workbook

        progress.step("Filling the workbook")
        files["report.xlsx"] = workbook(found)
    if "parquet" in formats:
        typed = parquet_of(found.sections)
        files |= {f"tables/{name}": content for name, content in typed.items()}
    if printing is not None:
        progress.step("Setting the PDF")
        files |= printing.result()
    return files


def _printed(
    found: Run, drawings: Drawings, tables: Mapping[str, bytes], templates: Path | None
) -> dict[str, bytes]:
    from growthml.render.pdf import Press

    press = Press(found, drawings, templates)
    return {"report.pdf": press.report(tables), "summary.pdf": press.summary()}
