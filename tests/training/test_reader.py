"""The reader that ships is the one that its card describes, and what it learned from is what it says."""

from __future__ import annotations

import hashlib
import re
from random import Random

import pytest

from retrieval.reading.neural import FOLDER, MODEL_FILE, NeuralReader
from retrieval.reading.records import ReadPassage
from training.reader.examples import ROOT, is_held_out

CARD = (ROOT / "training" / "reader" / "README.md").read_text(encoding="utf-8")
LEAVE = ReadPassage(
    "党员外出请假办法",
    "第二章 请假",
    ("第五条 党员外出六个月以内的，应当向所在党支部请假。", "第六条 请假由支部书记批准。"),
)


def test_the_card_is_of_the_file_that_ships() -> None:
    data = (FOLDER / MODEL_FILE).read_bytes()
    assert hashlib.sha256(data).hexdigest()[:16] in CARD
    assert f"{len(data):,}" in CARD and len(data) < 25_000_000


def test_the_model_reads_documents_it_was_not_trained_on_as_well_as_its_card_says() -> None:
    pytest.importorskip("numpy")
    from training.reader.held_out import held_out_tasks, measure

    stated = re.search(r"first (0\.\d+), whole (0\.\d+), separation (0\.\d+)", CARD)
    assert stated is not None
    tasks = held_out_tasks()
    figures = measure(NeuralReader(), Random(7).sample(tasks, 90))
    assert all(is_held_out(task.document) for task in tasks)
    # Ninety questions are a sample: three standard errors below.
    for name, least in zip(("first", "whole", "separation"), map(float, stated.groups()), strict=True):
        assert getattr(figures, name) > least - 0.15, name


def test_readings_do_not_depend_on_what_else_is_read() -> None:
    reader, other = NeuralReader(), ReadPassage("通知", "", ("会议改在周五。" * 30, "请准时参加。"))
    alone = reader.read("请假由谁批准？", [LEAVE]).passages[0]
    beside = reader.read("请假由谁批准？", [other, LEAVE, other]).passages[1]
    assert alone.answers == pytest.approx(beside.answers, abs=0.02)
    assert alone.units == pytest.approx(beside.units, abs=0.02)
    assert alone.units[1] > alone.units[0]


@pytest.mark.parametrize("script", ["請假由誰批准？", "请假由谁批准", "请假由谁批准?"])
def test_script_and_closing_marks_change_little(script: str) -> None:
    reading = NeuralReader().read(script, [LEAVE]).passages[0]
    assert reading.units[1] > reading.units[0]


@pytest.mark.parametrize(
    "passage",
    [ReadPassage("", "", ()), ReadPassage("题", "", ("",)), ReadPassage("", "", ("党" * 5_000, "员"))],
)
def test_whatever_is_read_each_unit_gets_its_logit(passage: ReadPassage) -> None:
    found = NeuralReader().read("？", [passage, LEAVE]).passages
    assert [len(each.units) for each in found] == [len(passage.units), 2]


def test_training_can_go_on_from_the_file_alone() -> None:
    torch = pytest.importorskip("torch")
    from retrieval.models.tokenizer import Tokenizer
    from retrieval.reading.encoding import Encoder, batch
    from training.embedding.weights import read_weights
    from training.reader.network import from_embedding_model
    from training.reader.restore import restored, tensors_of
    from training.reader.train import PIECES

    network = from_embedding_model(read_weights()).eval()
    held = restored(tensors_of(FOLDER / MODEL_FILE))
    taught = {name for name, part in network.named_parameters() if part.requires_grad}
    assert held.keys() == taught
    network.load_state_dict(held, strict=False)
    encoder = Encoder(Tokenizer(PIECES / "pieces.json", PIECES / "characters.json"))
    question = "请假由谁批准?"
    rows = batch(encoder.rows(question, LEAVE))
    with torch.no_grad():
        unit, passage, _ = network(**{name: torch.from_numpy(value) for name, value in rows.items()})
    read = NeuralReader().read(question, [LEAVE]).passages[0]
    assert unit[0].tolist() == pytest.approx(read.units, abs=0.3)
    assert float(passage[0]) == pytest.approx(read.answers, abs=0.3)
