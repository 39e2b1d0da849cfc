"""Lists that commands show: passages found, documents held, the state of the bot. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.assistant import Overview
from bot.rendering.legible import on_one_line
from bot.rendering.telegram import MESSAGE_UNITS, render_found
from bot.rendering.telegram_markup import Button, MessagePart, Run, displayable, make_part
from bot.rendering.telegram_split import split_text
from bot.telegram import wording
from bot.telegram.callbacks import OpenPassage, encode
from bot.telegram.replies import note
from retrieval.records import DocumentInfo, Evidence

_TITLES_MAX = 200


def found_parts(evidence: Evidence) -> tuple[MessagePart, ...]:
    """The passages that a search found, best first, with a button to read each in its place."""
    passages = [each.passage for each in evidence.passages]
    if not passages:
        return (note(wording.NOTHING_FOUND),)
    buttons = tuple(
        Button(f"看第 {n} 处", encode(OpenPassage(each.id))) for n, each in enumerate(passages, start=1)
    )
    return render_found(passages, (buttons[:3], buttons[3:]) if buttons[3:] else (buttons,))


def source_parts(documents: Sequence[DocumentInfo]) -> tuple[MessagePart, ...]:
    """The titles of the documents, numbered, with the state of each where it has one."""
    if not documents:
        return (note(wording.NO_SOURCES),)
    lines = [f"{n}. {_title(each)}" for n, each in enumerate(documents[:_TITLES_MAX], start=1)]
    more = [f"……共 {len(documents)} 份"] if len(documents) > _TITLES_MAX else []
    return text_parts("\n".join([*lines, *more]))


def status_part(
    overview: Overview | None, waiting: int, how: str, errors: Sequence[tuple[str, str, float]]
) -> MessagePart:
    """The state of the bot: corpus, queue, mentions in this group, and for admins the latest errors.

    Without ``overview`` the corpus cannot be read.
    """
    lines = [
        *_corpus(overview),
        f"正在排队的问题 {waiting} 个" if waiting else "没有问题在排队",
        *([how] if how else []),
        *(["最近的错误："] if errors else []),
        *(f"{code} {_moment(at)} {kind}" for code, kind, at in errors),
    ]
    return note("\n".join(lines))


def _corpus(overview: Overview | None) -> tuple[str, ...]:
    if overview is None:
        return (wording.NO_CORPUS,)
    held = f"{overview.documents} 份资料，{overview.passages} 段"
    return "运行正常", f"资料版本 {overview.index_version}，{held}"


def text_parts(text: str) -> tuple[MessagePart, ...]:
    """A text of any length as messages."""
    pieces = split_text(displayable(text), MESSAGE_UNITS)
    return tuple(make_part([Run(piece)], body=piece) for piece in pieces if piece.strip())


def _title(document: DocumentInfo) -> str:
    status = f"（{document.status}）" if document.status not in ("", "现行") else ""
    return on_one_line(f"《{document.title}》{status}" if document.title else f"{document.source}{status}")


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%m-%d %H:%M")
