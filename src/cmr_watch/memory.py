"""Gives memory that is free back to the system."""

from __future__ import annotations

import ctypes


def give_back_free_memory() -> None:
    """Give back what lies between the parts in use: glibc keeps that (malloc_trim(3)); other C libraries differ."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
