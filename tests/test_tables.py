from __future__ import annotations

import csv
import io
from datetime import date, datetime

import pandas as pd
import pyarrow.parquet as pq
import pytest

from growthml.parts import Answer, Column, Options, Section, SectionRun, Status, Table
from growthml.tables import csv_of, guarded, guarded_in, parquet_of, tables_of, unguarded


def test_a_header_row_raw_numbers_iso_dates_and_plain_line_ends() -> None:
    frame = pd.DataFrame(
        {"campaign": ["new"], "day": [date(2025, 2, 1)], "share": [2 / 3], "p_value": [1e-200]}
    )
    table = Table(id="t", title="T", frame=frame)
    assert csv_of(table) == b"campaign,day,share,p_value\nnew,2025-02-01,0.666666666667,1e-200\n"


def test_sums_that_differ_in_their_last_digit_give_the_same_bytes() -> None:
    tables = [
        Table(id="t", title="T", frame=pd.DataFrame({"share": [share]}))
        for share in (0.1 + 0.2, 0.3)
    ]
    assert csv_of(tables[0]) == csv_of(tables[1]) == b"share\n0.3\n"


def test_counts_are_whole_numbers_and_what_is_missing_is_empty() -> None:
    frame = pd.DataFrame({"users": [3.0, float("nan")], "rate": [0.5, float("nan")]})
    columns = (Column(name="users", head="Users", kind="count"), Column(name="rate", head="Rate"))
    assert csv_of(Table(id="t", title="T", frame=frame, columns=columns)) == (
        b"users,rate\n3,0.5\n,\n"
    )


def test_a_count_that_is_no_whole_number_stays_what_it_is() -> None:
    columns = (Column(name="users", head="Users", kind="count"),)
    table = Table(id="t", title="T", frame=pd.DataFrame({"users": [2.5]}), columns=columns)
    assert csv_of(table) == b"users\n2.5\n"


def test_text_is_quoted_and_in_utf_8() -> None:
    frame = pd.DataFrame({"channel": ['a "b", c', "Zürich\n"]})
    text = csv_of(Table(id="t", title="T", frame=frame)).decode("utf-8")
    assert text == 'channel\n"a ""b"", c"\n"Zürich\n"\n'


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://example.com")',
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\uff1d1+1",
        "'=already behind one",
        "=a\rb",
    ],
)
def test_text_that_a_spreadsheet_would_run_stands_behind_an_apostrophe(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text
    frame = pd.DataFrame({"channel": ["FB", text], "n": [1, 2]})
    table = Table(id="t", title="T", frame=frame)
    held = csv_of(table).decode()
    [_head, _fb, read] = list(csv.reader(io.StringIO(held, newline="")))
    assert unguarded(read[0]) == text


@pytest.mark.parametrize(
    "text", ["-12", "+3.5", "-1e-9", "-50%", "a=b", "'quoted'", "", "−3", "12"]
)
def test_other_text_stays_what_it_is(text: str) -> None:
    assert guarded(text) == text == unguarded(text)


def test_a_head_is_guarded_too_and_the_frame_stays_as_it_is() -> None:
    frame = pd.DataFrame({"=evil": ["@x", None], "n": [1, 2]})
    assert csv_of(Table(id="t", title="T", frame=frame)) == b"'=evil,n\n'@x,1\n,2\n"
    assert frame["=evil"][0] == "@x"


def test_guarded_cells_are_counted() -> None:
    tables = {"bad": ["=1", "@2", "x"], "good": ["-1", "a", "b"]}
    ended = answered(
        *(Table(id=name, title="T", frame=pd.DataFrame({"c": v})) for name, v in tables.items())
    )
    assert guarded_in([ended]) == {"who.bad.csv": 2}


def test_parquet_keeps_types_and_texts() -> None:
    frame = pd.DataFrame(
        {
            "user_id": [1, 2],
            "rate": [0.1 + 0.2, float("nan")],
            "day": [date(2025, 2, 1), None],
            "at": pd.to_datetime(["2025-02-01 10:00", None]),
            "text": ["=1", None],
            "mixed": ["a", 2],
        }
    )
    made = parquet_of([answered(Table(id="came", title="T", frame=frame))])
    assert list(made) == ["who.came.parquet"]
    found = pq.read_table(io.BytesIO(made["who.came.parquet"]))
    assert found.to_pydict() == {
        "user_id": [1, 2],
        "rate": [0.3, None],
        "day": [date(2025, 2, 1), None],
        "at": [datetime(2025, 2, 1, 10), None],
        "text": ["=1", None],
        "mixed": ["a", "2"],
    }
    assert str(found.schema.field("day").type) == "date32[day]"


def answered(*tables: Table) -> SectionRun:
    def compute(*_: object) -> Answer:
        raise AssertionError

    section = Section(id="who", title="Who", question="Who?", facts=(), tables={}, compute=compute)
    return SectionRun(
        section=section, status=Status.OK, seconds=0, answer=Answer(headline="One", blocks=tables)
    )


def test_tables_of_sections_that_answered() -> None:
    def compute(*_: object) -> Answer:
        raise AssertionError

    section = Section(
        id="who",
        title="Who",
        question="Who?",
        facts=(),
        tables={},
        compute=compute,
        options=Options,
    )
    table = Table(id="came", title="T", frame=pd.DataFrame({"n": [1]}))
    answered = SectionRun(
        section=section, status=Status.OK, seconds=0, answer=Answer(headline="One", blocks=[table])
    )
    failed = SectionRun(section=section, status=Status.FAILED, seconds=0, reason="broken")
    assert tables_of([answered, failed]) == {"who.came.csv": b"n\n1\n"}
    assert tables_of([failed]) == {}


@pytest.mark.parametrize("kind", ["count", "text"])
def test_an_empty_table_has_its_header(kind: str) -> None:
    columns = (Column(name="users", head="Users", kind=kind),)  # type: ignore[arg-type]
    frame = pd.DataFrame({"campaign": [], "users": []})
    assert csv_of(Table(id="t", title="T", frame=frame, columns=columns)) == b"campaign,users\n"
