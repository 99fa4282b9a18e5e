"""Numbers as report-design prints them; every expected text is a rule or an example of it."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from growthml.formats import Formats

NARROW = "\u202f"
NO_BREAK = "\u00a0"

ENGLISH = Formats()
GERMAN = Formats("de_DE", "EUR")
YEN = Formats("ja_JP", "JPY")

UNITS = ["count", "money", "rate", "share", "ratio", "number", "days"]


def test_the_workshop_verdict_lede() -> None:
    assert ENGLISH.rate(60 / 845) == f"7.10{NARROW}%"
    assert ENGLISH.rate(60 / 879) == f"6.83{NARROW}%"
    assert ENGLISH.points(60 / 845 - 60 / 879) == "+0.27"
    assert ENGLISH.interval(-0.0214454, 0.0271282, "rate") == "−2.1 to +2.7"
    assert ENGLISH.points(0.03517, places=1) == "+3.5"


def test_the_workshop_revenue_sentence() -> None:
    assert ENGLISH.money(1019 / 845) == "$1.21"
    assert ENGLISH.money(1093 / 879) == "$1.24"
    assert ENGLISH.interval(-0.5732344, 0.4981517, "money") == "−$0.57 to +$0.50"
    assert ENGLISH.interval(-0.5732344, 0.4981517, "money", symbol=False) == "−0.57 to +0.50"
    assert ENGLISH.difference(1019 / 845 - 1093 / 879, "money") == "−$0.04"


def test_the_workshop_counts_statistics_and_shares() -> None:
    assert ENGLISH.plural(1724, "user", "users") == "1,724 users"
    assert ENGLISH.statistic(0.91017) == "0.91"
    assert ENGLISH.statistic(0.90431) == "0.90"
    assert ENGLISH.statistic(0.11548) == "0.12"
    assert ENGLISH.p(0.63134) == "0.63"
    assert ENGLISH.p(0.09782) == "0.10"
    assert ENGLISH.share(166 / 879) == f"19{NARROW}%"
    assert ENGLISH.share(1008 / 1093) == f"92{NARROW}%"
    assert ENGLISH.share(931 / 1019) == f"91{NARROW}%"
    assert ENGLISH.rate(61 / 845, places=1) == f"7.2{NARROW}%"
    assert ENGLISH.points(61 / 845 - 47 / 879, places=1) == "+1.9"
    assert ENGLISH.relative(845 / 879 - 1) == f"−3.9{NARROW}%"
    assert ENGLISH.interval(0.0556, 0.0901, "rate", signed=False) == f"5.6 to 9.0{NARROW}%"


def test_the_workshop_lift_and_ltv() -> None:
    assert ENGLISH.ratio(1.0402) == "1.04"
    assert ENGLISH.interval(0.7368, 1.4711, "ratio", signed=False) == "0.74 to 1.47"
    assert ENGLISH.money(18.4523) == "$18.45"
    assert ENGLISH.money(1008) == "$1,008"


@pytest.mark.parametrize(
    ("x", "text"),
    [(0.0999, "9.99"), (0.09996, "10.0"), (0.1, "10.0"), (0.24, "24.0"), (1, "100.0"), (0, "0")],
)
def test_rates_have_two_decimals_below_ten_per_cent_even_after_rounding(
    x: float, text: str
) -> None:
    assert ENGLISH.rate(x, symbol=False) == text


@pytest.mark.parametrize(
    ("x", "text"), [(0, "0"), (0.0049, "<1"), (0.005, "1"), (0.92, "92"), (1, "100")]
)
def test_shares_are_whole_and_small_ones_are_not_zero(x: float, text: str) -> None:
    assert ENGLISH.share(x, symbol=False) == text
    assert ENGLISH.share(x) == f"{text}{NARROW}%"


def test_a_tiny_value_is_not_shown_as_zero() -> None:
    assert ENGLISH.rate(0.00001) == f"<0.01{NARROW}%"
    assert ENGLISH.money(0.001) == "<$0.01"
    assert YEN.money(0.2) == "<￥1"


@pytest.mark.parametrize(
    ("x", "text"),
    [(0, "$0"), (5, "$5.00"), (99.994, "$99.99"), (99.996, "$100"), (100.4, "$100")],
)
def test_money_has_cents_below_a_hundred(x: float, text: str) -> None:
    assert ENGLISH.money(x) == text


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.63, "0.63"),
        (0.0356, "0.036"),
        (0.00999, "0.010"),
        (0.0042, "0.0042"),
        (0.001, "0.0010"),
        (0.00099, "<0.001"),
        (0, "<0.001"),
        (1, "1.00"),
    ],
)
def test_p_values_have_two_digits_and_are_never_zero(x: float, text: str) -> None:
    assert ENGLISH.p(x) == text


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.883, "0.88"),
        (3.994, "3.99"),
        (3.996, "4.0"),
        (5.23, "5.2"),
        (20.2, "20"),
        (0.0123, "0.012"),
    ],
)
def test_ratios_have_three_digits_below_four_and_two_above(x: float, text: str) -> None:
    assert ENGLISH.ratio(x) == text


@pytest.mark.parametrize(
    ("x", "text"),
    [(492.25, "492"), (2115.65, "2,116"), (8.526, "8.53"), (85.26, "85.3"), (100, "100")],
)
def test_numbers_keep_three_digits(x: float, text: str) -> None:
    assert ENGLISH.number(x) == text


def test_numbers_take_the_places_they_are_given() -> None:
    assert ENGLISH.number(3.14159, 3) == "3.142"
    assert ENGLISH.number(2, 1) == "2.0"


@pytest.mark.parametrize("unit", UNITS)
def test_an_exact_zero_is_0_and_unknown_is_a_dash(unit: str) -> None:
    assert ENGLISH.difference(0.0, unit) == "0"
    assert ENGLISH.difference(-0.0, unit) == "0"
    for unknown in (None, math.nan, math.inf, -math.inf, pd.NA, np.float64("nan"), Decimal("NaN")):
        assert ENGLISH.value(unknown, unit) == "–"
        assert ENGLISH.difference(unknown, unit) == "–"
        assert ENGLISH.short(unknown, unit) == "–"
        assert ENGLISH.interval(unknown, 1.0, unit) == "–"


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("x", [-1e-9, 1e-9, -0.0])
def test_no_sign_stands_before_a_rounded_zero(unit: str, x: float) -> None:
    printed = [ENGLISH.value(x, unit), ENGLISH.difference(x, unit), ENGLISH.interval(x, x, unit)]
    for text in printed:
        assert re.findall(r"[+−-][^\d]*[0.,]+(?![1-9])", text) == []
    assert ENGLISH.points(x) in ("0", "0.00")
    assert ENGLISH.count(x, signed=True) == "0"


def test_minus_is_the_minus_sign() -> None:
    assert ENGLISH.count(-34) == "−34"
    assert ENGLISH.difference(-34, "count") == "−34"
    assert ENGLISH.money(-1234.5) == "−$1,235"
    assert ENGLISH.rate(-0.0101) == f"−1.01{NARROW}%"
    assert ENGLISH.difference(1.5, "ratio") == "+1.50"
    assert ENGLISH.difference(-12, "days") == "−12"


def test_halves_round_away_from_zero_as_they_are_read() -> None:
    assert ENGLISH.number(2.675, 2) == "2.68"
    assert ENGLISH.number(-0.125, 2) == "−0.13"
    assert ENGLISH.count(2.5) == "3"


def test_huge_values_keep_their_digits() -> None:
    assert ENGLISH.count(10**30) == "1" + ",000" * 10
    assert ENGLISH.money(1e15) == "$1,000,000,000,000,000"


def test_interval_limits_share_their_decimals() -> None:
    assert ENGLISH.interval(-0.5, 250, "money") == "−$1 to +$250"
    assert ENGLISH.interval(-3.2, 12.4, "count") == "−3 to +12"
    assert ENGLISH.interval(-0.0004, 0.02, "rate") == "0.0 to +2.0"
    assert ENGLISH.interval(0.00011, 0.00087, "rate") == "+0.011 to +0.087"
    assert ENGLISH.interval(0.634, 52.87, "ratio", signed=False) == "0.63 to 53"


@pytest.mark.parametrize(
    ("x", "unit", "text"),
    [
        (0, "count", "0"),
        (999, "count", "999"),
        (1000, "count", "1k"),
        (12_300, "count", "12.3k"),
        (999_999, "count", "1M"),
        (4_560_000, "count", "4.56M"),
        (-1500, "count", "−1.5k"),
        (2_000_000_000, "count", "2bn"),
        (1200, "money", "$1.2k"),
        (-1200, "money", "−$1.2k"),
        (0.5, "money", "$0.50"),
        (5, "money", "$5"),
        (0.2, "share", f"20{NARROW}%"),
        (0.025, "rate", f"2.5{NARROW}%"),
        (0.25, "ratio", "0.25"),
        (0.1 + 0.2, "number", "0.3"),
    ],
)
def test_axis_ticks_are_short(x: float, unit: str, text: str) -> None:
    assert ENGLISH.short(x, unit) == text


def test_axis_ticks_without_their_unit() -> None:
    assert ENGLISH.short(-0.02, "rate", symbol=False) == "−2"
    assert ENGLISH.short(1200, "money", symbol=False) == "1.2k"


def test_german() -> None:
    assert GERMAN.count(1234567) == "1.234.567"
    assert GERMAN.money(12.5) == f"12,50{NO_BREAK}€"
    assert GERMAN.difference(-0.0375, "money") == f"−0,04{NO_BREAK}€"
    assert GERMAN.rate(0.0683) == f"6,83{NARROW}%"
    assert GERMAN.p(0.0001) == "<0,001"
    assert GERMAN.short(12_300, "money") == f"12,3{NO_BREAK}Tsd.{NO_BREAK}€"
    assert GERMAN.date(date(2014, 3, 20)) == "20. März 2014"
    assert GERMAN.short(4_560_000, "count") == f"4,56{NO_BREAK}Mio."
    assert GERMAN.day(date(2014, 3, 20)) == "20. März"
    assert GERMAN.join(["a", "b", "c"]) == "a, b und c"
    assert GERMAN.join(["a", "b"], "or") == "a oder b"
    assert GERMAN.unit_sign("money") == "€"


def test_words_are_english_where_the_sentences_are() -> None:
    french = Formats("fr_FR", "EUR")
    assert french.count(1234567) == "1\u202f234\u202f567"
    assert french.date(date(2014, 3, 20)) == "20 Mar 2014"
    assert french.join(["a", "b"]) == "a and b"


def test_yen_has_no_decimals() -> None:
    assert YEN.money(12.5) == "￥13"
    assert YEN.money(1234) == "￥1,234"
    assert YEN.interval(-3.4, 5.6, "money") == "−￥3 to +￥6"


def test_a_currency_in_letters_stands_apart() -> None:
    assert Formats("en_US", "CHF").money(-1200) == f"−CHF{NO_BREAK}1,200"


def test_an_unknown_locale_is_refused() -> None:
    with pytest.raises(ValueError, match="locale 'xx_YY' is not known"):
        Formats("xx_YY")


def test_unit_signs() -> None:
    assert ENGLISH.unit_sign("rate") == "%"
    assert ENGLISH.unit_sign("rate", difference=True) == "pp"
    assert ENGLISH.unit_sign("money") == "$"
    assert ENGLISH.unit_sign("count") == ""


def test_dates() -> None:
    assert ENGLISH.date(date(2014, 4, 20)) == "20 Apr 2014"
    assert ENGLISH.date(pd.Timestamp("2014-04-20 13:05")) == "20 Apr 2014"
    assert ENGLISH.dates(date(2013, 4, 22), date(2014, 4, 20)) == "22 Apr 2013 – 20 Apr 2014"
    assert ENGLISH.dates(date(2013, 4, 22), date(2013, 4, 22)) == "22 Apr 2013"
    assert ENGLISH.month(date(2013, 4, 1)) == "Apr 13"
    assert ENGLISH.month(date(2013, 4, 1), full_year=True) == "Apr 2013"
    assert ENGLISH.instant(datetime(2014, 4, 20, 13, 5, tzinfo=UTC)) == "20 Apr 2014 13:05 UTC"
    assert ENGLISH.instant(datetime(2014, 4, 20, 13, 5)) == "20 Apr 2014 13:05"
    assert ENGLISH.date(None) == ENGLISH.date(pd.NaT) == ENGLISH.instant(None) == "–"


def test_words() -> None:
    assert ENGLISH.plural(1, "user", "users") == "1 user"
    assert ENGLISH.plural(0, "user", "users") == "0 users"
    assert ENGLISH.join([]) == ""
    assert ENGLISH.join(["a"]) == "a"
    assert ENGLISH.join(["a", "b"]) == "a and b"
    assert ENGLISH.join(["a", "b", "c"]) == "a, b and c"
    assert ENGLISH.join(["a", "b"], "or") == "a or b"


def test_formats_are_equal_and_hashable_by_value() -> None:
    assert {Formats("de_DE", "EUR"), GERMAN} == {GERMAN}
