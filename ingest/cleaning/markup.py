"""Markup that was saved as text: entities, escapes, tags, and links and emphasis of Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from ingest.cleaning.trace import Replacement

_ENTITY = re.compile(
    r"&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|nbsp|ensp|emsp|ldquo|rdquo|lsquo|rsquo|mdash|ndash|hellip|middot|bull|amp|lt|gt|quot);"
)
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_ENTITIES_MIN = 3
_ESCAPES_MIN = 4
# A text that explains markup means it as it stands.
_ABOUT_MARKUP = re.compile(r"(?i)html|xml|javascript|json|unicode|转义|字符实体|源代码|网页代码|标签写法")
_CODE = re.compile(r"`+[^`]*`+|(?ms:^```.*?^```)")
_BLOCKS = "p|div|center|table|tbody|thead|tr|ul|ol|li|h[1-6]|section|article|blockquote|hr|details|summary"
_TAG = re.compile(
    rf"</?(?:{_BLOCKS}|a|b|i|u|s|em|strong|span|font|small|big|sup|sub|img|td|th|kbd|mark|ins|center)"
    r"(?:\s+[a-zA-Z:-]+(?:\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+))?)*\s*/?>",
    re.I,
)
_BREAK = re.compile(r"[ \t]*<br\s*/?>[ \t]*", re.I)
_TAGS_MIN = 2
_IS_MARKDOWN = re.compile(r"(?m)^#{1,6} \S|^\|?[ \t]*:?-{2,}:?[ \t]*\|")
_LINK = re.compile(r"(?<!!)\[([^\[\]\n]{1,100})\]\((?:https?://|/|#|mailto:)[^()\s]*(?:\s+\"[^\"\n]*\")?\)")
_EMPHASIS = re.compile(r"\*\*(?=\S)([^*\n]{1,120}?)(?<=\S)\*\*")


def bears_entities(text: str) -> bool:
    """Whether entities of web pages stand in a text that is not about them."""
    return len(_ENTITY.findall(text)) >= _ENTITIES_MIN and not _ABOUT_MARKUP.search(text)


def decode_entities(text: str) -> Iterator[Replacement]:
    """``&#26494;`` and ``&ldquo;`` as the characters that they stand for; control characters stay coded."""
    for found in _ENTITY.finditer(text):
        char = html.unescape(found[0])
        if char != found[0] and (char.isprintable() or char.isspace()) and char not in "\n\r":
            yield Replacement(found.start(), found.end(), " " if char.isspace() else char)


def bears_escapes(text: str) -> bool:
    """Whether Chinese characters stand as escapes, ``\\u515a\\u5458``, in a text that is not about them."""
    chinese = sum(_is_chinese(found[1]) for found in _ESCAPE.finditer(text))
    return chinese >= _ESCAPES_MIN and not _ABOUT_MARKUP.search(text)


def decode_escapes(text: str) -> Iterator[Replacement]:
    """Escapes of Chinese characters and marks as these."""
    for found in _ESCAPE.finditer(text):
        if _is_chinese(found[1]):
            yield Replacement(found.start(), found.end(), chr(int(found[1], 16)))


def _is_chinese(code: str) -> bool:
    point = int(code, 16)
    return 0x3000 <= point <= 0x9FFF or 0xFF00 <= point <= 0xFFEF or 0x2010 <= point <= 0x2027


def bears_tags(text: str) -> bool:
    """Whether a plain text holds tags of web pages outside of code, in pairs or with line breaks."""
    if "<" not in text or _ABOUT_MARKUP.search(text):
        return False
    outside = _CODE.sub("", text)
    tags = len(_TAG.findall(outside)) + len(_BREAK.findall(outside))
    return tags >= _TAGS_MIN and ("</" in outside or bool(_BREAK.search(outside)))


def remove_tags(text: str) -> Iterator[Replacement]:
    """Tags go, what they enclose stays; a line break is one, and a space within a row of a table."""
    kept = [found.span() for found in _CODE.finditer(text)]
    for pattern in (_TAG, _BREAK):
        for found in pattern.finditer(text):
            if not any(start <= found.start() < end for start, end in kept):
                yield Replacement(found.start(), found.end(), _instead(text, found, pattern))


def _instead(text: str, found: re.Match[str], pattern: re.Pattern[str]) -> str:
    if pattern is _TAG:
        return ""
    line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
    return " " if "|" in line else "\n" if text[found.end() : found.end() + 1] not in ("", "\n") else ""


def is_markdown(text: str) -> bool:
    """Whether a text has headings or tables of Markdown."""
    return bool(_IS_MARKDOWN.search(text))


def plain_markdown(text: str) -> Iterator[Replacement]:
    """Links of Markdown as their words, emphasis as what is emphasised."""
    for found in _LINK.finditer(text):
        yield Replacement(found.start(), found.start() + 1, "")
        yield Replacement(found.end(1), found.end(), "")
    for found in _EMPHASIS.finditer(text):
        yield Replacement(found.start(), found.start(1), "")
        yield Replacement(found.end(1), found.end(), "")
