"""Links in a folder: what leads out of it stays out, what leads around in it comes once, nothing hangs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.cli.entry import run
from ingest.pipeline import plan_ingest
from ingest.sources import (
    SEEDS_LOCATION,
    Listing,
    SourceFile,
    list_files,
    list_folders,
    plan_scope,
    read_source,
    uploads_root,
)
from retrieval.backup import write_backup
from retrieval.errors import InputError, SourceError
from retrieval.locking import utc_now
from retrieval.publication import Root, roots
from retrieval.store import Store
from tests.command import document, process
from tests.corpus import plain_parts, run_ingest, write_files

Report = dict[str, tuple[str, str]]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A folder with two documents, and beside it one with a third, which is nobody's business."""
    write_files(tmp_path / "private", secret="不给别人看的")
    return write_files(tmp_path / "docs", a="一", b="二")


def look(
    path: Path, *, base: Path | None = None, follows: bool | None = None, remembered: Sequence[Root] = ()
) -> Listing:
    base = base or path.parent
    seeds, data_dir = base / "seeds", base / "data"
    scope = plan_scope([path], remembered, seeds, data_dir=data_dir, follows_links=follows)
    return list_files(scope, seeds, exclude=data_dir)


def names(listing: Listing) -> list[str]:
    return [each.source for each in listing.files]


def ingested(home: Path, *paths: Path) -> Report:
    report = run_ingest(home / "data", *paths)
    return {each.source: (each.change, each.reason) for each in report.documents}


@pytest.mark.parametrize("target", ["private/secret.txt", "private", "", "nowhere"])
def test_what_leads_out_of_the_folder_is_a_line_of_the_report(docs: Path, target: str) -> None:
    (docs / "link").symlink_to(docs.parent / target)
    found = look(docs)
    assert names(found) == ["docs/a.txt", "docs/b.txt"] and found.unreadable == ()
    ((source, message),) = ((each.source, each.message) for each in found.left_out)
    assert source == "docs/link" and str(docs.parent / target) in message and "--follow-links" in message


def test_a_path_below_such_a_link_is_no_way_around(docs: Path) -> None:
    (docs / "link").symlink_to(docs.parent / "private")
    remembered = plan_scope([docs], [], docs.parent / "seeds").roots
    for path in (docs / "link", docs / "link" / "secret.txt"):
        found = look(path, base=docs.parent, remembered=remembered)
        assert found.files == () and len(found.left_out) == 1


def test_what_leads_around_in_the_folder_is_one_document_under_its_own_name(docs: Path) -> None:
    (docs / "0 first.txt").symlink_to(docs / "a.txt")
    (docs / "again").symlink_to(docs)
    write_files(docs / "inner", c="三")
    (docs / "1 first").symlink_to("inner")
    write_files(docs / ".store", hidden="藏")
    (docs / "shown.txt").symlink_to(docs / ".store" / "hidden.txt")
    (docs / "too.txt").symlink_to(docs / ".store" / "hidden.txt")
    found = look(docs)
    assert names(found) == ["docs/a.txt", "docs/b.txt", "docs/inner/c.txt", "docs/shown.txt"]
    assert (found.unreadable, found.left_out) == ((), ())
    assert read_source(found.files[-1]).data == "藏".encode()


@pytest.mark.parametrize("follows", [False, True])
def test_circles_broken_links_pipes_and_devices_are_lines_of_the_report(docs: Path, follows: bool) -> None:
    (docs / "round.txt").symlink_to(docs / "round.txt")
    (docs / "x").symlink_to(docs / "y")
    (docs / "y").symlink_to(docs / "x")
    (docs / "gone.txt").symlink_to(docs / "never")
    os.mkfifo(docs / "pipe")
    os.mkfifo(docs / ".pipe")
    (docs / "to-pipe.txt").symlink_to(docs / ".pipe")
    (docs / "device.txt").symlink_to("/dev/zero")
    found = look(docs, follows=follows)
    lines = {each.source: each.message for each in (*found.unreadable, *found.left_out)}
    assert names(found) == ["docs/a.txt", "docs/b.txt"]
    assert sorted(lines) == [
        f"docs/{name}" for name in ("device.txt", "gone.txt", "pipe", "round.txt", "to-pipe.txt", "x", "y")
    ]
    assert {lines[f"docs/{name}"] for name in ("round.txt", "x", "y")} == {"链接绕成了圈"}
    report = ingested(docs.parent, docs)
    assert report["docs/a.txt"][0] == "new" and report["docs/x"][0] == "broken"
    again = ingested(docs.parent)
    assert again["docs/a.txt"][0] == "unchanged" and again["docs/x"] == report["docs/x"]


