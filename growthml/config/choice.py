"""A section as the config asks for it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, SerializeAsAny

from growthml.config.model import Model


class SectionPolicy(Model):
    """What may be said of any section besides its own options."""

    required: bool = False
    """Whether the report is worthless without it: an empty answer then counts as a failure."""
    on_failure: Literal["hold", "partial", "skip"] | None = None
    """What a failure does: `hold` back the report, deliver it marked `partial`, or `skip` the
    section without a word on the front page. Left out: `hold` where it is required, else
    `partial`."""


class SectionChoice(SectionPolicy):
    """One section of the report: a bare name, or a name with its options."""

    name: str
    """Which section; `growthml sections` lists them."""
    options: SerializeAsAny[BaseModel]
    """Its options; `growthml sections NAME` explains them."""
    by_default: bool = False
    """True where the config names no sections: it is left out when its data are not there."""
