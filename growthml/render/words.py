"""The words pages add of their own: verdicts, and what to say of a section without an answer."""

from __future__ import annotations

from typing import NamedTuple

from growthml.parts import SectionRun, Status, Verdict


class State(NamedTuple):
    """A verdict as print shows it: never by colour alone, always mark and word."""

    mark: str
    word: str
    css: str


STATES = {
    Verdict.BETTER: State("●", "Better", "better"),
    Verdict.WORSE: State("■", "Worse", "worse"),
    Verdict.NO_EVIDENCE: State("○", "No evidence", "no-evidence"),
    Verdict.NOT_TESTED: State("–", "Not tested", "not-tested"),
}

HEADLINES = {
    Status.FAILED: "{title} is missing from this report",
    Status.EMPTY: "{title}: not enough data for an answer",
    Status.SUSPICIOUS: "{title}: the numbers do not look right",
    Status.SKIPPED: "{title} was left out",
}

BOXES = {
    Status.FAILED: "This section could not be made.",
    Status.EMPTY: "There is not enough data to answer this question.",
    Status.SUSPICIOUS: "Read this section with care.",
    Status.SKIPPED: "This section was left out.",
}

ADVICE = {
    Status.FAILED: "Every other section stands. Whoever runs the report finds the full message "
    "in the run's log and in run.json.",
    Status.EMPTY: "Nothing is broken; the section fills itself when the data are there.",
    Status.SUSPICIOUS: "Check the source before deciding anything on these numbers.",
    Status.SKIPPED: "",
}


def reason_of(section: SectionRun) -> str:
    """Why a section ended as it did, in a reader's words: never a stack trace."""
    reason = section.reason or (section.answer.reason if section.answer else "")
    told = reason.partition("Traceback (most recent call last)")[0].strip()
    return told or ("" if section.status is Status.OK else "No reason was recorded.")
