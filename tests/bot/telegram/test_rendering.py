"""Telegram messages: nothing lost, nothing unescaped, sources beside their marks, within every limit."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answering.answer import Answer
from bot.reading import DocumentView, PassageView
from bot.rendering.telegram import (
    render_answer,
    render_busy_notice,
    render_document,
    render_error,
    render_found,
    render_group_greeting,
    render_help,
    render_passage,
    render_privacy,
    render_start,
    render_topics_page,
)
from bot.rendering.telegram_keyboards import answer_keyboard, passage_keyboard
from bot.rendering.telegram_markup import ENTITIES, Button, MessagePart, Run, displayable, make_part
from bot.telegram.callbacks import (
    AskTopic,
    FollowUp,
    OpenPassage,
    TopicsPage,
    TurnTo,
    Vote,
    decode,
    topic_key,
)
from retrieval.topics import Topic
from tests.bot.telegram.markup import (
    make_answer,
    make_citation,
    make_document,
    make_passage,
    make_refusal,
    parse,
)
from tests.bot.telegram.preview import examples, page
from tests.invisible import FORGED, HOSTILE, unseen

FRAGMENTS = [
    *(
        "党员应当遵守纪律。",
        "“发展党员，”他说，",
        "《条例》第三条：",
        "中办发〔2014〕21号",
        "（一）",
        "①",
        "——",
    ),
    *("<b>&amp;", "a < b > c", "1.5万元", "甲\t乙\t丙\n", "\n", "　", " "),
    *("| 姓名 | 职务 |\n| --- | --- |\n| 张三 | 书记 |\n", "‘嵌套“引号”’", "</blockquote>", "<", ">"),
    *("👨\u200d👩\u200d👧", "🇨🇳👍🏽", "e\u0301", "\u202e", "\ud800", "\x07"),
]
PIECES = st.one_of(st.sampled_from(FRAGMENTS), st.characters())
TEXTS = st.lists(PIECES, max_size=60).map("".join)
LONG_TEXTS = st.tuples(TEXTS, st.integers(1, 200)).map(lambda drawn: drawn[0] * drawn[1])
STATEMENTS = st.lists(
    st.tuples(LONG_TEXTS, st.lists(st.integers(1, 30), max_size=5, unique=True).map(tuple)),
    min_size=1,
    max_size=12,
)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def check(part: MessagePart, limit: int = 4096) -> None:
    """What Telegram demands of every message."""
    text, entities = parse(part.html)
    assert text == part.plain == part.plain.strip()
    assert 0 < units(part.plain) <= limit
    assert len(entities) <= ENTITIES
    for row in part.keyboard:
        assert all(button.label and len(button.data.encode()) <= 64 for button in row)


@settings(max_examples=60, deadline=None)
@given(STATEMENTS, st.sampled_from([1024, 4096]))
def test_an_answer_of_any_text_is_delivered_whole_with_its_sources(
    statements: list[tuple[str, tuple[int, ...]]], limit: int
) -> None:
    answer = make_answer(statements, notices=("《甲》已废止。",), suggestions=("还有什么？",))
    parts = render_answer(answer, limit_utf16=limit)
    for part in parts:
        check(part, limit)
    whole = "".join(part.body for part in parts)
    assert "".join(whole.split()) == "".join(displayable(answer.text).split())
    assert {n for part in parts for n in part.numbers} == {each.n for each in answer.citations}
    for part in parts:
        shown = part.plain[len(part.body.strip()) :]
        assert all(f"〔{n}〕《第{n}号文件》" in shown for n in part.numbers)


@settings(max_examples=6, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=40).map("".join).filter(displayable))
def test_a_hundred_thousand_characters_of_anything_are_delivered_whole(text: str) -> None:
    longer = (text * (100_000 // len(displayable(text)) + 1),)
    for parts in (render_answer(make_answer([(*longer, (1, 2))])), render_passage(make_passage(*longer))):
        for part in parts:
            check(part)
        whole = "".join(part.body for part in parts)
        assert "".join(re.sub("〔[12]〕", "", whole).split()) == "".join(displayable(*longer).split())


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.text("党员支部，。", min_size=1, max_size=400), st.integers(1, 40)), max_size=40)
)
def test_every_part_names_the_sources_of_its_own_marks(drawn: list[tuple[str, int]]) -> None:
    for part in render_answer(make_answer([(text, (n,)) for text, n in drawn]), limit_utf16=1024):
        assert {int(n) for n in re.findall(r"〔(\d+)〕", part.body)} <= set(part.numbers)


@pytest.mark.parametrize("size", [90, 200, 350, 900, 3_000])
def test_sources_stand_in_the_message_of_their_marks(size: int) -> None:
    answer = make_answer([("文" * size + "。", (n, n + 1)) for n in range(1, 40)])
    for part in render_answer(answer, limit_utf16=1024):
        check(part, 1024)
        marks = {int(n) for n in re.findall(r"〔(\d+)〕", part.body)}
        assert part.body and marks <= set(part.numbers)


def test_a_text_without_blank_stretches_is_the_sum_of_its_bodies() -> None:
    answer = make_answer([("“第一条　党员👍应当<遵守>纪律。”" * 6_000, (1, 2))])
    parts = render_answer(answer)
    assert len(answer.text) > 100_000
    assert "".join(part.body for part in parts) == answer.text


def test_list_items_stay_whole_and_a_lead_in_goes_with_its_first_item() -> None:
    items = [(f"（{n}）" + "款" * 300, (n,)) for n in range(1, 11)]
    answer = make_answer([("概" * 680, (1,)), ("程序如下：", ()), *items])
    lines = [line for part in render_answer(answer, limit_utf16=1024) for line in part.body.split("\n")]
    assert [line for line in lines if line] == answer.text.split("\n")
    assert not any(part.body.rstrip().endswith("：") for part in render_answer(answer, limit_utf16=1024))


def test_more_sources_than_a_message_holds_follow_behind() -> None:
    title = "关于进一步加强和改进新形势下基层党组织建设若干问题的实施意见"
    numbers = tuple(range(1, 121))
    cited = tuple(make_citation(n, make_document(n, title=title)) for n in numbers)
    answer = replace(make_answer([("依据很多。", numbers)]), citations=cited)
    parts = render_answer(answer)
    for part in parts:
        check(part)
    assert parts[0].body == answer.text
    assert tuple(n for part in parts for n in part.numbers) == numbers


def test_a_source_is_one_line_with_its_state_unless_it_is_in_force() -> None:
    answer = make_answer([("已经废止。", (1,)), ("现在有效。", (2,))])
    lapsed = make_document(1, status="已废止", issuer="中共中央组织部", date="2014-06-11")
    current = make_document(2, status="现行")
    cited = (make_citation(1, lapsed), make_citation(2, current, section=""))
    (part,) = render_answer(replace(answer, citations=cited))
    assert part.plain.split("\n")[-2:] == [
        "〔1〕《第1号文件》三 › 3 · 中共中央组织部 · 2014 · 已废止",
        "〔2〕《第2号文件》",
    ]
    assert "<blockquote>〔1〕" in part.html


def test_a_document_is_named_once_for_sources_in_a_row() -> None:
    first, second = make_document(1), make_document(2, title="")
    answer = make_answer([("甲。", (1, 2, 3, 4))])
    sections = ("第一条", "第二条", "", "第一条")
    cited = tuple(
        make_citation(n, second if n == 3 else first, section=section)
        for n, section in enumerate(sections, start=1)
    )
    (part,) = render_answer(replace(answer, citations=cited))
    lines = part.plain.split("\n")[-4:]
    assert lines == [
        "〔1〕《第1号文件》第一条",
        "〔2〕同上 · 第二条",
        "〔3〕seeds/002_文件.txt",
        "〔4〕《第1号文件》第一条",
    ]


def test_the_greeting_offers_questions_that_the_corpus_explains() -> None:
    part = render_start("dangwu_bot", 5, topics(4))
    check(part)
    assert [row[0].label for row in part.keyboard] == ["什么是第0工作法？", "什么是第2工作法？"]
    assert decode(part.keyboard[0][0].data) == AskTopic(topic_key("第0工作法"))
    assert "例子" in part.plain and "例子" not in render_start("dangwu_bot", 5).plain


def test_many_sources_are_folded() -> None:
    (part,) = render_answer(make_answer([("甲。", (1, 2, 3, 4))]))
    assert "<blockquote expandable>〔1〕" in part.html


def test_markup_in_a_document_stays_text() -> None:
    (part,) = render_answer(make_answer([("<b>不是</b>标签 &lt; </blockquote>", (1,))]))
    assert part.plain.startswith("<b>不是</b>标签 &lt; </blockquote>〔1〕")
    check(part)


def test_direction_marks_and_half_characters_are_taken_out_and_joiners_stay() -> None:
    assert displayable("甲\u202e乙\ud83d丙\x00丁\r\n戊👨\u200d👩") == "甲乙丙丁\n戊👨\u200d👩"


def test_no_source_line_is_turned_around_or_holds_what_nobody_sees() -> None:
    document = make_document(title=f"甲{HOSTILE}", status=HOSTILE, issuer=HOSTILE, date="\u202e2014")
    answer = make_answer([("甲\u061c乙。", (1,))], notices=(HOSTILE,))
    (part,) = render_answer(replace(answer, citations=(make_citation(1, document, HOSTILE),)))
    check(part)
    assert unseen(part.plain) == unseen(part.html) == set()
    (source,) = [line for line in part.plain.splitlines() if line.startswith("〔1〕")]
    assert " · " in source and "2014" in source and FORGED not in part.plain.splitlines()
    assert unseen(make_part([Run(f"文件{HOSTILE}读不了")]).plain) == set()


def test_a_refusal_names_the_nearest_passages_and_what_else_can_be_asked() -> None:
    long = "入党介绍人有什么条件，由谁担任，能不能由本人约请，约请不到的时候由谁来指定？"
    refusal = replace(make_refusal(), suggestions=("党费怎样交？", long))
    (part,) = render_answer(refusal, keyboard=answer_keyboard(refusal, "a1"))
    check(part)
    assert part.body == refusal.message
    assert "最接近的原文（不是答案）\n1. 《第1号文件》二 › 第八条\n“原文”\n2. " in part.plain
    assert part.plain.endswith(f"资料里能回答的问题\n· {long}"), "what a button says in full is not repeated"
    assert "· 党费怎样交？" in render_answer(refusal)[0].plain
    opened = [decode(button.data) for button in part.keyboard[0]]
    assert opened == [OpenPassage(each.passage_id) for each in refusal.nearest]


def test_an_error_shows_its_code() -> None:
    part = render_error("作答时出了问题，请稍后再问。", "E7K2")
    check(part)
    assert "E7K2" in part.plain and "请稍后再问" in part.plain


@pytest.mark.parametrize(
    "answer", [Answer("问", "error"), Answer("问", "answered"), make_answer([("\n \n", ())])]
)
def test_there_is_always_something_to_send(answer: Answer) -> None:
    (part,) = render_answer(answer)
    check(part)


def test_a_limit_that_leaves_no_room_for_sources_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1024"):
        render_answer(make_answer([("甲", (1,))]), limit_utf16=1023)


@settings(max_examples=40, deadline=None)
@given(LONG_TEXTS, st.sampled_from([1024, 4096]))
def test_a_passage_of_any_text_is_shown_whole(text: str, limit: int) -> None:
    parts = render_passage(make_passage(text), position=2, total=9, limit_utf16=limit)
    assert "".join(part.body for part in parts) == displayable(text)
    for part in parts:
        check(part, limit)


@settings(max_examples=40, deadline=None)
@given(st.lists(LONG_TEXTS, min_size=1, max_size=5))
def test_found_passages_of_any_text_are_shown_whole(texts: list[str]) -> None:
    parts = render_found([make_passage(text) for text in texts])
    for part in parts:
        check(part)
    said = re.sub(r"\d\. 《第1号文件》二 › 第八条|\s", "", "".join(part.plain for part in parts))
    whole = "".join(displayable(text) for text in texts if displayable(text).strip())
    assert said == re.sub(r"\s", "", whole)


def test_a_passage_is_an_expandable_quote_under_its_heading_path() -> None:
    passage = make_passage("第八条　预备党员的预备期为一年。", make_document(3, status="试行"))
    (part,) = render_passage(passage, position=2, total=9)
    assert part.html == (
        "<b>《第3号文件》</b>\n二 › 第八条\n第 2 段，共 9 段\n"
        "<blockquote expandable>第八条　预备党员的预备期为一年。</blockquote>\n试行 · seeds/003_文件.txt"
    )


def test_the_buttons_of_an_answer_stand_sources_first_and_verdicts_last() -> None:
    answer = make_answer([("甲", (1, 2, 3, 4, 5, 6))], suggestions=("发展党员有哪些程序？",))
    cited = [*answer.citations]
    cited[2] = replace(cited[2], passage_id=cited[0].passage_id)
    keyboard = answer_keyboard(replace(answer, citations=tuple(cited)), "a1")
    assert [button.label for button in keyboard[0]] == ["〔1〕〔3〕", "〔2〕", "〔4〕", "〔5〕", "〔6〕"]
    assert keyboard[1] == (Button("发展党员有哪些程序？", "f:a1:0"),)
    verdicts = [decode(button.data) for row in keyboard[2:] for button in row]
    assert verdicts == [Vote("a1", each) for each in ("有用", "引用不符", "过时", "答非所问")]
    assert decode(keyboard[1][0].data) == FollowUp("a1", 0)
    assert answer_keyboard(Answer("问", "error"), "a1") == ()


def test_a_passage_at_the_end_has_no_button_onward() -> None:
    passage = make_passage("末段。")
    keyboard = passage_keyboard(PassageView(passage, 9, 9, previous_id="x-1"))
    assert [[button.label for button in row] for row in keyboard] == [["上一段"], ["文档"]]
    assert decode(keyboard[0][0].data) == TurnTo("x-1")


def test_a_document_shows_what_is_known_of_it() -> None:
    document = make_document(1, issuer="中共中央", number="中发〔2014〕1号", date="2014-06-11")
    part = render_document(DocumentView(document, 12, "x-1"))
    check(part)
    assert "文号：中发〔2014〕1号" in part.plain and "作者" not in part.plain
    assert decode(part.keyboard[0][0].data) == OpenPassage("x-1")


def topics(count: int) -> list[Topic]:
    passage = make_passage("支部工作法。")
    return [Topic(f"第{n}工作法", (), passage, 0, 5, 1, 0.5, n % 2 == 0) for n in range(count)]


def test_the_menu_of_topics_can_be_paged_through_and_holds_each_once() -> None:
    listed = topics(19)
    pages = [render_topics_page(listed, page) for page in range(3)]
    for part in pages:
        check(part)
    pressed = [decode(button.data) for part in pages for row in part.keyboard for button in row]
    keys = [each.key for each in pressed if isinstance(each, AskTopic)]
    assert keys == [topic_key(each.name) for each in listed]
    assert [each.page for each in pressed if isinstance(each, TopicsPage)] == [1, 0, 2, 1]


@pytest.mark.parametrize("page", [-1, 0, 999])
def test_a_page_that_is_gone_becomes_the_nearest(page: int) -> None:
    check(render_topics_page(topics(3), page))
    check(render_topics_page([], page))


@pytest.mark.parametrize(
    "part",
    [
        render_start("党务<bot>", 42),
        render_help("dangwu_bot"),
        render_privacy("直接摘录原文", 30),
        render_busy_notice(3),
        render_group_greeting("dangwu_bot", can_be_mentioned=True),
        render_group_greeting("dangwu_bot", can_be_mentioned=False),
    ],
)
def test_the_standing_texts_are_messages(part: MessagePart) -> None:
    check(part)


def test_every_message_of_the_preview_is_one_that_telegram_takes() -> None:
    shown = [part for _, parts in examples() for part in parts]
    for part in shown:
        check(part)
    assert len(shown) > 20 and page().count('class="message"') == len(shown)
