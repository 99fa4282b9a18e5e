"""`growthml send RUN` and `growthml preview CONFIG`: to the readers, or a look beforehand."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from growthml.errors import UsageError
from growthml.verbs.run import day

if TYPE_CHECKING:
    from growthml.config.schema import Config

NOT_DELIVERED = 4
_PAGES = ("report.html", "report.pdf", "summary.pdf")


def add(verbs: Any, anywhere: argparse.ArgumentParser) -> None:
    """The verbs and their arguments."""
    send = verbs.add_parser(
        "send", help="deliver a stored run, to each reader once", parents=[anywhere]
    )
    send.add_argument("run", metavar="RUN", help="a run's folder, its id, or latest")
    send.add_argument("--config", type=Path, help="default config/REPORT.yml or REPORT.yml")
    send.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change one key of the config",
    )
    send.add_argument(
        "--archive", type=Path, default=Path("reports"), metavar="DIR", help="where runs are kept"
    )
    send.add_argument(
        "--resend", action="store_true", help="send again what is unclear, marked as sent again"
    )
    send.add_argument(
        "--to",
        action="append",
        default=[],
        metavar="READER",
        help="with --resend: this reader, even one who has it",
    )
    send.add_argument("--quiet", action="store_true", help="no progress")
    send.set_defaults(verb=_send)

    preview = verbs.add_parser(
        "preview", help="write the mail and the pages, and send nothing", parents=[anywhere]
    )
    preview.add_argument("config", type=Path)
    preview.add_argument("--as-of", type=day, metavar="DATE", help="the last day seen")
    preview.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change one key of the config",
    )
    preview.add_argument("--archive", type=Path, metavar="DIR", help="keep the run, too")
    preview.add_argument("--out", type=Path, metavar="DIR", help="default REPORT-preview")
    preview.add_argument("--quiet", action="store_true", help="no progress")
    preview.set_defaults(verb=_preview)


def _send(options: argparse.Namespace) -> int:
    from growthml import gate, plan
    from growthml.archive.runs import find
    from growthml.archive.stored import load_run
    from growthml.deliver.delivery import any_failed
    from growthml.deliver.post import deliver, period_of
    from growthml.progress import Progress

    if options.to and not options.resend:
        raise UsageError("--to goes with --resend: without it every reader gets the report once")
    folder = find(options.archive, options.run).folder.resolve()
    run = load_run(folder)
    report = run.name.rpartition("--")[0] if run.part else run.name
    config = plan.read_config(options.config or _config_of(report), options.set)
    if config.report.name != report:
        raise UsageError(
            f"{folder} is a run of {report}, and the config is that of {config.report.name}"
        )
    with Progress(quiet=options.quiet) as progress:
        done = deliver(
            run,
            folder,
            config,
            archive=folder.parent.parent,
            period=period_of(config, run.context.as_of),
            resend=options.to or options.resend,
            alerts=run.alerts,
            changed=gate.changed(run),
            slice=run.part or None,
            progress=progress,
        )
    for each in done:
        print(each)
    if not done:
        print("The config names nobody to deliver to")
    if options.resend and not any(each.new for each in done):
        print("Nothing is unclear; --to READER sends it again to a reader who has it")
    return NOT_DELIVERED if any_failed(done) else 0


def _config_of(report: str) -> Path:
    """Where the config of a report is looked for: a report is named after its config's file."""
    places = [Path("config") / f"{report}.yml", Path(f"{report}.yml")]
    for place in places:
        if place.is_file():
            return place
    raise UsageError(
        f"who gets {report} stands in its config, and there is neither {places[0]} nor"
        f" {places[1]}; name it with --config"
    )


def _preview(options: argparse.Namespace) -> int:
    from growthml import plan
    from growthml.archive.history import History
    from growthml.deliver.preview import preview
    from growthml.progress import Progress
    from growthml.run import run

    config = plan.read_config(options.config, options.set)
    out: Path = options.out or Path(f"{config.report.name}-preview")
    with TemporaryDirectory() as passing, Progress(quiet=options.quiet) as progress:
        outcome = run(
            _private(config),
            as_of=options.as_of,
            archive=options.archive or Path(passing),
            progress=progress,
            past=History(Path(config.output.archive), config.output.history),
        )
        written = preview(outcome.run, outcome.folder, config, out, alerts=outcome.run.alerts)
        for name in _PAGES:
            if name in outcome.outputs:
                shutil.copyfile(outcome.folder / name, out / name)
                written.append(out / name)
    for path in written:
        print(path)
    print("Nothing was sent")
    return outcome.exit_code


def _private(config: Config) -> Config:
    """The same report for nobody, and not for the history; neither has a part in its run id."""
    from growthml.config.delivery import DeliveryConfig

    output = config.output.model_copy(update={"history": None})
    return config.model_copy(update={"delivery": DeliveryConfig(), "output": output})
