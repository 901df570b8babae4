"""What is measured, for Prometheus. Labels are bounded: outcomes, kinds, ways (mail or other), jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cmr_watch.health import HealthStatus

TEXT = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60)

Deliveries = Callable[[], dict[tuple[str, str], int]]


class Metrics:
    """Counted by this process: checks and changes, and how long jobs took. Seen when asked: ages and the outbox."""

    def __init__(self, observe: Callable[[], HealthStatus], deliveries: Deliveries) -> None:
        self._registry = CollectorRegistry()
        self.checks = self._counter("cmr_watch_checks", "Checks of pages, by outcome.", "outcome")
        self.changes = self._counter("cmr_watch_changes", "Changes found, by kind.", "kind")
        self.failures = self._counter("cmr_watch_job_failures", "Jobs that broke off, by job.", "job")
        self.seconds = Histogram(
            "cmr_watch_job_seconds", "How long jobs took.", ["job"], registry=self._registry, buckets=_SECONDS
        )
        self._registry.register(_Seen(observe, deliveries))

    def _counter(self, name: str, what: str, label: str) -> Counter:
        return Counter(name, what, [label], registry=self._registry)

    def text(self) -> bytes:
        """All of it, in the text format of Prometheus."""
        return generate_latest(self._registry)


class _Seen(Collector):
    def __init__(self, observe: Callable[[], HealthStatus], deliveries: Deliveries) -> None:
        self._observe = observe
        self._deliveries = deliveries

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = self._observe()
        yield _gauge("cmr_watch_up", "Whether the database can be used.", 0 if found.trouble else 1)
        if found.trouble:
            return
        if found.read_at:
            age = (found.at - found.read_at).total_seconds()
            yield _gauge("cmr_watch_reading_age_seconds", "Since the last good reading of the list.", age)
        due = (found.at - found.due_at).total_seconds() if found.due_at else 0
        yield _gauge("cmr_watch_outbox_age_seconds", "How long the oldest has been due.", max(0, due))
        yield _gauge("cmr_watch_outbox_pending", "Messages that wait.", found.pending)
        family = GaugeMetricFamily(
            "cmr_watch_deliveries", "Messages kept, by way and outcome.", labels=["way", "outcome"]
        )
        for labels, number in self._deliveries().items():
            family.add_metric(labels, number)
        yield family


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value)
