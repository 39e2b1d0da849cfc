"""Answers serve again for the same question, version, audience and answerer, and for nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from bot.answering.adviser import Adviser
from bot.answering.answer import Answer
from bot.answering.answerer import Answerer
from bot.answering.cache import AnswerCache, cache_key
from bot.answering.language_model import OpenAIEndpoint
from bot.answering.resilience import Backoff, ResilientModel
from bot.settings import LanguageModelSettings
from ingest.passages import make_passages
from retrieval.retriever import EVERYONE, STAFF, Retriever, Search
from retrieval.store import Snapshot, Store
from tests.corpus import answering, run_ingest, write_files
from tests.llm_server import LlmServer, Request

QUESTION = "莫愁社区的议事会每月召开几次?"
TEXT = "莫愁社区议事会的办法\n莫愁社区的议事会每月召开{}次。议事会由社区党委召集。"


def test_the_key_folds_what_does_not_change_a_question() -> None:
    same = ["支部委員會由幾人組成？", " 支部委员会 由几人组成?", "支部委员会由几人组成"]
    keys = {cache_key(text.replace(" ", ""), "v1", STAFF, "extractive") for text in same}
    assert len(keys) == 1
    assert cache_key("第２４条讲什么？", "v", STAFF, "e") == cache_key("第二十四条讲什么", "v", STAFF, "e")


def test_every_part_of_the_key_counts() -> None:
    questions, versions, audiences, answerers = ("甲?", "乙?"), ("v1", "v2"), (EVERYONE, STAFF), ("a", "b")
    keys = [cache_key(*each) for each in itertools.product(questions, versions, audiences, answerers)]
    assert len(set(keys)) == 16


def test_the_least_used_answer_makes_room() -> None:
    cache = AnswerCache(size=2)
    keys = [cache_key(text, "v", STAFF, "e") for text in "甲乙丙"]
    for key in keys[:2]:
        cache.put(key, Answer(key.question, "refused"))
    assert cache.get(keys[0]) is not None
    cache.put(keys[2], Answer("丙", "refused"))
    assert len(cache) == 2 and cache.get(keys[1]) is None and cache.get(keys[0]) is not None


def test_threads_may_share_it() -> None:
    cache = AnswerCache(size=8)

    def use(name: str) -> None:
        for number in range(200):
            key = cache_key(f"{name}{number % 12}", "v", STAFF, "e")
            cache.put(key, Answer(key.question, "refused"))
            kept = cache.get(key)
            assert kept is None or kept.question == key.question

    threads = [Thread(target=use, args=(name,)) for name in "甲乙丙"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cache) == 8


@pytest.fixture
def home(tmp_path: Path) -> Path:
    ingest(tmp_path, 3)
    return tmp_path


def ingest(home: Path, times: int) -> None:
    run_ingest(home / "data", write_files(home / "docs", a=TEXT.format(times)), make_passages=make_passages)


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    opened = Store.open(home / "data", create=False)
    yield opened
    opened.close()


def _truth(request: Request) -> str:
    return str(request.number_of("每月召开"))


def make_answerer(store: Store, server: LlmServer) -> Answerer:
    endpoint = OpenAIEndpoint(LanguageModelSettings(base_url=server.url, model="m"))
    adviser = Adviser(ResilientModel(endpoint, backoff=Backoff(base_s=0.01)), timeout_s=20)
    return answering(Retriever(store, None, None), adviser)


def test_a_model_is_asked_once_and_the_answer_names_the_question_asked(store: Store) -> None:
    with LlmServer(_truth) as server:
        asked = make_answerer(store, server)
        first, again = asked.answer(QUESTION), asked.answer("莫愁社區的議事會每月召開幾次")
        assert first.answerer == again.answerer == "llm:m" and len(server.requests) == 1
    assert again.question == "莫愁社區的議事會每月召開幾次" and again.statements == first.statements


def test_a_question_asked_again_is_not_even_searched(store: Store) -> None:
    searched = []

    class Listening(Retriever):
        def search_in(self, snapshot: Snapshot, question: str) -> Search:
            searched.append(question)
            return super().search_in(snapshot, question)

    asked = answering(Listening(store, None, None))
    asked.warm_up()
    first, again = asked.answer(QUESTION), asked.answer(QUESTION)
    assert searched.count(QUESTION) == 1 and again.statements == first.statements
    assert again.elapsed.retrieve == 0


def test_another_audience_is_answered_anew(store: Store) -> None:
    with LlmServer(_truth) as server:
        asked = make_answerer(store, server)
        asked.answer(QUESTION, audiences=STAFF)
        asked.answer(QUESTION, audiences=EVERYONE)
        assert len(server.requests) == 2


def test_a_new_version_is_answered_anew(home: Path, store: Store) -> None:
    with LlmServer(_truth) as server:
        asked = make_answerer(store, server)
        assert "3次" in asked.answer(QUESTION).text
        ingest(home, 4)
        assert "4次" in asked.answer(QUESTION).text


def test_what_a_failing_model_left_to_the_extractive_answerer_is_not_kept(store: Store) -> None:
    with LlmServer(_truth, "401") as server:
        asked = make_answerer(store, server)
        assert asked.answer(QUESTION).answerer == "extractive"
        server.mode = "stream"
        assert asked.answer(QUESTION).answerer == "llm:m"
