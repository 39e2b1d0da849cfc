"""Ingest from end to end on the real store and Chroma."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.pipeline import PlainText, ingest_texts, plan_ingest, standard_parts
from ingest.report import IngestReport
from retrieval.errors import InputError, StoreBusy
from retrieval.locking import ingest_lock
from retrieval.store import DATABASE_NAME, Store
from retrieval.vectors import VectorFolders, nearest
from tests.corpus import HashEmbedder, ask, plain_parts, run_ingest, served, write_files


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write_files(tmp_path / "docs", a="甲\n第一条", b="乙\n第一条\n第二条")


@pytest.fixture
def reader(data_dir: Path) -> Iterator[tuple[Store, VectorFolders]]:
    store = Store.open(data_dir, create=True)
    vectors = VectorFolders(store)
    yield store, vectors
    vectors.close()
    store.close()


def changes(report: IngestReport) -> dict[str, str]:
    return {each.source: each.change for each in report.documents}


def contents(data_dir: Path) -> dict[str, list[str]]:
    with Store.open(data_dir, create=False).snapshot() as snapshot:
        return served(snapshot)


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file; SQLite's shared memory and an empty log say nothing."""
    return {
        str(path): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("ingest.lock") and not _is_sqlite_scratch(path)
    }


def _is_sqlite_scratch(path: Path) -> bool:
    return path.name.endswith("-shm") or (path.name.endswith("-wal") and path.stat().st_size == 0)


def test_each_distinct_passage_is_embedded_once(data_dir: Path, docs: Path) -> None:
    embedder = HashEmbedder()
    report = run_ingest(data_dir, docs, embedder=embedder)
    assert sorted(embedder.embedded) == sorted(["甲", "第一条", "乙", "第二条"]) and report.embedded == 4
    assert report.is_applied and report.version.startswith("v1-") and not report.has_failures
    assert report.as_json()["documents"][0] == {  # type: ignore[index]
        "id": report.documents[0].document_id,
        "source": "docs/a.txt",
        "change": "new",
        "reason": "新文件",
        "passages": 2,
        "size": 13,
        "resembles": None,
        "audience": "",
    }


def test_unchanged_input_writes_and_embeds_nothing(data_dir: Path, docs: Path) -> None:
    first = run_ingest(data_dir, docs)
    before = state_of(data_dir)
    embedder = HashEmbedder()
    second = run_ingest(data_dir, embedder=embedder)
    assert set(changes(second).values()) == {"unchanged"} and second.version == first.version
    assert embedder.embedded == [] and second.embedded == 0
    assert state_of(data_dir) == before


def test_a_bare_run_over_a_thousand_unchanged_files_leaves_every_byte_alone(
    data_dir: Path, tmp_path: Path
) -> None:
    docs = write_files(tmp_path / "docs", **{f"f{number}": f"第{number}份\n同一条" for number in range(1000)})
    run_ingest(data_dir, docs)
    watching = sqlite3.connect(data_dir / DATABASE_NAME)
    before = everything_in(data_dir), data_version(watching)
    report = run_ingest(data_dir)
    assert report.counts() == {"unchanged": 1000} and report.embedded == 0
    assert (everything_in(data_dir), data_version(watching)) == before
    watching.close()


def everything_in(folder: Path) -> dict[str, tuple[str, int]]:
    """Digest and time of change of every file, and the time of change of every folder but the lock's own."""
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "", changed_at(path))
        for path in folder.rglob("*")
        if not path.name.startswith("ingest.lock") and not _is_sqlite_scratch(path)
    }


def changed_at(path: Path) -> int:
    return path.stat().st_mtime_ns


