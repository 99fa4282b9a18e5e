from __future__ import annotations

import email
import email.policy
import hashlib
import re
from base64 import b64decode
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from growthml.deliver.delivery import Delivery, any_failed
from growthml.deliver.ledger import Ledger, State
from growthml.deliver.post import period_of
from growthml.parts import SectionRun, Status
from growthml.progress import Progress
from growthml.theme import Theme
from tests.deliver.mailed import PERIOD, READERS, config_of, delivered, quick_story, states
from tests.deliver.post_office import Office, free_port, opened
from tests.render.story import CHURN, story

ANN, BOB = READERS


def url(office: Office) -> str:
    return f"smtp://127.0.0.1:{office.port}"


def subjects(office: Office) -> list[str]:
    return [str(message["Subject"]) for message in office.taken]


def test_every_reader_gets_it_once_however_often_it_is_run(tmp_path: Path) -> None:
    with opened(Office()) as office:
        config = config_of(url(office))
        first, second = delivered(tmp_path, config), delivered(tmp_path, config)
    assert states(first) == states(second) == [(ANN, "sent"), (BOB, "sent")]
    assert [each.new for each in (*first, *second)] == [True, True, False, False]
    assert office.readers() == [ANN, BOB]
    assert not any_failed([*first, *second])


def test_a_later_run_of_the_same_period_is_not_sent_either(tmp_path: Path) -> None:
    with opened(Office()) as office:
        config = config_of(url(office))
        delivered(tmp_path, config)
        delivered(tmp_path, config, quick_story(run_id="2014-04-20-000000000000"))
        delivered(tmp_path, config, period="2014-04-21..2014-04-27")
    assert office.readers() == [ANN, BOB] * 2


def test_nobody_gets_it_twice_for_being_named_twice(tmp_path: Path) -> None:
    with opened(Office()) as office:
        to = [ANN, "Ann <ANN@example.com>", BOB]
        delivered(tmp_path, config_of(url(office), {"to": to}))
    assert office.readers() == [ANN, BOB]


def test_the_bytes_beside_the_ledger_are_those_that_were_sent(tmp_path: Path) -> None:
    with opened(Office()) as office:
        delivered(tmp_path, config_of(url(office)))
    rows = Ledger(tmp_path).entries("weekly-growth", PERIOD)
    assert [row.state for row in rows] == [State.SENT, State.SENT]
    for row, raw in zip(rows, office.raw, strict=True):
        content = (tmp_path / "deliveries" / row.file).read_bytes()
        assert content == raw
        assert row.sha256 == hashlib.sha256(raw).hexdigest()
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert row.message_id == message["Message-ID"]
        assert row.run_id == "2014-04-20-8f3c12ab90de"


def test_one_refused_reader_keeps_the_report_from_nobody_else(tmp_path: Path) -> None:
    with opened(Office(refused={ANN: "550 unknown"})) as office:
        config = config_of(url(office), owner="owner@example.com")
        done = delivered(tmp_path, config)
        office.refused.clear()
        later = delivered(tmp_path, config)
    assert states(done) == [(ANN, "refused"), (BOB, "sent")]
    assert any_failed(done)
    assert states(later) == [(ANN, "sent"), (BOB, "sent")]
    assert not any_failed(later)
    assert office.readers() == [BOB, "owner@example.com", ANN]
    notice = office.taken[1]
    assert notice["Subject"] == (
        "Not delivered to everybody: Weekly growth report, 2014-04-14..2014-04-20"
    )
    assert "email to ann@example.com: not sent: 550 unknown" in notice.get_content()


def test_a_server_that_is_down_is_made_good_by_the_next_run(tmp_path: Path) -> None:
    office = Office(port=free_port())
    config = config_of(url(office))
    down = delivered(tmp_path, config)
    assert states(down) == [(ANN, "refused"), (BOB, "refused")]
    assert any_failed(down)
    with opened(office):
        up = delivered(tmp_path, config)
    assert states(up) == [(ANN, "sent"), (BOB, "sent")]
    assert office.readers() == [ANN, BOB]
    assert not any(subject.startswith("[sent again]") for subject in subjects(office))
    row = Ledger(tmp_path).entries()[0]
    assert (row.attempts, row.claims) == (4, 2)
    assert (tmp_path / "deliveries" / row.file).read_bytes() == office.raw[0]


