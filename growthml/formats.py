"""The one formatter: how every number, date and list prints, in text, tables and axes alike.

Separators, decimals and money are the locale's. What is a word ("Apr", "and", "k") is of its
language where there is a catalogue of it, else English, as the sentences around it then are; the
order and look of English ones are our own, those of other languages CLDR's.

An unknown value (None, NaN, infinite) prints as an en dash. Minus is U+2212, a narrow no-break
space stands before %, and a value that is exactly zero prints without decimals, so that "0" always
means counted zero. Values are rounded once, half away from zero, as a reader would by hand.
"""

from __future__ import annotations

import datetime
import numbers
import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, SupportsFloat

from growthml.words import _, has, isolated

if TYPE_CHECKING:
    from growthml.charts import Unit

    Number = SupportsFloat | None

DASH = "–"
MINUS = "−"
NARROW = "\u202f"
PERCENT = f"{NARROW}%"

_HUGE = Context(prec=400, rounding=ROUND_HALF_UP)
_NOISE = Decimal("1e-6")  # smaller results are what is left of subtracting equal floats
_STEPS = {12: "tn", 9: "bn", 6: "M", 3: "k"}
_THOUSANDS = {"de": "Tsd."}
"""Where CLDR writes thousands out, which three digits of them must not be."""
_ENGLISH = "en_GB"
"""Whose days come first, and whose lists have no comma before "and"."""
_LETTER_BEFORE_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")


