"""Answers, passages, menus and notices as Telegram messages: pure functions, cut before markup is added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.answering.answer import Answer, Citation, Statement
from bot.rendering.legible import on_one_line
from bot.rendering.telegram_keyboards import (
    document_keyboard,
    examples_keyboard,
    topics_keyboard,
)
from bot.rendering.telegram_markup import (
    Keyboard,
    MessagePart,
    Run,
    displayable,
    make_part,
    with_keyboard,
)
from bot.rendering.telegram_split import split_text, utf16_length
from bot.rendering.wrapping import shorten
from prompts import render
from retrieval.effect import NOT_IN_FORCE
from retrieval.records import DocumentInfo, Passage

if TYPE_CHECKING:
    from bot.reading import DocumentView
    from retrieval.topics import Topic

MESSAGE_UNITS = 4096
"""UTF-16 units that one message may have after parsing."""
_UNITS_MIN = 1024
TOPICS_ON_A_PAGE = 8

_TITLE_CHARS = 60
# Of a menu's line the topic matters; the title only tells homes apart.
_HOME_CHARS = 16
_SECTION_CHARS = 48
_SOURCE_CHARS = 60
_NEAREST_CHARS = 120
_ISSUER_CHARS = 24
_STATUS_CHARS = 12
_CURRENT = "现行"
# More sources than these are folded until the reader opens them.
_SOURCES_OPEN = 3
_SOURCES_HEADING = "出处"


@dataclass(frozen=True, slots=True)
class _Unit:
    """Words that stay together where they fit, and the citations that carry them."""

    text: str
    numbers: tuple[int, ...] = ()


def render_answer(
    answer: Answer, *, limit_utf16: int = MESSAGE_UNITS, keyboard: Keyboard = ()
) -> tuple[MessagePart, ...]:
    """The answer in messages of at most ``limit_utf16`` units (at least 1024), the last with the keyboard.

    Each part names the sources of the marks in it; at the end stand the notices and those further questions
    that no button shows in full. A refusal or an error is its message, the refusal with the nearest
    passages. There is always a part.
    """
    if limit_utf16 < _UNITS_MIN:
        raise ValueError(f"a message needs at least {_UNITS_MIN} units, not {limit_utf16}")
    sources = {each.n: each for each in answer.citations}
    parts = [
        part
        for chunk in _pack(_units(answer), sources, limit_utf16)
        for part in _parts(chunk, sources, limit_utf16)
    ]
    parts = _append(parts, _tail(answer, keyboard), limit_utf16)
    return with_keyboard(parts or [make_part([Run("（没有内容）")])], keyboard)


def render_error(message: str, code: str) -> MessagePart:
    """An apology of one sentence with a short code that the maintainer finds in the log."""
    return render_text("telegram_error", message=message, code=code)


def render_passage(
    passage: Passage,
    *,
    position: int = 0,
    total: int = 0,
    keyboard: Keyboard = (),
    limit_utf16: int = MESSAGE_UNITS,
) -> tuple[MessagePart, ...]:
    """The exact passage as a quote that unfolds, between its heading path and its document's line.

    ``position`` of ``total``, from 1, is said where it is known. The bodies put together are the passage.
    """
    where = f"\n第 {position} 段，共 {total} 段" if total else ""
    section = f"\n{_short(passage.section, _SECTION_CHARS * 2)}" if passage.section else ""
    head = [Run(_title(passage.document), "b"), Run(f"{section}{where}\n")]
    foot = f"\n{_origin(passage.document)}"
    room = limit_utf16 - _length([*head, Run(foot)])
    parts = []
    for piece in split_text(displayable(passage.text), room) or ("",):
        quote = Run(piece.strip("\n"), "blockquote expandable")
        parts.append(make_part([*head, quote, Run(foot)], body=piece))
    return with_keyboard(parts, keyboard)


def render_found(passages: Sequence[Passage], keyboard: Keyboard = ()) -> tuple[MessagePart, ...]:
    """The passages that a search found, numbered from 1, each a quote that unfolds under its heading path."""
    messages: list[list[Run]] = [[]]
    for n, passage in enumerate(passages, start=1):
        title = _title(passage.document) + _lapse(passage.document)
        head = Run(f"{n}. {title}{_short(passage.section, _SECTION_CHARS)}\n", "b")
        room = MESSAGE_UNITS - _length([head]) - 1
        for piece in split_text(displayable(passage.text), room) or ("",):
            entry = [head, Run(piece.strip("\n"), "blockquote expandable"), Run("\n")]
            if _length([*messages[-1], *entry]) > MESSAGE_UNITS:
                messages.append([])
            messages[-1] += entry
    return with_keyboard([make_part(runs) for runs in messages], keyboard)


def render_document(view: DocumentView) -> MessagePart:
    """What is known of a document: title, issuer, number, date, status, file; a button to read it."""
    document = view.document
    known = [
        ("发文机关", document.metadata.get("issuer", "")),
        ("文号", document.metadata.get("number", "")),
        ("日期", document.metadata.get("date", "")),
        ("作者", document.metadata.get("author", "")),
        ("状态", document.status),
        ("文件", document.source),
        ("段落", str(view.total)),
    ]
    lines = "".join(f"\n{name}：{_short(value, 2 * _TITLE_CHARS)}" for name, value in known if value)
    part = make_part([Run(_title(document), "b"), Run(lines)])
    return replace(part, keyboard=document_keyboard(view))


def render_topics_page(topics: Sequence[Topic], page: int) -> MessagePart:
    """One page of the menu of procedures and models, with a button for each; pages count from 0.

    A page that does not exist becomes the nearest one, since the corpus may have shrunk since the menu.
    """
    pages = max(1, -(-len(topics) // TOPICS_ON_A_PAGE))
    page = min(max(page, 0), pages - 1)
    shown = topics[page * TOPICS_ON_A_PAGE : (page + 1) * TOPICS_ON_A_PAGE]
    if not shown:
        return render_text("telegram_topics_none")
    text = render("telegram_topics", page=str(page + 1), pages=str(pages), count=str(len(topics)))
    first = page * TOPICS_ON_A_PAGE + 1
    lines = "".join(f"\n{n}. {_topic_line(each)}" for n, each in enumerate(shown, start=first))
    return replace(_headed(text + "\n" + lines), keyboard=topics_keyboard(shown, page, pages))


def render_busy_notice(length: int) -> MessagePart:
    """That the queue is full with ``length`` questions and this one was not taken."""
    return render_text("telegram_busy", length=str(length))


def render_start(bot_name: str, documents: int, topics: Sequence[Topic] = ()) -> MessagePart:
    """The greeting in a private chat, with some of ``topics`` as examples; ``bot_name`` without the @."""
    keyboard = examples_keyboard(topics)
    hint = "，或点下面的例子试试" if keyboard else ""
    part = render_text("telegram_start", bot=bot_name, documents=str(documents), hint=hint)
    return replace(part, keyboard=keyboard)


def render_help(bot_name: str) -> MessagePart:
    """How to ask, in private and in groups, and every command."""
    return render_text("telegram_help", bot=bot_name)


def render_privacy(answerer: str, keep_days: int) -> MessagePart:
    """What is stored and for how long, and who composes the answers."""
    return render_text("telegram_privacy", answerer=answerer, keep_days=str(keep_days))


def render_group_greeting(bot_name: str, *, can_be_mentioned: bool) -> MessagePart:
    """Told once to a group: how to ask, and whether mentions can reach the bot."""
    return render_text("telegram_group_open" if can_be_mentioned else "telegram_group_closed", bot=bot_name)


def render_text(template: str, **values: str) -> MessagePart:
    """A template of ``prompts/`` as a message, its first line in bold where further lines follow."""
    return _headed(render(template, **{name: displayable(value) for name, value in values.items()}))


def _headed(text: str) -> MessagePart:
    first, line_end, rest = text.partition("\n")
    return make_part([Run(first, "b" if rest else ""), Run(line_end + rest)], body=text)


def _units(answer: Answer) -> list[_Unit]:
    if answer.status != "answered":
        return [_Unit(displayable(answer.message))]
    units: list[_Unit] = []
    for index, statement in enumerate(answer.statements):
        line_end = "\n" if index + 1 < len(answer.statements) else ""
        unit = _Unit(displayable(statement.marked()) + line_end, statement.citations)
        # A lead-in at the foot of a message, its list in the next one, would read as cut off.
        if units and _is_lead_in(answer.statements[index - 1]):
            lead_in = units.pop()
            unit = _Unit(lead_in.text + unit.text, (*lead_in.numbers, *unit.numbers))
        units.append(unit)
    return units


def _is_lead_in(statement: Statement) -> bool:
    return statement.text.endswith(("：", ":"))


def _pack(units: Iterable[_Unit], sources: Mapping[int, Citation], limit: int) -> Iterator[_Unit]:
    """The units put together into as few messages as their order allows."""
    text: list[str] = []
    length = 0
    numbers: tuple[int, ...] = ()
    for unit in (piece for each in units for piece in _pieces(each, sources, limit)):
        size = utf16_length(unit.text)
        together = tuple(dict.fromkeys((*numbers, *unit.numbers)))
        if text and length + size + utf16_length(_source_list(together, sources)) > limit:
            yield _Unit("".join(text), numbers)
            text, length, together = [], 0, unit.numbers
        text.append(unit.text)
        length += size
        numbers = tuple(dict.fromkeys(together))
    if text:
        yield _Unit("".join(text), numbers)


def _pieces(unit: _Unit, sources: Mapping[int, Citation], limit: int) -> Iterator[_Unit]:
    """The unit, cut where it does not fit into one message together with its sources."""
    taken = utf16_length(_source_list(unit.numbers, sources))
    # Sources that would leave less than half a message for the words follow in messages of their own.
    room = limit - taken if taken <= limit // 2 else limit
    for text in split_text(unit.text, room):
        yield _Unit(text, unit.numbers)


def _parts(chunk: _Unit, sources: Mapping[int, Citation], limit: int) -> Iterator[MessagePart]:
    """The chunk with its sources as one message, or its sources behind it where they are too many."""
    listed = _source_list(chunk.numbers, sources)
    if utf16_length(chunk.text + listed) <= limit:
        if (chunk.text + listed).strip():
            runs = [Run(chunk.text.rstrip("\n")), *_source_runs(chunk.numbers, sources)]
            yield make_part(runs, body=chunk.text, numbers=chunk.numbers)
        return
    yield make_part([Run(chunk.text)], body=chunk.text)
    yield from _source_parts(chunk.numbers, sources, limit)


def _source_parts(
    numbers: Sequence[int], sources: Mapping[int, Citation], limit: int
) -> Iterator[MessagePart]:
    shown: tuple[int, ...] = ()
    for number in numbers:
        if shown and utf16_length(_source_list((*shown, number), sources)) > limit:
            yield make_part(_source_runs(shown, sources), numbers=shown)
            shown = ()
        shown = (*shown, number)
    yield make_part(_source_runs(shown, sources), numbers=shown)


def _source_runs(numbers: Sequence[int], sources: Mapping[int, Citation]) -> list[Run]:
    if not numbers:
        return []
    tag = Run("", "blockquote" if len(numbers) <= _SOURCES_OPEN else "blockquote expandable")
    lines = "\n".join(_source_lines([sources[number] for number in numbers]))
    return [Run("\n\n"), Run(_SOURCES_HEADING, "b"), Run("\n"), replace(tag, text=lines)]


def _source_list(numbers: Sequence[int], sources: Mapping[int, Citation]) -> str:
    return "".join(run.text for run in _source_runs(tuple(dict.fromkeys(numbers)), sources))


def _length(runs: Iterable[Run]) -> int:
    return sum(utf16_length(run.text) for run in runs)


def _tail(answer: Answer, keyboard: Keyboard) -> str:
    """What stands below the answer: nearest passages of a refusal, notices, further questions."""
    blocks = []
    if answer.nearest:
        lines = [f"{n}. {_nearest_line(each)}" for n, each in enumerate(answer.nearest, start=1)]
        blocks.append("\n".join(["最接近的原文（不是答案）", *lines]))
    blocks += [on_one_line(f"提示：{each}") for each in answer.notices_behind]
    labels = {button.label for row in keyboard for button in row}
    unseen = [each for each in answer.suggestions if each not in labels]
    if unseen:
        heading = "还可以问" if answer.status == "answered" else "资料里能回答的问题"
        blocks.append("\n".join([heading, *(on_one_line(f"· {each}") for each in unseen)]))
    return displayable("\n\n".join(blocks))


def _append(parts: list[MessagePart], tail: str, limit: int) -> list[MessagePart]:
    if not tail.strip():
        return parts
    if parts and parts[-1].utf16_length + utf16_length(tail) + 2 <= limit:
        last, added = parts[-1], make_part([Run(tail)])
        joined = replace(last, html=f"{last.html}\n\n{added.html}", plain=f"{last.plain}\n\n{added.plain}")
        return [*parts[:-1], joined]
    return [*parts, *(make_part([Run(piece)]) for piece in split_text(tail, limit) if piece.strip())]


def _source_lines(citations: Sequence[Citation]) -> Iterator[str]:
    """〔1〕《title》section · issuer · year · status for each; 同上 where the document was just named."""
    named = ""
    for citation in citations:
        document, section = citation.document, _short(citation.section, _SECTION_CHARS)
        if document.id == named:
            yield f"〔{citation.n}〕同上" + (f" · {section}" if section else "")
        else:
            state = f" · {_state(document)}" if _state(document) else ""
            yield f"〔{citation.n}〕{_title(document)}{section}{state}"
        named = document.id


def _nearest_line(citation: Citation) -> str:
    where = _title(citation.document) + _short(citation.section, _SECTION_CHARS)
    return f"{where}\n“{_short(citation.quote, _NEAREST_CHARS)}”"


def _topic_line(topic: Topic) -> str:
    mentioned = "" if topic.is_explained else "（只提到名称）"
    document = topic.passage.document
    home = f"《{_short(document.title, _HOME_CHARS)}》" if document.title else _title(document)
    return f"{_short(topic.name, _TITLE_CHARS)}{mentioned}　{home}{_lapse(document)}"


def _lapse(document: DocumentInfo) -> str:
    """The state of a document that is not in force, in brackets."""
    return f"（{document.status}）" if document.status in NOT_IN_FORCE else ""


def _title(document: DocumentInfo) -> str:
    if not document.title:
        return _short(document.source, _SOURCE_CHARS)
    return f"《{_short(document.title, _TITLE_CHARS)}》"


def _origin(document: DocumentInfo) -> str:
    """Issuer, year, status unless it is in force, and file."""
    return " · ".join(filter(None, [_state(document), _short(document.source, _SOURCE_CHARS)]))


def _state(document: DocumentInfo) -> str:
    """Issuer, year, and status unless it is in force."""
    parts = [
        _short(document.metadata.get("issuer", ""), _ISSUER_CHARS),
        displayable(document.metadata.get("date", ""))[:4].strip(),
        "" if document.status == _CURRENT else _short(document.status, _STATUS_CHARS),
    ]
    return " · ".join(part for part in parts if part)


def _short(text: str, limit: int) -> str:
    return shorten(displayable(text), limit)
