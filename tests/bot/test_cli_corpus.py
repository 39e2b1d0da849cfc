"""The commands that keep the corpus: ingest, clean, doctor."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from bot.cli.entry import run
from retrieval.store import DATABASE_NAME
from tests.command import QUESTION, ROOT, document, needs_permissions, output, unprivileged
from tests.corpus import write_files


class TestIngest:
    def test_it_reports_what_it_did(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write_files(home / "docs", a="党员应当按期交纳党费。\n每月一次。" * 9)
        assert run(["ingest", "docs", "--json"]) == 0
        report = document(capsys)
        assert set(report) >= {"version", "applied", "documents", "embedded"}
        assert report["applied"] is True
        assert [(each["source"], each["change"]) for each in report["documents"]] == [("docs/a.txt", "new")]

    def test_a_plan_changes_nothing(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write_files(home / "docs", a="党员应当按期交纳党费。" * 9)
        assert run(["ingest", "docs", "--plan", "--json"]) == 0
        assert document(capsys)["applied"] is False
        assert not (home / "data").exists()

    def test_one_broken_file_among_good_ones_is_named_and_the_others_go_in(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        docs = write_files(home / "docs", good="党员应当按期交纳党费，每月一次。" * 9)
        (docs / "broken.txt").write_bytes(bytes(range(256)) * 20)
        assert run(["ingest", "docs", "--json"]) == 1
        out, err = output(capsys)
        changes = {each["source"]: each["change"] for each in json.loads(out)["documents"]}
        assert changes == {"docs/good.txt": "new", "docs/broken.txt": "broken"}
        assert "docs/broken.txt" in err
        assert run(["search", "交纳党费", "--json"]) == 0
        assert document(capsys)["passages"]

    def test_an_empty_file_is_named_with_the_reason(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (home / "empty.txt").write_bytes(b"")
        status = run(["ingest", "empty.txt", "--json"])
        out, err = output(capsys)
        (change,) = json.loads(out)["documents"]
        assert (status, change["change"]) in ((0, "quarantined"), (1, "broken"))
        assert "空" in change["reason"]
        assert "empty.txt：是空文件" in err and change["reason"].partition("。")[2] in err

    @needs_permissions
    def test_an_unreadable_folder_is_named(self, home: Path) -> None:
        docs = write_files(home / "docs", a="党员应当按期交纳党费。" * 9)
        closed = write_files(docs / "closed", b="看不到")
        closed.chmod(0)
        status, out, err = unprivileged("ingest", "docs", "--json")
        closed.chmod(0o700)
        changes = {each["source"]: each["change"] for each in json.loads(out)["documents"]}
        assert (status, changes) == (1, {"docs/a.txt": "new", "docs/closed": "broken"})
        assert "docs/closed" in err

    @needs_permissions
    def test_a_data_folder_that_cannot_be_written_is_named(self, home: Path) -> None:
        (home / "data").mkdir(mode=0o500)
        for args in (["ingest"], ["ask", QUESTION]):
            status, _, err = unprivileged(*args)
            assert status == 1
            assert str(home / "data") in err and "不可写" in err

    def test_a_root_that_has_vanished_is_an_error_and_deletes_nothing(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        docs = write_files(home / "docs", a="党员应当按期交纳党费，每月一次。" * 9)
        assert run(["ingest", "docs"]) == 0
        shutil.move(docs, home / "elsewhere")
        assert run(["ingest"]) == 1
        assert "不见了" in output(capsys)[1]
        assert run(["search", "交纳党费", "--json"]) == 0
        assert document(capsys)["passages"]


class TestClean:
    def test_the_text_goes_to_stdout_and_the_rest_to_stderr(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        seed = next((ROOT / "seeds").glob("000*.txt"))
        assert run(["clean", str(seed)]) == 0
        out, err = output(capsys)
        assert "议事" not in err and len(out) > 1000
        assert "标题：" in err

    def test_the_edits_applied_to_the_raw_text_give_the_cleaned_text(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        seed = next((ROOT / "seeds").glob("000*.txt"))
        assert run(["clean", str(seed), "--json"]) == 0
        cleaned = document(capsys)
        assert list(cleaned) == ["title", "text", "metadata", "edits", "warnings", "quarantine"]
        raw = seed.read_bytes().decode("utf-8")
        for edit in reversed(cleaned["edits"]):
            assert raw[edit["start"] : edit["end"]] == edit["before"]
            raw = raw[: edit["start"]] + edit["after"] + raw[edit["end"] :]
        assert raw == cleaned["text"]

    def test_the_diff_names_the_steps(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        seed = next((ROOT / "seeds").glob("000*.txt"))
        assert run(["clean", str(seed), "--diff"]) == 0
        out, _ = output(capsys)
        assert "清洗后" in out and "[-" in out and "处改动" in out
        assert "\x1b[" not in out

    def test_a_binary_file_is_refused(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (home / "binary.txt").write_bytes(bytes(range(256)) * 20)
        assert run(["clean", "binary.txt"]) == 1
        out, err = output(capsys)
        assert out == "" and "错误：" in err


class TestReport:
    def test_the_page_is_written_into_the_data_folder(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_files(home / "docs", a="党费收缴规定\n" + "党员应当按期交\u200b纳党费。" * 9)
        assert run(["ingest", "docs"]) == 0
        output(capsys)
        assert run(["report"]) == 0
        out, err = output(capsys)
        page = Path(out.strip())
        assert page == home / "data" / "report.html" and err == ""
        assert "党费收缴规定" in page.read_text(encoding="utf-8")

    def test_the_public_one_is_a_file_of_its_own_without_internal_documents(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        docs = write_files(home / "docs", a="党费收缴规定\n按期交纳。", b="换届工作安排\n注意保密。")
        (docs / "b.txt.meta.toml").write_text('audience = "内部"', encoding="utf-8")
        assert run(["ingest", "docs"]) == 0
        output(capsys)
        for options, counts in ([], (2, 1)), (["--public"], (1, 0)):
            assert run(["report", "--json", *options]) == 0
            summary = document(capsys)
            assert (summary["documents"], summary["internal"]) == counts
        public = (home / "data" / "report-public.html").read_text(encoding="utf-8")
        assert "党费收缴规定" in public and "换届" not in public
        assert "换届" in (home / "data" / "report.html").read_text(encoding="utf-8")

    def test_it_goes_where_it_is_told(self, corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["report", "-o", "新的.html"]) == 0
        assert output(capsys)[0] == "新的.html\n"
        assert run(["report", "-o", "-"]) == 0
        printed = output(capsys)[0]
        assert printed.startswith("<!DOCTYPE html>") and len(printed) > 100_000
        assert (corpus / "新的.html").stat().st_size > 100_000

    def test_a_place_that_cannot_be_written_is_named(
        self, corpus: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["report", "-o", "没有/这个.html"]) == 2
        assert "文件夹不存在：没有" in output(capsys)[1]
        (corpus / "占着").mkdir()
        assert run(["report", "-o", "占着"]) == 1
        assert "写不了 占着" in output(capsys)[1]
        assert [each.name for each in corpus.iterdir()] == ["占着"]

    def test_there_is_nothing_to_report_before_the_first_ingest(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["report"]) == 1
        assert "dangwu ingest" in output(capsys)[1]
        assert not (home / "data").exists()


class TestDoctor:
    def test_nothing_is_broken_before_the_first_ingest_and_nothing_is_made(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["doctor", "--json"]) == 0
        report = document(capsys)
        assert report["ok"] is True
        assert not (home / "data").exists()

    def test_a_whole_corpus_is_sound(self, corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["doctor", "--json"]) == 0
        checks = {each["name"]: each["status"] for each in document(capsys)["checks"]}
        assert checks["资料库"] == checks["索引"] == "ok"

    def test_every_fault_comes_with_its_remedy(
        self, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (home / "data").mkdir()
        (home / "data" / DATABASE_NAME).write_bytes(b"")
        monkeypatch.setenv("DANGWU_TELEGRAM__TOKEN", "12:secret")
        assert run(["doctor", "--json"]) == 1
        out, _ = output(capsys)
        faults = [each for each in json.loads(out)["checks"] if each["status"] == "broken"]
        assert {"资料库", "令牌"} <= {each["name"] for each in faults}
        assert all(each["remedy"] for each in faults) and "secret" not in out

    def test_a_lexical_index_that_lost_passages_is_found(
        self, home: Path, seeded: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shutil.copytree(seeded, home / "data")
        with sqlite3.connect(home / "data" / DATABASE_NAME) as connection:
            connection.execute("DELETE FROM passage_terms WHERE rowid < 10")
        connection.close()
        assert run(["doctor"]) == 1
        assert "词索引" in output(capsys)[0]

    def test_a_wrong_setting_is_shown_as_the_fault(
        self, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DANGWU_LLM__TIMEOUT_S", "-1")
        assert run(["doctor", "--json"]) == 2
        (check,) = document(capsys)["checks"]
        assert check["status"] == "broken" and "DANGWU_LLM__TIMEOUT_S" in check["message"]
