"""`growthml render RUN`: HTML and PDF of a stored run made again, without its sources."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from growthml.errors import UsageError


def add(verbs: Any, anywhere: argparse.ArgumentParser) -> None:
    """The verb and its arguments."""
    verb = verbs.add_parser(
        "render", help="make HTML and PDF of a stored run again", parents=[anywhere]
    )
    verb.add_argument("run", metavar="RUN", help="a run's folder, its id, or latest")
    verb.add_argument(
        "--archive", type=Path, default=Path("reports"), metavar="DIR", help="where runs are kept"
    )
    verb.add_argument("--out", type=Path, metavar="DIR", help="default ./RUN-rendered")
    verb.add_argument("--templates", type=Path, metavar="DIR", help="templates that win over ours")
    verb.add_argument("--format", metavar="html,pdf", help="what to make; xlsx and parquet too")
    verb.add_argument("--quiet", action="store_true", help="no progress")
    verb.set_defaults(verb=render)


def render(options: argparse.Namespace) -> int:
    """Write the pages of a stored run into a folder of their own; the run itself stays as it is."""
    from growthml.archive.runs import find
    from growthml.archive.stored import load_run
    from growthml.files import PdfLimits, pages
    from growthml.progress import Progress
    from growthml.render.drawings import draw_all
    from growthml.verbs.formats import USUAL, formats_of

    folder = find(options.archive, options.run).folder
    run = load_run(folder)
    out: Path = options.out or Path(f"{run.run_id}-rendered")
    if out.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"--out {out} lies in the run, which never changes; choose another folder")
    tables = {path.name: path.read_bytes() for path in sorted((folder / "tables").glob("*.csv"))}
    with Progress(quiet=options.quiet) as progress:
        drawings = draw_all(run)
        wanted, limits = formats_of(options.format) or USUAL, PdfLimits()
        made = pages(run, drawings, tables, wanted, options.templates, progress, limits)
    out.mkdir(parents=True, exist_ok=True)
    for name, content in made.items():
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_bytes(content)
        print(out / name)
    return 0
