"""What came of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """The result of one run of the outbox: numbers of messages, and the distinct errors in `failures`.

    `pending` messages could not be sent but will be retried; those `failed` failed permanently.
    """

    sent: int = 0
    logged: int = 0
    pending: int = 0
    failed: int = 0
    failures: tuple[str, ...] = ()

    @property
    def has_failures(self) -> bool:
        """Whether any message that was due could not be sent."""
        return bool(self.pending or self.failed)

    def __add__(self, later: DeliveryReport) -> DeliveryReport:
        return DeliveryReport(
            sent=self.sent + later.sent,
            logged=self.logged + later.logged,
            pending=max(self.pending, later.pending),
            failed=self.failed + later.failed,
            failures=tuple(dict.fromkeys(self.failures + later.failures)),
        )
