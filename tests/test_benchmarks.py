"""What the benchmarks write and what they make up; what they measure is no business of a test."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.ingestion import write_copies
from benchmarks.report import table, write_section
from benchmarks.scale import PASSAGES_A_FILE, Vocabulary, write_corpus
from benchmarks.synchronisation import change_set, write_documents
from ingest.documents import read_document
from ingest.passages import make_passages

SEEDS = Path(__file__).parent.parent / "seeds"


def test_a_section_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("前\n<!-- a -->\n旧\n<!-- /a -->\n后\n<!-- b -->\n<!-- /b -->\n", encoding="utf-8")
    write_section("a", r"新 \1", readme)
    assert readme.read_text(encoding="utf-8") == (
        "前\n<!-- a -->\n新 \\1\n<!-- /a -->\n后\n<!-- b -->\n<!-- /b -->\n"
    )
    with pytest.raises(ValueError, match="<!-- c -->"):
        write_section("c", "新", readme)


def test_a_table_has_a_line_for_each_row() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | ---: |\n| 1 | 2 |"


def test_made_up_passages_have_the_seeds_words_and_lengths() -> None:
    vocabulary = Vocabulary()
    draw = random.Random(1)
    passages = [vocabulary.passage(draw) for _ in range(50)]
    longest = max(map(len, vocabulary.tokens))
    assert min(vocabulary.lengths) <= min(map(len, passages))
    assert max(map(len, passages)) <= max(vocabulary.lengths) + longest
    assert set("".join(passages)) <= set("".join(vocabulary.tokens))


def test_the_same_corpus_is_written_each_time_and_no_passage_twice(tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        written.append(list(write_corpus(tmp_path / name, 0, 3 * PASSAGES_A_FILE)))
    assert written[0] == written[1] and len(set(written[0])) == 3 * PASSAGES_A_FILE
    assert len(list((tmp_path / "one").iterdir())) == 3


def test_copies_of_real_documents_share_hardly_a_passage(tmp_path: Path) -> None:
    write_copies(SEEDS, tmp_path, 200)
    passages = []
    for path in tmp_path.iterdir():
        text = read_document(path.read_bytes(), path.name, None).text
        passages += [text[each.start : each.end] for each in make_passages(text, path.stem)]
    assert len(passages) >= 200 and len(set(passages)) >= 0.9 * len(passages)


def test_documents_to_synchronise_are_the_same_each_time_and_of_the_length_asked_for(tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        write_documents(tmp_path / name, 0, 20)
        texts.append([path.read_text(encoding="utf-8") for path in sorted((tmp_path / name).rglob("*.txt"))])
    assert texts[0] == texts[1] and len(set(texts[0])) == 20
    assert 600 < sum(map(len, texts[0])) / 20 < 1000


def test_a_change_set_is_a_hundredth_of_each_kind(tmp_path: Path) -> None:
    write_documents(tmp_path, 0, 200)
    before = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.txt")}
    deleted = change_set(tmp_path, 200)
    after = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.txt")}
    assert len(deleted) == 2 and not deleted.keys() & after.keys()
    assert sum(name.startswith("moved-") for name in after) == 2
    assert sum(name in before and before[name] != text for name, text in after.items()) == 2
    assert len([name for name in after.keys() - before.keys() if not name.startswith("moved-")]) == 2
