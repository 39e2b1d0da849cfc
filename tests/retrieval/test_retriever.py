"""Searches over small real corpora: the edition in force, the higher document, what each asker may see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.entry import run as main
from retrieval.retriever import EVERYONE, STAFF, Retriever
from tests.corpus import HashEmbedder
from tests.editions import MATTERS, PAIRS, Paper, conflicts, edition_pairs, rule, searched

DATED = ("2015年当时{}？", "2012年{}？", "原来的规定里，{}？", "2018年以前，{}？", "旧版规定：{}？")
UNDATED = ("{}？", "请问{}", "现在{}？", "2020年{}？")


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    papers = [paper for pair in edition_pairs() for paper in pair]
    with searched(tmp_path_factory.mktemp("editions"), papers, HashEmbedder()) as made:
        yield Retriever(made._store, None, None)


@pytest.fixture(scope="module")
def contradicting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    papers = [paper for pair in conflicts() for paper in pair]
    with searched(tmp_path_factory.mktemp("conflicts"), papers, HashEmbedder()) as made:
        yield Retriever(made._store, None, None)


def firsts(retriever: Retriever, form: str) -> list[str]:
    """The name of the document that is found first for each of the fifteen matters."""
    found = [retriever.search(form.format(asked)).passages[0] for _, _, asked, _, _ in PAIRS]
    return [Path(each.passage.document.source).stem for each in found]


@pytest.mark.parametrize("form", UNDATED)
def test_the_edition_in_force_comes_first(editions: Retriever, form: str) -> None:
    assert firsts(editions, form) == [f"{at:02}_new" for at in range(15)]


@pytest.mark.parametrize("form", DATED)
def test_a_dated_question_reaches_the_edition_of_its_time(editions: Retriever, form: str) -> None:
    assert firsts(editions, form) == [f"{at:02}_old" for at in range(15)]


def test_the_replaced_edition_stays_findable_and_says_what_it_is(editions: Retriever) -> None:
    for at, (_, thing, asked, former, _) in enumerate(PAIRS):
        found = editions.search(asked, k=20).passages
        old = [each for each in found if f"{at:02}_old" in each.passage.document.source]
        assert any(f"{thing}为{former}" in each.passage.text for each in old)
        assert {each.passage.document.status for each in old} <= {"已修订", "已废止"}


def test_only_what_is_cited_calls_for_a_notice(editions: Retriever) -> None:
    for at, (_, _, asked, _, _) in enumerate(PAIRS):
        with editions.searching(f"2012年{asked}") as search:
            old = next(each for each in search.ranked if f"{at:02}_old" in each.passage.document.source)
            new = next(each for each in search.ranked if f"{at:02}_new" in each.passage.document.source)
            (notice,) = search.cited_notices([old.passage.id])
            assert f"《{old.passage.document.title}》" in notice
            assert "已被" in notice and f"《{new.passage.document.title}》" in notice
            assert search.cited_notices([new.passage.id]) == ()
            assert not any("取代" in each for each in search.evidence(5).notices)


def test_the_higher_document_comes_first_where_two_contradict_each_other(contradicting: Retriever) -> None:
    for at, (_, _, asked, _, _) in enumerate(MATTERS):
        first = contradicting.search(f"{asked}？").passages[0]
        assert Path(first.passage.document.source).stem == f"{at:02}_rule", asked


def test_the_time_that_a_rule_is_of_need_not_stand_in_its_text(editions: Retriever) -> None:
    with editions.searching(f"2012年{PAIRS[0][2]}") as search:
        assert search.question.text.startswith("2012年") and "2012" not in search.question.key
        assert not search.ranked[0].out_of_time and any(each.out_of_time for each in search.ranked)
    with editions.searching(PAIRS[0][2]) as search:
        assert search.ranked[0].passage.document.status == "现行"


def test_scores_fall_from_the_first_to_the_last(editions: Retriever, contradicting: Retriever) -> None:
    for retriever in (editions, contradicting):
        for _, _, asked, _, _ in PAIRS:
            scores = [each.score for each in retriever.search(asked, k=50).passages]
            assert scores == sorted(scores, reverse=True) and 0 <= scores[-1] <= scores[0] <= 1


def test_what_only_the_lower_document_says_comes_first(contradicting: Retriever) -> None:
    first = contradicting.search("某区扎实推进民主评议得到了谁的好评？").passages[0]
    assert "群众的好评" in first.passage.text


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    thing = "党员积分清零的间隔"
    papers = [
        Paper("open", rule("党员积分", thing, "一年", title="党员积分办法"), 'date = "2015"\n'),
        Paper(
            "closed",
            rule("党员积分", thing, "两年", title="党员积分办法"),
            'date = "2020"\naudience = "内部"\n',
        ),
    ]
    with searched(tmp_path_factory.mktemp("guarded"), papers, HashEmbedder()) as made:
        yield Retriever(made._store, None, None)


def test_an_internal_successor_is_unknown_to_those_who_may_not_see_it(guarded: Retriever) -> None:
    with guarded.searching("党员积分多久清零？", audiences=EVERYONE) as search:
        assert {each.passage.document.source for each in search.ranked} == {"docs/open.txt"}
        assert search.ranked[0].passage.document.status == "现行"
        assert search.cited_notices(each.passage.id for each in search.ranked) == ()
    with guarded.searching("党员积分多久清零？", audiences=STAFF) as search:
        assert search.ranked[0].passage.document.source == "docs/closed.txt"
        notices = search.cited_notices(each.passage.id for each in search.ranked)
        assert notices[0] == "《党员积分办法》（2015）已修订，已被《党员积分办法》（2020）取代。"


def test_the_trace_tells_the_parts_and_the_terms(
    guarded: Retriever, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DANGWU_DATA_DIR", str(guarded._store.data_dir))
    monkeypatch.setenv("DANGWU_EMBEDDING__MODEL", "none")
    question = "党员积分多久清零？"
    assert main(["search", question, "--json", "-k", "3"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert main(["search", question, "--json", "--explain", "-k", "3"]) == 0
    explained = json.loads(capsys.readouterr().out)
    trace = explained.pop("explain")
    assert explained == plain
    assert [(each["id"], each["score"]) for each in trace["passages"]] == [
        (each["id"], each["score"]) for each in plain["passages"]
    ]
    assert set(trace["passages"][0]["parts"]) == {
        "words", "bigrams", "headings", "dense", "lift", "authority", "rerank",
    }  # fmt: skip
    assert trace["passages"][0]["parts"]["dense"] is None
    held = {(each["term"], each["kind"]): each["passages"] for each in trace["terms"]}
    assert held["积分", "bigram"] == 8
    assert main(["search", question, "--explain", "-k", "3"]) == 0
    shown = capsys.readouterr().out
    assert "排序依据" in shown and "积分 8" in shown and "效力 -" in shown
