"""The command line: one function a verb; parse, call, print, exit code.

Heavy libraries are imported by the verbs that need them, so that `--help` and `schema` start fast.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from growthml import __version__
from growthml.errors import GrowthError, UsageError
from growthml.secrets import redact
from growthml.verbs import archive, delivery, init, render, run, schedule, sections

Verb = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. Errors meant for a person go to stderr, redacted."""
    # Our matrices are small: more threads would only wait for one another.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    options = _parser().parse_args(arguments)
    verbose = getattr(options, "verbose", False)
    _listen(verbose=verbose, quiet=getattr(options, "quiet", False))
    verb: Verb = options.verb
    try:
        return verb(options)
    except GrowthError as error:
        return _failed(str(error), error.exit_code, options)
    except KeyboardInterrupt:
        return _failed("stopped; nothing was written", 130, options)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        if verbose:
            raise
        reason = f"an error in growthml itself ({type(error).__name__}: {error})"
        return _failed(f"{reason}; run with --verbose for the details and report it", 1, options)


def _failed(message: str, code: int, options: argparse.Namespace) -> int:
    print(f"growthml: {redact(message)}", file=sys.stderr)
    if getattr(options, "json", False):
        _print_json({"error": redact(message), "exit_code": code})
    return code


def _listen(*, verbose: bool, quiet: bool) -> None:
    """Show what the program logs; what libraries say of themselves only when asked for more."""
    logging.captureWarnings(True)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr, force=True)
    logging.getLogger().setLevel(logging.WARNING if verbose else logging.CRITICAL)
    usual = logging.CRITICAL if quiet else logging.WARNING
    logging.getLogger("growthml").setLevel(logging.DEBUG if verbose else usual)


def _print_json(document: Any) -> None:
    print(json.dumps(document, indent=1, ensure_ascii=False))


def _parser() -> argparse.ArgumentParser:
    anywhere = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    anywhere.add_argument("--verbose", action="store_true", help="say more on stderr")
    parser = argparse.ArgumentParser(
        prog="growthml",
        parents=[anywhere],
        description="The growth report a team trusts: one YAML file, one command, HTML and PDF.",
        epilog="Exit codes: 0 all well; 1 a section failed or an alert fired; 2 bad usage or"
        " config; 3 a source could not be read; 4 not delivered; 5 the report was held back.",
    )
    parser.add_argument("--version", action="version", version=f"growthml {__version__}")
    verbs = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = verbs.add_parser(
        "demo", help="simulate two campaigns and report on them", parents=[anywhere]
    )
    demo.add_argument("--users", type=int, default=4000, help="users a campaign (default 4000)")
    run.output_options(demo)
    demo.set_defaults(verb=_demo)

    init.add(verbs, anywhere)

    check = verbs.add_parser(
        "check", help="validate a config and its sources without running", parents=[anywhere]
    )
    check.add_argument("config", type=Path)
    check.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change one key of the config",
    )
    check.add_argument("--json", action="store_true", help="print one JSON document")
    check.set_defaults(verb=_check)

    run.add(verbs, anywhere)
    schedule.add(verbs, anywhere)

    sections.add(verbs, anywhere)

    simulate = verbs.add_parser(
        "simulate", help="write a simulated campaign database", parents=[anywhere]
    )
    simulate.add_argument(
        "out", type=Path, help=".db, .sqlite, .duckdb, .log (a web log), else a Parquet folder"
    )
    simulate.add_argument("--users", type=int, default=2000, help="how many users")
    simulate.add_argument(
        "--events", type=int, default=None, help="how many events; left out, as users are inclined"
    )
    simulate.add_argument("--seed", type=int, default=1, help="the same seed makes the same data")
    simulate.add_argument(
        "--effect",
        action="append",
        default=[],
        metavar="CHANNEL=X",
        help="multiply a channel's chance to buy: PI=1.3, all=1.1",
    )
    simulate.add_argument("--force", action="store_true", help="replace what is there")
    simulate.set_defaults(verb=_simulate)

    delivery.add(verbs, anywhere)
    render.add(verbs, anywhere)

    templates = verbs.add_parser(
        "templates", help="write our templates to be overridden", parents=[anywhere]
    )
    templates.add_argument(
        "--export", type=Path, required=True, metavar="DIR", help="a folder without them"
    )
    templates.set_defaults(verb=_templates)

    archive.add(verbs, anywhere)

    schema = verbs.add_parser("schema", help="print the config's JSON Schema", parents=[anywhere])
    schema.add_argument(
        "config", nargs="?", type=Path, help="with installed sections and this config's own"
    )
    schema.set_defaults(verb=_schema)
    return parser


