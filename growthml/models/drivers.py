"""What goes with responding: odds ratios of the logistic model, and what boosting leans on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import TYPE_CHECKING

from growthml.models.propensity import DID, KIND, SINCE, Trial, encoded, folds
from growthml.parts import Context
from growthml.words import N_, _

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.encoding import Encoding
    from growthml.stats.logit import Logit, NotEstimated

MOST_PERMUTED = 20_000
"""Importance is measured on so many users, evenly spaced."""
UNKNOWN = " unknown"


@dataclass(frozen=True, kw_only=True)
class Driver:
    """One column and what goes with it.

    unit: the step of the column that `effect`, a factor on the odds to respond, belongs to; None
    where it cannot be told, with the reason. importance: AUC lost when the column is shuffled.
    """

    model: str
    feature: str
    unit: float = 1.0
    effect: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    q_value: float | None = None
    importance: float | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Drivers:
    """The drivers of one campaign's responses; mcfadden: of the logistic model, None without.

    references: the levels that odds ratios compare with, as columns: `channel: FB`.
    """

    odds: Sequence[Driver]
    importances: Sequence[Driver]
    mcfadden: float | None
    reason: str = ""
    references: Sequence[str] = ()


def drivers(trial: Trial, context: Context) -> Drivers:
    """Odds ratios on the newest labelled users, unpenalised, in the columns' own units; and, on
    users boosting has not seen, the AUC it loses when a column is shuffled."""
    from growthml.stats.logit import NotEstimated, logit

    own = _telling(encoded(trial.test, [leak.column for leak in trial.leaks]), trial)
    plain = own.matrix(trial.test, logged=False)
    plain = plain[[name for name in plain.columns if not name.startswith((SINCE, KIND))]]
    units = {name: unit_of(plain[name]) for name in plain.columns}
    fitted = logit(
        plain.assign(**{name: plain[name] / unit for name, unit in units.items()}),
        trial.responded,
        context.confidence,
    )
    lost = isinstance(fitted, NotEstimated)
    return Drivers(
        odds=[] if lost else _odds(fitted, units, context),
        importances=_importances(trial, context),
        references=[f"{word.name}: {word.reference}" for word in own.words],
        mcfadden=None if isinstance(fitted, NotEstimated) else fitted.mcfadden,
        reason=fitted.reason if isinstance(fitted, NotEstimated) else "",
    )


def _telling(own: Encoding, trial: Trial) -> Encoding:
    """Reference levels of which some users responded and some did not, the commonest such: nothing
    has odds that can be compared with nobody's."""
    from growthml.stats.encoding import levels_of

    references = {}
    for word in own.words:
        rates = trial.test.groupby(levels_of(trial.test[word.name]))["responded"].mean()
        mixed = [level for level in (word.reference, *word.levels) if 0 < rates[level] < 1]
        if mixed:
            references[word.name] = mixed[0]
    return own.referring(references)


def unit_of(values: pd.Series[float]) -> float:
    """The step a coefficient is told for: 1 for whole numbers up to a few, else a power of ten near
    the column's spread.

    >>> import pandas as pd
    >>> unit_of(pd.Series([0.0, 30.0, 60.0, 90.0]))
    10.0
    """
    spread = float(values.std(ddof=0))
    step = float(10.0 ** floor(log10(spread))) if spread > 0 else 1.0
    return max(step, 1.0) if (values % 1 == 0).all() else step


def _odds(fitted: Logit | NotEstimated, units: dict[str, float], context: Context) -> list[Driver]:
    from growthml.stats.corrections import adjust
    from growthml.stats.logit import Logit
    from growthml.stats.sums import to_digits

    assert isinstance(fitted, Logit)
    terms = {name: term for name, term in fitted.terms.items() if name != "const"}
    q_values = adjust([term.p_value for term in terms.values()], context.correction)
    found = [
        Driver(
            model="logistic",
            feature=name,
            unit=units[name],
            effect=to_digits(term.odds_ratio),
            ci_low=to_digits(term.ci_low),
            ci_high=to_digits(term.ci_high),
            p_value=to_digits(term.p_value),
            q_value=None if q is None else to_digits(q),
        )
        for (name, term), q in zip(terms.items(), q_values, strict=True)
    ]
    found += [
        Driver(model="logistic", feature=name, unit=units[name], reason=why)
        for name, why in fitted.left_out.items()
    ]
    return found


