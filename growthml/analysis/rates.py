"""Rates of campaigns: a part of the users, its interval, its difference from the baseline's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.parts import Context

if TYPE_CHECKING:
    import pandas as pd

FEWEST_USERS = 20
"""A rate of fewer users is neither compared nor drawn."""

TESTED = ("difference", "difference_ci_low", "difference_ci_high", "p_value", "q_value")

Counts = tuple[int, int]
"""Users who did it, and users."""


def limits(part: int, users: int, context: Context) -> dict[str, float | None]:
    """The Wilson interval of a rate as columns `ci_low`, `ci_high`; None without users."""
    from growthml.stats.proportions import wilson

    interval = wilson(part, users, context.confidence)
    return {
        "ci_low": interval.low if interval else None,
        "ci_high": interval.high if interval else None,
    }


def with_tests(
    frame: pd.DataFrame,
    key: str,
    part: str,
    comparable: Callable[[Any, Counts, Counts], bool],
    context: Context,
) -> pd.DataFrame:
    """The frame with TESTED: `part` of `users`, less that of the baseline at the same `key`.

    Rows are tested where both have FEWEST_USERS and `comparable` (key, baseline's counts, own
    counts) agrees; one frame is one family of the correction. Intervals are Newcombe's.
    """
    from growthml.stats.corrections import adjust
    from growthml.stats.proportions import compare_proportions

    keys = list(zip(frame["campaign"], map(shape.known, frame[key]), strict=True))
    parts, users = map(int, frame[part]), map(int, frame["users"])
    counts = dict(zip(keys, zip(parts, users, strict=True), strict=True))
    found = []
    for campaign, value in keys:
        own, base = counts[campaign, value], counts.get((context.baseline.key, value))
        fit = (
            campaign != context.baseline.key
            and base is not None
            and min(base[1], own[1]) >= FEWEST_USERS
            and comparable(value, base, own)
        )
        found.append(compare_proportions(*base, *own, context.confidence) if fit and base else None)
    p_values = [each.p_value if each else None for each in found]
    return frame.assign(
        difference=[each.difference if each else None for each in found],
        difference_ci_low=[each.ci_low if each else None for each in found],
        difference_ci_high=[each.ci_high if each else None for each in found],
        p_value=p_values,
        q_value=adjust(p_values, context.correction),
    )
