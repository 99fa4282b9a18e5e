"""Sections run: each one counts its facts and answers, or says why it cannot.

Nothing a section does stops a report; a section that fails is a visible part of it.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from growthml.archive.stored import stored
from growthml.errors import FactError, NotEnoughData, place_in
from growthml.facts.count import Reading
from growthml.facts.view import View
from growthml.parts import Answer, Context, Facts, Run, Section, SectionRun, Status, Table
from growthml.plan import Chosen
from growthml.progress import Progress
from growthml.secrets import redact
from growthml.tables import tables_of
from growthml.words import _

if TYPE_CHECKING:
    from growthml.figures import Drawing
    from growthml.figures.house import Width
    from growthml.render.drawings import Drawings

log = logging.getLogger(__name__)

MOST_TRIED = 10_000
_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What sections see of the counts: those that can pool periods, and the others."""

    pooled: tuple[View, Context]
    alone: tuple[View, Context]

    def of(self, section: Section) -> tuple[View, Context]:
        """The facts and the context of a section."""
        return self.pooled if section.pools else self.alone


def answers(
    chosen: Sequence[Chosen],
    sight: Sight,
    readings: Sequence[Reading],
    progress: Progress,
    *,
    last: bool = True,
) -> list[SectionRun]:
    """Every chosen section as it ended, without those left out because nobody asked for them.

    last: no other report is made from the same counts, so that they need not be held.
    """
    ended = []
    for place, each in enumerate(chosen, start=1):
        progress.step(_(each.section.title))
        view, context = sight.of(each.section)
        run = answer(each, view, context, readings)
        if last:
            later = {name for one in chosen[place:] for name, _optional in wanted(one)}
            view.let_go(name for name, _optional in wanted(each) if name not in later)
        if run is None:
            continue
        if run.status is Status.FAILED:
            progress.say(f"{_(each.section.title)} failed: {run.reason}")
        ended.append(run)
    return ended


def answer(
    chosen: Chosen, counts: View, context: Context, readings: Sequence[Reading]
) -> SectionRun | None:
    """One section as it ended; None when nobody asked for it and its fields are not mapped."""
    started = time.perf_counter()
    ended = _attempt(chosen, counts, readings, context)
    if ended is None:
        return None
    names = [name for name, _ in wanted(chosen)]
    return replace(
        ended,
        seconds=time.perf_counter() - started,
        facts=[name for name in names if name in counts],
    )


def _attempt(
    chosen: Chosen, counts: View, readings: Sequence[Reading], context: Context
) -> SectionRun | None:
    section = chosen.section
    try:
        facts = _asked(chosen, counts, readings)
        found = section.compute(facts, context, chosen.options)
        if section.origin:
            _sound(section, found)
    except NotEnoughData as error:
        if chosen.by_default and error.unasked:
            return None
        empty = SectionRun(section=section, status=Status.EMPTY, seconds=0.0)
        return replace(empty, reason=redact(str(error)), advice=_advice(error))
    except FactError as error:
        failed = SectionRun(section=section, status=Status.FAILED, seconds=0.0)
        advice = _("All other sections are complete. Run the report again once this is mended.")
        return replace(failed, reason=redact(str(error)), advice=advice)
    except Exception as error:
        log.debug("section %s", section.id, exc_info=True)
        failed = SectionRun(section=section, status=Status.FAILED, seconds=0.0)
        return broken(failed, error)
    return SectionRun(
        section=section,
        status=found.status,
        seconds=0.0,
        answer=found,
        reason=redact(found.reason),
    )


def _sound(section: Section, found: object) -> None:
    """Raises where a section that is not ours brings what no page, file or archive can take."""
    if not isinstance(found, Answer):
        raise TypeError(f"compute returned a {type(found).__name__} instead of an Answer")
    names = [block.id for block in found.blocks]
    for name in names:
        if not _FILE_NAME.fullmatch(name) or names.count(name) > 1:
            raise ValueError(f"{name!r} names a file: lower-case letters, digits and _, once each")
    for table in (block for block in found.blocks if isinstance(block, Table)):
        for column in section.tables.get(table.id, ()):
            if column not in table.frame.columns:
                raise ValueError(f"the table '{table.id}' lacks its column '{column}'")
    ended = SectionRun(section=section, status=found.status, seconds=0.0, answer=found)
    tables_of([ended])


