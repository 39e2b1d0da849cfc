"""Writes a page that shows how the main messages look: ``python -m tests.bot.telegram.preview FILE``."""

from __future__ import annotations

import html
import re
import sys
from dataclasses import replace
from pathlib import Path

from bot.answering.answer import Answer, Citation, Statement
from bot.assistant import Overview
from bot.reading import DocumentView, PassageView
from bot.rendering.telegram import (
    render_answer,
    render_busy_notice,
    render_document,
    render_error,
    render_group_greeting,
    render_help,
    render_passage,
    render_privacy,
    render_start,
    render_topics_page,
)
from bot.rendering.telegram_keyboards import answer_keyboard, passage_keyboard
from bot.rendering.telegram_markup import Keyboard, MessagePart
from bot.telegram import wording
from bot.telegram.listings import found_parts, status_part
from bot.telegram.replies import note
from retrieval.records import DocumentInfo, Evidence, Passage, ScoredPassage
from retrieval.topics import Topic
from tests.bot.telegram.markup import make_refusal

STYLE = """
body { margin: 0; background: #c8d9b8; font: 15px/1.45 "Noto Sans CJK SC", sans-serif; }
main { column-width: 400px; column-gap: 24px; padding: 20px; }
section { break-inside: avoid; margin-bottom: 18px; }
h2 { font-size: 13px; font-weight: 500; color: #456; margin: 0 0 4px; }
.message { background: #fff; border-radius: 12px 12px 12px 4px; padding: 7px 11px; white-space: pre-wrap;
  box-shadow: 0 1px 1px #0002; overflow-wrap: anywhere; }
blockquote { margin: 2px 0; padding: 3px 9px; border-left: 3px solid #3a8ed8; border-radius: 4px;
  background: #3a8ed816; font-size: 14px; }
blockquote[expandable]::after { content: "⌄"; float: right; color: #3a8ed8; }
.row { display: flex; gap: 4px; margin-top: 4px; }
.row span { flex: 1; text-align: center; background: #5b7a5599; color: #fff; border-radius: 8px;
  padding: 6px 4px; min-width: 0;
  font-size: 14px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.size { font-size: 11px; color: #678; text-align: right; }
"""

_RULES = DocumentInfo(
    "0123456789ab",
    "seeds/001_发展党员工作细则.txt",
    "中国共产党发展党员工作细则",
    "现行",
    metadata={"issuer": "中共中央办公厅", "date": "2014-06-11", "number": "中办发〔2014〕33号"},
)
_TRIAL = DocumentInfo(
    "ba9876543210",
    "seeds/002_<试行>办法.txt",
    "党员教育管理 <试行> 办法 & 说明",
    "已废止",
    metadata={"date": "2001"},
)
_CLAUSE = Passage(
    f"{_RULES.id}-0badcafe",
    _RULES,
    "第四章 预备党员的教育、考察和转正 › 第三十一条",
    "clause",
    0,
    80,
    "第三十一条　预备党员的预备期为一年。预备期从支部大会通过其为预备党员之日算起。\n"
    "预备党员预备期满，党支部应当及时讨论其能否转为正式党员。",
    "key",
)


_ERRORS = [("3F2A", "NetworkError", 1.6e9)]
_SENTENCES = [
    ("没有问题", wording.NO_QUESTION),
    ("不是文字", wording.ONLY_TEXT),
    ("未开放", wording.CLOSED.format(chat_id=123456789)),
    ("中断过", wording.INTERRUPTED),
    ("忘记", wording.FORGOTTEN.format(count=12)),
]


