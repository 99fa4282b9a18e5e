"""The page of the commands, from the parsers that read them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from docs.generator.markdown import code, page, table
from growthml.cli import _parser

_INTRO = """\
`growthml COMMAND --help` prints the same. Every command takes `--verbose`, before or behind it.
What a command found goes to standard output, its progress and errors to standard error; with
`--json` standard output is one JSON document and nothing else."""
_CODES = """\
## Exit codes

| code | means |
| --- | --- |
| 0 | all well; sections that are `empty` or `suspicious` are an answer too |
| 1 | a report was made, but a section failed or an alert fired; `archive verify` found something |
| 2 | bad usage or config, a missing table or column included |
| 3 | a source could not be reached or read |
| 4 | the report was made, but somebody did not get it |
| 5 | the report is held back: a required section failed, or the data are too old |
| 130 | stopped from the keyboard |

Where several hold, the highest wins."""


def commands_page() -> str:
    """Every command with its arguments."""
    parser = _parser()
    blocks = [_command(name, each, said) for name, each, said in _commands(parser, "growthml")]
    return page("Commands", _INTRO, *blocks, _CODES)


def _commands(
    parser: argparse.ArgumentParser, above: str
) -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    """Every command that does something, with the sentence its parent lists it by."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            said = {each.dest: each.help or "" for each in action._choices_actions}
            for name, each in action.choices.items():
                if each._subparsers is None:
                    yield f"{above} {name}", each, said[name]
                yield from _commands(each, f"{above} {name}")


def _command(name: str, parser: argparse.ArgumentParser, said: str) -> str:
    arguments = [
        each
        for each in parser._actions
        if each.dest not in ("help", "verbose") and each.help != argparse.SUPPRESS
    ]
    typed = [name, *(_usage(each) for each in arguments if not each.option_strings)]
    sentence = said[:1].upper() + said[1:]
    arguments.sort(key=lambda each: bool(each.option_strings))
    rows = [
        (_spelt(each), _meaning(each)) for each in arguments if each.help or each.option_strings
    ]
    blocks = [f"## `{' '.join(typed)}`", f"{sentence}.", table(("Argument", "Means"), rows)]
    return "\n\n".join(block for block in blocks if block)


def _usage(argument: argparse.Action) -> str:
    name = str(argument.metavar or argument.dest).upper()
    return f"[{name}]" if argument.nargs == "?" else name


def _spelt(argument: argparse.Action) -> str:
    if not argument.option_strings:
        return code(_usage(argument).strip("[]"))
    takes = "" if argument.nargs == 0 else f" {argument.metavar or argument.dest.upper()}"
    return code(f"{argument.option_strings[0]}{takes}")


def _meaning(argument: argparse.Action) -> str:
    facts = [argument.help or ""]
    if argument.required and argument.option_strings:
        facts.append("needed")
    if argument.default not in (None, False, []) and "default" not in facts[0]:
        facts.append(f"default `{argument.default}`")
    if isinstance(argument, argparse._AppendAction):
        facts.append("may be given several times")
    return "; ".join(fact for fact in facts if fact)
