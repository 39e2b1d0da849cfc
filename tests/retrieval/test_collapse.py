"""Copies of one passage become one hit; statements that differ never do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.authority import Register
from retrieval.collapse import collapse, overlap, repost_notices, says_the_same
from retrieval.lexical import index_terms
from retrieval.period import AskedTime
from retrieval.ranking import Ranked
from retrieval.records import DocumentInfo, Passage, ScoredPassage
from retrieval.retriever import EVERYONE, Retriever
from retrieval.scoring import Parts, PassageTerms
from tests.corpus import HashEmbedder, cut_lines
from tests.editions import Paper, searched

TEXT = (
    "流动党员应当每个季度向所在支部汇报一次思想和工作情况，支部应当指定专人同流动党员保持联系，"
    "及时了解他们的困难，帮助他们参加组织生活，并把情况记入活动证。"
)
OTHER = "流动党员外出六个月以上的，应当办理活动证，持证参加流入地支部的组织生活，按时交纳党费。"


def hits(
    *rows: tuple[str, str, float], **metadata: dict[str, str]
) -> tuple[list[Ranked], dict[int, PassageTerms]]:
    """Ranked passages of (document, text, score), with the index terms they would have."""
    ranked, terms = [], {}
    for rowid, (name, text, score) in enumerate(rows):
        info = DocumentInfo(name, f"{name}.txt", name, metadata=metadata.get(name, {}))
        passage = Passage(f"{name}-{rowid}", info, "", "paragraph", 0, len(text), text, text)
        ranked.append(Ranked(rowid, passage, Parts(score, score, score, -1.0)))
        terms[rowid] = PassageTerms(index_terms(text, "", ""))
    return ranked, terms


def collapsed(*rows: tuple[str, str, float], **metadata: dict[str, str]) -> list[tuple[str, int]]:
    ranked, terms = hits(*rows, **metadata)
    found = collapse(ranked, terms, Register(), AskedTime())
    return [(each.passage.document.id, each.also_in) for each in found]


def test_copies_in_other_documents_are_counted() -> None:
    slip = TEXT.replace("及时", "即时").replace("，", ",")
    rows = (("a", TEXT, 0.5), ("b", TEXT, 0.5), ("c", slip, 0.49), ("d", OTHER, 0.4))
    assert collapsed(*rows) == [("a", 2), ("d", 0)]


def test_the_copy_of_the_higher_then_the_earlier_document_is_kept() -> None:
    rows = (("news", TEXT, 0.5), ("late", TEXT, 0.48), ("early", TEXT, 0.48))
    dates = {"late": {"kind": "条例", "date": "2020"}, "early": {"kind": "条例", "date": "2018"}}
    assert collapsed(*rows, news={"kind": "新闻"}, **dates) == [("early", 2)]


def test_a_copy_that_its_headings_make_fit_much_better_is_kept() -> None:
    rows = (("named", TEXT, 0.9), ("rule", TEXT, 0.5))
    assert collapsed(*rows, rule={"kind": "条例"}) == [("named", 1)]


def test_different_passages_of_one_document_stay() -> None:
    near = TEXT.replace("每个季度", "按时")
    assert collapsed(("a", TEXT, 0.5), ("a", near, 0.5), ("a", OTHER, 0.4)) == [("a", 0)] * 3


@pytest.mark.parametrize(
    ("one", "other"),
    [("每个季度", "每两个季度"), ("应当指定", "不得指定"), ("专人", "支委"), ("支部应当", "党委应当")],
)
def test_another_number_or_word_is_another_statement(one: str, other: str) -> None:
    changed = TEXT.replace(one, other)
    assert changed != TEXT and not says_the_same(TEXT, changed)
    assert len(collapsed(("a", TEXT, 0.5), ("b", changed, 0.5))) == 2


def test_slips_and_additions_are_none() -> None:
    assert says_the_same(TEXT, TEXT + "（来源：某网）")
    assert says_the_same(TEXT, TEXT.replace("困难", "因难"))
    assert says_the_same(TEXT, TEXT.replace("，", " , "))


def test_overlap_is_a_share_and_nothing_overlaps_with_nothing() -> None:
    assert overlap({"a", "b"}, {"a", "b"}) == 1.0
    assert overlap(set(), set()) == overlap({"a"}, {"a", "b", "c"}) == 0.0


def test_a_cited_copy_says_where_else_it_stands() -> None:
    ranked, _ = hits(("甲办法", TEXT, 0.5), ("乙办法", OTHER, 0.4))
    cited = [ScoredPassage(ranked[0].passage, 0.5, 2), ScoredPassage(ranked[1].passage, 0.4)]
    assert repost_notices(cited) == ("《甲办法》的这段文字另见 2 处。",)


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    papers = [Paper(f"copy_{place}", f"{place}市流动党员工作\n{TEXT}\n{OTHER}") for place in "甲乙丙丁"]
    papers += [Paper("secret", f"某市内部文件\n{TEXT}", 'audience = "内部"\n')]
    folder: Path = tmp_path_factory.mktemp("copies")
    with searched(folder, papers, HashEmbedder(), make_passages=cut_lines) as made:
        yield made


def test_reposts_of_a_corpus_are_one_hit_and_a_second_passage_is_never_hidden(retriever: Retriever) -> None:
    found = retriever.search("流动党员多久向支部汇报一次？", audiences=EVERYONE).passages
    assert ["汇报一次" in each.passage.text for each in found].count(True) == 1
    assert found[0].also_in == 3
    assert any("持证参加" in each.passage.text for each in found)


def test_what_the_asker_may_not_see_is_not_counted(retriever: Retriever) -> None:
    assert retriever.search("流动党员多久向支部汇报一次？").passages[0].also_in == 4
