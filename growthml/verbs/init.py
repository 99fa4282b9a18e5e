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
    from growthml.guess.choice import Choice, Settle
    from growthml.guess.draft import Found, Looked, Todo
    from growthml.guess.tables import Roles


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
    found = _found(name, given, _ask if asking else best)
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


# -- looking -----------------------------------------------------------------------------------


def _found(name: str, given: Sequence[Address], settle: Settle) -> Found:
    from growthml.guess.comparison import Campaign, Comparison, compared
    from growthml.guess.draft import Found
    from growthml.guess.metrics import measured

    looked: list[Looked] = []
    spans: list[tuple[date, date] | None] = []
    for address in given:
        first = next((each.roles for each in looked if not each.is_log), None)
        source, span = _look(address, first, settle)
        looked.append(source)
        spans.append(span)
    told = [(each, span) for each, span in zip(looked, spans, strict=True) if not each.is_log]
    people = [(each, span) for each, span in told if not _is_traffic(each)]
    if not people:
        return Found(name=name, sources=looked, comparison=None, measured=None)
    roles = people[0][0].roles
    if len(people) > 1:
        keys = [
            "baseline",
            *(["new"] if len(people) == 2 else [each.key for each, _ in people[1:]]),
        ]
        comparison = Comparison(
            campaigns=[
                Campaign(key=key, label=_label(each.key))
                for key, (each, _) in zip(keys, people, strict=True)
            ],
            why=f"{' with '.join(each.key for each, _ in reversed(people))}, as you gave them",
        )
    else:
        comparison = compared(roles, people[0][1], date.today(), settle)
    return Found(name=name, sources=looked, comparison=comparison, measured=measured(roles, settle))


def _look(
    address: Address, first: Roles | None, settle: Settle
) -> tuple[Looked, tuple[date, date] | None]:
    """One source's tables and their roles, and the days its rows reach over."""
    from growthml.config.schema import SourceConfig
    from growthml.guess.comparison import times
    from growthml.guess.draft import Looked
    from growthml.guess.notes import notes
    from growthml.guess.tables import roles
    from growthml.guess.values import day_of, storage
    from growthml.sources.source import Source

    config = SourceConfig.model_validate({"url": address.real})
    with Source(address.key, config) as source:
        if address.is_log:
            return Looked(key=address.key, url=address.written, is_log=True), None
        tables = [table for table in source.survey() if table.columns]
        if not tables:
            raise UsageError(
                f"--url {source.url}: there is no table in it that can be read; name the database"
                " that holds users or events"
            )
        same = first is not None and _has(tables, first)
        found = roles(tables, settle) if not same or first is None else _again(first, tables)
        span = None
        for name, column in times(found).items():
            table = next(each for each in tables if each.name == name)
            kind, ends = storage(table[column]), source.ends(table, column)
            if kind is not None and ends is not None:
                days = [day_of(value, kind) for value in ends]
                span = (days[0], days[1]) if days[0] and days[1] else None
    own = first is not None and not same
    looked = Looked(
        key=address.key,
        url=address.written,
        tables=tables,
        roles=found,
        own_schema=own,
        notes=notes(tables, found),
    )
    return looked, span


def _has(tables: Sequence[Any], roles: Roles) -> bool:
    """Whether a source has the same tables and columns."""
    there = {table.name: {column.name for column in table.columns} for table in tables}
    return all(
        {pick.column for pick in role.fields.values()} <= there.get(role.table.name, set())
        for role in roles.values()
    )


def _again(roles: Roles, tables: Sequence[Any]) -> Roles:
    from dataclasses import replace

    by_name = {table.name: table for table in tables}
    return {name: replace(role, table=by_name[role.table.name]) for name, role in roles.items()}


def _is_traffic(looked: Looked) -> bool:
    return bool(looked.roles) and set(looked.roles) <= {"requests", "sessions"}


def _label(key: str) -> str:
    words = key.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


# -- asking ------------------------------------------------------------------------------------


def _asked_urls(asking: bool) -> list[str]:
    if not asking:
        raise UsageError("name the data with --url: a database's URL, or a path to files")
    url = input("Which database, file or folder? (such as sqlite:///shop.db) ").strip()
    if not url:
        raise UsageError("no data were named; --url names them")
    other = input("And which to compare it with? (Enter: none, compare in time) ").strip()
    return [url, other] if other else [url]


def _ask(choice: Choice) -> Any:
    """Ask a person; Enter takes the likeliest."""
    print(f"\n{choice.question}")
    for number, option in enumerate(choice.options, start=1):
        print(f"  {number}  {option.name}{f'  ({option.shown})' if option.shown else ''}")
    while True:
        answer = input("Number, or Enter for 1: ").strip()
        if not answer:
            return choice.options[0].value
        if answer.isdigit() and 1 <= int(answer) <= len(choice.options):
            return choice.options[int(answer) - 1].value
        print(f"Write a number from 1 to {len(choice.options)}")


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
    for source in found.sources:
        if source.is_log:
            print(f"{source.key}: an access log")
            continue
        print(f"{source.key}: {len(source.tables)} tables")
        for name, role in source.roles.items():
            seen = (
                "" if role.table.whole else f", its first {len(role.table.rows):,} rows looked at"
            )
            print(f"  {name:<9} {role.table.name}  ({role.sureness}{seen})")
            for field, pick in role.fields.items():
                print(f"    {field:<13} {pick.column:<18} {pick.why}")
            for action, column in role.outcomes.items():
                print(f"    {action:<13} {column:<18} counted")
            if role.action:
                print(f"    {'action':<13} every row is '{role.action}'")
        for note in source.notes:
            print(f"  {note}")
    if found.measured is not None:
        print(f"  response: {found.measured.response} ({found.measured.sureness})")
    if found.comparison is not None:
        print(f"  compared: {found.comparison.why} ({found.comparison.sureness})")


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
