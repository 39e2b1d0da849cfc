"""Living with a model that is slow, down or costly: deadline, retries, circuit breaker, daily budget.

Clock, sleep, randomness and calendar are parameters.
"""

from __future__ import annotations

import datetime
import json
import logging
import random
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Protocol

from filelock import FileLock

_log = logging.getLogger(__name__)

CALLS_A_DAY = 2000
"""How often the model is asked a day at most, retries included."""


class ModelFailure(Exception):
    """The language model gave nothing usable.

    ``reason`` is a Chinese clause for the person; ``retryable`` tells whether the same call may succeed
    soon, ``retry_after_s`` how long the server asked to wait (0: it did not say).
    """

    def __init__(self, reason: str, *, retryable: bool, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retryable = retryable
        self.retry_after_s = retry_after_s


class Message(NamedTuple):
    """One message to a chat model: who speaks (``system``, ``user``, ``assistant``), and what."""

    role: str
    text: str


class TextModel(Protocol):
    """Something that writes text piece by piece."""

    @property
    def name(self) -> str:
        """The model as the endpoint calls it."""

    @property
    def is_local(self) -> bool:
        """Whether nothing leaves this machine."""

    def stream(self, messages: Sequence[Message], timeout_s: float) -> Generator[str, None, None]:
        """The pieces of the reply as they come, for at most ``timeout_s``; ModelFailure otherwise."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on ``clock``, in its seconds."""

    at_s: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> Deadline:
        """The moment ``seconds`` from now."""
        return cls(clock() + seconds, clock)

    def remaining_s(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at_s - self.clock())


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits between attempts: doubling from ``base_s`` up to ``cap_s``, half of it at random.

    The random half keeps several processes from knocking in step.
    """

    attempts: int = 3
    base_s: float = 0.5
    cap_s: float = 8.0
    draw: Callable[[], float] = random.random

    def wait_s(self, attempt: int, asked_s: float = 0.0) -> float:
        """Seconds to wait after attempt number ``attempt`` (from 1); at least what the server asked."""
        step = min(self.cap_s, self.base_s * 2.0 ** (attempt - 1))
        return max(asked_s, step / 2 + step / 2 * self.draw())


class CircuitBreaker:
    """Closed until ``failures`` calls in a row failed; then open for ``rest_s``; then one trial at a time."""

    def __init__(
        self, *, failures: int = 3, rest_s: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._allowed_failures = failures
        self._rest_s = rest_s
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._closed_until = 0.0

    def allows(self) -> bool:
        """Whether a call may be made now; a trial call holds others off for another rest."""
        with self._lock:
            if self._failures < self._allowed_failures:
                return True
            if self._clock() < self._closed_until:
                return False
            self._closed_until = self._clock() + self._rest_s
            return True

    def succeeded(self) -> None:
        """A call came to its end."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """A call failed for good."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._allowed_failures:
                self._closed_until = self._clock() + self._rest_s


class DailyBudget:
    """At most ``calls`` a local day, counted in ``path`` across processes, or in memory without one."""

    def __init__(
        self,
        calls: int = CALLS_A_DAY,
        *,
        path: Path | None = None,
        today: Callable[[], datetime.date] = datetime.date.today,
    ) -> None:
        self._calls = calls
        self._path = path
        self._today = today
        self._lock = Lock()
        self._spent: tuple[str, int] = ("", 0)

    def take(self) -> bool:
        """Count one call; false, and nothing counted, when the day's calls are used up."""
        with self._lock:
            if self._path is None:
                return self._count()
            try:
                with FileLock(f"{self._path}.lock"):
                    return self._take_shared(self._path)
            except OSError as exc:
                # A full disk must not keep anybody from an answer.
                _log.warning("calls of the language model are counted in memory: %s", exc)
                return self._count()

    def _take_shared(self, path: Path) -> bool:
        self._spent = max(self._spent, self._read(path))
        taken = self._count()
        with suppress(OSError):
            path.write_text(json.dumps(dict(zip(("day", "calls"), self._spent, strict=True))))
        return taken

    def _count(self) -> bool:
        day = self._today().isoformat()
        spent = self._spent[1] if self._spent[0] == day else 0
        taken = spent < self._calls
        self._spent = (day, spent + taken)
        return taken

    def _read(self, path: Path) -> tuple[str, int]:
        try:
            kept = json.loads(path.read_text())
            return str(kept["day"]), int(kept["calls"])
        except FileNotFoundError:
            return "", 0
        except (ValueError, KeyError, TypeError):
            # Half a file after a crash: the day so far is taken as spent by what this process knows.
            return self._spent


class ResilientModel:
    """A text model behind retries, breaker and budget; safe to use from several threads."""

    def __init__(
        self,
        model: TextModel,
        *,
        backoff: Backoff | None = None,
        breaker: CircuitBreaker | None = None,
        budget: DailyBudget | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._model = model
        self._backoff = backoff or Backoff()
        self._breaker = breaker or CircuitBreaker()
        self._budget = budget or DailyBudget()
        self._sleep = sleep

    @property
    def name(self) -> str:
        """The model as the endpoint calls it."""
        return self._model.name

    @property
    def is_local(self) -> bool:
        """Whether nothing leaves this machine."""
        return self._model.is_local

    def stream(self, messages: Sequence[Message], deadline: Deadline) -> Generator[str, None, None]:
        """The pieces of one reply; another attempt is made only while none has come.

        ModelFailure when the breaker is open, the budget spent, or the last attempt failed.
        """
        if not self._breaker.allows():
            raise ModelFailure("语言模型接连出错，暂停使用", retryable=False)
        for attempt in range(1, self._backoff.attempts + 1):
            if not self._budget.take():
                raise ModelFailure("今天调用语言模型的次数已用完", retryable=False)
            begun = False
            try:
                with closing(self._model.stream(messages, deadline.remaining_s())) as pieces:
                    for piece in pieces:
                        begun = True
                        yield piece
                self._breaker.succeeded()
                return
            except GeneratorExit:
                # The reader has enough: the model did answer.
                self._breaker.succeeded()
                raise
            except ModelFailure as failure:
                wait_s = self._backoff.wait_s(attempt, failure.retry_after_s)
                last = attempt == self._backoff.attempts or wait_s >= deadline.remaining_s()
                if begun or last or not failure.retryable:
                    self._breaker.failed()
                    raise
            self._sleep(wait_s)
