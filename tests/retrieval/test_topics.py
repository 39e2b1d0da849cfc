"""The catalogue of named procedures and models, on texts of its own."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from retrieval.catalogue import TopicCatalogue, unnamed
from retrieval.naming import find_namings, folded, heading_name
from retrieval.publication import content_key
from retrieval.records import EVERYONE, DocumentInfo, Passage
from retrieval.store import Store
from retrieval.topics import Occurrence, Span, Topic, collect_topics, find_occurrences, matching
from tests.corpus import run_ingest, write_files


def topics(*texts: str, section: str = "") -> list[Topic]:
    """The topics of documents whose every line is a passage."""
    passages: dict[int, Passage] = {}
    occurrences: list[Occurrence] = []
    for number, text in enumerate(texts):
        info = DocumentInfo(id=f"d{number}", source=f"{number}.txt", title="")
        first, start = len(passages), 0
        for line in text.split("\n"):
            end = start + len(line)
            identity = f"d{number}-{start}"
            passages[len(passages)] = Passage(
                identity, info, section, "paragraph", start, end, line, content_key(line)
            )
            start = end + 1
        spans = [Span(each.start, each.end, section) for at, each in passages.items() if at >= first]
        occurrences += [replace(each, place=first + each.place) for each in find_occurrences(text, spans)]

    def count_holding(names: Collection[str]) -> int:
        plain = [folded(each.text).translate(NO_MARKS) for each in passages.values()]
        return sum(any(name in text for name in names) for text in plain)

    return collect_topics(occurrences, lambda wanted: {at: passages[at] for at in wanted}, count_holding)


NO_MARKS = str.maketrans("", "", '“”"')


def names(*texts: str, section: str = "") -> list[str]:
    return [topic.name for topic in topics(*texts, section=section)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("建立了以街道党工委为核心、社区党组织为基础的“2+5”城区组织体系。", "“2+5”城区组织体系"),
        ("六必谈:入党必谈、提拔必谈、受奖必谈、退休必谈、违纪必谈、生病必谈。", "六必谈"),
        ("力争做到三“到位”：认识到位、措施到位、责任到位。", "三“到位”"),
        ("推行“三亮三比”，即亮身份、亮承诺、亮形象，比学习、比作风、比奉献。", "“三亮三比”"),
        ("通过建立县、乡、村“三级联动机制”,形成合力。", "“三级联动机制”"),
        ("红色议事厅——是群众说事、党员议事、组织办事的一个固定场所。", "红色议事厅"),
        ("预备党员延期的手续是：本人申请；支部讨论；上级审批。", "预备党员延期的手续"),
        ("党支部每半年召开1次谈心会，党员之间交换意见。", "谈心会"),
        ("建立流动党员双重管理机制，由流出地登记、流入地活动，两地每月互通情况。", "流动党员双重管理机制"),
        ("服务驿站是指由街道出资、社区管理、为新就业群体提供休息场所的服务平台。", "服务驿站"),
    ],
)
def test_a_name_is_found_by_its_form(text: str, name: str) -> None:
    found = topics(text)
    assert [topic.name for topic in found] == [name]
    assert found[0].is_explained


@pytest.mark.parametrize(
    "text",
    [
        "他说:“我们要把群众放在心上。”",
        "坚持“围绕中心、服务大局”的方针,不断改进工作。",
        "牢固树立“四个意识”,坚定“四个自信”,做到“两个维护”。",
        "要不断完善工作机制,健全管理制度,推进党建工作体制改革。",
        "主要表现在四个方面:人员多、任务重、经费少、场地小。",
        "“两新”组织党员共471名,工作很不容易做。",
    ],
)
def test_sayings_slogans_and_general_words_are_no_topics(text: str) -> None:
    assert names(text) == []


def test_the_passage_that_explains_a_name_is_chosen_and_not_one_that_mentions_it() -> None:
    mention = "多次对“功能型小组”、“五步工作法”等经验做法进行推广。"
    explanation = "“五步工作法”是指收集、议定、公示、办理、反馈五个步骤依次进行的工作方法。"
    found = {topic.name: topic for topic in topics(mention + "\n" + explanation)}
    topic = found["“五步工作法”"]
    assert topic.passage.text == explanation and topic.quote == explanation
    assert topic.mentions == 2 and topic.is_explained


def test_every_passage_with_the_name_counts_with_or_without_its_marks() -> None:
    (topic,) = topics(
        "“四必到”：红事必到、白事必到、难事必到、喜事必到。\n去年坚持四必到二十次。\n无关的一段话。"
    )
    assert topic.mentions == 2


def test_what_is_only_mentioned_stands_behind_and_says_so() -> None:
    found = topics("深化党员先锋积分制,严肃组织生活。\n四必到:红事必到、白事必到、难事必到、喜事必到。")
    assert [(topic.name, topic.is_explained) for topic in found] == [
        ("四必到", True),
        ("党员先锋积分制", False),
    ]


def test_forms_of_one_name_are_one_topic() -> None:
    found = topics(
        "创建“协会+支部”党建模式等做法。",
        "通过行业协会牵头、企业支部参加,探索建立了“协会+支部”党建管理模式,运行良好。",
    )
    assert [(topic.name, topic.names, topic.mentions) for topic in found] == [
        ("“协会+支部”党建管理模式", ("“协会+支部”党建模式",), 2)
    ]


def test_a_list_announced_by_its_number_is_called_after_what_the_paragraph_is_about() -> None:
    text = "红色议事厅——是群众说事、党员议事、组织办事的固定场所。共有三个议事步骤:说事、议事、办事。"
    assert "红色议事厅的三个议事步骤" in names(text)


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("2.2.2落实网格包联责任制", "网格包联责任制"),
        ("第三章 发展对象的确定和考察", "发展对象的确定和考察"),
        ("三、进一步加强社区工作", ""),
        ("(二)完善工作机制", ""),
    ],
)
def test_a_heading_names_what_its_section_is_about(heading: str, name: str) -> None:
    assert heading_name(heading) == name


def test_a_heading_gives_the_first_passage_below_it() -> None:
    found = topics(
        "每个网格有一名负责人,包联十户群众,按月走访并记录。\n下一段。", section="2、落实网格包联责任制"
    )
    assert [(t.name, t.passage.start, t.is_explained) for t in found] == [("网格包联责任制", 0, True)]


def test_the_sentence_is_verbatim_at_its_offsets_whatever_the_width_of_its_marks() -> None:
    text = "前言。\n推行「三亮三比」，即亮身份、亮承诺、亮形象，比学习、比作风、比奉献。"
    (topic,) = topics(text)
    assert text[topic.start : topic.end] == topic.quote
    assert topic.quote.startswith("推行「三亮三比」")


def test_a_pattern_finds_names_first_and_then_what_their_sentences_say() -> None:
    found = topics("四必到:红事必到、白事必到、难事必到、喜事必到。\n红事堂——是群众操办喜事红事的公共场所。")
    assert [t.name for t in matching(found, "紅事")] == ["红事堂", "四必到"]
    assert [t.name for t in matching(found, "4必到")] == ["四必到"]
    assert matching(found, "没有的") == []
    assert matching(found, "") == found


def test_names_do_not_overlap() -> None:
    text = "健全“三级协调机制”,通过自购、自建、租赁等“三种途径”建立以支部为核心的“1+3”组织体系。"
    spans = [(n.start, n.end) for n in find_namings(text)]
    assert spans and all(a[1] <= b[0] for a, b in pairwise(spans))


def test_the_catalogue_follows_the_version_and_the_audience(tmp_path: Path) -> None:
    public = "四必到:红事必到、白事必到、难事必到、喜事必到。"
    folder = write_files(tmp_path / "docs", a=public)
    run_ingest(tmp_path / "data", folder)
    store = Store.open(tmp_path / "data", create=False)
    catalogue = TopicCatalogue(store)
    version, first = catalogue.topics(["公开"])
    assert [t.name for t in first] == ["四必到"]
    assert catalogue.topics(["公开"])[1] is first
    write_files(folder, a="六必谈:入党必谈、提拔必谈、受奖必谈、退休必谈。")
    run_ingest(tmp_path / "data", folder)
    later, second = catalogue.topics(["公开"])
    assert later != version and [t.name for t in second] == ["六必谈"]
    assert catalogue.topics([])[1] == ()
    store.close()


def test_what_a_document_names_is_found_once_and_anew_by_another_program(tmp_path: Path) -> None:
    folder = write_files(
        tmp_path / "docs", a="四必到:红事必到、白事必到、难事必到、喜事必到。", b="每季度检查四必到。"
    )
    run_ingest(tmp_path / "data", folder)
    store = Store.open(tmp_path / "data", create=False)
    _, kept = TopicCatalogue(store).topics(EVERYONE)
    with store.writing() as connection:
        before = dict(connection.execute("SELECT revision_id, found FROM namings").fetchall())
        # A mark in what is kept of one document tells whether it is found anew.
        marked = next(revision for revision, found in before.items() if found == "[]")
        connection.execute("UPDATE namings SET found = ? WHERE revision_id = ?", ("[ ]", marked))
    assert len(before) == 2 and unnamed(store, before) == []
    write_files(folder, a="六必谈:入党必谈、提拔必谈、受奖必谈、退休必谈。")
    run_ingest(tmp_path / "data", folder)
    with store.writing() as connection:
        after = dict(connection.execute("SELECT revision_id, found FROM namings").fetchall())
        connection.execute("UPDATE namings SET made_by = 'another program'")
    assert after[marked] == "[ ]" and len(after) == 3 and unnamed(store, after) == sorted(after)
    _, anew = TopicCatalogue(store).topics(EVERYONE)
    assert [(t.name, t.mentions) for t in kept] == [("四必到", 2)] and [t.name for t in anew] == ["六必谈"]
    store.close()


def test_the_time_grows_with_the_text_and_no_faster() -> None:
    line = "通过建立县、乡、村“三级联动机制”,完善流动党员双重管理机制,“" + "党员" * 400
    texts = ["\n".join([line] * 50), "\n".join([line] * 400)]
    elapsed = []
    for text in texts:
        begun = time.perf_counter()
        topics(text)
        elapsed.append(time.perf_counter() - begun)
    assert elapsed[1] < 40 * max(elapsed[0], 0.01)
