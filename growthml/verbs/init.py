"""`growthml init [DIR] --url URL`: from a database to the config of a first report."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from growthml.errors import GrowthError, UsageError

if TYPE_CHECKING:
    from growthml.guess.address import Address
    from growthml.guess.choice import Choice
    from growthml.guess.draft import Found, Todo
    from growthml.guess.tables import Role


def add(verbs: Any, anywhere: argparse.ArgumentParser) -> None:
    """The verb and its arguments."""
    verb = verbs.add_parser(
        "init", help="look at a database and write a config for it", parents=[anywhere]
    )
    verb.add_argument("folder", nargs="?", type=Path, default=Path(), metavar="DIR")
    verb.add_argument(
        "--url",
        action="append",
        default=[],
        help="a database or files; repeat it to compare two, the baseline first",
    )
    verb.add_argument("--name", default="growthml", help="of the file and report: NAME.yml")
    verb.add_argument("--yes", action="store_true", help="take the best guess, ask nothing")
    verb.add_argument("--force", action="store_true", help="replace the file that is there")
    verb.add_argument("--json", action="store_true", help="print one JSON document")
    verb.set_defaults(verb=init)


def init(options: argparse.Namespace) -> int:
    """Look, guess, ask where there is somebody to ask, write, and check what was written."""
    from growthml.config.environment import VariableError
    from growthml.config.types import file_name
    from growthml.guess.address import addresses
    from growthml.guess.choice import best
    from growthml.guess.draft import draft, todos
    from growthml.guess.look import look

    asking = not (options.yes or options.json) and sys.stdin.isatty() and sys.stdout.isatty()
    name = file_name(options.name.removesuffix(".yml").removesuffix(".yaml"))
    path: Path = options.folder / f"{name}.yml"
    if path.exists() and not options.force:
        raise UsageError(f"{path} is there already; --force replaces it, --name NAME spares it")
    if not options.url:
        options.url = _asked_urls(asking)
    try:
        given = addresses(options.url, os.environ)
    except VariableError as error:
        raise UsageError(f"--url: {error}") from None
    found = look(name, given, _ask if asking else best, date.today())
    text = draft(found)
    left = todos(text)
    if not options.json:
        _show(found)
    _write(path, text)
    environ = {**os.environ, **{k: v for each in given for k, v in each.secrets.items()}}
    problem = "" if left else _problem(path, environ)
    if options.json:
        print(json.dumps(_document(path, found, left, given, problem), indent=1, default=str))
    else:
        _tell(path, left, given, problem)
    return 2 if left or problem else 0


# -- asking ------------------------------------------------------------------------------------


def _asked_urls(asking: bool) -> list[str]:
    if not asking:
        raise UsageError("name the data with --url: a database's URL, or a path to files")
    url = _answer("Which database, file or folder? (such as sqlite:///shop.db) ")
    if not url:
        raise UsageError("no data were named; --url names them")
    other = _answer("And which to compare with it? (Enter: none, compare in time) ")
    return [url, other] if other else [url]


def _ask(choice: Choice) -> Any:
    """Ask a person; Enter takes the likeliest."""
    print(f"\n{choice.question}")
    for number, option in enumerate(choice.options, start=1):
        print(f"  {number}  {option.name}{f'  ({option.shown})' if option.shown else ''}")
    while True:
        answer = _answer("Number, or Enter for 1: ")
        if not answer:
            return choice.options[0].value
        if answer.isdigit() and 1 <= int(answer) <= len(choice.options):
            return choice.options[int(answer) - 1].value
        print(f"Write a number from 1 to {len(choice.options)}")


def _answer(prompt: str) -> str:
    try:
        return input(prompt).strip()
    except EOFError:
        raise UsageError("no answer; --yes takes the best guess. Nothing was written") from None


# -- writing and telling -----------------------------------------------------------------------


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def _problem(path: Path, environ: Mapping[str, str]) -> str:
    """What `growthml check` would say of the file; empty where it is good."""
    from growthml import plan
    from growthml.reading import OpenSources

    try:
        config = plan.read_config(path, environ=environ)
        with OpenSources(config, plan.campaigns(config, date.today()), copying=False):
            return ""
    except GrowthError as error:
        return str(error)


def _show(found: Found) -> None:
    """The guess as a table: field, column, how sure, some values."""
    shown = False
    for source in found.sources:
        many = f"{len(source.tables)} {'table' if len(source.tables) == 1 else 'tables'}"
        if source.is_log:
            print(f"{source.key}: an access log")
        elif shown and not source.own_schema:
            print(f"{source.key}: {many}, with the same columns")
        else:
            print(f"{source.key}: {many}")
            for name, role in source.roles.items():
                _show_role(name, role)
            shown = True
        for note in source.notes:
            print(f"  {note}")
    if found.measured is not None:
        print(f"  response: {found.measured.response} ({found.measured.sureness})")
    if found.comparison is not None:
        print(f"  compared: {found.comparison.why} ({found.comparison.sureness})")


def _show_role(name: str, role: Role) -> None:
    rows = f"{len(role.table.rows):,} rows"
    seen = rows if role.table.whole else f"its first {rows} looked at"
    print(f"  {name:<9} {role.table.name}  ({role.sureness}; {seen})")
    for field, pick in role.fields.items():
        print(f"    {field:<13} {pick.column:<18} {pick.why}")
    for action, column in role.outcomes.items():
        print(f"    {action:<13} {column:<18} counted")
    if role.action:
        print(f"    {'action':<13} every row is '{role.action}'")


def _tell(path: Path, left: Sequence[Todo], given: Sequence[Address], problem: str) -> None:
    print(f"\nWritten: {path}")
    for todo in left:
        print(f"{path}:{todo.line}: to be filled in: {todo.what}")
    if problem:
        print(f"growthml check says:\n{problem}")
    for name in [name for each in given for name in each.secrets]:
        print(f"The password is not in it. Set it first: export {name}='…' (as it stood in --url)")
    print(f"Next: growthml check {shlex.quote(str(path))}")
    print(f"      growthml run {shlex.quote(str(path))}")


def _document(
    path: Path, found: Found, left: Sequence[Todo], given: Sequence[Address], problem: str
) -> dict[str, Any]:
    return {
        "config": str(path),
        "sources": [
            {
                "source": source.key,
                "url": source.url,
                "roles": {
                    name: {
                        "table": role.table.name,
                        "sureness": role.sureness,
                        "rows_looked_at": len(role.table.rows),
                        "whole": role.table.whole,
                        "fields": {
                            key: {
                                "column": pick.column,
                                "sureness": pick.sureness,
                                "samples": pick.samples,
                            }
                            for key, pick in role.fields.items()
                        },
                        "outcomes": dict(role.outcomes),
                        "action": role.action or None,
                    }
                    for name, role in source.roles.items()
                },
            }
            for source in found.sources
        ],
        "todo": [{"line": todo.line, "what": todo.what} for todo in left],
        "variables": [name for each in given for name in each.secrets],
        "problem": problem or None,
    }
