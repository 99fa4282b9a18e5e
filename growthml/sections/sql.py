"""What a query of your own answers.

The query is one SELECT in the source's dialect. It runs once for each campaign, reading only, with
values bound by name: `:campaign` its key, `:window_from` and `:window_to` its window [from, to),
`:as_of` the last day seen. An open window begins in 1900 and ends the day after `:as_of`. Days are
those of the config; times are compared as the database stores them. `report_users` is a relation
of the campaign's users (user_id, channel, signed_up_at) by the report's own rules: window, filters,
population, overlap, the part of `for_each`.

Two counts per row (`successes` of `n`) are compared as rates: Newcombe's interval, chi-square or
Fisher's test; `mean`, `sd` and `n` as means: Welch's. All rows of one section are one family of the
correction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.own_query import Rows, SqlOptions, ThresholdOptions
from growthml.analysis.own_query_charts import chart, short
from growthml.analysis.own_query_tests import COMPARISON, comparison, measure, unit_of
from growthml.errors import FactError, NotEnoughData
from growthml.parts import (
    Answer,
    Column,
    Context,
    Evidence,
    Facts,
    Finding,
    Section,
    Table,
    Verdict,
)
from growthml.words import N_, _, n_

if TYPE_CHECKING:
    import pandas as pd

MOST_FINDINGS = 3


def compute(facts: Facts, context: Context, options: SqlOptions) -> Answer:
    """The query's rows, drawn, compared and held against their bounds as the options say."""
    rows = _rows(facts["sql"], context, options)
    if rows.frame.empty:
        raise NotEnoughData(_("the query found no rows"))
    compared = _compared(rows)
    drawn, why_not = _drawn(rows, compared)
    crossed = list(_crossed(rows))
    return Answer(
        headline=_headline(rows, compared),
        blocks=[
            *drawn,
            *([] if compared is None else [_comparison_table(rows, compared)]),
            _rows_table(rows),
        ],
        findings=[
            *(_warning(each) for each in crossed[:MOST_FINDINGS]),
            *_findings(rows, compared),
        ],
        caveats=[*why_not, *_caveats(rows, compared)],
        alerts=[said for said, _row, threshold in crossed if threshold.alert],
    )


def _rows(found: pd.DataFrame, context: Context, options: SqlOptions) -> Rows:
    """The campaigns' rows, the baseline first, as far as they are kept."""
    import pandas as pd

    unknown = [name for _path, name in options.named_columns() if name not in found.columns]
    if unknown and len(found):
        raise FactError(_("the query has no column '{name}'", name=unknown[0]))
    parts = [found[found["campaign"] == each.key] for each in context.campaigns]
    frame = pd.concat([part.head(options.rows) for part in parts], ignore_index=True)
    names = ["campaign", *(name for name in frame.columns if name != "campaign")]
    return Rows(
        frame=frame[names],
        cut=[
            campaign.label
            for campaign, part in zip(context.campaigns, parts, strict=True)
            if len(part) > options.rows
        ],
        options=options,
        context=context,
    )


def _compared(rows: Rows) -> pd.DataFrame | None:
    compare = rows.options.compare
    if compare is None or not rows.context.compared or not rows.unique:
        return None
    return comparison(rows, compare)


def _drawn(rows: Rows, compared: pd.DataFrame | None) -> tuple[Sequence[Any], list[str]]:
    """The chart, or a sentence that says why there is none."""
    try:
        return chart(rows, compared), []
    except NotEnoughData as error:
        return [], [_("No chart is drawn: {reason}.", reason=str(error))]


# -- tables ------------------------------------------------------------------------------------


def _rows_table(rows: Rows) -> Table:
    return Table(
        id="rows",
        title=rows.options.named_title,
        frame=rows.frame,
        columns=rows.columns(),
        note=_cut(rows),
    )


def _cut(rows: Rows) -> str:
    if not rows.cut:
        return ""
    formats = rows.context.formats
    return _(
        "Only the first {n} rows of {campaigns} are kept.",
        n=formats.count(rows.options.rows),
        campaigns=formats.join(rows.cut),
    )


def _comparison_table(rows: Rows, compared: pd.DataFrame) -> Table:
    assert rows.options.compare is not None
    context, unit = rows.context, unit_of(rows, rows.options.compare)
    formats = context.formats
    limits = zip(compared["ci_low"], compared["ci_high"], strict=True)
    view = compared.assign(
        change=[formats.difference(shape.known(each), unit) for each in compared["difference"]],
        interval=[formats.interval(low, high, unit) for low, high in limits],
    )
    shown = [
        *shape.campaign_column(context),
        *([Column(name="key", head=rows.head(rows.x))] if rows.x else []),
        Column(name="baseline_value", head=context.baseline.label, kind=unit),
        Column(
            name="value",
            head=context.compared[0].label if len(context.compared) == 1 else _("Campaign"),
            kind=unit,
        ),
        Column(name="change", head=_("Difference")),
        Column(name="interval", head=_("Interval")),
        Column(name="verdict", head=_("Verdict"), kind="verdict"),
    ]
    reasons = sorted({each for each in compared["reason"] if each})
    return Table(
        id="comparison",
        title=_("{measure} compared", measure=measure(rows, rows.options.compare)),
        frame=compared,
        view=view,
        columns=shown,
        note=_("Without interval: {reasons}.", reasons="; ".join(reasons)) if reasons else "",
    )


# -- words -------------------------------------------------------------------------------------


