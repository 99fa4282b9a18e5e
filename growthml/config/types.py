"""The kinds of value a config key takes: text, numbers, days, names that must exist.

A value that does not fit is refused here with a sentence that says what would.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    PlainValidator,
    Strict,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from growthml import period, words
from growthml.config.problems import CUSTOM, EXPECTED, did_you_mean, shown, suggestion
from growthml.config.url import Url, last_name
from growthml.palette import TOKENS

METRICS = (
    "users",
    "active_users",
    "activation_rate",
    "buyers",
    "conversion_rate",
    "purchases",
    "purchases_per_buyer",
    "revenue",
    "average_order_value",
    "revenue_per_user",
    "profit",
    "roi",
)
"""The metrics of `summary.kpis`, besides `<action>_rate` for every action."""

ROLES = (
    "channel",
    "user",
    "signed_up_at",
    "action",
    "item",
    "category",
    "order",
    "occurred_at",
)
"""What `where` may name besides `users.<column>` and `events.<column>`."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_COLUMN = re.compile(r"(users|events)\.\S.*")
_MEMORY = re.compile(r"[0-9]+(\.[0-9]+)? ?[KMGT]i?B", re.IGNORECASE)
_LENGTH = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([mhdw])")
_HOURS = {"m": 1 / 60, "h": 1.0, "d": 24.0, "w": 168.0}


def problem(message: str) -> PydanticCustomError:
    """An error whose message reaches the reader as it is."""
    return PydanticCustomError(CUSTOM, "{message}", {"message": message})


def by_shape(expected: str) -> Discriminator:
    """Tells the branches of a union apart by the value's shape: `text`, `number` or `mapping`.

    expected: what the reader is told to write where it has none of these shapes.
    """
    return Discriminator(_shape, custom_error_type=EXPECTED, custom_error_message=expected)


def _shape(value: Any) -> str | None:
    if isinstance(value, str):
        return "text"
    if isinstance(value, Mapping | BaseModel):
        return "mapping"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if is_number else None


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        hint = did_you_mean(name, available_timezones()) or "; write one such as Europe/Berlin"
        raise problem(f"unknown time zone '{name}'{hint}") from None
    return name


def _locale(name: str) -> str:
    from babel import Locale, UnknownLocaleError
    from babel.localedata import locale_identifiers

    try:
        Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        hint = did_you_mean(name, locale_identifiers()) or "; write one such as en_US"
        raise problem(f"unknown locale '{name}'{hint}") from None
    return name.replace("-", "_")


