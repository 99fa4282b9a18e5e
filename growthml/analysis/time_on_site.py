"""Time that a campaign's users spend on the site, by the network they came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.traffic import FEWEST_VISITS, durations_of
from growthml.charts import BarPanel, Bars, Chart
from growthml.parts import Column, Context, Evidence, Finding, Table, Verdict
from growthml.words import _, n_

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.durations import Durations

COLUMNS = (
    *("campaign", "channel", "visits", "mean", "ci_low", "ci_high", "median", "zero_share"),
    *("difference", "difference_ci_low", "difference_ci_high", "p_value", "q_value", "verdict"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Stays:
    """Visit time by network: frame, as COLUMNS say, and the context it was counted in."""

    frame: pd.DataFrame
    context: Context

    @property
    def blocks(self) -> list[Chart | Table]:
        """The chart, where several networks have enough visits, and the table."""
        chart = _chart(self.frame, self.context)
        return [*([chart] if chart else []), _table(self.frame, self.context)]

    def headline(self) -> str:
        """The answer in one sentence."""
        formats, told = self.context.formats, []
        for campaign in self.context.campaigns:
            mine = self.frame[self.frame["campaign"] == campaign.key]
            visits = int(mine["visits"].sum())
            if visits:
                mean = float(mine["mean"] @ mine["visits"]) / visits
                told.append(
                    _("{mean} in {campaign}", mean=formats.seconds(mean), campaign=campaign.label)
                )
        tested = self.frame["p_value"].notna().any()
        changed = f"; {_changes(self.frame, self.context)}" if tested else ""
        return _(
            "A visit lasts {told} on average{changed}.", told=formats.join(told), changed=changed
        )

    def findings(self) -> list[Finding]:
        """One a network whose visits became longer or shorter."""
        formats, found = self.context.formats, []
        before = shape.lookup(self.frame, ["campaign", "channel"], "mean")
        for row in self.frame.itertuples():
            if row.verdict not in (Verdict.BETTER, Verdict.WORSE):
                continue
            name, longer = self.context.label("channel", row.channel), row.difference > 0
            base = before[self.context.baseline.key, shape.known(row.channel)]
            interval = formats.interval(row.difference_ci_low, row.difference_ci_high, "seconds")
            found.append(
                Finding(
                    heading=(
                        _("{channel} stays longer", channel=name)
                        if longer
                        else _("{channel} stays shorter", channel=name)
                    )[:30],
                    text=_(
                        "Visits of {channel} users last {mean} in {campaign} against {base} in"
                        " {baseline}: {difference} ({interval}).",
                        channel=name,
                        mean=formats.seconds(row.mean),
                        campaign=shape.campaign_label(row.campaign, self.context),
                        base=formats.seconds(base),
                        baseline=self.context.baseline.label,
                        difference=formats.difference(row.difference, "seconds"),
                        interval=interval,
                    ),
                    evidence=Evidence(
                        table="time_on_site",
                        row={"campaign": row.campaign, "channel": shape.known(row.channel)},
                    ),
                    direction="better" if longer else "worse",
                    weight=0.55,
                )
            )
        return found

    @property
    def definition(self) -> tuple[str, str]:
        """What the figures are."""
        return (
            _("Time on site"),
            _(
                "mean length of the visits of a campaign's users, visits of no length included;"
                " bootstrap interval over visits, differences by Welch's t"
            ),
        )


def time_on_site(visits: pd.DataFrame | None, context: Context) -> Stays | None:
    """Visit time by network from the fact `time_on_site`; None without visits."""
    if visits is None or not visits["visits"].sum():
        return None
    return Stays(frame=_frame(visits, context), context=context)


def _changes(frame: pd.DataFrame, context: Context) -> str:
    pairs = zip(frame["channel"], frame["verdict"], strict=True)
    moved = [channel for channel, verdict in pairs if verdict in (Verdict.BETTER, Verdict.WORSE)]
    names = dict.fromkeys(context.label("channel", channel) for channel in moved)
    return (
        _("changed: {names}", names=context.formats.join(list(names)))
        if names
        else _("no evidence of a change")
    )


def _frame(visits: pd.DataFrame, context: Context) -> pd.DataFrame:
    import pandas as pd

    from growthml.stats.corrections import adjust
    from growthml.stats.means import compare_estimates

    order = shape.order(visits, "channel", "visits", context)
    lengths: dict[tuple[str, Any], Durations] = {}
    for campaign in context.campaigns:
        mine = visits[visits["campaign"] == campaign.key]
        for channel in order:
            group = shape.having(mine, "channel", channel)
            if len(group):
                lengths[campaign.key, channel] = durations_of(group, "visits")
    base = context.baseline.key
    found = []
    for (key, channel), mine in lengths.items():
        before = lengths.get((base, channel))
        fit = key != base and before is not None and min(before.n, mine.n) >= FEWEST_VISITS
        found.append(
            compare_estimates(before.estimate(), mine.estimate(), context.confidence)
            if fit and before
            else None
        )
    q_values = adjust([each.p_value if each else None for each in found], context.correction)
    rows = []
    for ((key, channel), mine), compared, q in zip(lengths.items(), found, q_values, strict=True):
        limits = mine.mean_interval(context.confidence)
        rows.append(
            {
                "campaign": key,
                "channel": channel,
                "visits": mine.n,
                "mean": mine.mean,
                "ci_low": limits.low if limits else None,
                "ci_high": limits.high if limits else None,
                "median": mine.quantile(0.5),
                "zero_share": shape.share(mine.zeros, mine.n),
                "difference": compared.difference if compared else None,
                "difference_ci_low": compared.ci_low if compared else None,
                "difference_ci_high": compared.ci_high if compared else None,
                "p_value": compared.p_value if compared else None,
                "q_value": q,
                "verdict": str(_verdict(compared, q, context)),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _verdict(compared: Any, q_value: float | None, context: Context) -> Verdict:
    if compared is None or compared.p_value is None:
        return Verdict.NOT_TESTED
    if not shape.passes(q_value, context):
        return Verdict.NO_EVIDENCE
    return Verdict.BETTER if compared.difference > 0 else Verdict.WORSE


def _table(frame: pd.DataFrame, context: Context) -> Table:
    formats = context.formats
    limits = zip(frame["ci_low"], frame["ci_high"], strict=True)
    told = frame.assign(
        interval=[formats.interval(low, high, "seconds", signed=False) for low, high in limits]
    )
    view, columns = shape.beside(
        told,
        Column(name="channel", head=_("Network"), role="channel"),
        [
            Column(name="visits", head=_("Visits"), kind="count"),
            Column(name="mean", head=_("Mean"), kind="seconds"),
            Column(
                name="interval",
                head=_("{confidence} interval", confidence=formats.share(context.confidence)),
            ),
        ],
        context,
    )
    tested = int(frame["p_value"].notna().sum())
    return Table(
        id="time_on_site",
        title=_("Time on site by network"),
        frame=frame,
        view=view,
        columns=columns,
        order=_("by visits"),
        note=n_(
            "Mean time in {n} Welch test, corrected by {correction}: {changes}.",
            "Mean time in {n} Welch tests, corrected by {correction}: {changes}.",
            tested,
            n=formats.count(tested),
            correction=context.corrected_by,
            changes=_changes(frame, context),
        )
        if tested
        else "",
    )


def _chart(frame: pd.DataFrame, context: Context) -> Bars | None:
    if frame["channel"].nunique(dropna=False) < 2 or frame["visits"].sum() < FEWEST_VISITS:
        return None
    order = shape.order(frame, "channel", "visits", context)[: shape.MOST_ROWS]
    means = shape.lookup(frame, ["campaign", "channel"], "mean")
    values = [[means.get((c.key, channel)) for channel in order] for c in context.campaigns]
    labels = [context.label("channel", channel) for channel in order]
    texts = [[context.formats.seconds(each) for each in campaign] for campaign in values]
    sizes = shape.per_campaign(shape.sums(frame, "campaign", "visits"), context)
    return Bars(
        id="time_on_site",
        title=_("Mean visit time by network"),
        subtitle=_("Mean length of a visit, seconds; {sizes} visits", sizes=sizes),
        alt=_(
            "Bar chart of mean visit time by network: {told}.",
            told=shape.told(labels, texts, context),
        )[:400],
        table="time_on_site",
        rows=labels,
        series=shape.series(context),
        panels=[BarPanel(title="", values=values)],
        unit="seconds",
    )
