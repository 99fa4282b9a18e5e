"""Where visitors come from: the host that refers them, grouped into networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from growthml.facts.expressions import fixed
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


def host_in(address: ColumnElement[Any]) -> ColumnElement[str]:
    """The host that refers: NULL where no page did, empty where the address names none."""
    direct = sa.or_(address.is_(None), address.in_([fixed(each) for each in DIRECT]))
    return sa.cast(sa.case((direct, None), else_=host_of(address)), sa.String())


def network_of(host: ColumnElement[Any], site: ColumnElement[Any]) -> ColumnElement[str]:
    """The network of a host, as `host_in` gives it.

    One of NETWORKS, `direct`, `internal` or `other`. site: the own host; it and its sub-domains are
    `internal`.
    """
    own = sa.or_(host == site, host.like(fixed("%.") + site))
    cases = [(host.is_(None), fixed("direct")), (own, fixed("internal"))]
    cases += [(_among(host, network), fixed(network)) for network in NETWORKS]
    return sa.case(*cases, else_=fixed("other"))


def is_known(host: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a host belongs to one of NETWORKS."""
    return sa.or_(*(_among(host, network) for network in NETWORKS))


def _among(host: ColumnElement[Any], network: str) -> ColumnElement[bool]:
    hosts = NETWORKS[network]
    ends = [host.like(fixed(f"%.{each}")) for each in hosts]
    begins = [host.like(fixed(pattern)) for pattern in PATTERNS.get(network, ())]
    return sa.or_(*(host == fixed(each) for each in hosts), *ends, *begins)
