"""Text that was decoded with the wrong charset, and text that only looks a little like it."""

from __future__ import annotations

import pytest

from cmr_watch.monitor.garbled import is_garbled

CLEAN = [
    "Kraków, Poland",
    "Iași, Romania",
    "CAFÉ”",
    "Skåne – “Ä”",
    "Ñuñoa",
    "Plzeň",
    "Rēzekne",
    "Αθήνα",
    "София",
    "Ä – Ö",
]


@pytest.mark.parametrize("text", CLEAN)
def test_clean(text: str) -> None:
    assert not is_garbled(text)


@pytest.mark.parametrize("name", ["Kraków", "Iași", "Rēzekne", "Skåne", "12–13", "Πάτρα", "София", "Gdańsk", "Košice"])
@pytest.mark.parametrize("charset", ["cp1252", "latin-1"])
def test_doubly_encoded(name: str, charset: str) -> None:
    garbled = "".join(bytes([byte]).decode(charset, "ignore") or chr(byte) for byte in name.encode())
    assert is_garbled(garbled)


def test_replaced() -> None:
    assert is_garbled("Krak\ufffdw")
