"""The archive's small drawings, in the page's own colours: trends, intervals, expectations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

from markupsafe import Markup, escape

WIDTH, HEIGHT = 150, 36
STRIP_WIDTH, STRIP_HEIGHT = 72, 12


def sparkline(points: Sequence[tuple[Mapping[str, Any] | None, str | None]]) -> Markup:
    """Conversions in order, the last marked; a gap where there is none, a rule where the
    definition changed. points: (conversion with its `value`, definition)."""
    values = [point["value"] if point else None for point, _ in points]
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    step = (WIDTH - 12) / max(1, len(points) - 1)

    def x(i: int) -> float:
        return 6 + i * step

    def y(value: float) -> float:
        return HEIGHT / 2 if high == low else 6 + (HEIGHT - 12) * (high - value) / (high - low)

    parts = []
    for i, ((_, then), (_, now)) in enumerate(pairwise(points)):
        if then and now and then != now:
            parts.append(f'<path class="rule" d="M{x(i) + step / 2:.1f} 2V{HEIGHT - 2}"/>')
    runs = groupby(enumerate(points), lambda each: (each[1][0] is not None, each[1][1]))
    for (there, _), group in runs:
        stretch = [(i, values[i]) for i, _ in group]
        if there:
            path = "L".join(f"{x(i):.1f} {y(v):.1f}" for i, v in stretch if v is not None)
            parts.append(f'<path class="line" d="M{path}"/>')
            parts += [
                f'<circle class="dot" cx="{x(i):.1f}" cy="{y(v):.1f}" r="1.6"/>'
                for i, v in stretch
                if v is not None
            ]
    last = max(i for i, value in enumerate(values) if value is not None)
    value = values[last]
    assert value is not None
    parts.append(f'<circle class="last" cx="{x(last):.1f}" cy="{y(value):.1f}" r="3.5"/>')
    return Markup(
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f' aria-hidden="true">{"".join(parts)}</svg>'
    )


def strip(conversion: Mapping[str, Any] | None, verdict: str | None, scale: float) -> Markup:
    """The interval of a difference around zero, better to the right; nothing without one."""
    if not conversion or conversion["low"] is None or conversion["high"] is None or not scale:
        return Markup("")
    middle, half = STRIP_WIDTH / 2, STRIP_WIDTH / 2 - 2

    def x(value: float) -> float:
        return middle + half * value / scale

    at, kind = x(conversion["difference"] or 0), (verdict or "no_evidence").replace("_", "-")
    return Markup(
        f'<svg class="strip {kind}" viewBox="0 0 {STRIP_WIDTH} {STRIP_HEIGHT}"'
        f' width="{STRIP_WIDTH}" height="{STRIP_HEIGHT}" role="img"'
        f' aria-label="{conversion["change"]}"><title>{conversion["change"]}</title>'
        f'<path class="zero" d="M{middle:.1f} 0V{STRIP_HEIGHT}"/>'
        f'<path class="line" d="M{x(conversion["low"]):.1f} 6H{x(conversion["high"]):.1f}"/>'
        f"{_mark(at, 6, kind)}</svg>"
    )


def _mark(x: float, y: float, kind: str) -> str:
    if kind == "worse":
        return f'<rect class="mark" x="{x - 3:.1f}" y="{y - 3}" width="6" height="6"/>'
    return f'<circle class="mark" cx="{x:.1f}" cy="{y}" r="3.2"/>'


AXIS_WIDTH, AXIS_HEIGHT = 120, 20


def expectation(
    value: float,
    low: float | None,
    high: float | None,
    expected: float,
    span: tuple[float, float],
    alt: str,
) -> Markup:
    """An outcome with its interval, and what was expected as a hollow diamond on the same axis.

    span: the least and the greatest number that any drawing of this metric shows.
    """
    least, most = span
    room = AXIS_WIDTH - 16

    def x(number: float) -> float:
        return AXIS_WIDTH / 2 if most == least else 8 + room * (number - least) / (most - least)

    middle, hoped = AXIS_HEIGHT / 2, x(expected)
    limits = "" if low is None or high is None else f"M{x(low):.1f} {middle}H{x(high):.1f}"
    return Markup(
        f'<svg class="axis" viewBox="0 0 {AXIS_WIDTH} {AXIS_HEIGHT}" width="{AXIS_WIDTH}"'
        f' height="{AXIS_HEIGHT}" role="img" aria-label="{escape(alt)}">'
        f'<path class="base" d="M0 {middle}H{AXIS_WIDTH}"/><path class="line" d="{limits}"/>'
        f'<circle class="point" cx="{x(value):.1f}" cy="{middle}" r="4"/>'
        f'<path class="hoped" d="M{hoped:.1f} {middle - 6}l6 6l-6 6l-6 -6Z"/></svg>'
    )
