"""What is in force leads, and what is not says so first: pairs of editions, singly and together."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.answering.answer import Answer
from bot.answering.answerer import Answerer
from retrieval.catalogue import TopicCatalogue
from retrieval.effect import NOT_IN_FORCE
from retrieval.normalise import search_key
from retrieval.records import STAFF
from retrieval.retriever import Retriever
from tests.corpus import HashEmbedder, answering
from tests.editions import LOOKALIKES, MATTERS, Paper, declared_pairs, searched

TODAY = datetime.date(2026, 11, 29)


@dataclass(frozen=True)
class Corpus:
    retriever: Retriever
    answerer: Answerer


def corpus(folder: Path, papers: list[Paper]) -> Iterator[Corpus]:
    with searched(folder, papers, HashEmbedder()) as made:
        retriever = Retriever(made._store, None, None, today=lambda: TODAY)
        yield Corpus(retriever, answering(retriever))


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    papers = [paper for pair in declared_pairs() for paper in pair.papers]
    yield from corpus(tmp_path_factory.mktemp("together"), papers)


@pytest.fixture(scope="module")
def old_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    papers = [pair.papers[0] for pair in declared_pairs()]
    yield from corpus(tmp_path_factory.mktemp("alone"), papers)


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    yield from corpus(tmp_path_factory.mktemp("alike"), list(LOOKALIKES))


def sources(answer: Answer) -> list[str]:
    return [Path(each.document.source).stem for each in answer.citations]


def first_line(answer: Answer) -> str:
    return answer.text.partition("\n")[0]


def test_the_edition_in_force_leads_in_search_and_answers(together: Corpus) -> None:
    answered = 0
    for pair in declared_pairs():
        found = together.retriever.search(f"{pair.asked}？", k=20).passages
        ranks = {Path(each.passage.document.source).stem: n for n, each in reversed(list(enumerate(found)))}
        assert ranks[pair.leading] < min(
            (ranks[name] for name in pair.not_in_force if name in ranks), default=99
        ), pair
        answer = together.answerer.answer(f"{pair.asked}？")
        if answer.status == "answered":
            answered += 1
            assert not set(sources(answer)) & set(pair.not_in_force), pair.asked
            assert search_key(pair.value) in search_key(answer.text), pair.asked
            assert all(each.document.status not in NOT_IN_FORCE for each in answer.citations)
    assert answered >= 9


def test_clauses_that_stayed_as_they_were_raise_no_alarm(together: Corpus) -> None:
    for pair in declared_pairs():
        answer = together.answerer.answer(f"《{pair.title}》里，由谁每年对工作检查一次？")
        assert not set(sources(answer)) & set(pair.lapsed), pair
        if sources(answer):
            assert all(mark not in first_line(answer) for mark in ("已修订", "已废止", "已失效", "已修改")), (
                pair
            )


def test_the_edition_of_then_says_first_what_became_of_it(together: Corpus) -> None:
    answered = 0
    for pair in declared_pairs():
        for form in ("原来的规定里{}？", "2012年当时{}？"):
            answer = together.answerer.answer(form.format(pair.asked))
            if answer.status == "answered" and set(sources(answer)) & set(pair.lapsed):
                answered += 1
                assert any(
                    state in first_line(answer) for state in ("已修订", "已废止", "已失效", "已修改")
                ), pair
    assert answered >= 9


def test_an_old_edition_alone_is_in_force_as_far_as_anybody_knows(old_alone: Corpus) -> None:
    for pair in declared_pairs():
        answer = old_alone.answerer.answer(f"{pair.asked}？")
        own = [each for each in answer.citations if Path(each.document.source).stem == pair.papers[0].name]
        assert all(each.document.status not in NOT_IN_FORCE for each in own) or "有效期" in first_line(answer)


def test_documents_that_look_alike_replace_nothing(alike: Corpus) -> None:
    assert len(LOOKALIKES) >= 20
    with alike.retriever.snapshot(STAFF) as snapshot:
        register = alike.retriever.register(snapshot)
        states = {each.source: register.state(each) for each in snapshot.documents()}
    assert {source: state for source, state in states.items() if state not in ("", "现行", "试行")} == {}
    assert register.replaced == {} and register.amended == {}


def test_topics_are_explained_by_the_edition_in_force(tmp_path: Path) -> None:
    old = "流动党员管理办法\n第一条 流动党员是指外出六个月以上的党员。\n"
    new = "流动党员管理办法\n第一条 本办法所称流动党员，是指因就业等原因无法正常参加所在支部活动的党员。\n"
    papers = [Paper("a_old", old, 'date = "2010"\n'), Paper("b_new", new, 'date = "2020"\n')]
    with searched(tmp_path, papers, HashEmbedder()) as made:
        _, (topic,) = TopicCatalogue(made._store, lambda: TODAY).topics(STAFF)
    assert topic.name == "流动党员" and "所称" in topic.quote and topic.passage.document.status == "现行"


def test_a_topic_that_only_an_old_edition_explains_carries_its_state(tmp_path: Path) -> None:
    old = "流动党员管理办法\n第一条 流动党员是指外出六个月以上的党员。\n"
    new = "流动党员管理规定\n第一条 支部管好流动党员。\n第二条 《流动党员管理办法》同时废止。\n"
    with searched(tmp_path, [Paper("a_old", old), Paper("b_new", new)], HashEmbedder()) as made:
        _, (topic,) = TopicCatalogue(made._store, lambda: TODAY).topics(STAFF)
    assert "六个月" in topic.quote and topic.passage.document.status == "已废止"


def test_suggestions_are_of_what_is_in_force(together: Corpus) -> None:
    for subject, *_ in MATTERS[:5]:
        for suggestion in together.answerer.answer(f"{subject}的卫星轨道参数是什么？").suggestions:
            answer = together.answerer.answer(suggestion)
            assert all(each.document.status not in NOT_IN_FORCE for each in answer.citations)


def test_a_changed_clause_asked_by_its_number_begins_with_the_change(together: Corpus) -> None:
    (pair,) = [each for each in declared_pairs() if each.leading.endswith("_other")]
    answer = together.answerer.answer(f"《{pair.title}》第三条规定了什么？")
    assert "第三条已修改" in first_line(answer)
    assert sources(answer) == [pair.leading, pair.papers[0].name]
    unchanged = together.answerer.answer(f"《{pair.title}》第四条规定了什么？")
    assert "已修改" not in unchanged.text and sources(unchanged) == [pair.papers[0].name]
