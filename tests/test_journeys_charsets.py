"""End-to-end tests of pages whose bytes are decoded wrongly, by us or by the site: no subscriber is notified of it."""

from __future__ import annotations

import pytest

from tests.monitor.garbling import CHARSETS, misread
from tests.monitor.small import html
from tests.test_journeys import PATH, Journey, journey

__all__ = ["journey"]

TOWNS = ("> Târgu Mureș, Romania – 12–13 October 2023", "> Kraków, Poland – 23–24 October 2023")
PAST = ("< Šiauliai, Lithuania – 5–6 May 2022", "< Gyöngyös, Hungary – 7–8 May 2022")
NEW = "> Rēzekne, Latvia – 3–4 May 2024"


def serve(journey: Journey, content: str | bytes, label: str, token: int = 0) -> list[list[str]]:
    content = content if isinstance(content, bytes) else content.encode()
    body = content.replace(b"<body>", b"<body><!-- %d -->" % token)
    journey.site.page(PATH, body, content_type=f"text/html; charset={label}")
    return journey.check()


def page(*lines: str) -> str:
    return html(" ;; ".join((*TOWNS, *PAST, *lines)))


def test_utf8_under_any_label_changes_nothing_and_hides_nothing(journey: Journey) -> None:
    serve(journey, page(), "utf-8")
    for token, label in enumerate(CHARSETS):
        assert serve(journey, page(), label, token) == [], label
        assert journey.outcome == "unchanged", label
    assert serve(journey, page(NEW), "windows-1251") == [["New edition: Rēzekne, Latvia (3–4 May 2024)"]]


@pytest.mark.parametrize("count", [1, 4])
def test_text_that_was_encoded_twice_notifies_nobody(journey: Journey, count: int) -> None:
    """One of the lines, or all of them. What is new is announced once the page is right."""
    serve(journey, page(), "utf-8")
    for charset in CHARSETS[::4]:
        whole, garbled = page(NEW), ("Târgu Mureș", "Kraków", "Šiauliai", "Gyöngyös")[:count]
        for name in garbled:
            whole = whole.replace(name, misread(name, charset))
        assert serve(journey, whole, "utf-8") == [], charset
        assert journey.outcome == "suspect", charset
    assert serve(journey, page(NEW), "utf-8") == [["New edition: Rēzekne, Latvia (3–4 May 2024)"]]


def test_a_corrected_label_corrects_the_same_bytes(journey: Journey) -> None:
    content = page().replace("ș", "ş").encode("cp1250")
    assert serve(journey, content, "iso-8859-4") == []
    assert journey.outcome == "suspect"
    assert serve(journey, content, "windows-1250") == []
    assert journey.outcome == "baseline"
