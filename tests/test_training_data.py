"""The questions to learn from are what their README says: every span and near miss stands in its document."""

from __future__ import annotations

import json
from pathlib import Path

from ingest.documents import read_document
from tests.quality import QUESTIONS

DATA = Path(__file__).resolve().parent.parent / "training" / "data"


def test_every_span_stands_in_its_document_and_no_question_is_one_that_measures() -> None:
    texts = {
        path.name: "".join(path.read_text(encoding="utf-8").split()) for path in DATA.glob("documents/*")
    }
    assert len(texts) == 350
    for path in (DATA.parents[1] / "seeds").glob("*.txt"):
        texts[path.name] = "".join(read_document(path.read_bytes(), path.name, None).text.split())
    files = sorted(DATA.glob("questions/*.jsonl"))
    asked = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(asked) == 10985 == len({each["id"] for each in asked})
    for each in asked:
        assert each["answerable"] == bool(each["spans"]) and (each["answerable"] or each["why"]), each["id"]
        for wording in (*each["spans"], *each.get("near", ())):
            assert "".join(wording.split()) in texts[each["doc"]], each["id"]
    measuring = {
        json.loads(line)["question"]
        for path in QUESTIONS.glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    assert measuring.isdisjoint(each["question"] for each in asked)
