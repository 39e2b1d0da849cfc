"""What the head of a web page says about its document."""

from __future__ import annotations

import re
from typing import Any

# Names of <meta> as the sites use them, in order of trust; matched without case.
META_NAMES = {
    "title": ("articletitle", "og:title", "twitter:title", "dc.title"),
    "author": ("author", "article:author", "dc.creator"),
    "date": ("pubdate", "publishdate", "article:published_time", "datepublished", "dc.date", "date"),
    "site": ("sitename", "og:site_name", "application-name"),
    "source": ("contentsource", "source"),
    "number": ("docnumber", "fileno"),
}
_HAN = re.compile(r"[\u3400-\u9fff]")


def page_metadata(tree: Any) -> dict[str, str]:
    """``page_title`` (the title bar), ``heading`` (the only h1), and the fields of ``META_NAMES`` found."""
    found = {
        "page_title": _text(next(tree.iter("title"), None)),
        "heading": _only_heading(tree),
        **_meta_fields(tree),
    }
    return {key: value for key, value in found.items() if value}


def _meta_fields(tree: Any) -> dict[str, str]:
    contents: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = meta.get("name") or meta.get("property") or meta.get("itemprop") or ""
        contents.setdefault(name.lower(), " ".join(meta.get("content", "").split()))
    return {
        field: next((contents[name] for name in names if contents.get(name)), "")
        for field, names in META_NAMES.items()
    }


def _only_heading(tree: Any) -> str:
    headings = [text for text in map(_text, tree.iter("h1")) if len(_HAN.findall(text)) >= 4]
    return headings[0] if len(headings) == 1 else ""


def _text(element: Any) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())
