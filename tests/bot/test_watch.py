"""``dangwu ingest --watch`` as a real process over a real folder."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO

import pytest

from bot.cli.entry import run
from retrieval.locking import ingest_lock
from retrieval.store import Store
from tests.command import output, process
from tests.corpus import write_files

TEXT = "社区党员议事会每月召开一次，由党支部书记主持，党员和居民代表参加，会议结果在公示栏公布。"


class Watch:
    """The running command, with what it says line by line."""

    def __init__(self, home: Path, *options: str) -> None:
        self.data_dir = home / "data"
        self.running = process("ingest", "docs", "--watch", *options, cwd=home)
        self.out: Queue[str] = Queue()
        self.err: Queue[str] = Queue()
        self.threads = [
            Thread(target=_put_lines, args=(self.running.stdout, self.out)),
            Thread(target=_put_lines, args=(self.running.stderr, self.err)),
        ]
        for thread in self.threads:
            thread.start()
        self.says("守着", self.err)

    def says(self, words: str, where: Queue[str] | None = None, within_s: float = 20.0) -> str:
        """The next line with these words."""
        deadline = time.monotonic() + within_s
        while True:
            line = (where or self.out).get(timeout=max(0.01, deadline - time.monotonic()))
            assert "Traceback" not in line
            if words in line:
                return line

    def is_silent(self, for_s: float = 1.5) -> bool:
        try:
            self.out.get(timeout=for_s)
        except Empty:
            return True
        return False

    def texts(self) -> dict[str, str]:
        with Store.open(self.data_dir, create=False).snapshot() as snapshot:
            return {each.source: snapshot.document_text(each.id) for each in snapshot.documents()}

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.running.send_signal(number)
        return self.running.wait(timeout=20)

    def close(self) -> None:
        if self.running.poll() is None:
            self.running.kill()
        self.running.wait(timeout=20)
        for thread in self.threads:
            thread.join()


def _put_lines(stream: IO[str], lines: Queue[str]) -> None:
    with stream:
        for line in stream:
            lines.put(line)


@pytest.fixture
def docs(home: Path) -> Path:
    return write_files(home / "docs", a=TEXT)


@pytest.fixture
def watch(home: Path, docs: Path) -> Iterator[Watch]:
    with watching(home) as watch:
        yield watch


@pytest.fixture
def polling(home: Path, docs: Path) -> Iterator[Watch]:
    with watching(home, "--poll", "--json") as watch:
        yield watch


@contextmanager
def watching(home: Path, *options: str) -> Iterator[Watch]:
    watch = Watch(home, *options)
    try:
        yield watch
    finally:
        watch.close()


def test_each_change_is_a_line_and_a_signal_ends_it(docs: Path, watch: Watch) -> None:
    assert "docs/a.txt" in watch.says("新增")
    write_files(docs, b=TEXT + "乙")
    line = watch.says("新增·近似")
    assert "docs/b.txt" in line and "v2-" in line
    write_files(docs, b=TEXT + "改过")
    assert "docs/b.txt" in watch.says("更新") and "改过" in watch.texts()["docs/b.txt"]
    (docs / "b.txt.meta.toml").write_text('title = "乙"', encoding="utf-8")
    assert "旁注" in watch.says("更新")
    (docs / "b.txt").rename(docs / "c.txt")
    watch.says("移动")
    (docs / "c.txt").unlink()
    assert "docs/c.txt" in watch.says("移除") and list(watch.texts()) == ["docs/a.txt"]
    assert watch.stop(signal.SIGTERM) == 0
    watch.says("停止", watch.err)


def test_ctrl_c_ends_it_too(watch: Watch) -> None:
    watch.says("新增")
    assert watch.stop(signal.SIGINT) == 0
    watch.says("停止", watch.err)


def test_files_that_are_no_documents_wake_nothing(docs: Path, watch: Watch) -> None:
    watch.says("新增")
    (docs / "~$a.docx").write_text("锁", encoding="utf-8")
    (docs / ".swp").write_text("x", encoding="utf-8")
    (docs / "a.txt").touch()
    assert watch.is_silent() and watch.running.poll() is None


def test_a_file_that_is_being_written_is_read_when_it_is_whole(docs: Path, watch: Watch) -> None:
    watch.says("新增")
    with (docs / "slow.txt").open("w", encoding="utf-8") as file:
        for number in range(15):
            file.write(f"第{number}段：{TEXT}\n")
            file.flush()
            time.sleep(0.1)
    watch.says("docs/slow.txt")
    assert watch.texts()["docs/slow.txt"].count("党支部书记") == 15 and watch.is_silent()


def test_what_was_broken_at_the_start_is_not_named_again(home: Path, docs: Path) -> None:
    (docs / "broken.txt").write_bytes(bytes(range(256)) * 20)
    with watching(home) as watch:
        watch.says("新增")
        write_files(docs, good=f"又一份。{TEXT}")
        watch.says("docs/good.txt")
        assert watch.stop() == 0
        assert not [line for line in iter(watch.err.get, "停止。\n") if "broken" in line]


def test_a_broken_file_is_named_once_and_the_others_go_on(docs: Path, watch: Watch) -> None:
    watch.says("新增")
    (docs / "broken.txt").write_bytes(bytes(range(256)) * 20)
    assert "docs/broken.txt" in watch.says("错误", watch.err)
    write_files(docs, good=f"又一份。{TEXT}")
    assert "docs/good.txt" in watch.says("新增")
    assert watch.stop() == 0
    assert not [line for line in iter(watch.err.get, "停止。\n") if "broken" in line]


def test_a_folder_that_goes_keeps_its_documents_and_may_come_back(docs: Path, watch: Watch) -> None:
    watch.says("新增")
    shutil.rmtree(docs)
    watch.says("不见了", watch.err)
    assert list(watch.texts()) == ["docs/a.txt"]
    write_files(docs, a=TEXT, back=f"回来了。{TEXT}")
    assert "docs/back.txt" in watch.says("新增")
    write_files(docs, later=f"后来的。{TEXT}")
    assert "docs/later.txt" in watch.says("新增")


def test_another_ingest_is_waited_for(docs: Path, watch: Watch) -> None:
    watch.says("新增")
    with ingest_lock(watch.data_dir):
        write_files(docs, b=f"另一份。{TEXT}")
        watch.says("另一个进程", watch.err)
    assert "docs/b.txt" in watch.says("新增")


def test_polling_sees_the_same_and_json_is_a_line_each(docs: Path, polling: Watch) -> None:
    polling.says("docs/a.txt")
    write_files(docs, b=f"另一份。{TEXT}")
    change = json.loads(polling.says("docs/b.txt"))
    assert change["change"] == "new" and change["version"].startswith("v2-")
    (docs / "b.txt").unlink()
    assert json.loads(polling.says("docs/b.txt"))["change"] == "deleted"
    assert polling.stop() == 0


@pytest.mark.parametrize("options", [["--plan", "--watch"], ["--poll"], ["missing", "--watch"]])
def test_wrong_usage_is_refused(home: Path, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ingest", *options]) == 2
    assert "错误：" in output(capsys)[1]


def test_nothing_is_watched_through_a_link_and_new_folders_are(home: Path, docs: Path) -> None:
    elsewhere = write_files(home / "elsewhere", x=TEXT + "别处")
    (docs / "link").symlink_to(elsewhere)
    with watching(home, "--json") as watch:
        assert "docs/a.txt" in watch.says("new")
        before = _last_sync_at_rest(home)
        write_files(elsewhere, x=TEXT + "又一次", y=TEXT)
        assert watch.is_silent(for_s=2.5) and _last_sync(home) == before
        write_files(docs / "new" / "deeper", c=TEXT + "丙")
        assert "docs/new/deeper/c.txt" in watch.says("new")
        write_files(docs / "new" / "deeper", d=TEXT + "丁")
        assert "docs/new/deeper/d.txt" in watch.says("new")


def _last_sync_at_rest(home: Path) -> int:
    before, now = -1, _last_sync(home)
    while now != before:
        time.sleep(1.5)  # more than it takes a watch to begin with a look of its own
        before, now = now, _last_sync(home)
    return now


def _last_sync(home: Path) -> int:
    """When an ingest last took or gave back its lock, beside which it leaves a note and takes it away."""
    return (home / "data").stat().st_mtime_ns
