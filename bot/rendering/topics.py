"""A page of the topic catalogue, for the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from bot.rendering.json import Json, passage_json
from bot.rendering.legible import on_one_line
from bot.rendering.wrapping import shorten, wrap_cells
from retrieval.effect import NOT_IN_FORCE
from retrieval.records import ScoredPassage
from retrieval.topics import Topic

_QUOTE_CHARS = 120


@dataclass(frozen=True, slots=True)
class TopicPage:
    """Some consecutive topics: ``first`` is the number of the first, counted from 1 over all pages."""

    topics: Sequence[Topic]
    pattern: str
    total: int
    page: int
    pages: int
    first: int


def topic_page(topics: Sequence[Topic], pattern: str, page: int, count: int) -> TopicPage:
    """Page ``page`` (from 1) of ``count`` topics each; a page behind the last one is empty."""
    start = (page - 1) * count
    pages = -(-len(topics) // count)
    return TopicPage(topics[start : start + count], pattern, len(topics), page, pages, start + 1)


def render_topics(shown: TopicPage, *, width: int) -> Text:
    """The topics with number, sentence and source, below them what other pages there are."""
    blocks = [_entry(number, each, width) for number, each in enumerate(shown.topics, start=shown.first)]
    return Text("\n").join([*blocks, _block(_closing(shown), width, style="dim")])


def topics_json(shown: TopicPage, index_version: str) -> Json:
    """The page as JSON; ``n`` counts the topics of all pages."""
    return {
        "pattern": shown.pattern,
        "n": shown.total,
        "page": shown.page,
        "pages": shown.pages,
        "topics": [_topic_json(each) for each in shown.topics],
        "index_version": index_version,
    }


def _topic_json(topic: Topic) -> Json:
    return {
        "name": topic.name,
        "names": list(topic.names),
        "is_explained": topic.is_explained,
        "mentions": topic.mentions,
        "score": topic.score,
        "quote": topic.quote,
        "start": topic.start,
        "end": topic.end,
        "passage": passage_json(ScoredPassage(topic.passage, topic.score)),
    }


def _entry(number: int, topic: Topic, width: int) -> Text:
    document = topic.passage.document
    remark = "" if topic.is_explained else "（只是提到）"
    state = f"（{document.status}）" if document.status in NOT_IN_FORCE else ""
    origin = f"《{document.title}》{state} {document.source}" if document.title else document.source + state
    return Text("\n").join(
        [
            _block(f"{number}. {topic.name}{remark}", width, style="bold" if topic.is_explained else ""),
            _block(shorten(topic.quote, _QUOTE_CHARS), width, indent=4),
            _block(origin, width, indent=4, style="dim"),
        ]
    )


def _closing(shown: TopicPage) -> str:
    if not shown.total:
        return f"没有找到与“{shown.pattern}”有关的条目。" if shown.pattern else "资料里没有找到有名字的做法。"
    if not shown.topics:
        return f"共 {shown.total} 条，只有 {shown.pages} 页。"
    more = f"；下一页：--page {shown.page + 1}" if shown.page < shown.pages else ""
    return f"共 {shown.total} 条，第 {shown.page}/{shown.pages} 页{more}"


def _block(text: str, width: int, *, indent: int = 0, style: str = "") -> Text:
    lines = wrap_cells(on_one_line(text), width - indent)
    return Text("\n".join(" " * indent + line for line in lines), style=style)
