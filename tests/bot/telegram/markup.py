"""Telegram's HTML read as strictly as its server reads it, and examples of answers."""

from __future__ import annotations

import html
import re

from bot.answering.answer import Answer, Citation, Statement
from retrieval.records import DocumentInfo, Passage

_TOKEN = re.compile(r"<(/?)([a-z]+)((?: [a-z]+)*)>|&(?:lt|gt|amp|quot);|[^<>&]|(.)", re.DOTALL)
_KNOWN = {("b", ""), ("i", ""), ("blockquote", ""), ("blockquote", " expandable")}


def parse(markup: str) -> tuple[str, list[str]]:
    """The plain text and the name of each entity; ValueError for what Telegram calls can't parse entities."""
    text: list[str] = []
    entities: list[str] = []
    open_tag = ""
    for match in _TOKEN.finditer(markup):
        closing, name, attributes, stray = match.groups()
        if stray is not None:
            raise ValueError(f"unescaped {stray!r} at {match.start()}")
        if name is None:
            text.append(html.unescape(match[0]))
        elif closing:
            if name != open_tag:
                raise ValueError(f"</{name}> closes <{open_tag}>")
            open_tag = ""
        else:
            if (name, attributes) not in _KNOWN or open_tag:
                raise ValueError(f"<{name}{attributes}> inside <{open_tag}>")
            open_tag = name
            entities.append(name + attributes)
    if open_tag:
        raise ValueError(f"<{open_tag}> is never closed")
    return "".join(text), entities


def make_document(n: int = 1, **metadata: str) -> DocumentInfo:
    """A document with the number in its names; ``title`` and ``status`` go where they belong."""
    title = metadata.pop("title", f"第{n}号文件")
    status = metadata.pop("status", "")
    return DocumentInfo(f"{n:012x}", f"seeds/{n:03}_文件.txt", title, status, metadata=metadata)


def make_citation(n: int, document: DocumentInfo | None = None, section: str = "三 › 3") -> Citation:
    """A citation numbered ``n`` of a passage that nothing else cites."""
    held = document or make_document(n)
    return Citation(n, f"{held.id}-{n:08x}", held, section, "原文", 0, 2)


def make_answer(statements: list[tuple[str, tuple[int, ...]]], **changes: object) -> Answer:
    """An answer of these texts and marks, each mark with its citation."""
    numbers = sorted({n for _, marks in statements for n in marks})
    citations = tuple(make_citation(n) for n in numbers)
    made = tuple(Statement(text, marks) for text, marks in statements)
    return Answer("问题", "answered", made, citations, **changes)  # type: ignore[arg-type]


def make_passage(text: str, document: DocumentInfo | None = None, section: str = "二 › 第八条") -> Passage:
    """A passage that begins its document."""
    held = document or make_document()
    return Passage(f"{held.id}-0badcafe", held, section, "clause", 0, len(text), text, "key")


def make_refusal() -> Answer:
    """A refusal with the wording nearest to the question in two documents, and two suggestions."""
    nearest = tuple(make_citation(n, section="二 › 第八条") for n in (1, 2))
    suggestions = ("党费怎样交？", "何谓三会一课？")
    message = "现有资料里没有找到这个问题的依据，不作答。"
    return Answer("问题", "refused", message=message, nearest=nearest, suggestions=suggestions)