def test_a_root_may_be_a_link_itself(docs: Path) -> None:
    (docs.parent / "named").symlink_to(docs)
    assert names(look(docs.parent / "named")) == ["docs/a.txt", "docs/b.txt"]
    scope = plan_scope([docs], [], docs.parent / "seeds")
    docs.rename(docs.parent / "moved")
    docs.symlink_to(docs.parent / "moved")
    found = list_files(plan_scope([], scope.roots, docs.parent), docs.parent, exclude=docs.parent / "data")
    assert names(found) == ["docs/a.txt", "docs/b.txt"] and read_source(found.files[0]).data


def test_links_are_followed_where_that_is_asked_for(docs: Path) -> None:
    outside = write_files(docs.parent / "outside", c="三")
    (outside / "back").symlink_to(docs)
    (outside / "on").symlink_to(docs.parent / "private")
    (docs / "0 link").symlink_to(outside)
    (docs / "z.txt").symlink_to(outside / "c.txt")
    found = look(docs, follows=True)
    assert names(found) == ["docs/0 link/c.txt", "docs/0 link/on/secret.txt", "docs/a.txt", "docs/b.txt"]
    assert [read_source(each).data.decode() for each in found.files] == ["三", "不给别人看的", "一", "二"]


def test_what_another_root_holds_is_its_document(docs: Path) -> None:
    other = write_files(docs.parent / "other", c="三")
    (docs / "link").symlink_to(other)
    remembered = plan_scope([docs, other], [], docs.parent / "seeds", follows_links=True).roots
    assert names(look(docs, remembered=remembered)) == ["docs/a.txt", "docs/b.txt"]


def test_no_link_leads_into_the_data_folder(docs: Path) -> None:
    ingested(docs.parent, docs)
    (docs / "data").symlink_to(docs.parent / "data")
    (docs / "report.html").symlink_to(docs.parent / "data" / "dangwu.sqlite3")
    found = look(docs, follows=True)
    assert names(found) == ["docs/a.txt", "docs/b.txt"]
    assert [each.source for each in found.left_out] == ["docs/data", "docs/report.html"]


def test_the_programs_own_documents_may_be_links(docs: Path) -> None:
    """Installers that save room put links in the place of files."""
    seeds = docs.parent / "seeds"
    seeds.mkdir()
    (seeds / "s.txt").symlink_to(docs / "a.txt")
    found = list_files(plan_scope([], [], seeds), seeds, exclude=docs.parent / "data")
    assert names(found) == ["seeds/s.txt"] and found.files[0].location == f"{SEEDS_LOCATION}/s.txt"
    assert read_source(found.files[0]).data == "一".encode()


