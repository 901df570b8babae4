"""The stylesheet: its size, and the contrast of its colours in both themes (WCAG 2.2: 1.4.3, 1.4.11)."""

from __future__ import annotations

import re

import pytest

from cmr_watch.web.public.rendering import STATIC, stylesheet

CSS = stylesheet().decode()
TEXT = [
    *((ink, paper) for ink in ("ink", "soft", "link", "go", "unsure", "bad") for paper in ("paper", "card")),
    *(("on-link", "link"), ("paper", "edge"), ("ink", "warn"), ("link", "warn"), ("ink", "go-wash")),
]
"""The colour of text, and of what is behind it."""
SHAPES = [("edge", "card"), ("edge", "paper"), ("go", "paper"), ("link", "paper"), ("soft", "land"), ("soft", "host")]
"""The colour of borders and shapes that carry information, and of what is behind them."""


def themes() -> dict[str, dict[str, str]]:
    """The colours of the light and of the dark theme, as six digits."""
    blocks = re.findall(r":root\{(.*?)\}", CSS, re.DOTALL)[:2]
    colours = [dict(re.findall(r"--([a-z-]+):#([0-9a-f]{3,6});", block)) for block in blocks]
    return {
        name: {key: value if len(value) == 6 else "".join(digit * 2 for digit in value) for key, value in of.items()}
        for name, of in zip(("light", "dark"), colours, strict=True)
    }


def luminance(colour: str) -> float:
    """As WCAG defines it, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_defined():
    assert round(contrast("000000", "ffffff"), 1) == 21.0
    assert round(contrast("777777", "ffffff"), 2) == 4.48


def test_both_themes_have_the_same_colours():
    assert themes()["light"].keys() == themes()["dark"].keys()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "paper"), TEXT)
def test_text_can_be_read(theme, ink, paper):
    assert contrast(themes()[theme][ink], themes()[theme][paper]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "paper"), SHAPES)
def test_shapes_can_be_seen(theme, shape, paper):
    assert contrast(themes()[theme][shape], themes()[theme][paper]) >= 3


def test_the_stylesheet_is_small_and_asks_for_nothing():
    assert len(CSS.encode()) < 12_000
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_the_stylesheet_is_sent_without_comments_and_spare_spaces():
    assert "/*" not in CSS
    assert CSS.startswith(":root{color-scheme:light dark;--paper:")
    assert ".card > :last-child{" in CSS
    assert "min(100% - 2rem,65.5rem)" in CSS
    assert CSS.count("{") == CSS.count("}") == (STATIC / "site.css").read_text("utf-8").count("{")


def test_each_colour_that_is_used_is_defined():
    used = set(re.findall(r"var\(--([a-z-]+)\)", CSS))
    assert used <= themes()["light"].keys()
    assert themes()["light"].keys() <= used
