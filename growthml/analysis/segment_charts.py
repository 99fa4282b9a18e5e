"""Segments drawn: what each does beside the site, and how many there are."""

from __future__ import annotations

from growthml.analysis.segments import NEVER, Segments, mean, numbers
from growthml.charts import Cell, CurvePanel, Curves, Grid, Line, Reference, Series
from growthml.parts import Context
from growthml.words import _

EDGES = (0.25, 0.5, 0.8, 1.25, 2.0, 4.0)
"""Times the mean of all active users, where the colour changes."""
FEWEST = 20
MOST_COLUMNS = 5


def profile_grid(found: Segments, context: Context) -> Grid:
    """F18: the mean of every behaviour in every segment, coloured by its distance from the site."""
    formats = context.formats
    active = found.rows[found.rows["segment"] != NEVER]
    behaviours = _commonest(found)
    shown = [each for each in numbers(found) if each != NEVER]
    site = {name: mean(active, name) or 0.0 for name in behaviours}
    cells = []
    for number in shown:
        mine = active[active["segment"] == number]
        few = mine["users"].sum() < FEWEST
        row: list[Cell | None] = []
        for name in behaviours:
            value = mean(mine, name) or 0.0
            text = formats.money(value) if name == "spend" else formats.number(value, 1)
            step = None if few or not site[name] else _step(value / site[name])
            row.append(Cell(text=text, step=step, open=bool(few)))
        cells.append(row)
    strongest = max(
        ((number, name) for number in shown for name in behaviours),
        key=lambda pair: _times(found, site, *pair),
    )
    times = formats.ratio(_times(found, site, *strongest))
    users = [formats.count(found.users(segment=number)) for number in shown]
    return Grid(
        id="profile",
        title=_("What sets {n} groups of active users apart", n=len(shown)),
        subtitle=_(
            "Mean per user, coloured by times the mean of all active users; {users} active users",
            users=formats.count(int(active["users"].sum())),
        )[:110],
        alt=_(
            "Grid of {n} segments by {behaviours} behaviours: strongest {segment}, {behaviour}"
            " {times} times the mean of active users.",
            n=len(shown),
            behaviours=len(behaviours),
            segment=found.names[strongest[0]],
            behaviour=_head(strongest[1], context),
            times=times,
        )[:400],
        how_to_read=_(
            "Each row is a segment, each number a mean per user of that segment; the darker the"
            " cell, the further it lies from the mean of all active users."
        ),
        half=False,
        table="profiles",
        rows=[found.names[number] for number in shown],
        columns=[_head(name, context) for name in behaviours],
        cells=cells,
        ramp="diverging",
        edges=EDGES,
        unit="ratio",
        lead=[(_("Users"), users)],
    )


def _commonest(found: Segments) -> list[str]:
    """The behaviours shown, those done most first, money last."""
    from growthml.stats.response_model import ACTION

    active = found.rows[found.rows["segment"] != NEVER]
    counts = [name for name in found.behaviours if name.startswith(ACTION)]
    counts.sort(key=lambda name: (-(mean(active, name) or 0.0), name))
    return [*counts[:MOST_COLUMNS], *(["spend"] if "spend" in found.behaviours else [])]


def _head(name: str, context: Context) -> str:
    from growthml.stats.response_model import ACTION

    if name == "spend":
        return _("Spent")
    return _("“{name}”", name=context.label("action", name.removeprefix(ACTION)))


def _times(found: Segments, site: dict[str, float], number: int, name: str) -> float:
    rows = found.rows[found.rows["segment"] == number]
    return (mean(rows, name) or 0.0) / site[name] if site[name] else 0.0


def _step(times: float) -> int:
    return sum(times >= edge for edge in EDGES)


def silhouette_chart(found: Segments, context: Context) -> Curves | None:
    """The silhouette over k beside what shuffled columns reach; None without a choice."""
    choice, formats = found.choice, context.formats
    if choice is None or len(choice.ks) < 2:
        return None
    best = max(choice.silhouettes)
    return Curves(
        id="silhouette",
        title=_("{k} segments tell users apart", k=choice.k)
        if choice.k
        else _("No number of segments stands out"),
        subtitle=_(
            "Silhouette by number of segments, against shuffled columns; {users} active users",
            users=formats.count(choice.users),
        )[:110],
        alt=_(
            "Line of the silhouette over {first} to {last} segments: highest {best} at {n}; columns"
            " shuffled on their own reach {reference_high} at most.",
            first=choice.ks[0],
            last=choice.ks[-1],
            best=formats.statistic(best),
            n=choice.ks[choice.silhouettes.index(best)],
            reference_high=formats.statistic(max(choice.reference_high)),
        )[:400],
        how_to_read=_(
            "The higher, the better groups are told apart. The shade is what the same columns reach"
            " once each is shuffled, so that nothing goes together."
        ),
        table="selection",
        panels=[
            CurvePanel(
                lines=[
                    Line(
                        series=Series(label=_("shuffled"), colour="muted"),
                        x=[float(k) for k in choice.ks],
                        y=_middle(choice.reference_low, choice.reference_high),
                        low=list(choice.reference_low),
                        high=list(choice.reference_high),
                        end=_("shuffled"),
                        dashed=True,
                    ),
                    Line(
                        series=Series(label=_("observed"), colour="new"),
                        x=[float(k) for k in choice.ks],
                        y=list(choice.silhouettes),
                        end=_("observed"),
                    ),
                ],
                x_axis="number",
                x_unit="count",
                y_unit="number",
                references=[Reference(kind="vertical", at=float(choice.k), label=_("chosen"))]
                if choice.k
                else [],
            )
        ],
    )


def _middle(low: object, high: object) -> list[float | None]:
    import numpy as np

    middle = (np.asarray(low, dtype=float) + np.asarray(high, dtype=float)) / 2
    return [None if each != each else float(each) for each in middle]