def examples() -> list[tuple[str, tuple[MessagePart, ...]]]:
    """The main messages, each with what it is."""
    answer, long_answer, refusal = _answer(), _long_answer(), make_refusal()
    view = PassageView(_CLAUSE, 31, 46, f"{_RULES.id}-1", f"{_RULES.id}-2")
    return [
        ("答案", render_answer(answer, keyboard=answer_keyboard(answer, "a1"))),
        ("原文", render_passage(_CLAUSE, position=31, total=46, keyboard=passage_keyboard(view))),
        ("没有依据", render_answer(refusal, keyboard=answer_keyboard(refusal, "a1"))),
        ("长答案", render_answer(long_answer, limit_utf16=1024, keyboard=answer_keyboard(long_answer, "a1"))),
        ("目录", (render_topics_page(_topics(), 1),)),
        ("文档", (render_document(DocumentView(_RULES, 46, f"{_RULES.id}-0badcafe")),)),
        ("开始", (render_start("dangwu_bot", 128, _topics()),)),
        ("用法", (render_help("dangwu_bot"),)),
        ("隐私", (render_privacy("摘录原文，不经过大模型", 30),)),
        ("入群，收得到 @", (render_group_greeting("dangwu_bot", can_be_mentioned=True),)),
        ("入群，收不到 @", (render_group_greeting("dangwu_bot", can_be_mentioned=False),)),
        ("状态", (status_part(Overview("v12-3f2a9c1d", 128, 4096), 3, wording.MENTIONS_ARE_LOST, _ERRORS),)),
        ("查原文", found_parts(Evidence("预备期", (ScoredPassage(_CLAUSE, 0.9),) * 4, "v1"))),
        ("排满", (render_busy_notice(500),)),
        ("太快", (note(wording.TOO_FAST.format(seconds=23)),)),
        ("出错", (render_error(wording.FAILED, "E7K2"),)),
        *((name, (note(text),)) for name, text in _SENTENCES),
    ]


def _answer() -> Answer:
    statements = (
        Statement("发展党员要经过以下程序：", ()),
        Statement("（一）递交入党申请书；", (1,)),
        Statement("（二）确定入党积极分子，培养教育一年以上；", (1, 2)),
        Statement("（三）支部大会讨论，上级党委审批；预备期为一年。", (3,)),
    )
    cited = [
        Citation(1, f"{_RULES.id}-1", _RULES, "第二章 入党积极分子的确定和培养教育 › 第五条", "原文", 0, 2),
        Citation(2, f"{_TRIAL.id}-2", _TRIAL, "三 › 3", "原文", 0, 2),
        Citation(3, _CLAUSE.id, _RULES, _CLAUSE.section, "原文", 0, 2),
    ]
    return Answer(
        "发展党员有哪些程序？",
        "answered",
        statements,
        tuple(cited),
        notices=("《党员教育管理 <试行> 办法 & 说明》已废止，以《中国共产党党员教育管理工作条例》为准。",),
        suggestions=("预备党员怎样转正？", "入党介绍人有什么条件，由谁担任，能不能自己约请？"),
    )


def _long_answer() -> Answer:
    text = "党支部每月至少开展一次主题党日，组织党员集中学习、过组织生活、进行民主议事和志愿服务👍。"
    statements = tuple(Statement(f"{n}. {text * 3}", (n,)) for n in range(1, 8))
    cited = (Citation(n, f"{_RULES.id}-{n}", _RULES, f"第{n}条", "原文", 0, 2) for n in range(1, 8))
    return replace(_answer(), statements=statements, citations=tuple(cited), notices=())


def _topics() -> list[Topic]:
    names = ["发展党员工作流程", "“三会一课”", "“四议两公开”工作法", "民主评议党员程序", "党费收缴流程"]
    return [Topic(f"{name}（{n}）", (), _CLAUSE, 0, 5, 3, 0.9, n % 4 > 0) for n in range(5) for name in names]


def page() -> str:
    """The whole page, with nothing to load from elsewhere."""
    sections = "".join(_section(title, parts) for title, parts in examples())
    return (
        '<!doctype html><html lang="zh"><meta charset="utf-8"><title>Telegram</title>'
        f"<style>{STYLE}</style><main>{sections}</main></html>"
    )


def _section(title: str, parts: tuple[MessagePart, ...]) -> str:
    """One message below the other; a broken tag would show, since their HTML goes in as it is."""
    shown = ""
    for n, part in enumerate(parts, start=1):
        of = f" {n}/{len(parts)}" if len(parts) > 1 else ""
        size = f'<div class="size">{part.utf16_length}</div>'
        shown += f"<section><h2>{html.escape(title)}{of}</h2>{message_of(part, size)}</section>"
    return shown


def message_of(part: MessagePart, foot: str = "") -> str:
    """A message as a bubble, its buttons below it."""
    # A quote is a block of its own: the line ends around it add no empty line.
    shape = re.sub(r"\n(?=<blockquote)|(?<=</blockquote>)\n", "", part.html)
    return f'<div class="message">{shape}{foot}</div>{_rows(part.keyboard)}'


def _rows(keyboard: Keyboard) -> str:
    rows = ("".join(f"<span>{html.escape(button.label)}</span>" for button in row) for row in keyboard)
    return "".join(f'<div class="row">{row}</div>' for row in rows)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
