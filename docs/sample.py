"""`python -m docs.sample [RUN]`: the sample report a visitor opens, and its pictures.

Without a run's folder the demo is run. The pictures need `pdftoppm` (Debian: poppler-utils).
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from growthml.archive.stored import load_run
from growthml.figures import png
from growthml.parts import Run, Table

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "reports" / "sample"
PICTURES = ROOT / "docs" / "pictures"
FILES = ("report.html", "report.pdf", "run.json")
TABLES = ("summary.kpis", "profitability.by_channel", "lift.campaign", "churn.by_channel")
FIGURES = ("profit_curve.curve", "cohorts.heatmap_new")
PAGE_DPI, FIGURE_MM, FIGURE_PIXELS, COLOURS = 96, 150.0, 1200, 96


def main(run: Path) -> None:
    """Copy what is committed of a run, and draw its pictures."""
    shutil.rmtree(SAMPLE, ignore_errors=True)
    (SAMPLE / "tables").mkdir(parents=True)
    for name in (*FILES, *(f"tables/{table}.csv" for table in TABLES)):
        shutil.copyfile(run / name, SAMPLE / name)
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()
    _keep("front-page", _first_page(run / "report.pdf"))
    stored = load_run(run)
    for figure in FIGURES:
        _keep(figure.replace(".", "-"), _drawn(stored, figure))


def demo(folder: Path) -> Path:
    """The demo's run, made in a folder of its own."""
    command = [sys.executable, "-m", "growthml", "demo", "--archive", str(folder / "reports")]
    subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    (run,) = (folder / "reports" / "demo").iterdir()
    return run


def _first_page(pdf: Path) -> bytes:
    command = ["pdftoppm", "-png", "-r", str(PAGE_DPI), "-singlefile", str(pdf)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def _drawn(run: Run, figure: str) -> bytes:
    section, _, name = figure.partition(".")
    for part in run.sections:
        for block in part.answer.blocks if part.answer and part.section.id == section else ():
            if block.id == name and not isinstance(block, Table):
                return png(block, run.context.formats, FIGURE_MM, FIGURE_PIXELS)
    raise SystemExit(f"the run has no figure {figure}")


def _keep(name: str, picture: bytes) -> None:
    """Write a picture in few colours: a page of text and lines needs no more."""
    path = PICTURES / f"{name}.png"
    few = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS)
    few.save(path, optimize=True)
    print(path, path.stat().st_size)


if __name__ == "__main__":
    if sys.argv[1:]:
        main(Path(sys.argv[1]))
    else:
        with TemporaryDirectory() as folder:
            main(demo(Path(folder)))