@dataclass(frozen=True)
class Formats:
    """Numbers, dates and money as one locale and one currency print them.

    locale: a CLDR name such as `en_US` or `de_DE`; currency: an ISO 4217 code such as `USD`.
    Fractions go in (0.0683) and per cent comes out ("6.83 %"). Immutable; raises ValueError at
    construction when the locale is not known.
    """

    locale: str = "en_US"
    currency: str = "USD"

    def __post_init__(self) -> None:
        _babel_locale(self.locale)

    def count(self, x: Number, *, signed: bool = False) -> str:
        """A whole number with separators: "1,093"."""
        return self._plain(_decimal(x), 0, signed)

    def money(self, x: Number, *, signed: bool = False, places: int | None = None) -> str:
        """Money: two decimals below 100 (none for yen and its like), none from 100: "$18.45"."""
        value = _decimal(x)
        if value is None:
            return DASH
        if places is None:
            places = self._money_places(value)
        smallest = Decimal(1).scaleb(-places)
        if not signed and 0 < value < smallest / 2:
            return f"<{self._money_text(smallest, places)}"
        rounded = _rounded(value, places)
        return _sign(rounded, signed) + self._money_text(rounded.copy_abs(), places)

    def rate(self, x: Number, *, symbol: bool = True, places: int | None = None) -> str:
        """A fraction as per cent, two decimals below 10 % and one from there: "6.83 %"."""
        value = _hundredfold(x)
        if value is None:
            return DASH
        percent = PERCENT if symbol else ""
        if places is None:
            places = _places_below(value, ((10, 2),), 1)
        smallest = Decimal(1).scaleb(-places)
        if 0 < value < smallest / 2:
            return f"<{self._plain(smallest, places)}{percent}"
        return self._plain(value, places if value else 0) + percent

    def share(self, x: Number, *, symbol: bool = True) -> str:
        """A fraction in whole per cent, for charts and prose: "92 %", "<1 %", "0 %"."""
        return self.rate(x, symbol=symbol, places=0)

    def points(self, x: Number, *, places: int = 2) -> str:
        """A difference of two fractions in percentage points, signed, no unit: "+0.27", "0"."""
        value = _hundredfold(x)
        return self._plain(value, places if value else 0, signed=True)

    def relative(self, x: Number) -> str:
        """A relative change: "−3.9 %", "+117.9 %"."""
        value = _hundredfold(x)
        if value is None:
            return DASH
        return self._plain(value, 1 if value else 0, signed=True) + PERCENT

    def ratio(self, x: Number, *, signed: bool = False) -> str:
        """A ratio, three digits below 4 and two above: "1.04", "0.88", "5.2", "20"."""
        value = _decimal(x)
        if value is None:
            return DASH
        return self._plain(value, _digits(value, ((4, 2), (10, 1))), signed)

    def number(self, x: Number, places: int | None = None, *, signed: bool = False) -> str:
        """Any number; three digits unless `places` says otherwise: "492", "8.53", "100"."""
        value = _decimal(x)
        if value is None:
            return DASH
        if places is None:
            whole = value == value.to_integral_value()
            places = 0 if whole else _digits(value, ((10, 2), (100, 1)))
        return self._plain(value, places, signed)

    def days(self, x: Number, *, signed: bool = False) -> str:
        """A number of days, whole unless it is a fraction below 10: "90", "2.5"."""
        value = _decimal(x)
        if value is None:
            return DASH
        whole = value == value.to_integral_value() or abs(value) >= 10
        return self._plain(value, 0 if whole else 1, signed)

    def seconds(self, x: Number, *, signed: bool = False, symbol: bool = True) -> str:
        """A length of time, three digits: "492 s", "17.9 s", "2,116 s"."""
        text = self.number(x, signed=signed)
        return f"{text}{NARROW}s" if symbol and text != DASH else text

    def p(self, x: Number) -> str:
        """A p or q value with two digits: "0.63", "0.10", "0.036", "<0.001"."""
        value = _decimal(x)
        if value is None:
            return DASH
        if value < Decimal("0.001"):
            return f"<{self._plain(Decimal('0.001'), 3)}"
        return self._plain(value, 2 if value >= Decimal("0.095") else _significant(value, 2))

    def statistic(self, x: Number) -> str:
        """A correlation, Cramér's V, Gini coefficient or AUC: "0.91"."""
        return self._plain(_decimal(x), 2)

    def value(self, x: Number, unit: Unit, *, symbol: bool = True) -> str:
        """A value of any unit; `symbol=False` leaves out the % of a rate or share."""
        match unit:
            case "rate":
                return self.rate(x, symbol=symbol)
            case "share":
                return self.share(x, symbol=symbol)
            case "seconds":
                return self.seconds(x, symbol=symbol)
            case _:
                return self._scalar(x, unit, signed=False)

    def difference(self, x: Number, unit: Unit) -> str:
        """A signed difference: "−$0.04", "−34"; of rates and shares in points: "+0.27"."""
        if unit in ("rate", "share"):
            return self.points(x)
        value = _decimal(x)
        if value is not None and not value:
            return self._plain(value, 0)
        return self._scalar(x, unit, signed=True)

    def interval(
        self, low: Number, high: Number, unit: Unit, *, signed: bool = True, symbol: bool = True
    ) -> str:
        """Two limits: "−2.1 to +2.7", "−$0.57 to +$0.50", of ratios "0.74 to 1.47".

        signed: the interval of a difference (rates in points, one decimal); otherwise of a level
        ("5.6 to 9.0 %"). symbol: print the currency, and the % of a level. A dash when either
        limit is unknown. Both limits have equal decimals, but those of a ratio each its own.
        """
        exact = _hundredfold if unit in ("rate", "share") else _decimal
        limits = (exact(low), exact(high))
        known = [limit for limit in limits if limit is not None]
        if len(known) < 2:
            return DASH
        if unit == "ratio":
            return _range([self.ratio(x, signed=signed) for x in known])
        places = self._interval_places(known, unit)
        if unit == "money" and symbol:
            return _range([self.money(x, signed=signed, places=places) for x in known])
        text = _range([self._plain(x, places, signed) for x in known])
        if unit == "seconds" and symbol:
            return f"{text}{NARROW}s"
        return text + PERCENT if unit in ("rate", "share") and symbol and not signed else text

    def short(self, x: Number, unit: Unit, *, symbol: bool = True) -> str:
        """A value on an axis, three digits and no trailing zeros: "12.3k", "$4.56M", "20 %"."""
        percent = unit in ("rate", "share")
        value = _hundredfold(x) if percent else _decimal(x)
        if value is None:
            return DASH
        scaled, suffix = self._stepped(value)
        places = _trimmed_places(scaled)
        if unit == "money" and symbol:
            if places and not suffix:
                places = self._minor_places()
            text = self._money_text(scaled.copy_abs(), places, suffix)
            return _sign(_rounded(scaled, places), signed=False) + text
        return self._plain(scaled, places) + suffix + (PERCENT if percent and symbol else "")

    def money_pattern(self) -> str:
        """Money as a spreadsheet's number format: `"$"#,##0.00`."""
        sign = self.unit_sign("money").replace('"', "")
        places = f".{'0' * self._minor_places()}".rstrip(".")
        pattern = str(_babel_locale(self.locale).currency_formats["standard"].pattern)
        before = pattern.partition(";")[0].strip().startswith("¤")
        return f'"{sign}"#,##0{places}' if before else f'#,##0{places} "{sign}"'

    def _stepped(self, value: Decimal) -> tuple[Decimal, str]:
        """The value in thousands, millions … with the sign for it, rounded to three digits."""
        places = 2 - value.adjusted() if value else 0
        value = value.quantize(Decimal(1).scaleb(-places), context=_HUGE)
        for power, suffix in _steps(self._words).items():
            if value.adjusted() >= power:
                return value.scaleb(-power), suffix
        return value, ""

    def unit_sign(self, unit: Unit, *, difference: bool = False) -> str:
        """What stands beside a bare number of this unit: "%", "pp" (a difference), "$", ""."""
        match unit:
            case "rate" | "share":
                return _("pp") if difference else "%"
            case "money":
                from babel.numbers import get_currency_symbol

                return get_currency_symbol(self.currency, self.locale)
            case "days":
                return _("days")
            case "seconds":
                return "s"
            case _:
                return ""

    def date(self, day: datetime.date | None) -> str:
        """A day: "20 Apr 2014"."""
        return self._date(day, "yMMMd")

    def day(self, day: datetime.date | None) -> str:
        """A day where its year stands beside it: "20 Apr"."""
        return self._date(day, "MMMd")

    def dates(self, start: datetime.date | None, end: datetime.date | None) -> str:
        """A span of days, both included: "22 Apr 2013 – 20 Apr 2014"; one day prints once."""
        first, last = self.date(start), self.date(end)
        return first if first == last else f"{first} {DASH} {last}"

    def month(self, day: datetime.date | None, *, full_year: bool = False) -> str:
        """A month: "Apr 13", or with its full year "Apr 2013"."""
        if full_year:
            return self._date(day, "yMMM")
        return self._date(day, "yMMM", short_year=True)

    def instant(self, moment: datetime.datetime | None) -> str:
        """A moment to the minute, with its time zone if it has one: "20 Apr 2014 13:05 UTC"."""
        if moment is None or moment != moment:
            return DASH
        return f"{self.date(moment)} {moment:%H:%M} {moment.tzname() or ''}".rstrip()

    def plural(self, n: int, one: str, many: str) -> str:
        """A count with its noun: "1 user", "1,093 users"."""
        return f"{self.count(n)} {one if n == 1 else many}"

    def join(self, words: Sequence[str], conjunction: Literal["and", "or"] = "and") -> str:
        """A list in a sentence: "a, b and c"; empty for no words."""
        from babel.lists import format_list

        style: Literal["standard", "or"] = "standard" if conjunction == "and" else "or"
        return format_list([isolated(each) for each in words], style, self._words)

    def _scalar(self, x: Number, unit: Unit, signed: bool) -> str:
        match unit:
            case "money":
                return self.money(x, signed=signed)
            case "count":
                return self.count(x, signed=signed)
            case "ratio":
                return self.ratio(x, signed=signed)
            case "days":
                return self.days(x, signed=signed)
            case "seconds":
                return self.seconds(x, signed=signed)
            case _:
                return self.number(x, signed=signed)

    def _plain(self, value: Decimal | None, places: int, signed: bool = False) -> str:
        if value is None:
            return DASH
        rounded = _rounded(value, places)
        pattern = _pattern(self.locale, "decimal", places)
        with localcontext(_HUGE):
            text = pattern.apply(abs(rounded), self.locale)
        return f"{_sign(rounded, signed)}{text}"

    def _money_text(self, amount: Decimal, places: int, suffix: str = "") -> str:
        pattern = _pattern(self.locale, "currency", places)
        with localcontext(_HUGE):
            text = pattern.apply(amount, self.locale, currency=self.currency, currency_digits=False)
        if suffix:
            text = re.sub(r"\d(?=\D*$)", rf"\g<0>{suffix}", text)
        return _LETTER_BEFORE_DIGIT.sub("\u00a0", text)

    def _money_places(self, value: Decimal) -> int:
        return _places_below(value, ((100, self._minor_places()),), 0) if value else 0

    def _minor_places(self) -> int:
        from babel.numbers import get_currency_precision

        return int(min(2, get_currency_precision(self.currency)))

    def _interval_places(self, limits: Sequence[Decimal], unit: Unit) -> int:
        widest = max(limits, key=abs)
        match unit:
            case "rate" | "share":
                return 1 if abs(widest) >= Decimal("0.1") else _digits(widest, ())
            case "money":
                return self._money_places(widest)
            case "count":
                return 0
            case "seconds" if all(limit == limit.to_integral_value() for limit in limits):
                return 0
            case _:
                return _digits(widest, ((10, 2), (100, 1)))

    @property
    def _words(self) -> str:
        """The locale whose words there are."""
        language = self.locale.partition("_")[0]
        return self.locale if language != "en" and has(language) else _ENGLISH

    def _date(self, day: datetime.date | None, parts: str, *, short_year: bool = False) -> str:
        if day is None or day != day:  # NaT is not equal to itself
            return DASH
        from babel.dates import format_date

        pattern = _date_pattern(self._words, parts)
        if short_year:
            pattern = re.sub("y+", "yy", pattern)
        named = self.locale if self.locale.partition("_")[0] == "en" else self._words
        return str(format_date(day, pattern, locale=named))