def _headline(rows: Rows, compared: pd.DataFrame | None) -> str:
    if compared is not None and len(compared) == 1:
        [row] = compared.to_dict("records")
        return _sentence(rows, row)
    if compared is not None:
        tested = compared[compared["p_value"].notna()]
        changed = tested["verdict"].isin([Verdict.BETTER, Verdict.WORSE]).sum()
        words = {
            "measure": measure(rows, rows.options.compare) if rows.options.compare else "",
            "changed": rows.context.formats.count(changed),
            "tested": rows.context.formats.count(len(tested)),
        }
        if changed:
            return _("{measure} differs in {changed} of {tested} comparisons.", **words)
        if len(tested):
            return _("{measure}: no evidence of a difference in {tested} comparisons.", **words)
    count = rows.context.formats.count(len(rows.frame))
    return n_("The query found {n} row.", "The query found {n} rows.", len(rows.frame), n=count)


_STATES = {
    Verdict.BETTER: N_("better"),
    Verdict.WORSE: N_("worse"),
    Verdict.NO_EVIDENCE: N_("no evidence of a difference"),
    Verdict.NOT_TESTED: N_("not tested"),
}


def _sentence(rows: Rows, row: dict[str, Any]) -> str:
    """A comparison in words: both levels, the difference with its interval, the verdict."""
    assert rows.options.compare is not None
    context, unit = rows.context, unit_of(rows, rows.options.compare)
    show, state = context.formats.value, _STATES[Verdict(row["verdict"])]
    name = measure(rows, rows.options.compare)
    interval = context.formats.interval(
        shape.known(row["ci_low"]), shape.known(row["ci_high"]), unit
    )
    return _(
        "{measure}: {value} in {campaign} against {before} in {baseline}, {change}; {state}.",
        measure=f"{name} ({row['key']})" if rows.x else name,
        value=show(shape.known(row["value"]), unit),
        campaign=context.label("campaign", row["campaign"]),
        before=show(shape.known(row["baseline_value"]), unit),
        baseline=context.baseline.label,
        change=f"{context.formats.difference(shape.known(row['difference']), unit)} ({interval})",
        state=_(state),
    )


def _findings(rows: Rows, compared: pd.DataFrame | None) -> Iterator[Finding]:
    """What changed by more than chance, the surest first."""
    if compared is None:
        return
    changed = compared[compared["verdict"].isin([Verdict.BETTER, Verdict.WORSE])]
    for row in changed.sort_values("q_value", kind="stable").head(MOST_FINDINGS).to_dict("records"):
        yield Finding(
            heading=short(row["key"] or rows.options.named_title, 30),
            text=_sentence(rows, row),
            evidence=Evidence(
                table="comparison", row={"campaign": row["campaign"], "key": row["key"]}
            ),
            direction="better" if row["verdict"] == Verdict.BETTER else "worse",
            weight=0.4,
        )


Crossing = tuple[str, dict[str, Any], ThresholdOptions]


def _crossed(rows: Rows) -> Iterator[Crossing]:
    """Every bound that a compared campaign's row crosses; the baseline's where it is alone."""
    watched = {each.key for each in rows.context.compared or rows.context.campaigns}
    for threshold in rows.options.thresholds:
        for row in rows.frame.to_dict("records"):
            value = shape.known(row[threshold.column])
            if row["campaign"] in watched and isinstance(value, int | float):
                yield from _over(rows, dict(row), float(value), threshold)


def _over(
    rows: Rows, row: dict[str, Any], value: float, threshold: ThresholdOptions
) -> Iterator[Crossing]:
    name = threshold.column
    of = [rows.label(row[rows.x])] if rows.x else []
    words = {
        "measure": rows.head(name),
        "of": ", ".join([*of, rows.context.label("campaign", row["campaign"])]),
        "value": rows.value(value, name),
    }
    if threshold.below is not None and value < threshold.below:
        bound = rows.value(threshold.below, name)
        yield (
            _("{measure} of {of} is {value}, below {bound}.", bound=bound, **words),
            row,
            threshold,
        )
    if threshold.above is not None and value > threshold.above:
        bound = rows.value(threshold.above, name)
        yield (
            _("{measure} of {of} is {value}, above {bound}.", bound=bound, **words),
            row,
            threshold,
        )


def _warning(crossing: Crossing) -> Finding:
    said, row, threshold = crossing
    return Finding(
        heading=short(_("{column} out of bounds", column=threshold.column), 30),
        text=said,
        evidence=Evidence(table="rows", row={key: shape.known(each) for key, each in row.items()}),
        direction="worse",
        kind="risk",
        weight=0.5,
    )


def _caveats(rows: Rows, compared: pd.DataFrame | None) -> Iterator[str]:
    context, options = rows.context, rows.options
    if options.compare and context.compared and not rows.unique:
        yield _("Campaigns are not compared: “{column}” names several rows of one.", column=rows.x)
    filtered = [each.label for each in context.campaigns if each.filtered]
    if filtered and not options.reads_users:
        yield _(
            "The query counts all users: the filters of {campaigns} reach it only through"
            " report_users.",
            campaigns=context.formats.join(filtered),
        )
    windowed = [each.label for each in context.campaigns if each.start or each.end]
    if windowed and not options.heeds_window:
        yield _(
            "The query counts all days: it does not ask for the window of {campaigns}.",
            campaigns=context.formats.join(windowed),
        )
    if compared is not None:
        yield from shape.comparison_caveats(context)


SECTION = Section(
    id="sql",
    title=N_("Your own query"),
    question=N_("What does a query of your own say of each campaign?"),
    facts=("sql:{id}",),
    tables={"rows": ("campaign",), "comparison": COMPARISON},
    compute=compute,
    options=SqlOptions,
    repeats=True,
)