def _importances(trial: Trial, context: Context) -> list[Driver]:
    """One shuffle a column, its levels and gaps together; DeLong's interval of the loss."""
    import numpy as np

    from growthml.stats.bootstrap import SEED
    from growthml.stats.paired_auc import compare_auc
    from growthml.stats.predictors import gradient_boosting

    train, test = _apart(trial)
    step = max(1, -(-len(test) // MOST_PERMUTED))
    test = test.iloc[::step]
    matrix, responded = trial.encoding.matrix(test), test["responded"].to_numpy(float)
    if not 1 < responded.sum() < len(responded) - 1:
        return []
    predict = gradient_boosting(trial.encoding.matrix(train), train["responded"].to_numpy(float))
    whole = predict(matrix)
    order = np.random.default_rng(SEED).permutation(len(matrix))
    found = []
    for name, columns in _together(trial, list(matrix.columns)).items():
        shuffled = matrix.copy()
        shuffled[columns] = matrix[columns].to_numpy()[order]
        loss = compare_auc(predict(shuffled), whole, responded, confidence=context.confidence)
        found.append(
            Driver(
                model="gradient_boosting",
                feature=name,
                ci_low=loss.ci_low,
                ci_high=loss.ci_high,
                p_value=loss.p_value,
                importance=loss.difference,
            )
        )
    return sorted(found, key=lambda each: (-(each.importance or 0.0), each.feature))


def _apart(trial: Trial) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Users to learn from and users to judge by; in folds, all but one fold and that one."""
    if trial.how == "future":
        return trial.train, trial.test
    held = folds(trial.test) == 0
    return trial.test[~held], trial.test[held]


def _together(trial: Trial, columns: Sequence[str]) -> dict[str, list[str]]:
    """By column of the users, the columns of the matrix that tell of it."""
    encoded = trial.encoding
    named = [*(each.name for each in encoded.words), *(each.name for each in encoded.numbers)]
    return {name: [each for each in columns if source_of(each, named) == name] for name in named}


def source_of(column: str, named: Sequence[str]) -> str:
    """The user's column that a column of the matrix tells of."""
    if column in named:
        return column
    return next(
        name
        for name in sorted(named, key=len, reverse=True)
        if column.startswith(f"{name}: ") or column == f"{name}{UNKNOWN}"
    )


def said(column: str, context: Context, unit: float = 1.0) -> str:
    """A column in a reader's words: "Channel Pinterest", "10 more “like”", "age, per 10"."""
    formats = context.formats
    by = "" if unit == 1 else _(", per {unit}", unit=formats.number(unit))
    name, _colon, level = column.partition(": ")
    if column.endswith(UNKNOWN):
        base = column.removesuffix(UNKNOWN)
        return {"idle_days": _("Never active")}.get(base) or _never(base, context)
    if level:
        label = context.label("channel", level) if name == "channel" else level
        named = _("channel") if name == "channel" else _plain(name)
        return f"{named.capitalize()} {label}"
    for start, words, role in (
        (DID, N_("Times “{name}”"), "action"),
        (SINCE, N_("Days since “{name}”"), "action"),
        (KIND, N_("Actions on “{name}”"), "category"),
    ):
        if column.startswith(start):
            return _(words, name=context.label(role, column.removeprefix(start))) + by
    return _plain(column)[:1].upper() + _plain(column)[1:] + by


def _never(column: str, context: Context) -> str:
    if column.startswith(SINCE):
        return _("Never “{action}”", action=context.label("action", column.removeprefix(SINCE)))
    return _("{column} not known", column=_plain(column))


def _plain(column: str) -> str:
    return {
        "channel": _("channel"),
        "tenure": _("days since sign-up"),
        "idle_days": _("days since last active"),
        "spend": _("spent so far"),
        "categories": _("categories tried"),
        "visits": _("visits"),
        "visit_seconds": _("seconds a visit"),
        "logins": _("log-ins so far"),
        "since_login": _("days since the last log-in"),
        "missed": _("log-ins missed since"),
        "requests": _("requests so far"),
        "days_seen": _("days seen"),
    }.get(column, column.removeprefix("users."))
