"""Sample-ratio mismatch: whether an experiment split its users as it was told to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scipy import special

NOTE_BELOW = 0.01
BANNER_BELOW = 0.001
MINIMUM_USERS = 8


@dataclass(frozen=True, kw_only=True)
class SampleRatio:
    """A chi-square test of the split. expected: users per arm, in the order given.

    level: `banner` below p 0.001 (the whole comparison is in doubt), `note` below 0.01, else
    empty. chi2, dof and p_value are None, with the reason, when an arm has fewer than 8 users.
    """

    expected: tuple[float, ...]
    chi2: float | None = None
    dof: int | None = None
    p_value: float | None = None
    reason: str = ""

    @property
    def level(self) -> Literal["", "note", "banner"]:
        """How loudly to say it."""
        if self.p_value is None or self.p_value >= NOTE_BELOW:
            return ""
        return "banner" if self.p_value < BANNER_BELOW else "note"


def sample_ratio(users: Sequence[int], weights: Sequence[float]) -> SampleRatio:
    """Tests users per arm against the planned weights (any scale).

    chi² = Σ (O - E)² / E with arms - 1 degrees of freedom: Fabijan et al. 2019, KDD. An arm of
    weight 0 without users is left out. Raises ValueError when a weight is negative, all are 0, an
    arm of weight 0 has users, or the lengths differ.
    """
    if len(users) != len(weights):
        raise ValueError(f"{len(users)} arms but {len(weights)} weights")
    if any(weight < 0 for weight in weights) or not sum(weights) > 0:
        raise ValueError("weights must be at least 0, and one above it")
    if any(weight == 0 and n > 0 for n, weight in zip(users, weights, strict=True)):
        raise ValueError("an arm planned to have no users has some; check the allocation")
    total, scale = sum(users), sum(weights)
    expected = tuple(weight / scale * total for weight in weights)
    arms = [(n, e) for n, e, weight in zip(users, expected, weights, strict=True) if weight > 0]
    if len(arms) < 2:
        return SampleRatio(expected=expected, reason="fewer than two arms")
    if min(n for n, _ in arms) < MINIMUM_USERS:
        return SampleRatio(expected=expected, reason=f"an arm has fewer than {MINIMUM_USERS} users")
    chi2 = sum((n - e) ** 2 / e for n, e in arms)
    dof = len(arms) - 1
    return SampleRatio(
        expected=expected, chi2=chi2, dof=dof, p_value=float(special.chdtrc(dof, chi2))
    )
