"""Text as it is when its UTF-8 was decoded with another charset."""

from __future__ import annotations

from cmr_watch.monitor.garbled import CHARSETS

__all__ = ["CHARSETS", "misread"]


def misread(text: str, charset: str) -> str:
    """The text, encoded in UTF-8 and decoded with another charset as browsers do it."""
    return "".join(bytes([byte]).decode(charset, "ignore") or chr(byte) for byte in text.encode())