def data_version(connection: sqlite3.Connection) -> int:
    """A number that grows when another connection has written."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def test_only_new_passages_are_embedded_and_gone_ones_are_gone(
    data_dir: Path, docs: Path, reader: tuple[Store, VectorFolders]
) -> None:
    run_ingest(data_dir, docs)
    assert ask(*reader, "第二条")["nearest"] == ["第二条"]
    write_files(docs, b="乙\n第三条", c="丙")
    (docs / "a.txt").unlink()
    embedder = HashEmbedder()
    report = run_ingest(data_dir, docs, embedder=embedder)
    assert changes(report) == {"docs/a.txt": "deleted", "docs/b.txt": "changed", "docs/c.txt": "new"}
    assert sorted(embedder.embedded) == ["丙", "第三条"]
    answer = ask(*reader, "第二条")
    assert answer["served"] == {"docs/b.txt": ["乙", "第三条"], "docs/c.txt": ["丙"]}
    assert answer["hits"] == answer["keys"] == 3 and answer["nearest"] != ["第二条"]


def test_an_ingest_does_what_the_plan_says(data_dir: Path, docs: Path) -> None:
    run_ingest(data_dir, docs)
    write_files(docs, b="乙\n第三条", c="丙", held="乱码一片", copy=LONG)
    (docs / "a.txt").rename(docs / "moved.txt")
    (docs / "broken.txt").write_bytes(b"\xff\xff")
    store = Store.open(data_dir, create=False)
    planned = plan_ingest([docs], store, exclude=data_dir, parts=plain_parts(docs / "none"))
    assert not planned.is_applied and planned.version == store.current().name  # type: ignore[union-attr]
    assert run_ingest(data_dir, docs).documents == planned.documents
    kinds = {"changed": 1, "new": 2, "quarantined": 1, "moved": 1, "broken": 1}
    assert planned.counts() == kinds


LONG = "".join(f"第{number}条 党员应当履行第{number * 7}项义务。\n" for number in range(60))


def test_a_near_duplicate_is_ingested_and_named(data_dir: Path, docs: Path) -> None:
    write_files(docs, original=LONG)
    run_ingest(data_dir, docs)
    write_files(docs, repost=LONG.replace("第30条", "第三十条"), twin=LONG.replace("第30条", "第三十条"))
    report = run_ingest(data_dir, docs)
    repost, twin = (each for each in report.documents if each.change == "new")
    assert repost.resembles and repost.resembles.source == "docs/original.txt"
    assert 0.9 < repost.resembles.share < 1 and "与 docs/original.txt 约 9" in repost.reason
    assert twin.resembles and (twin.resembles.source, twin.resembles.share) == ("docs/repost.txt", 1)
    assert report.near_duplicates == 2 and len(contents(data_dir)) == 5
    (docs / "original.txt").unlink()
    write_files(docs, twin=LONG.replace("第30条", "卅条"))
    changed = {each.source: each for each in run_ingest(data_dir, docs).documents}
    assert changed["docs/twin.txt"].resembles and changed["docs/twin.txt"].change == "changed"
    assert changed["docs/twin.txt"].resembles.source == "docs/repost.txt"


def test_documents_stored_before_there_were_sketches_are_resembled_too(data_dir: Path, docs: Path) -> None:
    write_files(docs, original=LONG)
    run_ingest(data_dir, docs)
    with sqlite3.connect(data_dir / DATABASE_NAME) as connection:
        connection.execute("DELETE FROM sketches")
    connection.close()
    write_files(docs, twin=LONG)
    assert run_ingest(data_dir, docs).near_duplicates == 1


def test_a_moved_file_is_not_embedded_again(data_dir: Path, docs: Path) -> None:
    run_ingest(data_dir, docs)
    (docs / "a.txt").rename(docs / "z.txt")
    embedder = HashEmbedder()
    report = run_ingest(data_dir, docs, embedder=embedder)
    assert changes(report) == {"docs/b.txt": "unchanged", "docs/z.txt": "moved"}
    assert embedder.embedded == [] and sorted(contents(data_dir)) == ["docs/b.txt", "docs/z.txt"]


def test_a_broken_file_is_reported_and_the_good_ones_go_in(data_dir: Path, docs: Path) -> None:
    (docs / "binary.txt").write_bytes(b"\xff\xfe\x00\x9f")
    report = run_ingest(data_dir, docs)
    assert changes(report)["docs/binary.txt"] == "broken" and report.has_failures
    assert sorted(contents(data_dir)) == ["docs/a.txt", "docs/b.txt"]


def test_a_document_that_breaks_keeps_its_last_content(data_dir: Path, docs: Path) -> None:
    run_ingest(data_dir, docs)
    (docs / "a.txt").write_bytes(b"\xff\xff")
    report = run_ingest(data_dir, docs)
    assert changes(report)["docs/a.txt"] == "broken" and "保留" in report.documents[0].reason
    assert contents(data_dir)["docs/a.txt"] == ["甲", "第一条"]


def test_an_unforeseen_error_in_one_document_stops_no_other(
    data_dir: Path, docs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def read(data: bytes, name: str, sidecar: bytes | None) -> Any:
        if name == "a.txt":
            raise IndexError("parser")
        return parts.read_document(data, name, sidecar)

    parts = plain_parts(docs)
    report = run_ingest(data_dir, docs, read_document=read)
    assert changes(report) == {"docs/a.txt": "broken", "docs/b.txt": "new"}
    assert "IndexError" in report.documents[0].reason and "docs/a.txt" in caplog.text


def test_when_every_file_is_broken_nothing_is_published(data_dir: Path, tmp_path: Path) -> None:
    (write_files(tmp_path / "docs") / "x.txt").write_bytes(b"\xff")
    report = run_ingest(data_dir, tmp_path / "docs")
    assert report.as_json()["version"] is None and report.has_failures
    assert Store.open(data_dir, create=False).is_empty


def test_a_quarantined_document_is_kept_out_of_sight(data_dir: Path, docs: Path) -> None:
    write_files(docs, c="乱码乱码")
    report = run_ingest(data_dir, docs)
    assert changes(report)["docs/c.txt"] == "quarantined" and not report.has_failures
    assert report.documents[2].reason == "全是乱码" and sorted(contents(data_dir)) == [
        "docs/a.txt",
        "docs/b.txt",
    ]
    with Store.open(data_dir, create=False).snapshot() as snapshot:
        assert [(each.source, why) for each, why in snapshot.quarantined()] == [("docs/c.txt", "全是乱码")]
        with pytest.raises(KeyError):
            snapshot.document(snapshot.quarantined()[0][0].id)
    assert changes(run_ingest(data_dir, docs))["docs/c.txt"] == "unchanged"


def test_a_sidecar_changes_its_document(data_dir: Path, docs: Path) -> None:
    run_ingest(data_dir, docs)
    (docs / "a.txt.meta.toml").write_text("废止")
    assert changes(run_ingest(data_dir, docs)) == {"docs/a.txt": "changed", "docs/b.txt": "unchanged"}
    with Store.open(data_dir, create=False).snapshot() as snapshot:
        assert [each.status for each in snapshot.documents()] == ["废止", ""]


def test_other_cleaning_rules_clean_again_and_embed_only_what_differs(data_dir: Path, docs: Path) -> None:
    run_ingest(data_dir, docs)
    embedder = HashEmbedder()
    report = run_ingest(data_dir, docs, embedder=embedder, shaping="other rules")
    assert set(changes(report).values()) == {"changed"} and embedder.embedded == []
    assert report.version.startswith("v2-")


def test_other_search_terms_index_everything_again(data_dir: Path, docs: Path) -> None:
    run_ingest(data_dir, docs)
    report = run_ingest(
        data_dir, docs, lexical="2", index_terms=lambda text, section, title: ("同一个词", "", "")
    )
    assert report.version.startswith("v2-")
    with Store.open(data_dir, create=False).snapshot() as snapshot:
        assert len(served(snapshot)) == 2
        sql = "SELECT count(*) FROM passage_terms WHERE passage_terms MATCH ?"
        assert snapshot.connection.execute(sql, ('"同一个词"',)).fetchone()[0] == snapshot.passage_count
        assert snapshot.connection.execute(sql, ('"第一"',)).fetchone()[0] == 0


def test_another_model_embeds_everything_again_and_the_old_one_is_refused(
    data_dir: Path, docs: Path, reader: tuple[Store, VectorFolders]
) -> None:
    run_ingest(data_dir, docs)
    report = run_ingest(data_dir, docs, embedder=HashEmbedder("other", dimension=16))
    assert report.embedded == 4 and set(changes(report).values()) == {"unchanged"}
    answer = ask(*reader, "第一条")
    assert answer["hits"] == 0 and "另一个模型" in answer["notice"]
    back = run_ingest(data_dir, docs)
    assert back.embedded == 0 and ask(*reader, "第一条")["nearest"] == ["第一条", "第一条"]


def test_other_roots_stay_as_they_are(data_dir: Path, docs: Path, tmp_path: Path) -> None:
    run_ingest(data_dir, docs)
    more = write_files(tmp_path / "more", c="丙")
    report = run_ingest(data_dir, more)
    assert changes(report) == {"more/c.txt": "new"}
    assert sorted(contents(data_dir)) == ["docs/a.txt", "docs/b.txt", "more/c.txt"]
    (more / "c.txt").unlink()
    assert changes(run_ingest(data_dir)) == {
        "docs/a.txt": "unchanged",
        "docs/b.txt": "unchanged",
        "more/c.txt": "deleted",
    }


def test_a_vanished_root_is_a_problem_and_never_a_deletion(
    data_dir: Path, docs: Path, tmp_path: Path
) -> None:
    run_ingest(data_dir, docs)
    run_ingest(data_dir, write_files(tmp_path / "more", c="丙"))
    shutil.rmtree(docs)
    write_files(tmp_path / "more", d="丁")
    report = run_ingest(data_dir)
    assert report.has_failures and str(docs) in report.problems[0]
    assert sorted(contents(data_dir)) == ["docs/a.txt", "docs/b.txt", "more/c.txt", "more/d.txt"]


def test_a_part_of_a_root_is_synchronised_alone(data_dir: Path, docs: Path) -> None:
    write_files(docs / "inner", c="丙", d="丁")
    run_ingest(data_dir, docs)
    (docs / "inner" / "c.txt").unlink()
    (docs / "a.txt").unlink()
    assert changes(run_ingest(data_dir, docs / "inner")) == {
        "docs/inner/c.txt": "deleted",
        "docs/inner/d.txt": "unchanged",
    }
    assert sorted(contents(data_dir)) == ["docs/a.txt", "docs/b.txt", "docs/inner/d.txt"]


def test_an_absorbed_root_doubles_nothing(data_dir: Path, docs: Path) -> None:
    run_ingest(data_dir, docs / "a.txt")
    assert sorted(contents(data_dir)) == ["a.txt"]
    report = run_ingest(data_dir, docs)
    assert changes(report) == {"docs/a.txt": "moved", "docs/b.txt": "new"}
    assert sorted(contents(data_dir)) == ["docs/a.txt", "docs/b.txt"]


def test_the_plan_names_what_ingest_then_does_and_writes_nothing(
    data_dir: Path, docs: Path, tmp_path: Path
) -> None:
    parts = plain_parts(tmp_path / "seeds")
    first = plan_ingest([docs], None, exclude=data_dir, parts=parts)
    assert not data_dir.exists() and not first.is_applied and first.version == ""
    assert first.documents == run_ingest(data_dir, docs).documents
    write_files(docs, a="甲\n改", c="乱码", d="丁")
    (docs / "b.txt").unlink()
    (docs / "e.txt").write_bytes(b"\xff")
    before = state_of(data_dir)
    plan = plan_ingest([docs], Store.open(data_dir, create=False), exclude=data_dir, parts=parts)
    assert state_of(data_dir) == before
    assert sorted(changes(plan).values()) == ["broken", "changed", "deleted", "new", "quarantined"]
    assert plan.documents == run_ingest(data_dir, docs).documents


def test_a_path_that_does_not_exist_changes_nothing(data_dir: Path, docs: Path) -> None:
    run_ingest(data_dir, docs)
    with pytest.raises(InputError):
        run_ingest(data_dir, docs / "nothing.txt")
    assert len(contents(data_dir)) == 2


def test_a_second_ingest_says_who_holds_the_lock(data_dir: Path, docs: Path) -> None:
    Store.open(data_dir, create=True)
    with ingest_lock(data_dir), pytest.raises(StoreBusy, match=str(os.getpid())):
        run_ingest(data_dir, docs)


def test_words_alone_need_no_vectors(data_dir: Path, docs: Path, tmp_path: Path) -> None:
    from ingest.pipeline import ingest

    store = Store.open(data_dir, create=True)
    parts = plain_parts(tmp_path / "seeds")
    ingest([docs], store, None, VectorFolders(store), parts=parts)
    with store.snapshot() as snapshot:
        assert snapshot.vectors_dir is None and len(served(snapshot)) == 2
        found = nearest(VectorFolders(store), snapshot, HashEmbedder(), "第一条", 5)
        assert found.hits == () and "没有用向量模型" in found.notice
    assert list(store.vectors_dir.iterdir()) == []


def test_plain_texts_are_searched_as_they_are(data_dir: Path, tmp_path: Path) -> None:
    store = Store.open(data_dir, create=True)
    texts = [PlainText("p1", "", "第一段\n第二段"), PlainText("p2", "", "第三段")]
    parts = plain_parts(tmp_path / "seeds")
    ingest_texts(texts, store, HashEmbedder(), VectorFolders(store), parts=parts)
    assert contents(data_dir) == {"p1": ["第一段", "第二段"], "p2": ["第三段"]}


def test_the_programs_own_seeds_go_in_with_the_standard_parts(data_dir: Path) -> None:
    from ingest.pipeline import ingest

    store = Store.open(data_dir, create=True)
    report = ingest([], store, None, VectorFolders(store), parts=standard_parts())
    assert [each.source.partition("/")[0] for each in report.documents] == ["seeds"] * 5
    assert set(changes(report).values()) == {"new"}
    with store.snapshot() as snapshot:
        assert min(len(each) for each in served(snapshot).values()) > 5
