"""Tables: formatted by kind, labelled, capped with a sentence, aligned on the decimal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from growthml.charts import Unit
from growthml.formats import Formats
from growthml.parts import Column, Table
from growthml.render.tables import DIGIT_WIDTH, POINT_WIDTH, TableView, slug, table_view
from tests.render import story


def shown(table: Table, cap: int = 25, **context: object) -> TableView:
    return table_view("profitability", table, replace(story.context(), **context), cap)


def column(values: list[object], kind: Unit | str, head: str = "Head") -> TableView:
    columns = (Column(name="x", head=head, kind=kind),)
    return shown(Table(id="t", title="T", frame=pd.DataFrame({"x": values}), columns=columns))


def texts(view: TableView) -> list[str]:
    return [row[0].text for row in view.rows]


def test_values_carry_labels_and_the_unit_stands_in_the_head():
    view = shown(story.BY_CHANNEL)
    assert [head.text for head in view.heads] == [
        "Campaign", "Network", "Users", "Buyers", "Conversion,\u00a0%", "Order value,\u00a0$",
        "Revenue,\u00a0$", "ROI",
    ]  # fmt: skip
    assert [cell.text for cell in view.rows[0]] == [
        "Spring", "Pinterest", "217", "52", "24.0", "9.79", "1,008", "–",
    ]  # fmt: skip
    assert view.notes == ["– not applicable or not tested."]


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([0.24, 0.0683], "rate", ["24.0", "6.8"]),
        ([0.0683, 0.07], "rate", ["6.83", "7.00"]),
        ([0.923, 0.5], "share", ["92", "50"]),
        ([1093.0, 18.45], "money", ["1,093", "18"]),
        ([18.45, 9.5], "money", ["18.45", "9.50"]),
        ([1.04, 0.881], "ratio", ["1.04", "0.88"]),
        ([0.91, 0.0004, 1.0], "p", ["0.91", "<0.001", "1.00"]),
        ([3.0, 12.0], "number", ["3", "12"]),
        ([None, 5], "count", ["–", "5"]),
        ([None, None], "money", ["–", "–"]),
        ([float("nan"), -34.0], "money", ["–", "−34.00"]),
        (["2014-04-20", None], "date", ["20 Apr 2014", "–"]),
        ([pd.Timestamp(2014, 4, 20)], "date", ["20 Apr 2014"]),
        (["better", "no_evidence"], "verdict", ["● Better", "○ No evidence"]),
    ],
)
def test_a_column_prints_with_equal_decimals(values, kind, expected):
    assert texts(column(values, kind)) == expected


def test_shorter_numbers_are_padded_to_the_decimal_point():
    view = column([0.0004, 0.63, None], "p")
    pads = [row[0].pad for row in view.rows]
    assert pads == [0, round(DIGIT_WIDTH, 3), 0]
    whole = column([0.0, 0.0683], "rate")
    assert texts(whole) == ["0", "6.83"]
    assert whole.rows[0][0].pad == round(2 * DIGIT_WIDTH + POINT_WIDTH, 3)


def test_the_decimal_point_is_the_locales():
    view = shown(
        Table(
            id="t",
            title="T",
            frame=pd.DataFrame({"x": [0.0683]}),
            columns=(Column(name="x", head="Rate", kind="rate"),),
        ),
        formats=Formats(locale="de_DE", currency="EUR"),
    )
    assert texts(view) == ["6,83"]


def test_long_tables_say_what_is_left_out():
    view = shown(story.TOP_USERS)
    assert len(view.rows) == 25
    assert view.long
    assert view.notes == [
        "Top 25 of 845 by revenue; all rows attached as profitability.top_users.csv"
    ]


def test_without_an_order_the_rows_are_the_first():
    view = shown(replace(story.TOP_USERS, order=""), cap=50)
    assert view.notes[0].startswith("First 50 of 845; all rows attached as ")


def test_a_total_stays_last_whatever_the_cap():
    frame = pd.DataFrame({"channel": [*"abcd", "all"], "users": [4, 3, 2, 1, 10]})
    columns = (
        Column(name="channel", head="Network"),
        Column(name="users", head="Users", kind="count"),
    )
    view = shown(
        Table(id="t", title="T", frame=frame, columns=columns, order="users", total=True), cap=3
    )
    assert texts(view) == ["a", "b", "all"]
    assert view.notes[0].startswith("Top 2 of 4 by users;")


def test_each_campaign_keeps_its_first_rows():
    frame = pd.DataFrame(
        {"campaign": ["baseline"] * 40 + ["new"] * 40, "rank": [*range(1, 41)] * 2}
    )
    columns = (
        Column(name="campaign", head="Campaign"),
        Column(name="rank", head="Rank", kind="count"),
    )
    view = shown(Table(id="t", title="T", frame=frame, columns=columns, order="rank"), cap=25)
    assert texts(view) == ["Spring"] * 12 + ["Summer"] * 12
    assert view.notes[0].startswith("Top 12 in each campaign, of 80 by rank;")


def test_more_than_eight_columns_go_to_the_attachment():
    frame = pd.DataFrame({f"c{n}": [n] for n in range(10)})
    columns = [Column(name=name, head=name) for name in frame]
    view = shown(Table(id="wide", title="T", frame=frame, columns=columns))
    assert len(view.heads) == 8
    assert "2 more columns in profitability.wide.csv." in view.notes


def test_a_figure_unfolds_the_columns_meant_for_it():
    frame = pd.DataFrame({"weekday": [1], "sessions": [41]})
    view = frame.assign(weekday=["Mon"])
    folded = (Column(name="weekday", head="Weekday"),)
    found = shown(Table(id="t", title="T", frame=frame, view=view, folded=folded))
    assert [head.text for head in found.heads] == ["Weekday"]
    assert texts(found) == ["Mon"]


def test_bars_are_scaled_from_zero_and_coloured_by_campaign():
    view = shown(story.BY_CHANNEL)
    bars = [(round(row[6].bar or 0, 3), row[6].colour) for row in view.rows]
    assert bars[0] == (1.0, "baseline")
    assert bars[4] == (round(931 / 1008, 3), "new")


def test_a_table_without_columns_is_read_from_its_frame():
    view = shown(story.ATTACHED)
    assert [head.text for head in view.heads] == ["Channel", "Action", "Share,\u00a0%", "N"]
    assert [cell.text for cell in view.rows[0]] == ["Facebook", "like", "92.0", "90"]


def test_small_tables_take_half_the_width():
    assert shown(story.BY_CHANNEL).millimetres == 170.0
    assert column([1, 2], "count").millimetres == 82.5


def test_an_empty_table_shows_its_heads():
    view = shown(replace(story.BY_CHANNEL, frame=story.BY_CHANNEL.frame.head(0)))
    assert len(view.heads) == 8
    assert view.rows == []


def test_slugs_are_safe_anchors():
    assert slug('ltv.By <b>"Channel"') == "ltv-by-b-channel"


def test_channels_that_nobody_knows_are_not_shown():
    columns = [Column(name="user", head="User"), Column(name="channel", head="C", role="channel")]
    unknown = pd.DataFrame({"user": ["1", "2"], "channel": [None, None]})
    table = Table(id="t", title="T", frame=unknown, columns=columns)
    assert [head.text for head in shown(table).heads] == ["User"]
    partly = replace(table, frame=unknown.assign(channel=["FB", None]))
    assert [head.text for head in shown(partly).heads] == ["User", "C"]


def test_days_are_written_as_the_reader_writes_them():
    texts = ["2025-01-01", "2025-02-01"]
    days = [date.fromisoformat(each) for each in texts]
    frame = pd.DataFrame({"period": texts, "day": days, "code": ["2025-01-01", "none"]})
    view = shown(Table(id="t", title="T", frame=frame))
    assert [cell.text for cell in view.rows[0]] == ["1 Jan 2025", "1 Jan 2025", "2025-01-01"]
