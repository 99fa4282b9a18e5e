"""The page of the tables: every column every section promises."""

from __future__ import annotations

from docs.generator.columns import meaning
from docs.generator.markdown import code, link, page, table
from growthml.parts import Section
from growthml.sections import all_sections

_INTRO = """\
Each table is a file `tables/<section>.<table>.csv` of the run's folder and an attachment of
`report.pdf`: UTF-8, a header row, raw numbers, ISO dates, a stable order of rows. Rates, shares and
probabilities are fractions (0.08 is 8 %), money is in the report's currency, what is not known is
empty. Raw values stand here, their labels on pages only; text that a spreadsheet
would run as a formula stands behind an apostrophe. How numbers are computed stands in
[Numbers](../numbers.md).

These columns are always there; a table may have more, and a section further tables."""


def tables_page() -> str:
    """Every table with its columns."""
    sections = all_sections().values()
    return page("Tables", _INTRO, *(block for each in sections for block in _section(each)))


def _section(section: Section) -> list[str]:
    asks = link("→", section.id, "sections.md")
    blocks = [f"## {section.title}", f"{section.question} {asks}"]
    for name, columns in section.tables.items():
        rows = [(code(column), meaning(section.id, name, column)) for column in columns]
        blocks += [f"### {code(f'{section.id}.{name}')}", table(("Column", "Means"), rows)]
    return blocks
