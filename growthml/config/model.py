"""What all parts of the config share."""

from __future__ import annotations

from pydantic import (
    BaseModel,
    ConfigDict,
)


class Model(BaseModel):
    """What all parts of the config share: unknown keys are refused, nothing changes once read."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
    )
