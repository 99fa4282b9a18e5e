"""How times are stored is seen from a few of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from growthml.sources.times import Storage, storage_of


@pytest.mark.parametrize(
    ("values", "storage"),
    [
        ([], Storage.STAMP),
        ([None], Storage.STAMP),
        (["2014-04-20"], Storage.TEXT_DATE),
        (["2014-04-20", "2014-04-20 18:30:00"], Storage.TEXT),
        (["2014-04-20T18:30"], Storage.TEXT),
        (["2014-04-20 18:30:00.123456"], Storage.TEXT),
        (["2014-04-20T18:30:00Z"], Storage.ZONED_TEXT),
        (["2014-04-20 18:30:00+02:00"], Storage.ZONED_TEXT),
        (["soon", "2014-04-20"], Storage.TEXT_DATE),
        ([date(2014, 4, 20)], Storage.DATE),
        ([datetime(2014, 4, 20)], Storage.STAMP),
        ([datetime(2014, 4, 20, tzinfo=UTC)], Storage.ZONED),
        ([1_398_000_000], Storage.SECONDS),
        ([0, None, 1_398_000_000.5], Storage.SECONDS),
        ([Decimal(1_398_000_000)], Storage.SECONDS),
        ([1_398_000_000_000], Storage.MILLIS),
        ([1_398_000_000_000_000], Storage.MICROS),
    ],
)
def test_storage(values: list[Any], storage: Storage) -> None:
    assert storage_of(values) is storage


@pytest.mark.parametrize("value", ["20140420", "20/04/2014", "soon", "", True, b"2014-04-20"])
def test_what_is_no_time_is_shown(value: Any) -> None:
    with pytest.raises(ValueError, match="is no "):
        storage_of([value])


def test_only_dates_are_whole_days() -> None:
    assert {storage for storage in Storage if storage.whole_days} == {
        Storage.TEXT_DATE,
        Storage.DATE,
    }
