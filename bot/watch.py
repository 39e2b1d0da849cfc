"""Keeping the corpus in step with its roots until told to stop, whatever fails meanwhile."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING

from ingest.watching import changes
from retrieval.errors import DangwuError, StoreBusy

if TYPE_CHECKING:
    from bot.compose import Application

_RETRY_S = 2.0

_log = logging.getLogger(__name__)


class Stopping:
    """SIGINT and SIGTERM: they set ``event``, and interrupt what ``interruptible`` is doing at once."""

    def __init__(self) -> None:
        self.event = Event()
        self._is_interruptible = False

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Take the two signals for the length of the block, which ends quietly when interrupted."""
        before = {each: signal.signal(each, self._stop) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        except KeyboardInterrupt:
            if not self.event.is_set():
                raise
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """What is done here may be cut off: an ingest publishes whole or not at all."""
        self._is_interruptible = True
        try:
            yield
        finally:
            self._is_interruptible = False

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.event.set()
        if self._is_interruptible:
            raise KeyboardInterrupt


def keep_in_step(
    application: Application,
    synchronise: Callable[[], None],
    complain: Callable[[str, str], None],
    announce: Callable[[str], None],
    *,
    is_polling: bool = False,
) -> None:
    """Call ``synchronise`` now, and whenever a file below the remembered roots has changed.

    Comes back after SIGINT or SIGTERM. ``complain`` gets message and remedy of what fails meanwhile,
    ``announce`` the beginning and the end.
    """
    stopping = Stopping()
    places = _Places(application)
    with stopping.installed():
        announce("守着记住的来源，文件有变动就同步；按 Ctrl-C 停止。")
        exclude = application.data_dir
        for _ in changes(places, places.folders, stopping.event, exclude=exclude, is_polling=is_polling):
            with stopping.interruptible():
                _until_done(synchronise, complain, stopping.event)
    announce("停止。")


class _Places:
    """Where the remembered roots lie; as long as the store cannot tell, where they lay."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._known: list[Path] = []

    def __call__(self) -> list[Path]:
        # What is wrong with the store is said when it is written to.
        with suppress(DangwuError):
            self._known = self._application.watched()
        return self._known

    def folders(self) -> list[Path]:
        """The folders to look into, or the places themselves as long as the store cannot tell."""
        with suppress(DangwuError):
            return self._application.watched_folders()
        return self._known


def _until_done(synchronise: Callable[[], None], complain: Callable[[str, str], None], stop: Event) -> None:
    """Synchronise; again and again while another process is at it, and not again after another failure."""
    is_waiting = False
    while not stop.is_set():
        try:
            synchronise()
        except StoreBusy as busy:
            if not is_waiting:
                complain(busy.message, "等它完成后自动重试。")
            is_waiting = True
            stop.wait(_RETRY_S)
            continue
        except DangwuError as exc:
            complain(exc.message, exc.remedy)
        # Whatever one change brings about, the next one may be fine.
        except Exception as exc:
            _log.debug("synchronising failed", exc_info=exc)
            complain(f"这次没有同步成（{type(exc).__name__}：{exc}）。", "文件再有变动时重试。")
        return
