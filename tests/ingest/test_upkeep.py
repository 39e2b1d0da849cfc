"""Returning to older versions, removing documents and stating fields, on the real store and Chroma."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.publishing import Work
from ingest.report import IngestReport
from ingest.sources import document_id
from ingest.upkeep import documents_below, find_root, remove, rollback, state
from retrieval.errors import InputError, StoreBusy
from retrieval.history import past_versions
from retrieval.holdings import find_document, held_documents, read_revision
from retrieval.locking import ingest_lock
from retrieval.snapshot import Snapshot
from retrieval.store import Store
from retrieval.vectors import VectorFolders
from tests.corpus import HashEmbedder, ask, plain_parts, run_ingest, write_files


class Keeper:
    """A corpus with what changes and reads it, over one data folder."""

    def __init__(self, base: Path) -> None:
        self.data_dir = base / "data"
        self.docs = write_files(base / "docs", a="甲\n第一条", b="乙\n第一条\n第二条")
        self.ingest(self.docs)
        self.store = Store.open(self.data_dir, create=False)
        self.vectors = VectorFolders(self.store)
        self.embedder = HashEmbedder()
        self.work = Work(
            self.store, self.embedder, self.vectors, parts=plain_parts(base / "seeds"), author="王"
        )

    def ingest(self, *paths: Path) -> IngestReport:
        return run_ingest(self.data_dir, *paths)

    def ask(self, question: str) -> dict[str, Any]:
        """What a reader gets now; its vectors are whole and hold exactly what is served."""
        answer = ask(self.store, self.vectors, question)
        assert answer["hits"] == answer["keys"] and answer["notice"] == ""
        return answer

    def served(self) -> dict[str, list[str]]:
        served: dict[str, list[str]] = self.ask("第一条")["served"]
        return served

    def id_of(self, name: str) -> str:
        return document_id(str(self.docs / name))

    def metadata(self, source: str) -> dict[str, str]:
        def find(snapshot: Snapshot) -> dict[str, str]:
            return next(dict(each.metadata) for each in snapshot.documents() if each.source == source)

        with self.store.snapshot() as snapshot:
            return find(snapshot)


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    keeper = Keeper(tmp_path)
    yield keeper
    keeper.vectors.close()


def changes(report: IngestReport) -> dict[str, str]:
    return {each.source: each.change for each in report.documents}


class TestRollback:
    def test_it_publishes_the_contents_of_the_version_before(self, keeper: Keeper) -> None:
        before = keeper.served()
        write_files(keeper.docs, a="甲\n改过", c="丙")
        (keeper.docs / "b.txt").unlink()
        keeper.ingest(keeper.docs)
        report, target = rollback(keeper.work)
        assert keeper.served() == before and target.version.number == 1
        assert changes(report) == {"docs/a.txt": "changed", "docs/b.txt": "new", "docs/c.txt": "deleted"}
        assert report.version.startswith("v3-") and keeper.embedder.embedded == []
        newest = past_versions(keeper.store)[0]
        assert (newest.action, newest.details, newest.version.author) == (
            "rollback",
            {"to": target.version.name},
            "王",
        )

    def test_a_rollback_can_be_rolled_back(self, keeper: Keeper) -> None:
        write_files(keeper.docs, c="丙")
        keeper.ingest()
        after = keeper.served()
        rollback(keeper.work, "v1")
        rollback(keeper.work)
        assert keeper.served() == after and keeper.store.current().number == 4  # type: ignore[union-attr]

    def test_the_next_ingest_brings_the_disks_state_back(self, keeper: Keeper) -> None:
        write_files(keeper.docs, c="丙")
        keeper.ingest()
        rollback(keeper.work)
        assert "docs/c.txt" not in keeper.served()
        assert changes(keeper.ingest())["docs/c.txt"] == "new" and "docs/c.txt" in keeper.served()

    def test_vectors_that_are_no_longer_cached_are_computed_again(self, keeper: Keeper) -> None:
        (keeper.docs / "b.txt").unlink()
        keeper.ingest()
        with keeper.store.writing() as connection:
            connection.execute("DELETE FROM embeddings")
        report, _ = rollback(keeper.work)
        assert report.embedded == 4 and keeper.ask("第二条")["nearest"] == ["第二条"]

    @pytest.mark.parametrize(
        ("wanted", "reason"), [("v9", "没有这个版本"), ("latest", "没有这个版本"), ("2", "就是当前版本")]
    )
    def test_a_version_that_cannot_be_returned_to_is_refused(
        self, keeper: Keeper, wanted: str, reason: str
    ) -> None:
        write_files(keeper.docs, c="丙")
        keeper.ingest()
        with pytest.raises(InputError, match=reason):
            rollback(keeper.work, wanted)

    def test_a_name_with_another_digest_is_not_the_version(self, keeper: Keeper) -> None:
        name = past_versions(keeper.store)[0].version.name
        write_files(keeper.docs, c="丙")
        keeper.ingest()
        with pytest.raises(InputError, match="没有这个版本"):
            rollback(keeper.work, "v1-00000000")
        assert rollback(keeper.work, name)[1].version.name == name

    def test_of_a_forgotten_version_only_the_line_is_left(self, keeper: Keeper) -> None:
        work = replace(keeper.work, keep=2)
        for title in ("二", "三"):
            state(work, keeper.id_of("a.txt"), {"title": title})
        with pytest.raises(InputError, match="不再保留"):
            rollback(work, "v1")

    def test_without_an_older_version_there_is_nothing_to_return_to(self, keeper: Keeper) -> None:
        with pytest.raises(InputError, match="没有可以回到的版本"):
            rollback(keeper.work)


class TestRemove:
    def test_a_document_is_gone_from_every_version(self, keeper: Keeper) -> None:
        write_files(keeper.docs, a="甲\n改过")
        keeper.ingest()
        report = remove(keeper.work, [keeper.id_of("a.txt")])
        assert changes(report) == {"docs/a.txt": "deleted"}
        assert keeper.served() == {"docs/b.txt": ["乙", "第一条", "第二条"]}
        rollback(keeper.work, "v1")
        assert keeper.served() == {"docs/b.txt": ["乙", "第一条", "第二条"]}
        assert [each.version.documents for each in past_versions(keeper.store)] == [1, 1, 1]

    def test_it_is_not_taken_in_again_until_it_is_named(self, keeper: Keeper) -> None:
        remove(keeper.work, [keeper.id_of("a.txt")])
        for paths in ((), (keeper.docs,)):
            report = keeper.ingest(*paths)
            assert changes(report) == {"docs/a.txt": "excluded", "docs/b.txt": "unchanged"}
            assert "dangwu ingest" in report.documents[0].reason and not report.has_failures
        assert changes(keeper.ingest(keeper.docs / "a.txt")) == {"docs/a.txt": "new"}
        assert changes(keeper.ingest()) == {"docs/a.txt": "unchanged", "docs/b.txt": "unchanged"}

    def test_its_last_state_stays_to_be_looked_at(self, keeper: Keeper) -> None:
        remove(keeper.work, [keeper.id_of("a.txt")])
        for _ in range(3):
            write_files(keeper.docs, b=f"乙\n{_}")
            keeper.ingest()
        found = find_document(keeper.store, "docs/a.txt")
        assert found.state == "removed"
        assert read_revision(keeper.store, found.revision_id).raw.decode() == "甲\n第一条"

    def test_the_places_it_was_moved_from_go_as_well(self, keeper: Keeper) -> None:
        (keeper.docs / "a.txt").rename(keeper.docs / "z.txt")
        keeper.ingest()
        remove(keeper.work, [keeper.id_of("z.txt")])
        rollback(keeper.work, "v1")
        assert list(keeper.served()) == ["docs/b.txt"]

    def test_a_vanished_root_is_forgotten_with_its_documents(self, keeper: Keeper, tmp_path: Path) -> None:
        more = write_files(tmp_path / "more", c="丙", d="丁")
        keeper.ingest(more)
        shutil.rmtree(more)
        assert keeper.ingest().has_failures
        root = find_root(keeper.store, str(more))
        assert root and find_root(keeper.store, "more") == root
        remove(keeper.work, documents_below(keeper.store, root), root=root)
        assert sorted(keeper.served()) == ["docs/a.txt", "docs/b.txt"]
        report = keeper.ingest()
        assert not report.has_failures and set(changes(report).values()) == {"unchanged"}

    def test_a_root_that_is_named_again_comes_back_whole(self, keeper: Keeper) -> None:
        root = find_root(keeper.store, "docs")
        assert root
        remove(keeper.work, documents_below(keeper.store, root), root=root)
        assert keeper.served() == {}
        assert changes(keeper.ingest(keeper.docs)) == {"docs/a.txt": "new", "docs/b.txt": "new"}


class TestState:
    def test_what_is_stated_counts_more_than_the_sidecar(self, keeper: Keeper) -> None:
        (keeper.docs / "a.txt.meta.toml").write_text("废止")
        keeper.ingest()
        report = state(keeper.work, keeper.id_of("a.txt"), {"status": "现行", "audience": "内部"})
        assert changes(report) == {"docs/a.txt": "changed"} and keeper.embedder.embedded == []
        assert keeper.metadata("docs/a.txt") | {"status": "现行", "audience": "内部"} == keeper.metadata(
            "docs/a.txt"
        )
        with keeper.store.snapshot() as snapshot:
            assert {each.source: each.audience for each in snapshot.documents()} == {
                "docs/a.txt": "内部",
                "docs/b.txt": "公开",
            }

    def test_it_survives_the_next_ingest_an_edit_and_the_loss_of_the_file(self, keeper: Keeper) -> None:
        state(keeper.work, keeper.id_of("a.txt"), {"audience": "内部"})
        assert set(changes(keeper.ingest()).values()) == {"unchanged"}
        write_files(keeper.docs, a="甲\n改过")
        keeper.ingest()
        assert keeper.metadata("docs/a.txt")["audience"] == "内部"
        (keeper.docs / "a.txt").unlink()
        keeper.ingest()
        write_files(keeper.docs, a="甲\n又回来了")
        keeper.ingest()
        assert keeper.metadata("docs/a.txt")["audience"] == "内部"

    def test_it_goes_with_a_file_that_is_moved(self, keeper: Keeper) -> None:
        state(keeper.work, keeper.id_of("a.txt"), {"audience": "内部"})
        (keeper.docs / "a.txt").rename(keeper.docs / "z.txt")
        assert changes(keeper.ingest())["docs/z.txt"] == "moved"
        assert keeper.metadata("docs/z.txt")["audience"] == "内部"
        assert set(changes(keeper.ingest()).values()) == {"unchanged"}

    def test_it_survives_the_return_to_an_older_version(self, keeper: Keeper) -> None:
        write_files(keeper.docs, c="丙")
        keeper.ingest()
        state(keeper.work, keeper.id_of("a.txt"), {"audience": "内部"})
        rollback(keeper.work, "v1")
        assert keeper.metadata("docs/a.txt")["audience"] == "内部"
        assert sorted(keeper.served()) == ["docs/a.txt", "docs/b.txt"]

    def test_an_empty_field_lets_the_file_speak_again(self, keeper: Keeper) -> None:
        (keeper.docs / "a.txt.meta.toml").write_text("废止")
        keeper.ingest()
        before = keeper.metadata("docs/a.txt")
        state(keeper.work, keeper.id_of("a.txt"), {"status": "现行", "title": "新题"})
        with keeper.store.snapshot() as snapshot:
            assert {each.title for each in snapshot.documents()} == {"新题", "乙"}
        state(keeper.work, keeper.id_of("a.txt"), {"status": "", "title": ""})
        assert keeper.metadata("docs/a.txt") == before
        assert set(changes(keeper.ingest()).values()) == {"unchanged"}

    def test_a_document_of_no_current_version_cannot_be_spoken_of(self, keeper: Keeper) -> None:
        remove(keeper.work, [keeper.id_of("a.txt")])
        with pytest.raises(InputError, match="不在当前版本"):
            state(keeper.work, keeper.id_of("a.txt"), {"audience": "内部"})


def test_nothing_is_changed_while_another_process_changes_the_corpus(keeper: Keeper) -> None:
    write_files(keeper.docs, c="丙")
    keeper.ingest()
    before = keeper.served()
    with ingest_lock(keeper.data_dir):
        for change in (
            lambda: rollback(keeper.work),
            lambda: remove(keeper.work, [keeper.id_of("a.txt")], purge=True),
            lambda: state(keeper.work, keeper.id_of("a.txt"), {"audience": "内部"}),
        ):
            with pytest.raises(StoreBusy):
                change()
    assert keeper.served() == before and len(past_versions(keeper.store)) == 2


class TestFind:
    def test_a_document_is_found_by_id_source_path_and_title(
        self, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(keeper.docs)
        for wanted in (keeper.id_of("a.txt"), "docs/a.txt", str(keeper.docs / "a.txt"), "a.txt", "甲"):
            assert find_document(keeper.store, wanted).source == "docs/a.txt"

    def test_an_ambiguous_name_lists_the_candidates(self, keeper: Keeper) -> None:
        with pytest.raises(InputError, match="2 份") as caught:
            find_document(keeper.store, "docs")
        assert keeper.id_of("a.txt") in caught.value.message and "docs/b.txt" in caught.value.message

    def test_an_unknown_name_is_refused(self, keeper: Keeper) -> None:
        with pytest.raises(InputError, match="没有这份资料"):
            find_document(keeper.store, "没有")

    def test_documents_of_older_versions_are_held_too(self, keeper: Keeper) -> None:
        (keeper.docs / "a.txt").unlink()
        keeper.ingest()
        assert {each.source: each.state for each in held_documents(keeper.store)} == {
            "docs/a.txt": "former",
            "docs/b.txt": "current",
        }
