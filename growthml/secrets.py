"""Passwords this process was told of, and how to take them out of any text."""

from __future__ import annotations

import re
from urllib.parse import quote, quote_plus, unquote

MASK = "***"

_SHORT = 6
"""Shorter secrets are masked as whole words only: `app` must not eat the middle of `happen`."""

_URL_PASSWORD = re.compile(r"(://[^\s:/@]*:)([^\s@]*(?:@[^\s@/?#]*)*)(?=@)")
_UP_TO_THE_LAST_AT = re.compile(r"(://[^\s:/@]*:)(?!\$\{\w+\}@)\S*(?=@)")
"""Masks too much rather than too little where a password was not percent-encoded."""

_QUERY_SECRET = re.compile(
    r"([?&][^=&\s]*(?:password|passwd|pwd|secret|token|api_?key|access_?key|base64)[^=&\s]*=)"
    r"([^&\s'\"]+)",
    re.IGNORECASE,
)

_secrets: set[str] = set()


def remember(secret: str) -> None:
    """Have `redact` mask this secret from now on, as it is and as URLs and Python print it."""
    forms = (
        secret,
        unquote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        repr(secret)[1:-1],
    )
    _secrets.update(form for form in forms if form.strip())


def redact(text: str) -> str:
    """The text with every known secret, and every password inside a URL, replaced by `***`.

    >>> redact("cannot reach postgresql://app:hunter2@db/shop")
    'cannot reach postgresql://app:***@db/shop'
    """
    text = _UP_TO_THE_LAST_AT.sub(rf"\g<1>{MASK}", masked(text))
    return _QUERY_SECRET.sub(rf"\g<1>{MASK}", text)


def masked(text: str) -> str:
    """The text with every known secret replaced by `***`, and nothing that only looks like one.

    For text of our own making, such as SQL, where a pattern may look like an address.
    """
    for secret in sorted(_secrets, key=len, reverse=True):
        if len(secret) < _SHORT:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, text)
        else:
            text = text.replace(secret, MASK)
    return text


def secrets_in(url: str) -> list[str]:
    """The passwords and tokens a URL carries, as they are written in it.

    >>> secrets_in("postgresql://app:hunter2@db/shop")
    ['hunter2']
    """
    pairs = [*_URL_PASSWORD.findall(url), *_QUERY_SECRET.findall(url)]
    return [secret for _, secret in pairs if secret]
