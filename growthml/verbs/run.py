"""`growthml run CONFIG`: a report, several missed ones, or campaigns measured again."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from growthml.errors import UsageError
from growthml.secrets import redact
from growthml.verbs.formats import formats_of

if TYPE_CHECKING:
    from growthml.config.schema import Config
    from growthml.progress import Progress
    from growthml.run import Outcome

DEFAULTS: Mapping[str, Any] = {
    "as_of": None,
    "first": None,
    "last": None,
    "only": [],
    "set": [],
    "explain": False,
    "postmortem": False,
    "no_send": False,
}
"""What `demo`, which runs a report of its own, does not ask for."""


def add(verbs: Any, anywhere: argparse.ArgumentParser) -> None:
    """The verb and its arguments."""
    verb = verbs.add_parser("run", help="run a report", parents=[anywhere])
    verb.add_argument("config", type=Path)
    verb.add_argument("--as-of", type=day, metavar="DATE", help="the last day seen")
    verb.add_argument(
        "--from", dest="first", type=day, metavar="DATE", help="run every report that was due from"
    )
    verb.add_argument("--to", dest="last", type=day, metavar="DATE", help="up to this day")
    verb.add_argument(
        "--only", action="append", default=[], metavar="SECTION", help="run this section alone"
    )
    verb.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change one key of the config",
    )
    verb.add_argument("--explain", action="store_true", help="print each fact, its SQL and rows")
    verb.add_argument(
        "--postmortem",
        action="store_true",
        help="measure campaigns that are over again, 30, 60 and 90 days on",
    )
    verb.add_argument("--no-send", action="store_true", help="deliver to nobody")
    output_options(verb)
    verb.set_defaults(verb=run)


def output_options(parser: argparse.ArgumentParser) -> None:
    """Where a run goes and how it is told."""
    parser.add_argument("--archive", type=Path, metavar="DIR", help="where runs are kept")
    parser.add_argument("--format", metavar="html,pdf", help="what to make of the run")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def day(text: str) -> date:
    """A date as people type it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write 2014-04-20") from None


def run(options: argparse.Namespace) -> int:
    """Run what is asked for, print it, and return its exit code."""
    from growthml import plan
    from growthml.progress import Progress

    formats = formats_of(options.format)
    several = options.postmortem or options.first or options.last
    if several and options.as_of and not options.postmortem:
        raise UsageError("--as-of is one day, --from and --to are many: leave out one of them")
    config = plan.read_config(options.config, options.set)
    with Progress(quiet=options.quiet) as progress:
        made = _several(options, config, formats, progress)
        if made is None:
            made = [_one(options, config, formats, progress)]
    code = max((each.exit_code for each in made), default=0)
    if options.json:
        told = [_described(each, explain=options.explain) for each in made]
        print(json.dumps(told if several else told[0], indent=1, ensure_ascii=False))
        return code
    for each in made:
        if options.explain:
            _explain(each)
        if several:
            print(f"{each.run.run_id}: {each.run.status}{'' if each.added else ', was there'}")
        else:
            _summarise(each, formats)
    return code


def _one(
    options: argparse.Namespace,
    config: Config,
    formats: Sequence[str] | None,
    progress: Progress,
) -> Outcome:
    from growthml.run import run, send

    made = run(
        config,
        as_of=options.as_of,
        only=options.only,
        archive=options.archive,
        formats=formats,
        progress=progress,
    )
    if options.no_send:
        return made
    return send(made, config, archive=options.archive, progress=progress)


def _several(
    options: argparse.Namespace,
    config: Config,
    formats: Sequence[str] | None,
    progress: Progress,
) -> list[Outcome] | None:
    """Missed reports or postmortems, none of which is delivered; None where one report is meant."""
    from growthml.run import run

    due: Iterable[tuple[date, tuple[str, int] | None]]
    if options.postmortem:
        due = _postmortems(options, config)
    elif options.first or options.last:
        due = ((as_of, None) for as_of in _missed(options, config))
    else:
        return None
    made = []
    for as_of, postmortem in due:
        what = f"{postmortem[0]}, {postmortem[1]} days on" if postmortem else f"as of {as_of}"
        progress.say(f"{config.report.name} {what}")
        made.append(
            run(
                config,
                as_of=as_of,
                only=options.only,
                archive=options.archive,
                formats=formats,
                progress=progress,
                postmortem=postmortem,
            )
        )
    return made


