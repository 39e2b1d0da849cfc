"""What a restore does beside replacing the databases: vectors that are ready, documents that are back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.compose import Application
from bot.recovery import Restored, restore
from bot.settings import load_settings
from ingest.publishing import Work
from ingest.sources import document_id
from ingest.upkeep import remove
from retrieval.backup import opened_backup, write_backup
from retrieval.store import Store
from retrieval.vectors import VectorFolders
from tests.corpus import HashEmbedder, ask, plain_parts, run_ingest, write_files

AT = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def application(home: Path) -> Iterator[Application]:
    run_ingest(home / "data", write_files(home / "docs", a="甲\n第一条", b="乙\n第二条"))
    with Application(load_settings(), announce=print) as application:
        yield application


def back_up(home: Path) -> None:
    write_backup(Store.open(home / "data", create=False), home / "b.zip", at=AT)


def restored(application: Application, home: Path) -> Restored:
    with opened_backup(home / "b.zip", application.data_dir) as (_, incoming):
        return restore(application, incoming)


def test_the_vectors_are_there_before_anybody_asks(application: Application, home: Path) -> None:
    back_up(home)
    for text in ("丙", "丁", "戊"):
        run_ingest(home / "data", write_files(home / "docs", a=text, b=text))
    assert restored(application, home) == Restored((), (), lacks_vectors=False)
    store = Store.open(home / "data", create=False)
    vectors = VectorFolders(store)
    current = store.current()
    assert current and vectors.damage(current) == ""
    answer = ask(store, vectors, "第二条")
    vectors.close()
    assert answer["nearest"] == ["第二条"] and answer["hits"] == answer["keys"] == 4


def test_vectors_that_the_backup_lacks_are_for_the_next_ingest(application: Application, home: Path) -> None:
    with application.open_store().writing() as connection:
        connection.execute("DELETE FROM embeddings")
    back_up(home)
    for text in ("丙", "丁", "戊"):
        run_ingest(home / "data", write_files(home / "docs", c=text))
    assert restored(application, home).lacks_vectors
    assert run_ingest(home / "data").embedded == 5


def test_documents_that_were_removed_since_are_named(application: Application, home: Path) -> None:
    back_up(home)
    work = Work(
        application.open_store(), HashEmbedder(), application.vectors, parts=plain_parts(home / "seeds")
    )
    remove(work, [document_id(str(home / "docs" / "a.txt"))], purge=True)
    assert restored(application, home).returned == ("docs/a.txt",)
    back_up_again = home / "c.zip"
    remove(work, [document_id(str(home / "docs" / "a.txt"))])
    write_backup(Store.open(home / "data", create=False), back_up_again, at=AT)
    back_up_again.replace(home / "b.zip")
    assert restored(application, home).returned == ()
