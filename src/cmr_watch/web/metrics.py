"""Metrics for Prometheus. All labels have few values: outcomes, change kinds, channels and job names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cmr_watch.health import HealthStatus

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60)  # seconds

CountDeliveries = Callable[[], dict[tuple[str, str], int]]
"""Returns the number of messages by channel and outcome."""


class Metrics:
    """Counters of this process (checks, changes, jobs), and gauges that are read from the database on each request."""

    def __init__(self, observe: Callable[[], HealthStatus], count_deliveries: CountDeliveries) -> None:
        self._registry = CollectorRegistry()
        self.checks = self._counter("cmr_watch_checks", "Page checks, by outcome.", "outcome")
        self.changes = self._counter("cmr_watch_changes", "Detected changes, by change kind.", "kind")
        self.failures = self._counter("cmr_watch_job_failures", "Failed job runs, by job.", "job")
        self.seconds = Histogram(
            "cmr_watch_job_seconds",
            "Duration of job runs in seconds, by job.",
            ["job"],
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self._registry.register(_DatabaseCollector(observe, count_deliveries))

    def _counter(self, name: str, description: str, label: str) -> Counter:
        return Counter(name, description, [label], registry=self._registry)

    def text(self) -> bytes:
        """All metrics, in the text format of Prometheus."""
        return generate_latest(self._registry)


class _DatabaseCollector(Collector):
    def __init__(self, observe: Callable[[], HealthStatus], count_deliveries: CountDeliveries) -> None:
        self._observe = observe
        self._count_deliveries = count_deliveries

    def collect(self) -> Iterator[GaugeMetricFamily]:
        status = self._observe()
        yield _gauge("cmr_watch_up", "1 if the database can be used, else 0.", 0 if status.database_error else 1)
        if status.database_error:
            return
        if status.last_read_at:
            age = (status.observed_at - status.last_read_at).total_seconds()
            age = age if age >= 0 else inf  # by a clock that was ahead: how old it is, is not known
            yield _gauge("cmr_watch_reading_age_seconds", "Time since the last successful reading of the page.", age)
        overdue = (status.observed_at - status.due_since).total_seconds() if status.due_since else 0
        yield _gauge(
            "cmr_watch_outbox_age_seconds", "Time since the oldest unsent message became due.", max(0, overdue)
        )
        yield _gauge("cmr_watch_outbox_pending", "Pending messages.", status.pending)
        yield self._deliveries()

    def _deliveries(self) -> GaugeMetricFamily:
        description = "Messages in the database, by channel and outcome."
        family = GaugeMetricFamily("cmr_watch_deliveries", description, labels=["channel", "outcome"])
        for labels, number in self._count_deliveries().items():
            family.add_metric(labels, number)
        return family


def _gauge(name: str, description: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, description, value=value)
