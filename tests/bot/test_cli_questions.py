"""The commands that ask: ask, search, chat, eval, bot."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from bot.asking import QUESTION_CHARS_MAX
from bot.cli.entry import run
from retrieval.evaluation import METRICS
from retrieval.figures import recorded_evaluations
from retrieval.store import DATABASE_NAME, Store
from tests.command import QUESTION, ROOT, document, needs_permissions, output, process, unprivileged


class TestAsking:
    def test_the_first_question_brings_the_seeds_in_and_says_so(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["ask", QUESTION, "--json"]) == 0
        out, err = output(capsys)
        answer = json.loads(out)
        assert (answer["id"], answer["status"]) == ("q1", "answered")
        assert "示例资料" in err and str(home / "data") in err
        assert {each["document"]["source"].partition("/")[0] for each in answer["passages"]} == {"seeds"}
        assert run(["ask", QUESTION]) == 0
        out, err = output(capsys)
        assert err == "" and "〔1〕" in out and "出处" in out

    def test_every_quote_is_what_clean_prints_at_its_offsets(
        self, corpus: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["ask", QUESTION, "--json"]) == 0
        citations = document(capsys)["citations"]
        assert citations
        for citation in citations:
            assert run(["clean", str(ROOT / citation["document"]["source"]), "--json"]) == 0
            assert document(capsys)["text"][citation["start"] : citation["end"]] == citation["quote"]

    def test_a_question_may_be_given_in_several_words(
        self, corpus: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["search", "社区党员", "议事会", "--json"]) == 0
        assert document(capsys)["question"] == "社区党员 议事会"

    def test_a_search_gives_as_many_passages_as_asked_for(
        self, corpus: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["search", QUESTION, "-k", "3", "--json"]) == 0
        found = document(capsys)
        scores = [each["score"] for each in found["passages"]]
        assert len(scores) == 3 and scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)

    def test_a_search_in_nothing_says_what_to_do(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["search", "党费"]) == 1
        assert "dangwu ingest" in output(capsys)[1]

    def test_a_question_file_is_answered_in_order_and_broken_lines_in_their_place(
        self, corpus: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lines = [
            json.dumps(
                {"id": 7, "question": QUESTION, "type": "list", "must": ["确立议程"]}, ensure_ascii=False
            ),
            "{broken",
            "",
            json.dumps({"id": "empty", "question": " ", "note": [1]}),
            json.dumps({"id": "long", "question": "党" * (QUESTION_CHARS_MAX + 1)}),
            json.dumps({"id": "last", "question": "什么是社区党建？"}),
        ]
        (corpus / "q.jsonl").write_text("\n".join(lines), encoding="utf-8-sig")
        assert run(["ask", "--jsonl", "q.jsonl"]) == 1
        out, err = output(capsys)
        answers = [json.loads(line) for line in out.splitlines()]
        assert [each["id"] for each in answers] == [7, None, "empty", "long", "last"]
        assert [each["status"] == "error" for each in answers] == [False, True, True, True, False]
        assert (answers[0]["type"], answers[0]["must"], answers[2]["note"]) == ("list", ["确立议程"], [1])
        assert "第 2 行" in answers[1]["error"] and "第 2 行" in err
        assert all(set(each) >= {"answer", "citations", "passages", "notices"} for each in answers)

    def test_bars_on_a_terminal_leave_the_results_on_stdout(self, corpus: Path) -> None:
        (corpus / "q.jsonl").write_text(json.dumps({"id": 1, "question": QUESTION}), encoding="utf-8")
        terminal, screen = os.openpty()
        with process("ask", "--jsonl", "q.jsonl", stderr=screen) as asking:
            out, _ = asking.communicate(timeout=60)
        os.close(screen)
        shown = os.read(terminal, 100_000).decode()
        os.close(terminal)
        assert json.loads(out)["id"] == 1
        assert "回答" in shown and "1/1" in shown and "citations" not in shown

    def test_a_damaged_database_is_named_with_the_remedy(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (home / "data").mkdir()
        (home / "data" / DATABASE_NAME).write_bytes(b"not a database at all" * 500)
        for args in (["ask", QUESTION], ["search", QUESTION], ["ingest"], ["chat"], ["bot"]):
            assert run(args) == 1
            _, err = output(capsys)
            assert DATABASE_NAME in err and "备份" in err

    def test_a_chat_answers_line_by_line_and_survives_a_question_that_is_none(self, corpus: Path) -> None:
        with process("chat", stdin=subprocess.PIPE) as chat:
            out, err = chat.communicate(f"？\n{QUESTION}\n退出\n{QUESTION}\n", timeout=60)
        assert chat.returncode == 0
        assert out.count("出处") == 1 and "问题是空的" in err

    def test_the_bot_refuses_an_empty_corpus(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["bot"]) == 1
        assert "是空的" in output(capsys)[1]

    def test_the_bot_refuses_to_start_without_a_token(
        self, corpus: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["bot"]) == 2
        assert "DANGWU_TELEGRAM__TOKEN" in output(capsys)[1]


class TestEval:
    def test_a_question_file_gives_the_metrics_of_the_contract(
        self, corpus: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        question = {"id": "a", "type": "list", "question": QUESTION, "must": ["确立议程", "实施议程"]}
        unanswerable = {"id": "b", "type": "unanswerable", "question": "火星基地有几名党员？", "must": []}
        lines = [json.dumps(each, ensure_ascii=False) for each in (question, unanswerable)]
        (corpus / "q.jsonl").write_text("\n".join(lines), encoding="utf-8")
        assert run(["eval", "q.jsonl", "--json"]) == 0
        report = document(capsys)
        assert (report["n"], report["hit@5"], report["citation_valid"]) == (2, 1.0, 1.0)
        assert set(report["by_type"]) == {"list", "unanswerable"}
        assert set(report["latency_ms"]) == {"p50", "p95"}

    def test_the_figures_are_kept_by_version_for_the_report(
        self, corpus: Path, seeded: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        question = {"id": "a", "type": "list", "question": QUESTION, "must": ["确立议程"]}
        (corpus / "kept.jsonl").write_text(json.dumps(question), encoding="utf-8")
        for _ in range(2):
            assert run(["eval", "kept.jsonl", "--json"]) == 0
            report = document(capsys)
        store = Store.open(seeded, create=False)
        (kept,) = [each for each in recorded_evaluations(store) if each.questions == "kept.jsonl"]
        version = store.current()
        assert version and kept.index_version == version.name and kept.n == 1
        assert kept.metrics == {name: report[name] for name in METRICS if report[name] is not None}

    @needs_permissions
    def test_a_folder_that_cannot_be_written_is_evaluated_all_the_same(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["ingest"]) == 0
        (home / "q.jsonl").write_text(json.dumps({"question": QUESTION, "must": ["确立议程"]}), "utf-8")
        for each in [*(home / "data").rglob("*"), home / "data"]:
            each.chmod(0o555 if each.is_dir() else 0o444)
        status, out, err = unprivileged("eval", "q.jsonl", "--json")
        for each in [home / "data", *(home / "data").rglob("*")]:
            each.chmod(0o755 if each.is_dir() else 0o644)
        assert (status, json.loads(out)["n"]) == (0, 1)
        assert "没有记入资料库" in err

    def test_a_folder_is_a_benchmark_of_its_own_and_leaves_the_corpus_alone(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = home / "bench"
        folder.mkdir()
        texts = {"p1": "党费每月交纳一次。", "p2": "预备期为一年。"}
        passages = [json.dumps({"id": key, "text": text}, ensure_ascii=False) for key, text in texts.items()]
        (folder / "passages.jsonl").write_text("\n".join(passages), encoding="utf-8")
        asked = {"question": "预备期多久？", "gold_passage_id": "p2", "answers": ["一年"]}
        (folder / "questions.jsonl").write_text(json.dumps(asked, ensure_ascii=False), encoding="utf-8")
        for _ in range(2):
            assert run(["eval", "bench", "--json"]) == 0
            report = document(capsys)
            assert (report["n"], report["hit@1"], report["misses"]) == (1, 1.0, [])
        assert run(["search", "党费"]) == 1

    def test_a_broken_line_is_named_and_the_others_count(
        self, corpus: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        question = {"id": "a", "type": "list", "question": QUESTION, "must": ["确立议程"]}
        (corpus / "q.jsonl").write_text(json.dumps(question) + "\n{broken\n", encoding="utf-8")
        assert run(["eval", "q.jsonl", "--json"]) == 1
        out, err = output(capsys)
        assert json.loads(out)["n"] == 1 and "第 2 行" in err

    def test_nothing_can_be_evaluated_on_an_empty_corpus(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (home / "q.jsonl").write_text('{"question": "党费？", "must": ["甲"]}', encoding="utf-8")
        assert run(["eval", "q.jsonl"]) == 1
        assert "是空的" in output(capsys)[1]
