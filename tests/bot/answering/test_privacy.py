"""What may leave the machine, and in what form."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.answering.adviser import Adviser
from bot.answering.answerer import Answerer
from bot.answering.language_model import OpenAIEndpoint
from bot.answering.privacy import CARD_MASK, ID_MASK, PHONE_MASK, MaskingFilter, is_loopback, masked
from bot.answering.resilience import Backoff, ResilientModel
from bot.settings import LanguageModelSettings
from ingest.passages import make_passages
from ingest.records import CleanedDocument
from retrieval.retriever import Retriever
from retrieval.store import Store
from tests.corpus import answering, read_plain, run_ingest, write_files
from tests.llm_server import LlmServer

OPEN = "莫愁社区的公告\n莫愁社区的议事会每月召开3次。联系电话13812345678，身份证号320102199003078515。"
SECRET = "莫愁社区的通报\n莫愁社区党委的整改期限为30天。"


@pytest.mark.parametrize(
    "number",
    [
        "320102199003078515", "32010219900307851X", "320102 19900307 851X", "3201 0219 9003 0785 15",
        "３２０１０２１９９００３０７８５１５", "320102900307851",
    ],
)  # fmt: skip
def test_id_numbers_are_masked(number: str) -> None:
    assert masked(f"身份证号{number}。") == f"身份证号{ID_MASK}。"


def test_bank_cards_are_masked() -> None:
    assert masked("卡号6222021234567894。") == f"卡号{CARD_MASK}。"
    assert masked("卡号6222 0212 3456 7894") == f"卡号{CARD_MASK}"


@pytest.mark.parametrize(
    "number",
    [
        "13812345678", "138-1234-5678", "138 1234 5678", "+8613812345678", "+86 138 1234 5678",
        "１３８１２３４５６７８", "0898-66512345", "(025)84412345", "（０２５）８４４１２３４５",
        "0898-66512345-801",
    ],
)  # fmt: skip
def test_telephone_numbers_are_masked(number: str) -> None:
    assert masked(f"请打{number}联系") == f"请打{PHONE_MASK}联系"


@pytest.mark.parametrize(
    "text",
    [
        "到2016年底，全市有551个社区，占56.8%。", "中办发〔2014〕33号", "投入资金13812345678900元",
        "2014-05-28至2016-05-28", "2012 2013 2014 2015", "编号900000000000000001",
        "第7期第35页", "全年完成12345678元",
    ],
)  # fmt: skip
def test_other_figures_stay(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8080/v1", True),
        ("http://127.9.9.9/v1", True),
        ("http://localhost:11434/v1", True),
        ("http://LOCALHOST/v1", True),
        ("http://[::1]:8080/v1", True),
        ("https://api.deepseek.com/v1", False),
        ("http://localhost.example.com/v1", False),
        ("http://127.0.0.1.example.com/v1", False),
        ("http://127.0.0.1@example.com/v1", False),
        ("http://192.168.1.5/v1", False),
        ("http://0.0.0.0/v1", False),
    ],
)
def test_only_this_machine_is_loopback(url: str, here: bool) -> None:
    assert is_loopback(url) is here


def test_a_log_shows_no_personal_number() -> None:
    record = logging.LogRecord("a", logging.INFO, "", 1, "问题 %r", ("我的电话是13812345678",), None)
    assert MaskingFilter().filter(record)
    assert record.getMessage() == f"问题 '我的电话是{PHONE_MASK}'"


def _read(data: bytes, name: str, sidecar: bytes | None) -> CleanedDocument:
    document = read_plain(data, name, sidecar)
    return replace(document, metadata={"audience": "内部"}) if "secret" in name else document


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    folder = tmp_path_factory.mktemp("privacy")
    documents = write_files(folder / "docs", open=OPEN, secret=SECRET)
    run_ingest(folder / "data", documents, make_passages=make_passages, read_document=_read)
    store = Store.open(folder / "data", create=False)
    yield Retriever(store, None, None)
    store.close()


def asking(retriever: Retriever, server: LlmServer, *, local: bool, allowed: bool = False) -> Answerer:
    """An answerer on the scripted server, which counts as another machine unless ``local``."""
    endpoint = OpenAIEndpoint(LanguageModelSettings(base_url=server.url, model="m"))
    endpoint.is_local = local
    model = ResilientModel(endpoint, backoff=Backoff(attempts=1))
    return answering(retriever, Adviser(model, timeout_s=20, allow_internal=allowed))


def sent(server: LlmServer) -> str:
    return "\n".join(request.system + request.prompt for request in server.requests)


def test_internal_passages_stay_and_the_asker_still_gets_the_answer(retriever: Retriever) -> None:
    with LlmServer(lambda _: "") as server:
        answer = asking(retriever, server, local=False).answer("莫愁社区党委的整改期限是多少天?")
        assert "30天" in answer.text and answer.answerer == "extractive"
        assert "内部" in answer.notices[-1] and server.requests == []


def test_an_internal_passage_is_left_out_of_what_is_sent_for_another_question(retriever: Retriever) -> None:
    with LlmServer(lambda _: "") as server:
        asking(retriever, server, local=False).answer("莫愁社区的议事会每月召开几次?")
        assert "每月召开3次" in sent(server)
        assert "整改" not in sent(server) and "通报" not in sent(server)


@pytest.mark.parametrize(("local", "allowed"), [(True, False), (False, True)])
def test_internal_passages_go_where_it_is_allowed(retriever: Retriever, local: bool, allowed: bool) -> None:
    with LlmServer(lambda _: "") as server:
        asking(retriever, server, local=local, allowed=allowed).answer("莫愁社区党委的整改期限是多少天?")
        assert "30天" in sent(server)


def test_personal_numbers_are_masked_before_they_leave(
    retriever: Retriever, caplog: pytest.LogCaptureFixture
) -> None:
    question = "我的电话是13987654321,莫愁社区的议事会每月召开几次?"
    with caplog.at_level(logging.INFO, "bot"), LlmServer(lambda _: "") as server:
        asking(retriever, server, local=False).answer(question)
        text = sent(server)
    assert PHONE_MASK in text and ID_MASK in text
    assert not [number for number in ("13812345678", "13987654321", "320102199003078515") if number in text]
    assert "13987654321" not in caplog.text and PHONE_MASK in caplog.text


def test_nothing_is_masked_for_this_machine(retriever: Retriever) -> None:
    with LlmServer(lambda _: "") as server:
        asking(retriever, server, local=True).answer("莫愁社区的议事会每月召开几次?")
        assert "13812345678" in sent(server)


def test_a_redirect_is_not_followed(retriever: Retriever, tmp_path: Path) -> None:
    with LlmServer(lambda _: "", "redirect") as server:
        answer = asking(retriever, server, local=True).answer("莫愁社区的议事会每月召开几次?")
    assert answer.answerer == "extractive" and "307" in answer.notices[-1]
