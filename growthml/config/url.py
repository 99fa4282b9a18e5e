"""Addresses that may carry a password: printed masked, stored bare, revealed on request only."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from growthml.secrets import MASK, redact

_CREDENTIALS = re.compile(r"(?<=://)(?:[^\s/:]*:\S*|[^\s/?#]*)@")
_TABLES = (".parquet", ".csv", ".tsv", ".csv.gz", ".tsv.gz")
_LOG_NAME = re.compile(r"[._]log([.-][\d-]+)?(\.gz)?", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


class Url:
    """A database URL, or the path of a file or folder where there is no `scheme://`.

    A password with `@`, `/`, `:` or `%` in it must be percent-encoded, as in every URL.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    @property
    def scheme(self) -> str:
        """What stands before `://`, such as `postgresql+psycopg`; empty for a path."""
        scheme, mark, _ = self._text.partition("://")
        return scheme.lower() if mark else ""

    @property
    def is_path(self) -> bool:
        """Whether it names a file or folder rather than a database."""
        return not self.scheme

    @property
    def is_log(self) -> bool:
        """Whether it names access logs: a file, or a folder with logs and no tables."""
        return self.is_path and bool(log_files(Path(self._text)))

    def reveal(self) -> str:
        """The real address, password and all. For opening connections, never for printing."""
        return self._text

    def stored(self) -> str:
        """The address without user, password and query, an absolute path cut to its last name.

        >>> Url("postgresql://app:hunter2@db.example.com/shop?sslmode=require").stored()
        'postgresql://db.example.com/shop'
        >>> Url("sqlite:////home/ann/shop.db").stored()
        'sqlite:///shop.db'
        """
        if self.is_path:
            return last_name(self._text)
        scheme, _, rest = _CREDENTIALS.sub("", self._text).partition("://")
        host, slash, path = rest.partition("?")[0].partition("/")
        return f"{scheme}://{host}{slash}{path if host else last_name(path)}"

    def __str__(self) -> str:
        return redact(self._text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Url) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        # Dumping a config stores its addresses, so that no dump can leak a password.
        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.str_schema(min_length=1),
            serialization=core_schema.plain_serializer_function_ser_schema(cls.stored),
        )


class Webhook(Url):
    """The address of a chat webhook; who knows its path may post, so the path is a secret too."""

    def stored(self) -> str:
        """Scheme and host, nothing more."""
        return "/".join(self._text.split("/")[:3])

    @property
    def secret(self) -> str:
        """What follows the host."""
        return self._text.removeprefix(f"{self.stored()}/")

    def __str__(self) -> str:
        return f"{self.stored()}/{MASK}"


def log_files(path: Path) -> list[Path]:
    """The access logs at `path`, by name: the file itself, which need not be there, or those of a
    folder; none where the folder holds tables too, beside which logs are just logs."""
    if not path.is_dir():
        return [path] if is_log_name(path.name) else []
    if any(file.name.lower().endswith(_TABLES) for file in path.rglob("[!.]*")):
        return []
    return [file for file in sorted(path.glob("[!.]*")) if is_log_name(file.name)]


def is_log_name(name: str) -> bool:
    """Whether a file of that name is an access log, as servers and logrotate name them.

    >>> [is_log_name(name) for name in ("access.log.1", "access_log-20250101.gz", "shop.csv.gz")]
    [True, True, False]
    """
    lower = name.lower()
    if lower.endswith(_TABLES):
        return False
    named = _LOG_NAME.search(lower)
    return lower.endswith(".gz") or (named is not None and named.end() == len(lower))


def last_name(path: str) -> str:
    """The last name of an absolute path; a relative path as it is."""
    if _DRIVE.match(path):
        return PureWindowsPath(path).name
    return PurePosixPath(path).name if path.startswith("/") else path
