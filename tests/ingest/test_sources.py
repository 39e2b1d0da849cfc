"""Roots and files: what is found, what it is called, and what stands in the way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from io import FileIO
from itertools import islice
from pathlib import Path

import pytest

from ingest.sources import (
    SEEDS_LOCATION,
    Listing,
    Scope,
    SourceFile,
    list_files,
    plan_scope,
    read_source,
    uploads_root,
)
from retrieval.errors import InputError, SourceError
from retrieval.publication import Root
from tests.corpus import open_way, write_files


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    return write_files(tmp_path / "program" / "seeds", seed="种子")


def listed(scope: Scope, seeds: Path) -> Listing:
    return list_files(scope, seeds, exclude=seeds.parent.parent / "data")


def sources(scope: Scope, seeds: Path) -> list[str]:
    return [each.source for each in listed(scope, seeds).files]


def test_sources_are_relative_to_the_parent_of_their_root(tmp_path: Path, seeds: Path) -> None:
    docs = write_files(tmp_path / "docs", b="二", a="一")
    write_files(docs / "内部" / "深处", c="三")
    scope = plan_scope([docs], [], seeds)
    assert sources(scope, seeds) == ["docs/a.txt", "docs/b.txt", "docs/内部/深处/c.txt"]
    assert sources(plan_scope([docs / "a.txt"], [], seeds), seeds) == ["a.txt"]


def test_what_is_no_document_is_left_out(tmp_path: Path, seeds: Path) -> None:
    docs = write_files(tmp_path / "docs", a="一")
    for name in (".hidden", "a.txt.meta.toml", "provenance.toml", "__init__.py", "~$a.docx"):
        (docs / name).write_text("x")
    write_files(docs / "__pycache__", cached="x")
    write_files(docs / ".git", config="x")
    assert sources(plan_scope([docs], [], seeds), seeds) == ["docs/a.txt"]


class TestUploads:
    """The one folder below the data folder that is a source: whatever else is ingested, it stays."""

    @pytest.fixture
    def data_dir(self, tmp_path: Path) -> Path:
        write_files(tmp_path / "data" / "uploads", sent="发来的", other="另一份")
        write_files(tmp_path / "data", database="x")
        write_files(tmp_path / "docs", a="一")
        return tmp_path / "data"

    def test_one_of_them_is_a_part_of_a_root_named_uploads(self, data_dir: Path, seeds: Path) -> None:
        sent = data_dir / "uploads" / "sent.txt"
        scope = plan_scope([sent], [], seeds, data_dir=data_dir)
        assert scope.roots == (uploads_root(data_dir),) and sources(scope, seeds) == ["uploads/sent.txt"]
        assert not scope.covers(f"{scope.roots[0].location}/other.txt")
        again = plan_scope([], scope.roots, seeds, data_dir=data_dir)
        assert sources(again, seeds) == ["uploads/other.txt", "uploads/sent.txt"]

    @pytest.mark.parametrize("is_outer_remembered", [False, True])
    def test_a_folder_around_the_data_folder_neither_lists_nor_removes_them(
        self, data_dir: Path, seeds: Path, is_outer_remembered: bool
    ) -> None:
        outer = (
            plan_scope([data_dir.parent], [], seeds, data_dir=data_dir).roots if is_outer_remembered else ()
        )
        sent = data_dir / "uploads" / "sent.txt"
        remembered = plan_scope([sent], outer, seeds, data_dir=data_dir).roots
        assert uploads_root(data_dir) in remembered
        scope = plan_scope([data_dir.parent], remembered, seeds, data_dir=data_dir)
        assert uploads_root(data_dir) in scope.roots and not scope.covers(sent.as_posix())
        assert scope.covers((data_dir.parent / "docs" / "gone.txt").as_posix())
        assert not any("uploads" in each for each in sources(scope, seeds))
        both = plan_scope([data_dir / "uploads", data_dir.parent], remembered, seeds, data_dir=data_dir)
        assert "uploads/sent.txt" in sources(both, seeds)


def test_the_data_folder_is_never_a_source(tmp_path: Path, seeds: Path) -> None:
    write_files(tmp_path / "data", database="x")
    write_files(tmp_path / "docs", a="一")
    found = sources(plan_scope([tmp_path], [], seeds), seeds)
    assert [each.partition("/")[2] for each in found] == ["docs/a.txt", "program/seeds/seed.txt"]


def test_without_paths_the_remembered_roots_or_else_the_seeds(tmp_path: Path, seeds: Path) -> None:
    assert sources(plan_scope([], [], seeds), seeds) == ["seeds/seed.txt"]
    docs = write_files(tmp_path / "docs", a="一")
    remembered = plan_scope([docs], [], seeds).roots
    assert sources(plan_scope([], remembered, seeds), seeds) == ["docs/a.txt"]


def test_moving_the_installation_does_not_move_the_seeds(tmp_path: Path, seeds: Path) -> None:
    before = listed(plan_scope([], [], seeds), seeds).files[0]
    moved = tmp_path / "elsewhere"
    seeds.parent.rename(moved)
    seeds = moved / "seeds"
    after = listed(plan_scope([], [Root(SEEDS_LOCATION, "seeds")], seeds), seeds).files[0]
    assert (after.document_id, after.source) == (before.document_id, before.source)
    assert listed(plan_scope([seeds], [], seeds), seeds).files[0].document_id == before.document_id


def test_a_path_inside_a_remembered_root_keeps_its_naming(tmp_path: Path, seeds: Path) -> None:
    docs = write_files(tmp_path / "docs", a="一")
    write_files(docs / "inner", b="二")
    remembered = plan_scope([docs], [], seeds).roots
    scope = plan_scope([docs / "inner"], remembered, seeds)
    assert sources(scope, seeds) == ["docs/inner/b.txt"] and scope.roots == remembered
    assert scope.covers(f"{docs}/inner/gone.txt") and not scope.covers(f"{docs}/gone.txt")


def test_a_root_that_contains_older_ones_absorbs_them(tmp_path: Path, seeds: Path) -> None:
    docs = write_files(tmp_path / "all" / "docs", a="一")
    other = write_files(tmp_path / "other", b="二")
    remembered = plan_scope([docs, other], [], seeds).roots
    scope = plan_scope([tmp_path / "all"], remembered, seeds)
    assert [each.name for each in scope.roots] == ["other", "all"]
    assert sources(scope, seeds) == ["all/docs/a.txt"]


def test_a_folder_around_the_seeds_absorbs_them(seeds: Path) -> None:
    scope = plan_scope([seeds.parent], [Root(SEEDS_LOCATION, "seeds")], seeds)
    assert [each.name for each in scope.roots] == ["program"]
    assert scope.covers(f"{SEEDS_LOCATION}/seed.txt")


def test_folders_with_like_names_do_not_contain_each_other(tmp_path: Path, seeds: Path) -> None:
    write_files(tmp_path / "docs", a="一")
    write_files(tmp_path / "docs2", b="二")
    scope = plan_scope([tmp_path / "docs", tmp_path / "docs2"], [], seeds)
    assert sources(scope, seeds) == ["docs/a.txt", "docs2/b.txt"]


def test_a_path_that_does_not_exist_is_wrong_usage(tmp_path: Path, seeds: Path) -> None:
    with pytest.raises(InputError, match="nothing"):
        plan_scope([tmp_path / "nothing"], [], seeds)


def test_a_remembered_root_that_vanished_is_told_apart_from_an_empty_one(tmp_path: Path, seeds: Path) -> None:
    kept, gone = write_files(tmp_path / "kept"), write_files(tmp_path / "gone", a="一")
    remembered = plan_scope([kept, gone], [], seeds).roots
    (gone / "a.txt").unlink()
    gone.rmdir()
    scope = plan_scope([], remembered, seeds)
    assert [each.name for each in scope.vanished] == ["gone"]
    assert scope.covers(f"{kept}/x.txt") and not scope.covers(f"{gone}/a.txt")


def test_what_is_not_a_regular_file_is_reported_and_not_opened(tmp_path: Path, seeds: Path) -> None:
    docs = write_files(tmp_path / "docs", a="一")
    os.mkfifo(docs / "pipe")
    found = listed(plan_scope([docs], [], seeds), seeds)
    assert [each.source for each in found.files] == ["docs/a.txt"]
    assert [(each.source, each.message) for each in found.unreadable] == [("docs/pipe", "不是普通文件")]


# Root reads everything, so the scan is done by a process that has given up its rights.
_SCAN_AS_NOBODY = """
import os, sys
from pathlib import Path
from ingest.sources import list_files, plan_scope, read_source
from retrieval.errors import SourceError
if os.getuid() == 0:
    os.setuid(65534)
