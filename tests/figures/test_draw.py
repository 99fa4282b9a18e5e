"""Every kind of chart, both widths, easy and hard data: nothing may be cut off or collide."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO

import pytest
from PIL import Image

from growthml.charts import (
    BarPanel,
    Bars,
    Cell,
    Chart,
    CurvePanel,
    Curves,
    Dot,
    Grid,
    Histogram,
    Hours,
    IntervalPanel,
    IntervalRow,
    Intervals,
    Line,
    Points,
    Reference,
    ScatterMatrix,
    Series,
)
from growthml.figures import draw, png
from growthml.figures.house import Width
from growthml.fonts.machine import font_of
from growthml.formats import Formats
from growthml.palette import PALETTE

FORMATS = Formats()
SPRING = Series(label="Spring", colour="baseline")
SUMMER = Series(label="Summer", colour="new")
AUTUMN = Series(label="Autumn", colour="c1")
NETWORKS = ["Facebook", "Reddit", "Pinterest", "Twitter"]
LONG = [f"{'Partner newsletter of the northern shop'[:37]} {row:02d}" for row in range(12)]
MONTHS = [date(2013 + (month > 8), (month + 3) % 12 + 1, 1) for month in range(13)]


def bars(rows, *panels, unit="count", series=(SPRING, SUMMER), half=True, limit=None, notes=()):
    return Bars(
        id="bars",
        title="",
        subtitle="",
        alt="",
        rows=rows,
        series=series,
        unit=unit,
        half=half,
        limit=limit,
        panels=[BarPanel(title=title, values=values, notes=notes) for title, values in panels],
    )


def grid(rows, columns, cells, **more):
    return Grid(
        id="grid",
        title="",
        subtitle="",
        alt="",
        half=False,
        rows=rows,
        columns=columns,
        cells=cells,
        **more,
    )


def curves(*panels, half=True, height=38.0):
    return Curves(
        id="curves", title="", subtitle="", alt="", half=half, height=height, panels=panels
    )


def intervals(*panels, log=False, lower="lower in Summer", higher="higher in Summer"):
    return Intervals(
        id="intervals",
        title="",
        subtitle="",
        alt="",
        half=False,
        panels=panels,
        log=log,
        lower=lower,
        higher=higher,
    )


def row(name, estimate, low, high, verdict="no_evidence", muted=False):
    known = estimate is not None
    return IntervalRow(
        name=name,
        estimate=estimate,
        low=low,
        high=high,
        left="6.83 % → 7.10 %",
        right="+0.27 (−2.1 to +2.7)" if known else "",
        verdict=verdict if known else "not_tested",
        muted=muted,
    )


def line(series, x, y, **more):
    return Line(series=series, x=x, y=y, end=more.pop("end", series.label), **more)


def survival(days, rate):
    return [(1 - rate) ** day for day in days]


SECONDS = [(1.0, "1 s"), (10.0, "10 s"), (60.0, "1 min"), (600.0, "10 min"), (3600.0, "1 h")]
_WORDS = {"id": "x", "title": "", "subtitle": "", "alt": ""}
WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def histogram(*values, zeros, marks=(), series=(SUMMER,), bins=12):
    return Histogram(
        **_WORDS,
        series=series,
        edges=[2.0**step for step in range(bins + 1)],
        values=values,
        zeros=zeros,
        ticks=[tick for tick in SECONDS if tick[0] <= 2**bins],
        zero_label="0 s",
        marks=marks,
    )


def hours(counts, edges=(), rows=WEEK):
    return Hours(**_WORDS, half=False, rows=rows, counts=counts, edges=edges)


def cloud(n):
    return Points(
        **_WORDS,
        x=[(step * 7) % 90 / 10 for step in range(n)],
        y=[(step * 13) % 50 - 25.0 for step in range(n)],
        x_unit="money",
        y_unit="money",
        references=[Reference(kind="horizontal", at=0.0)],
    )


def matrix(*names):
    n = len(names)
    return ScatterMatrix(
        **_WORDS,
        half=False,
        columns=names,
        values=[[(step * (7 + place)) % 31 for step in range(300)] for place in range(n)],
        coefficients={
            (i, j): ("−0.04", "−0.15 to 0.08", i == 0) for i in range(n) for j in range(i + 1, n)
        },
    )


CHARTS: dict[str, Chart] = {
    "scatter matrix": matrix("Visit time", "Pages", "Requests", "Hour of day"),
    "scatter matrix of two": matrix("Visit time", "A rather long name of a column nobody shortens"),
    "points": cloud(60),
    "points, many": cloud(5000),
    "points, one": cloud(1),
    "histogram": histogram(
        [0.01, 0.02, 0.03, 0.05, 0.1, 0.14, 0.15, 0.13, 0.1, 0.08, 0.05, 0.04],
        zeros=[0.1],
        marks=[(121.0, "median 121 s"), (492.0, "mean 492 s"), (2116.0, "p95 2,116 s")],
    ),
    "histogram, all at the end": histogram(
        [0.0] * 11 + [0.5],
        zeros=[0.5],
        marks=[(3000.0, "median 3,000 s"), (3100.0, "mean 3,100 s"), (3200.0, "p95 3,200 s")],
    ),
    "histogram, all at the start": histogram(
        [1.0],
        zeros=[0.0],
        marks=[(1.0, "median 1 s"), (1.1, "mean 1.1 s"), (1.9, "p95 1.9 s")],
        bins=1,
    ),
    "histogram, far apart": histogram(
        [0.1] * 12,
        zeros=[0.0],
        marks=[(1.0, "median 1 s"), (3900.0, "mean 3,900 s"), (4090.0, "p95 4,090 s")],
    ),
    "histogram, two": histogram(
        [0.08] * 12,
        [0.05] * 12,
        zeros=[0.04, 0.4],
        series=[SPRING, SUMMER],
        marks=[(100.0, "median Spring 100 s"), (101.0, "median Summer 101 s")],
    ),
    "histogram, long names": histogram(
        *([0.08] * 12 for _ in range(3)),
        zeros=[0.04, 0.04, 0.04],
        series=[
            Series(label=name, colour=c)
            for name, c in zip(LONG[:3], ("new", "c1", "c2"), strict=True)
        ],
    ),
    "hours": hours(
        [[(day * 7 + hour * 3) % 40 * 25 for hour in range(24)] for day in range(7)],
        edges=[150, 300, 450, 600, 750, 900],
    ),
    "hours, one visit": hours(
        [[int((day, hour) == (2, 9)) for hour in range(24)] for day in range(7)],
        edges=[1, 2, 3, 4, 5, 6],
    ),
    "hours, millions": hours(
        [[1_234_567 * (hour + 1) for hour in range(24)] for _ in range(7)],
        edges=[5e6, 1e7, 1.5e7, 2e7, 2.5e7, 3e7],
    ),
    "hours, all days": hours([[hour * hour for hour in range(24)]], rows=["All days"]),
    "bars": bars(
        ["Facebook", "Twitter", "Pinterest", "Reddit"],
        ("", [[235, 226, 217, 201], [190, 216, 246, 193]]),
    ),
    "bars, one row": bars(["Facebook"], ("", [[235], [190]])),
    "bars, one series": bars(NETWORKS, ("", [[4, 3, 2, 1]]), series=[SUMMER]),
    "bars, four panels": bars(
        NETWORKS,
        ("Like", [[0.92, 0.01, 0.01, 0.04], [0.90, 0.02, 0, 0]]),
        ("Share", [[0.03, 0.91, 0.01, 0], [0.04, 0.95, 0.02, 0.08]]),
        ("Buy", [[0.02, 0.05, 0.96, 0.02], [0.04, 0.02, 0.95, 0.03]]),
        ("Nothing", [[0.04, 0.02, 0.02, 0.93], [0.01, 0.01, 0.03, 0.90]]),
        unit="share",
        half=False,
        limit=1.0,
    ),
    "bars, losses and notes": bars(
        NETWORKS,
        ("Revenue", [[1008, 47, 21, 17], [931, 19, 21, 48]]),
        ("Profit", [[880, -23, -35, -88], [790, -49, None, float("nan")]]),
        unit="money",
        notes=["52 buyers", "4 and 2 buyers", "2 buyers", "2 and 4 buyers"],
    ),
    "bars, twelve long names": bars(
        LONG, ("", [[12.0 - i for i in range(12)], [float(i) for i in range(12)]])
    ),
    "bars, three series": bars(
        LONG,
        ("", [[2e9 - i * 4e8 for i in range(12)] for _ in range(3)]),
        unit="money",
        series=[SPRING, SUMMER, AUTUMN],
    ),
    "bars, names too long for bars": bars(
        NETWORKS,
        ("", [[0, 5, 6, 7], [0, 5, 6, 7], [0, 5, 6, 7]]),
        series=[
            Series(label=name, colour=colour)
            for name, colour in zip(LONG, ("baseline", "new", "c1"), strict=False)
        ],
    ),
    "bars, zeros": bars(NETWORKS, ("", [[0, 0, 0, 0], [0, 0, 0, 0]])),
    "bars, all losses": bars(NETWORKS, ("", [[-1, -2, -3, -4], [-5e9, 0, 0, 0]]), unit="money"),
    "grid": grid(
        NETWORKS,
        ["Japanese", "Vietnamese", "Italian", "Chinese", "Mexican", "French", "German"],
        [[Cell(text="119", note="n 23") for _ in range(7)] for _ in range(4)],
    ),
    "grid, one cell": grid(["Facebook"], ["French"], [[Cell(text="135", note="n 16", step=4)]]),
    "grid, every step": grid(
        NETWORKS,
        [f"Step {step}" for step in range(7)],
        [[Cell(text="100", note="n 3", step=step) for step in range(7)] for _ in range(4)],
        edges=(50, 67, 80, 125, 150, 200),
    ),
    "grid, cohorts": grid(
        [f"{month:%b %Y}" for month in MONTHS],
        [str(month) for month in range(12)],
        [
            [
                None if month > 12 - cohort else Cell(text="44 %*", open=month == 12 - cohort)
                for month in range(12)
            ]
            for cohort in range(13)
        ],
        ramp="sequential",
        row_height=5.0,
        lead=[("Users", [str(cohort * 11) for cohort in range(13)])],
    ),
    "grid, long names": grid(
        LONG,
        LONG[:8],
        [[Cell(text="$12,345", note="n 1,000", step=3) for _ in range(8)] for _ in range(12)],
        ramp="sequential",
        edges=(1e5, 2e5, 3e5, 4e5, 5e5, 6e5),
        unit="money",
        row_height=7.5,
    ),
    "grid, hours": grid(
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        [str(hour) for hour in range(24)],
        [[Cell(text="", step=hour % 7) for hour in range(24)] for _ in range(7)],
        ramp="sequential",
        edges=(1, 2, 3, 4, 5, 6),
        unit="count",
        row_height=4.0,
    ),
    "curves": curves(
        CurvePanel(
            x_axis="date",
            y_unit="count",
            lines=[
                line(
                    SPRING,
                    MONTHS,
                    [7, 38, 34, 33, 24, 51, 55, 62, 88, 89, 134, 148, 117],
                    end="Spring 117*",
                    incomplete=True,
                ),
                line(
                    SUMMER,
                    MONTHS,
                    [12, 26, 34, 29, 33, 44, 59, 46, 88, 103, 109, 141, 121],
                    end="Summer 121*",
                    incomplete=True,
                ),
            ],
        )
    ),
    "curves, concentration": curves(
        CurvePanel(
            x_axis="share",
            y_unit="share",
            lines=[
                line(
                    SUMMER,
                    [i / 20 for i in range(21)],
                    [1 - (1 - i / 20) ** 2 for i in range(21)],
                )
            ],
            references=[Reference(kind="diagonal", label="if all spent alike")],
            dots=[Dot(x=0.2, y=0.36, label="the top fifth bring 36 %", colour="new")],
        ),
        height=50.0,
    ),
    "curves, survival": curves(
        *[
            CurvePanel(
                title=title,
                x_axis="number",
                x_unit="days",
                y_unit="share",
                lines=[
                    line(
                        Series(label=name, colour=f"c{i + 1}"),
                        range(0, 300 - 40 * i, 5),
                        survival(range(0, 300 - 40 * i, 5), 0.004 * (i + 1)),
                        step=True,
                    )
                    for i, name in enumerate(NETWORKS)
                ],
                references=[Reference(kind="vertical", at=90, label="90 days")],
            )
            for title in ("Spring", "Summer")
        ],
        half=False,
        height=60.0,
    ),
    "curves, profit": curves(
        CurvePanel(
            x_axis="share",
            y_unit="money",
            lines=[
                line(
                    SUMMER,
                    [i / 50 for i in range(51)],
                    [900 * i / 50 - 1150 * (i / 50) ** 2 for i in range(51)],
                    low=[850 * i / 50 - 1150 * (i / 50) ** 2 for i in range(51)],
                    high=[950 * i / 50 - 1150 * (i / 50) ** 2 for i in range(51)],
                )
            ],
            references=[
                Reference(kind="horizontal", at=0.0, label="mail nobody"),
                Reference(kind="horizontal", at=-250.0, label="mail everybody"),
            ],
            dots=[Dot(x=0.4, y=176.0, label="best: 40 %, $176 (156 to 196)", colour="new")],
            shaded=[(0.3, 0.5, "anything from 30 to 50 % does as well")],
        ),
        half=False,
        height=50.0,
    ),
    "curves, profit, level": curves(
        CurvePanel(
            x_axis="share",
            y_unit="money",
            lines=[
                line(
                    Series(label=name, colour=colour),
                    [i / 50 for i in range(51)],
                    [152_832 * min(1.0, i / 5) for i in range(51)],
                    end=name,
                )
                for name, colour in (("Summer's own model", "new"), ("Spring's model", "baseline"))
            ],
            references=[
                Reference(kind="horizontal", at=0.0, label="mail nobody"),
                Reference(kind="horizontal", at=152_832, label=""),
            ],
            dots=[
                Dot(
                    x=0.7,
                    y=152_832,
                    label="best: 70 %, $152,832 ($150,736 to $155,220); everybody $152,832",
                    colour="new",
                )
            ],
            shaded=[(0.1, 1.0, "anything from 10 to 100 % does as well")],
        ),
        half=False,
        height=50.0,
    ),
    "curves, one point": curves(
        CurvePanel(x_axis="date", y_unit="count", lines=[line(SUMMER, MONTHS[:1], [3])])
    ),
    "curves, zeros": curves(
        CurvePanel(x_axis="date", y_unit="money", lines=[line(SUMMER, MONTHS, [0.0] * 13)])
    ),
    "curves, ten days": curves(
        CurvePanel(
            x_axis="date",
            y_unit="count",
            lines=[line(SUMMER, [date(2014, 4, day) for day in range(1, 11)], range(10))],
        )
    ),
    "curves, long names, huge": curves(
        CurvePanel(
            x_axis="date",
            y_unit="money",
            lines=[
                line(
                    Series(label="", colour=colour),
                    MONTHS,
                    [-1e9 + i * 2e8 + share for i in range(13)],
                    end=name,
                )
                for name, colour, share in zip(
                    LONG, ("baseline", "new", "c1", "c2"), (0, 1e6, 2e6, 3e6), strict=False
                )
            ],
        )
    ),
    "curves, gaps": curves(
        CurvePanel(
            x_axis="number",
            x_unit="number",
            y_unit="rate",
            from_zero=False,
            lines=[line(SUMMER, range(6), [0.02, 0.03, None, 0.01, float("nan"), 0.02])],
        )
    ),
    "intervals": intervals(
        IntervalPanel(
            unit="rate",
            title="percentage points",
            rows=[
                row("Conversion rate", 0.0027, -0.021, 0.027),
                row("Share rate", 0.0187, 0.004, 0.042, "better"),
                row("Idle only", -0.0213, -0.035, -0.012, "worse"),
                row("Like rate", None, None, None),
            ],
        ),
        IntervalPanel(unit="money", title="dollars", rows=[row("Revenue", -0.04, -0.57, 0.5)]),
    ),
    "intervals, ratios": intervals(
        IntervalPanel(
            unit="ratio",
            rows=[
                row("Pinterest", 0.88, 0.63, 1.24),
                row("Facebook", 2.47, 0.45, 13.4, muted=True),
                row("Reddit", 0.01, 0.0, 90.0),
            ],
        ),
        IntervalPanel(unit="ratio", rows=[row("All", 1.04, 0.74, 1.47)]),
        log=True,
    ),
    "intervals, one row": intervals(
        IntervalPanel(unit="count", rows=[row("Users", 3, -10, 16)]), lower="", higher=""
    ),
    "intervals, twelve long names": intervals(
        IntervalPanel(unit="money", rows=[row(name, -5e8, -2e9, 1e9) for name in LONG]),
        lower=f"lower in {LONG[0]}",
        higher=f"higher in {LONG[0]}",
    ),
    "intervals, zero": intervals(IntervalPanel(unit="number", rows=[row("Same", 0.0, 0.0, 0.0)])),
}
WIDTHS: tuple[Width, ...] = ("L", "S")
DRAWN = [(name, width) for name in CHARTS for width in WIDTHS]
COLOURS = {shade.light for shade in PALETTE.values()}


def words(svg: str) -> list[str]:
    return [text.text or "" for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(("name", "width"), DRAWN)
def test_nothing_is_cut_off_or_collides(name: str, width: Width) -> None:
    assert draw(CHARTS[name], FORMATS, width).faults == ()


@pytest.mark.parametrize("name", CHARTS)
def test_equal_charts_give_equal_bytes(name: str) -> None:
    first, second = (draw(CHARTS[name], FORMATS, "S").svg for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("name", "width"), DRAWN)
def test_only_the_palette_is_used(name: str, width: Width) -> None:
    used = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", draw(CHARTS[name], FORMATS, width).svg))
    assert used <= COLOURS


@pytest.mark.parametrize(("width", "millimetres"), [("L", 170.0), ("S", 82.5)])
def test_drawings_have_the_width_of_the_page(width: Width, millimetres: float) -> None:
    drawing = draw(CHARTS["bars"], FORMATS, width)
    view_box = ET.fromstring(drawing.svg).attrib["viewBox"].split()
    assert drawing.width_mm == millimetres
    assert float(view_box[2]) == pytest.approx(millimetres / 25.4 * 72, abs=0.001)
    assert float(view_box[3]) == pytest.approx(drawing.height_mm / 25.4 * 72, abs=0.02)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bars", {"Spring", "Summer", "Facebook", "235", "190", "246"}),
        ("bars, losses and notes", {"Revenue", "$1,008", "−$23", "4 and 2 buyers", "–"}),
        ("grid, every step", {"Step 0", "100", "n 3", "50", "200"}),
        ("grid, cohorts", {"Users", "Apr 2013", "44 %*", "132"}),
        ("curves", {"Apr 13", "Jul 13", "150", "Spring 117*", "Summer 121*"}),
        ("curves, profit", {"mail nobody", "mail everybody", "$0", "50\u202f%", "Summer"}),
        (
            "intervals",
            {
                "Conversion rate",
                "○ No evidence",
                "● Better",
                "■ Worse",
                "– Not tested",
                "← lower in Summer",
                "+2",
                "6.83 % → 7.10 %",
            },
        ),
        ("intervals, ratios", {"0.25", "0.5", "1", "2", "4", "All"}),
    ],
)
def test_text_stays_text(name: str, expected: set[str]) -> None:
    assert expected <= set(words(draw(CHARTS[name], FORMATS, "S").svg))


def test_text_is_set_in_the_report_fonts() -> None:
    svg = draw(CHARTS["bars"], FORMATS, "S").svg
    families = set(re.findall(r"font-family: ([^;\"]*)", svg))
    assert families == {"'Growth Sans', 'DejaVu Sans', sans-serif"}


def test_names_may_hold_any_character() -> None:
    names = ["A$AP $x^2$", "<script>", "Fish & Chips", "two\nlines\x00", 'quote " it']
    chart = bars(names, ("", [[5, 4, 3, 2, 1], [1, 2, 3, 4, 5]]))
    drawing = draw(chart, FORMATS, "S")
    assert drawing.faults == ()
    assert {"A$AP $x^2$", "<script>", "Fish & Chips", "two lines", 'quote " it'} <= set(
        words(drawing.svg)
    )


def test_a_glyph_in_no_font_is_named() -> None:
    drawing = draw(bars(["\U0010fffd"], ("", [[1], [2]])), FORMATS, "S")
    assert "\U0010fffd" in words(drawing.svg)
    assert [fault[:14] for fault in drawing.faults] == ["glyph U+10FFFD"]


@pytest.mark.skipif(not font_of("東"), reason="the machine has no Chinese font")
def test_a_name_in_letters_we_lack_is_drawn_with_the_machines_fonts() -> None:
    chart = bars(["東京"], ("", [[1], [2]]))
    assert draw(chart, FORMATS, "S").faults == ()
    assert png(chart, FORMATS) != png(bars(["□□"], ("", [[1], [2]])), FORMATS)


def test_a_mark_without_its_number_is_a_fault() -> None:
    silent = IntervalRow(name="Lift", estimate=1.0, low=0.5, high=2.0)
    faults = draw(intervals(IntervalPanel(unit="ratio", rows=[silent])), FORMATS, "L").faults
    assert faults == ("mark without its number: 'Lift'",)


def test_a_figure_too_tall_for_a_page_is_a_fault() -> None:
    tall = grid([str(i) for i in range(30)], ["a"], [[Cell(text="1")] for _ in range(30)])
    faults = draw(tall, FORMATS, "L").faults
    assert [fault[:17] for fault in faults] == ["taller than 110 m"]


@pytest.mark.parametrize(
    "chart",
    [
        *(bars([], ("", [[], []])), grid([], [], []), curves(), intervals()),
        *(histogram(zeros=[], series=()), hours([[0] * 24])),
    ],
)
def test_a_chart_of_nothing_is_a_fault(chart: Chart) -> None:
    assert draw(chart, FORMATS, "S").faults == (
        "nothing to draw: the chart has no rows, columns or lines",
    )


def test_a_spec_of_no_known_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot draw a Chart; make it Bars, Grid"):
        draw(Chart(id="x", title="", subtitle="", alt=""), FORMATS, "S")


def test_threads_draw_what_one_thread_draws() -> None:
    alone = [draw(chart, FORMATS, "S").svg for chart in CHARTS.values()]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda chart: draw(chart, FORMATS, "S").svg, CHARTS.values()))
    assert together == alone


@pytest.mark.parametrize("name", ["bars, four panels", "grid, every step", "curves", "intervals"])
def test_a_picture_for_mail_is_opaque_with_a_white_border(name: str) -> None:
    picture = png(CHARTS[name], FORMATS)
    image = Image.open(BytesIO(picture)).convert("RGBA")
    width, height = image.size
    assert width == 1104
    assert image.getextrema()[3] == (255, 255)
    border = [
        image.crop(box).getextrema()[:3]
        for box in (
            (0, 0, width, 12),
            (0, height - 12, width, height),
            (0, 0, 12, height),
            (width - 12, 0, width, height),
        )
    ]
    assert border == [((255, 255),) * 3] * 4
    assert len(picture) < 60_000


def test_a_picture_draws_a_box_for_a_glyph_in_no_font() -> None:
    assert png(bars(["\U0010fffd 🦊"], ("", [[1], [2]])), FORMATS).startswith(b"\x89PNG")
