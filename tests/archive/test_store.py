from __future__ import annotations

import errno
from pathlib import Path

import pytest

from growthml.archive import store
from growthml.archive.store import files_of, keep
from growthml.errors import GrowthError

FILES = {"report.html": b"<p>", "tables/summary.kpis.csv": b"metric\n"}


def test_a_run_is_put_in_place_whole(tmp_path: Path) -> None:
    folder = tmp_path / "weekly" / "2025-01-01-0123456789ab"
    assert keep(folder, FILES)
    assert files_of(folder) == ["report.html", "tables/summary.kpis.csv"]
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert (folder / "report.html").read_bytes() == b"<p>"


def test_a_run_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    keep(folder, FILES)
    assert not keep(folder, {"report.html": b"other"})
    assert (folder / "report.html").read_bytes() == b"<p>"


def test_of_two_writers_at_once_the_first_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    put = store._put_in_place

    def while_another_one_finishes(building: Path, folder: Path) -> bool:
        monkeypatch.setattr(store, "_put_in_place", put)
        assert keep(folder, FILES)
        return put(building, folder)

    monkeypatch.setattr(store, "_put_in_place", while_another_one_finishes)
    assert not keep(folder, {"report.html": b"late"})
    assert (folder / "report.html").read_bytes() == b"<p>"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_nothing_is_left_of_a_run_that_cannot_be_put_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fails(*_: object) -> bool:
        raise OSError(code, "no such luck")

    monkeypatch.setattr(store, "_put_in_place", fails)
    with pytest.raises(GrowthError, match=r"cannot write the run .*no such luck"):
        keep(tmp_path / "weekly" / "run", FILES)
    assert list(tmp_path.rglob("*")) == []


def test_nothing_is_left_when_it_is_stopped_in_the_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "write", stopped)
    with pytest.raises(KeyboardInterrupt):
        keep(tmp_path / "weekly" / "run", FILES)
    assert list(tmp_path.rglob("*")) == []