def test_what_is_unclear_waits_until_somebody_asks_for_it(tmp_path: Path) -> None:
    with opened(Office(cut=True)) as office:
        config = config_of(url(office), {"to": [ANN]})
        cut = delivered(tmp_path, config)
        office.cut = False
        waiting = delivered(tmp_path, config)
        again = delivered(tmp_path, config, resend=True)
        after = delivered(tmp_path, config, resend=True)
    assert states(cut) == states(waiting) == [(ANN, "unclear")]
    assert any_failed(cut)
    assert any_failed(waiting)
    assert "--resend" in str(waiting[0])
    assert states(again) == states(after) == [(ANN, "sent")]
    assert not any_failed(again)
    first, second = (m for m in office.taken if m["To"] == ANN)
    assert second["Subject"] == f"[sent again] {first['Subject']}"
    assert first["Message-ID"] != second["Message-ID"]
    history = [each.state for each in Ledger(tmp_path).history() if each.channel == "email"]
    assert history == ["intended", "unclear", "intended", "sent"]


def test_a_reader_who_is_named_gets_it_again(tmp_path: Path) -> None:
    with opened(Office()) as office:
        config = config_of(url(office))
        delivered(tmp_path, config)
        done = delivered(tmp_path, config, resend=["Ann@example.com"])
    assert office.readers() == [ANN, BOB, ANN]
    assert [each.new for each in done] == [True, False]
    assert subjects(office)[2].startswith("[sent again] ")


def test_sending_again_in_vain_is_said_and_never_made_good_by_itself(tmp_path: Path) -> None:
    with opened(Office()) as office:
        config = config_of(url(office), {"to": [ANN]})
        delivered(tmp_path, config)
        office.refused[ANN] = "550 gone"
        done = delivered(tmp_path, config, resend=[ANN])
        office.refused.clear()
        later = delivered(tmp_path, config)
    assert any_failed(done)
    assert (later[0].state, later[0].new) == (State.SENT, False)
    assert office.readers().count(ANN) == 1


@pytest.mark.parametrize(
    ("when", "status", "options", "wanted"),
    [
        ("always", "ok", {}, True),
        ("always", "partial", {}, True),
        ("ok", "ok", {}, True),
        ("ok", "partial", {}, False),
        ("changed", "ok", {"changed": True}, True),
        ("changed", "ok", {"changed": False}, False),
        ("alert", "ok", {"alerts": ["Conversion fell."]}, True),
        ("alert", "ok", {}, False),
    ],
)
def test_a_mail_goes_out_when_the_config_says(
    tmp_path: Path, when: str, status: str, options: dict[str, Any], wanted: bool
) -> None:
    with opened(Office()) as office:
        config = config_of(url(office), {"when": when, "to": [ANN]})
        done = delivered(tmp_path, config, quick_story(status=status), **options)
        later = delivered(tmp_path, config)
    assert states(done) == [(ANN, "sent" if wanted else "skipped")]
    assert not any_failed(done)
    if not wanted:
        assert done[0].reason.startswith(f"when: {when}")
    assert len(office.raw) == (1 if wanted or states(later) == [(ANN, "sent")] else 0)


def test_a_failed_section_is_not_ok_even_where_the_run_is(tmp_path: Path) -> None:
    run = story(*quick_story().sections, CHURN)
    with opened(Office()) as office:
        done = delivered(tmp_path, config_of(url(office), {"when": "ok"}), run)
    assert {state for _, state in states(done)} == {"skipped"}
    assert office.raw == []


def test_alerts_come_first_in_the_mail(tmp_path: Path) -> None:
    with opened(Office()) as office:
        delivered(tmp_path, config_of(url(office)), alerts=["Conversion of Summer fell."])
    body = office.taken[0].get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines()[1] == "! Conversion of Summer fell."


def test_nothing_goes_outside_the_domains(tmp_path: Path) -> None:
    with opened(Office()) as office:
        readers = [ANN, "eve@evil.example", "mallory@example.com.evil.example"]
        config = config_of(url(office), {"to": readers}, domains=["example.com"])
        done = delivered(tmp_path, config)
    assert set(office.readers()) <= {ANN, "Growth <growth@example.com>"}
    assert [state for _, state in states(done)] == ["sent", "refused", "refused"]
    assert "evil.example is not among delivery.domains (example.com)" in done[1].reason
    assert any_failed(done)
    assert office.connections == 1


def test_each_slice_goes_to_its_own_readers(tmp_path: Path) -> None:
    with opened(Office()) as office:
        each = {"FB": ["fb@example.com", ANN], "PI": [ANN]}
        config = config_of(url(office), {"to": [ANN], "to_each": each})
        for part in (None, "FB", "PI", "TW"):
            delivered(tmp_path, config, slice=part)
    assert office.readers() == [ANN, "fb@example.com", ANN, ANN]
    assert len({message["Message-ID"] for message in office.taken}) == 4


