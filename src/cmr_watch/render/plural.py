"""Small words that several sentences need."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 call`, `2 calls`, `2 deliveries`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
