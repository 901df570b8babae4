"""From a page's bytes to a Snapshot: pure, linear in the page's length, nothing but ParseError."""

from __future__ import annotations

from cmr_watch.monitor.parse.initiative import read_initiative

__all__ = ["read_initiative"]