def test_a_postmortem_is_no_report_of_its_period(tmp_path: Path) -> None:
    with opened(Office()) as office:
        config = config_of(url(office), {"to": [ANN]})
        for measured in (None, ("new", 30), ("new", 60), ("new", 30)):
            delivered(tmp_path, config, quick_story(postmortem=measured))
    assert office.readers() == [ANN] * 3
    assert len({message["Message-ID"] for message in office.taken}) == 3


def test_a_link_leads_to_the_run_online(tmp_path: Path) -> None:
    with opened(Office()) as office:
        delivered(tmp_path, config_of(url(office), link="https://reports.example.com/"))
    address = "https://reports.example.com/weekly-growth/2014-04-20-8f3c12ab90de/report.html"
    for kind in ("plain", "html"):
        body = office.taken[0].get_body((kind,))
        assert body is not None
        assert address in body.get_content()


def test_a_folder_gets_the_mails_as_files(tmp_path: Path) -> None:
    outbox = tmp_path / "out box"
    config = config_of(f"file://{str(outbox).replace(' ', '%20')}")
    first, second = delivered(tmp_path, config), delivered(tmp_path, config)
    assert states(first) == states(second) == [(ANN, "sent"), (BOB, "sent")]
    kept = {row.file: (tmp_path / "deliveries" / row.file) for row in Ledger(tmp_path).entries()}
    assert sorted(path.name for path in outbox.iterdir()) == sorted(kept)
    for name, path in kept.items():
        assert (outbox / name).read_bytes() == path.read_bytes()


def test_a_relative_outbox_lies_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    delivered(tmp_path / "reports", config_of("file:outbox"))
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 2


def test_a_shared_folder_gets_the_whole_run(tmp_path: Path) -> None:
    config = config_of(email=False, folder=str(tmp_path / "shared"))
    first, second = delivered(tmp_path, config), delivered(tmp_path, config)
    assert [each.state for each in (*first, *second)] == [State.SENT] * 2
    assert [each.new for each in (*first, *second)] == [True, False]
    run = Path("weekly-growth/2014-04-20-8f3c12ab90de")
    for name in ("report.pdf", "report.html", "summary.pdf", "tables/summary.kpis.csv"):
        assert (tmp_path / "shared" / run / name).read_bytes() == (
            tmp_path / run / name
        ).read_bytes()


def test_a_copy_that_was_taken_away_is_made_again(tmp_path: Path) -> None:
    import shutil

    config = config_of(email=False, folder=str(tmp_path / "shared"))
    delivered(tmp_path, config)
    shutil.rmtree(tmp_path / "shared")
    assert delivered(tmp_path, config)[0].new
    assert (tmp_path / "shared" / "weekly-growth" / "2014-04-20-8f3c12ab90de").is_dir()


def test_a_folder_that_cannot_be_written_fails_the_delivery(tmp_path: Path) -> None:
    (tmp_path / "shared").write_text("a file")
    done = delivered(tmp_path, config_of(email=False, folder=str(tmp_path / "shared")))
    assert any_failed(done)
    assert done[0].state is State.REFUSED


def test_a_subject_that_does_not_work_fails_the_delivery_and_not_the_run(tmp_path: Path) -> None:
    with opened(Office()) as office:
        done = delivered(tmp_path, config_of(url(office), {"subject": "{{ verdct }}"}))
    assert {state for _, state in states(done)} == {"refused"}
    assert "delivery.email.subject" in done[0].reason
    assert office.raw == []


def test_nothing_wanted_is_nothing_done(tmp_path: Path) -> None:
    assert delivered(tmp_path, config_of(email=False)) == []
    assert not (tmp_path / "deliveries").exists()


def test_no_more_is_said_than_what_happened(tmp_path: Path) -> None:
    with opened(Office()) as office:
        config = config_of(url(office), {"to": [ANN]})
        first = delivered(tmp_path, config, progress=Progress(quiet=True))
        second = delivered(tmp_path, config)
    assert [str(each) for each in (*first, *second)] == [
        "email to ann@example.com: sent",
        "email to ann@example.com: was sent already",
    ]


def test_a_delivery_knows_when_it_failed() -> None:
    def of(state: State) -> Delivery:
        return Delivery(channel="email", recipient=ANN, state=state)

    assert [state for state in State if of(state).failed] == [State.REFUSED, State.UNCLEAR]


