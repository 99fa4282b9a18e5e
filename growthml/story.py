"""The front page in words: the verdict, and the numbers behind it.

Nothing is claimed here that `growthml.metrics` did not test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from growthml.metrics import Measured, Sums
from growthml.parts import Campaign, Context, Verdict
from growthml.shape import users_said
from growthml.words import _, n_

FEWEST_RESPONDERS = 5


def story_of(
    campaigns: Mapping[str, Sums], measured: Sequence[Measured], context: Context
) -> Story:
    """The words on whatever tells campaigns apart: conversion, or what a buyer brings."""
    kind = OrdersStory if context.metrics.orders_alone else Story
    return kind(campaigns, measured, context)


class Story:
    """The verdict and the lede: the conversion of each compared campaign, in words."""

    metric = "conversion_rate"

    def __init__(
        self, campaigns: Mapping[str, Sums], measured: Sequence[Measured], context: Context
    ) -> None:
        self.campaigns = campaigns
        self.context = context
        self.formats = context.formats
        self.rows = {each.campaign: each for each in measured if each.metric.id == self.metric}

    def verdict(self) -> str:
        """One sentence, without numbers but for a configured margin."""
        context = self.context
        if not context.compared:
            return _(
                "{campaign} stands alone: there is nothing to compare it with.",
                campaign=context.baseline.label,
            )
        if len(context.compared) == 1:
            return self._verdict_of(context.compared[0])
        return self._joint_verdict()

    def lede(self) -> str:
        """The numbers behind the verdict, their interval, what the sample could have shown."""
        context = self.context
        if not context.compared:
            return self._alone()
        first, *others = context.compared
        sentences = [self._against(first), *(self._beside(each) for each in others)]
        if not others:
            sentences.append(self._power(first))
        return " ".join(sentence for sentence in sentences if sentence)

    def _verdict_of(self, campaign: Campaign) -> str:
        old, new = self.context.baseline.label, campaign.label
        reason = self._untestable(campaign)
        if reason:
            return reason
        row = self.rows[campaign.key]
        if row.verdict in (Verdict.BETTER, Verdict.WORSE):
            return f"{self._does([new], row.verdict)}."
        if self._alike(row):
            within = self.formats.number((self.context.smallest_effect or 0) * 100)
            return _(
                "{new} and {old} convert alike to within {within} points.",
                new=new,
                old=old,
                within=within,
            )
        return self._does_not(new)

    def _does(self, campaigns: Sequence[str], verdict: Verdict) -> str:
        """That campaigns differ from the baseline, without a full stop."""
        names = {"campaigns": self.formats.join(campaigns), "old": self.context.baseline.label}
        if verdict is Verdict.BETTER:
            return n_(
                "{campaigns} converts better than {old}",
                "{campaigns} convert better than {old}",
                len(campaigns),
                **names,
            )
        return n_(
            "{campaigns} converts worse than {old}",
            "{campaigns} convert worse than {old}",
            len(campaigns),
            **names,
        )

    def _does_not(self, campaign: str) -> str:
        """No evidence that a campaign differs; without a name, any campaign."""
        old = self.context.baseline.label
        if not campaign:
            return _("No evidence that any campaign converts better or worse than {old}.", old=old)
        return _(
            "No evidence that {new} converts better or worse than {old}.", new=campaign, old=old
        )

    def _joint_verdict(self) -> str:
        found = {
            verdict: [c.label for c in self.context.compared if self._found(c) is verdict]
            for verdict in (Verdict.BETTER, Verdict.WORSE, Verdict.NO_EVIDENCE)
        }
        rest = found.pop(Verdict.NO_EVIDENCE)
        clauses = [self._does(names, verdict) for verdict, names in found.items() if names]
        if not clauses:
            return self._does_not("")
        if rest:
            clauses.append(_("no evidence for {campaigns}", campaigns=self.formats.join(rest)))
        return "; ".join(clauses) + "."

    def _found(self, campaign: Campaign) -> Verdict:
        verdict = self.rows[campaign.key].verdict
        return Verdict.NO_EVIDENCE if verdict is Verdict.NOT_TESTED else verdict

    def _untestable(self, campaign: Campaign) -> str:
        baseline, new = self.campaigns[self.context.baseline.key], self.campaigns[campaign.key]
        for label, each in ((self.context.baseline.label, baseline), (campaign.label, new)):
            if not each.users:
                return _("{campaign} has no users: there is nothing to compare.", campaign=label)
        if baseline.buyers is None or new.buyers is None:
            return _("Nothing to compare: the data do not say what users did.")
        if baseline.buyers + new.buyers < FEWEST_RESPONDERS:
            count = self.formats.count
            return _(
                "Too few responses to compare ({old} of {old_users}, {new} of {new_users}).",
                old=count(baseline.buyers),
                old_users=count(baseline.users),
                new=count(new.buyers),
                new_users=count(new.users),
            )
        return ""

    def _alike(self, row: Measured) -> bool:
        margin, compared = self.context.smallest_effect, row.comparison
        if margin is None or compared is None:
            return False
        if compared.ci_low is None or compared.ci_high is None:
            return False
        return -margin < compared.ci_low and compared.ci_high < margin

    def _alone(self) -> str:
        baseline, formats = self.campaigns[self.context.baseline.key], self.formats
        users = formats.count(baseline.users)
        if baseline.buyers is None:
            return n_(
                "{users} user; what they did is not in the data.",
                "{users} users; what they did is not in the data.",
                baseline.users,
                users=users,
            )
        places = {
            "buyers": formats.count(baseline.buyers),
            "users": users,
            "rate": formats.rate(self.rows[self.context.baseline.key].value),
        }
        if self._bought:
            return n_(
                "{buyers} of {users} user bought ({rate}).",
                "{buyers} of {users} users bought ({rate}).",
                baseline.users,
                **places,
            )
        return n_(
            "{buyers} of {users} user did “{action}” ({rate}).",
            "{buyers} of {users} users did “{action}” ({rate}).",
            baseline.users,
            **places,
            action=self._response,
        )

    @property
    def _bought(self) -> bool:
        return self.context.metrics.response == "bought"

    @property
    def _response(self) -> str:
        return self.context.label("action", self.context.metrics.response)

    def _against(self, campaign: Campaign) -> str:
        row, formats = self.rows[campaign.key], self.formats
        baseline = self.campaigns[self.context.baseline.key]
        if row.value is None or row.baseline_value is None or row.comparison is None:
            return self._counts(campaign)
        places = {
            "rate": formats.rate(row.value),
            "n": formats.count(row.n),
            "new": campaign.label,
            "baseline_rate": formats.rate(row.baseline_value),
            "baseline_n": formats.count(baseline.users),
            "old": self.context.baseline.label,
            "effect": self._effect(row),
        }
        if self._bought:
            return _(
                "{rate} of {n} {new} users bought, against {baseline_rate} of {baseline_n} {old}"
                " users: {effect}.",
                **places,
            )
        return _(
            "{rate} of {n} {new} users did “{action}”, against {baseline_rate} of {baseline_n}"
            " {old} users: {effect}.",
            **places,
            action=self._response,
        )

    def _beside(self, campaign: Campaign) -> str:
        row, formats = self.rows[campaign.key], self.formats
        if row.value is None or row.comparison is None:
            return self._counts(campaign)
        return _(
            "{campaign}: {rate} of {n}, {effect}.",
            campaign=campaign.label,
            rate=formats.rate(row.value),
            n=formats.count(row.n),
            effect=self._effect(row),
        )

    def _counts(self, campaign: Campaign) -> str:
        baseline, new = self.campaigns[self.context.baseline.key], self.campaigns[campaign.key]
        return _(
            "{new} has {new_users}, {old} {old_users}.",
            new=campaign.label,
            new_users=users_said(new.users, self.formats),
            old=self.context.baseline.label,
            old_users=users_said(baseline.users, self.formats),
        )

    def _effect(self, row: Measured) -> str:
        compared, formats = row.comparison, self.formats
        assert compared is not None
        points = formats.points(compared.difference)
        interval = formats.interval(compared.ci_low, compared.ci_high, "rate")
        if row.verdict in (Verdict.BETTER, Verdict.WORSE):
            return _("{points} points ({interval})", points=points, interval=interval)
        return _(
            "{points} points, and anything from {interval} fits the data",
            points=points,
            interval=interval,
        )

    def _power(self, campaign: Campaign) -> str:
        row = self.rows[campaign.key]
        if row.verdict is not Verdict.NO_EVIDENCE or row.smallest_detectable is None:
            return ""
        least = self.formats.number(row.smallest_detectable * 100, 1)
        return _("This sample could only have shown about {least} points or more.", least=least)


class OrdersStory(Story):
    """The same where users are seen only once they respond: what each of them brings."""

    def __init__(
        self, campaigns: Mapping[str, Sums], measured: Sequence[Measured], context: Context
    ) -> None:
        paid = any(each.revenue is not None for each in campaigns.values())
        self.metric = "revenue_per_user" if paid else "purchases_per_buyer"
        super().__init__(campaigns, measured, context)

    def _does(self, campaigns: Sequence[str], verdict: Verdict) -> str:
        return n_(
            "{campaigns} brings {more} than {old}",
            "{campaigns} bring {more} than {old}",
            len(campaigns),
            campaigns=self.formats.join(campaigns),
            more=self._more(verdict),
            old=self.context.baseline.label,
        )

    def _does_not(self, campaign: str) -> str:
        names = {"more": self._more(Verdict.NO_EVIDENCE), "old": self.context.baseline.label}
        if not campaign:
            return _("No evidence that any campaign brings {more} than {old}.", **names)
        return _("No evidence that {new} brings {more} than {old}.", new=campaign, **names)

    def _more(self, verdict: Verdict) -> str:
        paid = self.metric == "revenue_per_user"
        match verdict:
            case Verdict.BETTER:
                return _("more revenue per user") if paid else _("more purchases per buyer")
            case Verdict.WORSE:
                return _("less revenue per user") if paid else _("fewer purchases per buyer")
        return (
            _("more or less revenue per user") if paid else _("more or fewer purchases per buyer")
        )

    def _alike(self, row: Measured) -> bool:
        return False  # the smallest effect worth acting on is one of conversion

    def _alone(self) -> str:
        row = self.rows[self.context.baseline.key]
        return _(
            "{metric}: {value} (n = {n}).",
            metric=_(row.metric.name),
            value=self._value(row.value, row),
            n=self.formats.count(row.n),
        )

    def _against(self, campaign: Campaign) -> str:
        row, baseline = self.rows[campaign.key], self.rows[self.context.baseline.key]
        if row.value is None or row.baseline_value is None or row.comparison is None:
            return self._counts(campaign)
        return _(
            "{metric} was {value} in {new} (n = {n}) against {baseline_value} in {old}"
            " (n = {baseline_n}): {effect}.",
            metric=_(row.metric.name),
            value=self._value(row.value, row),
            n=self.formats.count(row.n),
            new=campaign.label,
            baseline_value=self._value(row.baseline_value, row),
            baseline_n=self.formats.count(baseline.n),
            old=self.context.baseline.label,
            effect=self._effect(row),
        )

    def _beside(self, campaign: Campaign) -> str:
        row = self.rows[campaign.key]
        if row.value is None or row.comparison is None:
            return self._counts(campaign)
        return _(
            "{campaign}: {value} (n = {n}), {effect}.",
            campaign=campaign.label,
            value=self._value(row.value, row),
            n=self.formats.count(row.n),
            effect=self._effect(row),
        )

    def _effect(self, row: Measured) -> str:
        compared, unit = row.comparison, row.metric.unit
        assert compared is not None
        told = {
            "difference": self.formats.difference(compared.difference, unit),
            "interval": self.formats.interval(compared.ci_low, compared.ci_high, unit),
        }
        if row.verdict in (Verdict.BETTER, Verdict.WORSE):
            return _("{difference} ({interval})", **told)
        return _("{difference}, and anything from {interval} fits the data", **told)

    def _power(self, campaign: Campaign) -> str:
        row = self.rows[campaign.key]
        if row.verdict is not Verdict.NO_EVIDENCE or row.smallest_detectable is None:
            return ""
        least = self._value(row.smallest_detectable, row)
        return _("This sample could only have shown about {least} or more.", least=least)

    def _value(self, value: float | None, row: Measured) -> str:
        return self.formats.value(value, row.metric.unit)