@cache
def _babel_locale(name: str) -> Any:
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        raise ValueError(f"locale {name!r} is not known; try one such as en_US") from None


@cache
def _date_pattern(locale: str, parts: str) -> str:
    """The locale's way to write a date of these parts, such as "d. MMM y"; months in short."""
    pattern = str(_babel_locale(locale).datetime_skeletons[parts].pattern)
    return re.sub("(?<!M)M{4}(?!M)", "MMM", pattern)


@cache
def _pattern(locale: str, kind: Literal["decimal", "currency"], places: int) -> Any:
    """The locale's pattern with its own grouping and exactly these decimals."""
    known = _babel_locale(locale)
    standard = (
        known.decimal_formats[None] if kind == "decimal" else known.currency_formats["standard"]
    )
    pattern = copy(standard)
    pattern.frac_prec = (places, places)
    return pattern


def _decimal(x: Number) -> Decimal | None:
    """The shortest decimal that is this float; None for None, NaN, pandas' NA and infinities."""
    if isinstance(x, Decimal):
        return x if x.is_finite() else None
    if isinstance(x, numbers.Integral):
        return Decimal(int(x))
    try:
        value = float(x)  # type: ignore[arg-type]
    except TypeError:
        return None
    return Decimal(repr(value)) if isfinite(value) else None


