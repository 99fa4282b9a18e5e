"""Addresses: what is printed, what is stored, what is opened."""

from __future__ import annotations

import pytest

from growthml.config.url import Url, Webhook


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("postgresql+psycopg://ann:swordfish@db:5432/shop", "postgresql+psycopg://db:5432/shop"),
        ("postgresql://ann@db/shop?sslmode=require", "postgresql://db/shop"),
        ("postgresql://ann:left@right/77@db/shop", "postgresql://db/shop"),
        ("postgresql://ann:what?@db/shop", "postgresql://db/shop"),
        ("mysql://ann@corp@db/shop", "mysql://db/shop"),
        ("mysql://db/shop", "mysql://db/shop"),
        ("sqlite:///data/campaign-1.db", "sqlite:///data/campaign-1.db"),
        ("sqlite:////home/ann/shop.db?mode=ro", "sqlite:///shop.db"),
        ("sqlite:///C:/Users/ann/shop.db", "sqlite:///shop.db"),
        ("duckdb:///:memory:", "duckdb:///:memory:"),
        ("data/access.log", "data/access.log"),
        ("/var/log/access.log", "access.log"),
        ("C:\\data\\shop.parquet", "shop.parquet"),
    ],
)
def test_what_is_stored_has_no_user_password_query_or_absolute_path(text: str, stored: str) -> None:
    assert Url(text).stored() == stored


def test_what_is_printed_masks_the_password() -> None:
    url = Url("postgresql://ann:swordfish@db/shop")
    assert str(url) == f"{url}" == "postgresql://ann:***@db/shop"
    assert repr(url) == "Url('postgresql://ann:***@db/shop')"
    assert repr([url]) == "[Url('postgresql://ann:***@db/shop')]"
    assert str(Url("mysql://db/x?password=swordfish&a=1")) == "mysql://db/x?password=***&a=1"
    assert url.reveal() == "postgresql://ann:swordfish@db/shop"


def test_the_path_of_a_webhook_is_a_secret() -> None:
    url = Webhook("https://chat.example.com/services/T01/B02")
    assert str(url) == "https://chat.example.com/***"
    assert url.stored() == "https://chat.example.com"
    assert url.secret == "services/T01/B02"


@pytest.mark.parametrize(
    ("text", "scheme", "is_log"),
    [
        ("access.log", "", True),
        ("logs/access.log.1.GZ", "", True),
        ("logs/access.log.1", "", True),
        ("logs/access_log-20250101.gz", "", True),
        ("logs/access.login", "", False),
        ("tables/events.csv.gz", "", False),
        ("tables", "", False),
        ("sqlite:///access.log", "sqlite", False),
        ("PostgreSQL+psycopg://db/x", "postgresql+psycopg", False),
    ],
)
def test_what_an_address_leads_to(text: str, scheme: str, is_log: bool) -> None:
    url = Url(text)
    assert (url.scheme, url.is_path, url.is_log) == (scheme, scheme == "", is_log)


def test_addresses_are_equal_when_they_lead_to_the_same_place() -> None:
    assert Url("a.db") == Url("a.db")
    assert len({Url("a.db"), Url("a.db"), Url("b.db")}) == 2
