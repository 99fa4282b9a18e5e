"""The words pages add of their own: verdicts, and what to say of a section without an answer."""

from __future__ import annotations

from typing import NamedTuple

from growthml.parts import SectionRun, Status, Verdict
from growthml.words import N_, _


class State(NamedTuple):
    """A verdict as print shows it: never by colour alone, always mark and word."""

    mark: str
    name: str
    css: str

    @property
    def word(self) -> str:
        """The word in the language spoken."""
        return _(self.name)


STATES = {
    Verdict.BETTER: State("●", N_("Better"), "better"),
    Verdict.WORSE: State("■", N_("Worse"), "worse"),
    Verdict.NO_EVIDENCE: State("○", N_("No evidence"), "no-evidence"),
    Verdict.NOT_TESTED: State("–", N_("Not tested"), "not-tested"),
}

HEADLINES = {
    Status.FAILED: N_("{title} is missing from this report"),
    Status.EMPTY: N_("{title}: not enough data for an answer"),
    Status.SUSPICIOUS: N_("{title}: the numbers do not look right"),
    Status.SKIPPED: N_("{title} was left out"),
}

BOXES = {
    Status.FAILED: N_("This section could not be made."),
    Status.EMPTY: N_("There is not enough data to answer this question."),
    Status.SUSPICIOUS: N_("Read this section with care."),
    Status.SKIPPED: N_("This section was left out."),
}

ADVICE = {
    Status.FAILED: N_(
        "Every other section stands. Whoever runs the report finds the full message in the run's"
        " log and in run.json."
    ),
    Status.EMPTY: N_("Nothing is broken; the section fills itself when the data are there."),
    Status.SUSPICIOUS: N_("Check the source before deciding anything on these numbers."),
    Status.SKIPPED: "",
}


def reason_of(section: SectionRun) -> str:
    """Why a section ended as it did, in a reader's words: never a stack trace."""
    reason = section.reason or (section.answer.reason if section.answer else "")
    told = reason.partition("Traceback (most recent call last)")[0].strip()
    return told or ("" if section.status is Status.OK else _("No reason was recorded."))
