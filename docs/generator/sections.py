"""The page of the sections: what each asks, how, and with which options."""

from __future__ import annotations

import sys

from pydantic import BaseModel

from docs.generator.markdown import code, link, page, table
from docs.generator.types import default, hints, limits, models_in, takes
from growthml.config.manual import descriptions
from growthml.parts import Section
from growthml.sections import all_sections

_INTRO = """\
In the order a report has them where its config names none; a section whose data are not there is
then left out. `sections:` in the config names those wanted, in the report's order, each alone or
with its options:

```yaml
sections:
  - summary
  - churn: {inactive_days: 60, required: true}
```

Besides the options below, any section takes [`required` and `on_failure`](config.md#one-section).
`growthml sections NAME` prints the same. Write one of your own:
[Sections of your own](../sections-of-your-own.md)."""


def sections_page() -> str:
    """Every section with its options, facts and tables."""
    sections = all_sections().values()
    index = table(
        ("Section", "Question"),
        ((link(code(each.id), each.id), each.question) for each in sections),
    )
    return page("Sections", _INTRO, index, *(_section(each) for each in sections))


def _section(section: Section) -> str:
    asks, _, how = (sys.modules[section.compute.__module__].__doc__ or "").strip().partition("\n\n")
    blocks = [f"## {section.id}", f"**{' '.join(asks.split())}**", how, *_options(section.options)]
    tables = [link(code(f"{section.id}.{each}"), f"{section.id}.{each}", "tables.md") for each in
              section.tables]  # fmt: skip
    facts = [_fact(each) for each in section.facts]
    blocks += [f"Tables: {', '.join(tables)}.", f"Facts: {', '.join(facts)}."]
    return "\n\n".join(block for block in blocks if block)


def _fact(name: str) -> str:
    """A fact without its arguments; one the section can do without is in brackets."""
    plain = code(name.partition(":")[0].rstrip("?"))
    return f"({plain})" if name.endswith("?") else plain


def _options(model: type[BaseModel]) -> list[str]:
    """The options' table, and one for each mapping among them."""
    found, manual = hints(model), descriptions(model)
    rows = [
        (code(key), takes(found[key]) + _bounds(takes(found[key]), limits(field)), default(field),
         manual.get(key, ""))
        for key, field in model.model_fields.items()
    ]  # fmt: skip
    blocks = [table(("Option", "Takes", "Left out", "Means"), rows)]
    for key, hint in found.items():
        for below in models_in(hint):
            blocks += [f"The keys of {code(key)}:", *_options(below)]
    return blocks


def _bounds(said: str, facts: str) -> str:
    """The bounds of a field, where its type has not told them already."""
    return "" if facts and facts.lstrip(", ") in said else facts