@pytest.mark.parametrize(
    ("period", "as_of", "expected"),
    [
        ("last_week", date(2025, 3, 10), "2025-03-03..2025-03-09"),
        ("last_week", date(2025, 3, 11), "2025-03-03..2025-03-09"),
        ("last_week", date(2025, 3, 16), "2025-03-10..2025-03-16"),
        ("last_month", date(2025, 3, 10), "2025-02-01..2025-02-28"),
        ("last_28_days", date(2025, 3, 10), "2025-02-11..2025-03-10"),
        ("all", date(2025, 3, 10), "2025-03-10"),
    ],
)
def test_a_period_is_its_days(period: str, as_of: date, expected: str) -> None:
    config = config_of().model_copy(update={"period": period})
    assert period_of(config, as_of) == expected


# -- Held back ---------------------------------------------------------------------------------

HELD: dict[str, Any] = {"status": "held"}


def held_story() -> Any:
    return replace(story(*quick_story().sections, CHURN), status="held")


def test_the_owner_hears_once_why_a_report_is_held_and_readers_nothing(tmp_path: Path) -> None:
    with opened(Office()) as office:
        config = config_of(url(office), owner="owner@example.com")
        done = delivered(tmp_path, config, held_story())
        delivered(tmp_path, config, held_story())
    assert office.readers() == ["owner@example.com"]
    said = " ".join(office.taken[0].get_content().split())
    assert "Weekly growth report (2014-04-14..2014-04-20) is held back." in said
    assert "Churn: The table of visits could not be read. Ask the owner of the source" in said
    assert "Readers got nothing." in said
    assert "2014-04-20-8f3c12ab90de" in said
    assert states(done) == [(ANN, "held"), (BOB, "held")]
    assert not any_failed(done)


def test_another_reason_is_told_too(tmp_path: Path) -> None:
    other = SectionRun(section=CHURN.section, status=Status.FAILED, seconds=0.1, reason="No disk.")
    with opened(Office()) as office:
        config = config_of(url(office), owner="owner@example.com")
        delivered(tmp_path, config, held_story())
        run = replace(held_story(), sections=[*quick_story().sections, other])
        delivered(tmp_path, config, run)
    assert office.readers() == ["owner@example.com"] * 2


def test_readers_hear_in_one_line_that_it_is_late_and_then_get_it(tmp_path: Path) -> None:
    with opened(Office()) as office:
        config = config_of(url(office), {"to": [ANN]}, on_hold="line", owner="owner@example.com")
        delivered(tmp_path, config, held_story())
        delivered(tmp_path, config, held_story())
        delivered(tmp_path, config)
    assert office.readers() == ["owner@example.com", ANN, ANN]
    assert office.taken[1].get_content().strip().splitlines() == [
        "Weekly growth report (2014-04-14..2014-04-20) is late: it is held back",
        "until it can be trusted.",
    ]
    assert subjects(office)[2].startswith("No evidence that Summer")


def test_without_an_owner_the_sender_hears(tmp_path: Path) -> None:
    with opened(Office()) as office:
        delivered(tmp_path, config_of(url(office)), held_story())
    assert office.readers() == ["Growth <growth@example.com>"]


def test_an_owner_who_cannot_be_told_fails_the_delivery(tmp_path: Path) -> None:
    done = delivered(tmp_path, config_of(f"smtp://127.0.0.1:{free_port()}"), held_story())
    assert any_failed(done)


def test_the_logo_of_the_theme_arrives_with_the_mail_and_is_shown_in_it(tmp_path: Path) -> None:
    # The smallest PNG there is: one transparent pixel.
    pixel = (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJg"
        "gg=="
    )
    run = quick_story(theme=Theme(logo=f"data:image/png;base64,{pixel}"))
    with opened(Office()) as office:
        delivered(tmp_path, config_of(url(office)), run)
    [message, _other] = office.taken
    [picture] = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert picture.get_payload(decode=True) == b64decode(pixel)
    assert picture["Content-Disposition"].startswith("inline")
    page = message.get_body(("html",))
    assert page is not None
    address = picture["Content-ID"].strip("<>")
    assert re.search(rf'<img src="cid:{address}"[^>]*alt="Logo"', page.get_content())


def test_a_drawn_logo_stays_out_of_mails_whose_programs_do_not_show_it(tmp_path: Path) -> None:
    run = quick_story(theme=Theme(logo="data:image/svg+xml;base64,PHN2Zy8+"))
    with opened(Office()) as office:
        delivered(tmp_path, config_of(url(office)), run)
    page = office.taken[0].get_body(("html",))
    assert page is not None
    assert "<img" not in page.get_content()
