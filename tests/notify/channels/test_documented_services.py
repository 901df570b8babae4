"""Every chat service that a document or the sample configuration names is one that Apprise knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cmr_watch.notify.channels.apprise import AppriseChannel

ROOT = Path(__file__).parents[3]
DOCUMENTS = [ROOT / "README.md", ROOT / "config" / "cmr-watch.toml", *sorted((ROOT / "docs").glob("*.md"))]
NO_SERVICES = {"http", "https", "sqlite", "postgresql"}
ADDRESSES = {
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "workflows": "workflows://prod.example.org:443/0123456789abcdef/c2lnbmF0dXJl",
    "discord": "discord://1234567890/abcdefghijklmnop",
    "json": "json://127.0.0.1:8080/hook",
}
"""Scheme → a complete address; none of these accounts exists."""


def test_there_is_an_address_for_every_service_that_is_named() -> None:
    named = {scheme for file in DOCUMENTS for scheme in re.findall(r"\b([a-z]+)://", file.read_text(encoding="utf-8"))}

    assert named - NO_SERVICES == ADDRESSES.keys()


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_apprise_knows_it(address: str) -> None:
    AppriseChannel().check(address)
