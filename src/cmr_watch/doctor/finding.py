"""What one check of the installation found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    `what` names the part that was checked. `good`: True if it works, False for a problem, None for a remark. `words`
    is the text, `advice` how to fix a problem.
    """

    what: str
    good: bool | None
    words: str
    advice: str = ""
