"""A small report, HTML and PDF: total CPU against drawing its figures and WeasyPrint's bare write.

All sections but models. The bar is 1.6: a report may cost at most 1.6 times what its figures and
its PDF cost alone.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measure import Stopwatch, command
from growthml.sections import all_sections
from growthml.simulate import simulate

SECTIONS = [
    name
    for name, section in all_sections().items()
    if name not in ("propensity", "segments", "recommendations", "traffic", "history", "sql")
    and not section.repeats
]
CONFIG = Path(__file__).parents[1] / "config" / "demo.yml"


def run() -> None:
    """Print the CPU of a whole run, of its figures and bare PDF, and their ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        simulate(folder / "data" / "demo-spring.db", users=4000, seed=1)
        simulate(folder / "data" / "demo-summer.db", users=4000, seed=2)
        only = [word for name in SECTIONS for word in ("--only", name)]
        arguments = ["-m", "growthml", "run", str(CONFIG), "--quiet", *only, "--archive"]
        costs = [
            command([*arguments, str(folder / f"archive-{n}")], folder=folder, repeats=1)
            for n in range(3)
        ]
        whole = sorted(costs, key=lambda cost: cost.cpu)[1]
        drawing, printing = _alone(folder)
        alone = drawing + printing
        print(f"  whole run        {whole.cpu:6.2f} s CPU  {whole.megabytes:5.0f} MB")
        print(f"  its figures      {drawing:6.2f} s CPU")
        print(f"  bare write_pdf   {printing:6.2f} s CPU, of the same pages")
        print(f"  ratio            {whole.cpu / alone:6.2f}")


def _alone(folder: Path) -> tuple[float, float]:
    """CPU of drawing the run's figures, and of setting its pages with WeasyPrint, imports apart."""
    import os

    import weasyprint

    from growthml import plan
    from growthml.render import pdf
    from growthml.render.drawings import draw_all
    from growthml.run import run as run_report

    here = Path.cwd()
    os.chdir(folder)
    try:
        outcome = run_report(
            plan.read_config(CONFIG), archive=folder / "bare", formats=["html"], only=SECTIONS
        )
    finally:
        os.chdir(here)
    watch = Stopwatch()
    drawings = draw_all(outcome.run)
    drawing = watch.cpu
    pages: list[str] = []
    kept = weasyprint.HTML

    def recorded(*, string: str, **options: object) -> object:
        pages.append(string)
        return kept(string=string, **options)

    weasyprint.HTML = recorded
    try:
        pdf.Press(outcome.run, drawings).report({})
    finally:
        weasyprint.HTML = kept
    watch = Stopwatch()
    kept(string=pages[-1], url_fetcher=pdf._fetcher()).write_pdf()
    return drawing, watch.cpu
