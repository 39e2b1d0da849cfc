"""Documents read and cleaned in several processes, in order, whatever becomes of one of them.

Worker processes are spawned, never forked: the program has threads (Chroma, the models, the bot), and a
fork would copy their locks as they stand. A worker that dies takes only the document it was at with it.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from typing import TypeVar

from ingest.limits import limit_memory, seconds_limited, starts_like_binary
from ingest.loaders.ocr import Unread, pictures
from ingest.parts import IngestParts, Progress, no_progress
from ingest.revising import new_revision
from ingest.sources import SourceFile
from retrieval.errors import SourceError
from retrieval.offspring import end_with_parent
from retrieval.publication import NewRevision

# Starting two workers costs as much as cleaning this much plain text in one process.
WORTHWHILE_BYTES = 2_000_000
# More workers than this wait for the one process that stores what they made.
_PROCESSES_MAX = 4
# Handing over costs as much for eight documents as for one.
_BATCH = 8
_IN_FLIGHT_EACH = 2
_T = TypeVar("_T")
_DIED = "处理它的进程用时或内存超过上限，或意外终止，可能是异常文件；请用 WPS 或 Office 打开核对后重新另存"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a document could not be made a revision: a Chinese reason, and a traceback for the log."""

    reason: str
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """A document that is pictures alone, ``pages`` in number, which have not been read."""

    pages: int


Attempt = NewRevision | Failure | Pending
Flight = deque[tuple[Sequence[SourceFile], Future[list[Attempt]]]]


def attempts(
    files: Sequence[SourceFile], parts: IngestParts, *, size: int, progress: Progress = no_progress
) -> Iterator[Attempt]:
    """Each file's new revision, or why there is none, in the order of ``files``; ``size`` is their bytes.

    Work that is long enough is shared among processes where ``parts`` allow it, a few documents at a time. So
    is, where ``parts`` say so, what takes a parser to read: a document that takes too much time or memory
    then ends its own process alone. Pictures are read in this one, which can tell how far it has come.
    """
    processes = min(parts.processes, _PROCESSES_MAX, len(files))
    is_worthwhile = processes > 1 and size >= WORTHWHILE_BYTES
    if (is_worthwhile or (parts.isolates and any(map(_is_parsed, files)))) and _can_start():
        deferring = replace(parts, pictures="defer") if parts.pictures == "read" else parts
        for file, made in zip(files, _shared(files, deferring, processes), strict=True):
            is_deferred = isinstance(made, Pending) and deferring is not parts
            yield attempt(file, parts, progress) if is_deferred else made
    else:
        yield from (attempt(file, parts, progress) for file in files)


def attempt(file: SourceFile, parts: IngestParts, progress: Progress | None = None) -> Attempt:
    """One file's new revision, or why there is none; never raises."""
    try:
        with pictures(parts.pictures, parts.ocr_home, progress):
            return new_revision(file, parts)
    except Unread as exc:
        return Pending(exc.pages)
    except SourceError as exc:
        return Failure(exc.message + exc.remedy)
    # One document that trips a parser must not keep the others out.
    except Exception as exc:
        return Failure(f"处理时出错（{type(exc).__name__}：{exc}）", traceback.format_exc())


def _is_parsed(file: SourceFile) -> bool:
    """Whether a file takes more than decoding to read; one that cannot be opened does not."""
    try:
        return bool(file.member) or starts_like_binary(file.path)
    except OSError:
        return False


def _attempt_all(files: Sequence[SourceFile], parts: IngestParts) -> list[Attempt]:
    return [_attempt_one(file, parts) for file in files]


def _attempt_one(file: SourceFile, parts: IngestParts) -> Attempt:
    """``attempt`` in a process of its own, within the seconds that one document may take."""
    with seconds_limited():
        return attempt(file, parts)


def _can_start() -> bool:
    """Whether a worker starts at all: not in a program read from a pipe, nor without shared memory."""
    try:
        with _pool(1) as pool:
            _submit(pool, os.getpid).result()
    except (BrokenProcessPool, OSError, ImportError, NotImplementedError):
        return False
    return True


def _shared(files: Sequence[SourceFile], parts: IngestParts, processes: int) -> Iterator[Attempt]:
    waiting = deque(files[at : at + _BATCH] for at in range(0, len(files), _BATCH))
    while waiting:
        flight: Flight = deque()
        pool = _pool(processes)
        try:
            yield from _flown(pool, waiting, flight, parts, _IN_FLIGHT_EACH * processes)
        except BrokenProcessPool:
            # Whose document it was is not known: those at hand are done again, each by itself.
            yield from _one_by_one(flight, parts)
        finally:
            pool.shutdown(cancel_futures=True)


def _flown(
    pool: ProcessPoolExecutor,
    waiting: deque[Sequence[SourceFile]],
    flight: Flight,
    parts: IngestParts,
    most: int,
) -> Iterator[Attempt]:
    """The results in order; batches move from ``waiting`` to ``flight`` and leave that with their results."""
    while waiting or flight:
        while waiting and len(flight) < most:
            flight.append((waiting[0], _submit(pool, _attempt_all, waiting[0], parts)))
            waiting.popleft()
        results = flight[0][1].result()
        flight.popleft()
        yield from results


def _one_by_one(flight: Flight, parts: IngestParts) -> Iterator[Attempt]:
    """What each future holds if it was done; else its files once more, one at a time in one process."""
    pool = _pool(1)
    try:
        for files, future in flight:
            if future.done() and not future.cancelled() and future.exception() is None:
                yield from future.result()
                continue
            for file in files:
                try:
                    yield _submit(pool, _attempt_one, file, parts).result()
                except BrokenProcessPool:
                    yield Failure(_DIED)
                    pool.shutdown()
                    pool = _pool(1)
    finally:
        pool.shutdown(cancel_futures=True)


def _pool(processes: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, mp_context=context, initializer=_prepare)


def _submit(pool: ProcessPoolExecutor, call: Callable[..., _T], *arguments: object) -> Future[_T]:
    """Hand over one call, which may start a worker: one that Ctrl-C does not reach while it loads."""
    if sys.platform == "win32":  # which has no masks: there Ctrl-C may print a worker's own trace
        return pool.submit(call, *arguments)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(call, *arguments)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _prepare() -> None:
    """Make a worker quiet, and end it with its parent, however that ends."""
    # Ctrl-C reaches every process of a terminal; the parent says when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger().addHandler(logging.NullHandler())
    warnings.simplefilter("ignore")
    limit_memory()
    end_with_parent()
