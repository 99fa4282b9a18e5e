"""`growthml archive`: list, show, compare, verify, prune and index the stored runs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from growthml.errors import GrowthError

if TYPE_CHECKING:
    from growthml.archive.compare import Comparison, Move
    from growthml.archive.prune import Plan
    from growthml.archive.runs import StoredRun
    from growthml.formats import Formats

Verb = Callable[[argparse.Namespace], int]


def add(verbs: Any, anywhere: argparse.ArgumentParser) -> None:
    """Add the family to the command line's verbs. anywhere: options that every verb takes."""
    family = verbs.add_parser(
        "archive", help="list, compare, verify and prune stored runs", parents=[anywhere]
    )
    kinds = family.add_subparsers(dest="archive_verb", required=True, metavar="VERB")

    def kind(name: str, verb: Verb, text: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = kinds.add_parser(name, help=text, parents=[anywhere])
        parser.add_argument(
            "--archive",
            type=Path,
            default=Path("reports"),
            metavar="DIR",
            help="where runs are kept",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.set_defaults(verb=verb)
        return parser

    listed = kind("list", _list, "the stored runs, newest first")
    listed.add_argument("--report", metavar="NAME", help="of one report only")
    meant = "a folder, a run id, REPORT/RUN ID, a report's name (its latest) or 'latest'"
    shown = kind("show", _show, "one run: verdict, metrics, sections, files")
    shown.add_argument("run", help=meant)
    compared = kind("compare", _compare, "what moved between two runs")
    compared.add_argument("then", help=f"the earlier run: {meant}")
    compared.add_argument("now", help="the later run")
    kind("verify", _verify, "look for changed, missing and foreign files; 1 if there are any")
    pruned = kind("prune", _prune, "say which old runs would go; --yes deletes them")
    pruned.add_argument("--keep", type=int, metavar="N", help="keep each report's N newest runs")
    pruned.add_argument("--older-than", type=int, metavar="DAYS", help="only runs as of before")
    pruned.add_argument("--report", metavar="NAME", help="of one report only")
    pruned.add_argument("--sent", action="store_true", help="runs that were sent as well")
    pruned.add_argument("--yes", action="store_true", help="delete them")
    kind("index", _index, "make the index page and the postmortems anew")


# -- verbs -------------------------------------------------------------------------------------


def _list(options: argparse.Namespace) -> int:
    from growthml.archive.rows import sentence_of
    from growthml.archive.runs import scan

    shelf = scan(options.archive)
    runs = [run for run in shelf.runs if options.report in (None, run.report)]
    if options.json:
        return _print_json(
            {"runs": [_entry(run) for run in runs], "unreadable": list(shelf.unreadable)}
        )
    rows = [[run.report, run.run_id, run.status, sentence_of(run)] for run in runs]
    print(_aligned([["Report", "Run", "Status", "Verdict"], *rows]) if rows else "no runs")
    for line in shelf.unreadable:
        print(line)
    return 0


def _entry(run: StoredRun) -> dict[str, Any]:
    from growthml.archive.rows import reason_of, sentence_of

    return {
        "report": run.report,
        "run_id": run.run_id,
        "as_of": run.as_of,
        "status": run.status,
        "reason": reason_of(run),
        "verdict": run.verdict,
        "sentence": sentence_of(run),
        "folder": str(run.folder),
    }


def _show(options: argparse.Namespace) -> int:
    from growthml.archive.rows import formats_of, reason_of, sentence_of
    from growthml.archive.runs import find

    run = find(options.archive, options.run)
    if options.json:
        return _print_json({"folder": str(run.folder), **run.manifest})
    formats, front = formats_of(run), run.manifest.get("front") or {}
    print(f"{run.title}, as of {formats.date(date.fromisoformat(run.as_of))}")
    print(sentence_of(run))
    print(front.get("lede") or "", end="\n\n" if front.get("lede") else "\n")
    rows = [
        [each.metric, each.campaign, formats.value(each.value, each.unit), _word(each.verdict)]
        for each in run.kpis
    ]
    if rows:
        print(_aligned([["Metric", "Campaign", "Value", "Verdict"], *rows], right=(2,)), end="\n\n")
    sections = run.manifest.get("sections") or ()
    print(_aligned([[each["id"], each["status"], each["error"] or ""] for each in sections]))
    reason = reason_of(run)
    print(f"\n{run.report}/{run.run_id}: {run.status}{f' ({reason})' if reason else ''}")
    for name in run.files:
        if "/" not in name:
            print(run.folder / name)
    return 0


def _compare(options: argparse.Namespace) -> int:
    from growthml.archive.compare import compare
    from growthml.archive.runs import find

    found = compare(find(options.archive, options.then), find(options.archive, options.now))
    if options.json:
        return _print_json(_compared(found))
    from growthml.archive.rows import formats_of

    formats = formats_of(found.now)
    print(f"then  {found.then.report}/{found.then.run_id}")
    print(f"now   {found.now.report}/{found.now.run_id}\n")
    head = ["Metric", "Campaign", "Then", "Now", "Change", "Interval", ""]
    rows = [_moved(each, formats) for each in found.moves]
    print(_aligned([head, *rows], right=(2, 3, 4)) if rows else "the runs share no metric")
    for line in _remarks(found):
        print(f"\n{line}")
    return 0


def _moved(move: Move, formats: Formats) -> list[str]:
    change = "–" if move.difference is None else formats.difference(move.difference, move.unit)
    if move.difference is not None and move.unit == "rate":
        change += " pp"
    words = {"up": "up", "down": "down", "no_evidence": "no evidence of a change"}
    return [
        move.metric,
        move.campaign,
        formats.value(move.then, move.unit),
        formats.value(move.now, move.unit),
        change,
        formats.interval(move.low, move.high, move.unit),
        words.get(move.evidence) or move.reason,
    ]


def _remarks(found: Comparison) -> list[str]:
    """What must be known besides the table."""
    lines = []
    if found.then.report != found.now.report:
        lines.append("These are runs of two reports.")
    if found.changes:
        listed = "".join(f"\n  {each}" for each in found.changes)
        lines.append(f"The definition changed in:{listed}")
    if found.overlapping:
        lines.append(
            f"The windows of {', '.join(found.overlapping)} overlap: the same people are counted in"
            " both runs, and the intervals, which take them for others, are rather too wide."
        )
    if found.moves:
        share = round(found.now.confidence * 100)
        lines.append(f"Intervals are at {share} % and not corrected for the number of comparisons.")
    lines += [f"Campaign no longer there: {each}" for each in found.gone]
    lines += [f"Campaign that came: {each}" for each in found.came]
    lines += [f"Section {name}: {old}, now {new}" for name, old, new in found.sections]
    return lines


def _compared(found: Comparison) -> dict[str, Any]:
    return {
        "then": _entry(found.then),
        "now": _entry(found.now),
        "comparable": found.comparable,
        "definition_changes": list(found.changes),
        "metrics": [asdict(each) for each in found.moves],
        "confidence": found.now.confidence,
        "overlapping_campaigns": list(found.overlapping),
        "campaigns_gone": list(found.gone),
        "campaigns_came": list(found.came),
        "sections": [{"id": name, "then": then, "now": now} for name, then, now in found.sections],
    }


def _verify(options: argparse.Namespace) -> int:
    from growthml.archive import index
    from growthml.archive.runs import every
    from growthml.archive.verify import problems

    if index.announced(options.archive):
        from growthml.archive.history import History
        from growthml.archive.shelf import Shelf

        # What a run that was killed left to be done is no fault of the archive.
        Shelf(options.archive, History(options.archive)).heal()
    found = problems(options.archive)
    if options.json:
        _print_json({"problems": found, "exit_code": 1 if found else 0})
    else:
        print(
            "\n".join(found) or f"{options.archive}: {len(every(options.archive))} runs, all well"
        )
    return 1 if found else 0


def _prune(options: argparse.Namespace) -> int:
    from growthml.archive.prune import plan, prune

    found = plan(
        options.archive,
        today=date.today(),
        keep=options.keep,
        older_than=options.older_than,
        report=options.report,
        sent=options.sent,
    )
    if options.yes:
        prune(options.archive, found.going)
    if options.json:
        return _print_json(_planned(found, done=options.yes))
    word = "deleted" if options.yes else "would delete"
    for run in found.going:
        print(f"{word} {run.report}/{run.run_id}")
    for run, reason in found.staying:
        print(f"keeps {run.report}/{run.run_id}: {reason}")
    if not found.going:
        print("nothing to prune")
    elif not options.yes:
        print(f"{len(found.going)} runs would go; --yes deletes them")
    return 0


def _planned(found: Plan, *, done: bool) -> dict[str, Any]:
    return {
        "deleted": done,
        "runs": [_entry(run) for run in found.going],
        "kept": [{**_entry(run), "because": reason} for run, reason in found.staying],
    }


def _index(options: argparse.Namespace) -> int:
    from growthml.archive import index
    from growthml.archive.history import History
    from growthml.archive.runs import scan

    runs = index.rebuild(options.archive)
    history, left_out = History(options.archive), []
    for run in sorted(scan(options.archive).runs, key=lambda run: run.started):
        try:
            history.rebuild([run.folder])
        except GrowthError as error:  # One broken run keeps no other out of the history.
            left_out.append(f"not in the history: {error}")
    page = options.archive / "index.html"
    if options.json:
        return _print_json({"runs": runs, "index": str(page), "left_out": left_out})
    print(f"{page}: {runs} runs")
    print(*left_out, sep="\n", end="\n" if left_out else "")
    return 0


# -- printing ----------------------------------------------------------------------------------


def _word(verdict: str) -> str:
    return verdict.replace("_", " ")


def _aligned(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Rows of equal length as columns, two spaces apart; `right` names those set to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def cell(i: int, text: str) -> str:
        return text.rjust(widths[i]) if i in right else text.ljust(widths[i])

    return "\n".join(
        "  ".join(cell(i, text) for i, text in enumerate(row)).rstrip() for row in rows
    )


def _print_json(document: Any) -> int:
    print(json.dumps(document, indent=1, ensure_ascii=False))
    return 0