def test_following_is_remembered_with_the_root_and_given_up_again(
    home: Path, docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = "请假应当写明去向、时间和联系办法，由支部书记同意以后报党小组备案。\n"
    write_files(home / "private", secret=long)
    (docs / "link").symlink_to(home / "private")

    def change_of(*options: str) -> tuple[str, str]:
        capsys.readouterr()
        assert run(["ingest", *options, "--json"]) == 0
        found = {each["source"]: each for each in document(capsys)["documents"]}
        each = found.get("docs/link/secret.txt") or found["docs/link"]
        return each["change"], each["reason"]

    assert change_of("docs")[0] == "excluded"
    assert change_of("docs", "--follow-links", "--plan")[0] == "new"
    assert change_of()[0] == "excluded"
    assert change_of("docs", "--follow-links")[0] == "new"
    assert change_of()[0] == change_of("docs")[0] == "unchanged"
    change, reason = change_of("docs", "--no-follow-links")
    assert change == "deleted" and "链接" in reason and str(home / "private") in reason
    assert change_of()[0] == "excluded"
    assert run(["ingest", "--follow-links"]) == run(["ingest", "docs/a.txt", "--follow-links"]) == 2


def test_what_came_in_through_a_link_goes_and_the_report_says_why(docs: Path) -> None:
    """As a program left it that followed every link."""
    (docs / "passwd.txt").symlink_to(docs.parent / "private" / "secret.txt")
    store = Store.open(docs.parent / "data", create=True)
    parts = plain_parts(docs.parent / "none")
    run_ingest(docs.parent / "data", docs)
    (docs / "passwd.txt").unlink()
    write_files(docs, passwd="不给别人看的")
    assert ingested(docs.parent)["docs/passwd.txt"][0] == "new"
    (docs / "passwd.txt").unlink()
    (docs / "passwd.txt").symlink_to(docs.parent / "private" / "secret.txt")
    plan = plan_ingest([], store, exclude=docs.parent / "data", parts=parts)
    assert ("docs/passwd.txt", "deleted") in [(each.source, each.change) for each in plan.documents]
    report = ingested(docs.parent)
    change, reason = report["docs/passwd.txt"]
    assert change == "deleted" and "链接通向来源之外" in reason and len(report) == 3
    assert ingested(docs.parent)["docs/passwd.txt"][0] == "excluded"


def test_uploads_follow_no_links(home: Path, docs: Path) -> None:
    uploads = write_files(home / "data" / "uploads", u="发来的")
    (uploads / "link.txt").symlink_to(docs / "a.txt")
    assert ingested(home, uploads)["uploads/link.txt"][0] == "excluded"
    with pytest.raises(InputError, match="上传"):
        plan_scope([uploads], [uploads_root(home / "data")], home, data_dir=home / "data", follows_links=True)
    store = Store.open(home / "data", create=False)
    assert [each.follows_links for each in roots(store)] == [False]
    backup = write_backup(store, home / "b.zip", at=utc_now())
    assert "uploads/u.txt" in backup.files and "uploads/link.txt" not in backup.files


class TestBetweenScanAndReading:
    """What is put in a file's place after it was found is not read unless it lies in the root as well."""

    @pytest.fixture
    def file(self, docs: Path) -> SourceFile:
        write_files(docs / "inner", c="三")
        return look(docs).files[-1]

    def test_a_link_in_the_place_of_the_file(self, docs: Path, file: SourceFile) -> None:
        file.path.unlink()
        file.path.symlink_to(docs.parent / "private" / "secret.txt")
        with pytest.raises(SourceError, match="来源之外"):
            read_source(file)

    def test_a_link_in_the_place_of_its_folder(self, docs: Path, file: SourceFile) -> None:
        (docs / "inner").rename(docs / "was")
        write_files(docs.parent / "private", c="机密")
        (docs / "inner").symlink_to(docs.parent / "private")
        with pytest.raises(SourceError, match="来源之外"):
            read_source(file)

    def test_a_link_that_comes_after_the_last_look(
        self, docs: Path, file: SourceFile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_files(docs.parent / "private", c="机密")
        place = file.path.resolve()
        (docs / "inner").rename(docs / "was")
        (docs / "inner").symlink_to(docs.parent / "private")
        monkeypatch.setattr("ingest.sources._real", lambda path: place)
        with pytest.raises(SourceError, match=r"inner/c\.txt"):
            read_source(file)

    def test_a_pipe_in_the_place_of_the_file(self, file: SourceFile) -> None:
        file.path.unlink()
        os.mkfifo(file.path)
        with pytest.raises(SourceError, match="不是普通文件"):
            read_source(file)


@pytest.mark.parametrize("kind", ["link", "broken link", "pipe"])
def test_a_sidecar_that_may_not_be_read_keeps_its_document_out(docs: Path, kind: str) -> None:
    """It may say that the document is for internal use."""
    sidecar = docs / "a.txt.meta.toml"
    (docs.parent / "private" / "s.toml").write_text('audience = "内部"', encoding="utf-8")
    if kind == "pipe":
        os.mkfifo(sidecar)
    else:
        sidecar.symlink_to(docs.parent / "private" / ("s.toml" if kind == "link" else "never"))
    report = ingested(docs.parent, docs)
    assert report["docs/a.txt"][0] == "broken" and report["docs/b.txt"][0] == "new"


def test_only_folders_that_are_looked_into_are_watched(docs: Path) -> None:
    write_files(docs / "inner", c="三")
    write_files(docs / ".git", d="四")
    (docs / "out").symlink_to(docs.parent / "private")
    (docs / "round").symlink_to(docs)
    seeds, data_dir = docs.parent / "seeds", docs.parent / "data"
    remembered = (Root(str(docs), "docs"),)
    assert list_folders(plan_scope([], remembered, seeds), seeds, exclude=data_dir) == [docs, docs / "inner"]
    following = (Root(str(docs), "docs", follows_links=True),)
    assert docs / "out" in list_folders(plan_scope([], following, seeds), seeds, exclude=data_dir)
    one = plan_scope([docs / "a.txt"], [], seeds)
    assert list_folders(one, seeds, exclude=data_dir) == [docs / "a.txt"]


def test_the_command_takes_in_nothing_from_elsewhere(home: Path, docs: Path) -> None:
    (docs / "name.txt").symlink_to("/etc/passwd")
    with process("ingest", "docs", "--json", cwd=home) as ingesting:
        out, err = ingesting.communicate(timeout=60)
    assert ingesting.returncode == 0 and "Traceback" not in err and "/etc/passwd" in out
    written = [path for path in (home / "data").rglob("*") if path.is_file()]
    assert written and not [path for path in written if b"root:" in path.read_bytes()]
