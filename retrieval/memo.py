"""What has been read once and stays true, kept for the questions that follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memo(Generic[K, V]):
    """Values by key, at most ``size`` of them; safe to use from several threads.

    It is emptied when it is full: the values of one corpus soon come back, those of a large one would fill
    the memory.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._known: dict[K, V] = {}
        self._lock = Lock()

    def get(self, wanted: Iterable[K], read: Callable[[list[K]], Mapping[K, V]]) -> dict[K, V]:
        """The values of the keys that have one, in the order wanted; ``read`` is asked for unknown keys."""
        keys = list(dict.fromkeys(wanted))
        with self._lock:
            found = {key: self._known[key] for key in keys if key in self._known}
        if len(found) == len(keys):
            return found
        fresh = read([key for key in keys if key not in found])
        self._keep(fresh)
        found.update(fresh)
        return {key: found[key] for key in keys if key in found}

    def _keep(self, fresh: Mapping[K, V]) -> None:
        if len(fresh) > self._size:
            return
        with self._lock:
            if len(self._known) + len(fresh) > self._size:
                self._known.clear()
            self._known.update(fresh)
