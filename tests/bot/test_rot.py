"""Bits that flip in the database: an answer is the right one or says that something is damaged; never wrong.

``FLIPS=500 python -m pytest tests/bot/test_rot.py`` flips five hundred, see ``tests.rotting``.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.answering.answerer import Answerer
from bot.cli.checks import run_checks
from bot.cli.entry import run
from bot.cli.upkeep_checks import upkeep_checks
from bot.compose import SEEDS, Application
from bot.rendering.json import answer_json, document_json
from bot.settings import load_settings
from ingest.pipeline import ingest
from ingest.publishing import Work
from ingest.upkeep import state
from retrieval.errors import DangwuError
from retrieval.locking import utc_now
from retrieval.reading.lexical import LexicalReader
from retrieval.records import EVERYONE, STAFF
from retrieval.retriever import Retriever
from retrieval.store import DATABASE_NAME, Store
from retrieval.vectors import VectorFolders
from tests.command import output
from tests.corpus import HashEmbedder, ask, run_ingest, write_files
from tests.rotting import FLIPS, apart, flip_bit

QUESTIONS = (
    *("社区党员议事会有哪五个议事程序？", "城区基层党建坚持什么方针？", "非公党建当前存在哪些困难和问题？"),
    *("党员外出要向谁请假？", "保险柜的钥匙由谁保管？", "火星基地有几名党员？"),
)
LEAVE = "党员外出请假办法\n\n党员外出六个月以内的，应当向所在党支部请假，经支部书记同意后方可离开。\n"
SAFE = "保险柜管理办法\n\n保险柜的钥匙由机要员保管，不得转交他人。\n"
Json = dict[str, Any]
DAMAGE = "已经损坏"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seeds and two documents in several versions, one internal by its sidecar, one with stated fields."""
    base = tmp_path_factory.mktemp("rot")
    docs = Path(shutil.copytree(SEEDS, base / "docs", ignore=shutil.ignore_patterns("*.toml")))
    (docs / "leave.txt").write_text(LEAVE.replace("六个月", "三个月"), encoding="utf-8")
    (docs / "safe.txt").write_text(SAFE, encoding="utf-8")
    (docs / "safe.txt.meta.toml").write_text('audience = "内部"\n', encoding="utf-8")
    store = Store.open(base / "data", create=True)
    ingest([docs], store, None, VectorFolders(store))
    (docs / "leave.txt").write_text(LEAVE, encoding="utf-8")
    ingest([docs], store, None, VectorFolders(store))
    with store.snapshot() as snapshot:
        (leave,) = [each.id for each in snapshot.documents() if each.source.endswith("leave.txt")]
    state(Work(store, None, VectorFolders(store)), leave, {"issuer": "机关党委"})
    store.close()
    return base / "data"


@pytest.fixture
def data_dir(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "data"))


@pytest.fixture(scope="module")
def truth(sound: Path) -> Json:
    """What everything is, and what everybody is told, while all is sound."""
    store = Store.open(sound, create=False)
    documents, passages = {}, {}
    with store.snapshot() as snapshot:
        for info in snapshot.documents():
            documents[info.id] = {"named": document_json(info), "text": snapshot.document_text(info.id)}
            for each in snapshot.passages(snapshot.document_passages(info.id)).values():
                passages[each.id] = (each.section, each.text, each.start, each.end)
    store.close()
    status, asked = apart(answers, sound)
    assert status == 0 and asked and asked["broken"] == []
    assert [each["status"] for each in asked["staff"]] == ["answered"] * 5 + ["refused"]
    assert [each["status"] for each in asked["members"]] == ["answered"] * 4 + ["refused"] * 2
    return {"documents": documents, "passages": passages, "asked": asked}


