"""Readers, and the decision that is made of what they say."""

from __future__ import annotations

import json
from pathlib import Path

from retrieval.reading import decision
from retrieval.reading.decision import Weights, decide
from retrieval.reading.lexical import LexicalReader
from retrieval.reading.records import ReadPassage

DUES = ReadPassage(
    "党费收缴办法",
    "第二章 收缴 › 第四条",
    ("第四条 党员应当在每月25日前交纳党费。", "党费由组织委员收取。"),
)
CLASSES = ReadPassage("党课制度", "", ("党课每季度安排一次。", "支部书记每年讲党课不少于一次。"))
WEIGHTS = Weights(
    (4.0, 1.0, 0.0, 0.0, 0.0), -1.0, (1.0, 1.0, 0.0), -1.0, (1.0, 1.0, 0.0), -1.0, threshold=0.5
)


def test_the_lexical_reader_points_at_the_unit_with_the_words_asked_for() -> None:
    reading = LexicalReader().read("党课多久安排一次？", [DUES, CLASSES])
    first, second = reading.passages
    assert second.units[0] == max(first.units + second.units)
    assert second.answers > first.answers


def test_readings_have_one_value_a_unit_whatever_is_read() -> None:
    empty = ReadPassage("", "", ())
    reading = LexicalReader().read("", [DUES, empty])
    assert [len(each.units) for each in reading.passages] == [2, 0]
    assert LexicalReader().read("党费", []).passages == ()


def test_traditional_script_and_width_change_no_reading() -> None:
    reader = LexicalReader()
    assert reader.read("黨費由誰收取", [DUES]) == reader.read("党费由谁收取", [DUES])


def test_a_decision_orders_all_units_by_their_chance() -> None:
    question, passages = "党费由谁收取？", [DUES, CLASSES]
    reading = LexicalReader().read(question, passages)
    decided = decide(question, passages, [0.9, 0.2], reading, WEIGHTS)
    assert (decided.pointed[0].passage, decided.pointed[0].unit) == (0, 1)
    assert len(decided.pointed) == 4
    chances = [each.chance for each in decided.pointed]
    assert chances == sorted(chances, reverse=True) and all(0 < chance < 1 for chance in chances)


def test_a_low_score_and_foreign_words_are_not_answered() -> None:
    passages = [DUES]
    found = {}
    for question, score in (("党费由谁收取？", 0.9), ("今天天气怎么样？", 0.05)):
        reading = LexicalReader().read(question, passages)
        found[question] = decide(question, passages, [score], reading, WEIGHTS).is_answered
    assert list(found.values()) == [True, False]


def test_without_passages_nothing_is_answered() -> None:
    decided = decide("？", [], [], LexicalReader().read("？", []), WEIGHTS)
    assert decided.pointed == () and not decided.is_answered


def test_the_weights_that_ship_name_every_feature() -> None:
    stated = json.loads((Path(decision.__file__).with_name("decision.json")).read_text(encoding="utf-8"))
    for weights in stated.values():
        assert tuple(weights["unit"]) == decision.UNIT_FEATURES
        assert tuple(weights["passage"]) == decision.PASSAGE_FEATURES
        assert tuple(weights["whole"]) == decision.WHOLE_FEATURES
    assert 0 < decision.learned_weights("lexical").threshold < 1
