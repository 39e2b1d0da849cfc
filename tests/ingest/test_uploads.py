"""Uploads: names, plans over the very bytes, and putting files in place or back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.parts import IngestParts
from ingest.pipeline import ingest
from ingest.report import IngestReport
from ingest.sidecar import read_sidecar, with_audience
from ingest.sources import SIDECAR_SUFFIX
from ingest.uploads import UploadPlan, add_waiting, checked_name, in_place, places, plan_uploads
from retrieval.errors import PlanOutdated, SourceError, StoreBusy, StoreError
from retrieval.locking import ingest_lock
from retrieval.records import Audience
from retrieval.store import Store
from retrieval.vectors import VectorFolders
from tests.corpus import QUARANTINE_MARK, HashEmbedder, plain_parts, run_ingest, served, write_files
from tests.hostile import hostile_names


class Desk:
    """A corpus of one document, and files that wait to be taken in."""

    def __init__(self, folder: Path) -> None:
        run_ingest(folder / "data", write_files(folder / "docs", known="已有的"))
        self.store = Store.open(folder / "data", create=False)
        self.vectors = VectorFolders(self.store)
        self.parts: IngestParts = plain_parts(folder / "seeds")
        self.waiting = self.store.data_dir / "incoming" / "1"
        self.uploads = self.store.data_dir / "uploads"

    def send(self, name: str, text: str, audience: Audience | None = None) -> None:
        add_waiting(self.waiting, name, text.encode(), audience, self.store.data_dir)

    def plan(self) -> UploadPlan:
        return plan_uploads(self.waiting, self.store, self.parts)

    def take_in(self, plan: UploadPlan) -> IngestReport:
        return ingest(
            places(plan, self.store.data_dir),
            self.store,
            HashEmbedder(),
            self.vectors,
            parts=self.parts,
            within=in_place(plan, self.store, self.parts),
        )

    def sources(self) -> list[str]:
        with self.store.snapshot() as snapshot:
            return list(served(snapshot))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.vectors.close()
    made.store.close()


def changes(plan: UploadPlan) -> dict[str, str]:
    return {change.source: change.change for change, _ in plan.documents}


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            "通知.docx",
            "通知.doc",
            "资料.TAR.GZ",
            " 关于“两优一先”的决定（2024）.PDF ",
            "a.b.html",
            "e\u0301.txt",
            "党" * 60 + ".txt",
        ],
    )
    def test_ordinary_names_are_kept(self, name: str) -> None:
        assert checked_name(name) == name.strip().replace("e\u0301", "\xe9")

    @pytest.mark.parametrize(
        "name",
        [
            *(name for name, _ in hostile_names().values() if name != "巨大.txt"),
            *(
                "",
                "   ",
                ".bashrc.txt",
                "/etc/x.txt",
                "a\0.txt",
                "~$通知.docx",
                "通知",
                "通知.docm",
                "通知.rar",
            ),
            *("通知.docx.exe", "党" * 70 + ".txt", "通知.txt\n.exe", "\u200b.txt", "a\ud800.txt"),
        ],
    )
    def test_tricks_are_refused_in_one_sentence(self, name: str) -> None:
        with pytest.raises(SourceError) as caught:
            checked_name(name)
        assert caught.value.remedy and caught.value.message.isprintable()


class TestSidecars:
    @pytest.mark.parametrize(
        ("sidecar", "rest"),
        [
            (b"", {}),
            (b'audience = "\xe5\x85\xac\xe5\xbc\x80"', {}),
            ('title = "甲"\n "audience"="公开" # 旧\nnumber = ""'.encode(), {"title": "甲", "number": ""}),
        ],
    )
    def test_an_audience_is_stated_and_the_rest_stays(self, sidecar: bytes, rest: dict[str, str]) -> None:
        assert read_sidecar(with_audience(sidecar, "内部"), "x") == {**rest, "audience": "内部"}


class TestTakingIn:
    def test_a_new_file_comes_in_and_a_later_ingest_keeps_it(self, desk: Desk, tmp_path: Path) -> None:
        desk.send("sent.txt", "发来的")
        plan = desk.plan()
        assert changes(plan) == {"uploads/sent.txt": "new"} and not desk.uploads.exists()
        report = desk.take_in(plan)
        assert [(each.source, each.change) for each in report.documents] == [("uploads/sent.txt", "new")]
        assert desk.sources() == ["docs/known.txt", "uploads/sent.txt"]
        for paths in ((), (tmp_path,)):
            run_ingest(desk.store.data_dir, *paths)
            assert "uploads/sent.txt" in desk.sources()

    def test_the_same_name_again_is_a_change_and_the_same_bytes_are_none(self, desk: Desk) -> None:
        for text, expected in (("第一稿", "new"), ("第二稿", "changed"), ("第二稿", "unchanged")):
            desk.send("sent.txt", text)
            plan = desk.plan()
            assert changes(plan) == {"uploads/sent.txt": expected}
            if plan.accepted:
                desk.take_in(plan)
        with desk.store.snapshot() as snapshot:
            assert served(snapshot)["uploads/sent.txt"] == ["第二稿"]

    def test_what_is_held_back_or_unreadable_stays_outside(self, desk: Desk) -> None:
        desk.send("good.txt", "可用的")
        desk.send("bad.txt", QUARANTINE_MARK)
        add_waiting(desk.waiting, "broken.txt", b"\xff\xfe\xff", None, desk.store.data_dir)
        plan = desk.plan()
        assert sorted(changes(plan).values()) == ["broken", "new", "quarantined"]
        assert plan.accepted == ("good.txt",)
        desk.take_in(plan)
        assert [path.name for path in desk.uploads.iterdir()] == ["good.txt"]
        assert desk.sources() == ["docs/known.txt", "uploads/good.txt"]

    def test_an_audience_stays_with_the_file_until_it_is_stated_anew(self, desk: Desk) -> None:
        desk.send("sent.txt", "第一稿", "内部")
        desk.take_in(desk.plan())
        sidecar = desk.uploads / ("sent.txt" + SIDECAR_SUFFIX)
        assert read_sidecar(sidecar.read_bytes(), "x") == {"audience": "内部"}
        desk.send("sent.txt", "第二稿")
        ((_, revision),) = desk.plan().documents
        assert revision is not None and "内部" in revision.metadata["status"]
        desk.take_in(desk.plan())
        assert read_sidecar(sidecar.read_bytes(), "x") == {"audience": "内部"}
        desk.send("sent.txt", "第二稿", "公开")
        assert changes(desk.plan()) == {"uploads/sent.txt": "changed"}

    def test_other_files_among_the_uploads_are_not_touched(self, desk: Desk) -> None:
        write_files(desk.uploads, placed="维护者放的")
        desk.send("sent.txt", "发来的")
        desk.take_in(desk.plan())
        assert desk.sources() == ["docs/known.txt", "uploads/sent.txt"]
        (desk.uploads / "sent.txt").unlink()
        desk.send("more.txt", "再发的")
        plan = desk.plan()
        assert changes(plan) == {"uploads/more.txt": "new"} and plan.others == ()
        desk.take_in(plan)
        assert desk.sources() == ["docs/known.txt", "uploads/more.txt", "uploads/sent.txt"]


class TestPlansThatNoLongerHold:
    @pytest.mark.parametrize("event", ["other bytes", "one more file", "taken in by others", "on the disk"])
    def test_nothing_is_moved_and_a_new_plan_holds(self, desk: Desk, event: str) -> None:
        desk.send("sent.txt", "发来的")
        plan = desk.plan()
        if event == "other bytes":
            desk.send("sent.txt", "换过的")
        elif event == "one more file":
            desk.send("more.txt", "多出的")
        else:
            write_files(desk.uploads, sent="别人发的")
        if event == "taken in by others":
            run_ingest(desk.store.data_dir, desk.uploads)
        before = {path.name: path.read_text() for path in desk.uploads.glob("*")}
        with pytest.raises(PlanOutdated):
            desk.take_in(plan)
        assert before == {path.name: path.read_text() for path in desk.uploads.glob("*")}
        again = desk.plan()
        assert changes(again)["uploads/sent.txt"] == ("changed" if event == "taken in by others" else "new")
        desk.take_in(again)
        assert "uploads/sent.txt" in desk.sources()

    def test_a_running_ingest_leaves_everything_waiting(self, desk: Desk) -> None:
        desk.send("sent.txt", "发来的")
        plan = desk.plan()
        with ingest_lock(desk.store.data_dir), pytest.raises(StoreBusy):
            desk.take_in(plan)
        assert not desk.uploads.exists()
        desk.take_in(plan)
        assert "uploads/sent.txt" in desk.sources()


def test_a_failed_ingest_puts_everything_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.send("sent.txt", "第一稿", "内部")
    desk.take_in(desk.plan())
    desk.send("sent.txt", "第二稿", "公开")
    desk.send("more.txt", "另一份")
    plan = desk.plan()
    before = {path.name: path.read_bytes() for path in desk.uploads.iterdir()}

    def fail(*args: object) -> str:
        raise OSError("no space left on device")

    monkeypatch.setattr(desk.vectors, "prepare", fail)
    with pytest.raises(OSError, match="no space"):
        desk.take_in(plan)
    assert {path.name: path.read_bytes() for path in desk.uploads.iterdir()} == before
    monkeypatch.undo()
    desk.take_in(plan)
    with desk.store.snapshot() as snapshot:
        assert served(snapshot)["uploads/sent.txt"] == ["第二稿"]
    assert "公开" in (desk.uploads / ("sent.txt" + SIDECAR_SUFFIX)).read_text()


def test_a_folder_that_cannot_be_written_is_named(desk: Desk) -> None:
    desk.waiting.parent.write_text("no folder")
    with pytest.raises(StoreError, match="写不进"):
        desk.send("sent.txt", "发来的")


def test_a_place_that_cannot_be_written_moves_nothing(desk: Desk) -> None:
    desk.send("sent.txt", "发来的")
    desk.uploads.write_text("no folder")
    with pytest.raises(StoreError, match="写不进"):
        desk.take_in(desk.plan())
    assert (desk.waiting / "sent.txt").read_text() == "发来的"
