from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from growthml.archive.manifest import plain
from growthml.secrets import remember


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (float("nan"), None),
        (float("-inf"), None),
        (np.float64("nan"), None),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (0.25, 0.25),
        (True, True),
        (None, None),
        (date(2025, 2, 1), "2025-02-01"),
        (datetime(2025, 2, 1, 9, 30), "2025-02-01 09:30:00"),
        (datetime(2025, 2, 1, tzinfo=UTC), "2025-02-01 00:00:00+00:00"),
        ((1, [2.0]), [1, [2.0]]),
        ({"a": {1: float("nan")}}, {"a": {"1": None}}),
    ],
)
def test_values_as_json_has_them(value: object, written: object) -> None:
    assert plain(value) == written


def test_secrets_are_masked_in_every_value() -> None:
    remember("c4nary-in-the-mine")
    masked = plain({"sql": ["select 'c4nary-in-the-mine'"], "n": 1})
    assert masked == {"sql": ["select '***'"], "n": 1}
