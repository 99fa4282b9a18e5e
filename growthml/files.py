"""The files of a run's folder but its manifest: tables, figures, HTML and PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from growthml.parts import Run
from growthml.progress import Progress

if TYPE_CHECKING:
    from growthml.render.drawings import Drawings


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
        from growthml.render.pdf import Press

        progress.step("Setting the PDF")
        press = Press(found, drawings, templates)
        files["report.pdf"] = press.report(tables)
        files["summary.pdf"] = press.summary()
    return files