def _missed(options: argparse.Namespace, config: Config) -> list[date]:
    """The days on which a report was due."""
    from growthml.period import due

    if options.first is None or options.last is None:
        raise UsageError("--from and --to go together: the first and the last day looked at")
    days = due(config.period, options.first, options.last)
    if not days:
        raise UsageError(
            f"no {config.period.removeprefix('last_').replace('_', ' ')} ended between"
            f" {options.first} and {options.last}"
        )
    return days


def _postmortems(
    options: argparse.Namespace, config: Config
) -> Iterator[tuple[date, tuple[str, int]]]:
    """The campaigns that are over, and how many days after their end they are due."""
    from growthml.archive.postmortem import measured_on
    from growthml.lineup import follow_ups

    archive = options.archive or Path(config.output.archive)
    for campaign, days, as_of in follow_ups(config, options.as_of or date.today()):
        if days not in measured_on(archive, config.report.name, campaign):
            yield as_of, (campaign, days)


# -- telling -----------------------------------------------------------------------------------


def _described(outcome: Outcome, *, explain: bool) -> dict[str, Any]:
    from growthml.archive.manifest import fact_entry, plain, section_entry

    run = outcome.run
    described = {
        "run_id": run.run_id,
        "report": {"name": run.name, "title": run.title},
        "as_of": run.context.as_of,
        "status": run.status,
        "exit_code": outcome.exit_code,
        "folder": str(outcome.folder),
        "added": outcome.added,
        "sections": [section_entry(section) for section in run.sections],
        "outputs": outcome.outputs,
        "stale": outcome.stale,
        "alerts": run.alerts,
        "deliveries": [
            {
                "channel": each.channel,
                "recipient": each.recipient,
                "state": str(each.state),
                "reason": each.reason,
                "message_id": each.message_id,
                "new": each.new,
            }
            for each in outcome.deliveries
        ],
        "parts": [_described(each, explain=False) for each in outcome.parts],
    }
    if explain:
        described["facts"] = [fact_entry(fact) for fact in run.facts]
    found: dict[str, Any] = plain(described)
    return found


def _explain(outcome: Outcome) -> None:
    for fact in outcome.run.facts:
        shared = [
            each.campaign
            for each in outcome.run.facts
            if each.name == fact.name and each.source == fact.source and each is not fact
        ]
        also = f", read together with {', '.join(shared)}" if shared else ""
        print(f"-- {fact.name} of {fact.campaign} ({fact.source}, {fact.dialect}{also})")
        parameters = redact(str(dict(fact.parameters)))
        print(f"-- {fact.rows} rows, {fact.seconds:.3f} s, parameters {parameters}")
        print(f"{redact(fact.sql)};\n")


def _summarise(outcome: Outcome, formats: Sequence[str] | None) -> None:
    run = outcome.run
    front = next((s.answer.front for s in run.sections if s.answer and s.answer.front), None)
    if front is not None:
        print(front.verdict)
        print(front.lede)
    for each in run.sections:
        if each.status != "ok":
            print(f"{each.section.title}: {each.status}: {each.reason}")
    for alert in run.alerts:
        print(f"Alert: {alert}")
    if run.status == "held":
        print("The report is held back: a section that is required has no answer")
    for reason in outcome.stale:
        print(f"The report is held back: {reason}")
    for name in ("report.html", "report.pdf", "summary.pdf", "report.xlsx"):
        if name in outcome.outputs:
            print(outcome.folder / name)
    if not outcome.added:
        print(f"{run.run_id} was in the archive already; nothing was added")
        endings = {Path(name).suffix for name in outcome.outputs}
        lacking = [each for each in formats or () if f".{each}" not in endings]
        if lacking:
            print(f"It was made without {' and '.join(lacking)}, and a run never changes")
    for delivery in outcome.deliveries:
        print(delivery)
    for part in outcome.parts:
        print(f"{part.run.title}: {part.run.status}, {part.folder}")
        for delivery in part.deliveries:
            print(f"  {delivery}")
