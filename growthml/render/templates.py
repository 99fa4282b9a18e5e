"""The templates: ours, and file by file a user's own in their place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
    pass_eval_context,
)
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

import growthml
from growthml import palette, words
from growthml.errors import GrowthError, UsageError
from growthml.figures import data_uri
from growthml.render import assets
from growthml.render.breaks import unbroken


def ours() -> Path:
    """The folder of the product's own templates, in the wheel or in the checkout."""
    package = Path(growthml.__file__).parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


def environment(folder: Path | None = None) -> Environment:
    """A Jinja2 environment that escapes everything and knows no undefined names.

    folder: a user's templates; a file found there wins over ours of the same name. Raises
    UsageError when it is not a folder.
    """
    if folder is not None and not folder.is_dir():
        raise UsageError(
            f"there is no template folder {folder}; "
            "make one with `growthml templates --export` or leave out output.templates"
        )
    loader = ChoiceLoader([FileSystemLoader(path) for path in (folder, ours()) if path])
    found = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {"unbroken": unbroken, "isolated": words.isolated}
    found.globals |= {
        "_": _text,
        "n_": _counted,
        "stylesheet": lambda name: Markup(_source(found, loader, name)),
        "light_tokens": Markup(assets.light_tokens()),
        "dark_tokens": Markup(assets.dark_tokens()),
        "screen_fonts": lambda: Markup(assets.screen_fonts()),
        "print_fonts": lambda: Markup(assets.print_fonts()),
        "inline": assets.drawing_inline,
        "uri": data_uri,
        "light": palette.light,
        "dark": palette.dark,
    }
    return found


@pass_eval_context
def _text(state: EvalContext, text: str, /, **values: object) -> str:
    """A text in the language spoken; what fills its places is escaped unless it is markup."""
    return _placed(state, words._(text), values)


@pass_eval_context
def _counted(state: EvalContext, one: str, many: str, count: int, /, **values: object) -> str:
    return _placed(state, words.n_(one, many, count), values)


def _placed(state: EvalContext, text: str, values: dict[str, object]) -> str:
    said = escape(text) if state.autoescape else text
    return words.filled(said, values)


def fill(found: Environment, name: str, **values: Any) -> str:
    """The template `name` with its values; raises GrowthError naming file and line at fault."""
    try:
        return found.get_template(name).render(**values)
    except TemplateError as error:
        raise GrowthError(f"template {_where(error, name)}: {error.message or error}") from error


def _source(found: Environment, loader: BaseLoader, name: str) -> str:
    return loader.get_source(found, name)[0]


def _where(error: TemplateError, name: str) -> str:
    """The file and, where Jinja2 knows it, the line of a fault in a template."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.name or name}, line {error.lineno}"
    trace, line = error.__traceback__, ""
    while trace:
        if trace.tb_frame.f_code.co_filename.endswith((".j2", ".css")):
            file = Path(trace.tb_frame.f_code.co_filename).name
            line = f"{file}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return line or name
