"""report.xlsx, read back by another library than the one that wrote it."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from growthml import plan
from growthml.cli import main
from growthml.formats import Formats
from growthml.parts import (
    Answer,
    Campaign,
    Column,
    Context,
    Metrics,
    Run,
    Section,
    SectionRun,
    Status,
    Table,
)
from growthml.progress import Progress
from growthml.run import run
from tests.sites import write_pair

openpyxl = pytest.importorskip("openpyxl")
xlsx = pytest.importorskip("growthml.render.xlsx")
pytest.importorskip("xlsxwriter")

CONTEXT = Context(
    campaigns=[Campaign(key="spring", label="Spring", source="a", colour="baseline")],
    as_of=date(2025, 3, 1),
    timezone="UTC",
    metrics=Metrics(response="bought", idle=frozenset()),
    formats=Formats(),
)


def report(*tables: Table, section: str = "who", context: Context = CONTEXT) -> Run:
    """A run of one section with these tables."""

    def compute(*_: object) -> Answer:
        raise AssertionError

    asked = Section(
        id=section, title="Who came", question="Who?", facts=(), tables={}, compute=compute
    )
    answer = Answer(headline="One", blocks=tables)
    ended = SectionRun(section=asked, status=Status.OK, seconds=0, answer=answer)
    return Run(
        run_id="2025-03-01-000000000000",
        name="weekly",
        title="=Weekly",
        context=context,
        sections=[ended],
        facts=[],
        sources=[],
        versions={},
    )


def opened(made: Run) -> Any:
    return openpyxl.load_workbook(io.BytesIO(xlsx.workbook(made)))


def table(name: str = "came", frame: pd.DataFrame | None = None, **keys: Any) -> Table:
    held = pd.DataFrame({"n": [1]}) if frame is None else frame
    return Table(id=name, title=f"Those who {name}", frame=held, **keys)


def test_every_table_has_a_sheet_and_a_line_on_the_first() -> None:
    book = opened(report(table("came"), table("went", note="Few.")))
    assert book.sheetnames == ["Tables", "who.came", "who.went"]
    rows = list(book["Tables"].values)
    assert rows[0][0] == "=Weekly"
    assert rows[3] == ("Sheet", "Table", "Section", "Rows", "Note")
    assert rows[5] == ("who.went", "Those who went", "Who came", 1, "Few.")
    assert book["Tables"]["A6"].hyperlink.location == "'who.went'!A1"


def test_values_print_by_the_kind_of_their_column() -> None:
    frame = pd.DataFrame(
        {
            "user_id": [7],
            "users": [1093.0],
            "spent": [18.454],
            "conversion_rate": [0.1 + 0.2],
            "share": [0.5],
            "p_value": [0.036],
            "day": [date(2025, 2, 1)],
            "at": [datetime(2025, 2, 1, 10, 30)],
            "missing": [float("nan")],
        }
    )
    columns = [
        Column(name="users", head="Users", kind="count"),
        Column(name="spent", head="Spent", kind="money"),
    ]
    sheet = opened(report(table(frame=frame, columns=columns)))["who.came"]
    found = {sheet.cell(1, n).value: sheet.cell(2, n) for n in range(1, 10)}
    assert {name: (cell.value, cell.number_format) for name, cell in found.items()} == {
        "user_id": (7, "#,##0"),
        "users": (1093, "#,##0"),
        "spent": (18.454, '"$"#,##0.00'),
        "conversion_rate": (0.3, "0.00%"),
        "share": (0.5, "0.00%"),
        "p_value": (0.036, "0.0000"),
        "day": (datetime(2025, 2, 1), "yyyy-mm-dd"),
        "at": (datetime(2025, 2, 1, 10, 30), "yyyy-mm-dd hh:mm:ss"),
        "missing": (None, "General"),
    }
    assert sheet.freeze_panes == "A2"
    assert sheet.cell(1, 1).font.bold
    assert sheet.column_dimensions["H"].width > sheet.column_dimensions["A"].width


def test_a_row_may_have_its_own_unit() -> None:
    frame = pd.DataFrame({"unit": ["rate", "money"], "value": [0.5, 3.0], "ci_low": [0.4, 2.0]})
    sheet = opened(report(table(frame=frame)))["who.came"]
    formats = [[sheet.cell(line, n).number_format for n in (2, 3)] for line in (2, 3)]
    assert formats == [["0.00%"] * 2, ['"$"#,##0.00'] * 2]


@pytest.mark.parametrize(
    ("locale", "currency", "pattern"),
    [("de_DE", "EUR", '#,##0.00 "€"'), ("en_US", "JPY", '"¥"#,##0')],
)
def test_money_is_the_reports_own(locale: str, currency: str, pattern: str) -> None:
    context = replace(CONTEXT, formats=Formats(locale=locale, currency=currency))
    columns = [Column(name="n", head="N", kind="money")]
    sheet = opened(report(table(columns=columns), context=context))["who.came"]
    assert sheet["A2"].number_format == pattern


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "https://example.com", "{=1}", "true", "1"]
)
def test_text_is_text_and_never_a_formula(text: str) -> None:
    sheet = opened(report(table(frame=pd.DataFrame({text: [text]}))))["who.came"]
    for cell in (sheet["A1"], sheet["A2"]):
        assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_a_formula_stays_text_when_its_cell_is_edited() -> None:
    sheet = opened(report(table(frame=pd.DataFrame({"a": ["=1+1", "plain"]}))))["who.came"]
    assert (sheet["A2"].quotePrefix, sheet["A3"].quotePrefix) == (True, False)


def test_long_ids_and_texts_are_kept_as_far_as_a_sheet_can() -> None:
    frame = pd.DataFrame({"id": [12345678901234567], "text": ["x" * 40_000]})
    sheet = opened(report(table(frame=frame)))["who.came"]
    assert sheet["A2"].value == "12345678901234567"
    assert sheet["B2"].value == "x" * 32_766 + "…"


def test_names_of_sheets_are_short_and_tell_tables_apart() -> None:
    tables = [table(f"a_name_that_is_rather_long_{n}") for n in ("one", "two", "three")]
    names = opened(report(*tables, section="recommendations")).sheetnames
    assert names[1:] == [
        "recommendations.a_name_that_is_",
        "recommendations.a_name_that_i~2",
        "recommendations.a_name_that_i~3",
    ]
    assert max(map(len, names)) == 31


def test_what_is_too_long_for_a_sheet_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 2)
    book = opened(report(table(frame=pd.DataFrame({"n": range(5)}))))
    assert [row[0] for row in book["who.came"].values] == ["n", 0, 1]
    line = list(book["Tables"].values)[4]
    assert line[3:] == (5, "3 rows more than a sheet can hold; the CSV has them.")


def test_a_table_without_rows_has_its_head() -> None:
    book = opened(report(table(frame=pd.DataFrame({"n": []}))))
    assert list(book["who.came"].values) == [("n",)]


def test_the_same_run_gives_the_same_bytes_also_when_rendered_again(tmp_path: Path) -> None:
    config = write_pair(tmp_path, sections=["summary", "acquisition"])
    formats = ["html", "xlsx", "parquet"]
    quiet = Progress(quiet=True)
    one = run(plan.read_config(config), formats=formats, progress=quiet)
    time.sleep(2.1)  # a zip's clock counts in steps of two seconds
    two = run(plan.read_config(config), formats=formats, progress=quiet, archive=tmp_path / "two")
    out = tmp_path / "again"
    again = ["render", str(one.folder), "--out", str(out), "--format", "xlsx,parquet", "--quiet"]
    assert main(again) == 0
    names = ["report.xlsx", "tables/summary.kpis.parquet", "tables/acquisition.signups.parquet"]
    for name in names:
        assert name in one.outputs
        content = (one.folder / name).read_bytes()
        assert (two.folder / name).read_bytes() == content
        assert (out / name).read_bytes() == content
    book = openpyxl.load_workbook(one.folder / "report.xlsx")
    csvs = sorted(path.stem for path in (one.folder / "tables").glob("*.csv"))
    assert sorted(book.sheetnames[1:]) == csvs
