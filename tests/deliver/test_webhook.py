from __future__ import annotations

from pathlib import Path

import pytest

from growthml.config.url import Webhook
from growthml.deliver.channels import webhook
from growthml.deliver.channels.outcome import Outcome
from growthml.deliver.delivery import any_failed
from growthml.deliver.ledger import Ledger, State
from tests.deliver.mailed import config_of, delivered, quick_story
from tests.deliver.post_office import Authority, free_port
from tests.deliver.room import Room, opened
from tests.render.story import CHURN, story

SECRET = "services/T0CANARY/B0CANARY"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def posted(url: str, trust: Authority | None = None) -> Outcome:
    client = trust.client() if trust else None
    return webhook.post(Webhook(url), "hello", sleep=lambda _: None, trust=client)


def test_a_text_is_posted_over_tls(authority: Authority) -> None:
    with opened(Room(), authority.server()) as room:
        outcome = posted(f"https://localhost:{room.port}/{SECRET}", authority)
    assert outcome.state == "sent"
    assert room.posted == [{"text": "hello"}]
    assert room.paths == [f"/{SECRET}"]


def test_an_unknown_certificate_gets_nothing(authority: Authority) -> None:
    with opened(Room(), authority.server()) as room:
        outcome = posted(f"https://localhost:{room.port}/{SECRET}", Authority())
    assert (outcome.state, outcome.attempts, room.posted) == ("refused", 1, [])


def test_no_text_goes_in_clear_but_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(Room()) as room:
        assert posted(f"http://127.0.0.1:{room.port}/{SECRET}").state == "sent"
        monkeypatch.setattr(webhook, "is_loopback", lambda host: False)
        assert posted(f"http://127.0.0.1:{room.port}/{SECRET}").state == "refused"
    assert len(room.posted) == 1


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(code: int) -> None:
    with opened(Room()) as other:
        target = f"http://127.0.0.1:{other.port}/"
        with opened(Room(answers=[code], location=target)) as room:
            outcome = posted(f"http://127.0.0.1:{room.port}/{SECRET}")
    assert outcome.state == "refused"
    assert other.posted == []


@pytest.mark.parametrize(
    ("answers", "state", "attempts"),
    [
        ([404], "refused", 1),
        ([429], "sent", 2),
        ([503, 503], "sent", 3),
        ([503, 503, 503], "refused", 3),
        ([500], "unclear", 1),
        ([0], "unclear", 1),
    ],
)
def test_what_the_room_says_is_what_became_of_it(
    answers: list[int], state: str, attempts: int
) -> None:
    with opened(Room(answers=answers)) as room:
        outcome = posted(f"http://127.0.0.1:{room.port}/{SECRET}")
    assert (outcome.state, outcome.attempts) == (state, attempts)
    assert len(room.posted) == attempts


def test_a_room_nobody_answers_for_is_tried_three_times() -> None:
    outcome = posted(f"http://127.0.0.1:{free_port()}/{SECRET}")
    assert (outcome.state, outcome.attempts) == ("refused", 3)
    assert "CANARY" not in outcome.reason


@pytest.mark.parametrize("url", [f"http://127.0.0.1:1/{SECRET}", f"https://bad host/{SECRET}\x01"])
def test_no_error_repeats_the_address(url: str) -> None:
    outcome = posted(url)
    assert outcome.state == "refused"
    assert "CANARY" not in outcome.reason


def test_a_run_is_told_in_the_room_once(tmp_path: Path) -> None:
    with opened(Room()) as room:
        config = config_of(
            email=False,
            webhook={"url": f"http://127.0.0.1:{room.port}/{SECRET}"},
            link="https://reports.example.com",
        )
        run = story(*quick_story().sections, CHURN, status="partial")
        first = delivered(tmp_path, config, run, alerts=["Conversion of Summer fell."])
        second = delivered(tmp_path, config, run)
    assert [each.state for each in (*first, *second)] == [State.SENT] * 2
    assert [each.new for each in (*first, *second)] == [True, False]
    assert room.posted[0]["text"].splitlines() == [
        "Weekly growth report, 20 Apr 2014 (partial)",
        "▲ Conversion of Summer fell.",
        "▲ This report is incomplete: no answer from Churn.",
        "No evidence that Summer converts better or worse than Spring.",
        "7.10\u202f% of 845 Summer users bought, against 6.83\u202f% of 879 Spring users: +0.27"
        " points, and anything from −2.1 to +2.7 fits the data. This sample could only have shown"
        " about 3.5 points or more.",
        "https://reports.example.com/weekly-growth/2014-04-20-8f3c12ab90de/report.html",
    ]
    assert len(room.posted) == 1
    assert "CANARY" not in str(Ledger(tmp_path).history())


def test_a_room_hears_that_a_report_is_late_where_readers_do(tmp_path: Path) -> None:
    run = story(*quick_story().sections, CHURN, status="held")
    with opened(Room()) as room:
        address = {"url": f"http://127.0.0.1:{room.port}/{SECRET}"}
        silent = delivered(tmp_path / "a", config_of(email=False, webhook=address), run)
        config = config_of(email=False, webhook=address, on_hold="line")
        told = [delivered(tmp_path / "b", config, run) for _ in range(2)]
    assert [each.state for each in silent] == [State.HELD]
    assert [each["text"] for each in room.posted] == [
        "Weekly growth report (2014-04-14..2014-04-20) is late: it is held back until it can be"
        " trusted."
    ]
    assert not any_failed([*silent, *told[0], *told[1]])


def test_the_next_run_tries_a_room_again_that_refused(tmp_path: Path) -> None:
    with opened(Room(answers=[404])) as room:
        config = config_of(email=False, webhook={"url": f"http://127.0.0.1:{room.port}/{SECRET}"})
        first, second = delivered(tmp_path, config), delivered(tmp_path, config)
    assert [each.state for each in (*first, *second)] == [State.REFUSED, State.SENT]
    assert any_failed(first)