def answers(data_dir: Path) -> Json:
    """What a process that has just been started says, and what the doctor finds."""
    os.environ |= {"DANGWU_DATA_DIR": str(data_dir), "DANGWU_EMBEDDING__MODEL": "none"}
    told: Json = {}
    for name, audiences in (("staff", STAFF), ("members", EVERYONE)):
        told[name] = []
        for question in QUESTIONS:
            try:
                store = Store.open(data_dir, create=False)
                # Rot has nothing to do with who reads, and this one needs no model.
                answerer = Answerer(Retriever(store, None, None), LexicalReader())
                answer = answerer.answer(question, audiences=audiences)
                store.close()
                told[name].append({**answer_json(answer, answer_id=None), "elapsed_ms": 0})
            except DangwuError as exc:
                told[name].append({"status": "error", "error": exc.message})
    with Application(load_settings(), announce=print) as application:
        checks = [*run_checks(application), *upkeep_checks(application, utc_now())]
        told["broken"] = [each.name for each in checks if each.status == "broken"]
    return told


def untrue(answer: Json, truth: Json) -> list[str]:
    """What of an answer is not what was stored."""
    found = []
    for each in (*answer.get("citations", ()), *answer.get("passages", ())):
        named = each["document"]
        known = truth["documents"].get(named["id"])
        said = each.get("quote", each.get("text"))
        section, text, start, end = truth["passages"].get(each.get("passage_id", each.get("id")), ("",) * 4)
        if known is None or {**named, "status": ""} != {**known["named"], "status": ""}:
            found.append(f"document {named}")
        elif known["text"][each["start"] : each["end"]] != said:
            found.append(f"words {said}")
        elif each["section"] != section or (
            "text" in each and (text, start, end) != (said, each["start"], each["end"])
        ):
            found.append(f"place {each}")
    return found


def is_told(answer: Json) -> bool:
    """Whether an answer says that something is damaged, or none is given."""
    return answer["status"] == "error" or any(DAMAGE in each for each in answer["notices"])


@pytest.mark.parametrize("number", range(FLIPS or 30))
def test_a_flipped_bit_never_gives_a_wrong_quote(data_dir: Path, truth: Json, number: int) -> None:
    flipped = flip_bit(data_dir / DATABASE_NAME, random.Random(f"database {number}"))
    status, told = apart(answers, data_dir)
    assert status == 0 and told, flipped
    for name in ("staff", "members"):
        for answer, right in zip(told[name], truth["asked"][name], strict=True):
            assert untrue(answer, truth) == [], (flipped, answer)
            assert answer == right or is_told(answer), (flipped, answer, right)
            if answer != right:
                assert told["broken"], (flipped, "the doctor finds nothing")
    assert SAFE.splitlines()[-1] not in json.dumps(told["members"], ensure_ascii=False)


LEAVE_ID = "(SELECT r.id FROM revisions r JOIN version_revisions m ON m.revision_id = r.id"
LEAVE_ID += " JOIN current_version c ON c.version_id = m.version_id WHERE r.source LIKE '%leave.txt')"
SAFE_ID = LEAVE_ID.replace("leave", "safe")
ROT = {
    "text": f"UPDATE revisions SET text = replace(text, '六个月', '三个月') WHERE id = {LEAVE_ID}",
    "text of another length": f"UPDATE revisions SET text = '……' || text WHERE id = {LEAVE_ID}",
    "no UTF-8": f"UPDATE revisions SET text = CAST(X'FF' || substr(text, 2) AS TEXT) WHERE id = {LEAVE_ID}",
    "title": f"UPDATE revisions SET title = '另一个办法' WHERE id = {LEAVE_ID}",
    "source": f"UPDATE revisions SET source = 'docs/other.txt' WHERE id = {LEAVE_ID}",
    "document": f"UPDATE revisions SET document_id = 'feedfeedfeed' WHERE id = {LEAVE_ID}",
    "status": "UPDATE revisions SET metadata = json_set(metadata, '$.status', '已废止')"
    f" WHERE id = {LEAVE_ID}",
    "no JSON": f"UPDATE revisions SET metadata = '(' || metadata WHERE id = {LEAVE_ID}",
    "mark": f"UPDATE revisions SET metadata = replace(metadata, 'audience', 'audiemce') WHERE id = {SAFE_ID}",
    "quarantine": f"UPDATE revisions SET quarantine = '' WHERE id = {LEAVE_ID}",
    "edits": f"UPDATE revisions SET edits = '[{{]' WHERE id = {LEAVE_ID}",
    "raw": "UPDATE raws SET data = X'00'"
    f" WHERE sha256 = (SELECT raw_sha256 FROM revisions WHERE id = {LEAVE_ID})",
    "start": f"UPDATE passages SET start = start + 1 WHERE revision_id = {LEAVE_ID}",
    "no number": f"UPDATE passages SET stop = 'x' WHERE revision_id = {LEAVE_ID}",
    "section": f"UPDATE passages SET section = '第九条' WHERE revision_id = {LEAVE_ID}",
    "key": f"UPDATE passages SET key = 'a' || substr(key, 2) WHERE revision_id = {LEAVE_ID}",
    "passage": f"UPDATE passages SET id = id + 1000 WHERE revision_id = {LEAVE_ID}",
    "passages": f"DELETE FROM passages WHERE revision_id = {LEAVE_ID}",
    "names": f"UPDATE namings SET found = '[[' WHERE revision_id = {LEAVE_ID}",
    "checksum": f"UPDATE checksums SET text = X'00' WHERE revision_id = {LEAVE_ID}",
    "member lost": f"DELETE FROM version_revisions WHERE revision_id = {LEAVE_ID}",
    "member of old": "UPDATE version_revisions SET revision_id ="
    f" (SELECT min(id) FROM revisions WHERE source LIKE '%leave.txt') WHERE revision_id = {LEAVE_ID}",
    "audience": f"UPDATE version_revisions SET is_internal = 0 WHERE revision_id = {SAFE_ID}",
    "pointer": "UPDATE current_version SET version_id = 1",
    "version": "UPDATE versions SET keys = keys + 1 WHERE id = (SELECT max(id) FROM versions)",
    "index": "UPDATE passage_terms_data SET block = zeroblob(length(block)) WHERE id ="
    " (SELECT max(id) FROM passage_terms_data)",
    "terms": "UPDATE passage_terms_content SET c0 = 'x' || c0",
}