def broken(run: SectionRun, error: Exception) -> SectionRun:
    """The section as failed, through a fault of its own; one that is not ours says where."""
    origin = run.section.origin
    place = place_in(error, run.section.compute) if origin else ""
    said = f"{type(error).__name__}: {error}{f', at {place}' if place else ''}"
    reason = _("an error in the section itself ({error})", error=said)
    advice = _(
        "All other sections are complete. Run with --verbose for the details and report them."
    )
    if origin:
        advice = _("All other sections are complete. Mend {file} and run again.", file=origin)
    return replace(run, status=Status.FAILED, answer=None, reason=redact(reason), advice=advice)


def drawn(run: Run) -> tuple[list[SectionRun], Drawings]:
    """The sections with their figures; one whose figures cannot be drawn has failed.

    A label with a letter that no font has makes its section suspicious.
    """
    from growthml.render.drawings import draw_all

    sections: list[SectionRun] = []
    drawings: dict[str, Mapping[Width, Drawing]] = {}
    for each in run.sections:
        try:
            alone = replace(run, sections=[each])
            found = draw_all(alone)
            if each.section.origin:
                _tried(alone, found)
        except Exception as error:
            log.debug("figures of section %s", each.section.id, exc_info=True)
            sections.append(broken(each, error))
            continue
        drawings |= found
        sections.append(_legible(each, found))
    return sections, drawings


def _tried(alone: Run, drawings: Drawings) -> None:
    """Set and store a section that is not ours by itself, so that its faults stay its own."""
    from growthml.render.page import page

    page(alone, drawings, MOST_TRIED)
    stored(alone)


def _legible(run: SectionRun, drawings: Drawings) -> SectionRun:
    lacking = None
    for name, widths in drawings.items():
        for fault in dict.fromkeys(fault for one in widths.values() for fault in one.faults):
            log.warning("figure %s: %s", name, fault)
            if fault.startswith("glyph "):
                lacking = lacking or fault
    if lacking is None or run.status is not Status.OK:
        return run
    return replace(
        run,
        status=Status.SUSPICIOUS,
        reason=_("a label cannot be printed: {fault}", fault=lacking),
        advice=_(
            "Install a font that has it (Debian: fonts-noto-cjk, fonts-noto-color-emoji), or give"
            " it a label in other letters."
        ),
    )


def overall(
    sections: Sequence[SectionRun], chosen: Sequence[Chosen]
) -> Literal["ok", "partial", "held"]:
    """How the report ended: whether a section failed, and what the config wants done then.

    A required section that is empty counts as failed. `on_failure: skip` keeps a report `ok`.
    """
    policies = {each.section.id: each for each in chosen}
    failed = [
        policy
        for each in sections
        if (policy := policies[each.section.id])
        and (each.status is Status.FAILED or (policy.required and each.status is Status.EMPTY))
    ]
    if any(policy.on_failure == "hold" for policy in failed):
        return "held"
    return "partial" if any(policy.on_failure == "partial" for policy in failed) else "ok"


def _asked(chosen: Chosen, counts: View, readings: Sequence[Reading]) -> Facts:
    """The facts a section asked for, by their names without arguments.

    Optional ones are there only where the schema maps what they need.
    """
    facts = {}
    for name, optional in wanted(chosen):
        counts.count(name, readings)
        try:
            facts[name.partition(":")[0]] = counts[name]
        except NotEnoughData:
            if not optional:
                raise
    return facts


def wanted(chosen: Chosen) -> list[tuple[str, bool]]:
    """Each fact's name, its arguments filled in from the section's options, and if it is optional.

    `churn:{inactive_days}?` is (`churn:90`, True); a list is told with commas.
    """
    options = {
        key: ",".join(map(str, value)) if isinstance(value, tuple) else value
        for key, value in dict(chosen.options).items()
    }
    return [
        (name.removesuffix("?").format_map(options), name.endswith("?"))
        for name in chosen.section.facts
    ]


def _advice(error: NotEnoughData) -> str:
    if error.missing:
        return _(
            "Map {field} under `schema` in the config, or leave the section out.",
            field=error.missing,
        )
    return ""
