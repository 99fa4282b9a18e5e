"""Makes a drawn SVG fit for a page: inline in HTML, or as a data URI."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping

from growthml.palette import shades

_PROLOG = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_SURPLUS = re.compile(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
_ROOT = re.compile(r"<svg\b[^>]*>")
_VIEW_BOX = re.compile(r'viewBox="([^"]+)"')
_TAG = re.compile(r"<[a-zA-Z][^>]*>")
_ID = re.compile(r'(\bid="|url\(#|href="#)')
_STYLE = re.compile(r' style="[^"]*"')
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")


def inline(svg: str, prefix: str) -> str:
    """The SVG as an element of an HTML page: it takes the page's fonts and colour tokens.

    prefix: put before every id, so that figures on one page do not share any. Colours become
    `var(--token)`; a colour that is no token stays as it is. Width is in mm and height follows
    from the view box; a page's CSS may set either. The caller says what assistive technology
    reads (`role`, `aria-hidden`) on the element around it.
    """
    body = _SURPLUS.sub("", _PROLOG.sub("", svg)).strip()
    body = _ROOT.sub(_page_root, body, count=1)
    tokens = {shade.light: token for token, shade in shades().items()}
    return _TAG.sub(lambda tag: _on_page(tag.group(), prefix, tokens), body)


def data_uri(svg: str) -> str:
    """The SVG as a `data:` URI for an `img`."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def _page_root(root: re.Match[str]) -> str:
    view_box = _VIEW_BOX.search(root.group())
    if view_box is None:
        raise ValueError("the SVG has no viewBox; growthml.figures.draw writes one")
    width = float(view_box.group(1).split()[2]) * 25.4 / 72
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{view_box.group(1)}" width="{width:.4g}mm" stroke-linejoin="round">'
    )


def _on_page(tag: str, prefix: str, tokens: Mapping[str, str]) -> str:
    def variable(colour: re.Match[str]) -> str:
        token = tokens.get(colour.group())
        return f"var(--{token})" if token else colour.group()

    tag = _ID.sub(lambda reference: reference.group() + prefix, tag)
    return _STYLE.sub(lambda style: _COLOUR.sub(variable, style.group()), tag)
