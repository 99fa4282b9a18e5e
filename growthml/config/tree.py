"""A YAML text as plain data that remembers where each part was written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

import yaml

from growthml.config.environment import VariableError, is_one_variable, substitute
from growthml.config.problems import Path, Place, Problem

_Known = TypeVar("_Known")

_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"


@dataclass
class Tree:
    """Data, the places of every key and value in it, and what is wrong with it so far.

    data: mappings have text keys. written: text as it stands in the file, before variables are
    filled in. problems: by the path they lie at.
    """

    data: Any = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)
    problems: list[tuple[Path, Problem]] = field(default_factory=list)

    def place(self, path: Path, *, on_key: bool = False) -> Place:
        """Where the value at `path` stands, or its key; that of what it lies in if it is new."""
        first, second = (self.keys, self.values) if on_key else (self.values, self.keys)
        while path and path not in first and path not in second:
            path = path[:-1]
        return first.get(path) or second[path]

    def find(self, *path: str | int) -> Any:
        """The value at a path; None where there is none."""
        here = self.data
        for step in path:
            if isinstance(here, dict):
                here = here.get(step)
            elif isinstance(here, list) and isinstance(step, int) and step < len(here):
                here = here[step]
            else:
                return None
        return here

    def report(self, path: Path, message: str, *, on_key: bool = False) -> None:
        """Note a problem at a path."""
        place = self.place(path, on_key=on_key)
        self.problems.append((path, Problem(place, dotted(path), message)))

    def graft(self, path: Path, part: Tree) -> None:
        """Put another tree at a path, in place of whatever is there."""
        self.forget(path)
        self.keys |= _moved(part.keys, path)
        self.values |= _moved(part.values, path)
        self.written |= _moved(part.written, path)
        self.problems += [(path + at, one) for at, one in part.problems]
        self.find(*path[:-1])[path[-1]] = part.data

    def forget(self, path: Path) -> None:
        """Drop what is known of a path and all below it, since something else comes there."""
        for known in (self.keys, self.values, self.written):
            for old in [old for old in known if old[: len(path)] == path]:
                del known[old]
        self.problems = [(at, one) for at, one in self.problems if at[: len(path)] != path]


def _moved(known: Mapping[Path, _Known], path: Path) -> dict[Path, _Known]:
    return {path + old: what for old, what in known.items()}


def dotted(path: Path) -> str:
    """A path as people write it; a section goes by its name, not by its number."""
    steps = [str(step) for step in path]
    if steps[:1] == ["sections"] and len(steps) > 1:
        del steps[1]
    return ".".join(steps)


def parse(text: str, origin: str, environ: Mapping[str, str], *, numbered: bool = True) -> Tree:
    """Read a YAML text.

    origin: what problems call it. numbered: whether they name line and column. The tree of a text
    that is not YAML has no data and one problem.
    """
    return _Reader(text, origin, environ, numbered).tree


class _Loader(yaml.SafeLoader):
    """Plain YAML with the words of YAML 1.2: `no` and `on` are text, `010` and `12:30` too."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  (PyYAML's own registry)


def _moment(text: str) -> date | str:
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return text


_SCALARS: Mapping[str, Callable[[str], Any]] = {
    "null": lambda text: None,
    "bool": lambda text: text.lower() == "true",
    "int": int,
    "float": lambda text: float(re.sub(r"\.(?=inf|nan)", "", text.lower())),
    "timestamp": _moment,
    "str": str,
}
_DIGITS = list("-+0123456789.")
for _kind, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(0|[1-9][0-9]*)", _DIGITS),
    (
        "float",
        r"[-+]?([0-9]+\.[0-9]*([eE][-+]?[0-9]+)?|\.?[0-9]+[eE][-+]?[0-9]+|\.[0-9]+|\.(inf|Inf|INF))"
        r"|\.(nan|NaN|NAN)",
        _DIGITS,
    ),
    (
        "timestamp",
        r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[-+]\d\d:\d\d)?)?",
        _DIGITS,
    ),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(f"{_TAG}{_kind}", re.compile(f"(?:{_pattern})$"), _first)


