"""The buttons below a message: sources first, then further questions, the verdict last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.answering.answer import Answer
from bot.reading import DocumentView, PassageView
from bot.rendering.telegram_markup import Button, Keyboard, make_label
from bot.telegram.callbacks import (
    VERDICTS,
    AskTopic,
    FollowUp,
    OpenDocument,
    OpenPassage,
    TopicsPage,
    TurnTo,
    UploadChoice,
    Vote,
    encode,
    topic_key,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retrieval.topics import Topic

_SOURCES = 5
_SUGGESTIONS = 3
_EXAMPLES = 2


def answer_keyboard(answer: Answer, answer_id: str) -> Keyboard:
    """The buttons of an answer or a refusal that is stored under ``answer_id``; none for an error."""
    if answer.status == "error":
        return ()
    shown = _source_buttons(answer) if answer.status == "answered" else _nearest_buttons(answer)
    follow_ups = [
        (Button(make_label(question), encode(FollowUp(answer_id, index))),)
        for index, question in enumerate(answer.suggestions[:_SUGGESTIONS])
    ]
    return (*((shown,) if shown else ()), *follow_ups, *verdict_rows(answer_id))


def verdict_rows(answer_id: str) -> Keyboard:
    """The four verdicts in two rows, so that none is cut short on a narrow screen."""
    buttons = tuple(Button(verdict, encode(Vote(answer_id, verdict))) for verdict in VERDICTS)
    return buttons[:2], buttons[2:]


def passage_keyboard(view: PassageView) -> Keyboard:
    """The neighbours of a passage where it has them, and its document."""
    turns = [("上一段", view.previous_id), ("下一段", view.next_id)]
    row = tuple(Button(label, encode(TurnTo(each))) for label, each in turns if each)
    document = (Button("文档", encode(OpenDocument(view.passage.document.id))),)
    return (row, document) if row else (document,)


def document_keyboard(view: DocumentView) -> Keyboard:
    """Where to begin reading a document; nothing where it has no passage."""
    return ((Button("从头读", encode(OpenPassage(view.first_id))),),) if view.first_id else ()


def topics_keyboard(topics: Sequence[Topic], page: int, pages: int) -> Keyboard:
    """A button for each of these topics, below them the pages before and after ``page`` (from 0)."""
    rows = [(Button(make_label(each.name), encode(AskTopic(topic_key(each.name)))),) for each in topics]
    turns = []
    if page > 0:
        turns.append(Button("上一页", encode(TopicsPage(page - 1))))
    if page + 1 < pages:
        turns.append(Button("下一页", encode(TopicsPage(page + 1))))
    return (*rows, *((tuple(turns),) if turns else ()))


def examples_keyboard(topics: Sequence[Topic]) -> Keyboard:
    """A question to try for each of the first topics that are explained."""
    explained = [each for each in topics if each.is_explained][:_EXAMPLES]
    return tuple(
        (Button(make_label(f"什么是{each.name}？"), encode(AskTopic(topic_key(each.name)))),)
        for each in explained
    )


def upload_keyboard(ticket: str, count: int) -> Keyboard:
    """Whether the files of a plan are to be ingested."""
    confirm = Button(f"导入 {count} 份", encode(UploadChoice(ticket, True)))
    return ((confirm, Button("取消", encode(UploadChoice(ticket, False)))),)


def _source_buttons(answer: Answer) -> tuple[Button, ...]:
    """A button for each of the first passages, labelled with all the marks that lead to it."""
    marks: dict[str, str] = {}
    for citation in answer.citations:
        marks[citation.passage_id] = marks.get(citation.passage_id, "") + f"〔{citation.n}〕"
    first = list(marks.items())[:_SOURCES]
    return tuple(Button(make_label(label), encode(OpenPassage(each))) for each, label in first)


def _nearest_buttons(answer: Answer) -> tuple[Button, ...]:
    return tuple(
        Button(f"看第 {n} 处", encode(OpenPassage(each.passage_id)))
        for n, each in enumerate(answer.nearest, start=1)
    )
