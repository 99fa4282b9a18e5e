"""Runners that die or meet: never two mails, never silence."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from growthml.deliver.delivery import any_failed
from growthml.deliver.ledger import Ledger
from tests.deliver.mailed import READERS, config_of, delivered, states
from tests.deliver.post_office import Office, opened

ROOT = Path(__file__).parents[2]
ANN = READERS[0]


def runner(archive: Path, office: Office, moment: str = "") -> subprocess.Popen[str]:
    smtp = f"smtp://127.0.0.1:{office.port}"
    arguments = [sys.executable, "-m", "tests.deliver.runner", str(archive), smtp, moment]
    return subprocess.Popen(
        arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def next_runs(archive: Path, office: Office) -> None:
    """Two runs after the crash, then a resend: nothing by itself, all said, one mail more."""
    config = config_of(f"smtp://127.0.0.1:{office.port}", {"to": [ANN]})
    before = office.readers().count(ANN)
    for _ in range(2):
        done = delivered(archive, config)
        assert states(done) == [(ANN, "unclear")]
        assert any_failed(done)
    assert office.readers().count(ANN) == before
    assert states(delivered(archive, config, resend=True)) == [(ANN, "sent")]
    assert states(delivered(archive, config)) == [(ANN, "sent")]
    mails = [message for message in office.taken if message["To"] == ANN]
    assert len(mails) == before + 1
    assert str(mails[-1]["Subject"]).startswith("[sent again] ")


@pytest.mark.parametrize(("moment", "taken"), [("claimed", 0), ("kept", 0), ("accepted", 1)])
def test_a_runner_killed_at_any_moment_sends_nothing_twice(
    tmp_path: Path, moment: str, taken: int
) -> None:
    with opened(Office()) as office:
        killed = runner(tmp_path, office, moment)
        said, _ = killed.communicate(timeout=60)
        assert killed.returncode == -signal.SIGKILL, said
        assert office.readers() == [ANN] * taken
        next_runs(tmp_path, office)


def test_a_runner_killed_while_the_server_takes_the_mail_sends_nothing_twice(
    tmp_path: Path,
) -> None:
    with opened(Office(hold=threading.Event())) as office:
        killed = runner(tmp_path, office)
        assert office.seen_text.wait(60)
        killed.kill()
        killed.communicate(timeout=60)
        assert office.hold is not None
        office.hold.set()
        next_runs(tmp_path, office)


def test_two_runners_at_the_same_moment_send_one_mail(tmp_path: Path) -> None:
    with opened(Office(hold=threading.Event())) as office:
        assert office.hold is not None
        one, two = runner(tmp_path, office), runner(tmp_path, office)
        try:
            assert office.seen_text.wait(60)
            # The loser ends at once; the winner waits for the server's answer.
            while one.poll() is None and two.poll() is None:
                threading.Event().wait(0.02)
            loser, winner = (one, two) if one.poll() is not None else (two, one)
            lost, _ = loser.communicate(timeout=60)
            office.hold.set()
            won, _ = winner.communicate(timeout=60)
        finally:
            one.kill()
            two.kill()
            one.wait()
            two.wait()
        assert (loser.returncode, winner.returncode) == (0, 0)
        assert lost == f"email to {ANN}: another run is sending it\n"
        assert won == f"email to {ANN}: sent\n"
        assert office.readers() == [ANN]
    states_ = [each.state for each in Ledger(tmp_path).history()]
    assert states_ == ["intended", "sent"]
