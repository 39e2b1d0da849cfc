"""An answer as plain text that may be passed on: what was asked, what is said, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from bot.answering.answer import Answer, Citation
from bot.answering.conversation import Turn
from bot.rendering.legible import on_one_line, printable
from bot.rendering.wrapping import shorten

_QUOTE_CHARS = 400


def render_forwardable(turn: Turn) -> str:
    """The turn with all its sources, none of them left out; a refusal with the nearest wording."""
    head = f"问：{on_one_line(turn.asked)}"
    foot = [f"资料版本 {turn.answer.index_version}"] if turn.answer.index_version else []
    return "\n\n".join([head, render_reply(turn), *foot])


def render_reply(turn: Turn) -> str:
    """What is said to the question, with all its sources."""
    answer = turn.answer
    blocks = [f"（按“{on_one_line(turn.rewritten)}”查找）"] if turn.is_rewritten else []
    blocks.append(printable(answer.text))
    if answer.citations:
        blocks.append("\n".join(["出处", *_sources(answer)]))
    elif answer.nearest:
        lines = [f"· {_entry(each)}" for each in answer.nearest]
        blocks.append("\n".join(["最接近的原文（不是答案）", *lines]))
    blocks += [f"提示：{on_one_line(each)}" for each in answer.notices]
    return "\n\n".join(blocks)


def _sources(answer: Answer) -> Iterator[str]:
    for citation in answer.citations:
        yield f"〔{citation.n}〕{_entry(citation)}"


def _entry(citation: Citation) -> str:
    document = citation.document
    title = f"《{document.title}》" if document.title else document.source
    state = "，".join(
        part
        for part in (document.metadata.get("issuer", ""), document.metadata.get("date", ""), document.status)
        if part
    )
    where = on_one_line(f"{title}{citation.section}" + (f"（{state}）" if state else ""))
    return f"{where}：“{shorten(printable(citation.quote), _QUOTE_CHARS)}”"
