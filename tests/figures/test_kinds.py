"""What each kind of chart promises, told by the marks it puts on its canvas."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from growthml.charts import (
    BarPanel,
    Bars,
    Cell,
    CurvePanel,
    Curves,
    Grid,
    Histogram,
    Hours,
    IntervalPanel,
    IntervalRow,
    Intervals,
    Line,
    Points,
    Reference,
    Series,
)
from growthml.figures import bars, curves, grid, histogram, hours, intervals, points
from growthml.figures.canvas import Canvas, Disc, Shape, Words
from growthml.formats import Formats

FORMATS = Formats()
HEAD: dict[str, Any] = {"id": "x", "title": "", "subtitle": "", "alt": ""}
SPRING = Series(label="Spring", colour="baseline")
SUMMER = Series(label="Summer", colour="new")


def texts(canvas: Canvas) -> dict[str, Words]:
    return {mark.text: mark for mark in canvas.marks if isinstance(mark, Words)}


def shapes(canvas: Canvas, fill: str) -> list[Shape]:
    return [mark for mark in canvas.marks if isinstance(mark, Shape) and mark.fill == fill]


def lines(canvas: Canvas, colour: str) -> list[Shape]:
    return [
        mark
        for mark in canvas.marks
        if isinstance(mark, Shape) and mark.stroke == colour and not mark.closed
    ]


def discs(canvas: Canvas) -> list[Disc]:
    return [mark for mark in canvas.marks if isinstance(mark, Disc)]


def span(shape: Shape) -> tuple[float, float]:
    xs = [x for x, _ in shape.points]
    return min(xs), max(xs)


def lengths(canvas: Canvas, fill: str) -> list[float]:
    return [right - left for left, right in map(span, shapes(canvas, fill))]


def bar_chart(*panels: list[list[float | None]], unit: Any = "count", **more: Any) -> Bars:
    return Bars(
        **HEAD,
        rows=["one", "two"],
        series=[SPRING, SUMMER],
        panels=[BarPanel(title="", values=values) for values in panels],
        unit=unit,
        **more,
    )


def test_bars_are_as_long_as_their_values() -> None:
    canvas = bars.lay_out(bar_chart([[100, 50], [25, 75]]), FORMATS, 82.5, True)
    whole, half = lengths(canvas, "baseline")
    quarter, most = lengths(canvas, "new")
    assert half / whole == pytest.approx(0.5)
    assert quarter / whole == pytest.approx(0.25)
    assert most / whole == pytest.approx(0.75)


def test_panels_share_one_scale() -> None:
    canvas = bars.lay_out(
        bar_chart([[100, 100], [100, 100]], [[10, 10], [10, 10]]), FORMATS, 170, False
    )
    first, _, second, _ = lengths(canvas, "new")
    assert second / first == pytest.approx(0.1)


def test_a_limit_leaves_room_for_the_whole() -> None:
    chart = bar_chart([[0.5, 0.5], [0.5, 0.5]], unit="share")
    free = lengths(bars.lay_out(chart, FORMATS, 82.5, True), "new")[0]
    limited = bar_chart([[0.5, 0.5], [0.5, 0.5]], unit="share", limit=1.0)
    assert lengths(bars.lay_out(limited, FORMATS, 82.5, True), "new")[0] < 0.6 * free


def test_losses_stand_left_of_zero_with_a_minus_sign() -> None:
    canvas = bars.lay_out(bar_chart([[100, -50], [100, -50]], unit="money"), FORMATS, 82.5, True)
    gain, loss = shapes(canvas, "new")
    assert span(loss)[1] == pytest.approx(span(gain)[0])
    assert texts(canvas)["−$50"].box.right < span(loss)[0]


def test_an_unknown_value_has_a_dash_and_no_bar() -> None:
    canvas = bars.lay_out(bar_chart([[100, None], [100, float("nan")]]), FORMATS, 82.5, True)
    assert len(shapes(canvas, "baseline")) == len(shapes(canvas, "new")) == 1
    assert [m.text for m in canvas.marks if isinstance(m, Words)].count("–") == 2


def test_series_are_named_once() -> None:
    canvas = bars.lay_out(bar_chart([[100, 50], [80, 40]], [[9, 9], [9, 9]]), FORMATS, 170, False)
    names = [m.text for m in canvas.marks if isinstance(m, Words)]
    assert names.count("Spring") == names.count("Summer") == 1


def test_values_of_one_chart_have_equal_decimals() -> None:
    canvas = bars.lay_out(bar_chart([[1008, 47], [931, 19.4]], unit="money"), FORMATS, 82.5, True)
    assert {"$1,008", "$47", "$931", "$19"} <= set(texts(canvas))


def heatmap(rows: int, columns: int, cell: Cell | None, **more: Any) -> Grid:
    return Grid(
        **HEAD,
        rows=[f"row {row}" for row in range(rows)],
        columns=[f"Cuisine{column}" for column in range(columns)],
        cells=[[cell] * columns for _ in range(rows)],
        **more,
    )


def test_a_grid_too_wide_is_turned() -> None:
    chart = heatmap(2, 7, Cell(text="119", note="n 23"))
    wide = texts(grid.lay_out(chart, FORMATS, 170, False))
    narrow = texts(grid.lay_out(chart, FORMATS, 82.5, True))
    assert wide["Cuisine0"].y == wide["Cuisine6"].y
    assert narrow["Cuisine0"].x == narrow["Cuisine6"].x
    assert narrow["row 0"].y == narrow["row 1"].y


def test_a_grid_too_wide_either_way_is_cut_into_blocks() -> None:
    canvas = grid.lay_out(heatmap(12, 12, Cell(text="44 %")), FORMATS, 82.5, True)
    names = [m.text for m in canvas.marks if isinstance(m, Words)]
    assert names.count("Cuisine11") == 1
    assert names.count("row 0") > 1
    assert len(shapes(canvas, "panel")) == 144


def test_an_open_cell_has_an_outline_and_no_fill() -> None:
    canvas = grid.lay_out(heatmap(1, 1, Cell(text="2", open=True)), FORMATS, 170, False)
    (outline,) = [mark for mark in canvas.marks if isinstance(mark, Shape)]
    assert (outline.fill, outline.stroke) == ("", "axis")


def test_what_was_not_lived_is_blank() -> None:
    canvas = grid.lay_out(heatmap(1, 2, None), FORMATS, 170, False)
    assert not any(isinstance(mark, Shape) for mark in canvas.marks)


def test_the_key_stands_only_where_a_cell_has_a_step() -> None:
    edges = (5, 10, 15, 20, 30, 45)
    grey = grid.lay_out(heatmap(1, 1, Cell(text="7"), edges=edges), FORMATS, 170, False)
    blue = grid.lay_out(
        heatmap(1, 1, Cell(text="7", step=1), ramp="sequential", edges=edges), FORMATS, 170, False
    )
    assert set(texts(grey)) == {"7", "row 0", "Cuisine0"}
    assert {"5", "10", "15", "20", "30", "45"} <= set(texts(blue))
    assert [len(shapes(blue, f"seq-{step}")) for step in range(7)] == [1, 2, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("cell", "colour"),
    [
        (Cell(text="9", note="n 3"), "muted"),
        (Cell(text="9", note="n 3", step=0), "on-white-then-ink"),
        (Cell(text="9", note="n 3", step=1), "on-ink"),
        (Cell(text="9", note="n 3", step=3), "on-ink-then-white"),
    ],
)
def test_notes_on_a_coloured_cell_are_never_muted(cell: Cell, colour: str) -> None:
    canvas = grid.lay_out(heatmap(1, 1, cell), FORMATS, 170, False)
    assert texts(canvas)["n 3"].colour == colour


def curve(*drawn: Line, **more: Any) -> Canvas:
    panel = CurvePanel(lines=drawn, x_axis="number", x_unit="number", y_unit="number", **more)
    return curves.lay_out(Curves(**HEAD, panels=[panel]), FORMATS, 82.5, True)


def test_a_gap_is_never_joined() -> None:
    canvas = curve(Line(series=SUMMER, x=range(5), y=[1, 2, None, 4, 5]))
    first, second = lines(canvas, "new")
    assert len(first.points) == len(second.points) == 2
    assert first.points[-1][0] < second.points[0][0]


def test_a_lone_point_is_a_dot() -> None:
    canvas = curve(Line(series=SUMMER, x=range(3), y=[1, None, 4]))
    assert lines(canvas, "new") == []
    assert len(discs(canvas)) == 2


def test_a_period_in_progress_is_hollow_and_dashed() -> None:
    canvas = curve(Line(series=SUMMER, x=range(4), y=[1, 2, 3, 1], incomplete=True))
    dashed = [line for line in lines(canvas, "new") if line.dash]
    solid = [line for line in lines(canvas, "new") if not line.dash]
    (ring,) = discs(canvas)
    assert [len(line.points) for line in (*solid, *dashed)] == [3, 2]
    assert (ring.fill, ring.stroke) == ("bg", "new")
    assert dashed[0].points[-1] == (ring.x, ring.y)


def test_a_step_line_has_only_level_and_upright_parts() -> None:
    (steps,) = lines(curve(Line(series=SUMMER, x=range(4), y=[4, 3, 2, 1], step=True)), "new")
    points = list(steps.points)
    assert len(points) == 7
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(points))


def test_a_band_is_a_fill_of_eighteen_per_cent() -> None:
    canvas = curve(Line(series=SUMMER, x=range(3), y=[2, 2, 2], low=[1, 1, 1], high=[3, 3, 3]))
    (band,) = shapes(canvas, "new")
    assert band.opacity == 0.18
    assert len(band.points) == 6


def test_names_at_line_ends_are_pushed_apart_in_order() -> None:
    ends = ["first", "second", "third", "fourth"]
    canvas = curve(
        *[
            Line(
                series=Series(label=end, colour=f"c{i + 1}"), x=[0, 1], y=[0, 9 - i / 100], end=end
            )
            for i, end in enumerate(ends)
        ]
    )
    heights = [texts(canvas)[end].y for end in ends]
    gaps = [below - above for above, below in pairwise(heights)]
    assert all(gap >= 3.0 for gap in gaps)


def test_references_are_dashed_muted_and_named() -> None:
    canvas = curve(
        Line(series=SUMMER, x=range(3), y=[0, 5, 6]),
        references=[Reference(kind="vertical", at=1.0, label="day one")],
    )
    (reference,) = lines(canvas, "muted")
    assert reference.dash
    assert reference.points[0][0] == reference.points[1][0]
    assert texts(canvas)["day one"].colour == "muted"


def test_panels_stand_side_by_side_or_stacked() -> None:
    panel = CurvePanel(
        title="Gains",
        lines=[Line(series=SUMMER, x=[0, 1], y=[0, 1])],
        x_axis="share",
        y_unit="share",
    )
    chart = Curves(**HEAD, panels=[panel, panel], height=40.0)
    wide = curves.lay_out(chart, FORMATS, 170, False)
    narrow = curves.lay_out(chart, FORMATS, 82.5, True)
    assert wide.height < 60 < 2 * 40 < narrow.height


def forest(*rows: IntervalRow, log: bool = False, narrow: bool = False) -> Canvas:
    chart = Intervals(**HEAD, panels=[IntervalPanel(rows=rows, unit="number")], log=log)
    return intervals.lay_out(chart, FORMATS, 82.5 if narrow else 170, narrow)


def estimate(value: float | None, low: float, high: float, verdict: str) -> IntervalRow:
    return IntervalRow(
        name="Lift", estimate=value, low=low, high=high, right="1 (0 to 2)", verdict=verdict
    )


def test_no_evidence_is_a_hollow_ring_and_a_word() -> None:
    canvas = forest(estimate(1, -1, 3, "no_evidence"))
    (ring,) = discs(canvas)
    assert (ring.fill, ring.stroke) == ("bg", "no-evidence")
    assert "○ No evidence" in texts(canvas)


def test_better_is_a_filled_dot_and_worse_a_filled_square() -> None:
    better = forest(estimate(2, 1, 3, "better"))
    worse = forest(estimate(-2, -3, -1, "worse"))
    assert [disc.fill for disc in discs(better)] == ["better"]
    assert "● Better" in texts(better)
    assert len(shapes(worse, "worse")) == 1
    assert discs(worse) == []
    assert "■ Worse" in texts(worse)


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("value", [None, float("nan")])
def test_what_was_not_tested_keeps_its_row_without_a_mark(
    narrow: bool, value: float | None
) -> None:
    canvas = forest(estimate(value, 0, 0, "not_tested"), narrow=narrow)
    assert discs(canvas) == []
    assert {"Lift", "– Not tested"} <= set(texts(canvas))


def test_a_ratio_axis_counts_in_doublings() -> None:
    canvas = forest(estimate(1, 0.5, 2, "no_evidence"), log=True)
    (interval,) = lines(canvas, "no-evidence")
    left, right = span(interval)
    ring = discs(canvas)[0]
    assert ring.x - left == pytest.approx(right - ring.x)
    assert ring.x == pytest.approx(texts(canvas)["1"].x)


def test_a_level_to_beat_is_the_dark_line_of_an_axis_from_zero() -> None:
    row = estimate(0.08, 0.06, 0.1, "")
    panel = IntervalPanel(rows=[row], unit="rate", reference=0.04, limit=0.2)
    canvas = intervals.lay_out(Intervals(**HEAD, panels=[panel]), FORMATS, 82.5, True)
    (level,) = lines(canvas, "ink")
    zero, end = (texts(canvas)[text].x for text in ("0\u202f%", "20\u202f%"))
    assert span(level)[0] == pytest.approx(zero + (end - zero) * 0.04 / 0.2)
    assert discs(canvas)[0].x == pytest.approx(zero + (end - zero) * 0.08 / 0.2)
    assert "○ No evidence" not in texts(canvas)


def test_an_interval_beyond_the_axis_ends_in_an_arrow() -> None:
    canvas = forest(estimate(1, 0.1, 9, "no_evidence"), log=True)
    assert len(shapes(canvas, "no-evidence")) == 2
    left, right = span(lines(canvas, "no-evidence")[0])
    assert texts(canvas)["0.25"].x < left < right < texts(canvas)["4"].x


def test_a_panel_without_a_title_continues_the_axis_above() -> None:
    rows = [estimate(1, 0.5, 2, "no_evidence")]
    panel = IntervalPanel(rows=rows, unit="ratio")
    canvas = intervals.lay_out(
        Intervals(**HEAD, panels=[panel, panel], log=True), FORMATS, 170, False
    )
    names = [m.text for m in canvas.marks if isinstance(m, Words)]
    assert names.count("0.25") == 1
    assert names.count("Lift") == 2


def test_narrow_rows_have_their_words_above_the_interval() -> None:
    canvas = forest(estimate(1, -1, 3, "no_evidence"), narrow=True)
    ring = discs(canvas)[0]
    assert texts(canvas)["Lift"].y < ring.y
    assert texts(canvas)["1 (0 to 2)"].y < ring.y


def test_few_to_be_read_is_grey() -> None:
    muted = IntervalRow(name="Lift", estimate=1, low=0, high=2, right="1 (0 to 2)", muted=True)
    canvas = forest(muted)
    assert discs(canvas)[0].stroke == "axis"
    assert texts(canvas)["Lift"].colour == "muted"


def durations(*values: list[float], zeros: list[float], **more: Any) -> Canvas:
    chart = Histogram(
        **HEAD,
        series=[SPRING, SUMMER][: len(values)],
        edges=[1, 10, 100],
        values=values,
        zeros=zeros,
        ticks=[(1, "1 s"), (10, "10 s"), (100, "100 s")],
        zero_label="0 s",
        **more,
    )
    return histogram.lay_out(chart, FORMATS, 82.5, True)


def heights(canvas: Canvas, fill: str) -> list[float]:
    return [max(y for _, y in s.points) - min(y for _, y in s.points) for s in shapes(canvas, fill)]


def test_a_histograms_bars_are_as_high_as_their_shares_and_equally_wide_on_a_log_axis() -> None:
    canvas = durations([0.25, 0.25], zeros=[0.5])
    zero, first, second = heights(canvas, "baseline")
    assert first / zero == second / zero == pytest.approx(0.5)
    _, tens, hundreds = lengths(canvas, "baseline")
    assert tens == pytest.approx(hundreds)


def test_zero_stands_left_of_a_break() -> None:
    canvas = durations([0.25, 0.25], zeros=[0.5])
    zero, first, _ = shapes(canvas, "baseline")
    assert span(zero)[1] + 3 < span(first)[0]
    assert "50.0\u202f%" in texts(canvas) or "50\u202f%" in texts(canvas)


def test_a_hairline_stands_at_its_value() -> None:
    canvas = durations([0.5, 0.5], zeros=[0.0], marks=[(10, "median 10 s")])
    (hairline,) = lines(canvas, "ink")
    first, second = shapes(canvas, "baseline")
    assert span(hairline)[0] == pytest.approx((span(first)[1] + span(second)[0]) / 2)


def week(narrow: bool) -> Canvas:
    counts = [[0] * 24 for _ in range(7)]
    counts[0][9], counts[6][9], counts[6][23] = 10, 70, 35
    names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    chart = Hours(**HEAD, half=False, rows=names, counts=counts, edges=[10, 20, 30, 40, 50, 60])
    return hours.lay_out(chart, FORMATS, 82.5 if narrow else 170, narrow)


def test_a_wide_week_is_a_map_with_totals() -> None:
    canvas = week(narrow=False)
    cells = {step: len(shapes(canvas, f"seq-{step}")) for step in range(7)}
    # Every class is once in the key; 165 cells hold nothing.
    assert cells == {0: 166, 1: 2, 2: 1, 3: 2, 4: 1, 5: 1, 6: 2}
    _, _, monday, sunday = shapes(canvas, "baseline")
    high, low = heights(canvas, "baseline")[:2]
    assert low / high == pytest.approx(35 / 80)
    ratio = (span(monday)[1] - span(monday)[0]) / (span(sunday)[1] - span(sunday)[0])
    assert ratio == pytest.approx(10 / 105)


def test_a_narrow_week_is_bars_by_hour_and_by_weekday() -> None:
    canvas = week(narrow=True)
    nine, last, monday, sunday = heights(canvas, "new")
    assert nine / last == pytest.approx(80 / 35)
    assert monday / sunday == pytest.approx(10 / 105)


def test_few_points_are_dots_and_many_are_cells_that_hold_them_all() -> None:
    def cloud(n: int) -> Canvas:
        chart = Points(
            **HEAD,
            x=[0.0] * n + [10.0],
            y=[-1.0] * n + [1.0],
            x_unit="number",
            y_unit="number",
            references=[Reference(kind="horizontal", at=0.0)],
        )
        return points.lay_out(chart, FORMATS, 82.5, True)

    assert len(discs(cloud(3))) == 4
    crowd = cloud(1000)
    assert discs(crowd) == []
    # A thousand in one corner, one in the other: the darkest cell but one, and the lightest.
    assert [len(shapes(crowd, fill)) for fill in ("seq-1", "seq-6")] == [1, 1]
    (zero,) = lines(crowd, "ink")
    assert zero.points[0][1] == pytest.approx(points.TOP + 25.0)