class _Reader:
    """Walks the nodes of one YAML text."""

    def __init__(self, text: str, origin: str, environ: Mapping[str, str], numbered: bool) -> None:
        self.tree = Tree()
        self.origin = origin
        self.environ = environ
        self.numbered = numbered
        self.open: set[int] = set()
        start = Place(origin, 1, 1) if numbered else Place(origin)
        self.tree.values[()] = start
        try:
            self.loader = _Loader(text)
            node = self.loader.get_single_node()
        except yaml.YAMLError as error:
            self.tree.problems.append(((), self._syntax_problem(error, text)))
            return
        if node is not None:
            self.tree.data = self._read(node, ())

    def _place(self, mark: yaml.Mark) -> Place:
        if not self.numbered:
            return Place(self.origin)
        return Place(self.origin, mark.line + 1, mark.column + 1)

    def _read(self, node: yaml.Node, path: Path) -> Any:
        self.tree.values[path] = self._place(node.start_mark)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if id(node) in self.open:
            self.tree.report(path, "this alias leads back to itself; write the value out")
            return None
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
                return [self._read(one, (*path, at)) for at, one in enumerate(node.value)]
        finally:
            self.open.discard(id(node))
        return self._refuse_tag(node, path)

    def _refuse_tag(self, node: yaml.Node, path: Path) -> None:
        tag = node.tag.replace(_TAG, "!!")
        self.tree.report(path, f"the tag {tag} is not understood; write plain YAML")

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        text: str = node.value
        tag = node.tag.removeprefix(_TAG)
        if tag == "str":
            self.tree.written[path] = text
            if "${" not in text:
                return text
            try:
                text = substitute(text, self.environ)
            except VariableError as problem:
                self.tree.report(path, str(problem))
                return None
            if node.style is not None or not is_one_variable(node.value):
                return text
            resolved: str = self.loader.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
            tag = resolved.removeprefix(_TAG)
        if tag == "merge":
            return text
        if tag not in _SCALARS:
            return self._refuse_tag(node, path)
        try:
            return _SCALARS[tag](text)
        except ValueError:
            return text

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        own: dict[str, Place] = {}
        for key_node, value_node in self._pairs(node, path):
            place = self._place(key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                wrong = Problem(place, dotted(path), "a key must be plain text; put it in quotes")
                self.tree.problems.append((path, wrong))
                continue
            key = key_node.value
            is_own = any(key_node is mine for mine, _ in node.value)
            if is_own and key in own:
                self._note_twice((*path, key), place, own[key])
                continue
            if is_own:
                own[key] = place
            self.tree.forget((*path, key))
            self.tree.keys[*path, key] = place
            data[key] = self._read(value_node, (*path, key))
        return data

    def _note_twice(self, path: Path, place: Place, first: Place) -> None:
        where = f"first on line {first.line}" if first.line else "in the same mapping"
        message = f"key '{path[-1]}' is given twice ({where}); keep one"
        self.tree.problems.append((path, Problem(place, dotted(path[:-1]), message)))

    def _pairs(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """The mapping's pairs, those it merges in (`<<: *other`) first, so that its own win."""
        for key, value in node.value:
            if key.tag == _MERGE:
                yield from self._merged(value, path)
        yield from ((key, value) for key, value in node.value if key.tag != _MERGE)

    def _merged(self, node: yaml.Node, path: Path) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        parts: Sequence[yaml.Node] = (
            node.value[::-1] if isinstance(node, yaml.SequenceNode) else [node]
        )
        for part in parts:
            if isinstance(part, yaml.MappingNode) and id(part) not in self.open:
                yield from self._pairs(part, path)
            else:
                self.tree.report(path, "'<<' merges mappings only: <<: *name or <<: [*one, *two]")

    def _syntax_problem(self, error: yaml.YAMLError, text: str) -> Problem:
        mark = getattr(error, "problem_mark", None)
        if mark is None:
            return Problem(self.tree.values[()], "", f"not valid YAML: {_reason(error)}")
        line = text.splitlines()[mark.line] if mark.line < len(text.splitlines()) else ""
        hint = '; put "${...}" in quotes' if "${" in line and "{" in line.split("${")[0] else ""
        return Problem(self._place(mark), "", f"not valid YAML: {_reason(error)}{hint}")


def _reason(error: yaml.YAMLError) -> str:
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return _REASONS.get(said) or next(
        (words for start, words in _STARTS.items() if said.startswith(start)), said
    )


_REASONS = {
    "mapping values are not allowed here": (
        "unexpected ': '; check the indentation, or put the value in quotes"
    ),
    "could not find expected ':'": "expected ':' after this key",
    "but found another document": "expected one document, found a second after '---'",
    "special characters are not allowed": "a control character; remove it",
}
_STARTS = {
    "found character '\\t'": "a tab; indent with spaces",
    "found character": "this character cannot start a value; put the value in quotes",
    "expected <block end>": "the indentation does not fit the lines above",
    "expected ',' or": "expected ',' or the closing bracket",
    "found undefined alias": "this alias (*name) has no anchor (&name)",
    "found unexpected end of stream": "a quote or bracket is not closed",
}
