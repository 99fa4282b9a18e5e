"""Where visitors come from: the host that refers them, grouped into networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from growthml.facts.expressions import word
from growthml.sources.dialect import host_of

DIRECT = ("", "-")
"""What a log writes where no page referred, besides nothing at all."""

NETWORKS: Mapping[str, tuple[str, ...]] = {
    "facebook.com": ("facebook.com", "fb.com", "fb.me"),
    "t.co": ("t.co", "twitter.com", "x.com"),
    "reddit": ("reddit.com", "redd.it"),
    "pinterest": ("pinterest.com", "pin.it"),
    "search": (
        *("bing.com", "duckduckgo.com", "yandex.ru", "yandex.com", "baidu.com", "ecosia.org"),
        *("qwant.com", "startpage.com", "ask.com", "search.brave.com"),
    ),
}
"""By network: its hosts; whatever stands before them counts too (`m.facebook.com`)."""

PATTERNS: Mapping[str, tuple[str, ...]] = {
    "pinterest": ("pinterest.%", "%.pinterest.%"),
    "search": ("google.%", "images.google.%", "encrypted.google.%", "search.%", "%.search.yahoo.%"),
}
"""By network: hosts that end in many countries."""


def network_of(address: Any, site: ColumnElement[Any]) -> ColumnElement[str]:
    """The network of an address: one of NETWORKS, `direct`, `internal` or `other`.

    site: the own host; it and its sub-domains are `internal`. An address without a host is
    `other`.
    """
    host = host_of(address)
    own = sa.or_(host == site, host.like(word("%.") + site))
    cases = [
        (sa.or_(address.is_(None), address.in_(DIRECT)), word("direct")),
        (own, word("internal")),
    ]
    cases += [(_among(host, network), word(network)) for network in NETWORKS]
    return sa.case(*cases, else_=word("other"))


def _among(host: ColumnElement[Any], network: str) -> ColumnElement[bool]:
    hosts = NETWORKS[network]
    ends = [host.like(f"%.{each}") for each in hosts]
    begins = [host.like(pattern) for pattern in PATTERNS.get(network, ())]
    return sa.or_(host.in_(hosts), *ends, *begins)
