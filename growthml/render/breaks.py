"""Where a printed line may not break: within "+$0.43", "+1.5 to +3.9" and "31 Dec 2025"."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_RANGE = r"[+−]?[^\d\s]?[\d.,]*\d\S*"
_MONTH = r"[^\W\d]{3,}\.?"
_DATE = rf"\d{{1,2}}\.? {_MONTH} \d{{4}}|{_MONTH} \d{{1,2}}, \d{{4}}"
_TOGETHER = re.compile(rf"{_DATE}|{_RANGE} \w{{2,3}} {_RANGE}|[+−][^\d\s]\d\S*")


def unbroken(text: str) -> Markup:
    """The text, each of its dates, ranges and signed amounts of money on one line.

    >>> unbroken("up (+1.5 to +3.9), +$0.43")
    Markup('up (<span class="nb">+1.5 to +3.9),</span> <span class="nb">+$0.43</span>')
    >>> unbroken("against 215 of 1,004")
    Markup('against <span class="nb">215 of 1,004</span>')
    >>> unbroken("bis 31. Dez. 2025")
    Markup('bis <span class="nb">31. Dez. 2025</span>')
    """
    parts: list[Markup] = []
    end = 0
    for found in _TOGETHER.finditer(text):
        parts += [escape(text[end : found.start()]), _kept(found.group())]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def _kept(text: str) -> Markup:
    return Markup('<span class="nb">{}</span>').format(text)
