"""What is compared with what, where nobody said."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from growthml.guess.choice import Choice
from tests.guess.stories import TODAY, database, guessed, text_of


def events(path: Path, first: date, last: date) -> str:
    """One event a day, of five users in turn."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    rows = [(n % 5, ["bought", "like"][n % 2], f"{day} 10:00:00") for n, day in enumerate(days)]
    return database(path, {"events (user_id INT, action TEXT, at TEXT)": rows})


@pytest.mark.parametrize(
    ("first", "last", "period"),
    [
        (date(2026, 1, 1), date(2026, 6, 14), "last_month"),
        (date(2026, 5, 20), date(2026, 6, 14), "last_week"),
    ],
)
def test_data_that_still_come_in_are_compared_period_by_period(
    tmp_path: Path, first: date, last: date, period: str
) -> None:
    config = guessed(events(tmp_path / "app.db", first, last))
    assert config["period"] == period
    assert config["baseline"] == "previous_period"
    assert config["campaigns"] == {"current": {"source": "app"}}


def test_old_data_are_cut_into_halves_of_whole_months(tmp_path: Path) -> None:
    # 5 January to 20 June 2024 holds four whole months: February to May.
    config = guessed(events(tmp_path / "app.db", date(2024, 1, 5), date(2024, 6, 20)))
    assert config["campaigns"] == {
        "baseline": {
            "source": "app",
            "label": "Feb 2024 to Mar 2024",
            "window": {"from": date(2024, 2, 1), "to": date(2024, 4, 1)},
        },
        "new": {
            "source": "app",
            "label": "Apr 2024 to May 2024",
            "window": {"from": date(2024, 4, 1), "to": date(2024, 6, 1)},
        },
    }
    assert "period" not in config


def test_a_few_days_are_cut_into_halves_too(tmp_path: Path) -> None:
    config = guessed(events(tmp_path / "app.db", date(2024, 1, 5), date(2024, 1, 11)))
    windows = [each["window"] for each in config["campaigns"].values()]
    assert windows == [
        {"from": date(2024, 1, 6), "to": date(2024, 1, 9)},
        {"from": date(2024, 1, 9), "to": date(2024, 1, 12)},
    ]


def test_one_day_stands_alone(tmp_path: Path) -> None:
    config = guessed(events(tmp_path / "app.db", date(2024, 1, 5), date(2024, 1, 5)))
    assert config["campaigns"] == {"all": {"source": "app", "label": "All users"}}


def arms(path: Path, column: str, values: list[Any]) -> str:
    return database(
        path,
        {
            f"users (id INTEGER PRIMARY KEY, {column} TEXT)": list(enumerate(values)),
            "events (user_id INT, action TEXT, at TEXT)": [
                (n % 6, ["bought", "like"][n % 2], f"2024-01-{1 + n:02}") for n in range(12)
            ],
        },
    )


def test_the_arms_of_an_experiment_the_control_first(tmp_path: Path) -> None:
    config = guessed(arms(tmp_path / "app.db", "variant", ["banner", "control", "popup"] * 8))
    assert {key: each["where"] for key, each in config["campaigns"].items()} == {
        "baseline": {"users.variant": "control"},
        "banner": {"users.variant": "banner"},
        "popup": {"users.variant": "popup"},
    }
    assert config["randomised"] is True
    assert config["allocation"] == {"baseline": 1, "banner": 1, "popup": 1}


def test_groups_of_unlike_size_are_no_experiment(tmp_path: Path) -> None:
    config = guessed(arms(tmp_path / "app.db", "variant", ["control"] * 60 + ["popup"] * 12))
    assert config["randomised"] is False


def test_a_column_that_may_be_groups_is_asked_about(tmp_path: Path) -> None:
    asked: list[str] = []

    def by_group(choice: Choice) -> Any:
        asked.append(choice.about)
        return choice.options[-1].value

    url = arms(tmp_path / "app.db", "version", ["1.0", "2.0", "2.0"] * 8)
    config = guessed(url, settle=by_group)
    assert asked == ["campaigns"]
    assert config["campaigns"]["baseline"]["where"] == {"users.version": "1.0"}
    assert "window" in guessed(url)["campaigns"]["baseline"]


def test_two_databases_that_differ_have_a_schema_each(tmp_path: Path) -> None:
    old = database(
        tmp_path / "old.db",
        {"log (uid INT, what TEXT, at TEXT)": [(n % 3, "bought", "2024-01-01") for n in range(6)]},
        "ALTER TABLE log RENAME TO actions",
        "ALTER TABLE actions RENAME COLUMN what TO action",
    )
    new = events(tmp_path / "new.db", date(2024, 1, 5), date(2024, 1, 11))
    config = guessed(old, new)
    assert config["schema"]["events"]["user_id"] == "uid"
    assert config["sources"]["new"]["schema"]["events"] == {
        "table": "events",
        "user_id": "user_id",
        "action": "action",
        "occurred_at": "at",
    }
    assert [each["source"] for each in config["campaigns"].values()] == ["old", "new"]


def test_a_log_needs_no_campaign(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text('1.2.3.4 - - [01/Jan/2025:10:00:00 +0000] "GET / HTTP/1.1" 200 5\n')
    config = guessed(str(log))
    assert config["sources"] == {"access": {"url": str(log)}}
    assert config["sections"] == ["traffic"]
    assert "campaigns" not in config


def test_a_log_beside_a_database_is_read_along_with_it(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text('1.2.3.4 - - [01/Jan/2025:10:00:00 +0000] "GET / HTTP/1.1" 200 5\n')
    config = guessed(str(log), events(tmp_path / "app.db", date(2024, 1, 5), date(2024, 1, 11)))
    assert {each["source"] for each in config["campaigns"].values()} == {"app"}
    assert "sections" not in config


def test_hits_in_a_table_are_web_traffic(tmp_path: Path) -> None:
    rows = [("1.2.3.4", f"2025-01-01 10:{n:02}:00", "/", 200, "Firefox") for n in range(9)]
    url = database(
        tmp_path / "web.db",
        {"hits (ip TEXT, ts TEXT, url TEXT, status INT, user_agent TEXT)": rows},
    )
    config = guessed(url)
    assert config["schema"] == {
        "requests": {
            "table": "hits",
            "occurred_at": "ts",
            "visitor": "ip",
            "page": "url",
            "status": "status",
            "agent": "user_agent",
        }
    }
    assert "campaigns" not in config


def test_days_to_come_do_not_make_old_data_young(tmp_path: Path) -> None:
    url = events(tmp_path / "app.db", date(2024, 1, 1), date(2024, 4, 30))
    assert "period" not in guessed(url, today=TODAY)
    assert "last_month" in text_of(url, today=date(2024, 5, 3))
