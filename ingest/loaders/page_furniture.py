"""What a page puts around its document: removed from the tree where that is clear, kept in doubt.

No element that holds the greater part of the page's Chinese text is ever dropped, whatever its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

CODE_TAGS = (
    "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "canvas",
    "audio", "video",
)  # fmt: skip
FURNITURE_TAGS = frozenset(["select", "button", "input", "nav", "footer"])
BLOCKS = ("div", "ul", "ol", "dl", "p", "td", "section", "aside", "header", "table", "tr", "form", "center")

_NAMED = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|menu|menus|foot|footer|copyright|copy|breadcrumbs?|crumbs?|share|bdshare\w*|toolbar|"
    r"sidebar|topbar|login|search\w*|related|recommend\w*|comments?|pager|pagination|ads?|banner|qrcode|friendlink\w*)"
    r"(?:$|[\s_-])|footer|navigat|copyright|breadcrumb|bdshare",
    re.I,
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_HAN = re.compile(r"[\u3400-\u9fff]")
_BREADCRUMB = re.compile(r"\s*(?:首\s*页|(?:您?的?当前|您(?:现在)?的|您所在的?|所在)?位置\s*[:：])")
_SENTENCE_END = re.compile(r"[。；！？]")

MAIN_SHARE = 0.5
MENU_LINK_SHARE = 0.7
MENU_MIN_LINKS = 3
MAX_BREADCRUMB_CHARS = 120
# A named block with more running text than this may be content under an unlucky class name.
MAX_NAMED_SENTENCES = 2


@dataclass
class _Measure:
    """What an element holds, its descendants included."""

    chars: int = 0
    han: int = 0
    sentence_ends: int = 0
    links: int = 0
    linked_chars: int = 0
    has_heading: bool = False

    def add_text(self, text: str | None) -> None:
        if text:
            self.chars += len("".join(text.split()))
            self.han += len(_HAN.findall(text))
            self.sentence_ends += len(_SENTENCE_END.findall(text))

    def add(self, other: _Measure) -> None:
        self.chars += other.chars
        self.han += other.han
        self.sentence_ends += other.sentence_ends
        self.links += other.links
        self.linked_chars += other.linked_chars
        self.has_heading = self.has_heading or other.has_heading


def drop_furniture(tree: Any) -> list[str]:
    """Removes scripts, menus, footers and hidden parts in place; text behind a removed element stays.

    Gives the pieces of text that went with what holds no link. One pass measures every element, one decides
    from the top down: linear in the size of the page.
    """
    for element in list(tree.iter(*CODE_TAGS)):
        if element is not tree:
            element.drop_tree()
    measures = _measure(tree)
    total = max(measures[tree].han, 1)
    dropped: list[str] = []
    pending = list(tree)
    while pending:
        element = pending.pop()
        if not isinstance(element.tag, str):
            continue
        if _is_furniture(element, measures[element]) and measures[element].han <= MAIN_SHARE * total:
            # The entries of a menu say nothing of this page.
            dropped += element.itertext() if not measures[element].links else ()
            element.drop_tree()
        else:
            pending.extend(element)
    return dropped


def _measure(tree: Any) -> dict[Any, _Measure]:
    from lxml import etree  # type: ignore[import-untyped]

    measures: dict[Any, _Measure] = {}
    for _, element in etree.iterwalk(tree, events=("end",)):
        measure = measures[element] = _Measure()
        measure.add_text(element.text)
        for child in element:
            if child in measures:
                measure.add(measures[child])
            measure.add_text(child.tail)
        if element.tag == "a" and not element.get("href", "#").startswith("#"):
            measure.links, measure.linked_chars = 1, measure.chars
        measure.has_heading = measure.has_heading or element.tag == "h1"
    return measures


def _is_furniture(element: Any, measure: _Measure) -> bool:
    if element.tag in FURNITURE_TAGS or element.get("hidden") is not None:
        return True
    if _HIDDEN.search(element.get("style", "")):
        return True
    if element.tag not in BLOCKS or not measure.chars or measure.has_heading:
        return False
    if _is_menu(measure) or _is_breadcrumb(element, measure):
        return True
    name = f"{element.get('class', '')} {element.get('id', '')}"
    return measure.sentence_ends <= MAX_NAMED_SENTENCES and bool(_NAMED.search(name))


def _is_menu(measure: _Measure) -> bool:
    """Mostly links that leave the page, and no sentence among them."""
    return (
        measure.links >= MENU_MIN_LINKS
        and not measure.sentence_ends
        and measure.linked_chars >= MENU_LINK_SHARE * measure.chars
    )


def _is_breadcrumb(element: Any, measure: _Measure) -> bool:
    """A short line of links that begins at the site's front page: 当前位置：首页 > 党建."""
    if not measure.links or measure.sentence_ends or measure.chars > MAX_BREADCRUMB_CHARS:
        return False
    return bool(_BREADCRUMB.match("".join(element.itertext())))
