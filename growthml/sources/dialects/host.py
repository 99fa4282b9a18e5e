"""Where an address names its host."""

from __future__ import annotations

HOST = r"^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?(?:www[.])?([^/?#:]*)"
"""The host in an address of lower case, as a regular expression that every engine reads."""