# -- verbs -------------------------------------------------------------------------------------


def _demo(options: argparse.Namespace) -> int:
    from growthml.simulate import simulate

    data = Path("data")
    for name, seed, effects in (("spring", 1, {}), ("summer", 2, {"PI": 1.3})):
        out = data / f"demo-{name}.db"
        simulate(out, users=options.users, seed=seed, effects=effects, overwrite=True)
    options.config = _demo_config()
    return run.run(argparse.Namespace(**{**run.DEFAULTS, **vars(options)}))


def _demo_config() -> Path:
    import growthml

    package = Path(growthml.__file__).parent
    installed = package / "config_files" / "demo.yml"
    return installed if installed.is_file() else package.parent / "config" / "demo.yml"


def _check(options: argparse.Namespace) -> int:
    from growthml import plan
    from growthml.config.doubts import doubts
    from growthml.config.load import located
    from growthml.prepared import faults
    from growthml.reading import OpenSources

    config = plan.read_config(options.config, options.set)
    plan.templates(config)
    with OpenSources(config, plan.campaigns(config, date.today())) as opened:
        found = [
            {
                "source": name,
                "url": source.url,
                "dialect": source.dialect,
                "fields": sorted(opened.mapped[name].fields),
            }
            for name, source in opened.sources.items()
        ]
        today = date.today()
        wrong = list(faults(config, opened.readings(seen_until=today, today=today)))
    if wrong:
        raise located(options.config, wrong, options.set)
    unheeded, doubted = plan.unheeded(config), list(doubts(config))
    if options.json:
        told = {"config": str(options.config), "sources": found}
        _print_json(told | {"unheeded": unheeded, "warnings": doubted})
        return 0
    for each in found:
        print(f"{each['source']}: {each['url']} ({each['dialect']}), {len(each['fields'])} fields")
    if unheeded:
        print(f"This version does nothing with: {', '.join(unheeded)}")
    for doubt in doubted:
        print(f"Warning: {doubt}")
    print(f"{options.config}: good")
    return 0


def _simulate(options: argparse.Namespace) -> int:
    if options.out.suffix == ".log":
        return _simulate_web(options)
    from growthml.simulate import simulate

    made = simulate(
        options.out,
        users=options.users,
        events=options.events,
        seed=options.seed,
        effects=_effects(options.effect),
        overwrite=options.force,
    )
    print(f"{made.path}: {made.users} users, {made.meals} meals, {made.events} events")
    for code, truth in made.networks.items():
        print(
            f"  {code}: {truth.users} users, {truth.buyers} buyers,"
            f" planted conversion {truth.expected:.4f}, realised {truth.realised:.4f}"
        )
    return 0


def _simulate_web(options: argparse.Namespace) -> int:
    from growthml.simulate_web import HORIZON, simulate_web

    if options.effect:
        raise UsageError("--effect multiplies chances to buy; a web log has none")
    made = simulate_web(
        options.out,
        users=options.users,
        events=options.events,
        seed=options.seed,
        overwrite=options.force,
    )
    truth = made.truth
    print(
        f"{made.path}: {made.requests} requests ({made.bots} of bots),"
        f" {made.sessions} sessions, {made.logins} log-ins"
    )
    if truth.user_id:
        print(
            f"  {len(truth.user_id)} users before {made.cut_off}: planted chance of a log-in in the"
            f" {HORIZON} days from it {truth.probability.mean():.4f},"
            f" realised {truth.logged_in.mean():.4f}"
        )
    return 0


def _effects(texts: Sequence[str]) -> dict[str, float]:
    effects = {}
    for text in texts:
        channel, _, factor = text.partition("=")
        try:
            effects[channel] = float(factor)
        except ValueError:
            raise UsageError(f"--effect {text}: expected CHANNEL=FACTOR, such as PI=1.3") from None
    return effects


def _templates(options: argparse.Namespace) -> int:
    from growthml.render.sources import export

    for name in export(options.export):
        print(options.export / name)
    return 0


def _schema(options: argparse.Namespace) -> int:
    from importlib.resources import files

    if options.config is not None:
        from growthml.config.json_schema import json_schema
        from growthml.config.load import extra_sections
        from growthml.extra import with_extra
        from growthml.sections import all_sections

        known = with_extra(all_sections(), extra_sections(options.config))
        _print_json(json_schema({name: each.options for name, each in known.items()}))
        return 0
    # Building the schema from its models costs more CPU than the whole start-up may; a test holds
    # that the file is what they say.
    print((files("growthml.config") / "schema.json").read_text(encoding="utf-8"), end="")
    return 0
