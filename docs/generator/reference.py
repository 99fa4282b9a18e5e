"""Which pages the reference has, and what each is made from."""

from __future__ import annotations

from pathlib import Path

from docs.generator.commands import commands_page
from docs.generator.config import config_page
from docs.generator.metrics import metrics_page
from docs.generator.sections import sections_page
from docs.generator.tables import tables_page

FOLDER = Path(__file__).resolve().parents[1] / "reference"


def pages() -> dict[str, str]:
    """Every page of the reference by its file name; the same code gives the same text."""
    return {
        "commands.md": commands_page(),
        "config.md": config_page(),
        "metrics.md": metrics_page(),
        "sections.md": sections_page(),
        "tables.md": tables_page(),
    }