def _range(limits: Sequence[str]) -> str:
    low, high = limits
    return _("{low} to {high}", low=low, high=high)


def _hundredfold(x: Number) -> Decimal | None:
    value = _decimal(x)
    return None if value is None else value.scaleb(2)


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), context=_HUGE)


def _sign(value: Decimal, signed: bool) -> str:
    if value < 0:
        return MINUS
    return "+" if signed and value > 0 else ""


def _places_below(value: Decimal, limits: Sequence[tuple[int, int]], otherwise: int) -> int:
    """The decimals of the first limit the value stays below even after rounding to them."""
    for limit, places in limits:
        if abs(_rounded(value, places)) < limit:
            return places
    return otherwise


def _digits(value: Decimal, limits: Sequence[tuple[int, int]]) -> int:
    """Decimals by size; two significant digits below 0.1, none for an exact zero."""
    if not value:
        return 0
    if abs(value) < _NOISE:
        return 2
    if abs(value) < Decimal("0.095"):
        return _significant(value, 2)
    return _places_below(value, limits, 0)


def _significant(value: Decimal, digits: int) -> int:
    """The decimals that leave this many significant digits after rounding, at least none."""
    places = digits - 1 - value.adjusted()
    return max(0, digits - 1 - _rounded(value, places).adjusted())


@cache
def _steps(locale: str) -> dict[int, str]:
    """The signs for thousands, millions … by their powers of ten, the largest first: those of
    CLDR's short numbers ("12 Tsd.", "1,2 Mio."), our own in English."""
    if locale == _ENGLISH:
        return _STEPS
    known = _babel_locale(locale).compact_decimal_formats["short"]["other"]
    steps: dict[int, str] = {}
    for power in range(12, 2, -1):
        pattern = known.get(str(10**power))
        suffix = pattern.suffix[0].replace("'", "") if pattern else ""
        whole = pattern is not None and pattern.pattern.count("0") == 1
        if suffix.strip() and whole:
            steps[power] = f"\u00a0{suffix.strip()}"
    if thousand := _THOUSANDS.get(locale.partition("_")[0]):
        steps[3] = f"\u00a0{thousand}"
    return steps


def _trimmed_places(value: Decimal) -> int:
    """The decimals left when trailing zeros are dropped."""
    exponent = value.normalize(_HUGE).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
