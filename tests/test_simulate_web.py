"""The simulated access log: one seed, one file; its log-ins as its truth says."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from growthml.cli import main
from growthml.errors import UsageError
from growthml.simulate_web import HORIZON, login_probability, simulate_web
from growthml.sources.log_cache import cached
from growthml.sources.weblog import Parser


def test_the_same_seed_makes_the_same_file(tmp_path: Path) -> None:
    logs = [
        simulate_web(tmp_path / f"{row}.log", users=50, seed=seed).path.read_bytes()
        for row, seed in enumerate((1, 1, 2))
    ]
    assert logs[0] == logs[1] != logs[2]


def test_what_was_written_is_what_is_told(tmp_path: Path) -> None:
    made = simulate_web(tmp_path / "access.log", users=300, events=30_000, seed=3)
    assert made.requests == pytest.approx(30_000, rel=0.03)
    with Parser() as parser:
        kept = cached(made.path, tmp_path / "cache", parser)
    table = duckdb.read_parquet(str(kept))
    assert table.aggregate("count(*), count(reason)").fetchall() == [(made.requests, 0)]
    logins = table.filter("method = 'POST' AND path = '/login' AND user_id IS NOT NULL")
    assert logins.aggregate("count(*)").fetchall() == [(made.logins,)]
    after = logins.filter(f"occurred_at >= TIMESTAMP '{made.cut_off}'").aggregate("user_id")
    truth = made.truth
    known = {user for user, does in zip(truth.user_id, truth.logged_in, strict=True) if does}
    assert {user for (user,) in after.fetchall()} & set(truth.user_id) == known


def test_planted_chances_hold_in_every_fifth(tmp_path: Path) -> None:
    truth = simulate_web(tmp_path / "access.log", users=6000, seed=4).truth
    order = np.argsort(truth.probability)
    for fifth in np.array_split(order, 5):
        p = truth.probability[fifth]
        error = np.sqrt((p * (1 - p)).sum()) / p.size
        assert abs(truth.logged_in[fifth].mean() - p.mean()) < 4 * error


def test_chances_in_closed_form() -> None:
    """Seen logging in just now, one is surely alive; who never drops out follows Poisson."""
    rate = np.array([0.02])
    now = login_probability(rate, np.array([0.01]), np.array([90.0]), np.array([90.0]), HORIZON)
    assert now[0] == pytest.approx(2 / 3 * (1 - np.exp(-0.03 * HORIZON)))
    loyal = login_probability(rate, np.array([1e-12]), np.array([0.0]), np.array([90.0]), HORIZON)
    assert loyal[0] == pytest.approx(1 - np.exp(-0.02 * HORIZON))


def test_the_command_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "access.log"
    assert main(["simulate", str(log), "--users", "40", "--seed", "5"]) == 0
    assert f"{log.read_bytes().count(b'HTTP/1.1')} requests" in capsys.readouterr().out
    assert main(["simulate", str(log), "--force", "--effect", "PI=2"]) == 2


def test_what_cannot_be_simulated_is_said(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    with pytest.raises(UsageError, match="too few"):
        simulate_web(log, users=500, events=600)
    log.write_text("kept")
    with pytest.raises(UsageError, match="is there already"):
        simulate_web(log, users=10)
    assert log.read_text() == "kept"
