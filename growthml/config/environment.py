"""`${NAME}` and `${NAME:-default}` in the config, taken from the environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from growthml.secrets import remember, secrets_in

_VARIABLE = re.compile(
    r"(?P<escaped>\$\$\{)"
    r"|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^{}]*))?\}"
    r"|(?P<malformed>\$\{[^}]*\}?)"
)


class VariableError(ValueError):
    """A variable that is not set, or not written as one; the message says what to do."""


def substitute(text: str, environ: Mapping[str, str]) -> str:
    """The text with its variables filled in; `$${` stands for `${` itself.

    As in a shell, the default also stands in for a variable that is set to nothing. Passwords
    that come in this way are remembered, so that they can be redacted. Raises VariableError.
    """

    def value(found: re.Match[str]) -> str:
        if found["escaped"]:
            return "${"
        if found["malformed"]:
            raise VariableError(
                f"cannot read '{found[0]}'; write ${{NAME}} or ${{NAME:-default}}"
                " (letters, digits and _), or $${ for the two characters"
            )
        name, default = found["name"], found["default"]
        if default is not None:
            return environ.get(name) or default
        if name not in environ:
            raise VariableError(
                f"environment variable {name} is not set; export it, or write ${{{name}:-default}}"
            )
        return environ[name]

    filled = _VARIABLE.sub(value, text)
    for name in _names_of_secrets(text):
        remember(environ.get(name, ""))
    for secret in secrets_in(filled):
        remember(secret)
    return filled


def is_one_variable(text: str) -> bool:
    """Whether the text is a single variable and nothing else."""
    found = _VARIABLE.fullmatch(text)
    return found is not None and found["name"] is not None


def has_variable(text: str) -> bool:
    """Whether any of the text comes from the environment."""
    return any(found["name"] for found in _VARIABLE.finditer(text))


def written_secrets(text: str) -> list[str]:
    """Passwords and tokens that stand in the text itself, defaults of variables included."""
    return secrets_in(_replaced(text, lambda found: found["default"] or ""))


def _names_of_secrets(text: str) -> list[str]:
    """Variables that stand where a URL has its password, whatever they hold."""
    marked = _replaced(text, lambda found: f"\0{found['name']}\0")
    return [name for secret in secrets_in(marked) for name in re.findall(r"\0(\w+)\0", secret)]


def _replaced(text: str, replacement: Callable[[re.Match[str]], str]) -> str:
    return _VARIABLE.sub(lambda found: replacement(found) if found["name"] else found[0], text)
