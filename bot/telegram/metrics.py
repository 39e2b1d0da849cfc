"""The bot's figures in the format of Prometheus: counts and times, never who asked or what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from bot.telegram.replies import Ending

# A group's pace may stretch a long answer over minutes.
_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class Metrics:
    """The figures of one bot; what other parts count for themselves is read when somebody asks."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._turns = Counter(
            "dangwu_turns", "Addressed messages by how they ended", ["ending"], registry=self._registry
        )
        self._seconds = Histogram(
            "dangwu_turn_seconds",
            "Seconds from the turn of a message to the delivery of all of its reply",
            buckets=_SECONDS,
            registry=self._registry,
        )

    def count_turn(self, ending: Ending, seconds: float) -> None:
        """Count a message that has had its reply after ``seconds``."""
        self._turns.labels(ending).inc()
        self._seconds.observe(seconds)

    def watch(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Show a number that goes up and down."""
        Gauge(name, meaning, registry=self._registry).set_function(read)

    def watch_counts(self, name: str, meaning: str, counts: Mapping[str, int]) -> None:
        """Show totals that only grow, by event."""
        self._registry.register(_Counts(name, meaning, counts))

    def exposition(self) -> bytes:
        """All figures as Prometheus reads them."""
        return generate_latest(self._registry)


class _Counts(Collector):
    def __init__(self, name: str, meaning: str, counts: Mapping[str, int]) -> None:
        self._name = name
        self._meaning = meaning
        self._counts = counts

    def collect(self) -> Iterable[CounterMetricFamily]:
        family = CounterMetricFamily(self._name, self._meaning, labels=["event"])
        for event, count in sorted(self._counts.items()):
            family.add_metric([event], count)
        yield family
