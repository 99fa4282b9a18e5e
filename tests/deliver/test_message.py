from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from growthml.config.delivery import EmailConfig
from growthml.deliver.headers import message_id
from growthml.deliver.message import Mailing, mailing, notice
from growthml.errors import DeliveryError, UsageError
from growthml.parts import Run
from tests.deliver.mailed import NOON, PERIOD, config_of, folder_of, quick_story
from tests.render.story import CHURN, SUMMARY, story, with_front


def made(tmp_path: Path, run: Run | None = None, report_bytes: int = 2000, **keys: Any) -> Mailing:
    run = run or quick_story()
    link = keys.pop("link", "")
    slice_ = keys.pop("slice", None)
    wanted = config_of(email=keys).delivery.email
    assert wanted is not None
    folder = folder_of(run, tmp_path, report_bytes)
    return mailing(
        run, folder, wanted, report="weekly-growth", period=PERIOD, link=link, slice=slice_
    )


def parsed(mailing: Mailing, reader: str = "ann@example.com", again: int = 0) -> EmailMessage:
    """As a mail program reads it."""
    content = mailing.mail(reader, NOON, again).content
    return email.message_from_bytes(content, policy=email.policy.default)


def shape(message: EmailMessage) -> Any:
    """The tree of content types."""
    if not message.is_multipart():
        return message.get_content_type()
    return {message.get_content_type(): [shape(part) for part in message.iter_parts()]}


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_mail_is_built_as_mail_programs_want_it(tmp_path: Path) -> None:
    message = parsed(made(tmp_path, story()))
    assert shape(message) == {
        "multipart/mixed": [
            {
                "multipart/alternative": [
                    "text/plain",
                    {"multipart/related": ["text/html", "image/png"]},
                ]
            },
            "application/pdf",
            "application/pdf",
            "text/csv",
        ]
    }
    names = [part.get_filename() for part in message.iter_attachments()]
    assert names == [
        "weekly-growth-2014-04-20.pdf",
        "weekly-growth-2014-04-20-summary.pdf",
        "weekly-growth-2014-04-20-kpis.csv",
    ]
    picture = next(part for part in message.walk() if part.get_content_type() == "image/png")
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in body(message, "html")
    assert picture.get_content_disposition() == "inline"
    assert picture.get_content().startswith(b"\x89PNG")
    assert len(picture.get_content()) <= 60_000


def test_the_files_arrive_as_they_lie_in_the_run(tmp_path: Path) -> None:
    message = parsed(made(tmp_path))
    folder = tmp_path / "weekly-growth" / "2014-04-20-8f3c12ab90de"
    report, summary, kpis = message.iter_attachments()
    assert report.get_content() == (folder / "report.pdf").read_bytes()
    assert summary.get_content() == (folder / "summary.pdf").read_bytes()
    assert kpis.get_payload(decode=True) == (folder / "tables/summary.kpis.csv").read_bytes()


def test_headers_say_who_what_and_how_to_leave(tmp_path: Path) -> None:
    message = parsed(made(tmp_path, reply_to="Ann <team@example.com>"), "Bob <bob@example.com>")
    assert message["From"] == "Growth <growth@example.com>"
    assert message["To"] == "Bob <bob@example.com>"
    assert message["Reply-To"] == "Ann <team@example.com>"
    assert message["Date"].datetime == NOON
    assert message["List-Id"] == "<weekly-growth.example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"].strip() == (
        "<mailto:growth@example.com?subject=unsubscribe%20weekly-growth>"
    )
    assert message["List-Unsubscribe-Post"] is None
    assert message["Subject"] == (
        "No evidence that Summer converts better or worse than Spring · Weekly growth report 20"
        " Apr 2014"
    )


