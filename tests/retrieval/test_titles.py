"""Documents named in a question: which are meant, what is left of the question, and that others stay out."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.records import DocumentInfo
from retrieval.titles import find_named
from tests.corpus import HashEmbedder
from tests.editions import Paper, rule, searched

HELD = {
    "支": ("中国共产党支部工作条例（试行）", "条例"),
    "发": ("中国共产党发展党员工作细则", "细则"),
    "发2014": ("中国共产党发展党员工作细则（2014年修订）", "细则"),
    "校": ("东江学院发展党员工作细则实施办法", "办法"),
    "币": ("中华人民共和国人民币管理条例", "条例"),
    "文": ("推进城区基层党建工作", "论文"),
}


def document(name: str) -> DocumentInfo:
    title, kind = HELD[name]
    return DocumentInfo(name, f"docs/{name}.txt", title, "现行", metadata={"kind": kind})


@pytest.mark.parametrize(
    ("question", "named", "rest"),
    [
        ("《支部工作条例》对党小组会有什么规定？", {"支"}, "对党小组会有什么规定？"),
        ("按照《中国共产党发展党员工作细则》的规定，介绍人要几名", {"发", "发2014"}, "介绍人要几名"),
        ("根据《人民币管理条例》（2018年修订）谁负责发行人民币", {"币"}, "谁负责发行人民币"),
        ("《发展党员工作细则实施办法》里谈话由谁来做", {"校"}, "谈话由谁来做"),
        ("中国共产党支部工作条例里支部书记的任期是几年", {"支"}, "支部书记的任期是几年"),
        ("在《推进城区基层党建工作》中作者提了什么建议", {"文"}, "作者提了什么建议"),
        (
            "《支部工作条例》和《人民币管理条例》什么时候施行",
            {"支", "币"},
            "什么时候施行",
        ),
    ],
)
def test_the_documents_that_a_question_names(question: str, named: set[str], rest: str) -> None:
    found = find_named(question, map(document, HELD))
    assert found is not None
    assert (set(found.documents), found.rest) == (named, rest)


@pytest.mark.parametrize(
    "question",
    [
        "《党员教育管理工作条例》的学时要求",  # not held
        "《条例》第三条说了什么",  # too short to tell which
        "《支部工作条例》是什么？",  # asks nothing beside
        "推进城区基层党建工作有什么做法",  # the title of an article, and words that anybody uses
        "支部工作有哪些内容",
    ],
)
def test_questions_that_name_no_document_of_ours(question: str) -> None:
    assert find_named(question, map(document, HELD)) is None


def test_a_named_document_alone_is_searched(tmp_path: Path) -> None:
    texts = [(f"{place}党务公开办法", f"公开栏每{period}更新一次") for place, period in PLACES]
    papers = [
        Paper(f"{at}", rule("党务公开", "党务公开栏更新的间隔", period, title=title))
        for at, (title, period) in enumerate(texts)
    ]
    with searched(tmp_path, papers, HashEmbedder()) as retriever:
        for at, (title, _) in enumerate(texts):
            found = retriever.search(f"《{title}》对公开栏多久更新怎么规定").passages
            assert {Path(each.passage.document.source).stem for each in found} == {str(at)}
            assert any("党务公开栏更新的间隔" in each.passage.text for each in found)


PLACES = [("东江县", "周"), ("西岭县", "月"), ("南浦县", "季度"), ("北原县", "半年")]
