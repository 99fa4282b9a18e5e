"""A query of one's own as text."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from growthml.query import after_with, bindable, fault, parameters, reads_users

NAMES = ":campaign, :window_from, :window_to, :as_of"


@pytest.mark.parametrize(
    "text",
    [
        "select 1",
        "  -- what for\nSELECT 1 ;  -- done",
        "with a as (select 1) select * from a",
        "(select 1) union (select 2)",
        "select ';', \"a;b\", `c;d` /* ; drop */ from t -- ; \n",
        "select $$ ; delete $$ from t",
        "select x::date, '12:30:45', ':nobody' from t where d >= :window_from",
    ],
)
def test_one_select_is_a_query(text: str) -> None:
    assert fault(text) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("delete from users", "a query reads and does nothing else: it begins with SELECT or WITH"),
        ("", "a query reads and does nothing else: it begins with SELECT or WITH"),
        ("select 1; drop table users", "a query is one statement"),
        ("select 'open", "a quote in the query is not closed"),
        (
            "select * from t where day > :form",
            f"the query names a value ':form' that it is not given; there are {NAMES}",
        ),
    ],
)
def test_anything_else_is_refused(text: str, said: str) -> None:
    assert fault(text).startswith(said)


def test_values_are_named_outside_of_quotes_only() -> None:
    text = "select ':as_of', x::date -- :campaign\n from t where d < :window_to and e = :as_of"
    assert parameters(text) == {"window_to", "as_of"}


def test_what_is_quoted_reaches_the_database_as_it_is() -> None:
    text = "select '12:30', ':x', \"a:b\", 1::int, '5%' from t where c = :campaign;"
    compiled = sa.text(bindable(text)).compile()
    assert str(compiled) == text.removesuffix(";")
    assert set(compiled.params) == {"campaign"}


def test_a_value_may_be_cast() -> None:
    text = "select 1 where d >= :window_from::date"
    assert parameters(text) == {"window_from"}
    compiled = sa.text(bindable(text)).compile()
    assert str(compiled) == "select 1 where d >= :window_from ::date"
    assert set(compiled.params) == {"window_from"}


def test_users_are_read_where_they_are_named() -> None:
    assert reads_users("select count(*) from REPORT_USERS")
    assert not reads_users("select 'report_users' -- report_users")
    assert not reads_users("select * from report_users_of_old")


def test_its_own_with_goes_on_behind_ours() -> None:
    assert after_with(" WITH a as (select 1) select * from a") == (
        ", a as (select 1) select * from a",
        False,
    )
    assert after_with("with recursive n as (select 1) select * from n")[1]
    assert after_with("select 1") == ("select 1", False)