docs = Path(sys.argv[1])
found = list_files(plan_scope([docs], [], docs / "none"), docs / "none", exclude=docs / "data")
print([each.source for each in found.unreadable])
for each in found.files:
    try:
        read_source(each)
    except SourceError as exc:
        print(exc.message)
"""


def test_unreadable_folders_and_files_are_reported_by_name(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    base = tmp_path_factory.mktemp("open")
    open_way(base)
    docs = write_files(base / "docs", a="一", b="二")
    write_files(docs / "closed", c="三")
    (docs / "a.txt").chmod(0)
    (docs / "closed").chmod(0)
    ran = subprocess.run(
        [sys.executable, "-c", _SCAN_AS_NOBODY, str(docs)], capture_output=True, text=True, check=False
    )
    (docs / "closed").chmod(0o755)
    assert ran.stderr == ""
    assert ran.stdout.splitlines()[0] == "['docs/closed']"
    assert "docs/a.txt" in ran.stdout.splitlines()[1] and len(ran.stdout.splitlines()) == 2


def test_names_in_gbk_bytes_are_legible(tmp_path: Path, seeds: Path) -> None:
    docs = write_files(tmp_path / "docs")
    (Path(os.fsdecode(os.fsencode(docs) + "/党章.txt".encode("gb18030")))).write_text("一")
    (found,) = listed(plan_scope([docs], [], seeds), seeds).files
    assert found.source == "docs/党章.txt" and read_source(found).data == "一".encode()


def test_a_sidecar_is_read_with_its_file(tmp_path: Path) -> None:
    docs = write_files(tmp_path / "docs", a="一")
    file = SourceFile("x", "docs/a.txt", docs / "a.txt")
    assert read_source(file).sidecar is None
    (docs / "a.txt.meta.toml").write_text("title = '甲'")
    assert read_source(file).sidecar == "title = '甲'".encode()


def change_after_reading(path: Path, texts: Iterator[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the file hold the next text each time it has been read."""

    class Changing(FileIO):
        def read(self, size: int | None = -1) -> bytes | None:
            data = super().read(size)
            for text in islice(texts, 1):
                path.write_text(text)
            return data

    monkeypatch.setattr("ingest.sources._opened", lambda path, within: Changing(path))


def test_a_file_that_changes_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_files(tmp_path, a="旧的") / "a.txt"
    change_after_reading(path, iter(["新的内容"]), monkeypatch)
    assert read_source(SourceFile("x", "a.txt", path)).data == "新的内容".encode()


def test_a_file_that_never_stops_changing_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_files(tmp_path, a="一") / "a.txt"
    change_after_reading(path, map(str, range(10, 1000)), monkeypatch)
    with pytest.raises(SourceError, match="不断变化"):
        read_source(SourceFile("x", "a.txt", path))
