"""A number with its noun. Pure."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 call`, `2 calls`; `plural` where the noun needs more than an s: `2 deliveries`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
