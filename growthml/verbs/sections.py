"""`growthml sections` and `growthml new-section`: what can be asked, and asking something new."""

from __future__ import annotations

import argparse
import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from growthml.errors import UsageError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from growthml.parts import Section

SKELETON = "my_section"


def add(verbs: Any, anywhere: argparse.ArgumentParser) -> None:
    """Both verbs and their arguments."""
    verb = verbs.add_parser(
        "sections", help="list the sections, or explain one", parents=[anywhere]
    )
    verb.add_argument("name", nargs="?")
    verb.add_argument("--config", type=Path, help="with the extra_sections of this config")
    verb.set_defaults(verb=sections)

    verb = verbs.add_parser(
        "new-section", help="write a section of your own and its test", parents=[anywhere]
    )
    verb.add_argument("name", metavar="NAME", help="lower-case letters, digits and _")
    verb.add_argument("--dir", type=Path, default=Path("."), help="where to (default: here)")
    verb.set_defaults(verb=new_section)


def sections(options: argparse.Namespace) -> int:
    """List every section there is, or explain one."""
    from growthml.config.load import extra_sections
    from growthml.extra import with_extra
    from growthml.sections import all_sections

    known = with_extra(all_sections(), extra_sections(options.config) if options.config else ())
    if options.name is None:
        width = max(map(len, known))
        for name, section in known.items():
            print(f"{name:{width}}  {section.question}")
        return 0
    if options.name not in known:
        raise UsageError(
            f"there is no section '{options.name}'; there are {', '.join(known)}"
            + ("" if options.config else " (--config CONFIG adds those of its extra_sections)")
        )
    _explain(known[options.name])
    return 0


def _explain(section: Section) -> None:
    from growthml.config.manual import descriptions

    print(f"{section.title}: {section.question}\n")
    print((sys.modules[section.compute.__module__].__doc__ or "").strip())
    print("\nOptions:")
    fields = section.options.model_fields
    manual = descriptions(section.options)
    for key, field in fields.items():
        described = " ".join(manual.get(key, "").split())
        print(f"  {key} ({_default(field)}): {described}")
    print("" if fields else "  none", end="" if fields else "\n")
    print("\nTables:")
    for table, columns in section.tables.items():
        print(f"  {section.id}.{table}: {', '.join(columns)}")
    if section.origin:
        print(f"\nFrom {section.origin}.")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    return f"default {field.get_default(call_default_factory=True)!r}"


def new_section(options: argparse.Namespace) -> int:
    """Write a section that runs as it stands, and a test that passes; say what to do next."""
    from growthml.extra import with_extra
    from growthml.sections import all_sections

    name: str = options.name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise UsageError(f"'{name}' cannot name a section; use lower-case letters, digits and _")
    if name in with_extra(all_sections()):
        raise UsageError(f"there is a section '{name}' already; choose another name")
    written = {options.dir / f"{stem}.py": _skeleton(stem, name) for stem in (name, f"test_{name}")}
    for path in written:
        if path.exists():
            raise UsageError(f"{path} is there already; choose another name or --dir")
    options.dir.mkdir(parents=True, exist_ok=True)
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
        print(path)
    section, test = written
    print(f"Its test: pytest {test}")
    print(f"In a config: extra_sections: [{section}], and {name} under sections")
    return 0


def _skeleton(stem: str, name: str) -> str:
    """A file of the skeleton under the section's own name."""
    ours = stem.replace(name, SKELETON)
    text = (files("growthml.skeleton") / f"{ours}.py").read_text(encoding="utf-8")
    words = name.replace("_", " ").strip()
    return (
        text.replace(SKELETON, name)
        .replace("MySection", "".join(map(str.title, words.split())))
        .replace("My section", words.capitalize())
    )
