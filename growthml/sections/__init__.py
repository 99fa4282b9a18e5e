"""One file per question the report answers; a file registers itself by naming its SECTION."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from growthml.parts import Section

ORDER = (
    "summary",
    "history",
    "acquisition",
    "tendencies",
    "profitability",
    "lift",
    "profit_curve",
    "propensity",
    "segments",
    "recommendations",
    "ltv",
    "cohorts",
    "churn",
    "traffic",
    "data_quality",
)
"""The report's order where the config names no sections; others follow by name."""


@cache
def all_sections() -> dict[str, Section]:
    """Every section there is, by id, in the report's default order."""
    found = [
        importlib.import_module(f"{__name__}.{module.name}").SECTION
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    ]
    place = {name: number for number, name in enumerate(ORDER)}
    found.sort(key=lambda section: (place.get(section.id, len(ORDER)), section.id))
    return {section.id: section for section in found}