def test_one_click_is_offered_only_where_somebody_answers_it(tmp_path: Path) -> None:
    keys = {"unsubscribe": "leave@example.com", "unsubscribe_url": "https://example.com/leave"}
    message = parsed(made(tmp_path, **keys))
    assert message["List-Unsubscribe"].strip() == (
        "<https://example.com/leave>,"
        " <mailto:leave@example.com?subject=unsubscribe%20weekly-growth>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_message_id_is_the_mails_own_and_stays(tmp_path: Path) -> None:
    first = made(tmp_path)
    ids = [
        parsed(first)["Message-ID"],
        parsed(first, "bob@example.com")["Message-ID"],
        parsed(first, again=1)["Message-ID"],
        parsed(first, again=2)["Message-ID"],
        parsed(replace(first, period="2014-04-21..2014-04-27"))["Message-ID"],
        parsed(replace(first, report="weekly-growth/FB"))["Message-ID"],
    ]
    assert len(set(ids)) == 6
    assert all(each.endswith("@example.com>") for each in ids)
    assert parsed(made(tmp_path), "Ann <ANN@example.com>")["Message-ID"] == ids[0]
    later = first.message("ann@example.com", datetime(2015, 1, 1, tzinfo=UTC))
    assert later["Message-ID"] == ids[0]


def test_the_same_mail_is_the_same_bytes(tmp_path: Path) -> None:
    one, two = (made(tmp_path, story()).mail("ann@example.com", NOON) for _ in range(2))
    assert one == two
    assert one.sha256 == two.sha256


def test_a_mail_sent_again_says_so_first(tmp_path: Path) -> None:
    assert parsed(made(tmp_path), again=1)["Subject"].startswith("[sent again] No evidence")


def test_the_wire_carries_ascii_in_short_lines(tmp_path: Path) -> None:
    content = made(tmp_path, story()).mail("Zoë <zoe@example.com>", NOON).content
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_an_address_of_another_alphabet_is_spelt_as_dns_does(tmp_path: Path) -> None:
    mail = made(tmp_path).mail("Jürgen <jk@bücher.example>", NOON)
    assert mail.recipient == "jk@xn--bcher-kva.example"
    with pytest.raises(DeliveryError, match="do not take"):
        made(tmp_path).mail("jürgen@example.com", NOON)


@pytest.mark.parametrize("reader", ["a b@example.com", "@", "a@b@c", "<>", "ann@example.com\nX: y"])
def test_what_is_no_address_gets_no_mail(tmp_path: Path, reader: str) -> None:
    if reader == "ann@example.com\nX: y":
        content = made(tmp_path).mail(reader, NOON).content
        assert b"\nX: y" not in content
        return
    with pytest.raises(DeliveryError):
        made(tmp_path).mail(reader, NOON)


@pytest.mark.parametrize("evil", ["\r\nBcc: eve@example.com", "\nBcc: eve@example.com", "\x0b\x85"])
def test_nothing_in_a_report_can_add_a_header(tmp_path: Path, evil: str) -> None:
    run = story(
        with_front(SUMMARY, verdict=f"Fine{evil}.", hero=None), title=f"Weekly{evil} report"
    )
    message = parsed(made(tmp_path, run))
    assert message["Bcc"] is None
    assert len(message["Subject"].splitlines()) == 1
    headers = made(tmp_path, run).mail("ann@example.com", NOON).content.partition(b"\r\n\r\n")[0]
    assert b"\nBcc" not in headers


def test_the_subject_is_a_template_of_five_words(tmp_path: Path) -> None:
    subject = "{{ slice }}/{{ status }}: {{ report }}, {{ date }}, {{ verdict|length <= 60 }}"
    message = parsed(made(tmp_path, subject=subject, slice="FB"))
    assert message["Subject"] == "FB/ok: Weekly growth report, 20 Apr 2014, True"


def test_a_long_verdict_ends_at_a_word(tmp_path: Path) -> None:
    verdict = "No evidence that the Midsummer campaign converts better or worse than Spring."
    run = story(with_front(SUMMARY, verdict=verdict, hero=None))
    assert parsed(made(tmp_path, run, subject="{{ verdict }}"))["Subject"] == (
        "No evidence that the Midsummer campaign converts better or…"
    )


@pytest.mark.parametrize(
    "subject",
    [
        "{{ verdct }}",
        "{{ verdict",
        "{{ 1 // 0 }}",
        "{{ ''.__class__.__mro__ }}",
        "{% include 'report.html.j2' %}",
    ],
)
def test_a_subject_that_does_not_work_is_a_mistake_in_the_config(
    tmp_path: Path, subject: str
) -> None:
    with pytest.raises(UsageError, match=r"delivery\.email\.subject"):
        made(tmp_path, subject=subject)


def test_a_report_too_large_for_a_mail_is_left_out_and_it_says_so(tmp_path: Path) -> None:
    large = made(tmp_path, report_bytes=8_000_000)
    message = parsed(large)
    assert large.dropped == ["report.pdf"]
    assert [part.get_filename() for part in message.iter_attachments()] == [
        "weekly-growth-2014-04-20-summary.pdf",
        "weekly-growth-2014-04-20-kpis.csv",
    ]
    for kind in ("plain", "html"):
        said = " ".join(body(message, kind).replace("\u202f", " ").split())
        assert "Too large for a mail, the whole report (PDF, 8.0 MB) is left out" in said


def test_a_mail_just_small_enough_keeps_its_report(tmp_path: Path) -> None:
    large = made(tmp_path, report_bytes=7_000_000)
    assert large.dropped == []
    assert len(large.mail("ann@example.com", NOON).content) <= 10_000_000


def test_a_mail_carries_what_the_config_names_and_the_run_has(tmp_path: Path) -> None:
    message = parsed(made(tmp_path, attach=["tables"]))
    assert [part.get_content_type() for part in message.iter_attachments()] == ["text/csv"]
    assert shape(parsed(made(tmp_path, attach=[])))["multipart/mixed"]


def test_a_mail_carries_the_workbook_where_it_is_asked_to(tmp_path: Path) -> None:
    run = quick_story()
    (folder_of(run, tmp_path) / "report.xlsx").write_bytes(b"PK" + b"x" * 3000)
    message = parsed(made(tmp_path, run, attach=["report.xlsx"]))
    [workbook] = message.iter_attachments()
    assert workbook.get_filename() == "weekly-growth-2014-04-20.xlsx"
    assert workbook.get_content_type().endswith("spreadsheetml.sheet")
    assert workbook.get_content() == b"PK" + b"x" * 3000
    assert "all tables (XLSX, 3" in body(message, "plain")


def test_a_partial_report_says_so_at_the_top(tmp_path: Path) -> None:
    summary = quick_story().sections[0]
    message = parsed(made(tmp_path, story(summary, CHURN, status="partial")))
    line = "This report is incomplete: no answer from Churn."
    assert body(message, "plain").splitlines()[1] == f"! {line}"
    html = body(message, "html")
    assert html.index(line) < html.index("<h1")


def test_a_notice_is_a_short_plain_mail_with_the_same_headers() -> None:
    wanted = config_of().delivery.email
    assert isinstance(wanted, EmailConfig)
    mail = notice(
        wanted,
        "owner@example.com",
        report="weekly-growth",
        period=PERIOD,
        subject="Held back:\nWeekly",
        paragraphs=["It is held back.", "Churn: " + "the table could not be read " * 5],
        date=NOON,
    )
    message = email.message_from_bytes(mail.content, policy=email.policy.default)
    assert message.get_content_type() == "text/plain"
    assert message["Subject"] == "Held back: Weekly"
    assert message["To"] == "owner@example.com"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "<weekly-growth.example.com>"
    assert message["Message-ID"] == message_id(
        "weekly-growth#notice", PERIOD, "owner@example.com", "growth@example.com"
    )
    assert max(map(len, message.get_content().splitlines())) <= 72
