"""Words that belong together, as the current language joins them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cmr_watch.render.cldr import cldr
from cmr_watch.render.i18n import _, language


def and_words(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return _joined(parts, cldr(language()).two_and)


def or_words(parts: Sequence[str]) -> str:
    """`a, b or c`."""
    return _joined(parts, cldr(language()).two_or)


def in_turn(parts: Iterable[str]) -> str:
    """`a; b; c`, where a part may have commas."""
    return _("; ").join(parts)


def labelled(label: str, text: str) -> str:
    """`Venue: Palais`."""
    return _("{label}: {text}").format(label=label, text=text)


def quoted(text: str) -> str:
    """`“text”`."""
    return _("“{text}”").format(text=text)


def _joined(parts: Sequence[str], last: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return last.replace("{0}", ", ".join(parts[:-1])).replace("{1}", parts[-1])
