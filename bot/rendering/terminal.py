"""Answers and search results for a terminal: pure functions, laid out by cells for 40 columns and more.

The text of an answer is shown whole; only quotes in the list of sources are shortened, for display alone.
"""

from __future__ import annotations

from rich.text import Text

from bot.answering.answer import Answer, Citation
from bot.answering.conversation import Turn
from bot.rendering.legible import on_one_line, printable
from bot.rendering.wrapping import shorten, wrap_cells
from retrieval.records import DocumentInfo, Evidence, ScoredPassage

_QUOTE_CHARS = 160
_TITLE = "bold"
_MARK = "cyan"
_FAINT = "dim"


def render_answer(answer: Answer, *, width: int) -> Text:
    """The answer with its marks, below it the sources, the notices and other questions to ask."""
    style = "" if answer.status == "answered" else "yellow"
    blocks = [_block(answer.text, width, style=style)]
    if answer.status == "answered":
        blocks.append(_heading("出处"))
        blocks += [_source(each, width) for each in answer.citations]
    elif answer.nearest:
        blocks.append(_heading("最接近的原文（不是答案）"))
        blocks += [_nearest(each, width) for each in answer.nearest]
    blocks += [_line(f"提示：{each}", width, style="yellow") for each in answer.notices_behind]
    if answer.suggestions:
        blocks.append(_heading("资料里能回答的问题"))
        blocks += [_line(f"{n}. {each}", width) for n, each in enumerate(answer.suggestions, start=1)]
    return _marked(Text("\n").join(blocks))


def render_turn(turn: Turn, *, width: int) -> Text:
    """The answer, under what was looked up where that is not what was typed."""
    answer = render_answer(turn.answer, width=width)
    if not turn.is_rewritten:
        return answer
    return Text("\n").join([_line(f"按“{turn.rewritten}”查找", width, style=_FAINT), answer])


def render_evidence(evidence: Evidence, *, width: int) -> Text:
    """The passages found, best first, each whole with its score and source."""
    blocks = [_found(n, each, width) for n, each in enumerate(evidence.passages, start=1)]
    if not blocks:
        blocks = [_block("没有找到相关的段落。", width, style="yellow")]
    blocks += [_line(f"提示：{each}", width, style="yellow") for each in evidence.notices]
    return Text("\n").join(blocks)


def _source(citation: Citation, width: int) -> Text:
    mark = f"〔{citation.n}〕"
    return _entry(
        mark, citation.document, citation.section, f"“{shorten(citation.quote, _QUOTE_CHARS)}”", width
    )


def _nearest(citation: Citation, width: int) -> Text:
    quote = f"“{shorten(citation.quote, _QUOTE_CHARS)}”"
    return _entry("· ", citation.document, citation.section, quote, width)


def _found(n: int, scored: ScoredPassage, width: int) -> Text:
    passage = scored.passage
    more = f"  另见 {scored.also_in} 处" if scored.also_in else ""
    head = f"{n}. {scored.score:.2f}{more}  "
    return _entry(head, passage.document, passage.section, passage.text, width)


def _entry(mark: str, document: DocumentInfo, section: str, text: str, width: int) -> Text:
    """Title and section, the text below, then the file it comes from."""
    title = f"《{document.title}》" if document.title else document.source
    place = " ".join(part for part in (title, section) if part)
    origin = "  ".join(part for part in (document.source, document.status) if part)
    return Text("\n").join(
        [
            _line(f"{mark}{place}", width, style=_TITLE),
            _block(text, width, indent=2),
            _line(origin, width, indent=2, style=_FAINT),
        ]
    )


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style=_FAINT)


def _line(text: str, width: int, *, indent: int = 0, style: str = "") -> Text:
    """What stands on a line of its own, wrapped where it must be: nothing in it begins another one."""
    return _block(on_one_line(text), width, indent=indent, style=style)


def _block(text: str, width: int, *, indent: int = 0, style: str = "") -> Text:
    lines = wrap_cells(printable(text), width - indent)
    return Text("\n".join(" " * indent + line for line in lines), style=style)


def _marked(text: Text) -> Text:
    text.highlight_regex(r"〔\d+〕", _MARK)
    return text
