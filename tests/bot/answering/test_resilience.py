"""Deadline, retries, breaker and budget, with clock, sleep, chance and calendar in hand."""

from __future__ import annotations

import datetime
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from bot.answering.resilience import (
    Backoff,
    CircuitBreaker,
    DailyBudget,
    Deadline,
    Message,
    ModelFailure,
    ResilientModel,
)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Model:
    """Plays one reply a call: an exception, or pieces of text that may end in one."""

    name, is_local = "played", True

    def __init__(self, *replies: ModelFailure | list[str | ModelFailure]) -> None:
        self.replies = list(replies)
        self.timeouts: list[float] = []

    def stream(self, messages: Sequence[Message], timeout_s: float) -> Generator[str, None, None]:
        self.timeouts.append(timeout_s)
        reply = self.replies.pop(0)
        for piece in [reply] if isinstance(reply, ModelFailure) else reply:
            if isinstance(piece, ModelFailure):
                raise piece
            yield piece


def transient(retry_after_s: float = 0.0) -> ModelFailure:
    return ModelFailure("忙", retryable=True, retry_after_s=retry_after_s)


def resilient(model: Model, clock: Clock, **parts: object) -> ResilientModel:
    settings = {"backoff": Backoff(draw=lambda: 1.0), "breaker": CircuitBreaker(clock=clock), **parts}
    return ResilientModel(model, sleep=clock.sleep, **settings)  # type: ignore[arg-type]


def read(model: ResilientModel, clock: Clock, seconds: float = 30.0) -> list[str]:
    return list(model.stream((), Deadline.after(seconds, clock)))


def test_a_transient_failure_is_tried_again_after_doubling_waits() -> None:
    clock, model = Clock(), Model(transient(), transient(), ["好"])
    assert read(resilient(model, clock), clock) == ["好"]
    assert clock.slept == [0.5, 1.0]
    assert model.timeouts == [30.0, 29.5, 28.5]


def test_the_waits_are_at_least_half_and_at_least_what_the_server_asked() -> None:
    low = Backoff(draw=lambda: 0.0)
    assert [low.wait_s(attempt) for attempt in (1, 2, 3)] == [0.25, 0.5, 1.0]
    assert low.wait_s(10) == low.cap_s / 2
    assert low.wait_s(1, asked_s=3.0) == 3.0


def test_the_last_attempt_and_a_permanent_failure_end_it() -> None:
    clock, model = Clock(), Model(transient(), transient(), transient(), ["好"])
    with pytest.raises(ModelFailure):
        read(resilient(model, clock), clock)
    assert len(model.replies) == 1
    refusing = Model(ModelFailure("密钥不对", retryable=False), ["好"])
    with pytest.raises(ModelFailure, match="密钥不对"):
        read(resilient(refusing, clock), clock)
    assert len(refusing.replies) == 1


def test_no_wait_goes_beyond_the_deadline() -> None:
    clock, model = Clock(), Model(transient(retry_after_s=10), ["好"])
    with pytest.raises(ModelFailure):
        read(resilient(model, clock), clock, seconds=5.0)
    assert clock.slept == []


def test_what_broke_off_after_it_began_is_not_begun_anew() -> None:
    clock, model = Clock(), Model(["一", transient()], ["二"])
    stream = resilient(model, clock).stream((), Deadline.after(30, clock))
    assert next(stream) == "一"
    with pytest.raises(ModelFailure):
        next(stream)
    assert len(model.replies) == 1


def test_the_breaker_opens_rests_tries_once_and_closes() -> None:
    clock = Clock()
    permanent = ModelFailure("坏", retryable=False)
    model = Model(permanent, permanent, permanent, permanent, ["好"], ["好"])
    guarded = resilient(model, clock, breaker=CircuitBreaker(failures=3, rest_s=60, clock=clock))
    for _ in range(3):
        with pytest.raises(ModelFailure, match="坏"):
            read(guarded, clock)
    with pytest.raises(ModelFailure, match="暂停"):
        read(guarded, clock)
    assert len(model.replies) == 3
    clock.now += 60
    with pytest.raises(ModelFailure, match="坏"):
        read(guarded, clock)
    with pytest.raises(ModelFailure, match="暂停"):
        read(guarded, clock)
    clock.now += 60
    assert read(guarded, clock) == ["好"] == read(guarded, clock)


def test_a_reader_that_has_enough_closes_the_breaker() -> None:
    clock = Clock()
    breaker = CircuitBreaker(failures=1, rest_s=60, clock=clock)
    breaker.failed()
    clock.now += 60
    stream = resilient(Model(["一", "二"]), clock, breaker=breaker).stream((), Deadline.after(30, clock))
    assert next(stream) == "一"
    stream.close()
    assert breaker.allows() and breaker.allows()


def test_while_one_trial_runs_others_are_held_off() -> None:
    clock = Clock()
    breaker = CircuitBreaker(failures=1, rest_s=60, clock=clock)
    breaker.failed()
    clock.now += 60
    assert breaker.allows() and not breaker.allows()
    breaker.succeeded()
    assert breaker.allows() and breaker.allows()


def test_a_budget_counts_retries_and_is_new_every_day() -> None:
    clock, days = Clock(), [datetime.date(2026, 1, 1)]
    budget = DailyBudget(2, today=lambda: days[-1])
    model = Model(transient(), ["好"], ["好"])
    guarded = resilient(model, clock, budget=budget)
    assert read(guarded, clock) == ["好"]
    with pytest.raises(ModelFailure, match="已用完"):
        read(guarded, clock)
    days.append(datetime.date(2026, 1, 2))
    assert read(guarded, clock) == ["好"]


def test_a_budget_on_the_disk_is_shared_and_survives_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "calls.json"
    budgets = [DailyBudget(3, path=path, today=lambda: datetime.date(2026, 1, 1)) for _ in range(2)]
    assert [budgets[0].take(), budgets[1].take(), budgets[0].take(), budgets[1].take()] == [
        True,
        True,
        True,
        False,
    ]
    path.write_text('{"day": "2026-')
    assert not budgets[1].take()


def test_a_deadline_is_never_negative() -> None:
    clock = Clock()
    deadline = Deadline.after(5, clock)
    clock.now += 3
    assert deadline.remaining_s() == 2
    clock.now += 3
    assert deadline.remaining_s() == 0
