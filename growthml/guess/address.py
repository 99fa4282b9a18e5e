"""URLs as people type them: secrets taken out, files known by what is in them, a name for each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from growthml.config.environment import has_variable, substitute
from growthml.config.url import Url
from growthml.secrets import remember, secrets_in

_SQLITE = b"SQLite format 3\0"
_DUCKDB = b"DUCK"


@dataclass(frozen=True, kw_only=True)
class Address:
    """A source's URL. real: what is opened; written: what the config says, secrets as `${NAME}`;
    secrets: by variable, what stood there instead."""

    key: str
    real: str = field(repr=False)
    written: str
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_log(self) -> bool:
        """Whether it names access logs."""
        return Url(self.real).is_log


def addresses(urls: Sequence[str], environ: Mapping[str, str]) -> list[Address]:
    """The addresses, each with a key of its own; raises VariableError for a variable not set."""
    found: list[Address] = []
    for url in urls:
        key = _key(url, [each.key for each in found])
        found.append(_address(url, key, environ))
    return found


def _address(url: str, key: str, environ: Mapping[str, str]) -> Address:
    url = _with_scheme(url)
    if has_variable(url):
        return Address(key=key, real=substitute(url, environ), written=url)
    written, kept = url.replace("${", "$${"), {}
    for number, secret in enumerate(dict.fromkeys(secrets_in(url)), start=1):
        remember(secret)
        name = f"{re.sub(r'[^A-Z0-9]+', '_', key.upper()).strip('_')}_PASSWORD"
        name = name if number == 1 else f"{name}_{number}"
        name = f"DB_{name}" if name[0].isdigit() or name.startswith("_") else name
        for before, after in ((":", "@"), ("=", "")):
            written = written.replace(f"{before}{secret}{after}", f"{before}${{{name}}}{after}")
        kept[name] = secret
    return Address(key=key, real=url, written=written, secrets=kept)


def _with_scheme(url: str) -> str:
    """The path of a database file as its URL."""
    path = Path(url)
    if "://" in url or not path.is_file():
        return url
    with path.open("rb") as file:
        start = file.read(16)
    if start == _SQLITE:
        return f"sqlite:///{url}"
    return f"duckdb:///{url}" if start[8:12] == _DUCKDB else url


def _key(url: str, taken: Sequence[str]) -> str:
    """A source's name: that of its file, folder or database."""
    bare = Url(url).stored() if "${" not in url else url
    last = re.split(r"[/\\]", bare.rstrip("/\\"))[-1].partition("?")[0]
    stem = re.sub(r"(\.(db|sqlite3?|duckdb|parquet|csv|tsv|log|gz))+$", "", last, flags=re.I)
    key = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_").lower() or "source"
    key = key if key[0].isalpha() else f"source-{key}"
    number = 2
    while key in taken:
        key, number = f"{key.rpartition('-')[0] if number > 2 else key}-{number}", number + 1
    return key