def spoil(data_dir: Path, sql: str) -> None:
    """Change what is stored behind the program's back."""
    with closing(sqlite3.connect(data_dir / DATABASE_NAME)) as connection, connection:
        assert connection.execute(sql).rowcount


def told_now(data_dir: Path) -> Json:
    status, told = apart(answers, data_dir)
    assert status == 0 and told
    return told


def unnumbered(asked: Json) -> list[Json]:
    """The answers without the name of the version."""
    return [{**each, "index_version": ""} for name in ("staff", "members") for each in asked[name]]


@pytest.mark.parametrize("where", ROT)
def test_rot_is_told_and_an_ingest_mends_it(
    data_dir: Path,
    truth: Json,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil(data_dir, ROT[where])
    told = told_now(data_dir)
    for name in ("staff", "members"):
        for answer, right in zip(told[name], truth["asked"][name], strict=True):
            assert untrue(answer, truth) == [] and (answer == right or is_told(answer)), answer
    assert "机要员" not in json.dumps(told["members"], ensure_ascii=False)
    if where != "names":
        assert told["broken"], "the doctor finds nothing"
    monkeypatch.setenv("DANGWU_DATA_DIR", str(data_dir))
    monkeypatch.setenv("DANGWU_EMBEDDING__MODEL", "none")
    assert run(["ingest"]) == 0, output(capsys)
    mended = told_now(data_dir)
    assert mended["broken"] == [] and unnumbered(mended) == unnumbered(truth["asked"])
    assert run(["ingest", "--json"]) == 0
    output(capsys)
    with closing(sqlite3.connect(data_dir / DATABASE_NAME)) as connection:
        numbers = [row[0] for row in connection.execute("SELECT id FROM versions ORDER BY id")]
    assert len(numbers) <= 4, "what is mended is not published again and again"


def test_what_is_sound_is_answered_beside_what_is_not(data_dir: Path, truth: Json) -> None:
    spoil(data_dir, ROT["text"])
    told = told_now(data_dir)
    for name in ("staff", "members"):
        for number in range(3):
            right = truth["asked"][name][number]
            assert told[name][number]["answer"] == right["answer"]
            assert told[name][number]["citations"] == right["citations"]
        assert told[name][3]["status"] == "refused" and is_told(told[name][3])


@pytest.mark.parametrize(
    ("sql", "command"),
    [
        ("UPDATE overrides SET fields = replace(fields, '机关', '机天')", ["ingest"]),
        ("UPDATE removals SET document_id = 'feedfeedfeed'", ["ingest"]),
    ],
)
def test_lost_marks_stop_an_ingest_and_a_backup_brings_them_back(
    data_dir: Path,
    sql: str,
    command: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DANGWU_DATA_DIR", str(data_dir))
    monkeypatch.setenv("DANGWU_EMBEDDING__MODEL", "none")
    assert run(["remove", "003_462883809ea3ad38", "--yes"]) == 0
    assert run(["backup", str(data_dir.parent / "b.zip")]) == 0
    spoil(data_dir, sql)
    output(capsys)
    assert run(command) == 1 and run(["doctor"]) == 1
    assert "损坏" in output(capsys)[1]
    assert run(["restore", str(data_dir.parent / "b.zip"), "--yes"]) == 0
    assert run(command) == 0 and run(["doctor"]) == 0


def test_a_schema_that_is_no_text_any_more_is_an_error_and_a_restore_replaces_it(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """SQLite then quotes what is not to be decoded."""
    monkeypatch.setenv("DANGWU_DATA_DIR", str(data_dir))
    monkeypatch.setenv("DANGWU_EMBEDDING__MODEL", "none")
    assert run(["backup", str(data_dir.parent / "b.zip")]) == 0
    database = data_dir / DATABASE_NAME
    spoilt = database.read_bytes().replace(b"CREATE TABLE embeddings", b"CREATE TABLE \xc1\xc1beddings")
    database.write_bytes(spoilt.replace(b"embeddingsembeddings", b"\xc1mbeddings\xc1mbeddings"))
    output(capsys)
    for command in (["ask", QUESTIONS[0]], ["doctor"], ["ingest"]):
        assert run(command) == 1
        out, err = output(capsys)
        assert "损坏" in out + err and "程序内部出错" not in err, command
    assert run(["restore", str(data_dir.parent / "b.zip"), "--yes"]) == 0
    assert run(["ask", QUESTIONS[0]]) == 0 and run(["doctor"]) == 0
    output(capsys)


def test_a_backup_of_what_is_damaged_is_refused(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DANGWU_DATA_DIR", str(data_dir))
    spoil(data_dir, ROT["raw"])
    assert run(["backup", str(data_dir.parent / "b.zip")]) == 1
    assert "已经损坏" in output(capsys)[1] and not (data_dir.parent / "b.zip").exists()


def test_damage_is_neither_tagged_nor_shown_nor_returned_to(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DANGWU_DATA_DIR", str(data_dir))
    monkeypatch.setenv("DANGWU_EMBEDDING__MODEL", "none")
    spoil(data_dir, ROT["raw"])
    for command in (["tag", "leave.txt", "内部"], ["show", "leave.txt"], ["rollback", "v2"]):
        assert run(command) == 1, command
        assert "已经损坏" in output(capsys)[1]
    assert run(["ingest"]) == 0 and run(["show", "leave.txt"]) == 0
    assert run(["rollback", "v3"]) == 0, "what was damaged then is known from the file"
    assert run(["doctor"]) == 0
    output(capsys)


def test_a_report_says_that_something_is_missing(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DANGWU_DATA_DIR", str(data_dir))
    spoil(data_dir, ROT["edits"])
    assert run(["report"]) == 0
    output(capsys)
    page = (data_dir / "report.html").read_text(encoding="utf-8")
    assert "内容已经损坏，没有列出" in page and "leave.txt" not in page


def test_a_damaged_vector_in_the_cache_is_computed_anew(tmp_path: Path) -> None:
    docs = write_files(tmp_path / "docs", a="\n".join(f"第{number}条" for number in range(20)))
    run_ingest(tmp_path / "data", docs)
    spoil(tmp_path / "data", "UPDATE embeddings SET vector = X'0000C07F' || substr(vector, 5) WHERE id = 3")
    embedder = HashEmbedder()
    run_ingest(tmp_path / "data", docs, embedder=embedder)
    assert len(embedder.embedded) == 1
    shutil.rmtree(tmp_path / "data" / "vectors")
    store = Store.open(tmp_path / "data", create=False)
    vectors = VectorFolders(store)
    assert ask(store, vectors, "第7条")["nearest"] == ["第7条"]
    vectors.close()
