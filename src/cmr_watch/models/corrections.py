"""Corrections: what the operator says of lines that the reading engine misreads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from cmr_watch.models.readings import PageRef

CorrectionEnd = Literal["lapsed", "dropped", "replaced"]


class Correction(NamedTuple):
    """The right reading of one line. It holds as long as the page has that line, word for word.

    - `line`: the line's text, or that of an entry that stands in several lines.
    - `values`: the fields that were misread, as the operator typed them; None if the line is not an entry.
    - `ended_at`, `end_reason`: when it ceased to hold, and why; None while it holds.
    """

    page: PageRef
    line: str
    values: Mapping[str, str] | None
    created_at: datetime
    id: int = 0
    ended_at: datetime | None = None
    end_reason: CorrectionEnd | None = None
