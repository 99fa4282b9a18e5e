"""Secrets are taken out of whatever is printed."""

from __future__ import annotations

import pytest

from growthml import secrets
from growthml.secrets import redact, remember, secrets_in


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test knows another's secrets."""
    monkeypatch.setattr(secrets, "_secrets", set())


def test_a_remembered_secret_is_masked_in_every_form() -> None:
    remember("s3cr&t pass")
    assert redact("pw=s3cr&t pass") == "pw=***"
    assert redact("pw=s3cr%26t%20pass") == "pw=***"
    assert redact("pw=s3cr%26t+pass;") == "pw=***;"


def test_a_secret_that_came_encoded_is_masked_as_it_is_too() -> None:
    remember("open%40sesame")
    assert redact("open@sesame and open%40sesame") == "*** and ***"


def test_a_secret_with_a_quote_is_masked_as_python_prints_it() -> None:
    remember("it's\\here")
    assert redact(f"{['it' + chr(39) + 's' + chr(92) + 'here']}") == '["***"]'


def test_a_short_secret_is_masked_as_a_word() -> None:
    remember("app")
    assert redact("app failed; it happened in app.") == "*** failed; it happened in ***."


def test_a_secret_inside_another_does_not_uncover_it() -> None:
    remember("swordfish")
    remember("swordfish-2025")
    assert redact("swordfish-2025") == "***"


def test_nothing_is_no_secret() -> None:
    remember("")
    remember(" ")
    assert redact("a b") == "a b"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("at postgresql://ann:pw@db/shop now", "at postgresql://ann:***@db/shop now"),
        ("postgresql://ann:p@w@db/shop", "postgresql://ann:***@db/shop"),
        ("postgresql://ann:p/w@db/shop", "postgresql://ann:***@db/shop"),
        ("postgresql://ann:p@w/x@db/shop", "postgresql://ann:***@db/shop"),
        ("redis://:pw@db", "redis://:***@db"),
        ("smtp://ann:a@h, smtp://bob:b@h", "smtp://ann:***@h, smtp://bob:***@h"),
        ("https://h/x?token=abc&n=1", "https://h/x?token=***&n=1"),
        ("https://h:443/path", "https://h:443/path"),
        ("postgresql://ann@db/shop", "postgresql://ann@db/shop"),
        ("postgresql://ann:${DB_PASSWORD}@db", "postgresql://ann:${DB_PASSWORD}@db"),
        ("sqlite:///data/shop.db", "sqlite:///data/shop.db"),
    ],
)
def test_passwords_in_urls_are_masked_unasked(text: str, redacted: str) -> None:
    assert redact(text) == redacted


def test_the_secrets_of_a_url() -> None:
    assert secrets_in("mysql://ann:pw@db/x?ssl_password=abc&mode=ro") == ["pw", "abc"]
    assert secrets_in("mysql://ann@db/x?sslkey=/etc/ssl/key.pem") == []
