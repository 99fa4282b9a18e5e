from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from growthml.deliver.ledger import Entry, Key, Ledger, State
from growthml.errors import DeliveryError

KEY = Key(report="weekly", period="2025-W10", channel="email", recipient="ann@example.com")
NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)


def ledger(archive: Path) -> Ledger:
    return Ledger(archive, lambda: NOON)


def claim(of: Ledger, **more: object) -> Entry:
    return of.claim(
        KEY,
        run_id="r1",
        message_id="<1@example.com>",
        sha256="ab",
        **more,  # type: ignore[arg-type]
    )


def test_a_delivery_is_claimed_once_and_settled(tmp_path: Path) -> None:
    with ledger(tmp_path) as mine:
        entry = claim(mine)
        assert mine.mine(entry)
        mine.settle(entry, State.SENT, "250 ok")
        again = claim(mine)
    assert not mine.mine(again)
    found = ledger(tmp_path).find(KEY)
    assert found is not None
    assert (found.state, found.attempts, found.reason) == (State.SENT, 1, "250 ok")
    assert (found.message_id, found.sha256, found.run_id) == ("<1@example.com>", "ab", "r1")
    assert found.at == "2025-03-10T12:00:00+00:00"
    assert [each.state for each in ledger(tmp_path).history()] == [State.INTENDED, State.SENT]


def test_a_claim_is_on_disk_before_anything_is_sent(tmp_path: Path) -> None:
    with ledger(tmp_path) as mine:
        claim(mine)
        with closing(sqlite3.connect(tmp_path / "deliveries" / "ledger.db")) as other:
            assert other.execute("SELECT state FROM deliveries").fetchall() == [("intended",)]


def test_another_runner_leaves_a_live_ones_claim_alone(tmp_path: Path) -> None:
    with ledger(tmp_path) as first, ledger(tmp_path) as second:
        claim(first)
        seen = claim(second)
        assert seen.state is State.INTENDED
        assert not second.mine(seen)
        assert second.find(KEY) == seen


def test_a_claim_whose_runner_is_gone_is_unclear(tmp_path: Path) -> None:
    gone = ledger(tmp_path)
    with gone:
        claim(gone)
    with ledger(tmp_path) as second:
        seen = claim(second)
    assert seen.state is State.UNCLEAR
    assert "2025-03-10T12:00:00" in seen.reason
    found = ledger(tmp_path).find(KEY)
    assert found is not None
    assert found.state is State.UNCLEAR


def test_many_runners_at_once_claim_one_mail(tmp_path: Path) -> None:
    barrier, won = threading.Barrier(8), []

    def run() -> None:
        with ledger(tmp_path) as mine:
            barrier.wait()
            if mine.mine(claim(mine)):
                won.append(1)
            barrier.wait()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert won == [1]


def test_what_was_refused_may_be_tried_again(tmp_path: Path) -> None:
    with ledger(tmp_path) as mine:
        mine.settle(claim(mine), State.REFUSED, "550", attempts=3)
        entry = claim(mine)
        assert mine.mine(entry)
        assert entry.file == "1@example.com-2.eml"
        assert mine.settle(entry, State.SENT).attempts == 4


def test_what_is_unclear_is_taken_again_only_on_request(tmp_path: Path) -> None:
    with ledger(tmp_path) as mine:
        mine.settle(claim(mine), State.UNCLEAR, "cut")
        assert not mine.mine(claim(mine))
        assert not mine.mine(claim(mine, again=(State.SENT,)))
        assert mine.mine(claim(mine, again=(State.UNCLEAR,)))


def test_sending_again_in_vain_changes_nothing_about_the_first_time(tmp_path: Path) -> None:
    with ledger(tmp_path) as mine:
        mine.settle(claim(mine), State.UNCLEAR, "cut")
        again = claim(mine, again=(State.UNCLEAR,))
        settled = mine.settle(again, State.REFUSED, "550")
        assert settled.state is State.UNCLEAR
        assert "550" in settled.reason
        assert not mine.mine(claim(mine))


def test_a_note_never_hides_a_mail_that_went_out(tmp_path: Path) -> None:
    with ledger(tmp_path) as mine:
        assert mine.note(KEY, State.HELD, "late").state is State.HELD
        mine.settle(claim(mine), State.SENT)
        assert mine.note(KEY, State.SKIPPED, "when: ok").state is State.SENT


def test_a_mail_is_kept_byte_for_byte_and_never_changed(tmp_path: Path) -> None:
    with ledger(tmp_path) as mine:
        entry = claim(mine)
        mine.keep(entry, b"one")
        with pytest.raises(DeliveryError, match="never changes"):
            mine.keep(entry, b"two")
    assert (tmp_path / "deliveries" / "1@example.com.eml").read_bytes() == b"one"


def test_only_a_runners_lock_lies_about_and_goes_with_it(tmp_path: Path) -> None:
    with ledger(tmp_path):
        assert len(list((tmp_path / "deliveries" / ".runners").iterdir())) == 1
    assert list((tmp_path / "deliveries" / ".runners").iterdir()) == []


def test_reading_where_nothing_was_sent_writes_nothing(tmp_path: Path) -> None:
    assert ledger(tmp_path).find(KEY) is None
    assert ledger(tmp_path).entries() == ledger(tmp_path).history() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(DeliveryError, match="nothing is sent"), ledger(tmp_path):
            pass
    finally:
        tmp_path.chmod(0o700)


def test_a_ledger_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "deliveries").mkdir()
    (tmp_path / "deliveries" / "ledger.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(DeliveryError, match="nothing is sent"), ledger(tmp_path) as mine:
        claim(mine)
