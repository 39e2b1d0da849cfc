"""A purged document leaves no byte in the data folder."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.answering.answer import Answer
from bot.answering.gaps import Gaps
from bot.cli.entry import run
from bot.compose import Application
from bot.purge import Erased, erase_traces
from bot.remains import Remains
from bot.rendering.json import answer_json
from bot.settings import load_settings
from bot.telegram.store import TelegramStore
from ingest.publishing import Work
from ingest.sources import document_id
from ingest.upkeep import remove, rollback
from retrieval.erasure import pending_purge
from retrieval.errors import StoreBusy
from retrieval.leftovers import TRIAL_NAME, backup_folder, leftovers, size_of
from retrieval.publication import content_key
from retrieval.records import DocumentInfo, Passage, ScoredPassage
from retrieval.store import DATABASE_NAME
from tests.bot.test_cli_upkeep import DUES, sources
from tests.command import ROOT, document, output
from tests.corpus import HashEmbedder, plain_parts, read_plain, run_ingest, write_files

SECRET = "枇杷巷二十七号的密档"
CANARIES = [
    *(SECRET.encode(), SECRET[2:6].encode(), "枇杷".encode(), SECRET.encode("utf-16-le")),
    *(content_key(SECRET).encode(), HashEmbedder().query(SECRET).astype("<f4").tobytes()),
]


def traces(data_dir: Path) -> list[str]:
    """The files in which any sign of the secret stands, by name."""
    return [
        path.relative_to(data_dir).as_posix()
        for path in sorted(data_dir.rglob("*"))
        if path.is_file() and any(canary in path.read_bytes() for canary in CANARIES)
    ]


@pytest.fixture
def application(home: Path) -> Iterator[Application]:
    """A corpus of two documents and their former states; one is secret."""
    docs = write_files(home / "docs", secret=f"{SECRET}\n{SECRET}的旧稿", other="公开的资料\n第一条")
    run_ingest(home / "data", docs)
    run_ingest(home / "data", write_files(docs, secret=f"{SECRET}\n第二稿"))
    (docs / "secret.txt").rename(docs / "moved.txt")
    run_ingest(home / "data")
    with Application(load_settings(), announce=print) as application:
        yield application


@pytest.fixture
def work(application: Application, home: Path) -> Work:
    parts = plain_parts(home / "seeds")
    return Work(application.open_store(), HashEmbedder(), application.vectors, parts=parts)


def secret_id(home: Path) -> str:
    return document_id(str(home / "docs" / "moved.txt"))


def answer_about(document: str, text: str) -> Answer:
    passage = Passage("p", DocumentInfo(document, "docs/moved.txt", text), "", "paragraph", 0, 9, text, "k")
    return Answer("问？", "refused", passages=(ScoredPassage(passage, 0.5),), index_version="v1-a")


def test_nothing_is_left_of_a_purged_document(application: Application, work: Work, home: Path) -> None:
    data_dir = home / "data"
    secret, other = answer_about(secret_id(home), SECRET), answer_about("other", "别的")
    Gaps(data_dir).record(secret)
    telegram = TelegramStore(data_dir)
    ids = [telegram.keep_answer(1, 2, answer_json(each, answer_id="")) for each in (secret, other)]
    telegram.vote(ids[0], 2, "有用")
    write_files(data_dir / TRIAL_NAME, left_behind=SECRET)
    for options in ([], ["--public"]):
        assert run(["report", *options]) == 0
    reports = {"report.html", "report-public.html"}
    assert {DATABASE_NAME, "gaps.sqlite3", "telegram.sqlite3-wal", *reports} <= set(traces(data_dir))
    remove(work, [secret_id(home)], purge=True)
    assert pending_purge(work.store) and erase_traces(application) == Erased(2, Remains())
    assert traces(data_dir) == []
    assert [telegram.answer(each) is None for each in ids] == [True, False] and telegram.votes() == []
    assert Gaps(data_dir).list()[0].nearest == () and not pending_purge(work.store)
    with work.store.snapshot() as snapshot:
        assert [each.source for each in snapshot.documents()] == ["docs/other.txt"]
    rollback(work, "v1")
    assert traces(data_dir) == []


def test_without_purge_its_last_state_stays(work: Work, home: Path) -> None:
    remove(work, [secret_id(home)])
    assert DATABASE_NAME in traces(home / "data")


def test_a_purged_document_is_not_taken_in_again(application: Application, work: Work, home: Path) -> None:
    remove(work, [secret_id(home)], purge=True)
    erase_traces(application)
    report = run_ingest(home / "data")
    assert {each.source: each.change for each in report.documents}["docs/moved.txt"] == "excluded"
    assert traces(home / "data") == []


def test_an_uploaded_file_goes_with_its_document(application: Application, work: Work, home: Path) -> None:
    uploads = write_files(home / "data" / "uploads", u=f"{SECRET}\n第三稿")
    (uploads / "u.txt.meta.toml").write_text(SECRET)
    run_ingest(home / "data", uploads)
    remove(work, [document_id(str(uploads / "u.txt")), secret_id(home)], purge=True)
    erase_traces(application)
    assert traces(home / "data") == [] and not list(uploads.iterdir())
    assert (home / "docs" / "moved.txt").exists()


def test_a_reader_that_holds_on_delays_the_erasure_and_doctor_says_so(
    application: Application, work: Work, home: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("retrieval.store._BUSY_TIMEOUT_S", 0.05)
    with work.store.snapshot() as snapshot:
        remove(work, [secret_id(home)], purge=True)
        with pytest.raises(StoreBusy, match="正在读"):
            erase_traces(application)
        assert len(snapshot.documents()) == 2
    assert run(["doctor", "--json"]) == 1
    check = next(each for each in document(capsys)["checks"] if each["name"] == "清除")
    assert check["status"] == "broken" and "--purge" in check["remedy"]
    assert run(["remove", "docs/moved.txt", "--purge"]) == 0
    assert traces(home / "data") == [] and not pending_purge(work.store)


class TestWhatIsLeft:
    """Before it is said that nothing is left, every file is looked at."""

    @pytest.fixture
    def purge(
        self, application: Application, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> Callable[[], tuple[int, str]]:
        def purge() -> tuple[int, str]:
            output(capsys)
            status = run(["remove", "docs/moved.txt", "--purge"])
            return status, output(capsys)[1]

        return purge

    def test_where_all_is_known_it_is_said(self, purge: Callable[[], tuple[int, str]], home: Path) -> None:
        uploads = write_files(home / "data" / "uploads", u="另一份\n公开的资料")
        (uploads / "u.txt.meta.toml").write_text('title = "另一份"', encoding="utf-8")
        run_ingest(home / "data", uploads)
        status, said = purge()
        assert status == 0 and "已不再有它的内容" in said and "核对" not in said

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "gb18030"])
    def test_a_file_that_says_it_is_named(
        self, purge: Callable[[], tuple[int, str]], home: Path, encoding: str
    ) -> None:
        (home / "data" / "notes.txt").write_bytes(b"x" * (1 << 22) + f"\n摘：{SECRET}".encode(encoding))
        status, said = purge()
        assert status == 1 and "notes.txt" in said and "还有它的内容" in said and "已不再有" not in said

    def test_a_copy_of_its_file_is_named(self, purge: Callable[[], tuple[int, str]], home: Path) -> None:
        """Of what is packed, no piece of the text can be found."""
        packed = zlib.compress(f"{SECRET}\n压缩了的一稿".encode())
        write_files(home / "docs", moved="")
        (home / "docs" / "moved.txt").write_bytes(packed)
        parts = {"read_document": lambda data, name, sidecar: read_plain(zlib.decompress(data), name, None)}
        other = home / "docs" / "other.txt"
        other.write_bytes(zlib.compress("公开的资料\n第一条".encode()))
        run_ingest(home / "data", **parts)
        (home / "data" / "incoming").mkdir()
        (home / "data" / "incoming" / "sent.bin").write_bytes(packed)
        status, said = purge()
        assert status == 1 and "sent.bin" in said

    @pytest.mark.parametrize(
        "name",
        ["notes.txt", "dangwu.sqlite3.damaged", "vectors/old-name/data.bin", "incoming/7/u.txt", "link"],
    )
    def test_a_file_that_is_not_known_is_named_and_nothing_claimed(
        self, purge: Callable[[], tuple[int, str]], home: Path, name: str
    ) -> None:
        path = home / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == "link":
            path.symlink_to(home / "docs")
        else:
            path.write_text("别的", encoding="utf-8")
        status, said = purge()
        if name.startswith("vectors"):  # derived, and made anew
            assert not path.exists() and "数据目录里已不再有" in said
        else:
            assert str(path) in said and "核对" in said and "数据目录里已不再有" not in said
        assert status == 0

    def test_what_a_killed_restore_left_is_gone(
        self, purge: Callable[[], tuple[int, str]], home: Path
    ) -> None:
        assert run(["backup", "b.zip"]) == 0
        command = [sys.executable, "-m", "tests.changing", "restore", str(home / "data"), str(home / "b.zip")]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
            assert process.stdin
            process.stdin.write(b"\n")
            process.stdin.flush()
            while not any(map(size_of, leftovers(home / "data"))):
                time.sleep(0.0005)
            process.kill()
        assert any(name.startswith(".restore-") for name in traces(home / "data"))
        status, said = purge()
        assert status == 0 and "已不再有它的内容" in said and traces(home / "data") == []

    def test_a_backup_under_way_is_named(self, purge: Callable[[], tuple[int, str]], home: Path) -> None:
        with backup_folder(home / "data", home) as work:
            (work / "copy").write_text(SECRET)
            status, said = purge()
            assert status == 0 and str(work) in said and "核对" in said
            assert (work / "copy").exists()


def test_the_command_purges_and_names_a_copy_that_stays(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"{SECRET}\n门牌在巷口，钥匙由值班的同志保管，来访的人先登记。\n" * 3
    write_files(home / "docs", a=text, copy=text, dues=DUES)
    assert run(["ingest", "docs"]) == 0
    output(capsys)
    assert run(["remove", "docs/a.txt", "--purge"]) == 0
    assert "docs/copy.txt" in output(capsys)[1]
    assert sources(capsys, "钥匙由谁保管") == ["docs/copy.txt"]
    assert run(["remove", "docs/copy.txt", "--purge"]) == 0
    output(capsys)
    assert traces(home / "data") == [] and "docs/copy.txt" not in sources(capsys, "钥匙由谁保管")
    assert run(["remove", "docs/copy.txt"]) == 2
    with sqlite3.connect(home / "data" / DATABASE_NAME) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