def _currency(code: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise problem(f"expected a currency's three-letter code such as USD, got {shown(code)}")
    return code


def _period(name: str) -> str:
    if not period.is_period(name):
        named = ("all", "last_week", "last_month", "last_quarter", "last_year", "last_28_days")
        hint = did_you_mean(name, named) or f"; expected {period.EXPECTED}"
        raise problem(f"unknown period '{name}'{hint}")
    return name


def _metric(name: str) -> str:
    if name in METRICS or (name.endswith("_rate") and name != "_rate"):
        return name
    raise problem(f"unknown metric '{name}'{suggestion(name, METRICS)}")


def _where_key(name: str) -> str:
    if name in ROLES or _COLUMN.fullmatch(name):
        return name
    expected = f"{', '.join(ROLES)}, users.<column> or events.<column>"
    hint = did_you_mean(name, ROLES) or f" (expected {expected})"
    raise problem(f"unknown filter '{name}'{hint}")


def _report_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise problem(
            f"'{name}' cannot name a folder; use letters, digits, '-' and '_': '{file_name(name)}'"
        )
    return name


def file_name(words: str) -> str:
    """The words as the name of a report: what is no letter, digit, `_` or `.` becomes `-`."""
    return re.sub(r"[^A-Za-z0-9_.]+", "-", words).strip("-._") or "growth-report"


def _address(text: str) -> str:
    from email.utils import parseaddr

    name, _, host = parseaddr(text)[1].rpartition("@")
    if not name or not host or len(text.splitlines()) != 1:
        raise problem(f"expected an address such as team@example.com, got {shown(text)}")
    return text


def _smtp(url: Url) -> Url:
    if url.scheme not in ("smtp", "smtps", "file") and not url.reveal().startswith("file:"):
        raise problem(
            "expected smtps://host or smtp://host, such as smtps://me:${SMTP_PASSWORD}@host, or"
            " file:outbox for a folder"
        )
    return url


def _https(text: str) -> str:
    if not text.startswith("https://") or len(text.split()) != 1:
        raise problem(f"expected an address that begins with https://, got {shown(text)}")
    return text


def _domain(text: str) -> str:
    if "@" in text or not re.fullmatch(r"[\w-]+(\.[\w-]+)+", text):
        raise problem(f"expected a domain such as example.com, got {shown(text)}")
    return text.lower()


def _memory(text: str) -> str:
    if not _MEMORY.fullmatch(text):
        raise problem(f"expected an amount of memory such as 2GB, got {shown(text)}")
    return text


def _colour(text: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise problem(f"expected a colour such as '#0f5bb5' (in quotes), got {shown(text)}")
    return text.lower()


def _token(name: str) -> str:
    if name not in TOKENS:
        raise problem(f"unknown colour '{name}'{suggestion(name, TOKENS)}")
    return name


def _language(name: str) -> str:
    if name not in words.languages():
        known = ", ".join(words.languages())
        raise problem(f"there is no catalogue of the language '{name}'; there are {known}")
    return name


def megabytes(memory: str) -> float:
    """An amount of memory as `Memory` has it, in MB of 1,048,576 bytes.

    >>> megabytes("2GB")
    2048.0
    """
    text = memory.upper().replace(" ", "").removesuffix("B").removesuffix("I")
    return float(text[:-1]) * 1024.0 ** ("KMGT".index(text[-1]) - 1)


def _share(number: float) -> float:
    if not 0 < number < 1:
        hint = f"; {number:g} % is {number / 100:g}" if 1 < number < 100 else ""
        raise problem(f"expected a fraction between 0 and 1, got {number:g}{hint}")
    return number


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise problem(f"expected a day such as 2025-04-21, got {shown(value)}")


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    written = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    if written is None:
        raise problem(f"expected a length of time such as 90m, 36h or 2d, got {shown(value)}")
    return timedelta(hours=float(written[1]) * _HOURS[written[2]])


@dataclass(frozen=True)
class Range:
    """From `min` to `max`, both included; an end that is None is open."""

    min: float | date | str | None = None
    max: float | date | str | None = None


Scalar = str | int | float | bool | date
_SCALARS = (str, int, float, date)


def _condition(value: Any) -> tuple[Scalar, ...] | Range:
    if isinstance(value, tuple | Range):
        return value
    if isinstance(value, _SCALARS):
        return (value,)
    if isinstance(value, list) and value and all(isinstance(one, _SCALARS) for one in value):
        return tuple(value)
    is_range = isinstance(value, Mapping) and value and set(value) <= {"min", "max"}
    if is_range and all(isinstance(bound, _SCALARS) for bound in value.values()):
        return Range(**value)
    raise problem("expected a value, a list of values, or a range {min: 1, max: 5}")


def _plain(condition: tuple[Scalar, ...] | Range) -> Any:
    if isinstance(condition, Range):
        bounds = {"min": condition.min, "max": condition.max}
        return {end: bound for end, bound in bounds.items() if bound is not None}
    return list(condition)


def _worth(value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if value in ("price", "event") or (is_number and value >= 0):
        return value
    hint = suggestion(value, ("price", "event")) if isinstance(value, str) else ""
    raise problem(f"expected price, event or a number of at least 0, got {shown(value)}{hint}")


Text = Annotated[str, Field(min_length=1)]
Path = Annotated[Text, PlainSerializer(last_name)]
Number = Annotated[float, Strict()]
Amount = Annotated[Number, Field(ge=0)]
WholeNumber = Annotated[int, Strict()]
Share = Annotated[
    Number,
    AfterValidator(_share),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}),
]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": f"^{_LENGTH.pattern}$"}),
]
Memory = Annotated[Text, AfterValidator(_memory)]
Colour = Annotated[Text, AfterValidator(_colour)]
Token = Annotated[Text, AfterValidator(_token)]
Language = Annotated[Text, AfterValidator(_language)]
Zone = Annotated[Text, AfterValidator(_zone)]
Locale = Annotated[Text, AfterValidator(_locale)]
Currency = Annotated[Text, AfterValidator(_currency)]
PeriodName = Annotated[Text, AfterValidator(_period)]
MetricName = Annotated[Text, AfterValidator(_metric)]
WhereKey = Annotated[Text, AfterValidator(_where_key)]
ReportName = Annotated[Text, AfterValidator(_report_name)]
Address = Annotated[Text, AfterValidator(_address)]
SmtpUrl = Annotated[Url, AfterValidator(_smtp)]
HttpsUrl = Annotated[Text, AfterValidator(_https)]
Domain = Annotated[Text, AfterValidator(_domain)]

Worth = Annotated[
    Literal["price", "event"] | float,
    PlainValidator(_worth),
    WithJsonSchema({"anyOf": [{"enum": ["price", "event"]}, {"type": "number", "minimum": 0}]}),
]

_ONE = {"type": ["string", "number", "boolean"]}
Condition = Annotated[
    tuple[Scalar, ...] | Range,
    PlainValidator(_condition),
    PlainSerializer(_plain),
    WithJsonSchema(
        {
            "anyOf": [
                _ONE,
                {"type": "array", "items": _ONE, "minItems": 1},
                {
                    "type": "object",
                    "properties": {"min": _ONE, "max": _ONE},
                    "additionalProperties": False,
                    "minProperties": 1,
                },
            ]
        }
    ),
]
