"""A real cross-encoder, made small from random weights, by the path that any other would take."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.compose import Application
from bot.settings import Settings
from retrieval.errors import SettingError
from retrieval.models.cross_encoder import CrossEncoderReranker, load_reranker
from retrieval.ranking import Ranked
from retrieval.records import DocumentInfo, Passage
from retrieval.rerank import DEPTH, rerank
from retrieval.retriever import Retriever
from retrieval.scoring import Parts
from tests.corpus import HashEmbedder
from tests.editions import conflicts, searched

QUESTION = "支部委员会一届干几年？"
TEXTS = ["支部委员会的任期为三年。", "党费每月交纳。", "流动党员每季度汇报一次。", "", "支部\ud800党委"]


def make_cross_encoder(folder: Path, labels: int = 1) -> Path:
    """A BERT of two layers over single characters, with weights drawn at random."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    folder.mkdir(parents=True)
    characters = sorted(set("".join(TEXTS) + QUESTION) - {"\ud800"})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        id2label={n: str(n) for n in range(labels)},
        initializer_range=1.0,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cross_encoder(tmp_path_factory.mktemp("models") / "cross")


@pytest.fixture(scope="module")
def reranker(model: Path) -> CrossEncoderReranker:
    return CrossEncoderReranker(str(model))


def test_marks_are_the_logistic_of_the_models_own_logits(model: Path, reranker: CrossEncoderReranker) -> None:
    from sentence_transformers import CrossEncoder
    from torch.nn import Identity

    marks = reranker.scores(QUESTION, TEXTS[:3])
    pairs = [(QUESTION, text) for text in TEXTS[:3]]
    logits = CrossEncoder(str(model), device="cpu").predict(pairs, activation_fn=Identity())
    assert marks == pytest.approx([1 / (1 + math.exp(-float(logit))) for logit in logits], abs=1e-4)


def test_every_mark_is_from_0_to_1_and_odd_texts_are_read(reranker: CrossEncoderReranker) -> None:
    marks = reranker.scores(QUESTION, TEXTS)
    assert len(marks) == len(TEXTS) and all(0 <= mark <= 1 for mark in marks)
    assert len(set(marks)) > 1
    assert reranker.scores(QUESTION, []) == []


def test_the_best_twenty_follow_its_marks_and_the_rest_stays_behind(reranker: CrossEncoderReranker) -> None:
    info = DocumentInfo("d", "d.txt", "d")
    ranked = [
        Ranked(n, Passage(str(n), info, "", "paragraph", n, n + 1, TEXTS[n % 3] * (n + 1), str(n)), part)
        for n in range(DEPTH + 5)
        for part in [Parts(1 - n / 50, 1 - n / 50, 1 - n / 50, -1.0)]
    ]
    found = rerank(reranker, QUESTION, ranked)
    marks = reranker.scores(QUESTION, [each.passage.text for each in ranked[:DEPTH]])
    expected = [n for _, n in sorted((-mark, n) for n, mark in enumerate(marks))]
    assert [each.rowid for each in found] == expected + list(range(DEPTH, DEPTH + 5))
    scores = [each.parts.score for each in found]
    assert scores == sorted(scores, reverse=True) and 0 <= scores[-1] <= scores[0] <= 1
    assert rerank(reranker, QUESTION, []) == []


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    papers = [paper for pair in conflicts() for paper in pair][:12]
    with searched(tmp_path_factory.mktemp("corpus"), papers, HashEmbedder()) as made:
        yield made


def test_a_search_with_it_is_in_order_of_its_scores(
    retriever: Retriever, reranker: CrossEncoderReranker
) -> None:
    plain = Retriever(retriever._store, None, None)
    reranked = Retriever(retriever._store, None, None, reranker=reranker)
    with plain.searching(QUESTION) as search:
        assert all(each.parts.rerank == -1 for each in search.ranked)
    with reranked.searching(QUESTION) as search:
        assert all(0 <= each.parts.rerank <= 1 for each in search.ranked)
        relevance = [each.parts.relevance for each in search.ranked if not each.parts.authority]
        assert relevance == sorted(relevance, reverse=True)
        scores = [each.score for each in search.evidence(100).passages]
        assert scores == sorted(scores, reverse=True) and 0 <= scores[-1] <= scores[0] <= 1


def test_the_setting_reaches_the_retriever(model: Path, tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None, data_dir=tmp_path, embedding={"model": "none"}, reranker={"model": str(model)}
    )
    with Application(settings, announce=print) as application:
        assert isinstance(application.reranker, CrossEncoderReranker)
    plain = Settings(_env_file=None, data_dir=tmp_path, embedding={"model": "none"})
    with Application(plain, announce=print) as application:
        assert application.reranker is None


def test_what_is_no_reranker_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    several = make_cross_encoder(tmp_path / "several", labels=3)
    for name in (str(tmp_path / "missing"), str(tmp_path / "empty"), str(several), "什么 模型"):
        with pytest.raises(SettingError, match=r"重排模型|模型名") as caught:
            load_reranker(name)
        assert caught.value.exit_status == 2
        assert "DANGWU_RERANKER__MODEL" in caught.value.remedy
    assert load_reranker("") is None
