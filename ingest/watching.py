"""Waiting for folders to change: files come to rest before they are read, roots come, go and are replaced."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from ingest.sources import SIDECAR_SUFFIX, is_ignored

if TYPE_CHECKING:
    from watchfiles import Change

# A file is at rest when it has not changed for this long; one that never rests is read all the same.
_REST_S = 0.25
_RESTLESS_MAX = 120
# How often the places themselves are looked at; where the system tells nothing, the files as well.
_LOOK_MS = 1_000

_log = logging.getLogger(__name__)


def changes(
    places: Callable[[], Sequence[Path]],
    folders: Callable[[], Sequence[Path]],
    stop: Event,
    *,
    exclude: Path,
    is_polling: bool = False,
) -> Iterator[None]:
    """A moment to look at ``places``: the first when all are watched, then whenever something has changed.

    Ends when ``stop`` is set. Nothing that happens between two moments is lost. ``folders`` are all that
    are looked into: what watches a tree by itself would go wherever links lead. Files that are no documents
    and what lies below ``exclude`` do not count. Without ``is_polling`` the system tells of changes, which
    it does not for most network drives; where it cannot tell at all, polling is what happens.
    """
    while not stop.is_set():
        present = _present(places())
        if present:
            yield from _changes_while(present, places, folders(), stop, exclude, is_polling=is_polling)
        else:
            yield
            while not stop.wait(_LOOK_MS / 1000) and not _present(places()):
                pass


def _changes_while(
    present: dict[Path, tuple[int, int]],
    places: Callable[[], Sequence[Path]],
    folders: Sequence[Path],
    stop: Event,
    exclude: Path,
    *,
    is_polling: bool,
) -> Iterator[None]:
    """The moments until other places are present than these, or there are other folders."""
    is_first = True
    for found in _watched(folders, stop, exclude, is_polling=is_polling):
        if _present(places()) != present:
            return
        if found or is_first:
            is_first = False
            _await_rest(found, stop)
            yield
        if any(each.is_dir() for each in found):
            return


def _await_rest(paths: Collection[Path], stop: Event) -> None:
    """Come back when none of the files changes any more, or after half a minute."""
    before = list(map(_state, paths))
    for _ in range(_RESTLESS_MAX if paths else 0):
        if stop.wait(_REST_S):
            return
        now = list(map(_state, paths))
        if now == before:
            return
        before = now


def _state(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return -1, 0
    return status.st_size, status.st_mtime_ns


def _present(places: Sequence[Path]) -> dict[Path, tuple[int, int]]:
    """The places that are there, with what tells one from another of the same name."""
    found = {}
    for place in places:
        try:
            status = place.stat()
        except OSError:
            continue
        found[place] = (status.st_dev, status.st_ino)
    return found


def _watched(
    paths: Sequence[Path], stop: Event, exclude: Path, *, is_polling: bool
) -> Iterator[Collection[Path]]:
    """The files that have changed, at least every second; often none."""
    from watchfiles import watch

    hidden = exclude.resolve()

    def counts(_change: Change, path: str) -> bool:
        place = Path(path)
        is_source = place.name.endswith(SIDECAR_SUFFIX) or not is_ignored(place.name)
        return is_source and hidden not in place.parents

    try:
        for found in watch(
            *paths,
            recursive=False,
            watch_filter=counts,
            stop_event=stop,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=is_polling or None,
            poll_delay_ms=_LOOK_MS,
            ignore_permission_denied=True,
        ):
            yield {Path(path) for _, path in found}
    except FileNotFoundError:  # one of them has gone meanwhile
        stop.wait(_LOOK_MS / 1000)
    # Besides what the system says, watchfiles has an error of its own, derived from RuntimeError.
    except (OSError, RuntimeError) as exc:
        if is_polling:
            _log.warning("watching failed: %s", exc)
            stop.wait(_LOOK_MS / 1000)
            return
        _log.warning("the system does not tell of changes (%s); looking every second instead", exc)
        yield from _watched(paths, stop, exclude, is_polling=True)
