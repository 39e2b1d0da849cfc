"""Text in pictures, read by the extra ``ocr`` where that is installed.

Whoever ingests says by ``pictures`` what is to become of pages that are pictures: read them, only count
them, or leave them for a process that can show how far it has come. What has been read is kept beside the
corpus until the ingest is done, so one that is cut short goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, NoReturn, Protocol

from ingest.loaders.formats import BY_NAME
from ingest.loaders.ocr_layout import Printed, paragraphs
from ingest.loaders.refusals import SPLIT_REMEDY, refuse
from retrieval.errors import SourceError

Mode = Literal["read", "count", "defer"]
# Long edge of a picture in pixels: more costs time and is read no better.
LONG_EDGE = 2_000
# What a page takes on two ordinary cores.
SECONDS_EACH = 4
THREADS_MAX = 4
# Read in half an hour; what is longer is better sent in parts.
MAX_PAGES = 500
# Below this the engine itself is in doubt about a line.
DOUBTFUL_BELOW = 0.9
INSTALL = "装上附加项 ocr 就能读（pip install '.[ocr]'）；也可以先用 OCR 软件识别，另存为 docx 或 pdf。"
_DOUBTS_MAX = 20

Draw = Callable[[], Any]
"""Gives a page as an array of pixels, or ``None`` where it cannot be drawn."""


class PageProgress(Protocol):
    """Called as pages are read: ``stage`` is ``ocr``."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


class Unread(SourceError):
    """A document that is pictures alone, which are not to be read now; ``pages`` is their number."""

    def __init__(self, name: str, pages: int) -> None:
        super().__init__(f"“{name}”是图片，还没有识别。", remedy="")
        self.pages = pages


class PageText(NamedTuple):
    """What stands on a picture: paragraphs, and the lines that may have been misread, each with a share."""

    paragraphs: tuple[str, ...] = ()
    doubts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Pictures:
    """What becomes of pictures; ``home`` is where what has been read is kept, if anywhere."""

    mode: Mode = "read"
    home: Path | None = None
    progress: PageProgress | None = field(default=None, compare=False)


_CURRENT: ContextVar[Pictures] = ContextVar("pictures")


def current() -> Pictures:
    """What becomes of pictures here; where nobody says, they are read."""
    return _CURRENT.get(Pictures())


@contextmanager
def pictures(mode: Mode, home: Path | None, progress: PageProgress | None = None) -> Iterator[None]:
    """What becomes of pictures inside of the block."""
    token = _CURRENT.set(Pictures(mode, home, progress))
    try:
        yield
    finally:
        _CURRENT.reset(token)


def is_installed() -> bool:
    """Whether pictures can be read."""
    return BY_NAME["image"].is_available


def expected(pages: int) -> str:
    """What reading so many pages would take, in Chinese."""
    seconds = pages * SECONDS_EACH
    return (
        f"{pages} 页图片要用 OCR 识别，约 {seconds} 秒"
        if seconds < 120
        else (f"{pages} 页图片要用 OCR 识别，约 {seconds // 60} 分钟")
    )


def may_read(name: str, pages: int, *, is_all: bool) -> bool:
    """Whether pictures are to be read now.

    ``Unread`` where they are put off, and where they are all that there is and are only to be counted.
    SourceError for more than anybody waits for.
    """
    mode = current().mode
    if pages > MAX_PAGES:
        refuse(name, f"有 {pages} 页图片，超过 {MAX_PAGES} 页的上限", SPLIT_REMEDY)
    if not is_installed():
        return False
    if mode == "defer" or (mode == "count" and is_all):
        raise Unread(name, pages)
    return mode == "read"


def read_pages(data: bytes, draws: Sequence[Draw]) -> list[PageText]:
    """The text of pictures, in their order; ``data`` are the bytes of the file that they are from."""
    session = current()
    kept = _Kept(session.home, data)
    done = 0

    def read(numbered: tuple[int, Draw]) -> PageText:
        nonlocal done
        number, draw = numbered
        found = kept.get(number)
        if found is None:
            found = _read(draw)
            kept.put(number, found)
        done += 1
        if session.progress:
            session.progress("ocr", done, len(draws))
        return found

    # Threads do: the engine leaves Python while it works, and they share its models.
    with ThreadPoolExecutor(_threads(len(draws)), thread_name_prefix="ocr") as pool:
        return list(pool.map(read, enumerate(draws)))


def doubts(pages: Sequence[tuple[str, PageText]]) -> tuple[str, ...]:
    """A warning for each place that may have been misread; ``pages`` with what each is called."""
    found = [
        f"{place}可能认错（把握 {share:.0%}）：{line}" for place, page in pages for line, share in page.doubts
    ]
    more = len(found) - _DOUBTS_MAX
    return (*found[:_DOUBTS_MAX], *((f"另有 {more} 处可能认错",) if more > 0 else ()))


def refuse_pictures(name: str, why: str) -> NoReturn:
    """SourceError with what would help here."""
    helps = "请换一份清楚些的扫描件，或先用 OCR 软件识别，另存为 docx 或 pdf。" if is_installed() else INSTALL
    refuse(name, why, helps)


def _threads(pages: int) -> int:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(usable, THREADS_MAX, pages))


def _read(draw: Draw) -> PageText:
    pixels = draw()
    if pixels is None:
        return PageText()
    result = _engine()(pixels)
    if result.boxes is None or not result.txts:
        return PageText()
    lines = [
        Printed.of(box, text, float(score))
        for box, text, score in zip(result.boxes, result.txts, result.scores, strict=True)
        if text.strip()
    ]
    doubtful = tuple((line.text, round(line.score, 2)) for line in lines if line.score < DOUBTFUL_BELOW)
    return PageText(tuple(paragraphs(lines)), doubtful)


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    # One thread a page: pages are read beside each other.
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": LONG_EDGE,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


class _Kept:
    """What has been read of one file, a small file a page; nothing where there is no place for it."""

    def __init__(self, home: Path | None, data: bytes) -> None:
        self._folder = home / hashlib.sha256(data).hexdigest() if home else None

    def get(self, number: int) -> PageText | None:
        if self._folder is None:
            return None
        with suppress(OSError, ValueError, KeyError, TypeError):
            found = json.loads((self._folder / f"{number}.json").read_text(encoding="utf-8"))
            lines = tuple((str(line), float(share)) for line, share in found["doubts"])
            return PageText(tuple(map(str, found["paragraphs"])), lines)
        return None

    def put(self, number: int, page: PageText) -> None:
        if self._folder is None:
            return
        # Without room on the disk the page is read again another time, and that is all.
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            draft = self._folder / f"{number}.draft"
            draft.write_text(json.dumps(page._asdict(), ensure_ascii=False), encoding="utf-8")
            draft.replace(self._folder / f"{number}.json")
