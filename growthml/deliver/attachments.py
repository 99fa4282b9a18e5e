"""What a mail carries: files of the run's folder, and a sentence that says which and which not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from growthml.words import N_, _, n_

if TYPE_CHECKING:
    from growthml.formats import Formats
    from growthml.parts import Run


class _Kind(NamedTuple):
    file: str
    suffix: str
    mime: str
    words: str
    format: str


_KINDS = {
    "report.pdf": _Kind(
        "report.pdf", ".pdf", "application/pdf", N_("the whole report ({format}, {size})"), "PDF"
    ),
    "summary.pdf": _Kind(
        "summary.pdf",
        "-summary.pdf",
        "application/pdf",
        N_("its front page alone ({format}, {size})"),
        "PDF",
    ),
    "tables": _Kind(
        "tables/summary.kpis.csv", "-kpis.csv", "text/csv", N_("all KPIs ({format}, {size})"), "CSV"
    ),
    "report.xlsx": _Kind(
        "report.xlsx",
        ".xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        N_("all tables ({format}, {size})"),
        "XLSX",
    ),
}
HEAVIEST_FIRST = ("report.xlsx", "report.pdf", "summary.pdf", "tables")
"""In which order attachments give way where a mail grows too large."""


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file of a mail. kind: as the config names it; name: as the reader saves it."""

    kind: str
    name: str
    mime: str
    content: bytes


def attachments(run: Run, folder: Path, wanted: Sequence[str]) -> list[Attachment]:
    """The wanted files as far as the run has them, the heaviest first. Raises OSError."""
    found = []
    for kind in HEAVIEST_FIRST:
        path = folder / _KINDS[kind].file
        if kind in wanted and path.is_file():
            name = f"{run.name}-{run.context.as_of.isoformat()}{_KINDS[kind].suffix}"
            content = path.read_bytes()
            found.append(Attachment(kind=kind, name=name, mime=_KINDS[kind].mime, content=content))
    return found


def sentences(
    kept: Sequence[Attachment], dropped: Sequence[Attachment], formats: Formats
) -> list[str]:
    """What is attached, and what was too large to be, for the reader of the mail."""
    said = []
    if kept:
        words = [_told(each, formats) for each in kept]
        said.append(_("Attached: {files}.", files=formats.join(words)))
    if dropped:
        words = [_told(each, formats) for each in dropped]
        said.append(
            n_(
                "Too large for a mail, {files} is left out; the archive holds it under this run’s"
                " number.",
                "Too large for a mail, {files} are left out; the archive holds them under this"
                " run’s number.",
                len(dropped),
                files=formats.join(words),
            )
        )
    return said


def _told(attachment: Attachment, formats: Formats) -> str:
    kind = _KINDS[attachment.kind]
    return _(kind.words, format=kind.format, size=_size(attachment, formats))


def _size(attachment: Attachment, formats: Formats) -> str:
    kilobytes = max(len(attachment.content) / 1000, 1)
    if kilobytes < 1000:
        return f"{formats.number(kilobytes, 0)}\u202fkB"
    return f"{formats.number(kilobytes / 1000, 1)}\u202fMB"
