"""What of a config is good but will not look as it was meant: its language, its letters."""

from __future__ import annotations

from collections.abc import Iterator

from growthml import words
from growthml.config.schema import Config
from growthml.fonts import OURS
from growthml.fonts.machine import lacking


def doubts(config: Config) -> Iterator[str]:
    """A sentence for each."""
    wanted = config.report.locale.partition("_")[0]
    if config.theme.language is None and not words.has(wanted):
        yield (
            f"report.locale: there are no words in '{wanted}' yet, only numbers and dates; words"
            f" are English (there are {', '.join(words.languages())})"
        )
    typeface = config.theme.fonts.regular if config.theme.fonts else str(OURS[400])
    for key, text in _named(config):
        if unknown := lacking(text, typeface):
            letters = ", ".join(f"{char} (U+{ord(char):04X})" for char in unknown)
            yield (
                f"{key}: no font has {letters}; install one that does"
                " (Debian: fonts-noto-cjk, fonts-noto-color-emoji)"
            )


def _named(config: Config) -> Iterator[tuple[str, str]]:
    """What the config calls things, by the key that says it."""
    yield "report.title", config.title
    for key, campaign in config.campaigns.items():
        yield f"campaigns.{key}.label", campaign.label or key
    for kind, labels in config.labels:
        for key, label in labels.items():
            yield f"labels.{kind}.{key}", label
