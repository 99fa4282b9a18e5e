"""`make bench`: run every benchmark, or those named, and write down in docs/ what was measured.

SIZES="1e5 1e6 1e7" in the environment chooses how many events are simulated.
"""

from __future__ import annotations

import importlib
import io
import os
import platform
import re
import sys
from contextlib import redirect_stdout
from datetime import date
from importlib.metadata import version
from pathlib import Path

BENCHMARKS = (
    *("start_up", "simulator", "facts", "facts_on_spark", "fetch", "notebook", "report", "memory"),
    *("coverage", "models", "weblog", "archive"),
)
NOTES = Path(__file__).parents[1] / "docs" / "performance.md"
PACKAGES = ("duckdb", "sqlalchemy", "pandas", "numpy", "matplotlib", "weasyprint")


def main(names: list[str]) -> int:
    """Run benchmarks by name; 2 when one does not exist."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark '{unknown[0]}'; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        module = importlib.import_module(f"benchmarks.{name}")
        title = (module.__doc__ or name).splitlines()[0]
        print(f"\n{title}")
        told = _Told()
        with redirect_stdout(told):
            module.run()
        _note(name, title, told.getvalue())
    return 0


class _Told(io.StringIO):
    """What a benchmark prints, shown at once and kept."""

    def write(self, text: str) -> int:
        print(text, end="", file=sys.__stdout__, flush=True)
        return super().write(text)


def _note(name: str, title: str, told: str) -> None:
    """Put a benchmark's figures between its markers in the notes, in place of earlier ones."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    body = f"{start}\n### {title}\n\n{_machine()}\n\n```\n{told.rstrip()}\n```\n{end}"
    text = NOTES.read_text(encoding="utf-8")
    there = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    text = there.sub(lambda _: body, text) if there.search(text) else f"{text.rstrip()}\n\n{body}\n"
    NOTES.write_text(text, encoding="utf-8")


def _machine() -> str:
    """When and on what the figures were measured."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    load = os.getloadavg()[2]
    runs = f", REPEATS={os.environ['REPEATS']}" if "REPEATS" in os.environ else ""
    return (
        f"{date.today()}: {os.cpu_count()} cores, {platform.system()}, load {load:.1f}{runs};"
        f" Python {platform.python_version()}, {versions}."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
